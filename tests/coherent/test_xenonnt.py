"""XENONnT: the importer on one released template, and the likelihood of solar ⁸B neutrinos."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from importers import xenonnt_cevns

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmark import row_count
from nuanomaly.inference.benchmarks import of_release
from nuanomaly.likelihood.build import component, likelihood
from nuanomaly.likelihood.cevns.cross_section import Nucleus
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.response.recoil_templates import RecoilTemplates, folded, recoil_rate
from nuanomaly.model.probabilities import NotApplicableError

RELEASE = "xenonnt-cevns@2026-r2"
#: Template of recoils of 2 keV in run 0, and its binning, as released (CC-BY-4.0, 10.5281/zenodo.20576156).
EXCERPT = Path(__file__).parents[1] / "data" / "xenonnt"
EVENTS = ",cs2,s2_shadow_s2_time_shadow_quantile,s1_bdt_score,s2_bdt_score\n0,130.4,0.72,0.23,0.93\n"


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    """All files of the release, every template the one of the excerpt."""
    folder = tmp_path / "cevns" / "xenonnt_cevns"
    for run in xenonnt_cevns.RUNS:
        names = [t.format(run=run) for t in xenonnt_cevns._TEMPLATES.values()]
        names += [
            xenonnt_cevns._RECOILS.format(run=run, energy=tenth / 10.0) for tenth in xenonnt_cevns._ENERGIES
        ]
        for name in names:
            path = folder / "templates" / f"sr{run}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(EXCERPT / "recoil-sr0-2keV.h5", path)
        for kind, text in (("data", EVENTS), ("binning", (EXCERPT / "binning-sr0.yaml").read_text("utf-8"))):
            (folder / kind).mkdir(exist_ok=True)
            suffix = "csv" if kind == "data" else "yaml"
            (folder / kind / f"sr{run}.{suffix}").write_text(text)
    limit = folder / "limits" / "sr2" / "xenonnt_2026_wimp_si.csv"
    limit.parent.mkdir(parents=True)
    bands = ",".join(f"sensitivity_{k}" for k in (-2, -1, 0, 1, 2))
    limit.write_text(f",mass,{bands},upper_limit\n0,3,1,2,3,4,5,6\n")
    spectrum = tmp_path / xenonnt_cevns._SPECTRUM
    spectrum.parent.mkdir(parents=True)
    spectrum.write_text("0.02,8.6e-06\n16.34,0.0\n")
    return tmp_path


def test_the_first_revision_has_no_signal(originals: Path) -> None:
    assert set(xenonnt_cevns.tables(originals)) == {
        *(f"events-sr{run}" for run in xenonnt_cevns.RUNS),
        "backgrounds",
        "limit",
    }


def test_a_released_template_comes_back_bin_by_bin(originals: Path) -> None:
    recoils = xenonnt_cevns.tables(originals, [1.0, 2.0, 3.0])["recoils"]
    assert len(recoils) == 3 * 46 * 81
    one = recoils[(recoils["run"] == 0) & (recoils["energy"] == 2.0)]
    assert one["bin"].tolist() == list(range(81))
    # the released table was made from all files; its rows of this energy from this one
    kept = load(RELEASE).table("recoils")
    kept = kept[(kept["run"] == 0) & (kept["energy"] == 2.0)]
    assert one["efficiency"].tolist() == kept["efficiency"].tolist()


def test_events_are_counted_in_their_bin_and_rates_scaled(originals: Path) -> None:
    found = xenonnt_cevns.tables(originals, [1.0, 2.0, 3.0])
    cells, rates = found["cells"], found["backgrounds"]
    filled = cells[cells["observed"] > 0]
    assert filled["run"].tolist() == [0, 1, 2]
    assert (filled["cs2_high"] > 130.4).all()
    assert (filled["s2_score_low"] < 0.93).all()
    assert np.array_equal(cells["neutron"], rates["neutron"] * (1.0 + rates["run"]))
    pd.testing.assert_frame_equal(found["cells-first"], cells[cells["run"] < 2])


def test_an_event_outside_of_the_bins_is_refused(originals: Path) -> None:
    path = originals / "cevns" / "xenonnt_cevns" / "data" / "sr1.csv"
    path.write_text(EVENTS.replace("130.4", "89.9"))
    with pytest.raises(NuanomalyError, match="run 1: 1 events, 0 of them in bins"):
        xenonnt_cevns.tables(originals, [1.0, 2.0, 3.0])


def test_another_binning_is_refused(originals: Path) -> None:
    path = originals / "cevns" / "xenonnt_cevns" / "binning" / "sr2.yaml"
    path.write_text(path.read_text("utf-8").replace("90.000000000000", "91.0"))
    with pytest.raises(NuanomalyError, match="axis 0"):
        xenonnt_cevns.tables(originals)


def test_benchmarks_hold() -> None:
    rows = of_release(load(RELEASE))
    assert len(rows) == 9
    assert [r for r in rows if not r["ok"]] == []


def test_rows_of_tables_are_counted() -> None:
    release = load(RELEASE)
    runs = [f"events-sr{run}" for run in xenonnt_cevns.RUNS]
    assert [row_count.compute({"tables": [run]}, release) for run in runs] == [9.0, 28.0, 25.0]
    assert row_count.compute({"tables": runs}, release) == release.table("cells")["observed"].sum()
    with pytest.raises(UnknownNameError, match="events-sr9"):
        row_count.compute({"tables": ["events-sr9"]}, release)


def test_exposures_are_those_of_the_first_result() -> None:
    """3.51 t·yr (abstract of arXiv:2408.02877) for runs 0 and 1; the file has six digits."""
    assert load(RELEASE).table("exposure")["exposure"].iloc[:2].sum() == pytest.approx(3.51, abs=0.01)


def test_unchanged_tables_are_those_of_the_first_revision() -> None:
    old, new = load("xenonnt-cevns@2026-r1"), load(RELEASE)
    for name in old.metadata["tables"]:
        pd.testing.assert_frame_equal(old.table(name), new.table(name))


def test_natural_xenon_has_its_atomic_weight() -> None:
    nuclei = load(RELEASE).metadata["likelihood"]["response"]["nuclei"]
    assert sum(n["count"] for n in nuclei) == pytest.approx(1.0, abs=1e-6)
    # 131.293 ± 0.006, IUPAC
    assert sum(n["count"] * n["mass"] for n in nuclei) == pytest.approx(131.293, abs=0.006)


def test_a_recoil_of_one_energy_is_its_template() -> None:
    table = load(RELEASE).table("recoils")
    grid = table[table["run"] == 1].pivot(index="energy", columns="bin", values="efficiency")
    energies, templates = grid.index.to_numpy(float), grid.to_numpy(float)
    T = np.linspace(1.9999, 2.0001, 3)
    found = folded(energies, templates, T, np.full(3, 1.0 / 2e-4))
    assert found == pytest.approx(templates[15], rel=1e-3, abs=1e-7)
    assert not folded(energies, templates, np.array([0.1, 0.3]), np.ones(2)).any()


def test_the_recoil_spectrum_ends_where_the_neutrinos_do() -> None:
    config, release = load(RELEASE).metadata["likelihood"]["response"], load(RELEASE)
    table = release.arrays(config["flux"]["table"])
    flux = table[config["flux"]["energy"]], table[config["flux"]["spectrum"]]
    rate = recoil_rate(config, Nucleus(54, 132, 131.904155, 0.269086), np.array([0.5, 2.0, 4.4]), flux)
    assert rate[0] > 5.0 * rate[1] > 0.0
    assert rate[2] == 0.0


def response(**changes: Any) -> RecoilTemplates:
    release = load(RELEASE)
    config = {**release.metadata["likelihood"]["response"], **changes}
    found = component("response", config, release)
    assert isinstance(found, RecoilTemplates)
    return found


def test_runs_can_be_chosen() -> None:
    exposure = load(RELEASE).metadata["likelihood"]["response"]["exposure"]
    every, last = response(), response(exposure={**exposure, "runs": [2]})
    assert last.n_out == 81
    assert np.array_equal(last.events, every.events[:, 162:])
    with pytest.raises(NuanomalyError, match="run '7'"):
        response(exposure={**exposure, "runs": [7]})


def test_strength_and_mixing_angle_scale_the_signal() -> None:
    lk = likelihood(RELEASE)
    assert isinstance(lk, ResponseLikelihood)
    none = lk.predict("3nu", cevns_strength=0.0)
    one = lk.predict("3nu") - none
    assert lk.predict("3nu", cevns_strength=0.3) - none == pytest.approx(0.3 * one)
    # Q_W = N − (1 − 4 sin²θ_W) Z, the average over the isotopes of xenon
    charge = [77.3 - (1.0 - 4.0 * s) * 54.0 for s in (0.30, 0.23857)]
    ratio = (lk.predict("3nu", sin2_theta_w=0.30) - none).sum() / one.sum()
    assert ratio == pytest.approx((charge[0] / charge[1]) ** 2, rel=1e-3)


def test_sterile_neutrinos_from_the_sun_are_refused() -> None:
    with pytest.raises(NotApplicableError, match="matter of the Sun"):
        likelihood(RELEASE).chi2("3+1", dm2_41=1.0, Ue4_sq=0.1, Umu4_sq=0.0)
