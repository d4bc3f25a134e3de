"""What a column says of its own numbers: counts, errors, ranges in its unit, normalisation."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nuanomaly.archive.validate.bins import edge_columns, groups
from nuanomaly.archive.validate.content import Array, Content
from nuanomaly.archive.validate.findings import Finding
from nuanomaly.archive.validate.subject import ReleaseSubject

#: √N is printed with two or three digits.
_DIGITS = 0.02
#: Factors by which a unit is usually wrong: prefixes, per cent, centimetres, and their squares.
_FACTORS = (1e-9, 1e-6, 1e-4, 1e-3, 1e-2, 1e2, 1e3, 1e4, 1e6, 1e9)


def check(subject: ReleaseSubject, table: str, content: Content) -> Iterator[Finding]:
    """Yield the findings of every column that declares more than its type.

    Parameters
    ----------
    subject : ReleaseSubject
    table : str
    content : Content
        Its content; finite.
    """
    for entry in subject.declared[table]["columns"]:
        for name in _names(entry):
            values = content.numbers(name)
            if values is None:
                continue
            if entry.get("counts"):
                yield from _counts(subject, table, name, values)
            if entry.get("poisson") and content.numbers(entry["of"]) is not None:
                yield from _poisson(subject, table, name, values, entry["of"], content)
            if "range" in entry:
                yield from _range(subject, table, name, values, entry)
            if "normalised" in entry:
                yield from _normalised(subject, table, name, values, entry["normalised"], content)


def _names(entry: Mapping[str, Any]) -> list[str]:
    """Return the columns an entry stands for."""
    name = str(entry["name"])
    return [name.replace("{i}", str(i)) for i in range(entry["count"])] if "count" in entry else [name]


def _counts(subject: ReleaseSubject, table: str, name: str, values: Array) -> Iterator[Finding]:
    wrong = np.flatnonzero((values < 0) | (values != np.floor(values)))
    if wrong.size:
        row = int(wrong[0])
        message = f"{values[row]:.10g} counts"
        yield subject.in_table("COUNTS_IMPOSSIBLE", table, message, row=row, column=name)


def _poisson(
    subject: ReleaseSubject, table: str, name: str, values: Array, of: str, content: Content
) -> Iterator[Finding]:
    """Yield the finding of an error that is not √N; where nothing was counted any error will do."""
    counts = np.asarray(content.numbers(of), np.float64)
    expected = np.sqrt(np.maximum(counts, 0.0))
    wrong = np.flatnonzero((counts > 0) & ~(np.abs(values - expected) <= _DIGITS * expected))
    if wrong.size:
        row = int(wrong[0])
        message = (
            f"the error of {counts[row]:.10g} counts is {values[row]:.6g}, √N is {expected[row]:.6g}"
            f"{f'; so for {wrong.size - 1} more' if wrong.size > 1 else ''}"
        )
        yield subject.in_table("ERROR_NOT_POISSON", table, message, row=row, column=name)


def _range(
    subject: ReleaseSubject, table: str, name: str, values: Array, entry: Mapping[str, Any]
) -> Iterator[Finding]:
    """Yield the finding of values out of their range, and the factor that brings all of them into it."""
    low, high = entry["range"]
    inside = (values >= low) & (values <= high) | np.isnan(values)
    if inside.all():
        return
    row = int(np.flatnonzero(~inside)[0])
    message = f"{values[row]:.6g} {entry['unit']} is not between {low:g} and {high:g}"
    factor = next((f for f in _FACTORS if _within(values * f, low, high)), None)
    code = "VALUE_OUT_OF_RANGE"
    if factor:
        code = "UNIT_FACTOR_WRONG"
        message += f"; all values times {factor:g} are: is the unit right?"
    yield subject.in_table(code, table, message, row=row, column=name)


def _within(values: Array, low: float, high: float) -> bool:
    finite = values[~np.isnan(values)]
    return bool(((finite >= low) & (finite <= high)).all())


def _normalised(
    subject: ReleaseSubject,
    table: str,
    name: str,
    values: Array,
    declared: Mapping[str, Any],
    content: Content,
) -> Iterator[Finding]:
    """Yield the finding of a sum or integral that is not what is declared, in each group of rows."""
    wanted = float(declared.get("sum", declared.get("integral", 1.0)))
    measure = "integral" if "integral" in declared else "sum"
    for rows in groups(content, [c for c in declared.get("within", ()) if c in content]):
        value = float(values[rows].sum())
        if measure == "integral":
            value = _integral(subject, table, content, values, rows, declared.get("over"))
        excess = value - wanted
        allowed = float(declared["tolerance"]) * abs(wanted)
        wrong = excess > allowed if declared.get("at_most") else not abs(excess) <= allowed
        if wrong:
            most = "at most " if declared.get("at_most") else ""
            group = f" from row {rows[0]} on" if len(rows) < content.rows else ""
            message = f"the {measure} of {name!r}{group} is {value:.8g}, declared is {most}{wanted:g}"
            yield subject.in_table("NOT_NORMALISED", table, message, row=int(rows[0]), column=name)
            return


def _integral(
    subject: ReleaseSubject,
    table: str,
    content: Content,
    values: Array,
    rows: "np.ndarray[Any, Any]",
    over: str | None,
) -> float:
    """Return Σ value × width over bins, or the trapezoidal integral over a column of points."""
    if over is not None:
        points = content.numbers(over)
        if points is None:
            return math.nan
        at, value = points[rows], values[rows]
        return float((0.5 * (value[1:] + value[:-1]) * np.diff(at)).sum())
    numeric = [c for c in content.columns if content.numbers(c) is not None]
    pairs = edge_columns(numeric, subject.declared[table].get("edges", {}))
    if not pairs:
        return math.nan
    width = np.ones(len(rows))
    for low, high in pairs:
        width = width * (np.asarray(content[high], float) - np.asarray(content[low], float))[rows]
    return float((values[rows] * width).sum())


def columns_named(declared: Mapping[str, Any]) -> Sequence[str]:
    """Return the columns that the declaration of a normalisation names.

    Examples
    --------
    >>> columns_named({"integral": 1.0, "over": "E", "within": ["site"], "tolerance": 0.01})
    ['E', 'site']
    """
    over = [declared["over"]] if "over" in declared else []
    return [*over, *declared.get("within", ())]
