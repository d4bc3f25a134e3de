"""Cells of other people's text files: separators, comments, gaps, and numbers as Fortran writes them."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

#: What a line that is no data begins with.
COMMENTS = "#!%"
_FORTRAN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)[dD][+-]?\d+")
_SIZE = r"\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?"
_SIGN = r"(?:±|\+/-|\+-|\\pm)"
_PLUS_MINUS = re.compile(rf"([+-]?(?:{_SIZE}))\s*{_SIGN}\s*({_SIZE})")
#: How a gap is written.
GAPS = frozenset({"", "-", "--", "---", "n/a", "na"})


def rows(path: Path) -> list[list[str]]:
    """Return the cells of a text file, line by line; none if it is no text.

    Comments (``#``, ``!``, ``%``) are left out, but for one with ``#`` right before the numbers that has as
    many words as a line has numbers: it names the columns. A separator at the end of every line is no cell.
    """
    try:
        return rows_of(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        return []


def rows_of(text: str) -> list[list[str]]:
    """Return the cells of a text, line by line (see :func:`rows`)."""
    told = [line.strip(" ") for line in text.splitlines() if line.strip()]  # a tab at the end is a gap
    lines = [line for line in told if line.lstrip()[0] not in COMMENTS]
    if not lines:
        return []
    separator = next((s for s in (",", "\t", ";") if all(s in line for line in lines)), None)
    texts = [_cells(line, separator) for line in lines]
    if separator == "\t":
        texts = _aligned(lines) or texts
    if separator and all(row[-1] == "" for row in texts):
        texts = [row[:-1] for row in texts]
    if separator == "\t" and all(row and row[0] == "" for row in texts):
        texts = [row[1:] for row in texts]
    before = told[: told.index(lines[0])]
    named = (
        _cells(before[-1].strip()[1:].strip(), separator) if before and before[-1].strip()[0] == "#" else []
    )
    if all(is_number(cell) for cell in texts[0]) and len(named) == len(texts[0]):
        texts = [named, *texts] if not any(is_number(word) for word in named) else texts
    if len(texts) == 1 and len(texts[0]) > 1 and all(is_number(cell) for cell in texts[0]):
        return [[cell] for cell in texts[0]]  # one line of numbers is one column, such as edges of bins
    return texts


def _aligned(lines: Sequence[str]) -> list[list[str]]:
    """Return numbers in columns that any mixture of tabs and blanks aligns; none if they are no matrix."""
    texts = [_cells(line, None) for line in lines]
    same = len({len(row) for row in texts}) == 1
    return texts if same and all(is_number(cell) for row in texts for cell in row) else []


def with_errors(name: str, cells: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return a column as it is, or as values and errors if its cells are written so.

    Examples
    --------
    >>> with_errors("y", ["2 ± 0.3", "3+-0.4"])
    [('y', ['2', '3']), ('y_error', ['0.3', '0.4'])]
    """
    pairs = [_PLUS_MINUS.fullmatch(cell) for cell in cells]
    if not any(pairs):
        return [(name, list(cells))]
    values = [pair[1] if pair else cell for pair, cell in zip(pairs, cells, strict=True)]
    return [(name, values), (f"{name}_error", [pair[2] if pair else "" for pair in pairs])]


def is_number(cell: str) -> bool:
    """Return whether a cell is a number.

    Examples
    --------
    >>> is_number("1e-4"), is_number("nan"), is_number("1_000"), is_number("MeV")
    (True, True, False, False)
    """
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def _cells(line: str, separator: str | None) -> list[str]:
    """Return the cells of a line; a value and its error, with blanks around the sign, are one."""
    if separator is None:
        cells = re.sub(rf"\s*({_SIGN})\s*", r"\1", line).split()
    else:
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
    return [re.sub("[dD]", "e", cell) if _FORTRAN.fullmatch(cell) else cell for cell in cells]
