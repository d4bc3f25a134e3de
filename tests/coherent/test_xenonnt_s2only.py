"""XENONnT, ionisation only: files become tables, and the archive expects what the collaboration does."""

from pathlib import Path

import numpy as np
import pytest
from importers import xenonnt_s2only

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.likelihood.build import likelihood

HEAD = "energy_kev," + ",".join(f"s2_bin_{k}" for k in range(7))


def write_responses(folder: Path, energies: dict[str, float]) -> None:
    folder.mkdir(parents=True)
    for pull, energy in energies.items():
        row = ",".join([repr(energy), *(str(0.1 * k) for k in range(7))])
        (folder / f"response_nr_tqy_{pull}_sr1.csv").write_text(f"{HEAD}\n{row}\n", "utf-8")


def test_a_response_has_a_row_per_energy_and_bin(tmp_path: Path) -> None:
    write_responses(tmp_path / "response", {"0": 0.5, "1": 0.5, "-1": 0.5})
    found = xenonnt_s2only._recoils(tmp_path / "response", 1)
    assert found["bin"].tolist() == list(range(7))
    assert found.loc[3].tolist() == pytest.approx([1, 0.5, 3, 0.3, 0.3, 0.3])


def test_responses_at_other_energies_are_refused(tmp_path: Path) -> None:
    write_responses(tmp_path / "response", {"0": 0.5, "1": 0.6, "-1": 0.5})
    with pytest.raises(NuanomalyError, match="recoil energies of run 1 differ"):
        xenonnt_s2only._recoils(tmp_path / "response", 1)


def test_every_event_is_counted_in_the_bin_of_its_signal() -> None:
    release = load("xenonnt-s2only")
    cells, events = release.table("cells"), release.table("events")
    for run, own in events.groupby("run"):
        edges = np.append(cells.loc[cells["run"] == run, "cs2_low"], 500.0)
        counts, _ = np.histogram(own["cs2"], edges)
        assert counts.tolist() == cells.loc[cells["run"] == run, "observed"].tolist()


def test_recoils_of_boron_fall_where_the_collaboration_expects_them() -> None:
    """Each run's total to the error of the flux, and the two lowest bins, which hold most, to 5 %."""
    own = likelihood("xenonnt-s2only")
    model = own.response.events.sum(axis=0).reshape(3, 7)  # type: ignore[attr-defined]
    theirs = load("xenonnt-s2only").table("cells")["cevns"].to_numpy(float).reshape(3, 7)
    np.testing.assert_allclose(model.sum(axis=1), theirs.sum(axis=1), rtol=0.0381)
    np.testing.assert_allclose(model[:, :2], theirs[:, :2], rtol=0.05)


def test_data_pull_the_cathode_and_not_the_strength() -> None:
    """No coherent scattering is at most 2σ worse than the standard model, three times of it is excluded."""
    own = likelihood("xenonnt-s2only")
    none, standard, three = (own.chi2("3nu", cevns_strength=s) for s in (0.0, 1.0, 3.0))
    assert none - standard < 4.0
    assert three - standard > 4.0
