"""How much a result depends on the definition of χ²: best fit, Δχ² and significance for each of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.datasets import Dataset, Mode, resolve
from nuanomaly.inference.fit import fit, significance
from nuanomaly.inference.grid import Grid, axes, free_names, known_parameters
from nuanomaly.inference.nullpoint import null_point
from nuanomaly.likelihood.base import AnyModel, Likelihood, ResponseLikelihood
from nuanomaly.likelihood.ensemble import Generates
from nuanomaly.likelihood.variants import with_fixed_covariance
from nuanomaly.model.base import Model, NotApplicableError
from nuanomaly.model.registry import model as make_model

#: Fields of statistics that say which definition is taken, and their other choices.
_CHOICES: Mapping[str, tuple[Any, ...]] = {
    "statistical": ("combined-neyman-pearson", "neyman", "pearson"),
    "variance": ("combined", "data", "prediction"),
    "log_determinant": (True, False),
}


@dataclass(frozen=True)
class Row:
    """One definition of χ², and what it gives."""

    definition: str
    value: float
    parameters: Mapping[str, float]
    delta: float
    sigma: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the row for a result file."""
        return {
            "definition": self.definition,
            "value": self.value,
            "parameters": dict(self.parameters),
            "delta_null": self.delta,
            "sigma": self.sigma,
        }


def ablation(
    dataset: Dataset,
    model: AnyModel,
    grid: Grid | None = None,
    fixed: Mapping[str, float] | None = None,
    *,
    mode: Mode = None,
) -> list[Row]:
    """Return what each definition of χ² gives that makes sense for a data set, its own first.

    They are: another statistical variance (Neyman, Pearson, combined), without ln det, nuisances in a
    covariance taken at the data or at the prediction without oscillation, and each group of ten per cent of
    the bins left out, where the covariance is fixed.
    """
    (likelihood,), chosen = resolve(dataset, mode), make_model(model)
    rows = []
    for definition, variant in variants(likelihood, chosen, grid or {}, fixed or {}):
        best = fit(variant, chosen, fixed, grid)
        test = significance(variant, chosen, fixed, grid, best=best)
        rows.append(Row(definition, best.value, best.parameters, test.delta, test.sigma))
    return rows


def variants(
    likelihood: Likelihood, model: Model, grid: Grid, fixed: Mapping[str, float]
) -> Iterator[tuple[str, Likelihood]]:
    """Give the definitions of χ² by name, the data set's own first."""
    yield "as released", likelihood
    if isinstance(likelihood, ResponseLikelihood):
        yield from _other_choices(likelihood)
    known = known_parameters(likelihood, model)
    given = {k: v for k, v in fixed.items() if k in known}
    free = axes(known, free_names(known, {k: v for k, v in grid.items() if k in known}, given), grid)
    try:
        null = likelihood.points(model, {**given, **null_point(free, known, model.name)})
        for at in ("prediction", "data"):
            if len(likelihood.nuisances):
                name = f"nuisances in a covariance at the {at}"
                yield name, with_fixed_covariance(likelihood, model, null, at)
        whole = with_fixed_covariance(likelihood, model, null)
    except (NotApplicableError, NuanomalyError):
        return
    size = whole.observed.size
    parts = np.array_split(np.arange(size), min(10, size)) if size > 2 else []
    covariance = np.linalg.pinv(whole.inverse, hermitian=True)
    for part in parts:
        kept = np.setdiff1d(np.arange(size), part)
        inverse = np.zeros_like(covariance)
        inverse[np.ix_(kept, kept)] = np.linalg.pinv(covariance[np.ix_(kept, kept)], hermitian=True)
        yield f"without bins {part[0]} to {part[-1]}", replace(whole, inverse=inverse)


def _other_choices(likelihood: ResponseLikelihood) -> Iterator[tuple[str, Likelihood]]:
    measure = likelihood.measure
    if not isinstance(measure, Generates):
        return
    for name, choices in _CHOICES.items():
        own = getattr(measure, name, None)
        if own not in choices:
            continue
        for choice in choices:
            if choice != own:
                changed: Any = replace(measure, **{name: choice})  # type: ignore[type-var]
                said = "without ln det" if name == "log_determinant" and not choice else f"{name}: {choice}"
                yield said, replace(likelihood, measure=changed, statistic=changed.kind)
