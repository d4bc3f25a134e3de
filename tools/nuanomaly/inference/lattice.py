"""Minima from grids: their separated valleys, descents from there, and grids displaced by parts of a cell.

Over one or two parameters a grid sees every valley that is wider than its cells. Another one whose points lie
between those of the first, in every axis, looks at half the width again; where both end in the same minimum,
none was missed that is much narrower. It costs as many mass splittings as the first, on which alone the
kernels depend, where descents from points that are spread at random have one for each step.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import scipy

from nuanomaly.inference.grid import Axis
from nuanomaly.inference.multistart import Box
from nuanomaly.inference.objective import Objective
from nuanomaly.model.probabilities import Array

#: How many valleys are followed, how far above the lowest grid point, and how far apart (grid cells).
_STARTS, _DEPTH, _APART = 8, 10.0, 3
#: Up to so many parameters, displaced grids confirm a minimum.
DISPLACED_DIMENSIONS = 2
#: How many valleys of a displaced grid are followed, and with how many moves.
_FOLLOWED, _MOVES = 4, 12
#: A step of so many grid cells is too short for a pattern search to gain anything by it.
_SHORT = 2.0**-24


def valleys(values: Array, count: int = _STARTS) -> list[tuple[int, ...]]:
    """Return the grid indices of the lowest separated local minima, lowest first.

    Examples
    --------
    >>> valleys(np.array([3.0, 1.0, 2.0, 5.0, 4.0, 0.5, 6.0]))
    [(5,), (1,)]
    """
    lowest = values.min()
    if not np.isfinite(lowest):
        return []
    local = (values == scipy.ndimage.minimum_filter(values, size=3, mode="nearest")) & (
        values <= lowest + _DEPTH
    )
    candidates = np.argwhere(local)
    candidates = candidates[np.argsort(values[tuple(candidates.T)], kind="stable")]
    chosen: list[tuple[int, ...]] = []
    for place in candidates.tolist():
        if all(max(abs(a - b) for a, b in zip(place, other, strict=True)) >= _APART for other in chosen):
            chosen.append(tuple(place))
        if len(chosen) == count:
            break
    return chosen


def displaced(axes: Sequence[Axis], seed: int) -> tuple[Axis, ...]:
    """Return axes whose points lie at random fractions of a cell beside those of others, inside their range.

    The mass splittings have as many points as before less one, the rest half as many.

    Examples
    --------
    >>> from nuanomaly.inference.grid import axis
    >>> from nuanomaly.model.registry import model
    >>> original = [axis(p, 101) for p in model("2nu-ee").parameters[:2]]
    >>> between = displaced(original, seed=1)
    >>> [len(a) for a in between], bool(between[0].values[0] > original[0].values[0])
    ([100, 50], True)
    """
    shift = np.random.default_rng(seed).random(len(axes))
    moved = []
    for a, part in zip(axes, shift, strict=True):
        count = max(1, len(a) - 1 if a.unit == "eV**2" else len(a) // 2)
        low, high = a.internal([a.low, a.high])
        # each point somewhere in the middle half of its cell: not beside one of the other grid
        inside = low + (high - low) * (np.arange(count) + 0.25 + 0.5 * part) / count
        moved.append(replace(a, values=a.external(inside)))
    return tuple(moved)


def lattice_search(box: Box, seed: int) -> tuple[float, Array]:
    """Return the lowest value that a displaced grid leads to, and its point of the box, shape (k,).

    Parameters
    ----------
    seed : int
        Displaces the grid; the same seed gives the same result.
    """
    axes = displaced(box.axes, seed)
    corners = [[a.values[k] for a, k in zip(axes, at, strict=True)] for at in valleys(box.objective.on(axes))]
    if not corners:
        return float("inf"), np.full(len(axes), 0.5)
    start = np.array([[a.internal(x).item() for a, x in zip(axes, c, strict=True)] for c in corners])
    values, at = descend(box.objective, box.axes, start[:_FOLLOWED], _MOVES)
    lowest = int(np.argmin(values))
    return float(values[lowest]), box.unit(at[lowest])


def descend(objective: Objective, axes: Sequence[Axis], start: Array, moves: int) -> tuple[Array, Array]:
    """Return the lowest values (V,) and places (V, len(axes)) of pattern searches, all starts at once.

    Each moves to the lowest of its 3^k − 1 neighbours one step away, or halves its step if none is lower. The
    first step is a grid cell, and a search ends at the latest where its steps are too short to gain anything.
    Coordinates are internal, and stay inside the axes.
    """
    pattern = np.array([m for m in product((-1.0, 0.0, 1.0), repeat=len(axes)) if any(m)])
    cell = np.array([np.ptp(a.internal([a.low, a.high])) / max(1, len(a) - 1) for a in axes])
    step = np.tile(cell, (len(start), 1))
    at, values = start.copy(), _at(objective, axes, start)
    every = np.arange(len(start))
    for _ in range(moves):
        if (step <= _SHORT * cell).all():
            break
        trial = at[:, None, :] + pattern * step[:, None, :]
        tried = _at(objective, axes, trial.reshape(-1, len(axes))).reshape(len(start), -1)
        lowest = tried.argmin(axis=1)
        better = tried[every, lowest] < values
        values = np.where(better, tried[every, lowest], values)
        at = np.where(better[:, None], trial[every, lowest], at)
        step = np.where(better[:, None], step, step / 2.0)
    inside = [a.internal(a.external(at[:, k])) for k, a in enumerate(axes)]
    return values, np.array(inside).T


def _at(objective: Objective, axes: Sequence[Axis], internal: Array) -> Array:
    return objective({a.name: a.external(internal[:, k]) for k, a in enumerate(axes)})
