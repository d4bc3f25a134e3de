"""The LSND importer, on an excerpt of each original."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from importers import lsnd

from nuanomaly.archive import tables
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load

EXCERPT = Path(__file__).parent.parent / "data" / "lsnd"


def test_the_importer_gives_the_declared_tables_and_columns() -> None:
    release = load("lsnd@2001-r1")
    frames = lsnd.tables(EXCERPT)
    assert set(frames) == set(release.tables)
    for name, frame in frames.items():
        declared = tables.expand_columns(release.declared(name)["columns"])
        assert list(frame.columns) == [c.name for c in declared], name


def test_numbers_are_read_as_they_are_written() -> None:
    frames = lsnd.tables(EXCERPT)
    assert frames["likelihood"].iloc[1].tolist() == [1.0e-2, 1.122018e-4, 2.899994e1]
    assert frames["spectrum-fig24-schwetz"]["excess_top"].tolist() == [5.773333, 13.404586]
    assert frames["probability"]["probability"][0] == 0.00185267467753
    assert frames["contours"].iloc[0].tolist() == [1, 0.06358391726586861, 0.965637162351633]


def test_beam_on_events_of_figure_24_are_whole_numbers() -> None:
    frame = load("lsnd").table("spectrum-fig24-esteban")
    beam_on = (frame["excess"] + frame["beam_off"]).to_numpy()
    assert np.allclose(beam_on, np.round(beam_on), atol=1e-4)
    assert round(beam_on.sum()) == 86


def test_the_printed_results_become_one_row_with_a_column_each() -> None:
    results = lsnd.tables(EXCERPT)["results"]
    assert len(results) == 1
    assert results[["excess", "excess_statistical", "excess_systematic"]].iloc[0].tolist() == [
        87.9,
        22.4,
        6.0,
    ]
    assert results["best_fit_dm2"][0] == 1.2


def test_the_same_originals_give_the_same_bytes() -> None:
    release = load("lsnd@2001-r1")
    declared = tables.expand_columns(release.declared("likelihood")["columns"])
    first, second = (
        tables.to_bytes(lsnd.tables(EXCERPT)["likelihood"], declared, "parquet") for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (
            "lsnd/likelihood/lsnd-DAR.dat",
            "0.01 1e-4 29.0\n\n0.01 1e-4\n",
            r"line 3: has 2 numbers, expected 3",
        ),
        ("lsnd/likelihood/lsnd-DAR.dat", "0.01 1e-4 many\n", "line 1: could not convert"),
        ("transcribed_from_code/lsnd_fig16_Ee_conrad_group.csv", "a,b\n1,2\n", "has the columns"),
        ("transcribed_from_code/lsnd_fig16_Ee_conrad_group.csv", "a,b\n1,2,3\n", "line 2: has 3 entries"),
        ("transcribed_from_code/lsnd_fig16_Ee_conrad_group.csv", "# nothing\n", "is empty"),
        (
            "transcribed_from_code/lsnd_final_2001_summary.csv",
            "quantity,value,statistical_uncertainty,systematic_uncertainty\nr_gamma_gt_10_excess,1,2,3\n",
            "'dar_antinu_mu_to_antinu_e_excess' is missing",
        ),
    ],
)
def test_a_damaged_original_is_named_with_its_line(
    tmp_path: Path, file: str, content: str, message: str
) -> None:
    shutil.copytree(EXCERPT, tmp_path / "originals")
    path = tmp_path / "originals" / "accelerator" / file
    path.write_text(content, "utf-8")
    with pytest.raises(NuanomalyError, match=message) as caught:
        lsnd.tables(tmp_path / "originals")
    assert path.name in str(caught.value)


def test_a_missing_original_is_named(tmp_path: Path) -> None:
    with pytest.raises(NuanomalyError, match=r"lsnd-DAR\+DIF.dat: cannot be read"):
        lsnd.tables(tmp_path)
