"""Values on a grid, each part of a likelihood computed only over what it depends on, for any model.

A data set rarely depends on all parameters of a model: at short baselines the survival of νe in 3+1 knows
Δm²41 and |Ue4|², appearance Δm²41 and the product |Ue4|²|Uμ4|². Parts of a joint likelihood that share no
nuisance add up, so that each is a table of its own coordinates, and the grid is a sum of tables. Which
parameters a part does not feel, and which it feels only in a product, is found by probing its values; no
model is known by its name. Points of the grid are computed directly as well: where they differ, no
tables are used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import prod
from typing import Protocol

import numpy as np

from nuanomaly.inference.grid import Axis, known_parameters, points, size, slowest_first
from nuanomaly.inference.objective import Objective
from nuanomaly.inference.rank import generic_points
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Array, NotApplicableError

#: Values that differ by less than this share are the same.
_SAME = 1e-9
#: By how much of its range a coordinate is moved to see whether anything changes.
_MOVES = (-0.21, -0.08, 0.05, 0.17)
#: How many points of a grid are computed directly as well, and by how much they may differ.
_CHECKED, _DIFFERENCE = 48, 1e-6
#: Tables are worth their probing above so many points, if at most such a part of them is left.
_FEW, _SPARED = 4096, 0.8
#: Over fewer axes there is too little to spare: probing would cost a fifth of a scan of gallium.
_LEAST = 3


class Function(Protocol):
    """The statistic, or a part of it, as a function of the free parameters, shape (P,) each."""

    @property
    def chunk(self) -> int:
        """How many points are evaluated at once."""

    def __call__(self, free: Mapping[str, Array]) -> Array:
        """Return the values, shape (P,)."""


@dataclass(frozen=True)
class Dependence:
    """What a function depends on.

    Attributes
    ----------
    groups : tuple of tuple of int
        The axes, by number, that make up each of its coordinates: one axis, or several whose product alone
        matters. Axes in no group do not matter.
    """

    groups: tuple[tuple[int, ...], ...]

    def sizes(self, axes: Sequence[Axis]) -> list[int]:
        """Return the number of values of each coordinate on a grid."""
        return [sum(len(axes[k]) - 1 for k in group) + 1 for group in self.groups]


def dependence(objective: Function, axes: Sequence[Axis]) -> Dependence:
    """Return what an objective depends on, by its values at generic points.

    Examples
    --------
    >>> from nuanomaly.inference.question import Question
    >>> what = Question("karmen", "3+1-sbl")
    >>> dependence(what.objective, what.axes).groups
    ((0,), (1, 2))
    """
    every = Dependence(tuple((k,) for k in range(len(axes))))
    at = generic_points(axes)
    start = np.array([a.internal(at[a.name]) for a in axes])
    try:
        base = _at(objective, axes, start)
        active = [k for k in range(len(axes)) if not _idle(objective, axes, start, base, k)]
        pairs = [
            (i, j)
            for i, j in combinations(active, 2)
            if _share_a_step(axes[i], axes[j]) and _product(objective, axes, start, base, i, j)
        ]
    except NotApplicableError:
        return every
    groups: list[tuple[int, ...]] = [(k,) for k in active]
    for i, j in pairs:
        tied = [g for g in groups if i in g or j in g]
        groups = [g for g in groups if g not in tied] + [tuple(sorted(k for g in tied for k in g))]
    return Dependence(tuple(sorted(groups)))


def _at(objective: Function, axes: Sequence[Axis], internal: Array) -> Array:
    return objective({a.name: a.external(internal[k]) for k, a in enumerate(axes)})


def _same(base: Array, other: Array) -> bool:
    """Say whether values are equal wherever both are finite, and enough of them are."""
    both = np.isfinite(base) & np.isfinite(other)
    if both.sum() < 2:
        return False
    return bool(np.allclose(base[both], other[both], rtol=_SAME, atol=_SAME))


def _idle(objective: Function, axes: Sequence[Axis], start: Array, base: Array, k: int) -> bool:
    """Say whether nothing changes when one coordinate is moved a little, or to the ends of its axis."""
    low, high = axes[k].internal(axes[k].low), axes[k].internal(axes[k].high)
    moved = [np.clip(start[k] + move * (high - low), low, high) for move in _MOVES]
    moved += [np.full_like(start[k], end) for end in (float(low), float(high))]
    seen = 0
    for place in moved:
        trial = start.copy()
        trial[k] = place
        values = _at(objective, axes, trial)
        if not np.isfinite(values).any():
            continue  # an end at which the model does not exist
        if not _same(base, values):
            return False
        seen += 1
    return seen >= len(_MOVES)


def _product(objective: Function, axes: Sequence[Axis], start: Array, base: Array, i: int, j: int) -> bool:
    """Say whether nothing changes when one coordinate grows by as much as another falls, within both axes."""
    (low, high), (bottom, top) = (
        (float(axes[k].internal(axes[k].low)), float(axes[k].internal(axes[k].high))) for k in (i, j)
    )
    least, most = np.maximum(low - start[i], start[j] - top), np.minimum(high - start[i], start[j] - bottom)
    for move in _MOVES:
        step = np.clip(move * min(high - low, top - bottom), least, most)
        trial = start.copy()
        trial[i] += step
        trial[j] -= step
        if not _same(base, _at(objective, axes, trial)):
            return False
    return True


def _share_a_step(a: Axis, b: Axis) -> bool:
    """Say whether two axes are logarithmic with one common step, so that products lie on a third one."""
    if not (a.log and b.log and len(a) > 1 and len(b) > 1):
        return False
    steps = np.concatenate([np.diff(np.log(axis.values)) for axis in (a, b)])
    return bool(np.allclose(steps, steps[0], rtol=1e-9))


@dataclass(frozen=True, eq=False)
class Tables:
    """A grid as a sum of tables, one for each part of a likelihood.

    Attributes
    ----------
    objective : Objective
    axes : tuple of Axis
    tables : tuple of Table
    """

    objective: Objective
    axes: tuple[Axis, ...]
    tables: "tuple[Table, ...]"

    def values(self) -> Array | None:
        """Return the statistic on the grid; None where points computed directly have other values.

        Values are those of :meth:`Objective.on` up to rounding.
        """
        values = np.zeros([len(a) for a in self.axes])
        for table in self.tables:
            values += table.values()
        _forbid(self.objective, self.axes, values)
        return values if _agrees(self.objective, self.axes, values) else None


def planned(objective: Objective, axes: Sequence[Axis]) -> Tables | None:
    """Return the tables that a grid is the sum of, not yet filled; None where those spare too little."""
    total, independent = size(axes), objective.likelihood.independent
    if total < _FEW or len(axes) < _LEAST:
        return None
    parts = [_Part.of(objective, likelihood) for likelihood in independent]
    found = tuple(Table(part, tuple(axes), dependence(part, axes)) for part in parts)
    if sum(table.size for table in found) > _SPARED * total * len(parts):
        return None
    return Tables(objective, tuple(axes), found)


@dataclass(frozen=True, eq=False)
class _Part:
    """A part of a likelihood as a function of all free parameters, of which it may know a few.

    Attributes
    ----------
    objective : Objective
    names : frozenset of str
        The parameters that it knows.
    """

    objective: Objective
    names: frozenset[str]

    @classmethod
    def of(cls, whole: Objective, likelihood: Likelihood) -> "_Part":
        """Return a part of an objective's likelihood."""
        names = frozenset(known_parameters(likelihood, whole.model))
        fixed = {name: value for name, value in whole.fixed.items() if name in names}
        return cls(Objective(likelihood, whole.model, fixed, whole.without_prior), names)

    @property
    def chunk(self) -> int:
        return self.objective.chunk

    def __call__(self, free: Mapping[str, Array]) -> Array:
        count = next(iter(free.values())).size
        own = {name: value for name, value in free.items() if name in self.names}
        return np.broadcast_to(self.objective(own), (count,))


@dataclass(frozen=True, eq=False)
class Table:
    """The values of a part of a statistic over the coordinates that it depends on.

    Attributes
    ----------
    function : Function
    axes : tuple of Axis
        Those of the whole grid.
    depends : Dependence
    """

    function: Function
    axes: tuple[Axis, ...]
    depends: Dependence

    @property
    def size(self) -> int:
        """How many values it has."""
        return prod(self.depends.sizes(self.axes))

    @cached_property
    def _coordinates(self) -> list[list[Array]]:
        return [_coordinate([self.axes[k] for k in group]) for group in self.depends.groups]

    @cached_property
    def _walked(self) -> list[Axis]:
        """Its coordinates as axes, by number, in the order of the parameters."""
        return [
            Axis(str(n), self.axes[group[0]].unit, "", np.arange(len(values[0]), dtype=float), False)
            for n, (group, values) in enumerate(zip(self.depends.groups, self._coordinates, strict=True))
        ]

    def points(self, first: int, last: int) -> dict[str, Array]:
        """Return the free parameters of its values from one number to another, as they are walked."""
        ordered = [self._walked[n] for n in slowest_first(self._walked)]
        index = {name: x.astype(int) for name, x in points(ordered, first, last).items()}
        free = {a.name: np.full(last - first, a.low) for a in self.axes}
        for n, (group, values) in enumerate(zip(self.depends.groups, self._coordinates, strict=True)):
            for k, value in zip(group, values, strict=True):
                free[self.axes[k].name] = value[index[str(n)]]
        return free

    def values(self) -> Array:
        """Return its values, shape that broadcasts to the grid's."""
        order, count, step = slowest_first(self._walked), self.size, self.function.chunk
        flat = np.empty(count)
        for first in range(0, count, step):
            last = min(count, first + step)
            flat[first:last] = self.function(self.points(first, last))
        shape = [len(self._walked[n]) for n in order]
        return _spread(np.transpose(flat.reshape(shape), np.argsort(order)), self.axes, self.depends)


def _coordinate(group: Sequence[Axis]) -> list[Array]:
    """Return values of each axis of a group whose products run through all products of the grid."""
    if len(group) == 1:
        return [group[0].values]
    count = sum(len(a) - 1 for a in group) + 1
    share = np.linspace(0.0, 1.0, count)
    return [a.external(np.log(a.low) + share * (np.log(a.high) - np.log(a.low))) for a in group]


def _spread(table: Array, axes: Sequence[Axis], depends: Dependence) -> Array:
    """Return a table over coordinates as one over the axes, of length one along those that do not matter."""
    index = []
    for group in depends.groups:
        place = np.zeros([len(a) if k in group else 1 for k, a in enumerate(axes)], int)
        for k in group:
            shape = [-1 if m == k else 1 for m in range(len(axes))]
            place = place + np.arange(len(axes[k])).reshape(shape)
        index.append(place)
    return np.asarray(table[tuple(index)]) if index else np.full([1] * len(axes), float(table))


def _forbid(objective: Objective, axes: Sequence[Axis], values: Array) -> None:
    """Set points at which the model does not exist to infinity."""
    flat = values.reshape(-1)
    for first in range(0, flat.size, _FEW * 16):
        last = min(flat.size, first + _FEW * 16)
        possible = objective.model.allowed(objective.points(points(axes, first, last)))
        flat[first:last][~np.broadcast_to(possible, (last - first,))] = np.inf


def _agrees(objective: Objective, axes: Sequence[Axis], values: Array) -> bool:
    """Say whether points of the grid, computed directly, have the values of the tables."""
    flat = values.reshape(-1)
    index = np.random.default_rng(0).choice(flat.size, _CHECKED, replace=False)
    index[0] = int(np.argmin(flat))
    where = np.unravel_index(index, values.shape)
    direct = objective({a.name: a.values[w] for a, w in zip(axes, where, strict=True)})
    finite = np.isfinite(direct)
    return bool(
        (finite == np.isfinite(flat[index])).all()
        and np.allclose(direct[finite], flat[index][finite], rtol=_DIFFERENCE, atol=_DIFFERENCE)
    )
