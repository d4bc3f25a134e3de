"""Minima of a model with three parameters free, each data set in a table over what it depends on.

Many data sets over a splitting and two mixings are what a global fit is made of. What each depends on is
found by probing (:mod:`~nuanomaly.inference.dependence`), whatever the model and its parameters are called;
where none knows fewer combinations than there are parameters, tables spare nothing. A model that has a limit
of short baselines is read in it where that holds for a data set: exact 3+1 knows all three everywhere, its
limit two. A result of these minima says which were read so.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations

from nuanomaly.inference import dependence, separable
from nuanomaly.inference.datasets import atoms, joint
from nuanomaly.inference.grid import Axis
from nuanomaly.inference.minuit import Minimum
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.question import Question
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Array, NotApplicableError

#: Points of an axis of mixings at least, and how far below its lower end it goes: there nothing oscillates.
_POINTS, VANISHING = 80, 0.1


@dataclass(frozen=True, eq=False)
class TabulatedMinima:
    """The smallest values of the sides and of their sum.

    Attributes
    ----------
    sides : tuple of Minimum
    joint : Minimum
    at_joint : tuple of float
        The value of each side at the minimum of the sum.
    short : tuple of str
        Data sets that were read in the short-baseline limit.
    model : str
    """

    sides: tuple[Minimum, ...]
    joint: Minimum
    at_joint: tuple[float, ...]
    short: tuple[str, ...]
    model: str

    @property
    def approximate(self) -> str:
        """What of it is an approximation."""
        said = f"read in the short-baseline limit of {self.model}: {', '.join(self.short)}"
        return said if self.short else ""


@dataclass(frozen=True, eq=False)
class Tabulation:
    """The data sets of a question, each with what it depends on.

    Attributes
    ----------
    sides : tuple of tuple of Member
    over : Grid3
    model : str
    """

    sides: tuple[tuple[dependence.Member, ...], ...]
    over: separable.Grid3
    model: str

    def minima(self, progress: Progress | None = None) -> TabulatedMinima:
        """Return the smallest value of each side and of all sides together."""
        over, members = self.over, self.sides
        total, done = sum(map(len, members)), 0
        tables: list[list[Array]] = []
        for group in members:
            tables.append([])
            for one in group:
                tables[-1].append(separable.tabulate(one, over))
                done += 1
                if progress is not None:
                    progress(done, total)
        every = [m for group in members for m in group]
        best = separable.refined(every, [t for group in tables for t in group], over)
        own = [separable.refined(m, t, over) for m, t in zip(members, tables, strict=True)]
        at_joint = tuple(sum(dependence.statistics(group, best.point).values()) for group in members)
        short = tuple(m.name for m in every if m.model != self.model)
        sides = tuple(_minimum(o, _idle(group)) for o, group in zip(own, members, strict=True))
        return TabulatedMinima(sides, _minimum(best), at_joint, short, self.model)


def tabulation(what: Question) -> Tabulation | None:
    """Return how a question is answered by tables; None where it is not.

    Three parameters are free and nothing is fixed, two of them over the same logarithmic range, no nuisance
    ties data of different sides together, and some data set knows fewer than all three: one of the two, or
    their product.
    """
    if what.fixed or len(what.axes) != 3 or not all(a.log and len(a) > 1 for a in what.axes):
        return None
    ids = [set(side.nuisances.ids) for side in what.sides]
    if any(a & b for k, a in enumerate(ids) for b in ids[k + 1 :]):
        return None
    for splitting, first, second in permutations(what.axes):
        if what.axes.index(first) > what.axes.index(second) or (first.low, first.high) != (
            second.low,
            second.high,
        ):
            continue
        sides = _members(what, (splitting, first, second))
        if sides is not None and any(m.depends != "both" for side in sides for m in side):
            return Tabulation(sides, _grid(splitting, first, second), what.model.name)
    return None


def _members(
    what: Question, axes: tuple[Axis, Axis, Axis]
) -> tuple[tuple[dependence.Member, ...], ...] | None:
    """Return the data sets of each side; None where the model cannot be probed."""
    splitting, first, second = axes
    names = (splitting.name, first.name, second.name)
    places = dependence.probes(*(a.values[[0, -1]] for a in axes))
    try:
        return tuple(
            tuple(dependence.member(m.release, m, what.model, names, places) for m in untied(side))
            for side in what.sides
        )
    except NotApplicableError:
        return None  # a fit says of which data set, and why


def untied(side: Likelihood) -> list[Likelihood]:
    """Return a side as data sets that share no nuisance with each other."""
    return [joint(cluster) for cluster in clusters(atoms(side))]


def clusters(parts: Iterable[Likelihood]) -> list[tuple[Likelihood, ...]]:
    """Return likelihoods in groups that share no nuisance with each other."""
    groups: list[tuple[Likelihood, ...]] = []
    for one in parts:
        ids = set(one.nuisances.ids)
        bound = [g for g in groups if any(ids & set(m.nuisances.ids) for m in g)]
        groups = [g for g in groups if g not in bound]
        groups.append((*(m for g in bound for m in g), one))
    return groups


def _grid(splitting: Axis, first: Axis, second: Axis) -> separable.Grid3:
    return separable.grid(
        (splitting.low, splitting.high, len(splitting)),
        (VANISHING * first.low, first.high, max(_POINTS, len(first), len(second))),
        (splitting.name, first.name, second.name),
    )


def _idle(members: Sequence[dependence.Member]) -> set[str]:
    """Return the mixings that no member depends on."""
    kinds, (_, first, second) = {m.depends for m in members}, members[0].names
    return {name for name, kind in ((second, "e"), (first, "mu")) if kinds == {kind}}


def _minimum(lowest_point: separable.Lowest, idle: Collection[str] = ()) -> Minimum:
    point = {name: value for name, value in lowest_point.point.items() if name not in idle}
    return Minimum(lowest_point.value, point, tuple(e for e in lowest_point.edges if e not in idle), True)
