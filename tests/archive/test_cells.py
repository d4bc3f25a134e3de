"""Text files as physicists have them become tables, with the names and numbers that stand there."""

import math
from pathlib import Path

import pytest

from nuanomaly.archive import guessing

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
