"""The smallest of many χ² of a data set, most of which a bound leaves out.

Profiling nuisances with bounds, or with other errors up than down, takes several times as long as profiling
those without. A prior is nowhere below the parabola on both sides of zero that has the larger of its errors,
and bounds only make χ² larger: without them, and with that parabola, χ² is a lower bound in closed form.
Hypotheses whose bound is above a value that is reached are left out, the others are evaluated in full: the
smallest value is exact.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nuanomaly.likelihood.algebra.gaussian_tables import GaussianTable, SumTable, Table
from nuanomaly.model.probabilities import Array

#: Rounding of bounds, relative to the values, is far below this.
_ROUNDING = 1e-9
#: If more than this share of the hypotheses is left, all are evaluated: a matrix product is quicker then.
_MANY = 0.2

_Indices = NDArray[np.intp]


def smallest(table: Table, data: Array, column: int | None = None) -> tuple[Array, Array]:
    """Return the smallest value of each data set over all hypotheses, and its value at one of them.

    Parameters
    ----------
    table : callable
        Data sets (T, n) → values (T, P).
    data : array, shape (T, n)
    column : int, optional
        The one hypothesis; without it the smallest value is returned in its place.

    Returns
    -------
    smallest, own : arrays, shape (T,)
        The second is nowhere below the first.

    Examples
    --------
    >>> lowest, own = smallest(lambda data: data[:, :1] * np.array([3.0, 1.0]), np.ones((2, 1)), 0)
    >>> lowest.tolist(), own.tolist()
    ([1.0, 1.0], [3.0, 3.0])
    """
    parts = _parts(table)
    if parts is None:
        values = table(data)
        lowest = values.min(axis=1)
        return lowest, lowest if column is None else values[:, column]
    several = [(part, data[:, where]) for where, part in parts]
    lengths = sum((part.own(own) for part, own in several), np.zeros(len(data)))

    def exact(toys: _Indices, places: _Indices) -> Array:
        return sum((part.at(own[toys], places) for part, own in several), lengths[toys])

    bound = several[0][0].below(several[0][1])
    for part, own in several[1:]:
        bound += part.below(own)
    rows = np.arange(len(data))
    likely = bound.argmin(axis=1)
    first, asked = exact(np.tile(rows, 2), np.append(likely, _filled(likely, column))).reshape(2, -1)
    best = np.minimum(first, asked)
    toys, places = np.nonzero(bound < (best - lengths + _ROUNDING * (1.0 + np.abs(best)))[:, None])
    if toys.size > _MANY * bound.size:
        best = np.minimum(best, table(data).min(axis=1))
    else:
        np.minimum.at(best, toys, exact(toys, places))
    return best, best if column is None else asked


def _filled(places: _Indices, column: int | None) -> _Indices:
    return places if column is None else np.full_like(places, column)


def _parts(table: Table) -> Sequence[tuple[_Indices | slice, GaussianTable]] | None:
    """Return the tables of a sum with their data; None where a bound would spare nothing, or is not known."""
    listed = table.parts if isinstance(table, SumTable) else ((slice(None), table),)
    parts = [(where, part) for where, part in listed if isinstance(part, GaussianTable)]
    dear = any(part.gains is not None and not part.gains.symmetric for _, part in parts)
    if not dear or len(parts) < len(listed):
        return None
    single = all((part.counts == 1).all() and part.bounded_below for _, part in parts)
    return parts if single else None
