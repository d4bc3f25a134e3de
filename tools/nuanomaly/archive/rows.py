"""Rows of CSV originals: every cell knows where it stands, and numbers are the decimals that are printed."""

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pandas as pd

from nuanomaly.archive.cells import OutOfRangeError
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError


@dataclass(frozen=True)
class Row:
    """One line of an original: its cells by column name, and where it stands."""

    cells: Mapping[str, str]
    where: str

    def text(self, column: str) -> str:
        """Return a cell's text.

        Raises
        ------
        UnknownNameError
            If there is no such column.
        """
        if column not in self.cells:
            raise UnknownNameError("column", column, self.cells, self.where)
        return self.cells[column]

    def decimal(self, column: str) -> Decimal:
        """Return a cell as the number that is printed.

        Raises
        ------
        NuanomalyError
            If it is not a number.
        """
        try:
            return Decimal(self.text(column))
        except InvalidOperation:
            raise NuanomalyError(f"{self.where}: {column} is {self.text(column)!r}, not a number") from None

    def number(self, column: str) -> float:
        """Return a cell as float64.

        Raises
        ------
        NuanomalyError
            If it is not a number, or larger than any float64.
        """
        decimal = self.decimal(column)
        value = float(decimal)
        if math.isinf(value) and decimal.is_finite():
            raise NuanomalyError(f"{self.where}: {column}: {OutOfRangeError(self.text(column))}")
        return value

    def whole(self, column: str) -> int:
        """Return a cell as a whole number.

        Raises
        ------
        NuanomalyError
            If it is none.
        """
        value = self.decimal(column)
        if value != int(value):
            raise NuanomalyError(f"{self.where}: {column} is {value}, not a whole number")
        return int(value)


def read(path: Path) -> list[Row]:
    """Return the lines of an original; of two columns with one name, the second is called ``name.2``, …

    Raises
    ------
    NuanomalyError
        If the file is missing, or a line has another number of cells than the header.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            lines = list(csv.reader(stream))
    except OSError as error:
        raise NuanomalyError(
            f"{path}: cannot be read ({error.strerror}): give the folder of originals"
        ) from None
    header: list[str] = []
    for column in lines[0]:
        repeated = sum(h.partition(".")[0] == column for h in header)
        header.append(f"{column}.{repeated + 1}" if repeated else column)
    rows = []
    for number, cells in enumerate(lines[1:], 2):
        if len(cells) != len(header):
            raise NuanomalyError(f"{path}, line {number}: {len(cells)} cells, the header has {len(header)}")
        rows.append(Row(dict(zip(header, cells, strict=True)), f"{path}, line {number}"))
    return rows


def one(rows: Iterable[Row], **cells: str) -> Row:
    """Return the one row with the given cells.

    Raises
    ------
    NuanomalyError
        If there is none, or more than one.
    """
    rows = list(rows)
    items = [r for r in rows if all(r.text(k) == v for k, v in cells.items())]
    if len(items) != 1:
        file = rows[0].where.partition(", line")[0] if rows else "an empty original"
        raise NuanomalyError(f"{file}: {len(items)} lines with {cells}, there must be one")
    return items[0]


def frame(
    rows: Iterable[Row],
    text: Mapping[str, str],
    numbers: Mapping[str, str],
    whole: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return a table of ``{new name: old name}``: columns of text, of whole numbers, then of numbers."""
    rows = list(rows)
    columns: dict[str, list[Any]] = {new: [r.text(old) for r in rows] for new, old in text.items()}
    columns |= {new: [r.whole(old) for r in rows] for new, old in (whole or {}).items()}
    columns |= {new: [r.number(old) for r in rows] for new, old in numbers.items()}
    return pd.DataFrame(columns)
