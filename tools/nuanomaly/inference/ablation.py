"""How much a result depends on the definition of χ²: best fit, Δχ² and significance for each of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from nuanomaly.inference.datasets import Dataset, Mode, resolve
from nuanomaly.inference.fit import fit, significance
from nuanomaly.inference.grid import Grid, axes, free_names, known_parameters
from nuanomaly.inference.nullpoint import null_point
from nuanomaly.likelihood.interface import AnyModel, Likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.counts_covariance import CountsCovariance, Statistical
from nuanomaly.likelihood.statistic.poisson import Poisson
from nuanomaly.likelihood.wrappers.count_definitions import ChiSquareOfCounts, PoissonWithCovariance
from nuanomaly.likelihood.wrappers.marginal import HasCovariance, without_bins
from nuanomaly.likelihood.wrappers.variants import with_covariance_of, with_fixed_covariance
from nuanomaly.model.probabilities import Array, Model, NotApplicableError
from nuanomaly.model.registry import model as make_model

#: What a row changes: nothing, the definition of χ², or which bins are used.
Group = Literal["own", "definition", "bins"]
#: Fields of statistics that say which definition is taken, their other choices, and how they are called.
_CHOICES: Mapping[str, Mapping[Any, str]] = {
    "statistical": {
        "combined-neyman-pearson": "variance: Neyman and Pearson combined",
        "neyman": "variance: Neyman (of the data)",
        "pearson": "variance: Pearson (of the prediction)",
        "signal": "counting error of the signal alone",
        "all": "counting error of signal and background",
        "none": "no counting error but that in the covariance",
    },
    "variance": {
        "combined": "variance: Neyman and Pearson combined",
        "data": "variance: Neyman (of the data)",
        "prediction": "variance: Pearson (of the prediction)",
    },
    "log_determinant": {True: "with ln det", False: "without ln det"},
}
#: Choices that stand for one another.
_SETS = (
    ("combined-neyman-pearson", "neyman", "pearson"),
    ("signal", "all", "none"),
    ("combined", "data", "prediction"),
    (True, False),
)
#: Bins are left out in so many groups.
_PARTS = 10


@dataclass(frozen=True)
class Row:
    """One definition of χ², and what it gives.

    Attributes
    ----------
    definition : str
    group : {"own", "definition", "bins"}
    value : float
        At the best fit.
    parameters : mapping
        The best fit.
    delta : float
        The value without oscillation above that.
    sigma : float or None
        Of that, by Wilks' theorem.
    """

    definition: str
    group: Group
    value: float
    parameters: Mapping[str, float]
    delta: float
    sigma: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the row for a result file."""
        return {
            "definition": self.definition,
            "group": self.group,
            "value": self.value,
            "parameters": dict(self.parameters),
            "delta_null": self.delta,
            "sigma": self.sigma,
        }


@dataclass(frozen=True, eq=False)
class Variant:
    """A likelihood by another definition."""

    definition: str
    group: Group
    likelihood: Likelihood


def ablation(
    dataset: Dataset,
    model: AnyModel,
    grid: Grid | None = None,
    fixed: Mapping[str, float] | None = None,
    *,
    mode: Mode = None,
    bins: bool = True,
) -> list[Row]:
    """Return what each definition of χ² gives that makes sense for a data set, its own first.

    They are: another counting variance (Neyman, Pearson, combined) or a Poisson likelihood, with or without
    ln det, a covariance taken at the data or at the prediction without oscillation, and each tenth of the
    bins left out.

    Parameters
    ----------
    dataset : str or Likelihood
        One data set; a group (``gallium``) is one.
    model, grid, fixed, mode
        As for :func:`nuanomaly.inference.fit.fit`.
    bins : bool
        Leave bins out, too.

    Examples
    --------
    >>> rows = ablation("karmen", "2nu-mue", {"dm2_41": 15, "sin2_2theta_mue": 9}, bins=False)
    >>> [row.definition for row in rows]  # doctest: +NORMALIZE_WHITESPACE
    ['as released', 'variance: Neyman and Pearson combined', 'variance: Neyman (of the data)',
     'variance: Pearson (of the prediction)']
    """
    (likelihood,), chosen = resolve(dataset, mode), make_model(model)
    rows = []
    for variant in variants(likelihood, chosen, grid, fixed, bins=bins):
        best = fit(variant.likelihood, chosen, fixed, grid)
        test = significance(variant.likelihood, chosen, fixed, grid, best=best)
        rows.append(
            Row(variant.definition, variant.group, best.value, best.parameters, test.delta, test.sigma)
        )
    return rows


def variants(
    likelihood: Likelihood,
    model: Model,
    grid: Grid | None = None,
    fixed: Mapping[str, float] | None = None,
    *,
    bins: bool = True,
) -> Iterator[Variant]:
    """Give the definitions of χ², the data set's own first; arguments as of :func:`ablation`."""
    yield Variant("as released", "own", likelihood)
    if isinstance(likelihood, ResponseLikelihood):
        for said, measure in _other_measures(likelihood.measure):
            changed = replace(likelihood, measure=measure, statistic=measure.kind)
            yield Variant(said, "definition", changed)
    null = _null(likelihood, model, grid or {}, fixed or {})
    for said, other in _other_covariances(likelihood, model, null):
        yield Variant(said, "definition", other)
    size = likelihood.n_bins or 0
    if not bins or size < 3:
        return
    for part in np.array_split(np.arange(size), min(_PARTS, size)):
        named = f"bin {part[0]}" if part.size == 1 else f"bins {part[0]} to {part[-1]}"
        try:
            yield Variant(f"without {named}", "bins", without_bins(likelihood, part.tolist()))
        except NotApplicableError:
            return


def _null(likelihood: Likelihood, model: Model, grid: Grid, fixed: Mapping[str, float]) -> dict[str, Array]:
    """Return the complete point without oscillation, shape (1,) each."""
    known = known_parameters(likelihood, model)
    given = {k: v for k, v in fixed.items() if k in known}
    free = axes(known, free_names(known, {k: v for k, v in grid.items() if k in known}, given), grid)
    return likelihood.points(model, {**given, **null_point(free, known, model.name)})


def _other_measures(measure: Any) -> Iterator[tuple[str, Any]]:
    """Give other statistics of the same data and predictions, by name."""
    for name, said in _CHOICES.items():
        own = getattr(measure, name, None)
        for choice in next((s for s in _SETS if own in s), ()) if own in said else ():
            if choice != own:
                yield said[choice], replace(measure, **{name: choice})
    if isinstance(measure, Poisson):
        for choice in get_args(Statistical):
            counts = ChiSquareOfCounts(measure.data, measure.nuisances, choice)
            yield _CHOICES["statistical"][choice], counts
    elif isinstance(measure, CountsCovariance):
        yield "Poisson, with the covariance of its means", PoissonWithCovariance(measure)


def _other_covariances(
    likelihood: Likelihood, model: Model, null: Mapping[str, Array]
) -> Iterator[tuple[str, Likelihood]]:
    """Give the likelihood with one covariance for all hypotheses, at the prediction and at the data."""
    sides: tuple[Literal["prediction", "data"], ...] = ("prediction", "data")
    for at in sides:
        try:
            if isinstance(likelihood, ResponseLikelihood) and isinstance(likelihood.measure, HasCovariance):
                yield f"covariance fixed at the {at}", with_covariance_of(likelihood, model, null, at)
            elif len(likelihood.nuisances):
                found = with_fixed_covariance(likelihood, model, null, at)
                yield f"nuisances in a covariance at the {at}", found
        except NotApplicableError:
            return
