"""Nuisances that are declared once, and named by releases from their next revision on."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nuanomaly.archive import schemas, yamlio
from nuanomaly.archive.errors import IntegrityError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.archive.shared_nuisances import declared, fingerprint, resolved
from nuanomaly.likelihood.build import likelihood

GALLIUM = ("gallex", "sage", "best")
POINT = {"dm2_41": 1.3, "sin2_2theta_ee": [0.0, 0.2, 0.34]}


def written(version: str, name: str = "gallium-cross-section") -> dict[str, str]:
    """How a release names a shared nuisance."""
    return {"id": name, "shared": version, "sha256": fingerprint(declared()[name][version])}


def next_revision(folder: Path) -> Path:
    """BEST with its nuisance named instead of copied, as its next revision may be."""
    release = load("best")
    made = folder / "best" / "2022-r99"
    shutil.copytree(release.folder, made)
    data: dict[str, Any] = yamlio.read(made / "release.yaml")
    for mode, entry in data["likelihood"]["modes"].items():
        for k, nuisance in enumerate(entry["nuisances"]):
            if f"{mode}@1" in declared().get(nuisance["id"], {}):
                entry["nuisances"][k] = written(f"{mode}@1", nuisance["id"])
    data |= {"version": "2022-r99", "state": "draft"}
    (made / "release.yaml").write_text(yaml.safe_dump(data, allow_unicode=True))
    return made


@pytest.mark.parametrize("name", GALLIUM)
def test_what_is_declared_once_is_what_releases_have_copied(name: str) -> None:
    modes = load(name).metadata["likelihood"]["modes"]
    copied = {
        (mode, n["id"]): dict(n)
        for mode, entry in modes.items()
        for n in entry.get("nuisances", ())
        if f"{mode}@1" in declared().get(n["id"], {})
    }
    assert len(copied) >= 9
    assert copied == {(mode, n): declared()[n][f"{mode}@1"] for mode, n in copied}


def test_a_release_that_names_its_nuisances_has_the_same_likelihood(tmp_path: Path) -> None:
    made = next_revision(tmp_path)
    text = (made / "release.yaml").read_text()
    assert text.count("shared:") == 9
    assert text.count("common to all gallium measurements") == 0
    mine = f"{made}/"
    for mode in ("bahcall", "ground-state", "prc"):
        found = likelihood(mine, mode).chi2("2nu-ee", **POINT)
        np.testing.assert_array_equal(found, likelihood("best", mode).chi2("2nu-ee", **POINT))
    together = likelihood(mine, "bahcall").nuisances.union([likelihood("gallex", "bahcall").nuisances])
    assert len(together) == 1  # the same id and prior: shared with what has it copied
    assert [e.message for e in schemas.validator("release").iter_errors(load(mine).metadata)] == []


def test_a_version_never_changes() -> None:
    entry = written("bahcall@1")
    assert resolved(entry, "best@2022-r99")["plus"] == 0.03614
    with pytest.raises(IntegrityError, match="a version never changes"):
        resolved(
            {**entry, "sha256": fingerprint({**declared()[entry["id"]]["bahcall@1"], "plus": 0.04})}, "a@1"
        )


def test_an_unknown_shared_nuisance_is_said_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match="bahcall@1"):
        resolved({**written("bahcall@1"), "shared": "bahcal@1"}, "best@2022-r99")
    with pytest.raises(UnknownNameError, match="shared nuisance"):
        resolved({**written("bahcall@1"), "id": "gallium-crosssection"}, "best@2022-r99")


def test_a_prior_beside_a_shared_name_is_refused() -> None:
    release = dict(load("best").metadata)
    modes = {m: dict(e) for m, e in release["likelihood"]["modes"].items()}
    modes["bahcall"]["nuisances"] = [{**written("bahcall@1"), "sigma": 0.1}]
    release["likelihood"] = {**release["likelihood"], "modes": modes}
    assert list(schemas.validator("release").iter_errors(release))
