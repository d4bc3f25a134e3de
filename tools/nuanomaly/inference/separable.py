"""Many data sets over a splitting and two mixings, each evaluated only over what it depends on.

In 3+1 at short baselines the survival of νe depends on Δm²41 and |Ue4|², that of νμ on Δm²41 and |Uμ4|²,
appearance on Δm²41 and |Ue4|²|Uμ4|². On a grid whose mixing axes have the same logarithmic step, the product
takes few values, exactly: a table of two axes per data set replaces a cube, and a sum of data sets is an
addition.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.dependence import Member, Names, Value, statistics
from nuanomaly.inference.lattice import valleys
from nuanomaly.model.probabilities import Array

#: How many points are evaluated at once.
_CHUNK = 4096
#: How many valleys of a sum are looked at exactly; how many are followed from a coarse grid, and to the end.
_VALLEYS, _FOLLOWED, _KEPT = 4, 8, 4
#: Grids on which a valley is followed: how many at most, their points an axis, how much smaller than the last
#: where that had its lowest point inside, how small in the end, and after how many valleys are compared.
_ROUNDS, _NEAR, _SHRINK, _LAST, _COMPARED = 24, 7, 0.3, 0.3**6, 2
#: A quadratic form that bends less than this share of its largest bend is flat there.
_FLAT = 1e-14


@dataclass(frozen=True, eq=False)
class Grid3:
    """A grid in Δm²41 (D,), |Ue4|² (E,) and |Uμ4|² (M,), logarithmic; the mixing axes share one step.

    ``names`` are what a model calls them.
    """

    dm2: Array
    electron: Array
    muon: Array
    names: Names

    def __post_init__(self) -> None:
        steps = [np.diff(np.log(axis)) for axis in (self.electron, self.muon)]
        if not np.allclose(np.concatenate(steps), steps[0][0], rtol=1e-9):
            raise NuanomalyError("the mixing axes must be logarithmic with one common step")

    @property
    def axes(self) -> tuple[Array, Array, Array]:
        """The three axes."""
        return self.dm2, self.electron, self.muon

    @property
    def size(self) -> int:
        """The number of points."""
        return self.dm2.size * self.electron.size * self.muon.size


def grid(dm2: tuple[float, float, int], mixing: tuple[float, float, int], names: Names) -> Grid3:
    """Return a grid from (low, high, points) of the splitting and of both mixing axes."""
    axis = np.geomspace(*mixing)
    return Grid3(np.geomspace(*dm2), axis, axis.copy(), names)


def tabulate(data: Member, over: Grid3) -> Array:
    """Return a data set's values on a grid, shape (D, E, M), of length 1 along idle axes."""
    dm2, electron, muon = over.axes
    zero = np.zeros(1)
    if data.depends == "e":
        return _on(data.value, dm2, electron, zero)[:, :, None]
    if data.depends == "mu":
        return _on(data.value, dm2, muon, zero, swapped=True)[:, None, :]
    if data.depends == "product":
        step = np.log(electron[1] / electron[0])
        count = electron.size + muon.size - 1
        root = np.sqrt(electron[0] * muon[0] * np.exp(step * np.arange(count)))
        table = _on(data.value, dm2, root, None)
        return table[:, np.add.outer(np.arange(electron.size), np.arange(muon.size))]
    e, mu = (m.ravel() for m in np.meshgrid(electron, muon, indexing="ij"))
    return _on(data.value, dm2, e, mu).reshape(dm2.size, electron.size, muon.size)


def _on(value: Value, dm2: Array, first: Array, second: Array | None, swapped: bool = False) -> Array:
    """Return values for every Δm² with every pair of mixings, shape (D, len(first))."""
    other = first if second is None else np.broadcast_to(second, first.shape)
    matrix = np.empty((dm2.size, first.size))
    rows = max(1, _CHUNK // first.size)
    for start in range(0, dm2.size, rows):
        part = dm2[start : start + rows]
        points = np.repeat(part, first.size), np.tile(first, part.size), np.tile(other, part.size)
        e, mu = (points[2], points[1]) if swapped else points[1:]
        matrix[start : start + rows] = value(points[0], e, mu).reshape(part.size, first.size)
    return matrix


@dataclass(frozen=True)
class Lowest:
    """The lowest point of a sum of data sets.

    Attributes
    ----------
    value : float
    point : dict
        By the names of the grid.
    edges : tuple of str
        Parameters at an edge of the grid.
    """

    value: float
    point: Mapping[str, float]
    edges: tuple[str, ...]


def total(tables: Iterable[Array]) -> Array:
    """Return the sum of tables, those of equal shape first; shape by broadcasting."""
    by_shape: dict[tuple[int, ...], Array] = {}
    for table in tables:
        by_shape[table.shape] = by_shape[table.shape] + table if table.shape in by_shape else table
    values = np.zeros((1, 1, 1))
    for table in by_shape.values():
        values = values + table
    return values


def lowest(members: Sequence[Member], tables: Sequence[Array], over: Grid3) -> Lowest:
    """Return the lowest point of a sum of data sets, given their tables on a grid.

    The lowest grid points of separated valleys, and the vertices of quadratic forms through their neighbours,
    are evaluated exactly: the value is that of the sum at the point, and never above that of the grid.
    """
    return min(_deepest(members, tables, over, _VALLEYS), key=_by_value)


def refined(members: Sequence[Member], tables: Sequence[Array], over: Grid3) -> Lowest:
    """Return the lowest point of a sum of data sets, each of its valleys followed on ever finer grids.

    Parameters
    ----------
    members : sequence of Member
    tables : sequence of array
        Theirs on the grid (see :func:`tabulate`), which may be coarse.
    over : Grid3
        The point stays inside its limits.
    """
    cell = np.array([np.log(axis[1] / axis[0]) for axis in over.axes])
    followed = [(point, 1.0) for point in _deepest(members, tables, over, _FOLLOWED)]
    for k in range(_ROUNDS):
        followed = [_step(members, point, size, cell, over) for point, size in followed]
        if k == _COMPARED:  # by now the steps are smaller than a valley
            followed = sorted(followed, key=lambda f: f[0].value)[:_KEPT]
        if all(size < _LAST for _, size in followed):
            break
    lowest_points = [point for point, _ in followed]
    best = min(lowest_points, key=_by_value)
    free = [n for n, size in zip(over.names, total(tables).shape, strict=True) if size > 1]
    return replace(best, edges=tuple(n for n in _edges(best.point, over) if n in free))


def _step(
    members: Sequence[Member], lowest_point: Lowest, size: float, cell: Array, over: Grid3
) -> tuple[Lowest, float]:
    """Return the lowest point of a small grid around one, and the size of the next grid in cells.

    A grid whose lowest point lies at its edge is moved there, not made smaller: along a narrow valley the way
    may be long.
    """
    if size < _LAST:
        return lowest_point, size
    limits = zip(over.names, (size * cell).tolist(), over.axes, strict=True)
    dm2, first, second = (_around(lowest_point.point[name], span, axis) for name, span, axis in limits)
    near = Grid3(dm2, first, second, over.names)
    best = lowest(members, [tabulate(m, near) for m in members], near)
    if best.value >= lowest_point.value:
        return lowest_point, size * _SHRINK
    inside = all(
        near_axis[0] * (1 + 1e-9) < best.point[name] < near_axis[-1] * (1 - 1e-9)
        or near_axis[0] <= axis[0] * (1 + 1e-9)
        or near_axis[-1] >= axis[-1] * (1 - 1e-9)
        for name, near_axis, axis in zip(over.names, near.axes, over.axes, strict=True)
    )
    return best, size * _SHRINK if inside else size


def _around(centre: float, reach: float, axis: Array) -> Array:
    """Return points around one within ``reach`` in its logarithm, moved inside the limits of an axis."""
    span = 2.0 * reach
    start = np.clip(np.log(centre) - reach, np.log(axis[0]), np.log(axis[-1]) - span)
    return np.asarray(np.exp(start + np.linspace(0.0, span, _NEAR)))


def _edges(point: Mapping[str, float], over: Grid3) -> tuple[str, ...]:
    limits = zip(over.names, over.axes, strict=True)
    return tuple(n for n, axis in limits if min(point[n] / axis[0], axis[-1] / point[n]) < 1.0 + 1e-9)


def _by_value(lowest_point: Lowest) -> float:
    return lowest_point.value


def _deepest(members: Sequence[Member], tables: Sequence[Array], over: Grid3, count: int) -> list[Lowest]:
    """Return the lowest points of so many separated valleys, no one above its lowest grid point.

    Raises
    ------
    NuanomalyError
        If the sum is infinite on the whole grid.
    """
    values = total(tables)
    items = []
    for place in _places(values, count):
        here, vertex = _vertex(values, place, over)
        exact = sum(statistics(members, vertex.point).values())
        items.append(Lowest(exact, vertex.point, vertex.edges) if exact < here.value else here)
    if not items:
        raise NuanomalyError("the sum is infinite on the whole grid")
    return items


def _places(values: Array, count: int) -> list[tuple[int, ...]]:
    """Return the lowest points of so many valleys, and of as many of the smallest values at each Δm².

    Where the product of mixings alone matters, all its valleys in the cube may be one.
    """
    flat = values.reshape(len(values), -1)
    lowest = flat.argmin(axis=1)
    along = [k for (k,) in valleys(flat.min(axis=1), count)]
    profile = [(k, *(int(i) for i in np.unravel_index(lowest[k], values.shape[1:]))) for k in along]
    return list(dict.fromkeys([*valleys(values, count), *profile]))


def _vertex(values: Array, place: Sequence[int], over: Grid3) -> tuple[Lowest, Lowest]:
    """Return a grid point, and the vertex of the quadratic form through its neighbours, within one step."""
    sizes = values.shape
    inner = [k for k in range(3) if 0 < place[k] < sizes[k] - 1]
    edges = tuple(over.names[k] for k in range(3) if sizes[k] > 1 and k not in inner)
    steps = np.eye(3, dtype=int)

    def value(*moves: NDArray[np.int_]) -> float:
        return float(values[tuple(np.sum([np.array(place), *moves], axis=0))])

    shift = np.zeros(3)
    slope = np.array([(value(steps[k]) - value(-steps[k])) / 2.0 for k in inner])
    bend = np.array([[_mixed(value, steps[k], steps[m]) for m in inner] for k in inner])
    if inner and np.isfinite(bend).all():
        bends = np.linalg.eigvalsh(bend)
        curved = bends[0] > _FLAT * np.abs(bends).max()  # a form that is flat in one direction has no vertex
        diagonal = np.maximum(np.diag(bend), 1e-12)
        moved = -np.linalg.solve(bend, slope) if curved else -slope / diagonal
        shift[inner] = np.clip(moved, -1.0, 1.0)
    point, there = {}, {}
    for k, (name, axis) in enumerate(zip(over.names, over.axes, strict=True)):
        point[name] = float(axis[place[k]])
        there[name] = point[name] * float((axis[1] / axis[0]) ** shift[k])
    return Lowest(value(), point, edges), Lowest(value(), there, edges)


def _mixed(value: Callable[..., float], k: NDArray[np.int_], m: NDArray[np.int_]) -> float:
    """Return a second difference in steps of the grid."""
    if (k == m).all():
        return value(k) + value(-k) - 2.0 * value()
    return (value(k, m) + value(-k, -m) - value(k, -m) - value(-k, m)) / 4.0


def by_amplitude(values: Array, over: Grid3) -> tuple[Array, Array]:
    """Return amplitudes 4|Ue4|²|Uμ4|² (K,) and the smallest values at each of them, shape (D, K).

    Parameters
    ----------
    values : array, broadcastable to (D, E, M)
    """
    shape = over.dm2.size, over.electron.size, over.muon.size
    cube = np.broadcast_to(values, shape)
    step = np.log(over.electron[1] / over.electron[0])
    count = shape[1] + shape[2] - 1
    matrix = np.full((shape[0], count), np.inf)
    for i in range(shape[1]):
        part = matrix[:, i : i + shape[2]]
        np.minimum(part, cube[:, i, :], out=part)
    return 4.0 * over.electron[0] * over.muon[0] * np.exp(step * np.arange(count)), matrix
