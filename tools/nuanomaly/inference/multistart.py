"""The minimum of a function of any number of parameters: space-filling starts, then descents side by side.

Above three parameters the mass splittings are walked first: valleys are many along them and few in the rest,
and points that share the splittings share their waves, which cost most. So the rest is minimised over at each
of many places of the splittings, then along a line of each splitting through the lowest points.

A search costs a fixed number of starts and, for each step of a descent, 2k + 6 values in k dimensions, where
a grid costs n^k and a pattern of neighbours 3^k. All values of a step are asked for at once, as likelihoods
are fastest over many points. A search from another seed starts from other points: searches which agree
say that the minimum is the lowest one, and searches which do not that nobody knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from nuanomaly.inference.grid import Axis
from nuanomaly.inference.objective import Objective
from nuanomaly.model.probabilities import Array

#: Points that fill the box, in all and for each value of the mass splittings (those share their kernels).
STARTS, SHARING = 2048, 8
#: Above three parameters: so many times as many points, how many for each value, steps of the rest there.
WALKED, WALKED_SHARING, WALKED_STEPS = 2, 32, 5
#: Where an axis is looked along at so many places for whether predictions are polynomials in it, in parts of
#: the axis; by how much they may differ, in units of their range and of themselves.
_ALONG, _PROBED = np.array([0.05, 0.35, 0.6, 0.8, 0.95]), 4
_CURVED, _NOISE = 1e-3, 1e-4
#: How many of the lowest of them are followed, and how far apart they are at least, in parts of an axis.
FOLLOWED, _APART = 12, 0.01
#: Steps before most descents are given up, how many go on, and steps in all.
SCREENED, KEPT, STEPS = 6, 4, 40
#: Above so many parameters, lines through the lowest points are looked along as well: through how many of
#: them, with how many points each, which are elsewhere if so far away; how many valleys are followed each
#: time, and how many times.
LINES_ABOVE = 3
LINES_THROUGH, LINE_POINTS, _LINE_APART, _LINE_STARTS, _LINE_ROUNDS = 4, 64, 0.02, 16, 4
#: Through how many where the rest is minimised over, and what a round must gain for another one.
WALKS_THROUGH, _WORTH = 2, 5e-3
#: How far beside the lowest point descents begin, in parts of an axis: around an angle, along a splitting.
_AROUND, _RIPPLES = np.arange(1, 9) / 9.0, np.array([-0.012, -0.006, -0.003, 0.003, 0.006, 0.012])
#: Lengths that are tried along a direction, in units of the step that a quadratic form proposes.
LENGTHS = np.array([2.0, 1.0, 0.4, 0.15, 0.05, 0.01])
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
        return self.inside((internal - low) / width)

    def inside(self, unit: Array) -> Array:
        """Return points (…, k) moved inside the box; along angles one comes round, and nothing is moved."""
        cyclic = np.array([a.cyclic for a in self.axes])
        return np.where(cyclic, unit, np.clip(unit, 0.0, 1.0))

    @cached_property
    def shared(self) -> NDArray[np.bool_]:
        """The axes that several starts share: mass splittings, on which alone the waves depend.

        Of a function whose axes have no such unit, those in which predictions are no polynomials: the others
        cost little (see :mod:`nuanomaly.likelihood.combination`).
        """
        of_masses, k = splittings(self.axes), len(self.axes)
        what = self.objective
        if of_masses.any() or k < 2 or not what.model.sampled or what.likelihood.n_bins is None:
            return of_masses
        places = 0.2 + 0.6 * np.modf(np.outer(np.arange(1, _PROBED + 1), golden(k)))[0]
        unit = np.repeat(places[None, :, None, :], k, axis=0).repeat(_ALONG.size, axis=2)
        unit[np.arange(k), :, :, np.arange(k)] = _ALONG
        free = self.parameters(unit)
        complete = what.points(free)
        if not what.model.allowed(complete).all():
            return of_masses
        seen = what.likelihood.observables(what.model, complete).reshape(k, _PROBED, _ALONG.size, -1)
        values = np.array(list(free.values())).reshape(k, k, _PROBED, _ALONG.size)
        return np.array([not _quadratic(values[a, a, 0], seen[a]) for a in range(k)])

    def parameters(self, unit: Array) -> dict[str, Array]:
        """Return the parameters at points (…, k) of the box, shape (P,) each."""
        internal = self.internal(unit).reshape(-1, len(self.axes))
        return {a.name: a.external(internal[:, k]) for k, a in enumerate(self.axes)}

    def __call__(self, unit: Array) -> Array:
        """Return the objective at points (…, k) of the box, shape (…)."""
        return self.objective(self.parameters(unit)).reshape(unit.shape[:-1])


def search(box: Box, seed: int, count: int = STARTS) -> tuple[float, Array]:
    """Return the lowest value that one search finds, and its point of the box, shape (k,).

    Parameters
    ----------
    seed : int
        Moves the starting points; the same seed gives the same result.
    count : int
        How many starting points fill the box.
    """
    walked = walks(box.axes)
    sharing = WALKED_SHARING if walked else SHARING
    wanted = sharing * -(-WALKED * count // sharing) if walked else count
    points = filling(box.axes, wanted, seed, sharing, box.shared)
    values = np.concatenate([box(part) for part in np.array_split(points, max(1, len(points) // 1024))])
    if walked:
        lowest = values.reshape(-1, sharing).argmin(axis=1) + sharing * np.arange(len(values) // sharing)
        values, points = rest_minimised(box, values[lowest], points[lowest])
    chosen = separated(points, values)
    if not chosen.size:
        return float("inf"), np.full(len(box.axes), 0.5)
    values, at = descents(box, points[chosen], values[chosen])
    if len(box.axes) > LINES_ABOVE:
        values, at = _along_lines(box, values, at, seed, walked)
    lowest = int(np.argmin(values))
    return float(values[lowest]), at[lowest]


def _quadratic(values: Array, seen: Array) -> bool:
    """Say whether predictions (places, V, n) are of second degree in values (V,), averaging errors aside."""
    seen = np.swapaxes(seen, 0, 1).reshape(values.size, -1)
    rest = seen - np.vander(values, 3) @ np.linalg.lstsq(np.vander(values, 3), seen, rcond=None)[0]
    return bool((np.abs(rest).max(axis=0) <= _CURVED * np.ptp(seen, axis=0) + _NOISE * np.abs(seen[0])).all())


def walks(axes: Sequence[Axis]) -> bool:
    """Say whether a search of these axes walks the mass splittings first."""
    return len(axes) > LINES_ABOVE and 0 < splittings(axes).sum() < len(axes)


def splittings(axes: Sequence[Axis]) -> NDArray[np.bool_]:
    """Return which of the axes are mass splittings, on which alone the waves depend."""
    return np.array([a.unit == "eV**2" for a in axes])


def rest_minimised(box: Box, values: Array, at: Array, steps: int = WALKED_STEPS) -> tuple[Array, Array]:
    """Return values and points after some steps in all axes but the mass splittings."""
    moving = np.flatnonzero(np.isfinite(values))
    if moving.size:
        free = ~splittings(box.axes)
        lower, reached, _, _ = stepped(box, values[moving], at[moving], None, None, steps, free)
        values, at = values.copy(), at.copy()
        values[moving], at[moving] = lower, reached
    return values, at


def _along_lines(box: Box, values: Array, at: Array, seed: int, walks: bool) -> tuple[Array, Array]:
    """Return values and points of descents, and of others from valleys that lines through the lowest cross.

    A line along one axis shows every valley in it, which points that fill a space of many dimensions do not:
    with one wave of two known, the other one is found. Along mass splittings the rest is minimised over.
    """
    random, k = np.random.default_rng((seed, 1)), at.shape[1]
    for _ in range(_LINE_ROUNDS):
        lowest = values.min()
        through = at[separated(at, values, WALKS_THROUGH if walks else LINES_THROUGH)]
        marks = (random.random((k, 1)) + np.arange(LINE_POINTS) / LINE_POINTS) % 1.0
        level, start = _lines(box, through, marks, walks)
        if not level.size:
            break
        lower, places = descents(box, start, level)
        values, at = np.concatenate([values, lower]), np.concatenate([at, places])
        if values.min() > lowest - _WORTH:
            break
    return _beside(box, values, at) if walks else (values, at)


def _beside(box: Box, values: Array, at: Array) -> tuple[Array, Array]:
    """Return the same with descents from beside the lowest point: around angles, and ripples of splittings.

    A CP phase and a splitting move together, so that no line along one of them leads to the next valley. Two
    levels are exchanged as well: at short baselines that is the same point, at long ones it is another one.
    """
    for _ in range(_LINE_ROUNDS):
        lowest = values.min()
        best = at[int(np.argmin(values))]
        shifts = [
            shift * np.eye(best.size)[k]
            for k, axis in enumerate(box.axes)
            for shift in (_AROUND if axis.cyclic else _RIPPLES if axis.unit == "eV**2" else ())
        ]
        start = np.concatenate([best + np.array(shifts), _exchanged(box.axes, best)])
        start = box.inside(start)
        level = box(start)
        possible = np.isfinite(level)  # beside an end of the mixings there may be none
        if not possible.any():
            break
        lower, places = descents(box, start[possible], level[possible])
        values, at = np.concatenate([values, lower]), np.concatenate([at, places])
        if values.min() > lowest - _WORTH:
            break
    return values, at


def _exchanged(axes: Sequence[Axis], at: Array) -> Array:
    """Return a point (k,) with the parameters of two levels exchanged, for each pair of levels, shape (E, k).

    Levels are told by the names of their splittings, which differ in one character; an angle without partner
    is turned the other way round.
    """
    names = [a.name for a in axes]
    points = []
    for one, two in combinations([n for n, a in zip(names, axes, strict=True) if a.unit == "eV**2"], 2):
        differ = [(a, b) for a, b in zip(one, two, strict=False) if a != b]
        if len(one) != len(two) or len(differ) != 1:
            continue
        ((a, b),) = differ
        partner = [n.translate(str.maketrans(a + b, b + a)) for n in names]
        point = [at[names.index(p)] if p in names else at[k] for k, p in enumerate(partner)]
        alone = [axis.cyclic and p not in names for axis, p in zip(axes, partner, strict=True)]
        points.append(np.where(alone, 1.0 - np.array(point), point))
    return np.array(points).reshape(len(points), len(names))


def _lines(box: Box, through: Array, marks: Array, walks: bool) -> tuple[Array, Array]:
    """Return values and points of the lowest valleys on lines through points (T, k), away from those.

    Parameters
    ----------
    marks : array, shape (k, points)
        Where the line along each axis is looked at.
    """
    k = through.shape[1]
    trial = np.tile(through[:, None, None, :], (1, k, marks.shape[1], 1))
    for axis in range(k):
        trial[:, axis, :, axis] = marks[axis]
    away = np.abs(trial - through[:, None, None, :]).max(axis=3) > _LINE_APART
    tried = box(trial)
    if walks:
        for axis in np.flatnonzero(splittings(box.axes)).tolist():
            level, places = rest_minimised(box, tried[:, axis].ravel(), trial[:, axis].reshape(-1, k))
            tried[:, axis] = level.reshape(tried[:, axis].shape)
            trial[:, axis] = places.reshape(trial[:, axis].shape)
    valley = (tried <= np.roll(tried, 1, axis=2)) & (tried <= np.roll(tried, -1, axis=2))
    tried = np.where(valley & away & np.isfinite(tried), tried, np.inf).ravel()
    chosen = np.argsort(tried, kind="stable")[:_LINE_STARTS]
    chosen = chosen[np.isfinite(tried[chosen])]
    return tried[chosen], trial.reshape(-1, k)[chosen]


def filling(
    axes: Sequence[Axis],
    count: int,
    seed: int,
    sharing: int = SHARING,
    shared: NDArray[np.bool_] | None = None,
) -> Array:
    """Return points that fill the unit box evenly, shape (count, k), moved by a seed.

    A Kronecker sequence of the generalised golden ratio with a random shift, one in the axes that several
    points in a row share and one in the rest: these are the mass splittings, on which alone the kernels
    depend, or others that are named.

    Examples
    --------
    >>> from nuanomaly.inference.grid import axis
    >>> from nuanomaly.model.registry import model
    >>> points = filling([axis(p, 5) for p in model("2nu-ee").parameters[:2]], 512, seed=1)
    >>> points.shape, len(set(points[:, 0])), len(set(points[:, 1]))
    ((512, 2), 64, 512)
    """
    splitting = splittings(axes) if shared is None else shared
    shift = np.random.default_rng(seed).random(len(axes))
    if not splitting.any() or splitting.all():
        sharing = 1
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


def separated(points: Array, values: Array, count: int = FOLLOWED, apart: float = _APART) -> Array:
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
    values, at, inverse, gradient = stepped(box, values, start, None, None, SCREENED)
    kept = np.argsort(values, kind="stable")[:KEPT]
    inverse, gradient = inverse[kept], gradient[kept]
    values, at, _, _ = stepped(box, values[kept], at[kept], inverse, gradient, STEPS - SCREENED)
    return values, at


def stepped(
    box: Box,
    values: Array,
    at: Array,
    inverse: Array | None,
    gradient: Array | None,
    steps: int,
    free: NDArray[np.bool_] | None = None,
) -> tuple[Array, Array, Array, Array]:
    """Make so many steps; return values, points, inverse curvatures (V, k, k) and gradients (V, k).

    Parameters
    ----------
    free : array of bool, shape (k,), optional
        The axes that steps are made in; all, if left out.
    """
    values, at = values.copy(), at.copy()
    count, k = at.shape
    moved_in = np.arange(k) if free is None else np.flatnonzero(free)
    gradient = _gradient(box, at, values, moved_in) if gradient is None else gradient.copy()
    inverse = np.tile(np.eye(k), (count, 1, 1)) if inverse is None else inverse.copy()
    first, going = np.ones(count, bool), np.ones(count, bool)
    for _ in range(steps):
        run = np.flatnonzero(going)
        if not run.size:
            break
        move = _direction(box, at[run], gradient[run], inverse[run], first[run])
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
            slope = _gradient(box, at[moved], values[moved], moved_in)
            inverse[moved] = _updated(inverse[moved], step[~failed], slope - gradient[moved])
            gradient[moved] = slope
    return values, at, inverse, gradient


def _gradient(box: Box, at: Array, values: Array, axis: NDArray[np.intp]) -> Array:
    """Return gradients (V, k) by central differences, one-sided at the edges and beside impossible points.

    Parameters
    ----------
    axis : array of int
        Along which the differences are; the rest is zero.
    """
    gradient = np.zeros_like(at)
    width = _WIDTH * np.eye(at.shape[1])[axis]
    up, down = box.inside(at[:, None] + width), box.inside(at[:, None] - width)
    high, low = box(np.stack([up, down]))
    ends = [np.where(np.isfinite(side), side, values[:, None]) for side in (high, low)]
    each, here = np.arange(axis.size), at[:, axis]
    span = np.where(np.isfinite(high), up[:, each, axis], here) - np.where(
        np.isfinite(low), down[:, each, axis], here
    )
    gradient[:, axis] = np.where(span > 0.0, (ends[0] - ends[1]) / np.where(span > 0.0, span, 1.0), 0.0)
    return gradient


def _direction(box: Box, at: Array, gradient: Array, inverse: Array, first: Array) -> Array:
    """Return steps (V, k): by the quadratic form, downhill, not out of the box, none longer than allowed."""
    bounded = np.array([not a.cyclic for a in box.axes])
    held = bounded & (((at <= 0.0) & (gradient > 0.0)) | ((at >= 1.0) & (gradient < 0.0)))
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
    trial = box.inside(at[:, None] + LENGTHS[:, None] * move[:, None])
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
