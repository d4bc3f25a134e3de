"""Are data sets compatible? The parameter goodness of fit (Maltoni and Schwetz, hep-ph/0304176).

χ²_PG = min_θ Σ_i χ²_i(θ) − Σ_i min_θ χ²_i(θ), with Σ_i rank_i − rank_joint degrees of freedom. A nuisance
that several data sets share and that has a prior makes the prior a data set of its own: the separate minima
are taken without it, its own minimum is zero, and it enters the joint fit once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.datasets import (
    Dataset,
    FoundOverlap,
    Mode,
    check_overlaps,
    labels,
    modes,
    resolve,
)
from nuanomaly.inference.grid import Axis, Grid, axes, free_names, known_parameters
from nuanomaly.inference.minimise import minimise
from nuanomaly.inference.minuit import Minimum
from nuanomaly.inference.objective import Objective, Progress
from nuanomaly.inference.rank import Ranks, insensitive, rank
from nuanomaly.inference.significance import Significance
from nuanomaly.likelihood.interface import AnyModel, Likelihood
from nuanomaly.likelihood.parts import StatisticKind
from nuanomaly.likelihood.wrappers.joint import combine
from nuanomaly.model.probabilities import Array, Model
from nuanomaly.model.registry import model as make_model


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
    """

    name: str
    statistic: StatisticKind
    n_bins: int | None
    minimum: float
    parameters: Mapping[str, float]
    at_boundary: tuple[str, ...]
    joint: float
    rank: int

    @property
    def pull(self) -> float:
        """What the joint fit costs this data set: its share of χ²_PG."""
        return self.joint - self.minimum

    def as_dict(self) -> dict[str, Any]:
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
        }


@dataclass(frozen=True)
class Compatibility:
    """The result of a comparison.

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

    def part(self, name: str) -> Part:
        """Return a data set's part."""
        return next(p for p in self.parts if p.name == name)

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison for a result file."""
        fit = self.goodness_of_fit
        return {
            "datasets": list(self.datasets),
            "modes": dict(self.modes),
            "model": self.model,
            "fixed": dict(self.fixed),
            "minimum": {p.name: p.as_dict() for p in self.parts},
            "best_fit": dict(self.best_fit),
            "at_boundary": list(self.at_boundary),
            "joint": {"value": self.value, "rank": self.rank},
            "pg": {
                "chi2": self.pg.delta,
                "dof": self.pg.dof,
                "p_value": self.pg.p_value,
                "sigma": self.pg.sigma,
                "how": self.pg.how,
            },
            "goodness_of_fit": None if fit is None else fit.as_dict(),
            "shared_nuisances": dict(self.shared),
            "overlaps": [o.as_dict() for o in self.overlaps],
            "approximate": self.approximate,
        }


@dataclass(frozen=True, eq=False)
class _Comparison:
    """What is compared, before anything is minimised."""

    members: tuple[Likelihood, ...]
    names: tuple[str, ...]
    model: Model
    fixed: Mapping[str, float]
    grid: Grid
    shared: tuple[str, ...]
    held: tuple[str, ...]
    """The shared nuisances that have a prior."""

    def objective(self, likelihood: Likelihood, without: Sequence[str] = ()) -> Objective:
        known = known_parameters(likelihood, self.model)
        own = {k: v for k, v in self.fixed.items() if k in known}
        return Objective(likelihood, self.model, own, tuple(without))

    def axes(self, likelihood: Likelihood) -> tuple[Axis, ...]:
        known = known_parameters(likelihood, self.model)
        own = {k: v for k, v in self.grid.items() if k in known}
        names = free_names(known, own, [k for k in self.fixed if k in known])
        return axes(known, names, own)


def compare(
    datasets: Iterable[Dataset],
    model: AnyModel,
    mode: Mode = None,
    fixed: Mapping[str, float] | None = None,
    grid: Grid | None = None,
    *,
    allow_overlap: bool = False,
    progress: Progress | None = None,
) -> Compatibility:
    """Return whether data sets are compatible under a model.

    Parameters
    ----------
    datasets : releases (``NAME[@VERSION][:MODE]``), groups or likelihoods, at least two
        A group counts as one data set.
    model : str, Model or callable
    mode : str or mapping, optional
        Analysis variant (see :func:`nuanomaly.inference.datasets.resolve`).
    fixed, grid : mapping, optional
        As for :func:`nuanomaly.inference.fit.fit`.
    allow_overlap : bool
        Compare although data are shared; the result records it.
    progress : callable, optional
        Called with how many of the fits are done, and how many there are.

    Raises
    ------
    UnknownNameError, OverlapError, NotApplicableError
    """
    members = resolve(datasets, mode)
    if len(members) < 2:
        raise NuanomalyError("a comparison needs at least two data sets")
    names = labels(members)
    overlaps = check_overlaps(members, allow_overlap)
    together = combine(members)
    shared = shared_nuisances(members)
    held = tuple(name for name in together.nuisances.with_prior() if name in shared)
    what = _Comparison(members, names, make_model(model), dict(fixed or {}), dict(grid or {}), shared, held)
    known = known_parameters(together, what.model)
    for name in (*what.fixed, *what.grid):  # a name that no data set knows is an error, not ignored
        free_names(known, [name], [])
    separate = []
    for k, member in enumerate(members):
        separate.append(_own_minimum(what, member))
        if progress is not None:
            progress(k + 1, len(members) + 1)
    best = minimise(
        what.objective(together), what.axes(together), known, starts=_starts(what, together, separate)
    )
    if progress is not None:
        progress(len(members) + 1, len(members) + 1)
    return _result(what, together, separate, best, overlaps)


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


def _own_minimum(what: _Comparison, member: Likelihood) -> Minimum:
    """Return a data set's own minimum, the shared prior left out, over the parameters it depends on."""
    objective, every = what.objective(member, what.held), what.axes(member)
    known = known_parameters(member, what.model)
    idle = insensitive(objective, every)
    middle = {a.name: float(a.values[len(a) // 2]) for a in every if a.name in idle}
    narrowed = Objective(member, what.model, {**objective.fixed, **middle}, what.held)
    names = [a.name for a in every if a.name not in idle]
    return minimise(narrowed, axes(known, names, {k: v for k, v in what.grid.items() if k in names}), known)


def _starts(what: _Comparison, together: Likelihood, separate: Sequence[Minimum]) -> list[dict[str, float]]:
    """Return the separate best fits as points of the joint fit."""
    middle = {a.name: float(a.values[len(a) // 2]) for a in what.axes(together)}
    return [{**middle, **m.parameters} for m in separate]


def _result(
    what: _Comparison,
    together: Likelihood,
    separate: Sequence[Minimum],
    best: Minimum,
    overlaps: tuple[FoundOverlap, ...],
) -> Compatibility:
    at = {name: np.array([value]) for name, value in best.parameters.items()}
    values = _shared_values(what, together, at)
    parts = [_part(what, k, minimum, at, values) for k, minimum in enumerate(separate)]
    if what.held:
        given = {name: values[name] for name in what.held}
        prior = float(together.nuisances.prior_value(given)[0])
        pulls = {name: float(values[name][0]) for name in what.held}
        parts.append(Part("prior", "chi2", len(what.held), 0.0, pulls, (), prior, len(what.held)))
    ranks = rank(what.objective(together), what.axes(together), what.shared, what.held, [best.parameters])
    dof = sum(p.rank for p in parts) - ranks.constrained
    pg = Significance(best.value - sum(p.minimum for p in parts), dof, against="compatibility")
    return Compatibility(
        datasets=what.names,
        model=what.model.name,
        parts=tuple(parts),
        value=best.value,
        best_fit=best.parameters,
        at_boundary=best.at_boundary,
        rank=ranks.constrained,
        pg=pg,
        goodness_of_fit=_goodness(what, together, best, ranks),
        shared={name: float(v[0]) for name, v in values.items()},
        fixed=what.fixed,
        modes=modes(what.members),
        overlaps=overlaps,
        approximate=together.approximate,
    )


def _shared_values(what: _Comparison, together: Likelihood, at: Mapping[str, Array]) -> dict[str, Array]:
    """Return the shared nuisances at the joint best fit."""
    if not what.shared:
        return {}
    where = together.profiled(what.model, what.objective(together).points(at))[1]
    return {name: where[name] for name in what.shared}


def _part(
    what: _Comparison, k: int, minimum: Minimum, at: Mapping[str, Array], shared: Mapping[str, Array]
) -> Part:
    """Return what became of one data set."""
    member = what.members[k]
    objective, own_axes = what.objective(member, what.held), what.axes(member)
    points = objective.points({a.name: at[a.name] for a in own_axes})
    given = {name: v for name, v in shared.items() if name in member.nuisances.ids}
    if given:
        value, _ = member.profiled(what.model, points, member.nuisances.without_prior(what.held), given)
    else:
        value = member.value(what.model, points)
    near = [{a.name: float(at[a.name][0]) for a in own_axes}]
    return Part(
        name=what.names[k],
        statistic=member.statistic,
        n_bins=member.n_bins,
        minimum=minimum.value,
        parameters=minimum.parameters,
        at_boundary=minimum.at_boundary,
        joint=float(value[0]),
        rank=rank(objective, own_axes, list(given), near=near).constrained,
    )


def _goodness(what: _Comparison, together: Likelihood, best: Minimum, ranks: Ranks) -> Significance | None:
    """Return the goodness of fit of the joint best fit; None unless all values are χ² of bins."""
    if together.statistic != "chi2" or together.n_bins is None:
        return None
    dof = together.n_bins + len(what.held) - ranks.constrained - ranks.absorbed
    return Significance(best.value, max(0, dof), against="the joint best fit")
