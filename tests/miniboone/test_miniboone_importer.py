"""The MiniBooNE importer, on excerpts of a few lines and a small surface made in the same way."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from importers import miniboone

from nuanomaly.archive import tables
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load

EXCERPT = Path(__file__).parent.parent / "data" / "miniboone"
ARGUMENTS: dict[str, Any] = {
    "folder": ".",
    "nue": {"nue_nu": {"edges": "edges.txt", "data": "nue_data.txt", "background": "nue_background.txt"}},
    "numu": {"numu_nu": {"data": "numu_data.txt", "prediction": "numu_prediction.txt"}},
    "covariances": {"covariance_nu": "covariance.txt"},
    "events": {
        "events_nu": {"file": "events_antineutrinos.txt"},
        "events_nubar": {"file": "events_both.txt", "antineutrinos": "events_antineutrinos.txt"},
    },
    "surfaces": {
        "surface_nu": {"file": "surface_dm2_outer.txt", "effective": "effective_dm2_outer.txt"},
        "surface_combined": {"file": "surface_with_header.txt", "header": 1},
    },
    "contours": {"contours_combined": {"90%": "contour_90.txt", "99%": "contour_99.txt"}},
}


@pytest.fixture
def frames() -> dict[str, pd.DataFrame]:
    return miniboone.tables(EXCERPT, **ARGUMENTS)


def test_counts_backgrounds_and_edges_are_read_as_written(frames: dict[str, pd.DataFrame]) -> None:
    assert frames["nue_nu"].iloc[1].tolist() == [300.0, 375.0, 426.0, 315.423689]
    assert frames["numu_nu"].iloc[1].tolist() == [1, 87062.0, 86652.169005]
    assert frames["covariance_nu"].to_numpy()[0, 2] == 0.0974635


def test_events_of_the_file_of_antineutrinos_are_told_apart_from_the_wrong_sign(
    frames: dict[str, pd.DataFrame],
) -> None:
    both, part = frames["events_nubar"], frames["events_nu"]
    assert len(both) == 12
    assert int((~both["wrong_sign"]).sum()) == len(part) == 5
    right = both[~both["wrong_sign"]]
    assert right["weight_antineutrino"].tolist() == part["weight"].tolist()
    assert right["energy_true"].tolist() == part["energy_true"].tolist()
    assert (both["weight_antineutrino"][both["wrong_sign"]] == 0.0).all()


def test_both_orders_of_a_surface_give_the_same_table(frames: dict[str, pd.DataFrame]) -> None:
    one, other = frames["surface_nu"], frames["surface_combined"]
    columns = ["dm2_fit", "sin2_2theta_fit", "minus_2lnL"]
    pd.testing.assert_frame_equal(one[columns], other[columns])
    assert one["minus_2lnL"].tolist() == [100 + 10 * i + j for i in range(5) for j in range(3)]
    assert (one["effective_chi2"] == one["minus_2lnL"] - 100).all()


def test_the_grid_of_the_fit_is_found_behind_the_printed_bin_centres(frames: dict[str, pd.DataFrame]) -> None:
    surface = frames["surface_nu"]
    assert np.unique(surface["dm2_fit"]).tolist() == [0.01, 0.1, 1.0, 10.0, 100.0]
    assert np.unique(surface["dm2"]).tolist() == [0.01, 0.3025, 3.025, 30.25, 100.0]


def test_contour_files_give_the_angle_before_the_mass(frames: dict[str, pd.DataFrame]) -> None:
    contours = frames["contours_combined"]
    assert contours["level"].tolist() == ["90%"] * 3 + ["99%"] * 2
    assert contours.iloc[0][["dm2", "sin2_2theta"]].tolist() == [0.029223844, 0.970626831]


def test_the_importer_gives_the_columns_the_releases_declare(frames: dict[str, pd.DataFrame]) -> None:
    declared = {
        name: load(f"miniboone-nue@{version}").declared(name)["columns"]
        for version, names in (
            ("2012", ["surface_nu"]),
            ("2020", ["nue_nu", "numu_nu", "events_nubar", "surface_combined", "contours_combined"]),
        )
        for name in names
    }
    for name, columns in declared.items():
        assert list(frames[name].columns) == [c.name for c in tables.expand_columns(columns)], name


def test_the_same_originals_give_the_same_bytes() -> None:
    columns = tables.expand_columns(load("miniboone-nue@2020").declared("events_nubar")["columns"])
    first, second = (
        tables.to_bytes(miniboone.tables(EXCERPT, **ARGUMENTS)["events_nubar"], columns, "parquet")
        for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("nue_data.txt", "732.0 426.0", "nue_data.txt, line 1: 2 numbers, expected 3"),
        ("numu_data.txt", "54472.0 many", "numu_data.txt: could not convert string 'many'"),
        ("covariance.txt", "1 2 3\n4 5 6", "2 lines of 3 numbers: must be square"),
        ("events_both.txt", "1 2 3", "events_both.txt, line 1: 3 columns, expected 4"),
        ("events_antineutrinos.txt", "1 2 3 4", "1 events, only 0 of them are in events_both.txt"),
        ("events_both.txt", "1 2 3 4\n1 2 3 5", "two events have equal energies and baseline"),
        ("surface_with_header.txt", "-\n0.01 1 0\n0.05 1 0\n1 1 0", "dm2: 0.05 is not the centre of a bin"),
        ("effective_dm2_outer.txt", "0.01 0.0003 1", "has other points than surface_dm2_outer.txt"),
    ],
)
def test_a_file_that_is_not_as_it_must_be_is_named(
    tmp_path: Path, file: str, text: str, message: str
) -> None:
    shutil.copytree(EXCERPT, tmp_path, dirs_exist_ok=True)
    (tmp_path / file).write_text(text + "\n")
    with pytest.raises(NuanomalyError) as error:
        miniboone.tables(tmp_path, **ARGUMENTS)
    assert message in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NuanomalyError, match=r"edges\.txt: the file is missing"):
        miniboone.tables(tmp_path, **ARGUMENTS)
