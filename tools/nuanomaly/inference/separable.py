"""Many data sets over (Δm²41, |Ue4|², |Uμ4|²), each evaluated only over what it depends on.

At short baselines the survival of νe depends on Δm²41 and |Ue4|², that of νμ on Δm²41 and |Uμ4|², appearance
on Δm²41 and |Ue4|²|Uμ4|². On a grid whose mixing axes have the same logarithmic step, the product takes few
values, exactly: a table of two axes per data set replaces a cube, and a sum of data sets is an addition.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.minimise import valleys
from nuanomaly.inference.objective import Objective
from nuanomaly.likelihood.base import Likelihood
from nuanomaly.model.base import Array, NotApplicableError
from nuanomaly.model.registry import model

#: What a data set depends on besides Δm²41.
Dependence = Literal["e", "mu", "product", "both"]
#: Value of a data set at points (Δm²41, |Ue4|², |Uμ4|²), shape (P,) each.
Value = Callable[[Array, Array, Array], Array]

#: Where dependences are looked for: generic points at which every axis matters if it does.
_PROBES = np.array([[0.31, 0.021, 0.013], [1.27, 0.034, 0.017], [4.9, 0.027, 0.023]])
#: Values that differ by less than this share are the same.
_SAME = 1e-9
#: How many points are evaluated at once.
_CHUNK = 4096
#: How many valleys of a sum are looked at exactly.
_VALLEYS = 4


@dataclass(frozen=True, eq=False)
class Member:
    """A data set as a function of Δm²41 (eV²), |Ue4|² and |Uμ4|².

    Attributes
    ----------
    name : str
    value : callable
    depends : {"e", "mu", "product", "both"}
    model : str
        The model it is read in.
    """

    name: str
    value: Value
    depends: Dependence
    model: str = ""


def member(name: str, likelihood: Likelihood) -> Member:
    """Return a likelihood as a member, in the short-baseline limit of 3+1 if that applies, else in exact 3+1.

    Examples
    --------
    >>> from nuanomaly.likelihood.build import likelihood
    >>> member("KARMEN", likelihood("karmen")).depends
    'product'
    """
    for choice in ("3+1-sbl", "3+1"):
        objective = Objective(likelihood, model(choice))
        try:
            return surface(name, _value(objective), choice)
        except NotApplicableError:
            if choice == "3+1":
                raise
    raise AssertionError("unreachable")


def surface(name: str, value: Value, model_name: str = "surface") -> Member:
    """Return a function of (Δm²41, |Ue4|², |Uμ4|²) as a member; what it depends on is found by probing."""
    return Member(name, value, _dependence(value), model_name)


def _value(objective: Objective) -> Value:
    def value(dm2: Array, electron: Array, muon: Array) -> Array:
        return objective({"dm2_41": dm2, "Ue4_sq": electron, "Umu4_sq": muon})

    return value


def _dependence(value: Value) -> Dependence:
    dm2, electron, muon = _PROBES.T
    base = value(dm2, electron, muon)

    def same(e: float, mu: float) -> bool:
        return bool(np.allclose(value(dm2, e * electron, mu * muon), base, rtol=_SAME, atol=_SAME))

    if same(1.0, 1.3):
        return "e"
    if same(1.3, 1.0):
        return "mu"
    return "product" if same(1.3, 1 / 1.3) else "both"


@dataclass(frozen=True, eq=False)
class Grid3:
    """A grid in Δm²41 (D,), |Ue4|² (E,) and |Uμ4|² (M,), logarithmic; the mixing axes share one step."""

    dm2: Array
    electron: Array
    muon: Array

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


def grid(dm2: tuple[float, float, int], mixing: tuple[float, float, int]) -> Grid3:
    """Return a grid from (low, high, points) of Δm²41 and of both mixing axes."""
    axis = np.geomspace(*mixing)
    return Grid3(np.geomspace(*dm2), axis, axis.copy())


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
    found = np.empty((dm2.size, first.size))
    rows = max(1, _CHUNK // first.size)
    for start in range(0, dm2.size, rows):
        part = dm2[start : start + rows]
        points = np.repeat(part, first.size), np.tile(first, part.size), np.tile(other, part.size)
        e, mu = (points[2], points[1]) if swapped else points[1:]
        found[start : start + rows] = value(points[0], e, mu).reshape(part.size, first.size)
    return found


@dataclass(frozen=True)
class Lowest:
    """The lowest point of a sum of data sets.

    Attributes
    ----------
    value : float
    point : dict
        ``dm2_41``, ``Ue4_sq``, ``Umu4_sq``.
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
    found = np.zeros((1, 1, 1))
    for table in by_shape.values():
        found = found + table
    return found


def lowest(members: Sequence[Member], tables: Sequence[Array], over: Grid3) -> Lowest:
    """Return the lowest point of a sum of data sets, given their tables on a grid.

    The lowest grid points of separated valleys, and the vertices of quadratic forms through their neighbours,
    are evaluated exactly: the value is that of the sum at the point, and never above that of the grid.
    """
    values = total(tables)
    found: Lowest | None = None
    for place in valleys(values, _VALLEYS):
        here, vertex = _vertex(values, place, over)
        if found is None or here.value < found.value:
            found = here
        exact = sum(at(members, vertex.point).values())
        if exact < found.value:
            found = Lowest(exact, vertex.point, vertex.edges)
    if found is None:
        raise NuanomalyError("the sum is infinite on the whole grid")
    return found


def _vertex(values: Array, place: Sequence[int], over: Grid3) -> tuple[Lowest, Lowest]:
    """Return a grid point, and the vertex of the quadratic form through its neighbours, within one step."""
    names = ("dm2_41", "Ue4_sq", "Umu4_sq")
    sizes = values.shape
    inner = [k for k in range(3) if 0 < place[k] < sizes[k] - 1]
    edges = tuple(names[k] for k in range(3) if sizes[k] > 1 and k not in inner)
    steps = np.eye(3, dtype=int)

    def value(*moves: NDArray[np.int_]) -> float:
        return float(values[tuple(np.sum([np.array(place), *moves], axis=0))])

    shift = np.zeros(3)
    slope = np.array([(value(steps[k]) - value(-steps[k])) / 2.0 for k in inner])
    bend = np.array([[_mixed(value, steps[k], steps[m]) for m in inner] for k in inner])
    if inner and np.isfinite(bend).all():
        curved = np.linalg.eigvalsh(bend)[0] > 0.0
        diagonal = np.maximum(np.diag(bend), 1e-12)
        moved = -np.linalg.solve(bend, slope) if curved else -slope / diagonal
        shift[inner] = np.clip(moved, -1.0, 1.0)
    point, there = {}, {}
    for k, (name, axis) in enumerate(zip(names, over.axes, strict=True)):
        point[name] = float(axis[place[k]])
        there[name] = point[name] * float((axis[1] / axis[0]) ** shift[k])
    return Lowest(value(), point, edges), Lowest(value(), there, edges)


def _mixed(value: Callable[..., float], k: NDArray[np.int_], m: NDArray[np.int_]) -> float:
    """Return a second difference in steps of the grid."""
    if (k == m).all():
        return value(k) + value(-k) - 2.0 * value()
    return (value(k, m) + value(-k, -m) - value(k, -m) - value(-k, m)) / 4.0


def at(members: Iterable[Member], point: Mapping[str, float]) -> dict[str, float]:
    """Return each data set's value at a point, by name."""
    dm2, e, mu = (np.array([point[name]]) for name in ("dm2_41", "Ue4_sq", "Umu4_sq"))
    return {m.name: float(m.value(dm2, e, mu)[0]) for m in members}


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
    found = np.full((shape[0], count), np.inf)
    for i in range(shape[1]):
        part = found[:, i : i + shape[2]]
        np.minimum(part, cube[:, i, :], out=part)
    return 4.0 * over.electron[0] * over.muon[0] * np.exp(step * np.arange(count)), found
