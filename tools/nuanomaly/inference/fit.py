"""Best fits, profiles of one parameter, and the significance against no oscillation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.datasets import FoundOverlap
from nuanomaly.inference.keywords import named_after
from nuanomaly.inference.minimise import minimise
from nuanomaly.inference.minuit import Minimum
from nuanomaly.inference.nominal import LIMIT
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.question import Data, Question, Settings
from nuanomaly.inference.rank import constrained, unfelt_at_edges
from nuanomaly.inference.result import SYMBOLS, Test, point_text, test_rows
from nuanomaly.inference.scan import Scan, scan_of
from nuanomaly.inference.significance import Sided, Significance
from nuanomaly.inference.workload import Effort
from nuanomaly.likelihood.breakdown import Breakdown
from nuanomaly.likelihood.interface import AnyModel
from nuanomaly.likelihood.parts import StatisticKind
from nuanomaly.model.probabilities import Array

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Fit(Test):
    """A best fit; as a test, that of oscillation against none (Wilks), computed when first asked for.

    Attributes
    ----------
    datasets : tuple of str
    model : str
    value : float
        The statistic at the best fit.
    parameters : mapping
        The free parameters there.
    at_boundary : tuple of str
        Those at the edge of their range.
    statistic : {"chi2", "-2lnL", "delta"}
    n_bins : int or None
    errors : mapping of str to (float, float)
        Lower (negative) and upper errors, if asked for.
    converged : bool
        Whether enough searches begun in different places agree: three at least, and half of all.
    searches, agreeing : int
        How many there were, and how many ended at this value to 0.05.
    ends : tuple of float
        What each of them ended in.
    cpu_seconds : float
        CPU time of the searches that are no grid, those that were read back included.
    fixed, modes : mapping
    overlaps : tuple of FoundOverlap
    approximate : str
    left_out : mapping of str to str
        Releases that cannot take the model, and why.
    private : tuple of str
        Releases of one's own folders.
    ranges : mapping of str to (float, float)
        Where each parameter was looked for.
    """

    datasets: tuple[str, ...]
    model: str
    value: float
    parameters: Mapping[str, float]
    at_boundary: tuple[str, ...]
    statistic: StatisticKind
    n_bins: int | None
    errors: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    converged: bool = True
    fixed: Mapping[str, float] = field(default_factory=dict)
    modes: Mapping[str, str] = field(default_factory=dict)
    overlaps: tuple[FoundOverlap, ...] = ()
    approximate: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)
    private: tuple[str, ...] = ()
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    searches: int = 1
    agreeing: int = 1
    ends: tuple[float, ...] = ()
    cpu_seconds: float = 0.0
    question: Question | None = field(default=None, repr=False, compare=False)

    @cached_property
    def against_none(self) -> Significance | None:
        """The significance against no oscillation; None where the model has no such point."""
        if self.question is None:
            return None
        try:
            return significance_of(self.question, best=self)
        except NuanomalyError:
            return None

    @cached_property
    def nuisances(self) -> dict[str, float]:
        """The nuisances at the best fit, by id."""
        if self.question is None:
            return {}
        what = self.question
        places = what.likelihood.profiled(what.model, self._points)[1]
        return {name: float(places[name][0]) for name in what.likelihood.nuisances.ids}

    @property
    def pulls(self) -> dict[str, float]:
        """The nuisances at the best fit in standard deviations of their priors; free ones left out.

        Pulls that a statistic profiles itself are there too, by their own names.
        """
        if self.question is None:
            return {}
        where = {name: np.array([value]) for name, value in self.nuisances.items()}
        arrays = self.question.likelihood.nuisances.pulls(where)
        own = {name: pull for part in self.breakdown for name, pull in part.own_pulls.items()}
        return {name: float(pull[0]) for name, pull in arrays.items()} | own

    @cached_property
    def breakdown(self) -> tuple[Breakdown, ...]:
        """What each bin of each data set adds to the value at the best fit, and which terms are of no bin.

        Together with :attr:`priors` they add up to the value.
        """
        if self.question is None:
            return ()
        where = {name: np.array([value]) for name, value in self.nuisances.items()}
        return self.question.likelihood.breakdown(self.question.model, self._points, where)

    @property
    def priors(self) -> dict[str, float]:
        """What the prior of each profiled nuisance adds to the value at the best fit, by id."""
        if self.question is None:
            return {}
        where = {name: np.array([value]) for name, value in self.nuisances.items()}
        terms = self.question.likelihood.nuisances.prior_terms(where)
        return {name: float(term[0]) for name, term in terms.items()}

    @property
    def _points(self) -> dict[str, Array]:
        assert self.question is not None
        return self.question.objective.points({n: np.array([v]) for n, v in self.parameters.items()})

    @property
    def delta(self) -> float | None:
        """The statistic without oscillation less the smallest."""
        return None if self.against_none is None else self.against_none.delta

    @property
    def dof(self) -> int | None:
        """How many parameters the data constrain; see :func:`significance`."""
        return None if self.against_none is None else self.against_none.dof

    @property
    def p_value(self) -> float | None:
        """The p-value of no oscillation."""
        return None if self.against_none is None else self.against_none.p_value

    @property
    def sigma(self) -> float | None:
        """The number of σ of that."""
        return None if self.against_none is None else self.against_none.sigma

    @property
    def how(self) -> str:
        """How the significance was obtained."""
        if self.against_none is None:
            return "best fit; no significance: the model has no point without oscillation"
        return f"best fit against no oscillation, {self.against_none.how}"

    @property
    def _units(self) -> dict[str, str]:
        return {} if self.question is None else self.question.units

    def __str__(self) -> str:
        return (
            f"{' + '.join(self.datasets)}, {self.model}: {SYMBOLS[self.statistic]} = {self.value:.2f} at "
            f"{point_text(self.parameters, self._units)}{'' if self.converged else ' (not converged)'}"
        )

    def summary(self) -> dict[str, str]:
        """Return what a notebook shows of it."""
        entries = {"data": " + ".join(self.datasets), "model": self.model}
        bins = "" if self.n_bins is None else f" ({self.n_bins} bins)"
        entries[f"smallest {SYMBOLS[self.statistic]}"] = f"{self.value:.4f}{bins}"
        for name, value in self.parameters.items():
            lower, upper = self.errors.get(name, (np.nan, np.nan))
            spread = f" −{abs(lower):.3g} +{upper:.3g}" if name in self.errors else ""
            edge = " (at the edge of its range)" if name in self.at_boundary else ""
            entries[name] = point_text({name: value}, self._units).partition(" = ")[2] + spread + edge
        entries["found by"] = self.agreement
        return entries | test_rows(self)

    @property
    def agreement(self) -> str:
        """How many searches ended at this best fit, in words."""
        said = f"{self.agreeing} of {self.searches} searches begun in different places"
        return said if self.converged else f"{said}: not converged, the lowest point may be another one"

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return the parameters with their errors, as they are stored."""
        import pandas as pd

        errors = {name: self.errors.get(name, (np.nan, np.nan)) for name in self.parameters}
        rows = [(name, value, *errors[name]) for name, value in self.parameters.items()]
        return {"parameters": pd.DataFrame(rows, columns=["parameter", "value", "lower", "upper"])}

    def to_dict(self) -> dict[str, Any]:
        """Return the fit for a result file."""
        return {
            "datasets": list(self.datasets),
            "modes": dict(self.modes),
            "model": self.model,
            "statistic": self.statistic,
            "value": self.value,
            "n_bins": self.n_bins,
            "parameters": dict(self.parameters),
            "errors": {name: list(both) for name, both in self.errors.items()},
            "fixed": dict(self.fixed),
            "ranges": {name: list(both) for name, both in self.ranges.items()},
            "at_boundary": list(self.at_boundary),
            "converged": self.converged,
            "searches": self.searches,
            "agreeing": self.agreeing,
            "ends": list(self.ends),
            "overlaps": [o.to_dict() for o in self.overlaps],
            "approximate": self.approximate,
            "left_out": dict(self.left_out),
            "private": list(self.private),
            "nuisances": {n: {"value": v, "pull": self.pulls.get(n)} for n, v in self.nuisances.items()},
            "pulls": self.pulls,
        }


@named_after(2, "fixed", "grid", hints={dict: "grid"})
def fit(
    data: Data,
    model: AnyModel,
    *,
    errors: str | None = None,
    seed: int = 0,
    workers: int = 1,
    limit: float = LIMIT,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> Fit:
    """Return the best fit of one or several data sets, and how many searches agree on it.

    Up to three free parameters, the first search is a grid; above it is, like all others, made of starts that
    fill the space and of descents from the lowest of them.

    Parameters
    ----------
    data, model, mode, allow_overlap, leave_out
        See :class:`~nuanomaly.inference.question.Question`; several data sets are added up.
    fixed : mapping, optional
        Parameters that are not fitted; those with a default are not either, unless ``grid`` names them.
    grid : mapping, optional
        Range and starting grid of parameters (their own range if left out). The fit stays inside, but an
        amplitude may go down to zero.
    errors : {"hesse", "minos"}, optional
        Errors by curvature, or where the statistic has risen by one.
    seed : int
        Of the starting points of searches.
    workers : int
        Processes on this machine; the result is the same with any number.
    limit : float
        A fit that is estimated to take longer is refused, in seconds.
    progress : callable, optional
        Called with the points done and the points in all.

    Raises
    ------
    UnknownNameError, OverlapError, NotApplicableError
    UnfeltModelError
        If the data depend on none of the free parameters.
    NuanomalyError
        If it would take longer than the limit.

    Examples
    --------
    >>> best = fit("best", "2nu-ee")
    >>> best.agreement
    '3 of 3 searches begun in different places'
    >>> round(best.delta, 1), best.how
    (38.2, 'best fit against no oscillation, Wilks, dof 2, two-sided')
    """
    what = Question(data, model, **settings)
    return fit_of(what, errors, progress, Effort(seed, workers, limit))


def fit_of(
    what: Question,
    errors: str | None = None,
    progress: Progress | None = None,
    effort: Effort | None = None,
) -> Fit:
    """Return the best fit that answers a question; see :func:`fit`."""
    what.check_felt()
    minimum = minimise(what.objective, what.axes, what.parameters, errors, progress=progress, effort=effort)
    return fit_at(what, minimum)


def fit_at(what: Question, minimum: Minimum) -> Fit:
    """Return a minimum with all that is known of it."""
    likelihood = what.likelihood
    return Fit(
        datasets=what.names,
        model=what.model.name,
        value=minimum.value,
        parameters=minimum.parameters,
        at_boundary=minimum.at_boundary,
        statistic=likelihood.statistic,
        n_bins=likelihood.n_bins,
        errors=minimum.errors,
        converged=minimum.converged,
        searches=minimum.searches,
        agreeing=minimum.agreeing,
        ends=minimum.ends,
        cpu_seconds=minimum.seconds,
        fixed=what.fixed,
        modes=what.modes,
        overlaps=what.overlaps,
        approximate=likelihood.approximate,
        left_out=what.left_out,
        private=what.private,
        ranges={a.name: (a.low, a.high) for a in what.axes},
        question=what,
    )


@named_after(2, "parameter", "fixed", "grid")
def profile(
    data: Data,
    model: AnyModel,
    *,
    parameter: str,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> Scan:
    """Return the scan of one parameter, all other free ones minimised over at each of its values.

    Parameters
    ----------
    parameter : str
        On 201 points over its own range, unless ``grid`` says otherwise.
    data, model, fixed, grid, mode, allow_overlap, leave_out, progress
        As for :func:`fit`.
    """
    what = Question(data, model, **settings)
    return profile_of(what, parameter, progress)


def profile_of(what: Question, parameter: str, progress: Progress | None = None) -> Scan:
    """Return the profile that answers a question; see :func:`profile`."""
    along = what.given(grid={parameter: 201, **what.grid})
    others = [a.name for a in along.axes if a.name != parameter]
    return scan_of(what.given(grid={a.name: a.values for a in along.axes}), others, progress)


@named_after(2, "fixed", "grid", hints={dict: "grid"})
def significance(
    data: Data,
    model: AnyModel,
    *,
    dof: int | None = None,
    sided: Sided = "two-sided",
    best: Fit | None = None,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> Significance:
    """Return the significance of oscillation: the statistic without it less the smallest, by Wilks' theorem.

    Parameters
    ----------
    data, model, fixed, grid, mode, allow_overlap, leave_out, progress
        As for :func:`fit`.
    dof : int, optional
        Degrees of freedom; the rank of the Jacobian of the predictions if left out, without parameters that
        ended at an edge of their range where the data do not feel them.
    sided : {"two-sided", "one-sided"}
        How the p-value is turned into σ.
    best : Fit, optional
        The best fit, if it is known.

    Notes
    -----
    Without oscillation the mass splitting means nothing and the amplitude is at its edge, so that Wilks'
    theorem does not hold: the number is a convention until toys replace it.
    """
    what = Question(data, model, **settings)
    return significance_of(what, dof=dof, sided=sided, best=best, progress=progress)


def significance_of(
    what: Question,
    *,
    dof: int | None = None,
    sided: Sided = "two-sided",
    best: Fit | None = None,
    progress: Progress | None = None,
) -> Significance:
    """Return the significance that answers a question; see :func:`significance`."""
    smallest = best or fit_of(what, progress=progress)
    null = what.null_value
    uncounted: tuple[str, ...] = ()
    if dof is None:
        best_fit = smallest.parameters
        uncounted = unfelt_at_edges(
            what.objective, what.axes, what.parameters, best_fit, smallest.at_boundary
        )
        dof = constrained(what.objective, what.axes, best_fit, uncounted)
    delta = null - smallest.value
    return Significance(delta, dof, sided, against="no oscillation", uncounted=uncounted)
