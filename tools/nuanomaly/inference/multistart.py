"""The minimum of a function of any number of parameters: space-filling starts, then descents side by side.

A search costs a fixed number of starts and, for each step of a descent, 2k + 6 values in k dimensions, where
a grid costs n^k and a pattern of neighbours 3^k. All values of a step are asked for at once, as likelihoods
are fastest over many points. A search from another seed starts from other points: searches which agree
say that the minimum is the lowest one, and searches which do not that nobody knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nuanomaly.inference.grid import Axis
from nuanomaly.inference.objective import Objective
from nuanomaly.model.probabilities import Array

#: Points that fill the box, in all and for each value of the mass splittings (those share their kernels).
_POINTS, _SHARING = 2048, 8
#: Roughly how many values a search needs in all.
SEARCH_POINTS = 10_000
#: How many of the lowest of them are followed, and how far apart they are at least, in parts of an axis.
_STARTS, _APART = 12, 0.01
#: Steps before most descents are given up, how many go on, and steps in all.
_SCREENED, _KEPT, _STEPS = 6, 4, 40
#: Above so many parameters, lines through the lowest points are looked along as well: through how many of
#: them, with how many points each, which are elsewhere if so far away; how many valleys are followed each
#: time, and how many times.
_LINES_ABOVE = 3
_LINES_THROUGH, _LINE_POINTS, _LINE_APART, _LINE_STARTS, _LINE_ROUNDS = 4, 64, 0.02, 16, 4
#: Lengths that are tried along a direction, in units of the step that a quadratic form proposes.
_LENGTHS = np.array([2.0, 1.0, 0.4, 0.15, 0.05, 0.01])
#: The longest step, in parts of an axis: the first one is this long.
_LONGEST = 0.1
#: Half the width of the differences that make a gradient, in parts of an axis.
_WIDTH = 1e-5
#: A descent ends when a step gains less than this.
_GAIN = 1e-5


@dataclass(frozen=True, eq=False)
class Box:
    """An objective over the unit box: each axis from 0 to 1, in its logarithm where it is logarithmic.

    Attributes
    ----------
    objective : Objective
    axes : tuple of Axis
    """

    objective: Objective
    axes: tuple[Axis, ...]

    @property
    def _limits(self) -> tuple[Array, Array]:
        low = np.array([float(a.internal(a.low)) for a in self.axes])
        return low, np.array([float(a.internal(a.high)) for a in self.axes]) - low

    def internal(self, unit: Array) -> Array:
        """Return the axes' internal coordinates of points (…, k) of the box."""
        low, width = self._limits
        return np.asarray(low + width * unit)

    def unit(self, internal: Array) -> Array:
        """Return points of the box, moved inside, from internal coordinates (…, k)."""
        low, width = self._limits
        return np.clip((internal - low) / width, 0.0, 1.0)

    def __call__(self, unit: Array) -> Array:
        """Return the objective at points (…, k) of the box, shape (…)."""
        internal = self.internal(unit).reshape(-1, len(self.axes))
        values = self.objective({a.name: a.external(internal[:, k]) for k, a in enumerate(self.axes)})
        return values.reshape(unit.shape[:-1])


def search(box: Box, seed: int, count: int = _POINTS) -> tuple[float, Array]:
    """Return the lowest value that one search finds, and its point of the box, shape (k,).

    Parameters
    ----------
    seed : int
        Moves the starting points; the same seed gives the same result.
    count : int
        How many starting points fill the box.
    """
    points = filling(box.axes, count, seed)
    values = np.concatenate([box(part) for part in np.array_split(points, max(1, count // 1024))])
    chosen = separated(points, values)
    if not chosen.size:
        return float("inf"), np.full(len(box.axes), 0.5)
    values, at = descents(box, points[chosen], values[chosen])
    if len(box.axes) > _LINES_ABOVE:
        values, at = _along_lines(box, values, at, seed)
    lowest = int(np.argmin(values))
    return float(values[lowest]), at[lowest]


def _along_lines(box: Box, values: Array, at: Array, seed: int) -> tuple[Array, Array]:
    """Return values and points of descents, and of others from valleys that lines through the lowest cross.

    With all else in place, a line along one axis shows every valley in it, which points that fill a space of
    many dimensions do not: with one wave of two known, the other one is found.
    """
    random, k = np.random.default_rng((seed, 1)), at.shape[1]
    for _ in range(_LINE_ROUNDS):
        lowest = values.min()
        through = at[np.argsort(values, kind="stable")[:_LINES_THROUGH]]
        marks = (random.random((k, 1)) + np.arange(_LINE_POINTS) / _LINE_POINTS) % 1.0
        trial = np.tile(through[:, None, None, :], (1, k, _LINE_POINTS, 1))
        for axis in range(k):
            trial[:, axis, :, axis] = marks[axis]
        tried = box(trial)
        valley = (tried <= np.roll(tried, 1, axis=2)) & (tried <= np.roll(tried, -1, axis=2))
        away = np.abs(trial - through[:, None, None, :]).max(axis=3) > _LINE_APART
        tried = np.where(valley & away & np.isfinite(tried), tried, np.inf).ravel()
        chosen = np.argsort(tried, kind="stable")[:_LINE_STARTS]
        chosen = chosen[np.isfinite(tried[chosen])]
        if not chosen.size:
            break
        array, places = descents(box, trial.reshape(-1, k)[chosen], tried[chosen])
        values, at = np.concatenate([values, array]), np.concatenate([at, places])
        if values.min() > lowest - _GAIN:
            break
    return values, at


def filling(axes: Sequence[Axis], count: int, seed: int) -> Array:
    """Return points that fill the unit box evenly, shape (count, k), moved by a seed.

    A Kronecker sequence of the generalised golden ratio with a random shift, one in the mass splittings and
    one in the rest: several points in a row share the splittings, on which alone the kernels depend.

    Examples
    --------
    >>> from nuanomaly.inference.grid import axis
    >>> from nuanomaly.model.registry import model
    >>> points = filling([axis(p, 5) for p in model("2nu-ee").parameters[:2]], 512, seed=1)
    >>> points.shape, len(set(points[:, 0])), len(set(points[:, 1]))
    ((512, 2), 64, 512)
    """
    splitting = np.array([a.unit == "eV**2" for a in axes])
    shift = np.random.default_rng(seed).random(len(axes))
    sharing = _SHARING if splitting.any() and not splitting.all() else 1
    matrix = np.empty((count, len(axes)))
    for part, index in ((splitting, np.arange(count) // sharing), (~splitting, np.arange(count))):
        matrix[:, part] = (shift[part] + index[:, None] * golden(int(part.sum()))) % 1.0
    return matrix


def golden(dimension: int) -> Array:
    """Return the steps of a Kronecker sequence, powers of the root of x^(d+1) = x + 1, shape (dimension,).

    Examples
    --------
    >>> golden(1).round(6)
    array([0.618034])
    """
    ratio = 2.0
    for _ in range(64):
        ratio = (1.0 + ratio) ** (1.0 / (dimension + 1))
    return np.asarray(ratio ** -np.arange(1.0, dimension + 1))


def separated(points: Array, values: Array, count: int = _STARTS, apart: float = _APART) -> Array:
    """Return the indices of the lowest points, lowest first, no two of them close in all axes."""
    left = np.argsort(values, kind="stable")
    left = left[np.isfinite(values[left])]
    chosen: list[int] = []
    while left.size and len(chosen) < count:
        chosen.append(int(left[0]))
        left = left[np.abs(points[left] - points[left[0]]).max(axis=1) > apart]
    return np.array(chosen, int)


def descents(box: Box, start: Array, values: Array) -> tuple[Array, Array]:
    """Return the values (V,) and points (V, k) that descents from points of the box end in.

    Quasi-Newton steps (Broyden, Fletcher, Goldfarb, Shanno) of all descents at the same time, kept inside the
    box; after some steps only the lowest go on. No value is above that of its start.
    """
    values, at, inverse, gradient = _step_all(box, values, start, None, None, _SCREENED)
    kept = np.argsort(values, kind="stable")[:_KEPT]
    inverse, gradient = inverse[kept], gradient[kept]
    values, at, _, _ = _step_all(box, values[kept], at[kept], inverse, gradient, _STEPS - _SCREENED)
    return values, at


def _step_all(
    box: Box, values: Array, at: Array, inverse: Array | None, gradient: Array | None, steps: int
) -> tuple[Array, Array, Array, Array]:
    """Make so many steps; return values, points, inverse curvatures (V, k, k) and gradients (V, k)."""
    values, at = values.copy(), at.copy()
    count, k = at.shape
    gradient = _gradient(box, at, values) if gradient is None else gradient.copy()
    inverse = np.tile(np.eye(k), (count, 1, 1)) if inverse is None else inverse.copy()
    first, going = np.ones(count, bool), np.ones(count, bool)
    for _ in range(steps):
        run = np.flatnonzero(going)
        if not run.size:
            break
        move = _direction(at[run], gradient[run], inverse[run], first[run])
        lower, reached = _along(box, at[run], move, values[run])
        gain = values[run] - lower
        # a direction that fails is tried again straight downhill before the descent ends
        failed = gain < _GAIN
        going[run[failed & first[run]]] = False
        first[run] = failed
        inverse[run[failed]] = np.eye(k)
        step = reached - at[run]
        at[run], values[run] = reached, lower
        moved = run[~failed]
        if moved.size:
            slope = _gradient(box, at[moved], values[moved])
            inverse[moved] = _updated(inverse[moved], step[~failed], slope - gradient[moved])
            gradient[moved] = slope
    return values, at, inverse, gradient


def _gradient(box: Box, at: Array, values: Array) -> Array:
    """Return gradients (V, k) by central differences, one-sided at the edges and beside impossible points."""
    k = at.shape[1]
    width = _WIDTH * np.eye(k)
    up, down = np.clip(at[:, None] + width, 0.0, 1.0), np.clip(at[:, None] - width, 0.0, 1.0)
    high, low = np.moveaxis(box(np.stack([up, down])), 0, 0)
    ends = [np.where(np.isfinite(side), side, values[:, None]) for side in (high, low)]
    axis = np.arange(k)
    span = np.where(np.isfinite(high), up[:, axis, axis], at) - np.where(
        np.isfinite(low), down[:, axis, axis], at
    )
    return np.where(span > 0.0, (ends[0] - ends[1]) / np.where(span > 0.0, span, 1.0), 0.0)


def _direction(at: Array, gradient: Array, inverse: Array, first: Array) -> Array:
    """Return steps (V, k): by the quadratic form, downhill, not out of the box, none longer than allowed."""
    held = ((at <= 0.0) & (gradient > 0.0)) | ((at >= 1.0) & (gradient < 0.0))
    slope = np.where(held, 0.0, gradient)
    move = np.where(held, 0.0, -np.einsum("vij,vj->vi", inverse, slope))
    uphill = np.einsum("vi,vi->v", move, slope) >= 0.0
    move = np.where((uphill | first)[:, None], -slope, move)
    longest = np.abs(move).max(axis=1)
    # the first step knows no curvature: it has the allowed length
    scale = np.where(first | (longest > _LONGEST), _LONGEST / np.maximum(longest, 1e-300), 1.0)
    return np.asarray(move * scale[:, None])


def _along(box: Box, at: Array, move: Array, values: Array) -> tuple[Array, Array]:
    """Return the lowest values (V,) along directions and their points, or those that one starts from."""
    trial = np.clip(at[:, None] + _LENGTHS[:, None] * move[:, None], 0.0, 1.0)
    tried = box(trial)
    lowest = np.where(np.isfinite(tried), tried, np.inf).argmin(axis=1)
    every = np.arange(len(at))
    better = tried[every, lowest] < values
    return (
        np.where(better, tried[every, lowest], values),
        np.where(better[:, None], trial[every, lowest], at),
    )


def _updated(inverse: Array, step: Array, change: Array) -> Array:
    """Return inverse curvatures after a step (V, k) along which the gradient changed (V, k)."""
    product = np.einsum("vi,vi->v", step, change)
    curved = product > 1e-12 * np.linalg.norm(step, axis=1) * np.linalg.norm(change, axis=1)
    weight = 1.0 / np.where(curved, product, 1.0)
    # the first curvature that is seen sets the scale (Nocedal and Wright, Numerical Optimization, eq. 6.20)
    plain = (inverse == np.eye(step.shape[1])).all(axis=(1, 2))
    size = np.einsum("vi,vi->v", change, change)
    scale = np.where(plain & curved, product / np.where(size > 0.0, size, 1.0), 1.0)
    scaled = inverse * scale[:, None, None]
    left = np.eye(step.shape[1]) - weight[:, None, None] * step[:, :, None] * change[:, None, :]
    new = left @ scaled @ np.swapaxes(left, 1, 2)
    new += weight[:, None, None] * step[:, :, None] * step[:, None, :]
    return np.where(curved[:, None, None], new, inverse)
