"""Text files as physicists have them become tables, with the names and numbers that stand there."""

import math
from pathlib import Path

import pytest

from nuanomaly.archive import guessing, reading, rows, text, yamlio
from nuanomaly.archive.errors import NuanomalyError

#: Content → kind, columns, numbers by row.
FORMS: dict[str, tuple[str, str, list[str], list[list[float]]]] = {
    "no header, trailing commas": (
        "1, 2, 3,\n4, 5, 6,\n",
        "matrix",
        ["c0", "c1", "c2"],
        [[1, 2, 3], [4, 5, 6]],
    ),
    "Fortran exponents": (
        "1.0D-03 2.0D+00\n3.0D-03 4.0d0\n",
        "matrix",
        ["c0", "c1"],
        [[0.001, 2], [0.003, 4]],
    ),
    "Fortran comments": ("! a comment\n1 2\n3 4\n5 6\n", "matrix", ["c0", "c1"], [[1, 2], [3, 4], [5, 6]]),
    "a header after #": ("#E y\n1 2\n3 4\n", "table", ["E", "y"], [[1, 2], [3, 4]]),
    "one line of edges": ("200 300 375\n", "matrix", ["c0"], [[200], [300], [375]]),
    "values with errors": (
        "E,y\n1,2 ± 0.3\n2,3 ± 0.4\n",
        "table",
        ["E", "y", "y_error"],
        [[1, 2, 0.3], [2, 3, 0.4]],
    ),
    "values with errors, by blanks": ("E y\n1 2 +- 0.3\n", "table", ["E", "y", "y_error"], [[1, 2, 0.3]]),
    "a sparse covariance": (
        "i,j,cov\n0,0,1\n0,1,0.5\n1,0,0.5\n1,1,2\n",
        "covariance",
        ["c0", "c1"],
        [[1, 0.5], [0.5, 2]],
    ),
    "exponents of three digits without a letter": (
        "1.2-101 .5-100\n-1.-200 4.0+102\n3. 0.0\n",
        "matrix",
        ["c0", "c1"],
        [[1.2e-101, 5e-101], [-1e-200, 4e102], [3, 0]],
    ),
    "exponents without a letter, one of them positive": (
        "E y\n1.0 1.2-1\n2.0 4.0+02\n3.0 5.\n",
        "table",
        ["E", "y"],
        [[1, 0.12], [2, 400], [3, 5]],
    ),
    "exponents without a letter, of many decimals": (
        "E,y\n1.0,1.234567-3\n2.0,-9.876543-1\n",
        "table",
        ["E", "y"],
        [[1, 1.234567e-3], [2, -0.9876543]],
    ),
    "numbers of ENDF without a header": (
        "1.000000-5 2.345000+1\n2.000000-5 2.345000+2\n3.000000-5 0.000000+0\n",
        "matrix",
        ["c0", "c1"],
        [[1e-5, 23.45], [2e-5, 234.5], [3e-5, 0]],
    ),
    "Fortran errors": ("E,y\n1,2.0D-1 ± 1.0D-2\n", "table", ["E", "y", "y_error"], [[1, 0.2, 0.01]]),
    "true minus signs": ("E y\n1 −2\n2 −3.5e−1\n", "table", ["E", "y"], [[1, -2], [2, -0.35]]),
    "tabs": ("1\t2\n3\t4\n5\t6\n", "matrix", ["c0", "c1"], [[1, 2], [3, 4], [5, 6]]),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_text_file_is_the_table_that_stands_there(tmp_path: Path, form: str) -> None:
    content, kind, columns, numbers = FORMS[form]
    (tmp_path / "file.dat").write_text(content, "utf-8")
    found = guessing.read(tmp_path / "file.dat")
    assert found is not None
    assert (found.kind, list(map(str, found.frame.columns))) == (kind, columns)
    assert found.frame.to_numpy(float).tolist() == numbers


def test_gaps_are_missing_numbers(tmp_path: Path) -> None:
    (tmp_path / "gaps.txt").write_text("E y\n1 nan\n2 inf\n3 -\n4 --\n5 6\n", "utf-8")
    found = guessing.read(tmp_path / "gaps.txt")
    assert found is not None
    values = found.frame["y"].tolist()
    assert [math.isnan(v) for v in values] == [True, False, True, True, False]
    assert (values[1], values[4]) == (math.inf, 6.0)


#: A column → what is said of it; its entries stay texts.
TEXTS: dict[str, tuple[list[str], str]] = {
    "ranges": (["1.5-2.5", "2.5-3.5"], ""),
    "ranges of whole numbers": (["10-20", "20-30"], ""),
    "small ranges": (["1-2", "2-3"], ""),
    "dates": (["2024-05", "2024-06"], ""),
    "days": (["2024-05-01", "2024-06-01"], ""),
    "some ranges without a second point": (["1.5-2", "2-3.5"], ""),
    "words": (["1D2", "2S1"], "'2S1' is no number"),
    "ranges, or numbers": (
        ["1.5-2", "2.0-3"],
        "'1.5-2' stays a text: it may be a range, or a number that lacks",
    ),
    "sections, or numbers": (["2.1-1", "2.1-2", "2.2-1"], "'2.1-1' stays a text"),
    "beside a number without a point": (["1.234-5", "3"], "'1.234-5' stays a text"),
    "three digits beside ranges": (["1.5-200", "200-300"], "'200-300' is no number"),
    "a slip of the hand": (["2", "3.O", "4"], "it is read as texts, as '3.O' is no number"),
    "a field that overflowed": (["2.0", "****"], "'****' is no number"),
    "decimal commas": (["1,5", "2,5"], "'1,5' is no number"),
    "thousands": (["1,000", "22,000,000.5"], "'1,000' is no number"),
    "times": (["12:00", "12:01:30"], ""),
    "fractions": (["1/2", "2/3"], ""),
    "percentages": (["5%", "6.5 %"], "'5%' is no number"),
    "units": (["5 MeV", "6 MeV"], "'5 MeV' is no number"),
    "errors in brackets": (["2.34(5)", "4.56(7)"], "'2.34(5)' is no number"),
    "errors of two sides": (["2+0.3-0.2", "4+0.1-0.2"], "'2+0.3-0.2' is no number"),
    "powers of ten": (["1.2x10^-3", "4x10^5"], "'1.2x10^-3' is no number"),
    "complex numbers": (["(1.0,2.0)", "(3.0,4.0)"], "'(1.0,2.0)' is no number"),
    "limits": (["<0.3", "<0.4"], "'<0.3' is no number"),
    "underscores": (["1_000", "2_000"], "'1_000' is no number"),
    "names": (["near", "far 1"], ""),
}


@pytest.mark.parametrize("case", TEXTS)
def test_what_may_be_no_number_stays_a_text_and_is_said_where_it_looks_like_one(
    tmp_path: Path, case: str
) -> None:
    column, note = TEXTS[case]
    (tmp_path / "file.txt").write_text(
        "".join(f"{a};{b}\n" for a, b in zip(["E", *"123"], ["y", *column], strict=False)), "utf-8"
    )
    [draft] = reading.drafts(tmp_path / "file.txt")
    assert draft.frame["y"].tolist() == column
    assert [c.get("type") for c in draft.columns] == ["int64", "string"]
    assert all(said.startswith("column 'y': ") for said in draft.notes)
    assert note in "; ".join(draft.notes)
    assert bool(note) == bool(draft.notes)


#: A text → what is said, with its place, of a file that becomes no table.
LEFT: dict[str, tuple[str, str]] = {
    "too large": ("# n\nE y\n1 2\n2 1e999\n", "line 4, column 'y': 1e999 is outside of the range of float64"),
    "too negative": ("1 2\n2 -1e999\n", "line 2, column 'c1': -1e999 is outside"),
    "too large for D": ("1 2\n\n2 1D400\n", "line 3, column 'c1': 1D400 is outside"),
    "too large without a letter": ("E,y\n1,1.0+999\n", "line 2, column 'y': 1.0+999 is outside"),
    "too large in an error": ("E,y\n1,1 ± 1e400\n", "line 2, column 'y': 1e400 is outside"),
    "too large, written on": ("1 2 3\n4 5 1e999\n7 8\n", "line 2, column 'c0': 1e999 is outside"),
    "too large in a block": ("1 2\n3 4\n\n5 6 7\n8 9 1e999\n", "line 5, column 'c2': 1e999 is outside"),
    "more cells, then fewer": ("E,N\n1,2,3\n4\n", "line 2 has 3 cells where the header has 2"),
    "fewer cells": ("E,N\n1\n2\n", "line 2 has 1 cell where the header has 2"),
    "fewer cells by tabs": ("E\tN\n1\t2\n3\n", "line 3 has 1 cell where the header has 2"),
    "more cells by semicolons": ("E;N\n1;2\n3;4;5\n", "line 3 has 3 cells where the header has 2"),
    "fewer cells by blanks": ("! c\nE N\n1 2\n3\n", "line 4 has 1 cell where the header has 2"),
    "no header": ("1,2\n3,4,5\n", "line 2 has 3 cells where line 1 has 2"),
    "a block": ("E,N\n1,2\n\n# second\nA,B\n1,2,3\n4\n", "line 6 has 3 cells where the header has 2"),
    "ranges or numbers, no header": (
        "1.5-2 2.0-3\n1.5-2 2.0-3\n",
        "'1.5-2' may be a range, or a number that",
    ),
}


@pytest.mark.parametrize("case", LEFT)
def test_what_is_no_table_of_float64_is_left_with_its_place(tmp_path: Path, case: str) -> None:
    content, reason = LEFT[case]
    (tmp_path / "file.txt").write_text(content, "utf-8")
    with pytest.raises(NuanomalyError) as said:
        reading.drafts(tmp_path / "file.txt")
    assert reason in str(said.value)


@pytest.mark.parametrize(
    ("content", "values", "note"),
    [
        ("E y\n1 1e-400\n", [0.0], "column 'y': 1e-400 is read as 0: no float64 is that small"),
        (
            "E y\n1 12345678901234567891\n",
            [12345678901234567891.0],
            "float64 does not keep all of its digits",
        ),
        ("E y\n1.0 4.0+2\n", [400.0], "'4.0+2' is read as 4.0e+2"),
    ],
)
def test_what_is_read_as_another_thing_than_it_seems_is_said(
    tmp_path: Path, content: str, values: list[float], note: str
) -> None:
    (tmp_path / "file.txt").write_text(content, "utf-8")
    [draft] = reading.drafts(tmp_path / "file.txt")
    assert draft.frame["y"].tolist() == values
    assert note in draft.notes[0]


def test_that_lines_are_read_on_is_said(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text("1,2,3\n4,5,6\n7,8\n")
    [draft] = reading.drafts(tmp_path / "file.csv")
    assert draft.frame["c0"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert draft.notes == [
        "line 3 has 2 cells where line 1 has 3: its 8 numbers are read on from line to line, as one column"
    ]


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1D400"])
def test_importers_say_which_number_is_too_large(tmp_path: Path, number: str) -> None:
    file = tmp_path / "file.csv"
    file.write_text(f"1 2\n3 {number}\n")
    with pytest.raises(NuanomalyError, match=rf"file\.csv, line 2: {number} is outside of the range"):
        text.read_text(file, ["a", "b"])
    file.write_text(f"a,b\n1,2\n3,{number}\n")
    with pytest.raises(NuanomalyError, match=rf"file\.csv.*{number} is outside of the range"):
        text.read_csv(file, {"a": "A", "b": "B"})
    with pytest.raises(NuanomalyError, match=r"file\.csv, line 3: b"):
        rows.frame(rows.read(file), {}, {"A": "a", "B": "b"})


@pytest.mark.parametrize(
    ("content", "value"), [("x: 1.0e+308", 1e308), ("x: .inf", math.inf), ("x: -.Inf", -math.inf)]
)
def test_numbers_of_yaml_are_those_that_stand_there(content: str, value: float) -> None:
    assert yamlio.parse(content) == {"x": value}
    with pytest.raises(NuanomalyError, match=r"line 2: .*1\.0e\+999 is outside of the range of float64"):
        yamlio.parse("a: 1\nx: [1.0, 1.0e+999]")
