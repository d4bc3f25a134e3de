"""The smallest of many χ² of a data set, most of which a bound leaves out.

Profiling nuisances with bounds, or with other errors up than down, takes several times as long as profiling
those without. A prior is nowhere below the parabola on both sides of zero that has the larger of its errors,
and bounds only make χ² larger: without them, and with that parabola for all but one nuisance (both sides of
one are in closed form still), χ² is a lower bound. Hypotheses whose bound is above a value that is reached
are left out, the others are evaluated in full: the smallest value is exact.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nuanomaly.likelihood.algebra.gaussian_tables import GaussianTable, SumTable, Table
from nuanomaly.model.probabilities import Array

#: Rounding of bounds, relative to the values, is far below this.
_ROUNDING = 1e-9
#: If more than this share of the hypotheses is left, all are evaluated: a matrix product is quicker then.
_MANY = 0.2

_Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Smallest:
    """The smallest values of data sets, and what else of them is wanted.

    Attributes
    ----------
    lowest : array, shape (T,)
    place : array of int, shape (T,)
        At which hypothesis.
    own : array, shape (T,)
        The value at the one hypothesis that was asked for, nowhere below the smallest; else the smallest.
    at : callable
        Some of the data sets, and a hypothesis for each → the values there.
    """

    lowest: Array
    place: _Indices
    own: Array
    at: Callable[[_Indices, _Indices], Array]


def smallest(table: Table, data: Array, column: int | None = None) -> Smallest:
    """Return the smallest value of each data set over all hypotheses, and its value at one of them.

    Parameters
    ----------
    table : callable
        Data sets (T, n) → values (T, P).
    data : array, shape (T, n)
    column : int, optional
        The one hypothesis.

    Examples
    --------
    >>> found = smallest(lambda data: data[:, :1] * np.array([3.0, 1.0]), np.ones((2, 1)), 0)
    >>> found.lowest.tolist(), found.place.tolist(), found.own.tolist()
    ([1.0, 1.0], [1, 1], [3.0, 3.0])
    """
    parts, rows = _parts(table), np.arange(len(data))
    if parts is None:
        return _of_matrix(table(data), column)
    several = [(part, data[:, where]) for where, part in parts]
    lengths = sum((part.own(own) for part, own in several), np.zeros(len(data)))

    def exact(toys: _Indices, places: _Indices) -> Array:
        return np.asarray(sum((part.at(own[toys], places) for part, own in several), lengths[toys]))

    bound = several[0][0].below(several[0][1])
    for part, own in several[1:]:
        bound += part.below(own)
    likely = bound.argmin(axis=1)
    asked = likely if column is None else np.full_like(likely, column)
    first, at_asked = exact(np.tile(rows, 2), np.append(likely, asked)).reshape(2, -1)
    best, place = np.minimum(first, at_asked), np.where(first <= at_asked, likely, asked)
    likely_lowest = bound < (best - lengths + _ROUNDING * (1.0 + np.abs(best)))[:, None]
    toys, places = np.divmod(np.flatnonzero(likely_lowest), bound.shape[1])
    if toys.size > _MANY * bound.size:
        values = table(data)
        found, lowest = values.argmin(axis=1), values.min(axis=1)
    else:
        values, found, lowest = exact(toys, places), place.copy(), best.copy()
        np.minimum.at(lowest, toys, values)
        reached = np.flatnonzero(values == lowest[toys])[::-1]  # of equal ones the first
        found[toys[reached]] = places[reached]
    lower = lowest < best
    best, place = np.where(lower, lowest, best), np.where(lower, found, place)
    return Smallest(best, place, best if column is None else at_asked, exact)


def _of_matrix(values: Array, column: int | None) -> Smallest:
    lowest = values.min(axis=1)
    own = lowest if column is None else values[:, column]
    return Smallest(lowest, values.argmin(axis=1), own, lambda toys, places: values[toys, places])


def _parts(table: Table) -> Sequence[tuple[_Indices | slice, GaussianTable]] | None:
    """Return the tables of a sum with their data; None where a bound would spare nothing, or is not known."""
    listed = table.parts if isinstance(table, SumTable) else ((slice(None), table),)
    parts = [(where, part) for where, part in listed if isinstance(part, GaussianTable)]
    dear = any(part.gains is not None and not part.gains.symmetric for _, part in parts)
    if not dear or len(parts) < len(listed):
        return None
    single = all((part.counts == 1).all() and part.bounded_below for _, part in parts)
    return parts if single else None
