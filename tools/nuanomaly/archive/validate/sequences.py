"""Rows that count on, keys in order, cells of a grid, one number for one name: an exception is a wrong digit.

Like :mod:`.redundancy`, nothing here is declared: what holds in all rows but one or two is taken for a rule.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from nuanomaly.archive.validate.bins import edge_columns
from nuanomaly.archive.validate.content import Array, Content
from nuanomaly.archive.validate.findings import Finding
from nuanomaly.archive.validate.redundancy import exceptions
from nuanomaly.archive.validate.subject import ReleaseSubject

#: How well steps agree, relative to the step.
_EXACT = 1e-6
#: A rule holds in so many places at least, and is broken in so many at most.
_HOLDS, _FEW = 6, 2
#: and in such a part of all, seen on so many neighbours on either side.
_PART, _BESIDE = 0.3, 3
#: Rows of a table whose keys are looked at, and columns that may be its keys.
_LONG, _KEYS = 20, 4
#: So many rows show whether there is a rule at all; of names, more are not looked at.
_BEGIN, _MOST_NAMED = 200, 5000
#: Every other cell has edges that stand so often.
_OFTEN = 4
#: Groups of rows with one name are at least so large where all numbers of a group are the same.
_GROUP, _GROUPS = 3, 12
_NUMBER = re.compile(r"[0-9]+")


def check(subject: ReleaseSubject, table: str, content: Content) -> Iterator[Finding]:
    """Yield the findings of the rows of a table, as they follow each other.

    Parameters
    ----------
    subject : ReleaseSubject
    table : str
    content : Content
        Its content; finite.
    """
    entry = subject.declared[table]
    if any("count" in column for column in entry["columns"]):
        return  # a matrix: its rows are those of another table
    counted = {c["name"] for c in entry["columns"] if c.get("counts")}
    numbers = {n: content.numbers(n) for n in content.columns if n not in counted}
    columns = {n: values for n, values in numbers.items() if values is not None}
    for name, values in columns.items():
        for row in out_of_step(values)[:1]:
            message = f"{values[row]:.10g} does not count on from the rows around it, as all others do"
            yield subject.in_table("STEP_BROKEN", table, message, row=row, column=name)
    yield from _ordered(subject, table, content)
    yield from _cells(subject, table, content, list(columns))
    yield from _named(subject, table, content, list(columns))


def out_of_step(values: Array) -> list[int]:
    """Return the places of numbers that do not go on in equal steps, where all others do.

    Steps may begin anew between numbers (bins of several channels), but not around one. The first and the
    last number are guarded only if all are whole: bins at the end may be wider, and spectra have a threshold.

    Examples
    --------
    >>> out_of_step(np.array([0.0, 1, 2, 3, 7, 5, 6, 7, 8, 9]))
    [4]
    >>> out_of_step(np.array([0.0, 1, 2, 3, 4, 5, 6, 7, 8, 5]))
    [9]
    """
    if len(values) < _HOLDS + 1:
        return []
    steps, often = np.unique(np.diff(values[:_BEGIN]), return_counts=True)
    step = float(steps[often.argmax()])
    if not step or often.max() < _PART * often.sum():
        return []
    line = step * np.arange(len(values), dtype=np.float64)
    places = exceptions(values, line + float(np.median(values - line)), _EXACT)
    whole = bool((values == np.floor(values)).all())
    if places and (whole or not {0, len(values) - 1} & set(places)):
        return places
    around = [values[k : len(values) - 2 * _BESIDE + k] for k in range(2 * _BESIDE + 1)]
    begin, at = around[0], around[_BESIDE]
    expected = [begin + k * step for k in range(2 * _BESIDE + 1)]
    near = [np.abs(v - e) <= _EXACT * abs(step) for v, e in zip(around, expected, strict=True)]
    even = np.all([n for k, n in enumerate(near) if k != _BESIDE], axis=0)
    off = even & ~near[_BESIDE]
    if not 0 < off.sum() <= _FEW or even.sum() < max(_HOLDS * off.sum(), _PART * len(at)):
        return []
    return [int(k) + _BESIDE for k in np.flatnonzero(off)]


def _ordered(subject: ReleaseSubject, table: str, content: Content) -> Iterator[Finding]:
    """Yield the first row that breaks the order of the keys, or repeats them."""
    texts = [values for values in content.columns.values() if values.dtype.kind == "O"]
    leading: list[str] = []
    for name, values in content.columns.items():
        if values.dtype.kind == "O" and not leading:
            continue
        if values.dtype.kind not in "fi" or len(leading) == _KEYS:
            break
        leading.append(name)
    if content.rows < _LONG or len(leading) < 2:
        return
    keys = content.matrix(leading)
    if len(np.unique(keys[:, 0])) * _GROUP > content.rows:
        return
    same = np.all([t[1:] == t[:-1] for t in texts], axis=0) if texts else np.ones(content.rows - 1, bool)
    for count in range(2, len(leading) + 1):
        if misplaced(keys[:_BEGIN, :count], same[: _BEGIN - 1]) is None:
            continue
        broken = misplaced(keys[:, :count], same)
        if broken is None:
            continue
        for row in broken[:1]:
            said = ", ".join(f"{name} {keys[row, k]:.10g}" for k, name in enumerate(leading[:count]))
            message = f"{said} is out of order, or there twice; all other rows are in order"
            yield subject.in_table("ROW_MISPLACED", table, message, row=row, column=leading[count - 1])
        return


def misplaced(keys: Array, same: "np.ndarray[Any, np.dtype[np.bool_]] | None" = None) -> list[int] | None:
    """Return the few rows that are not in the order of their keys; None if they have no order.

    Parameters
    ----------
    keys : array, shape (rows, keys)
    same : array of bool, shape (rows − 1,), optional
        Whether a row is in one group with the row before; all of them, if left out.

    Examples
    --------
    >>> misplaced(np.array([[0.0, 0], [0, 1], [0, 1], [1, 0], [1, 1]]))
    [2]
    """
    step = np.sign(np.diff(keys, axis=0))
    order = np.zeros(len(step))
    for k in range(step.shape[1]):
        order = np.where(order == 0, step[:, k], order)
    breaks = np.flatnonzero((order <= 0) & (True if same is None else same))
    if len(breaks) > _FEW:
        return None
    return [_which(keys, int(k)) for k in breaks]


def _which(keys: Array, k: int) -> int:
    """Return which of two rows in the wrong order is the wrong one: that without which there is order."""
    without = [keys[k], keys[k + 2]] if k + 2 < len(keys) else [keys[k - 1], keys[k]]
    return k + 1 if tuple(without[0]) < tuple(without[1]) and k + 2 < len(keys) else k


def _cells(
    subject: ReleaseSubject, table: str, content: Content, columns: Sequence[str]
) -> Iterator[Finding]:
    """Yield the first cell of bins in two quantities whose edges no other cell has."""
    pairs = edge_columns(columns, subject.declared[table].get("edges", {}))
    for pair in pairs if len(pairs) > 1 else ():
        cells = content.matrix(pair)
        _, first, often = np.unique(cells, axis=0, return_index=True, return_counts=True)
        alone = np.flatnonzero(often == 1)
        if (
            0 < len(alone) <= _FEW
            and len(often) > len(alone) + 1
            and (np.delete(often, alone) >= _OFTEN).all()
        ):
            row = int(first[alone].min())
            message = f"no other cell goes from {cells[row, 0]:.10g} to {cells[row, 1]:.10g} in it"
            yield subject.in_table("CELL_ALONE", table, message, row=row, column=pair[1])


def _named(
    subject: ReleaseSubject, table: str, content: Content, columns: Sequence[str]
) -> Iterator[Finding]:
    """Yield the first number of each column that is another in one row of those with the same names."""
    if not _GROUPS <= content.rows <= _MOST_NAMED:
        return
    groupings = list(_groupings(content))
    for name in columns:
        values = content.matrix([name])[:, 0]
        for said, groups in groupings:
            row = odd_one(values, groups)
            if row is not None:
                message = f"{values[row]:.10g} where all other rows {said} have one number"
                yield subject.in_table("GROUP_DIFFERS", table, message, row=row, column=name)
                break


def _groupings(content: Content) -> Iterator[tuple[str, "np.ndarray[Any, np.dtype[np.intp]]"]]:
    """Yield ways in which names put rows into groups: words, and the number of each row's group."""
    texts = [n for n, values in content.columns.items() if values.dtype.kind == "O"]
    for count in (1, 2):
        for chosen in combinations(texts, count):
            keys = list(zip(*(content[n].tolist() for n in chosen), strict=True))
            yield f"with one {' and '.join(chosen)}", _numbered(keys)
    for name in texts:
        yield (
            f"whose {name} differs in its number alone",
            _numbered([_NUMBER.sub("#", text) for text in content[name].tolist()]),
        )


def _numbered(keys: Sequence[Any]) -> "np.ndarray[Any, np.dtype[np.intp]]":
    number: dict[Any, int] = {}
    return np.array([number.setdefault(key, len(number)) for key in keys])


def odd_one(values: Array, groups: "np.ndarray[Any, np.dtype[np.intp]]") -> int | None:
    """Return the only row whose number is not that of its group, if every group has one number.

    Examples
    --------
    >>> odd_one(np.array([1.0, 1, 1, 1, 2, 2, 2.5, 2, 3, 3, 3, 3]), np.repeat([0, 1, 2], 4))
    6
    """
    size = np.bincount(groups)
    large = size[groups] >= _GROUP
    if large.sum() < max(_GROUPS, 0.5 * len(values)):
        return None
    values = np.where(np.isnan(values), np.inf, values)  # a gap that is declared is like any other
    order = np.lexsort((values, groups))
    sorted_groups, sorted_values = groups[order], values[order]
    begin = np.flatnonzero(np.r_[True, np.diff(sorted_groups) != 0])
    middle = begin + size[sorted_groups[begin]] // 2
    usual = np.zeros(len(size))
    usual[sorted_groups[begin]] = sorted_values[middle]
    odd = np.flatnonzero(large & (values != usual[groups]))
    if len(odd) != 1 or size[groups[odd[0]]] <= _GROUP:
        return None
    return int(odd[0])
