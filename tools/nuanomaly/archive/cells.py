"""Cells of other people's text files: separators, comments, gaps, and numbers as Fortran writes them."""

import csv
import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from nuanomaly.archive.errors import NuanomalyError

#: What a line that is no data begins with.
COMMENTS = "#!%"
#: What may stand between cells other than blanks.
SEPARATORS = (",", "\t", ";")
_POINTED = r"[+-]?(?:\d+\.\d*|\.\d+)"
_FORTRAN = re.compile(rf"({_POINTED}|[+-]?\d+)[dDqQ]([+-]?\d+)|({_POINTED})([+-]\d{{3}})")
#: A number whose exponent has neither its letter nor three digits; or a range.
_SHORT = re.compile(rf"({_POINTED})([+-]\d{{1,2}})")
_EXPONENT = r"(?:[eEdDqQ][+-]?\d+)?"
_SIZE = rf"\d+\.?\d*{_EXPONENT}|\.\d+{_EXPONENT}"
_SIGN = r"(?:±|\+/-|\+-|\\pm)"
_PLUS_MINUS = re.compile(rf"([+-]?(?:{_SIZE}))\s*{_SIGN}\s*({_SIZE})")
#: What begins as a number does, and is no range, date or time: decimal commas, units, percentages.
_ALMOST = re.compile(r"(?![\d.,]+( ?[-–:/] ?[\d.,]+){1,2}$)[<>~≈≤≥(]* ?[+-]?\.?\d.*")
#: How a gap is written.
GAPS = frozenset({"", "-", "--", "---", "n/a", "na"})


class OutOfRangeError(NuanomalyError):
    """A number that is larger than any float64.

    Attributes
    ----------
    position : int
        Of the cell in its column, from 0.
    """

    def __init__(self, cell: str, position: int = 0) -> None:
        self.cell, self.position = cell, position
        super().__init__(f"{cell} is outside of the range of float64, which ends at 1.8e308")


class Line(list[str]):
    """The cells of a line, and its number in the file, from 1."""

    def __init__(self, number: int, cells: Iterable[str]) -> None:
        super().__init__(cells)
        self.number = number


def rows(path: Path) -> list[Line]:
    """Return the cells of a text file, line by line; none if it is no text.

    Comments (``#``, ``!``, ``%``) are left out, but for one with ``#`` right before the numbers that has as
    many words as a line has numbers: it names the columns. A separator at the end of every line is no cell.
    """
    try:
        return rows_of(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        return []


def rows_of(text: str) -> list[Line]:
    """Return the cells of a text, line by line (see :func:`rows`).

    Cells are separated by the comma, tab or semicolon that stands in every line; by blanks, if that gives
    lines of equally many cells; else by the one of the three that stands in most lines.
    """
    told = [(n, line.strip(" ")) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    lines = [(n, line) for n, line in told if line.lstrip()[0] not in COMMENTS]  # a tab at the end is a gap
    if not lines:
        return []
    separator = _separator([line for _, line in lines])
    texts = [Line(n, _cells(line, separator)) for n, line in lines]
    if separator == "\t":
        texts = _aligned(lines) or texts
    if separator and all(row[-1] == "" for row in texts):
        texts = [Line(row.number, row[:-1]) for row in texts]
    if separator == "\t" and all(row and row[0] == "" for row in texts):
        texts = [Line(row.number, row[1:]) for row in texts]
    before = told[: told.index(lines[0])]
    number, last = before[-1] if before else (0, "")
    named = _cells(last.strip()[1:].strip(), separator) if last.strip()[:1] == "#" else []
    if all(is_number(cell) for cell in texts[0]) and len(named) == len(texts[0]):
        texts = [Line(number, named), *texts] if not any(is_number(word) for word in named) else texts
    if len(texts) == 1 and len(texts[0]) > 1 and all(is_number(cell) for cell in texts[0]):
        return [Line(texts[0].number, [cell]) for cell in texts[0]]  # a column, such as edges of bins
    return texts


def _separator(lines: Sequence[str]) -> str | None:
    """Return what stands between the cells of all lines; None for blanks."""
    counts = {s: sum(s in line for line in lines) for s in SEPARATORS}
    most = max(counts, key=lambda s: counts[s])  # the first of several
    if counts[most] in (0, len(lines)):
        return most if counts[most] else None
    lengths = {len(_cells(line, None)) for line in lines}
    if len(lengths) == 1 and lengths != {1}:
        return None
    # with single words alone any separator says that a line has more than one cell
    return most if 2 * counts[most] > len(lines) or (lengths == {1} and counts[most]) else None


def _aligned(lines: Sequence[tuple[int, str]]) -> list[Line]:
    """Return numbers in columns that any mixture of tabs and blanks aligns; none if they are no matrix."""
    texts = [Line(n, _cells(line, None)) for n, line in lines]
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


def number(cell: str) -> float:
    """Return the number that a cell is, also with an exponent as Fortran writes it, or a true minus sign.

    Such an exponent has a D (or Q), or three digits and no letter, behind a number with a point.

    Raises
    ------
    ValueError
        If it is none.
    OutOfRangeError
        If it is larger than any float64 and no infinity.

    Examples
    --------
    >>> number("1e-4"), number("1.0D-03"), number("1.2-101"), number(".5+002"), number("-inf")
    (0.0001, 0.001, 1.2e-101, 50.0, -inf)
    >>> number("1D400")
    Traceback (most recent call last):
    nuanomaly.archive.cells.OutOfRangeError: 1D400 is outside of the range of float64, which ends at 1.8e308
    """
    plain = cell.replace("\N{MINUS SIGN}", "-")
    try:
        value = float(plain)
    except ValueError:
        match = _FORTRAN.fullmatch(plain)
        if not match:
            raise
        value = float("e".join(part for part in match.groups() if part is not None))
    if "_" in cell:
        raise ValueError(f"could not convert string to float: {cell!r}")
    if math.isinf(value) and "n" not in cell.lower():
        raise OutOfRangeError(cell)
    return value


def is_number(cell: str) -> bool:
    """Return whether a cell is a number (see :func:`number`).

    Examples
    --------
    >>> is_number("1e-4"), is_number("nan"), is_number("1_000"), is_number("MeV"), is_number("1.5-2")
    (True, True, False, False, False)
    """
    try:
        number(cell)
    except ValueError:
        return False
    except OutOfRangeError:
        return True
    return True


def may_be_number(cell: str) -> bool:
    """Return whether a cell is a number, or may be one whose exponent lacks its letter (:func:`numbers`)."""
    return is_number(cell) or _SHORT.fullmatch(cell) is not None


def lettered(cell: str) -> str:
    """Return a number with the letter of its exponent.

    Examples
    --------
    >>> lettered("1.5-2")
    '1.5e-2'
    """
    return _SHORT.sub(r"\1e\2", cell)


def numbers(cells: Sequence[str]) -> tuple[list[float] | None, list[str]]:
    """Return the numbers of a column, NaN for gaps, or None if it holds texts; and what is to be said of it.

    An exponent of one or two digits without a letter, as in files of ENDF (``1.2345-2``, ``4.0+02``), looks
    like a range. It is read only if nothing in the column can be another thing: all entries are numbers with
    a point, and either one of them has such an exponent with ``+`` or with three digits, or all that have no
    letter have three decimals or more. Else they stay texts, and that is said. ``1.5-2.5``, ``10-20`` and
    dates are never numbers.

    Raises
    ------
    OutOfRangeError
        For a number that is larger than any float64.

    Examples
    --------
    >>> numbers(["1.5", "-"]), numbers(["1.5-2.5"])
    (([1.5, nan], []), (None, []))
    >>> numbers(["1.0-2", "4.0+2"])
    ([0.01, 400.0], ["'1.0-2' is read as 1.0e-2: its column can hold nothing but numbers"])
    >>> numbers(["1.5-2", "2.5-3"])[1]
    ["'1.5-2' stays a text: it may be a range, or a number that lacks the letter of its exponent"]
    """
    if (plain := _plain(cells)) is not None:
        return plain, _lost(cells, plain)
    filled = [cell for cell in cells if cell.lower() not in GAPS]
    short = [cell for cell in filled if _SHORT.fullmatch(cell)]
    others = [cell for cell in filled if not _SHORT.fullmatch(cell)]
    if not filled or not all(map(is_number, others)):
        wrong = [cell for cell in others if not is_number(cell)]
        told = len(wrong) < len(others) or all(map(_ALMOST.fullmatch, wrong))
        return None, [f"it is read as texts, as {wrong[0]!r} is no number"] if told and wrong else []
    if short and not (all("." in cell for cell in others) and _without_letters(short, others)):
        said = "it may be a range, or a number that lacks the letter of its exponent"
        return None, [f"{short[0]!r} stays a text: {said}"]
    letters = {cell: lettered(cell) for cell in short}
    values, notes = list[float](), []
    for position, cell in enumerate(cells):
        try:
            gap = cell.lower() in GAPS
            values.append(math.nan if gap else number(letters.get(cell, cell)))
        except OutOfRangeError:
            raise OutOfRangeError(cell, position) from None
    if short:
        said = "its column can hold nothing but numbers"
        notes.append(f"{short[0]!r} is read as {letters[short[0]]}: {said}")
    return values, notes + _lost(cells, values)


def _plain(cells: Sequence[str]) -> list[float] | None:
    """Return the numbers of a column whose entries are finite ones as Python writes them; else None."""
    try:
        values = list(map(float, cells))
    except ValueError:
        return None
    return None if not all(map(math.isfinite, values)) or any("_" in cell for cell in cells) else values


def _without_letters(short: Sequence[str], others: Sequence[str]) -> bool:
    """Return whether texts like ``1.25-2`` are numbers, by what stands in their column."""
    if any(_SHORT.fullmatch(cell)[2][0] == "+" for cell in short):  # type: ignore[index]
        return True
    if any((match := _FORTRAN.fullmatch(cell)) and match[4] for cell in others):
        return True
    return all(len(_SHORT.fullmatch(cell)[1].partition(".")[2]) >= 3 for cell in short)  # type: ignore[index]


def _lost(cells: Sequence[str], values: Sequence[float]) -> list[str]:
    """Return what float64 does not keep of numbers: those that become zero, and digits of whole ones."""
    notes = []
    for cell, value in zip(cells, values, strict=True):
        if value == 0.0 and re.search("[1-9]", re.split("[eEdDqQ]|(?<=.)[+-]", cell)[0]):
            return [f"{cell} is read as 0: no float64 is that small"]
        if len(cell) > 15 and cell.lstrip("+-").isdecimal() and int(value) != int(cell):
            notes = [f"{cell} is read as {value!r}: float64 does not keep all of its digits"]
    return notes


def _cells(line: str, separator: str | None) -> list[str]:
    """Return the cells of a line; a value and its error, with blanks around the sign, are one."""
    if separator is None:
        return re.sub(rf"\s*({_SIGN})\s*", r"\1", line).split()
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
