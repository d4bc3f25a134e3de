"""The lowest point of a sum over (Δm²41, |Ue4|², |Uμ4|²) for many toys, without forming the cube.

Three sides have a table each: of Δm² and |Ue4|², of Δm² and |Uμ4|², and of Δm² and the product of both, on
logarithmic axes of one step, so that the product of points i and j is point i + j of its own axis.

In a slice of one Δm² the sum is nowhere below the sum of the three tables' own minima. Slices are looked at
in the order of that bound until none that is left can win. Disappearance alone is a sum of two minima.

Between the points of the grid the value is that of the quadratic form around the lowest one
(:mod:`~nuanomaly.inference.vertex`): the same rule for data and toys, so that the statistic is one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from nuanomaly.inference.vertex import Places, refined
from nuanomaly.model.probabilities import Array

#: The likeliest slices of a toy, which are looked at as a whole, and the side of squares in the others.
_FIRST, _SQUARE = 2, 8

#: Tables may be in single precision.
Tables = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Minima:
    """Lowest values of toys.

    Attributes
    ----------
    grid : array, shape (T,)
        On the points of the grid.
    refined : array, shape (T,)
        Between them.
    place : array of int, shape (T, axes)
        Which point of the grid is the lowest.
    """

    grid: Array
    refined: Array
    place: Places


def of_plane(table: Tables) -> Minima:
    """Return the minima of tables (T, D, K) of one side each."""
    toys, depth, width = table.shape
    flat = table.reshape(toys, -1).argmin(axis=1)
    place = np.stack(np.unravel_index(flat, (depth, width)), axis=1)
    row = np.arange(toys)

    def value(moves: Places) -> Array:
        at = place + moves
        return np.asarray(table[row, at[..., 0], at[..., 1]], float)

    return _minima(value, place, (depth, width))


def of_disappearance(electron: Tables, muon: Tables) -> Minima:
    """Return the minima of the sum of two sides that share Δm² alone, tables (T, D, E) and (T, D, M)."""
    total = electron.min(axis=2) + muon.min(axis=2)
    row, d = np.arange(len(total)), total.argmin(axis=1)
    place = np.stack([d, electron[row, d].argmin(axis=1), muon[row, d].argmin(axis=1)], axis=1)

    def value(moves: Places) -> Array:
        at = place + moves
        return np.asarray(electron[row, at[..., 0], at[..., 1]] + muon[row, at[..., 0], at[..., 2]], float)

    return _minima(value, place, (*electron.shape[1:], muon.shape[2]))


def of_sum(electron: Tables, muon: Tables, both: Tables) -> Minima:
    """Return the minima of the sum of three sides.

    Parameters
    ----------
    electron, muon : arrays, shapes (T, D, E) and (T, D, M)
    both : array, shape (T, D, E + M − 1)
        Of the product of the mixings.
    """
    bound = electron.min(axis=2) + muon.min(axis=2) + both.min(axis=2)
    order = np.argsort(bound, axis=1)
    place = np.array([_lowest(*tables) for tables in zip(electron, muon, both, bound, order, strict=True)])
    row = np.arange(len(place))

    def value(moves: Places) -> Array:
        d, e, m = np.moveaxis(place + moves, -1, 0)
        return np.asarray(electron[row, d, e] + muon[row, d, m] + both[row, d, e + m], float)

    return _minima(value, place, (*electron.shape[1:], muon.shape[2]))


def at_product(electron: Tables, muon: Tables, both: Tables, row: int, product: int) -> Array:
    """Return the minima at one Δm² and one product of the mixings, their ratio fitted, shape (T,).

    Parameters
    ----------
    electron, muon, both : arrays
        As in :func:`of_sum`.
    row, product : int
        Which Δm², and which point of the axis of products.
    """
    first = np.arange(max(0, product - muon.shape[2] + 1), min(electron.shape[2], product + 1), dtype=np.intp)
    line = electron[:, row, first] + muon[:, row, product - first]
    toys = np.arange(len(line))
    place = line.argmin(axis=1)[:, None]

    def value(moves: Places) -> Array:
        return np.asarray(line[toys, (place + moves)[..., 0]], float)

    return refined(value, place, [np.arange(first.size, dtype=float)], convex=False) + both[:, row, product]


def _lowest(
    electron: Tables, muon: Tables, both: Tables, bound: Tables, order: Places
) -> tuple[int, int, int]:
    """Return the lowest point of one toy's cube.

    The likeliest slices are looked at as a whole. Of the others that can win, squares of mixings are bounded
    in the same way, and only those that can win are formed.
    """
    best, numbers = _in_slices(electron, muon, both, order[:_FIRST])
    left = order[_FIRST:]
    left = left[bound[left] < best]
    if not left.size:
        return numbers
    e, m = electron.shape[1], muon.shape[1]
    first, second = _least(electron[left]), _least(muon[left])
    # a square's products lie in a window of two lengths less one of its own axis
    halves = _least(both[left])
    third = np.minimum(halves, np.append(halves[:, 1:], np.full((left.size, 1), np.inf), axis=1))
    together = np.add.outer(np.arange(first.shape[1]), np.arange(second.shape[1]))
    squares = first[:, :, None] + second[:, None, :] + third[:, together]
    s, i, j = np.nonzero(squares < best)
    if not s.size:
        return numbers
    inside = np.arange(_SQUARE)
    at_e = np.minimum(i[:, None] * _SQUARE + inside, e - 1)
    at_m = np.minimum(j[:, None] * _SQUARE + inside, m - 1)
    d = left[s]
    values = electron[d[:, None], at_e][:, :, None] + muon[d[:, None], at_m][:, None, :]
    values = values + both[d[:, None, None], at_e[:, :, None] + at_m[:, None, :]]
    lowest = int(values.argmin())
    if float(values.reshape(-1)[lowest]) < best:
        k, p, q = np.unravel_index(lowest, values.shape)
        return int(d[k]), int(at_e[k, p]), int(at_m[k, q])
    return numbers


def _in_slices(
    electron: Tables, muon: Tables, both: Tables, chosen: Places
) -> tuple[float, tuple[int, int, int]]:
    """Return the lowest value in some slices, and where it is."""
    e, m = electron.shape[1], muon.shape[1]
    rows = both[chosen]
    step = rows.strides
    window = as_strided(rows, (chosen.size, e, m), (step[0], step[1], step[1]), writeable=False)
    values = np.asarray(window + muon[chosen][:, None, :])
    values += electron[chosen][:, :, None]
    lowest = int(values.argmin())
    s, i, j = np.unravel_index(lowest, values.shape)
    return float(values.reshape(-1)[lowest]), (int(chosen[s]), int(i), int(j))


def _least(tables: Tables) -> Tables:
    """Return the smallest value of each part of the last axis (S, n), shape (S, parts)."""
    return np.asarray(np.minimum.reduceat(tables, np.arange(0, tables.shape[1], _SQUARE), axis=1))


def _minima(value: Callable[[Places], Array], place: Places, shape: tuple[int, ...]) -> Minima:
    """Return minima around grid points (T, axes); steps are counted."""
    steps = [np.arange(n, dtype=float) for n in shape]
    return Minima(value(np.zeros_like(place)[None])[0], refined(value, place, steps, convex=False), place)
