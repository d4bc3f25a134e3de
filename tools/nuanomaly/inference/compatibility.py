"""Are data sets compatible? The parameter goodness of fit (Maltoni and Schwetz, hep-ph/0304176).

χ²_PG = min_θ Σ_i χ²_i(θ) − Σ_i min_θ χ²_i(θ), with Σ_i rank_i − rank_joint degrees of freedom. A nuisance
that several data sets share and that has a prior makes the prior a data set of its own: the separate minima
are taken without it, its own minimum is zero, and it enters the joint fit once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, Unpack

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.compatibility_result import Compatibility, Part
from nuanomaly.inference.datasets import joint
from nuanomaly.inference.keywords import named_after
from nuanomaly.inference.minimise import minimise
from nuanomaly.inference.minuit import Minimum
from nuanomaly.inference.nominal import LIMIT
from nuanomaly.inference.objective import Objective, Progress
from nuanomaly.inference.question import Data, Question, Settings
from nuanomaly.inference.rank import Ranks, insensitive, rank
from nuanomaly.inference.significance import Significance
from nuanomaly.inference.tabulated import TabulatedMinima, tabulation
from nuanomaly.inference.workers import Placement, run
from nuanomaly.inference.workload import Effort
from nuanomaly.likelihood.interface import AnyModel, Likelihood, solved
from nuanomaly.likelihood.quadratic import Quadratic
from nuanomaly.likelihood.wrappers.variants import without_prior
from nuanomaly.model.probabilities import Array


@named_after(2, "mode", "fixed", "grid", hints={dict: "fixed"})
def compare(
    data: Data,
    model: AnyModel,
    *,
    seed: int = 0,
    workers: int = 1,
    limit: float = LIMIT,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
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

    Notes
    -----
    A model with three parameters free, of which data know fewer, is minimised over tables
    (:mod:`~nuanomaly.inference.tabulated`), in which data of short baselines are read in the short-baseline
    limit; ``approximate`` of the result says which.

    Examples
    --------
    >>> grid = {"dm2_41": 31, "sin2_2theta_ee": 15}
    >>> found = compare(["gallium", "nue-carbon"], "2nu-ee", grid=grid)
    >>> found.dof, found.how
    (2, 'parameter goodness of fit, Wilks, dof 2, two-sided')
    """
    what = Question(data, model, **settings)
    return compatibility_of(what, progress, Effort(seed, workers, limit))


def compatibility_of(
    what: Question, progress: Progress | None = None, effort: Effort | None = None
) -> Compatibility:
    """Return the comparison that answers a question; see :func:`compare`."""
    check_sides(what)
    tables = tabulation(what)
    if tables is not None:
        return _tabulated(what, tables.minima(progress))
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
    return compatibility_at(what, separate, best)


def parameter_goodness(joint: float, rank: int, sides: Iterable[tuple[float, int]]) -> Significance:
    """Return the parameter goodness of fit from minima and ranks: the only place where it is formed.

    Parameters
    ----------
    joint, rank : float, int
        The smallest value of all sides together, and how many parameters they constrain together.
    sides : iterable of (float, int)
        The same of each side.

    Examples
    --------
    >>> found = parameter_goodness(14.0, 2, [(3.0, 2), (1.0, 2)])
    >>> found.delta, found.dof
    (10.0, 2)
    """
    known = list(sides)
    delta = joint - sum(minimum for minimum, _ in known)
    return Significance(delta, sum(own for _, own in known) - rank, against="compatibility")


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
    texts = {
        name for a, b in combinations(members, 2) for name in set(a.nuisances.ids) & set(b.nuisances.ids)
    }
    for member in members:
        for ids, _ in member.nuisances.blocks:
            texts |= set(ids) if texts & set(ids) else set()
    ordered = dict.fromkeys(name for m in members for name in m.nuisances.ids)
    return tuple(name for name in ordered if name in texts)


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
    minimum = minimise(objective, narrowed.axes, narrowed.parameters, effort=effort)
    return np.array([minimum], dtype=object)


def _starts(what: Question, separate: Sequence[Minimum]) -> list[dict[str, float]]:
    """Return the separate best fits as points of the joint fit."""
    middle = {a.name: float(a.values[len(a) // 2]) for a in what.axes}
    return [{**middle, **m.parameters} for m in separate]


def _tabulated(what: Question, tabulated_minima: TabulatedMinima) -> Compatibility:
    """Return the comparison that minima of tables make; nothing is shared between the sides."""
    at = tabulated_minima.joint.parameters
    own = zip(tabulated_minima.sides, tabulated_minima.at_joint, strict=True)
    parts = [_as_part(what, k, minimum, at, value) for k, (minimum, value) in enumerate(own)]
    return _assembled(what, parts, tabulated_minima.joint, {}, tabulated_minima.approximate)


def compatibility_at(what: Question, separate: Sequence[Minimum], best: Minimum) -> Compatibility:
    """Return the comparison with its minima: those of the sides in order, and that of all together."""
    held, named = held_nuisances(what), named_nuisances(what)
    together = what.likelihood
    shared = [name for name in shared_nuisances(what.sides) if name in together.nuisances.ids]
    at = {name: np.array([value]) for name, value in best.parameters.items()}
    values = _shared_values(what, shared, at)
    parts = [_part(what, k, minimum, at, values) for k, minimum in enumerate(separate)]
    if held or named:
        parts.append(_prior(what, {**values, **at}))
    return _assembled(what, parts, best, {name: float(v[0]) for name, v in values.items()})


def _assembled(
    what: Question, parts: Sequence[Part], best: Minimum, pulls: Mapping[str, float], reading: str = ""
) -> Compatibility:
    """Return the comparison of parts at a joint best fit; ``reading`` says how the model was approximated."""
    held, together = held_nuisances(what), what.likelihood
    shared = [name for name in shared_nuisances(what.sides) if name in together.nuisances.ids]
    scanned = [name for name in named_nuisances(what) if name in best.parameters]
    ranks = rank(what.objective, what.axes, shared, [*held, *scanned], [best.parameters])
    pg = parameter_goodness(best.value, ranks.constrained, [(p.minimum, p.rank) for p in parts])
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
        shared=pulls,
        fixed=what.fixed,
        modes=what.modes,
        overlaps=what.overlaps,
        approximate="; ".join(filter(None, (reading, together.approximate))),
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
    point = {a.name: float(at[a.name][0]) for a in side.axes}
    return _as_part(what, k, minimum, point, float(value[0]), list(given))


def _as_part(
    what: Question,
    k: int,
    minimum: Minimum,
    at: Mapping[str, float],
    joint: float,
    given: Sequence[str] = (),
) -> Part:
    """Return a side with its own minimum, its value at the joint best fit ``at``, and its rank."""
    side = alone(what, k)
    objective = Objective(side.likelihood, what.model, side.fixed, held_nuisances(what))
    near = [{a.name: at[a.name] for a in side.axes}]
    return Part(
        name=what.names[k],
        statistic=side.likelihood.statistic,
        n_bins=side.likelihood.n_bins,
        minimum=minimum.value,
        parameters=minimum.parameters,
        at_boundary=minimum.at_boundary,
        joint=joint,
        converged=minimum.converged,
        rank=rank(objective, side.axes, given, near=near).constrained,
    )


def _goodness(together: Likelihood, best: Minimum, ranks: Ranks, priors: int) -> Significance | None:
    """Return the goodness of fit of the joint best fit; None unless all values are χ² of bins."""
    if together.statistic != "chi2" or together.n_bins is None:
        return None
    dof = together.n_bins + priors - ranks.constrained - ranks.absorbed
    return Significance(best.value, max(0, dof), against="the joint best fit")
