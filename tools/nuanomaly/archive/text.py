"""Numbers from text files of other people: exact, and with file and line in every error."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from nuanomaly.archive import cells
from nuanomaly.archive.errors import NuanomalyError


def read_text(
    path: Path, columns: Sequence[str], separator: str | None = None, skip: int = 0
) -> pd.DataFrame:
    """Return numbers from a text file without a header; empty lines and comments (#) are skipped.

    Parameters
    ----------
    path : pathlib.Path
    columns : sequence of str
        Names of the columns, one for each number of a line.
    separator : str, optional
        What stands between the numbers; blanks if left out.
    skip : int
        Lines of a header that is no comment.

    Raises
    ------
    NuanomalyError
        With file and line, for a line that is not one number per column.
    """
    rows = []
    for number, content in _lines(path)[skip:]:
        try:
            row = [cells.number(word.strip()) for word in content.split(separator)]
        except (ValueError, cells.OutOfRangeError) as error:
            raise NuanomalyError(f"{path}, line {number}: {error}") from None
        if len(row) != len(columns):
            raise NuanomalyError(
                f"{path}, line {number}: has {len(row)} numbers, expected {len(columns)}: {list(columns)}"
            )
        rows.append(row)
    return pd.DataFrame(rows, columns=list(columns))


def csv_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a comma-separated file with a header, comments (#) left out, as they are written.

    Raises
    ------
    NuanomalyError
        With file and line, for a row that has not one entry per column.
    """
    lines = _lines(path)
    if not lines:
        raise NuanomalyError(f"{path}: is empty")
    header, *rows = ((number, next(csv.reader([content]))) for number, content in lines)
    for number, row in rows:
        if len(row) != len(header[1]):
            raise NuanomalyError(
                f"{path}, line {number}: has {len(row)} entries, the header has {len(header[1])}"
            )
    return [dict(zip(header[1], row, strict=True)) for _, row in rows]


def read_csv(path: Path, columns: Mapping[str, str]) -> pd.DataFrame:
    """Return the numbers of a comma-separated file with a header and comments (#), under new names.

    Parameters
    ----------
    path : pathlib.Path
    columns : mapping
        Name in the file to new name, in the order wanted; the file must have these and no others.

    Raises
    ------
    NuanomalyError
        If the header is another one, or a value is not a number.
    """
    rows = csv_rows(path)
    header = set(rows[0]) if rows else set()
    if header != set(columns):
        raise NuanomalyError(f"{path}: has the columns {sorted(header)}, expected {sorted(columns)}")
    try:
        return pd.DataFrame(
            {new: [cells.number(row[old].strip()) for row in rows] for old, new in columns.items()}
        )
    except (ValueError, cells.OutOfRangeError) as error:
        raise NuanomalyError(f"{path}: {error}") from None


def _lines(path: Path) -> list[tuple[int, str]]:
    """Return the lines that hold something, with their numbers from 1, comments cut off."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise NuanomalyError(f"{path}: cannot be read ({error.strerror})") from None
    lines = ((number, line.partition("#")[0].strip()) for number, line in enumerate(text.splitlines(), 1))
    return [(number, line) for number, line in lines if line]
