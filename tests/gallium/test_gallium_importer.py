"""The importer of the gallium experiments, on an excerpt of each original."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from importers import gallium

from nuanomaly.archive import tables
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.archive.rows import one, read

EXCERPT = Path(__file__).parent.parent / "data" / "gallium"


def arguments(name: str) -> dict[str, Any]:
    """The importer's arguments as the release declares them."""
    found: dict[str, Any] = load(name).metadata["import"]["arguments"]
    return found


@pytest.mark.parametrize("name", ["sage@2006-r1", "best@2022-r1"])
def test_an_excerpt_gives_lines_of_the_released_tables(name: str) -> None:
    release = load(name)
    frames = gallium.tables(EXCERPT, **arguments(name))
    assert list(frames) == [t for t in release.tables if not release.declared(t).get("by_hand")]
    for table, frame in frames.items():
        columns = tables.expand_columns(release.declared(table)["columns"])
        header, *lines = tables.to_bytes(frame, columns, "csv").splitlines()
        released = (release.folder / release.declared(table)["file"]).read_bytes().splitlines()
        assert header == released[0]
        assert lines
        assert set(lines) <= set(released[1:]), table


def test_numbers_are_read_as_they_are_printed() -> None:
    frames = gallium.tables(EXCERPT, **arguments("best@2022-r1"))
    assert frames["extractions"].iloc[0].tolist() == [
        *("inner", 1, 180, 186.585, 196.376, 176.3, 175.5, 49.4, 4.2, 4.0)
    ]
    assert frames["extractions-combined"]["peak"].tolist() == ["K", "K+L"]
    assert frames["efficiencies"].iloc[1].tolist()[:4] == ["outer", 10, 0.9538, 0.3770]
    assert frames["zones"]["expected"].tolist() == [69.41, 72.59]
    assert frames["zones"]["baseline_high"].tolist() == [67.0, 152.0]
    assert frames["constants"]["number_density_71Ga"].tolist() == [2.1001e22]
    assert frames["lines"]["cross_section"].tolist() == [6.08, 6.15, 2.67, 2.71]
    assert frames["geometry"]["length"].tolist() == [0.043, 0.108, 0.03]
    assert frames["gt-limits"].iloc[0].tolist() == ["Krofcheck (p,n)", "5/2-", 0.057]
    assert "Krofcheck (p,n)" in frames["gt-strengths"]["method"].tolist()
    assert frames["phase-space"]["factor"].tolist() == [0.663, 0.221, 0.0, 0.691, 0.262, 0.2]


def test_the_errors_of_best_leave_the_cross_section_out() -> None:
    found = gallium.tables(EXCERPT, **arguments("best@2022-r1"))["measurements"]
    assert found["error_bahcall"].round(3).tolist() == [0.041, 0.042]


def test_the_errors_of_the_argon_source_are_those_of_its_rate() -> None:
    frames = gallium.tables(EXCERPT, **arguments("sage@2006-r1"))
    argon = frames["measurements"].set_index("measurement").loc["SAGE-Ar"]
    assert (round(argon["error_plus"], 3), round(argon["error_minus"], 3)) == (0.084, 0.078)
    assert frames["ratios"]["error_2209"].tolist() == [0.12, 0.084]


def test_ratios_are_rescaled_with_the_cross_section_of_their_own_isotope() -> None:
    found = gallium.tables(EXCERPT, **arguments("sage@2006-r1"))["measurements"]
    chromium, argon = found["ratio_haxton"]
    assert chromium == 0.95 * (5.81 / 6.39)
    assert argon == 0.79 * (7.00 / 7.72)
    assert (found["error_haxton"] / found["ratio_haxton"]).tolist() == pytest.approx(
        (found["error_bahcall"] / found["ratio"]).tolist()
    )


def test_a_measurement_without_volumes_is_refused() -> None:
    wanted = arguments("sage@2006-r1")
    wanted["volumes"] = {"SAGE-Cr": ["sage-source", "sage-target"]}
    with pytest.raises(NuanomalyError, match=r"measurements are \['SAGE-Cr', 'SAGE-Ar'\]"):
        gallium.tables(EXCERPT, **wanted)


# --- errors in originals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("ratios.csv", "0.791", "0.79l", r"ratios\.csv, line 4: R_PRC_tableXIV is '0\.79l', not a number"),
        ("best_rates_and_constants.csv", "predicted_rate", "expected", r"0 lines with .*predicted_rate"),
        (
            "best_extractions_prl_table1.csv",
            ",180,",
            ",180.5,",
            r"line 2: KL_candidates is 180\.5, not a whole",
        ),
        ("best_systematics_prc_table12.csv", "2.9,2.7", "2.9", r"line 3: 2 cells, the header has 3"),
        ("cross_sections.csv", "Haxton,1998", "Hakston,1998", r"0 lines with .*'Haxton'"),
    ],
)
def test_a_wrong_cell_is_named_with_file_and_line(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    copy = tmp_path / "originals"
    shutil.copytree(EXCERPT, copy)
    path = copy / "source" / "gallium" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(NuanomalyError, match=message):
        gallium.tables(copy, **arguments("best@2022-r1"))


def test_a_missing_original_is_named(tmp_path: Path) -> None:
    with pytest.raises(NuanomalyError, match=r"ratios\.csv: cannot be read"):
        gallium.tables(tmp_path, **arguments("best@2022-r1"))


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    path.write_text("name,err,x,err\nA,1,2,3\n", "utf-8")
    (row,) = read(path)
    assert (row.number("err"), row.number("err.2")) == (1.0, 3.0)
    with pytest.raises(UnknownNameError, match="did you mean 'name'"):
        row.text("nmae")
    with pytest.raises(NuanomalyError, match="0 lines"):
        one([row], name="B")
