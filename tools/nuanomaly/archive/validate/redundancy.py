"""What a table says twice: smooth columns, sums of rows, columns that follow from others, copies of tables.

Nothing here is declared. A regularity that holds in a table but for a few numbers is taken for one, and
those few are named: a digit that was copied wrongly leaves such a trace, even where the hash of the table
was renewed with it. The limits are such that little is found in the released tables, and each of it was read
(``tests/archive/test_redundancy.py``).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations
from typing import Any

import numpy as np

from nuanomaly.archive.tables import expand_columns
from nuanomaly.archive.validate import covariance
from nuanomaly.archive.validate.content import Array, Content
from nuanomaly.archive.validate.findings import Finding
from nuanomaly.archive.validate.subject import ReleaseSubject

#: What one wrong number leaves of the distances from the cubic through two neighbours on each side.
_ONE_WRONG = np.array([1.0, -4.0, 6.0, -4.0, 1.0]) / 6.0
#: A number stands out if it is so many times further from its neighbours' cubic than any other around it.
_STANDS_OUT = 10.0
#: How far around; a column must be twice as long.
_AROUND = 10
#: How well the residuals of the neighbours follow those of one wrong number, relative to it.
_TRACE = 0.1
#: A column is smooth if nine of ten numbers are so near to their neighbours' cubic, but for one wrong number
#: and the four that it spoils.
_SMOOTH = 0.02
#: Rows of a long table that are looked at together.
_AT_A_TIME = 4096
#: Relations between columns: so exact, over so many rows, of so many columns.
_EXACT, _FEWEST_ROWS, _MOST_COLUMNS = 2e-6, 6, 24
#: A regularity may be broken in so many places, and in a tenth of all.
_FEW = 2
Flags = np.ndarray[Any, np.dtype[np.bool_]]
_RELATIONS = {
    "{0} + {1}": np.add,
    "{0} − {1}": np.subtract,
    "{0} × {1}": np.multiply,
    "{0} / {1}": np.divide,
    "√({0}² + {1}²)": np.hypot,
}


def check(subject: ReleaseSubject, table: str, content: Content) -> Iterator[Finding]:
    """Yield the findings of a table by itself.

    Parameters
    ----------
    subject : ReleaseSubject
    table : str
    content : Content
        Its content; finite.
    """
    blocks = dict(_blocks(subject, table, content))
    single = [n for n in content.columns if all(n not in names for names in blocks.values())]
    numbers = {n: content.numbers(n) for n in single if content[n].dtype.kind == "f"}
    columns = {n: values for n, values in numbers.items() if values is not None}
    if columns:
        yield from _off_curves(subject, table, np.column_stack(list(columns.values())), list(columns))
    for names in blocks.values():
        yield from _block(subject, table, content.matrix(names), names)
    yield from _related(subject, table, columns)


def isolated(values: Array) -> list[int]:
    """Return the places of numbers that lie off an otherwise smooth curve, one by one.

    Each number is compared with the cubic through two neighbours on either side, and its logarithm as well.
    A single wrong number leaves a residual e there, −2e/3 beside it and e/6 beyond: any other trace (a step,
    a kink, noise) is none.

    Examples
    --------
    >>> curve = np.exp(-np.linspace(0, 3, 40))
    >>> curve[17] *= 1.01
    >>> isolated(curve)
    [17]
    """
    return [row for row, _ in _isolated(values[:, None])]


def _isolated(curves: Array) -> list[tuple[int, int]]:
    """Return (row, column) of the isolated numbers of curves, each a column; shape (rows, curves)."""
    if len(curves) < 2 * _AROUND or not curves.shape[1]:
        return []
    places = []
    for k in np.flatnonzero(_smooth(curves)):
        rows = set(_standing_out(_residuals(curves[:, [k]])[:, 0], curves[:, k]))
        if (curves[:, k] > 0).all():
            logarithm = np.log(curves[:, [k]])
            rows |= set(_standing_out(_residuals(logarithm)[:, 0], logarithm[:, 0]))
        if len(rows) <= _FEW:
            places += [(row, int(k)) for row in sorted(rows)]
    return places


def _smooth(curves: Array) -> Flags:
    """Return which curves are smooth, shape (curves,), looking at some rows at a time: they fit the cache."""
    near, finite = np.zeros((2, curves.shape[1]), int)
    for first in range(0, len(curves), _AT_A_TIME):
        before = min(first, 2)
        residual = _residuals(curves[first - before : first + _AT_A_TIME + 2])
        rows = slice(before, before + _AT_A_TIME)
        with np.errstate(all="ignore"):
            relative = np.abs(residual[rows] / curves[first : first + _AT_A_TIME])
        finite += np.isfinite(relative).sum(0)
        near += (relative < _SMOOTH).sum(0)
    smooth: Flags = near >= np.maximum(0.9 * (finite - 5), _AROUND)
    return smooth


def _residuals(curves: Array) -> Array:
    """Return how far each number is from the cubic of its neighbours; zero for the two at each end."""
    residual = np.zeros_like(curves)
    beside = curves[1:-3] + curves[3:-1]
    beyond = curves[:-4] + curves[4:]
    residual[2:-2] = curves[2:-2] - (4.0 * beside - beyond) / 6.0
    return residual


def _standing_out(residual: Array, values: Array) -> list[int]:
    """Return where residuals are those of one wrong number, and far above any other around it."""
    size = np.abs(residual)
    # the rounding of float64 is no curve
    floor = max(1e-12 * float(np.abs(values).max()), _STANDS_OUT * float(np.median(size)))
    inner = np.arange(4, len(values) - 4)
    places = inner[size[4:-4] > floor]
    trace = residual[places[:, None] + np.arange(-2, 3)] / residual[places, None]
    places = places[np.abs(trace - _ONE_WRONG).max(1, initial=0.0) <= _TRACE]
    return [int(k) for k in places if size[k] > _STANDS_OUT * _around(size, int(k))]


def _around(size: Array, k: int) -> float:
    """Return the largest residual around a number, without those that it leaves itself."""
    return float(max(size[max(0, k - _AROUND) : k - 2].max(), size[k + 3 : k + _AROUND + 1].max()))


def _blocks(subject: ReleaseSubject, table: str, content: Content) -> Iterator[tuple[str, list[str]]]:
    """Yield the columns that are declared together, as one matrix."""
    for entry in subject.declared[table]["columns"]:
        if "count" in entry:
            names = [c.name for c in expand_columns([entry])]
            if len(names) > 3 and all(n in content and content[n].dtype.kind == "f" for n in names):
                yield str(entry["name"]), names


def _block(subject: ReleaseSubject, table: str, matrix: Array, names: Sequence[str]) -> Iterator[Finding]:
    """Yield the findings of a matrix: rows or columns with another sum than all others, isolated entries."""
    for axis, what in ((1, "row"), (0, "column")):
        sums = matrix.sum(axis)
        for k in exceptions(sums, np.full(len(sums), np.median(sums))):
            place = {"row": k} if axis == 1 else {"column": names[k]}
            message = f"{what} {k} adds up to {sums[k]:.8g}, the others to {np.median(sums):.8g}"
            yield subject.in_table("SUM_DIFFERS", table, message, **place)
    if subject.declared[table]["kind"] in covariance.KINDS:
        return  # the diagonal stands out
    places = {*_isolated(matrix), *((row, k) for k, row in _isolated(np.ascontiguousarray(matrix.T)))}
    for row, k in sorted(places)[:1] if len(places) <= _FEW else ():
        message = f"{matrix[row, k]:.10g} lies off the curve of its neighbours"
        yield subject.in_table("VALUE_ISOLATED", table, message, row=row, column=names[k])


def _off_curves(
    subject: ReleaseSubject, table: str, curves: Array, names: Sequence[str]
) -> Iterator[Finding]:
    """Yield the first isolated number of each column."""
    first = {k: row for row, k in reversed(_isolated(curves))}
    for k, row in sorted(first.items()):
        message = f"{curves[row, k]:.10g} lies off the curve of its neighbours"
        yield subject.in_table("VALUE_ISOLATED", table, message, row=row, column=names[k])


def exceptions(values: Array, expected: Array, exact: float = _EXACT, rounding: float = 0.0) -> list[int]:
    """Return the few places where numbers are not what all others of them are.

    None if they are too few, or if more than a tenth (or two) differ: then it is no rule. ``exact`` is
    relative, and ``rounding`` what printed digits leave besides.

    Examples
    --------
    >>> exceptions(np.array([1.0, 1, 1, 1, 1, 1.3, 1, 1]), np.ones(8))
    [5]
    """
    with np.errstate(all="ignore"):
        used = np.isfinite(values) & np.isfinite(expected) & ((values != 0) | (expected != 0))
        scale = np.maximum(np.abs(values), np.abs(expected))
        differ = used & ~(np.abs(values - expected) <= exact * scale + rounding)
    allowed = max(1, min(_FEW, int(used.sum()) // 10))
    if used.sum() - differ.sum() < _FEWEST_ROWS or not 0 < differ.sum() <= allowed:
        return []
    return [int(k) for k in np.flatnonzero(differ)]


def _related(subject: ReleaseSubject, table: str, columns: Mapping[str, Array]) -> Iterator[Finding]:
    """Yield the first row in which a column does not follow from others as it does in the rest."""
    varied = {n: v for n, v in columns.items() if len(v) >= _FEWEST_ROWS and len(np.unique(v[:64])) > 4}
    if not 2 <= len(varied) <= _MOST_COLUMNS:
        return
    names, values = list(varied), np.array(list(varied.values()))
    for said, expected, k, rounding in chain(_relations(names, values), _sums(names, values)):
        for row in exceptions(values[k], expected, rounding=rounding)[:1]:
            message = (
                f"{names[k]} is {said} in all other rows, {expected[row]:.8g}: here {values[k][row]:.8g}"
            )
            yield subject.in_table("RELATION_BROKEN", table, message, row=row, column=names[k])
            return


def _sample(values: Array) -> Array:
    """Return some rows, by which is seen what may hold in all."""
    return values[:, np.unique(np.linspace(0, values.shape[1] - 1, 2 * _FEWEST_ROWS).astype(int))]


def _relations(names: Sequence[str], values: Array) -> Iterator[tuple[str, Array, int, float]]:
    """Yield what may hold between columns: words, what one would be, which, and what rounding leaves."""
    sample = _sample(values)
    enough = sample.shape[1] - _FEW
    with np.errstate(all="ignore"):
        ratios = sample[:, None] / sample[None]
        usual = np.median(np.where(np.isfinite(ratios), ratios, np.inf), axis=2, keepdims=True)
        constant = (np.abs(ratios - usual) <= _EXACT * np.abs(usual)).sum(2) >= enough
        for i, j in np.argwhere(np.triu(constant, 1)):
            factor = float(np.nanmedian(values[i] / values[j]))
            yield f"{factor:.8g} times {names[j]}", factor * values[j], int(i), 0.0
        for form, of in _RELATIONS.items():
            made = of(sample[:, None], sample[None])[:, :, None]
            holds = (np.abs(made - sample) <= _EXACT * np.abs(sample)).sum(3) >= enough
            for i, j, k in np.argwhere(holds):
                if len({i, j, k}) == 3:
                    yield form.format(names[i], names[j]), of(values[i], values[j]), int(k), 0.0


def _sums(names: Sequence[str], values: Array) -> Iterator[tuple[str, Array, int, float]]:
    """Yield columns that may be the sum of three or more neighbouring ones, as in :func:`_relations`."""
    sample = _sample(values)
    enough = sample.shape[1] - _FEW
    total = np.concatenate([np.zeros_like(sample[:1]), np.cumsum(sample, 0)])
    for first, last in combinations(range(len(total)), 2):
        if last - first < 3:
            continue
        made = total[last] - total[first]
        rounding = 0.5 * (last - first + 1) * _last_digit(sample[first:last])
        if rounding > _SMOOTH * float(np.median(np.abs(made))):
            continue
        near = np.abs(made - sample) <= _EXACT * np.abs(sample) + rounding
        for k in np.flatnonzero(near.sum(1) >= enough):
            if not first <= k < last:
                said = f"the sum of {names[first]} to {names[last - 1]}"
                yield said, values[first:last].sum(0), int(k), rounding


def _last_digit(values: Array) -> float:
    """Return what the last printed digit of numbers counts, 0 if they have more than six decimals.

    Examples
    --------
    >>> _last_digit(np.array([1.5, 0.25, 3.0]))
    0.01
    """
    for decimals in range(7):
        if (np.abs(np.round(values, decimals) - values) <= 1e-9 * np.abs(values)).all():
            return 10.0**-decimals
    return 0.0


def between(subject: ReleaseSubject, contents: Mapping[str, Content]) -> Iterator[Finding]:
    """Yield the findings of tables that repeat each other, or begin alike, but for a few numbers.

    Parameters
    ----------
    subject : ReleaseSubject
    contents : mapping of str to Content
        The tables that were read, all finite.
    """
    known = {
        table: {name: values for name in content.columns if (values := content.numbers(name)) is not None}
        for table, content in contents.items()
    }
    for first, second in combinations(contents, 2):
        rows = min(contents[first].rows, contents[second].rows)
        head = min(rows, _AROUND)
        for name, one in known[first].items() if rows >= _FEWEST_ROWS else ():
            other = known[second].get(name)
            # most pairs of columns differ where they begin
            if other is None or np.count_nonzero(one[:head] != other[:head]) > _FEW:
                continue
            one, other = one[:rows], other[:rows]
            if len(np.unique(one)) < _FEWEST_ROWS:
                continue
            for k in exceptions(one, other, 0.0):
                message = f"{name} is the same in {second} in all other rows, which has {other[k]:.10g} here"
                yield subject.in_table("COPY_DIFFERS", first, f"{one[k]:.10g}: {message}", row=k, column=name)
                break
