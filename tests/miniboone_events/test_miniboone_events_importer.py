"""The importer of MiniBooNE's events, on ROOT trees of a few events written for the purpose."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot
from importers import miniboone_events

from nuanomaly.archive import tables
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load

ARGUMENTS: dict[str, Any] = {
    "folder": ".",
    "text": {
        "folder": ".",
        "nue": {"nue_nu": {"edges": "edges.txt", "data": "data.txt", "background": "background.txt"}},
        "numu": {"numu_nu": {"data": "numu.txt", "prediction": "numu_prediction.txt"}},
        "covariances": {},
        "surfaces": {},
    },
    "trees": {"nu": {"simulation": "mc.root", "nue_data": "nue.root", "numu_data": "numu.root"}},
    "scales": {"nu": 0.5},
}
SIMULATION = {
    "iflux": [11, 14, 14, 14, 14],
    "inno": [3, 3, 4, 1, 3],
    "energy": [0.25, 0.25, 0.299999, 0.25, 0.3],
    "enugen": [0.75, 0.5, 0.5, 1.5, 0.625],
    "nuleng": [0.52, 0.5, 0.5, 0.5, 0.5],
    "wgt": [2.0, 1.0, 0.5, 4.0, 3.0],
    "nuchan": [1, 1, 1, 8, 1],
    "ibkgd": [1, 1, 3, 2, 1],
    "parid": [8, 8, 11, 8, 8],
    "ispi0": [0, 0, 0, 1, 0],
    "isdirt": [0, 0, 0, 0, 0],
}


def write(path: Path, name: str, columns: dict[str, Any]) -> None:
    with uproot.recreate(path) as file:
        file[name] = {key: np.asarray(values, np.float32) for key, values in columns.items()}


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    for file, text in (
        ("edges", "200 300 375"),
        ("data", "2 1"),
        ("background", "5.75 2.5"),
        ("numu", "1 0 2 0 0 0 0 1"),
        ("numu_prediction", "1.5 1 1 1 1 1 1 1"),
    ):
        (tmp_path / f"{file}.txt").write_text(text + "\n", "utf-8")
    write(tmp_path / "mc.root", "h55", SIMULATION)
    write(tmp_path / "nue.root", "h55", {"energy": [0.2, 0.299999, 0.3, 0.375, 0.1]})
    write(tmp_path / "numu.root", "h56", {"energy": [0.4, 0.7, 0.899999, 1.8]})
    return tmp_path


def test_single_precision_is_exact_and_codes_become_words(originals: Path) -> None:
    found = miniboone_events.tables(originals, **ARGUMENTS)["events_nu"]
    assert found["neutrino"].tolist() == ["nue", "nue", "nuebar", "numu", "nue"]
    assert found["sample"].tolist() == ["signal"] + ["background"] * 4
    assert found["baseline"][0] == float(np.float32(0.52))
    assert found["pi0"].tolist() == [False, False, False, True, False]


def test_the_background_is_parted_into_electron_neutrinos_and_the_rest(originals: Path) -> None:
    nue = miniboone_events.tables(originals, **ARGUMENTS)["nue_nu"]
    assert nue["background_nue"].tolist() == [0.5 * 1.5, 0.5 * 3.0]
    assert (nue["background_nue"] + nue["background_other"]).tolist() == [5.75, 2.5]


def test_the_edges_of_the_numu_bins_are_checked_against_the_data(originals: Path) -> None:
    numu = miniboone_events.tables(originals, **ARGUMENTS)["numu_nu"]
    assert numu["low"].tolist() == [0.0, 0.5, 0.7, 0.9, 1.1, 1.3, 1.5, 1.7]
    write(originals / "numu.root", "h56", {"energy": [0.4, 0.7, 0.900001, 1.8]})
    with pytest.raises(NuanomalyError, match="1 events in bin 2, the release has 2"):
        miniboone_events.tables(originals, **ARGUMENTS)


def test_the_importer_gives_the_declared_columns(originals: Path) -> None:
    release = load("miniboone-events@2022-r1")
    found = miniboone_events.tables(originals, **ARGUMENTS)
    for name in ("events_nu", "nue_nu", "numu_nu"):
        declared = tables.expand_columns(release.declared(name)["columns"])
        assert list(found[name].columns) == [c.name for c in declared], name


@pytest.mark.parametrize(("column", "value"), [("inno", 7), ("iflux", 12)])
def test_an_unknown_code_is_named(originals: Path, column: str, value: int) -> None:
    write(originals / "mc.root", "h55", {**SIMULATION, column: [value] * 5})
    with pytest.raises(NuanomalyError, match=f"{column} is {value}, known are"):
        miniboone_events.tables(originals, **ARGUMENTS)


def test_a_tree_that_is_missing_is_named(originals: Path) -> None:
    write(originals / "nue.root", "other", {"energy": [0.2]})
    with pytest.raises(NuanomalyError, match=r"nue\.root: cannot be read as ROOT with a tree 'h55'"):
        miniboone_events.tables(originals, **ARGUMENTS)
