"""Best fits, profiles of one parameter, and the significance against no oscillation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nuanomaly.inference.datasets import (
    Dataset,
    FoundOverlap,
    Mode,
    check_overlaps,
    joint,
    labels,
    modes,
    resolve,
)
from nuanomaly.inference.grid import Axis, Grid, axes, free_names, known_parameters
from nuanomaly.inference.minimise import minimise
from nuanomaly.inference.minuit import Minimum
from nuanomaly.inference.nullpoint import null_value
from nuanomaly.inference.objective import Objective, Progress
from nuanomaly.inference.rank import rank
from nuanomaly.inference.scan import Scan, scan
from nuanomaly.inference.significance import Sided, Significance
from nuanomaly.likelihood.interface import AnyModel, Likelihood
from nuanomaly.likelihood.parts import StatisticKind
from nuanomaly.model.probabilities import Parameter
from nuanomaly.model.registry import model as make_model


@dataclass(frozen=True)
class Fit:
    """A best fit.

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
        Whether the local fit says so.
    fixed, modes : mapping
    overlaps : tuple of FoundOverlap
    approximate : str
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

    def as_dict(self) -> dict[str, Any]:
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
            "at_boundary": list(self.at_boundary),
            "converged": self.converged,
            "overlaps": [o.as_dict() for o in self.overlaps],
            "approximate": self.approximate,
        }


@dataclass(frozen=True, eq=False)
class Problem:
    """What is fitted: an objective, the axes of its free parameters, and what they are."""

    objective: Objective
    axes: tuple[Axis, ...]
    known: Mapping[str, Parameter]
    members: tuple[Likelihood, ...]
    overlaps: tuple[FoundOverlap, ...]

    def result(self, minimum: Minimum) -> Fit:
        """Return a minimum with all that is known of it."""
        likelihood = self.objective.likelihood
        return Fit(
            datasets=labels(self.members),
            model=self.objective.model.name,
            value=minimum.value,
            parameters=minimum.parameters,
            at_boundary=minimum.at_boundary,
            statistic=likelihood.statistic,
            n_bins=likelihood.n_bins,
            errors=minimum.errors,
            converged=minimum.converged,
            fixed=self.objective.fixed,
            modes=modes(self.members),
            overlaps=self.overlaps,
            approximate=likelihood.approximate,
        )


def problem(
    datasets: Dataset | Iterable[Dataset],
    model: AnyModel,
    fixed: Mapping[str, float] | None = None,
    grid: Grid | None = None,
    mode: Mode = None,
    allow_overlap: bool = False,
) -> Problem:
    """Return what is to be fitted; see :func:`fit` for the arguments."""
    members = resolve(datasets, mode)
    found = check_overlaps(members, allow_overlap)
    likelihood, chosen = joint(members), make_model(model)
    known, grid, fixed = known_parameters(likelihood, chosen), dict(grid or {}), dict(fixed or {})
    names = free_names(known, grid, fixed)
    return Problem(Objective(likelihood, chosen, fixed), axes(known, names, grid), known, members, found)


def fit(
    datasets: Dataset | Iterable[Dataset],
    model: AnyModel,
    fixed: Mapping[str, float] | None = None,
    grid: Grid | None = None,
    *,
    mode: Mode = None,
    errors: str | None = None,
    allow_overlap: bool = False,
    progress: Progress | None = None,
) -> Fit:
    """Return the best fit of one or several data sets: a grid, then local fits from its lowest valleys.

    Parameters
    ----------
    datasets, model, mode, allow_overlap, progress
        As for :func:`nuanomaly.inference.scan.scan`.
    fixed : mapping, optional
        Parameters that are not fitted; those with a default are not either, unless ``grid`` names them.
    grid : mapping, optional
        Range and starting grid of parameters (their own range if left out). The fit stays inside, but an
        amplitude may go down to zero.
    errors : {"hesse", "minos"}, optional
        Errors by curvature, or where the statistic has risen by one.

    Raises
    ------
    UnknownNameError, OverlapError, NotApplicableError
    """
    what = problem(datasets, model, fixed, grid, mode, allow_overlap)
    return what.result(minimise(what.objective, what.axes, what.known, errors, progress=progress))


def profile(
    datasets: Dataset | Iterable[Dataset],
    model: AnyModel,
    parameter: str,
    fixed: Mapping[str, float] | None = None,
    grid: Grid | None = None,
    *,
    mode: Mode = None,
    allow_overlap: bool = False,
    progress: Progress | None = None,
) -> Scan:
    """Return the scan of one parameter, all other free ones minimised over at each of its values."""
    what = problem(datasets, model, fixed, {parameter: 201, **(grid or {})}, mode, allow_overlap)
    others = [a.name for a in what.axes if a.name != parameter]
    spec: Grid = {a.name: a.values for a in what.axes}
    return scan(what.members, model, spec, fixed, others, allow_overlap=allow_overlap, progress=progress)


def significance(
    datasets: Dataset | Iterable[Dataset],
    model: AnyModel,
    fixed: Mapping[str, float] | None = None,
    grid: Grid | None = None,
    *,
    dof: int | None = None,
    sided: Sided = "two-sided",
    mode: Mode = None,
    allow_overlap: bool = False,
    best: Fit | None = None,
    progress: Progress | None = None,
) -> Significance:
    """Return the significance of oscillation: the statistic without it less the smallest, by Wilks' theorem.

    Parameters
    ----------
    dof : int, optional
        Degrees of freedom; the rank of the Jacobian of the predictions if left out.
    sided : {"two-sided", "one-sided"}
        How the p-value is turned into σ.
    best : Fit, optional
        The best fit, if it is known.

    Notes
    -----
    Without oscillation the mass splitting means nothing and the amplitude is at its edge, so that Wilks'
    theorem does not hold: the number is a convention until toys replace it.
    """
    what = problem(datasets, model, fixed, grid, mode, allow_overlap)
    smallest = best or what.result(minimise(what.objective, what.axes, what.known, progress=progress))
    null = null_value(what.objective, what.axes, what.known)
    if dof is None:
        dof = rank(what.objective, what.axes, near=[smallest.parameters]).constrained
    return Significance(null - smallest.value, dof, sided, against="no oscillation")
