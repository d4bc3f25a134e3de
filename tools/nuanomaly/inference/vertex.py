"""The lowest value between points of a grid: of the quadratic form through the neighbours of the lowest.

The same rule for data and toys, so that a statistic does not hang on the grid. Steps may be uneven:
differences through three points are exact. The lowest place is looked for within one step. Where χ² rises
like a wall on one side, the form would fall far too low; it is then no lower than a convex function through
the points can be.
"""

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from nuanomaly.model.probabilities import Array

#: A vertex is at most so many steps from the lowest point of the grid.
_REACH = 1.0
#: What is curved less than this has no vertex.
_FLAT = 1e-9

Places = NDArray[np.intp]


def refined(
    value: Callable[[Places], Array], place: Places, axes: Sequence[Array], convex: bool = True
) -> Array:
    """Return the lowest values of quadratic forms around the lowest points of a grid, shape (T,).

    At an end of an axis that axis is left where it is; where a neighbour does not exist (its value is
    infinite) the point is.

    Parameters
    ----------
    value : callable
        Moves by points of the grid (K, T, axes) → values (K, T).
    place : array of int, shape (T, axes)
        The lowest points.
    axes : sequence of arrays
        The coordinates of each axis, increasing.
    convex : bool
        Whether the form is no lower than a convex function can be; on fine grids it makes no difference.

    Examples
    --------
    >>> x = np.array([0.0, 1.0, 2.0, 4.0])
    >>> place = np.array([[2]])
    >>> refined(lambda moves: (x[(place + moves)[..., 0]] - 2.3) ** 2 + 5.0, place, [x]).round(12).tolist()
    [5.0]
    """
    k_axes = range(place.shape[1])
    sizes = np.array([len(a) for a in axes])
    inner = (place > 0) & (place < sizes - 1)
    up, down = np.ones(place.shape), np.ones(place.shape)
    for k, x in zip(k_axes, axes, strict=True):
        at = place[inner[:, k], k]
        up[inner[:, k], k], down[inner[:, k], k] = x[at + 1] - x[at], x[at] - x[at - 1]
    both = up + down
    unit = np.eye(place.shape[1], dtype=int)
    pairs = [(k, m) for k, m in product(k_axes, k_axes) if k < m]
    wanted = [np.zeros_like(unit[0]), *unit, *-unit]
    for k, m in pairs:
        wanted += [unit[k] + unit[m], -unit[k] - unit[m], unit[k] - unit[m], unit[m] - unit[k]]
    found = value(np.where(inner, np.array(wanted)[:, None, :], 0))
    known: dict[tuple[int, ...], Array] = {
        tuple(move.tolist()): values for move, values in zip(wanted, found, strict=True)
    }
    centre: Array = found[0]

    def moved(move: Places) -> Array:
        return np.asarray(known[tuple(move.tolist())])

    slope, bend = np.zeros(place.shape), np.zeros((*place.shape, place.shape[1]))
    with np.errstate(invalid="ignore"):
        for k in k_axes:
            above, below = moved(unit[k]), moved(-unit[k])
            h, g, s = up[:, k], down[:, k], both[:, k]
            slope[:, k] = (above * g * g - below * h * h + centre * (h * h - g * g)) / (h * g * s)
            curved = (above * g + below * h - s * centre) * 2.0 / (h * g * s)
            bend[:, k, k] = np.where(inner[:, k], curved, 1.0)
        for k, m in pairs:
            a, b = unit[k] + unit[m], unit[k] - unit[m]
            mixed = (moved(a) + moved(-a) - moved(b) - moved(-b)) / (both[:, k] * both[:, m])
            bend[:, k, m] = bend[:, m, k] = np.where(inner[:, k] & inner[:, m], mixed, 0.0)
    slope = np.where(inner, slope, 0.0)
    exists = np.array(np.isfinite(slope).all(axis=1) & np.isfinite(bend).all(axis=(1, 2)))
    slope[~exists], bend[~exists] = 0.0, np.eye(place.shape[1])
    shift = _vertex(slope, bend, up, down)
    gain = np.einsum("tk,tk->t", slope, shift) + 0.5 * np.einsum("tk,tkm,tm->t", shift, bend, shift)
    if convex:
        # half of f(c + v) + f(c - v) is at least f(c), and f(c - v) at most what lies between the neighbours
        opposite = np.stack([np.where(shift[:, k] > 0.0, moved(-unit[k]), moved(unit[k])) for k in k_axes], 1)
        part = np.abs(shift) / np.where(shift > 0.0, down, up)
        rise = np.where(exists[:, None] & inner, opposite - centre[:, None], 0.0)
        gain = np.maximum(gain, -(part * rise).sum(axis=1))
    return np.asarray(centre + np.minimum(gain, 0.0))


def _vertex(slope: Array, bend: Array, up: Array, down: Array) -> Array:
    """Return the lowest places of forms (T, axes) and (T, axes, axes) within a step up or down, (T, axes)."""
    # on the axes alone it is a minimum of the grid; if the form has a saddle, its axes are taken apart
    curved = np.linalg.eigvalsh(bend)[:, 0] > _FLAT
    apart = -slope / np.maximum(np.einsum("tkk->tk", bend), _FLAT)
    safe = np.where(curved[:, None, None], bend, np.eye(slope.shape[1]))
    shift = np.where(curved[:, None], -np.linalg.solve(safe, slope[:, :, None])[:, :, 0], apart)
    return np.asarray(np.clip(shift, -_REACH * down, _REACH * up))
