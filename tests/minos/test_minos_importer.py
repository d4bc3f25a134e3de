"""The MINOS importer, on a ROOT file of a few bins written for the purpose."""

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import uproot
from importers import minos

from nuanomaly.archive import tables
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load

TRUTH, RECONSTRUCTED = np.array([0.0, 0.5, 1.0, 5.0]), np.array([0.0, 2.0, 40.0])
PERIODS, SAMPLES, DETECTORS = ("minos", "minosPlus"), ("CC", "NC"), ("ND", "FD")


class Matrix:
    """A TMatrixT, which uproot reads but does not write."""

    def member(self, name: str) -> Any:
        return {"fNrows": 2, "fElements": [0.25, 0.125, 0.125, 0.5]}[name]


class Graph:
    """A TGraph, which uproot reads but does not write."""

    def __init__(self, piece: int) -> None:
        self.points = {"fX": [0.1, 0.2], "fY": [1.0, 2.0 + piece]}

    def member(self, name: str) -> Any:
        return self.points[name]


class File:
    """A ROOT file with matrices and graphs beside it."""

    def __init__(self, path: Path) -> None:
        self.file, self.file_path = uproot.open(path), str(path)

    def __enter__(self) -> "File":
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def __getitem__(self, name: str) -> Any:
        if "90CL_" in name or "99CL_" in name:
            return Graph(int(name[-1]))
        return Matrix() if name.endswith("Covar") else self.file[name]


def histograms() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for detector in DETECTORS:
        for sample in SAMPLES:
            for period in PERIODS:
                found[f"data{detector}{sample}_{period}"] = (np.array([3.0, 5.0]), RECONSTRUCTED)
                for k, component in enumerate(("TrueNC", "NuMu", "BeamNue", "AppNue", "AppNuTau")):
                    values = np.zeros((3, 2))
                    values[k % 3, k % 2] = k + 0.125
                    name = f"hRecoToTrue{detector}{sample}Selected{component}_{period}"
                    found[name] = (values, TRUTH, RECONSTRUCTED)
    angles, splittings = np.array([0.1, 0.3, 0.9]), np.array([0.01, 0.1, 1.0, 10.0])
    for name in ("dm241vsth24", "dm241vsth24_UpValuesFC90CL"):
        found[name] = (np.arange(6.0).reshape(2, 3) + 99.0, angles, splittings)
    return found


def write(folder: Path, content: dict[str, Any]) -> None:
    with uproot.recreate(folder / "release.root") as file:
        for name, value in content.items():
            file[name] = value
    with uproot.recreate(folder / "output.root") as file:
        for head in ("NearDetector", "FarDetector"):
            for period in PERIODS:
                for sample in SAMPLES:
                    file[f"{head}_{period}_prediction_{sample}"] = (np.array([2.5, 4.5]), RECONSTRUCTED)


@pytest.fixture
def frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, pd.DataFrame]:
    write(tmp_path, histograms())
    monkeypatch.setattr(minos, "_open", File)
    monkeypatch.setattr(minos, "_best_fit", lambda output: pd.DataFrame())  # its tree names one branch twice
    return minos.tables(tmp_path, release="release.root", calculation="output.root")


def test_only_elements_that_are_not_zero_are_kept_with_their_bins(frames: dict[str, pd.DataFrame]) -> None:
    response = frames["response_far_cc"]
    assert len(response) == 10
    nutau = response[(response["component"] == "appeared-nutau") & (response["period"] == "minosplus")]
    assert nutau[["truth", "reconstructed", "events"]].to_numpy().tolist() == [[1, 0, 4.125]]
    assert frames["truth_far"].to_numpy().tolist() == [[0.0, 0.5], [0.5, 1.0], [1.0, 5.0]]


def test_data_of_both_periods_add_up(frames: dict[str, pd.DataFrame]) -> None:
    near = frames["near_nc"]
    assert near["data"].tolist() == [6.0, 10.0]
    assert near["best_fit_minosplus"].tolist() == [2.5, 4.5]


def test_a_surface_is_read_at_the_centres_of_its_bins(frames: dict[str, pd.DataFrame]) -> None:
    surface = frames["surface"]
    assert surface["dm2_41"].tolist() == [0.055, 0.055, 0.55, 0.55, 5.5, 5.5]
    assert surface["theta_24"].tolist() == pytest.approx([0.2, 0.6] * 3)
    assert surface["chi2"].tolist() == [99.0, 102.0, 100.0, 103.0, 101.0, 104.0]
    assert np.allclose(surface["sin2_theta_24"], np.sin(surface["theta_24"]) ** 2, rtol=1e-11)


def test_matrices_and_contours_are_read(frames: dict[str, pd.DataFrame]) -> None:
    assert frames["covariance_nc"].to_numpy().tolist() == [[0.25, 0.125], [0.125, 0.5]]
    assert frames["contours"]["level"].tolist() == ["90%"] * 4 + ["99%"] * 4
    assert frames["contours"]["dm2_41"].tolist() == [1.0, 2.0, 1.0, 3.0] * 2


def test_the_importer_gives_the_declared_columns(frames: dict[str, pd.DataFrame]) -> None:
    release = load("minos-sterile@2019-r1")
    for name in ("truth_far", "far_cc", "near_nc", "response_far_cc", "surface", "critical", "contours"):
        declared = tables.expand_columns(release.declared(name)["columns"])
        assert list(frames[name].columns) == [c.name for c in declared], name


def test_different_bins_of_l_over_e_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = histograms()
    name = "hRecoToTrueFDCCSelectedNuMu_minos"
    content[name] = (content[name][0], TRUTH * 2.0, RECONSTRUCTED)
    write(tmp_path, content)
    monkeypatch.setattr(minos, "_open", File)
    with pytest.raises(NuanomalyError, match="the far histograms have different bins of L/E"):
        minos.tables(tmp_path, release="release.root", calculation="output.root")


def test_an_object_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = histograms()
    del content["dataFDNC_minosPlus"]
    write(tmp_path, content)
    monkeypatch.setattr(minos, "_open", File)
    with pytest.raises(NuanomalyError, match="there is no 'dataFDNC_minosPlus'"):
        minos.tables(tmp_path, release="release.root", calculation="output.root")


def test_without_uproot_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "uproot":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NuanomalyError, match=r"nuanomaly\[root\]"):
        minos._open(Path("release.root"))


def test_a_file_that_is_not_root_is_named(tmp_path: Path) -> None:
    (tmp_path / "release.root").write_text("no ROOT", "utf-8")
    with pytest.raises(NuanomalyError, match=r"release\.root: cannot be read as ROOT"):
        minos._open(tmp_path / "release.root")
