"""What remains of the data over the prediction once some bins have constrained it.

See :func:`nuanomaly.likelihood.algebra.constraint.constrain`.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import (
    Outputs,
    completed,
)
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import OfLikelihood, Point
from nuanomaly.likelihood.algebra.constraint import constrain
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.families.count_chi2 import counting_variance
from nuanomaly.likelihood.families.definitions import CountingVariance
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.counts_covariance import CountsCovariance
from nuanomaly.likelihood.statistic.scaled_covariance import ScaledCovariance
from nuanomaly.model.registry import model as make_model


class BinRange(TypedDict):
    """Bins of the stack."""

    bins: Annotated[str, "Group of bins of the stack."]
    range: NotRequired[
        Annotated[Outputs, "First bin of the group, and the one after the last; all if left out."]
    ]


BinRanges = Annotated[list[BinRange], {"minItems": 1}]


class Options(OfLikelihood):
    """Options of the benchmark."""

    model: Annotated[str, "Name of the model."]
    parameters: Annotated[Point, "The point at which prediction and covariance are taken."]
    constrain: Annotated[BinRanges, "The bins that constrain."]
    over: Annotated[BinRanges, "The bins that are compared."]
    which: Annotated[
        Literal["prediction", "excess", "excess-error", "chi2"],
        "Constrained prediction, data minus it (both summed), its error, or χ² with the constrained "
        "covariance.",
    ]
    statistical: NotRequired[
        Annotated[CountingVariance, {"default": "neyman"}, "Variance of the counts that constrain."]
    ]


WithCovariance = ScaledCovariance | CountsCovariance


@completed
def compute(config: Options, release: Release) -> float:
    """Return the prediction or excess in events, its error, or the χ².

    Raises
    ------
    NuanomalyError
        If the statistic of the release has no covariance of its bins.
    """
    chosen = likelihood(release, config.get("mode"))
    statistic = chosen.measure if isinstance(chosen, ResponseLikelihood) else None
    if not isinstance(chosen, ResponseLikelihood) or not isinstance(statistic, WithCovariance):
        raise NuanomalyError(
            f"{release.id}: `constrained` needs the statistic scaled-covariance or counts-covariance"
        )
    model = make_model(config["model"])
    prediction = chosen.prediction(model, chosen.points(model, config["parameters"]))
    systematic = (
        statistic.systematic(prediction)
        if isinstance(statistic, CountsCovariance)
        else statistic.covariance(prediction)
    )
    variance = counting_variance(statistic.data, prediction.mu[0], config["statistical"])
    fitted, covariance = constrain(
        prediction.mu[0],
        systematic[0],
        statistic.data,
        _bins(config["constrain"], statistic, release),
        variance,
    )
    over = _bins(config["over"], statistic, release)
    rest, error = (statistic.data - fitted)[over], covariance[np.ix_(over, over)]
    if config["which"] == "chi2":
        return float(rest @ np.linalg.solve(error, rest))
    sums = {"prediction": fitted[over].sum(), "excess": rest.sum(), "excess-error": np.sqrt(error.sum())}
    return float(sums[config["which"]])


def _bins(declared: Sequence[BinRange], statistic: WithCovariance, release: Release) -> NDArray[np.bool_]:
    """Return which bins are meant."""
    groups = statistic.stack.groups
    chosen = np.zeros(statistic.n_bins, bool)
    for entry in declared:
        if entry["bins"] not in groups:
            raise UnknownNameError("group of bins", entry["bins"], groups, release.id)
        group = groups[entry["bins"]]
        first, last = entry.get("range", (0, group.stop - group.start))
        chosen[group.start + first : min(group.start + last, group.stop)] = True
    return chosen
