"""Importers of the accelerator releases, on excerpts written for the purpose."""

from pathlib import Path

import numpy as np
import pytest
from importers import (
    columns,
    contours,
    miniboone_numu,
    near_far,
    nue_carbon,
    sciboone_miniboone,
)

from nuanomaly.archive import tables as declared_tables
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load

EXCERPT = Path(__file__).parent.parent / "data" / "accelerators"
CDHS = load("cdhs").metadata["import"]["arguments"]


def columns_of(release: str, table: str) -> list[str]:
    declared = load(release).declared(table)["columns"]
    return [column.name for column in declared_tables.expand_columns(declared)]


@pytest.mark.parametrize(
    ("release", "frames"),
    [
        ("nue-carbon", nue_carbon.tables(EXCERPT)),
        ("cdhs", near_far.tables(EXCERPT, **CDHS)),
    ],
)
def test_the_importer_gives_the_declared_tables_and_columns(release: str, frames: dict[str, object]) -> None:
    assert set(frames) == set(load(release).tables)
    for name, frame in frames.items():
        assert list(frame.columns) == columns_of(release, name), name  # type: ignore[attr-defined]


def test_miniboone_numbers_are_read_as_they_are_written() -> None:
    frames = miniboone_numu.tables(EXCERPT)
    assert set(frames) == set(load("miniboone-numu").tables)
    assert frames["spectrum-nu"].to_dict("list") == {
        "low": [0.0, 0.4],
        "high": [0.4, 0.5],
        "data": [8852, 16237],
    }
    assert frames["covariance-nu"].iloc[0, 0] == 0.033378114755827283
    assert frames["chi2-nu"].iloc[1].tolist() == [0.1, 0.01039, 17.78]


def test_the_blocks_of_the_joint_covariance_are_where_their_names_say() -> None:
    matrix = sciboone_miniboone.tables(EXCERPT)["fractional-covariance"].to_numpy()
    blocks = matrix.reshape(4, 2, 4, 2).transpose(0, 2, 1, 3)
    # in the order of the files: MiniBooNE with itself has 1 to 4, with SciBooNE 5 to 8, and so on
    assert blocks[:, :, 0, 0].tolist() == [
        [1.1, 2.1, 5.1, 6.1],
        [3.1, 4.1, 7.1, 8.1],
        [9.1, 10.1, 13.1, 14.1],
        [11.1, 12.1, 15.1, 16.1],
    ]
    assert blocks[0, 3].tolist() == [[6.1, 6.2], [6.3, 6.4]]


def test_expected_events_are_the_sum_of_both_signs() -> None:
    frame = sciboone_miniboone.tables(EXCERPT)["sciboone"]
    assert frame["total"].tolist() == [658.45 + 338.892, 610.651 + 304.951]


def test_bins_of_lsnd_are_added_up_in_pairs_and_stand_behind_those_of_karmen() -> None:
    frames = nue_carbon.tables(EXCERPT)
    assert frames["lsnd-pairs"].to_dict("list") == {
        "low": [35.3, 39.3],
        "high": [39.3, 43.3],
        "observed": [142, 206],
    }
    assert frames["both"]["observed"].tolist() == [14, 20, 142, 206]
    assert frames["both"]["lsnd"].tolist() == [0.0, 0.0, 1.0, 1.0]


def test_only_the_first_block_of_a_protocol_is_read() -> None:
    assert nue_carbon.tables(EXCERPT)["karmen"]["expected_of_others"].tolist() == [12.1942, 17.8342]


def test_logarithms_become_the_energies_that_were_meant() -> None:
    assert nue_carbon.tables(EXCERPT)["cross-section"]["energy"].tolist() == [
        0.0199526231497,
        0.0251188643151,
    ]


def test_the_frame_of_a_figure_is_no_contour() -> None:
    assert near_far.tables(EXCERPT, **CDHS)["contour"].to_numpy().tolist() == [
        [3.2848557414488666, 0.0452581317303103]
    ]


FACTS = {"experiment": "X", "channel": "a", "level": "90 %"}


def test_contours_of_masses_become_mass_splittings_and_pieces_are_numbered() -> None:
    frames = contours.tables(
        EXCERPT,
        contours=[
            {"name": "mass", **FACTS, "files": ["limits/header.csv"], "columns": ["m4", "Ue4_sq"]},
            {
                "name": "two",
                **FACTS,
                "files": ["limits/blank.dat", "limits/second.csv"],
                "columns": ["sin2_2theta", "dm2_41"],
            },
        ],
    )
    assert frames["index"]["contour"].tolist() == ["mass", "two"]
    found = frames["a"]
    assert found["dm2_41"].tolist() == [4.0, 9.0, 1.25, 2.5, 5.0]
    assert found["sin2_2theta"].tolist() == [1.0, 0.75, 0.5, 0.25, 0.125]
    assert found["piece"].tolist() == [1, 1, 1, 1, 2]


@pytest.mark.parametrize(
    ("names", "shape", "message"),
    [
        (["one"], ["sin2_2theta", "dm2"], "column 'dm2' is none of"),
        (["one"], ["sin2_2theta", "dm2_41", "skip"], r"blank.dat, line 2: has 2 numbers"),
        (["one", "one"], ["sin2_2theta", "dm2_41"], "two contours have the same name"),
    ],
)
def test_a_contour_that_is_declared_wrongly_is_refused(
    names: list[str], shape: list[str], message: str
) -> None:
    entries = [{"name": n, **FACTS, "files": ["limits/blank.dat"], "columns": shape} for n in names]
    with pytest.raises(NuanomalyError, match=message):
        contours.tables(EXCERPT, contours=entries)


def test_columns_are_chosen_and_powers_of_ten_taken() -> None:
    frames = columns.tables(
        EXCERPT,
        tables={
            "log": {
                "file": "tables/log.dat",
                "columns": ["a", "b", "skip", "c"],
                "power_of_ten": ["a", "b"],
            },
            "counts": {
                "file": "tables/counts.csv",
                "columns": {"bin": "skip", "observed": "observed"},
                "whole": ["observed"],
            },
        },
    )
    assert frames["log"].to_dict("list") == {"a": [0.01], "b": [9.77237220956e-05], "c": [0.7338012499]}
    assert frames["counts"]["observed"].tolist() == [35, 4]
    assert frames["counts"]["observed"].dtype == np.int64


def test_counts_that_are_not_whole_are_refused() -> None:
    entry = {"file": "tables/log.dat", "columns": ["a", "b", "c", "skip"], "whole": ["c"]}
    with pytest.raises(NuanomalyError, match="not whole"):
        columns.tables(EXCERPT, tables={"log": entry})


def test_a_spectrum_with_other_bins_is_refused(tmp_path: Path) -> None:
    (tmp_path / "edges").write_text("0 1 2\n", "utf-8")
    (tmp_path / "counts").write_text("5\n", "utf-8")
    with pytest.raises(NuanomalyError, match="1 counts for 2 bins"):
        miniboone_numu._spectrum(tmp_path / "edges", tmp_path / "counts")
