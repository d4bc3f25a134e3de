"""Minima of 3+1 with its three parameters free, each data set in a table over what it depends on.

Many data sets over (Δm²41, |Ue4|², |Uμ4|²) are what a global fit is made of. Each is read in the
short-baseline limit of 3+1 where that holds for it, in which it depends on two combinations of the three (see
:mod:`~nuanomaly.inference.separable`), and in exact 3+1 elsewhere; a result of these minima says which.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from nuanomaly.inference import separable
from nuanomaly.inference.datasets import atoms, joint
from nuanomaly.inference.grid import Axis
from nuanomaly.inference.minuit import Minimum
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.question import Question
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Array
from nuanomaly.model.vacuum import ThreePlusOne

_SPLITTING, *_MIXINGS = ("dm2_41", "Ue4_sq", "Umu4_sq")
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
    """

    sides: tuple[Minimum, ...]
    joint: Minimum
    at_joint: tuple[float, ...]
    short: tuple[str, ...]

    @property
    def approximate(self) -> str:
        """What of it is an approximation."""
        return f"read in the short-baseline limit of 3+1: {', '.join(self.short)}" if self.short else ""


def applies(what: Question) -> bool:
    """Say whether a question can be answered by tables.

    It is exact 3+1 with the three parameters free and nothing fixed, the mixings over the same logarithmic
    range, and no nuisance that ties data of different sides together.
    """
    if not isinstance(what.model, ThreePlusOne) or what.fixed or set(what.free) != {_SPLITTING, *_MIXINGS}:
        return False
    axes = {a.name: a for a in what.axes}
    electron, muon = (axes[name] for name in _MIXINGS)
    same = (electron.low, electron.high) == (muon.low, muon.high)
    spread = all(a.log and len(a) > 1 for a in what.axes)
    ids = [set(side.nuisances.ids) for side in what.sides]
    tied = any(a & b for k, a in enumerate(ids) for b in ids[k + 1 :])
    return same and spread and not tied


def minima(what: Question, progress: Progress | None = None) -> TabulatedMinima:
    """Return the smallest value of each side and of all sides together."""
    over = _grid({a.name: a for a in what.axes})
    members = [[separable.member(m.release, m) for m in untied(side)] for side in what.sides]
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
    at_joint = tuple(sum(separable.statistics(group, best.point).values()) for group in members)
    short = tuple(m.name for m in every if m.model == "3+1-sbl")
    sides = tuple(_minimum(o, _idle(group)) for o, group in zip(own, members, strict=True))
    return TabulatedMinima(sides, _minimum(best), at_joint, short)


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


def _grid(axes: dict[str, Axis]) -> separable.Grid3:
    splitting, mixing = axes[_SPLITTING], axes[_MIXINGS[0]]
    points = max(_POINTS, *(len(axes[name]) for name in _MIXINGS))
    return separable.grid(
        (splitting.low, splitting.high, len(splitting)), (VANISHING * mixing.low, mixing.high, points)
    )


def _idle(members: Sequence[separable.Member]) -> set[str]:
    """Return the mixings that no member depends on."""
    kinds = {m.depends for m in members}
    return {name for name, kind in (("Umu4_sq", "e"), ("Ue4_sq", "mu")) if kinds == {kind}}


def _minimum(lowest_point: separable.Lowest, idle: Collection[str] = ()) -> Minimum:
    point = {name: value for name, value in lowest_point.point.items() if name not in idle}
    return Minimum(lowest_point.value, point, tuple(e for e in lowest_point.edges if e not in idle), True)
