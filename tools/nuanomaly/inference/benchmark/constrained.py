"""What remains of the data over the prediction once some bins have constrained it.

Config
------
model, parameters, mode : the point at which prediction and covariance are taken (mode may be left out)
constrain : list of {bins: group, range: [first, last)}, the bins that constrain; range may be left out
over : list of the same form, the bins that are compared
which : ``excess`` (data − constrained prediction, summed), ``excess-error`` (of the constrained prediction)
    or ``chi2`` (with the constrained covariance)

See :func:`nuanomaly.likelihood.constraint.constrain`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.base import ResponseLikelihood
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.constraint import constrain
from nuanomaly.likelihood.statistic.scaled_covariance import ScaledCovariance
from nuanomaly.model.registry import model as make_model


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the excess in events, its error, or the χ².

    Raises
    ------
    NuanomalyError
        If the statistic of the release has no covariance of its bins.
    """
    chosen = likelihood(release, config.get("mode"))
    if not isinstance(chosen, ResponseLikelihood) or not isinstance(chosen.measure, ScaledCovariance):
        raise NuanomalyError(f"{release.id}: `constrained` needs the statistic scaled-covariance")
    statistic, model = chosen.measure, make_model(config["model"])
    prediction = chosen.prediction(model, chosen.points(model, config["parameters"]))
    fitted, covariance = constrain(
        prediction.mu[0],
        statistic.covariance(prediction)[0],
        statistic.data,
        _bins(config["constrain"], statistic, release),
    )
    over = _bins(config["over"], statistic, release)
    rest, error = (statistic.data - fitted)[over], covariance[np.ix_(over, over)]
    if config["which"] == "chi2":
        return float(rest @ np.linalg.solve(error, rest))
    return float(rest.sum() if config["which"] == "excess" else np.sqrt(error.sum()))


def _bins(
    declared: Sequence[Mapping[str, Any]], statistic: ScaledCovariance, release: Release
) -> NDArray[np.bool_]:
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
