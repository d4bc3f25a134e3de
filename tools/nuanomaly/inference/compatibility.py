"""Are data sets compatible? The parameter goodness of fit (Maltoni and Schwetz, hep-ph/0304176).

χ²_PG = min_θ Σ_i χ²_i(θ) − Σ_i min_θ χ²_i(θ), with Σ_i rank_i − rank_joint degrees of freedom. A nuisance
that several data sets share and that has a prior makes the prior a data set of its own: the separate minima
are taken without it, its own minimum is zero, and it enters the joint fit once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.datasets import FoundOverlap, Mode, joint
from nuanomaly.inference.grid import Grid
from nuanomaly.inference.keywords import named_after
from nuanomaly.inference.minimise import minimise
from nuanomaly.inference.minuit import Minimum
from nuanomaly.inference.objective import Objective, Progress
from nuanomaly.inference.question import Data, Question
from nuanomaly.inference.rank import Ranks, insensitive, rank
from nuanomaly.inference.result import Test, point_text, test_rows
from nuanomaly.inference.significance import Significance
from nuanomaly.inference.workers import Placement, run
from nuanomaly.inference.workload import LIMIT, Effort
from nuanomaly.likelihood.interface import AnyModel, Likelihood, solved
from nuanomaly.likelihood.nuisance import Quadratic
from nuanomaly.likelihood.parts import StatisticKind
from nuanomaly.likelihood.wrappers.variants import without_prior
from nuanomaly.model.probabilities import Array


@dataclass(frozen=True)
class Part:
    """One data set of a comparison.

    Attributes
    ----------
    name : str
        Release or group, or ``prior`` for the prior of shared nuisances.
    statistic : {"chi2", "-2lnL", "delta"}
    n_bins : int or None
    minimum : float
        Its own smallest value, the shared prior left out.
    parameters : mapping
        The free parameters there; those that it does not depend on are left out.
    at_boundary : tuple of str
    joint : float
        Its value at the joint best fit.
    rank : int
        How many parameters (and shared nuisances) it constrains.
    converged : bool
        Whether enough searches agree on its own minimum.
    """

    name: str
    statistic: StatisticKind
    n_bins: int | None
    minimum: float
    parameters: Mapping[str, float]
    at_boundary: tuple[str, ...]
    joint: float
    rank: int
    converged: bool = True

    @property
    def pull(self) -> float:
        """What the joint fit costs this data set: its share of χ²_PG."""
        return self.joint - self.minimum

    def to_dict(self) -> dict[str, Any]:
        """Return the part for a result file."""
        return {
            "statistic": self.statistic,
            "value": self.minimum,
            "n_bins": self.n_bins,
            "parameters": dict(self.parameters),
            "at_boundary": list(self.at_boundary),
            "at_joint_best_fit": self.joint,
            "pull": self.pull,
            "rank": self.rank,
            "converged": self.converged,
        }


@dataclass(frozen=True, repr=False)
class Compatibility(Test):
    """The result of a comparison; as a test, the parameter goodness of fit.

    Attributes
    ----------
    datasets : tuple of str
    model : str
    parts : tuple of Part
        One per data set, in order, and one for the prior of shared nuisances if there is any.
    value : float
        The smallest value of the sum, priors included.
    best_fit : mapping
        The free parameters there.
    at_boundary : tuple of str
    rank : int
        How many parameters (and shared nuisances) all data sets together constrain.
    pg : Significance
        The parameter goodness of fit.
    goodness_of_fit : Significance or None
        Of the joint best fit, if every data set is a χ².
    shared : mapping
        Shared nuisances and their values at the joint best fit.
    fixed, modes : mapping
    overlaps : tuple of FoundOverlap
        Shared data, if that was allowed.
    approximate : str
    left_out : mapping of str to str
        Releases that cannot take the model, and why.
    private : tuple of str
        Releases of one's own folders.
    ranges : mapping of str to (float, float)
        Where each parameter was looked for.
    converged : bool
        Whether enough searches agree, on the joint best fit and on each side's own.
    searches, agreeing : int
        How many searches there were for the joint best fit, and how many ended there.
    """

    datasets: tuple[str, ...]
    model: str
    parts: tuple[Part, ...]
    value: float
    best_fit: Mapping[str, float]
    at_boundary: tuple[str, ...]
    rank: int
    pg: Significance
    goodness_of_fit: Significance | None
    shared: Mapping[str, float] = field(default_factory=dict)
    fixed: Mapping[str, float] = field(default_factory=dict)
    modes: Mapping[str, str] = field(default_factory=dict)
    overlaps: tuple[FoundOverlap, ...] = ()
    approximate: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)
    private: tuple[str, ...] = ()
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    converged: bool = True
    searches: int = 1
    agreeing: int = 1
    question: Question | None = field(default=None, repr=False, compare=False)

    @property
    def delta(self) -> float:
        """χ² of the parameter goodness of fit."""
        return self.pg.delta

    @property
    def dof(self) -> int:
        """Its degrees of freedom."""
        return self.pg.dof

    @property
    def p_value(self) -> float | None:
        """Its p-value."""
        return self.pg.p_value

    @property
    def sigma(self) -> float | None:
        """The number of σ of that."""
        return self.pg.sigma

    @property
    def how(self) -> str:
        """How the p-value was obtained."""
        return f"parameter goodness of fit, {self.pg.how}"

    def __str__(self) -> str:
        return f"{' against '.join(self.datasets)}, {self.model}: {self.pg}"

    def summary(self) -> dict[str, str]:
        """Return what a notebook shows of it."""
        units = {} if self.question is None else self.question.units
        found = {"data": " against ".join(self.datasets), "model": self.model} | test_rows(self)
        found["joint best fit"] = point_text(self.best_fit, units)
        return found | {f"pull of {p.name}": f"{p.pull:.2f}" for p in self.parts}

    def part(self, name: str) -> Part:
        """Return a data set's part."""
        return next(p for p in self.parts if p.name == name)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison for a result file."""
        fit = self.goodness_of_fit
        return {
            "datasets": list(self.datasets),
            "modes": dict(self.modes),
            "model": self.model,
            "fixed": dict(self.fixed),
            "minimum": {p.name: p.to_dict() for p in self.parts},
            "best_fit": dict(self.best_fit),
            "at_boundary": list(self.at_boundary),
            "joint": {
                "value": self.value,
                "rank": self.rank,
                "searches": self.searches,
                "agreeing": self.agreeing,
            },
            "converged": self.converged,
            "pg": {
                "chi2": self.pg.delta,
                "dof": self.pg.dof,
                "p_value": self.pg.p_value,
                "sigma": self.pg.sigma,
                "how": self.pg.how,
            },
            "goodness_of_fit": None if fit is None else fit.to_dict(),
            "shared_nuisances": dict(self.shared),
            "overlaps": [o.to_dict() for o in self.overlaps],
            "ranges": {name: list(both) for name, both in self.ranges.items()},
            "approximate": self.approximate,
            "left_out": dict(self.left_out),
            "private": list(self.private),
        }


@named_after(2, "mode", "fixed", "grid", hints={dict: "fixed"})
def compare(
    data: Data,
    model: AnyModel,
    *,
    fixed: Mapping[str, float] | None = None,
    grid: Grid | None = None,
    mode: Mode = None,
    allow_overlap: bool = False,
    leave_out: bool = False,
    seed: int = 0,
    workers: int = 1,
    limit: float = LIMIT,
    progress: Progress | None = None,
) -> Compatibility:
    """Return whether data sets are compatible under a model.

    Parameters
    ----------
    data : sequence of str or Likelihood, at least two
        Each is one side (see :class:`~nuanomaly.inference.question.Question`): a release, a group, a sum.
    model, fixed, grid, mode, allow_overlap, leave_out
        As for :func:`nuanomaly.inference.fit.fit`.
    progress : callable, optional
        Called with how many of the fits are done, and how many there are.

    Raises
    ------
    UnknownNameError, OverlapError, NotApplicableError
    UnfeltModelError
        If a side depends on none of the free parameters.

    Examples
    --------
    >>> found = compare(["gallium", "nue-carbon"], "2nu-ee")
    >>> found.dof, found.how
    (2, 'parameter goodness of fit, Wilks, dof 2, two-sided')
    """
    what = Question(
        data, model, fixed=fixed, grid=grid, mode=mode, allow_overlap=allow_overlap, leave_out=leave_out
    )
    return compatibility_of(what, progress, Effort(seed, workers, limit))


def compatibility_of(
    what: Question, progress: Progress | None = None, effort: Effort | None = None
) -> Compatibility:
    """Return the comparison that answers a question; see :func:`compare`."""
    check_sides(what)
    chosen, count = effort or Effort(), len(what.sides)

    def say(done: int, total: int) -> None:
        if progress is not None:
            progress(done, count + 1)

    alone = replace(chosen, workers=1)  # each side is one piece of work
    pieces = run(own_minimum, (what, alone), range(count), "", Placement(workers=chosen.workers), say)
    separate: list[Minimum] = [piece[0] for piece in pieces]
    starts = _starts(what, separate)
    best = minimise(what.objective, what.axes, what.parameters, starts=starts, effort=chosen)
    say(count + 1, count + 1)
    return _result(what, separate, best)


def check_sides(what: Question) -> None:
    """Refuse a comparison of fewer than two sides, or with a side that says nothing of the model.

    Raises
    ------
    NuanomalyError
    """
    if len(what.sides) < 2:
        raise NuanomalyError(
            f"a comparison needs at least two data sets: {what.names[0]} is one (a sum counts as one side)"
        )
    for k in range(len(what.sides)):
        what.side(k).check_felt()


def shared_nuisances(members: Sequence[Likelihood]) -> tuple[str, ...]:
    """Return the nuisances of more than one data set; if one of a block is shared, the whole block."""
    found = {
        name for a, b in combinations(members, 2) for name in set(a.nuisances.ids) & set(b.nuisances.ids)
    }
    for member in members:
        for ids, _ in member.nuisances.blocks:
            found |= set(ids) if found & set(ids) else set()
    ordered = dict.fromkeys(name for m in members for name in m.nuisances.ids)
    return tuple(name for name in ordered if name in found)


def held_nuisances(what: Question) -> tuple[str, ...]:
    """Return the nuisances that several sides share and that have a prior: it counts as a side of its own."""
    shared = shared_nuisances(what.sides)
    return tuple(name for name in what.likelihood.nuisances.with_prior() if name in shared)


def named_nuisances(what: Question) -> tuple[str, ...]:
    """Return the nuisances of several sides that have a prior and are fixed or scanned by name."""
    priors = joint(what.sides).nuisances.with_prior()
    named = {*what.fixed, *what.grid}
    return tuple(name for name in shared_nuisances(what.sides) if name in priors and name in named)


def alone(what: Question, k: int) -> Question:
    """Return the question of one side, the priors of shared nuisances that are named left out."""
    side, named = what.side(k), named_nuisances(what)
    return side.of(without_prior(what.sides[k], named)) if named else side


def own_minimum(payload: tuple[Question, Effort], k: int) -> Any:
    """Return a side's own minimum, the shared prior left out, over what it depends on: a piece of work.

    The array of one object is what pieces of work return.
    """
    what, effort = payload
    side, held = alone(what, k), held_nuisances(what)
    idle = insensitive(Objective(side.likelihood, what.model, side.fixed, held), side.axes)
    middle = {a.name: float(a.values[len(a) // 2]) for a in side.axes if a.name in idle}
    grid = {name: axis for name, axis in side.grid.items() if name not in idle}
    narrowed = side.given(fixed={**side.fixed, **middle}, grid=grid)
    objective = Objective(side.likelihood, what.model, narrowed.fixed, held)
    found = minimise(objective, narrowed.axes, narrowed.parameters, effort=effort)
    return np.array([found], dtype=object)


def _starts(what: Question, separate: Sequence[Minimum]) -> list[dict[str, float]]:
    """Return the separate best fits as points of the joint fit."""
    middle = {a.name: float(a.values[len(a) // 2]) for a in what.axes}
    return [{**middle, **m.parameters} for m in separate]


def _result(what: Question, separate: Sequence[Minimum], best: Minimum) -> Compatibility:
    held, named = held_nuisances(what), named_nuisances(what)
    together = what.likelihood
    shared = [name for name in shared_nuisances(what.sides) if name in together.nuisances.ids]
    at = {name: np.array([value]) for name, value in best.parameters.items()}
    values = _shared_values(what, shared, at)
    parts = [_part(what, k, minimum, at, values) for k, minimum in enumerate(separate)]
    if held or named:
        parts.append(_prior(what, {**values, **at}))
    scanned = [name for name in named if name in at]
    ranks = rank(what.objective, what.axes, shared, [*held, *scanned], [best.parameters])
    dof = sum(p.rank for p in parts) - ranks.constrained
    pg = Significance(best.value - sum(p.minimum for p in parts), dof, against="compatibility")
    return Compatibility(
        datasets=what.names,
        model=what.model.name,
        parts=tuple(parts),
        value=best.value,
        best_fit=best.parameters,
        at_boundary=best.at_boundary,
        converged=best.converged and all(p.converged for p in parts),
        searches=best.searches,
        agreeing=best.agreeing,
        rank=ranks.constrained,
        pg=pg,
        goodness_of_fit=_goodness(together, best, ranks, len(held) + len(scanned)),
        shared={name: float(v[0]) for name, v in values.items()},
        fixed=what.fixed,
        modes=what.modes,
        overlaps=what.overlaps,
        approximate=together.approximate,
        left_out=what.left_out,
        private=what.private,
        ranges={a.name: (a.low, a.high) for a in what.axes},
        question=what,
    )


def prior_minimum(what: Question) -> float:
    """Return the smallest value that the priors of shared nuisances can have: zero, unless one is fixed."""
    nuisances, names = joint(what.sides).nuisances, (*held_nuisances(what), *named_nuisances(what))
    fixed = {name: np.array([what.fixed[name]]) for name in names if name in what.fixed}
    if not fixed:
        return 0.0
    k = len(names)
    none = Quadratic(names, np.zeros(1), np.zeros((1, k)), np.zeros((1, k, k)))
    return float((solved(none, nuisances, fixed)[0] + nuisances.prior_value(fixed))[0])


def _prior(what: Question, at: Mapping[str, Array]) -> Part:
    """Return the priors of shared nuisances as a side of their own, at the joint best fit."""
    nuisances = joint(what.sides).nuisances
    names = (*held_nuisances(what), *named_nuisances(what))
    given = {n: np.array([what.fixed[n]]) if n in what.fixed else at[n] for n in names}
    free = [name for name in names if name not in what.fixed]
    return Part(
        name="prior",
        statistic="chi2",
        n_bins=len(free),
        minimum=prior_minimum(what),
        parameters={name: float(given[name][0]) for name in names},
        at_boundary=(),
        joint=float(nuisances.prior_value(given)[0]),
        rank=len(free),
    )


def _shared_values(what: Question, shared: Sequence[str], at: Mapping[str, Array]) -> dict[str, Array]:
    """Return the shared nuisances at the joint best fit."""
    if not shared:
        return {}
    values = what.likelihood.profiled(what.model, what.objective.points(at))[1]
    return {name: values[name] for name in shared}


def _part(
    what: Question, k: int, minimum: Minimum, at: Mapping[str, Array], shared: Mapping[str, Array]
) -> Part:
    """Return what became of one side."""
    side, held = alone(what, k), held_nuisances(what)
    member = side.likelihood
    objective = Objective(member, what.model, side.fixed, held)
    points = objective.points({a.name: at[a.name] for a in side.axes})
    given = {name: v for name, v in shared.items() if name in member.nuisances.ids}
    if given:
        value, _ = member.profiled(what.model, points, member.nuisances.without_prior(held), given)
    else:
        value = member.value(what.model, points)
    near = [{a.name: float(at[a.name][0]) for a in side.axes}]
    return Part(
        name=what.names[k],
        statistic=member.statistic,
        n_bins=member.n_bins,
        minimum=minimum.value,
        parameters=minimum.parameters,
        at_boundary=minimum.at_boundary,
        joint=float(value[0]),
        converged=minimum.converged,
        rank=rank(objective, side.axes, list(given), near=near).constrained,
    )


def _goodness(together: Likelihood, best: Minimum, ranks: Ranks, priors: int) -> Significance | None:
    """Return the goodness of fit of the joint best fit; None unless all values are χ² of bins."""
    if together.statistic != "chi2" or together.n_bins is None:
        return None
    dof = together.n_bins + priors - ranks.constrained - ranks.absorbed
    return Significance(best.value, max(0, dof), against="the joint best fit")
