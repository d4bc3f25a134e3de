"""Bin edges: in order, without overlaps, without gaps that nobody explained."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nuanomaly.archive.validate.content import Content
from nuanomaly.archive.validate.findings import Finding
from nuanomaly.archive.validate.subject import ReleaseSubject

Array = np.ndarray[Any, np.dtype[np.float64]]
#: Endings of the names of two columns that are the edges of one bin.
_PAIRS = (("low", "high"), ("min", "max"), ("lo", "hi"))
#: Neighbouring edges agree to this, relative to the width of the bins: what printed digits leave.
_TOUCH = 1e-6


def check(subject: ReleaseSubject, table: str, content: Content) -> Iterator[Finding]:
    """Yield the findings of a table of bins, or of any table whose edges are declared."""
    entry = subject.declared[table]
    if entry["kind"] != "bins" and "edges" not in entry:
        return
    edges = entry.get("edges", {})
    if "at" in edges:
        yield from _all_edges(subject, table, content, edges["at"])
        return
    numeric = [name for name in content.columns if content.numbers(name) is not None]
    pairs = edge_columns(numeric, edges)
    if not pairs:
        message = f"table {table!r} has no columns NAME_low and NAME_high, and no `edges`"
        yield subject.finding("BINS_WITHOUT_EDGES", message, ["tables", table], table=table)
    reversed_ = [f for low, high in pairs for f in _reversed(subject, table, content, low, high)]
    yield from reversed_
    if len(pairs) == 1 and not reversed_:  # bins in two quantities have no order along one of them
        within = [c for c in edges.get("within", ()) if c in content]
        for rows in groups(content, within):
            yield from _neighbours(subject, table, content, pairs[0], rows)


def edge_columns(columns: Sequence[str], edges: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the pairs of columns that hold lower and upper edges.

    Examples
    --------
    >>> edge_columns(["E_low", "E_high", "events"], {})
    [('E_low', 'E_high')]
    """
    if "low" in edges:
        named = (edges["low"], edges["high"])
        return [named] if set(named) <= set(columns) else []
    items = []
    for low, high in _PAIRS:
        for column in columns:
            if column == low or column.endswith(f"_{low}"):
                other = column.removesuffix(low) + high
                items += [(column, other)] if other in columns else []
    return items


def groups(content: Content, within: Sequence[str]) -> list["np.ndarray[Any, Any]"]:
    """Return the rows of each group, in the order of the table."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    keys = zip(*(content[name].tolist() for name in within), strict=True) if within else [()] * content.rows
    for row, key in enumerate(keys):
        groups.setdefault(key, []).append(row)
    return [np.array(rows) for rows in groups.values()]


def _reversed(
    subject: ReleaseSubject, table: str, content: Content, low: str, high: str
) -> Iterator[Finding]:
    wrong = np.flatnonzero(~(content[low] < content[high]))
    if wrong.size:
        row = int(wrong[0])
        message = f"bin {row} goes from {content[low][row]} to {content[high][row]}"
        yield subject.in_table("BIN_REVERSED", table, message, row=row, column=high)


def _neighbours(
    subject: ReleaseSubject, table: str, content: Content, pair: tuple[str, str], rows: Any
) -> Iterator[Finding]:
    """Yield the findings between neighbouring bins, which may ascend or descend."""
    low, high = (np.asarray(content[name], float)[rows] for name in pair)
    if low.size < 2:
        return
    if low[-1] < low[0]:
        low, high, rows = low[::-1], high[::-1], rows[::-1]
    width = high - low
    step = low[1:] - high[:-1]
    touch = _TOUCH * np.minimum(width[1:], width[:-1])
    for code, wrong, said in (
        ("BINS_NOT_ORDERED", np.diff(low) < -touch, "begins before"),
        ("BINS_OVERLAP", step < -touch, "overlaps"),
        ("BINS_GAP", step > touch, "does not touch"),
    ):
        if code == "BINS_GAP" and subject.declared[table].get("edges", {}).get("gaps"):
            continue
        if wrong.any():
            k = int(np.flatnonzero(wrong)[0]) + 1
            message = (
                f"bin {rows[k]} from {low[k]} to {high[k]} {said} the one from {low[k - 1]} to {high[k - 1]}"
            )
            yield subject.in_table(code, table, message, row=int(rows[k]), column=pair[0])
            return


def _all_edges(subject: ReleaseSubject, table: str, content: Content, column: str) -> Iterator[Finding]:
    values = content.numbers(column)
    if values is None:
        return
    step = np.diff(values)
    wrong = np.flatnonzero(~(step > 0)) if step.sum() > 0 else np.flatnonzero(~(step < 0))
    if wrong.size:
        row = int(wrong[0]) + 1
        message = f"edge {row} is {values[row]}, the one before is {values[row - 1]}"
        yield subject.in_table("BINS_NOT_ORDERED", table, message, row=row, column=column)
