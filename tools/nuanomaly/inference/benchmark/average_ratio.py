"""One constant times the prediction of a model, fitted to the data with all their errors.

With a model of known oscillation it is the average of measured over expected rates, each corrected for that
oscillation. Nuisances are profiled with their priors; their effects are multiplied by the constant, as a flux
error is.
"""

from typing import Annotated, Literal, NotRequired

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import completed
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import OfLikelihood, Point
from nuanomaly.likelihood.build import likelihood as of_mode
from nuanomaly.likelihood.parts import Prediction
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.model.registry import model as make_model


class Options(OfLikelihood):
    """Options of the benchmark."""

    model: Annotated[str, "Model whose prediction is multiplied."]
    parameters: NotRequired[
        Annotated[Point, {"default": {}}, "Its parameters; those with a default may be left out."]
    ]
    which: Annotated[
        Literal["ratio", "error", "value"],
        "The constant, its error (half of the interval where χ² rises by one), or the statistic there.",
    ]


RESULTS = ("ratio", "error", "value")
#: Where the constant is searched.
_RANGE = (0.2, 2.0)


@completed
def compute(config: Options, release: Release) -> float:
    """Return the wanted number.

    Raises
    ------
    UnknownNameError
        If ``which`` is none of the results.
    NuanomalyError
        If the likelihood has no prediction that could be multiplied.
    """
    which = config["which"]
    if which not in RESULTS:
        raise UnknownNameError("result", which, RESULTS, release.id)
    likelihood, model = of_mode(release, config.get("mode")), make_model(config["model"])
    if not isinstance(likelihood, ResponseLikelihood):
        raise NuanomalyError(f"{likelihood.release}: only a likelihood with a response has an average ratio")
    nominal = likelihood.prediction(model, likelihood.points(model, config["parameters"]))

    def value(constant: float) -> float:
        scaled = Prediction(constant * nominal.mu, constant * nominal.jacobian)
        return float(likelihood.measure.value(scaled)[0])

    minimum = minimize_scalar(value, bounds=_RANGE, method="bounded", options={"xatol": 1e-8})
    best, lowest = float(minimum.x), float(minimum.fun)
    if which != "error":
        return best if which == "ratio" else lowest
    above = np.array([brentq(lambda c: value(c) - lowest - 1.0, best, end) for end in _RANGE])
    return float(0.5 * np.ptp(above))
