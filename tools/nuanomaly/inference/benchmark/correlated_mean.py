"""The mean of ratios that share the error of a cross section, by a named convention, without oscillation.

Conventions:

* ``per-measurement``: each variance is error² + (common · ratio)², all independent (eq. 23 of
  arXiv:2201.07364).
* ``added-linearly``: the mean of the first isotope from its own errors alone, its error plus common · mean,
  linearly; then the mean with the other isotopes, theirs unchanged (eq. 24 of arXiv:2201.07364).
* ``scaled-with-measurement``: covariance diag(error²) + common² · ratio_i · ratio_j (arXiv:2209.00916). The
  common error grows with the ratio measured, which pulls the mean down.
* ``scaled-with-prediction``: the same with the mean in place of the ratios.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, NotRequired, TypedDict

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.archive.options import (
    NotNegative,
    PinnedRelease,
    completed,
    one_of,
)
from nuanomaly.archive.release import Release
from nuanomaly.model.probabilities import Array


class CrossSections(TypedDict):
    """Instead of common: a model whose cross section rescales the ratios and whose error they share.

    Ratios and errors are multiplied by the cross section of the reference over that of the model, and the
    relative error of the model (mean of plus and minus) is common: that of the first isotope to all, what
    another isotope has in excess (in quadrature) to its own.
    """

    table: Annotated[str, "Columns model, isotope, cross_section, plus, minus."]
    model: Annotated[str, "The model that is assumed."]
    reference: Annotated[str, "The model the ratios refer to."]


@one_of("common", "cross_section")
class Options(TypedDict):
    """Options of the benchmark."""

    members: NotRequired[
        Annotated[
            list[PinnedRelease],
            {"minItems": 1},
            "Releases whose measurements are averaged; the release itself if left out.",
        ]
    ]
    table: Annotated[str, "Table with columns measurement and isotope."]
    ratio: Annotated[str, "Its column of ratios."]
    error: Annotated[str, "Its column of errors."]
    common: NotRequired[Annotated[NotNegative, "Relative error that all ratios share."]]
    cross_section: NotRequired[CrossSections]
    convention: Annotated[
        Literal["per-measurement", "added-linearly", "scaled-with-measurement", "scaled-with-prediction"],
        "How the common error enters.",
    ]
    which: Annotated[
        Literal["mean", "error", "relative-error", "significance"],
        "The number wanted; the significance is √(χ²(1) − χ²(mean)).",
    ]


CONVENTIONS = ("per-measurement", "added-linearly", "scaled-with-measurement", "scaled-with-prediction")
RESULTS = ("mean", "error", "relative-error", "significance")


@dataclass(frozen=True)
class Ratios:
    """Ratios with their own errors, what they share, and what one isotope has in excess; shape (n,) each."""

    ratio: Array
    error: Array
    common: Array
    excess: Array
    first: "np.ndarray[tuple[int], np.dtype[np.bool_]]"


@completed
def compute(config: Options, release: Release) -> float:
    """Return the wanted number.

    Raises
    ------
    UnknownNameError
        For an unknown convention or result.
    NuanomalyError
        For a significance by a convention that defines none.
    """
    convention, which = config["convention"], config["which"]
    if convention not in CONVENTIONS:
        raise UnknownNameError("convention", convention, CONVENTIONS, release.id)
    if which not in RESULTS:
        raise UnknownNameError("result", which, RESULTS, release.id)
    data = read(config, release)
    if convention in ("per-measurement", "added-linearly"):
        if which == "significance":
            raise NuanomalyError(f"convention {convention!r} gives a mean and an error, no significance")
        mean, error = (_per_measurement if convention == "per-measurement" else _added_linearly)(data)
    else:
        mean, error = _mean_and_error(data, convention)
    if which == "significance":
        return float(np.sqrt(_chi2(data, convention, 1.0) - _chi2(data, convention, mean)))
    return {"mean": mean, "error": error, "relative-error": error / mean}[which]


def read(config: Options, release: Release) -> Ratios:
    """Return the measurements of all members."""
    members = [load(name) for name in config["members"]] if "members" in config else [release]
    rows = pd.concat([m.table(config["table"]) for m in members], ignore_index=True)
    ratio, error = rows[config["ratio"]].to_numpy(float), rows[config["error"]].to_numpy(float)
    isotopes = rows["isotope"].tolist()
    first = np.array([isotope == isotopes[0] for isotope in isotopes])
    if "cross_section" not in config:
        common = np.full(ratio.size, config["common"])
        return Ratios(ratio, error, common, np.zeros(ratio.size), first)
    wanted = config["cross_section"]
    sections = pd.concat([m.table(wanted["table"]) for m in members], ignore_index=True)
    model = [_row(sections, wanted["model"], isotope) for isotope in isotopes]
    reference = [_row(sections, wanted["reference"], isotope) for isotope in isotopes]
    factor = np.array([b / m for (b, _), (m, _) in zip(reference, model, strict=True)])
    relative = np.array([e / m for m, e in model])
    common = np.full(ratio.size, relative[0])
    excess = np.sqrt(np.maximum(relative**2 - common**2, 0.0))
    return Ratios(ratio * factor, error * factor, common, np.where(first, 0.0, excess), first)


def _row(sections: pd.DataFrame, model: str, isotope: str) -> tuple[float, float]:
    """Return cross section and mean error of a model."""
    frame = sections[(sections["model"] == model) & (sections["isotope"] == isotope)]
    if frame.empty:
        raise UnknownNameError("model", model, sections["model"], f"the cross sections for {isotope}")
    row = frame.iloc[0]
    return float(row["cross_section"]), 0.5 * float(row["plus"] + row["minus"])


def _weighted(value: Array, error: Array) -> tuple[float, float]:
    weight = 1.0 / error**2
    return float((weight * value).sum() / weight.sum()), float(weight.sum() ** -0.5)


def _per_measurement(data: Ratios) -> tuple[float, float]:
    return _weighted(data.ratio, np.hypot(data.error, data.common * data.ratio))


def _added_linearly(data: Ratios) -> tuple[float, float]:
    mean, error = _weighted(data.ratio[data.first], data.error[data.first])
    error += float(data.common[0]) * mean
    others = ~data.first
    return _weighted(np.append(data.ratio[others], mean), np.append(data.error[others], error))


def _covariance(data: Ratios, convention: str, mean: float) -> Array:
    level = data.ratio if convention == "scaled-with-measurement" else np.full(data.ratio.size, mean)
    shared = data.common * level
    return np.asarray(np.diag(data.error**2 + (data.excess * level) ** 2) + np.outer(shared, shared))


def _chi2(data: Ratios, convention: str, mean: float) -> float:
    residual = data.ratio - mean
    return float(residual @ np.linalg.solve(_covariance(data, convention, mean), residual))


def _mean_and_error(data: Ratios, convention: str) -> tuple[float, float]:
    """Return where χ² is smallest, and the error of a weighted mean with the covariance there."""
    if convention == "scaled-with-measurement":
        inverse = np.linalg.inv(_covariance(data, convention, 1.0))
        return float(inverse.sum(0) @ data.ratio / inverse.sum()), float(inverse.sum() ** -0.5)
    minimum = minimize_scalar(
        lambda mean: _chi2(data, convention, mean),
        bounds=(data.ratio.min(), data.ratio.max()),
        method="bounded",
        options={"xatol": 1e-10},
    )
    mean = float(minimum.x)
    return mean, float(np.linalg.inv(_covariance(data, convention, mean)).sum() ** -0.5)
