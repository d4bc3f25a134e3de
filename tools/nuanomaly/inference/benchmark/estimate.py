"""The estimate of one parameter, all others fixed: its value, an error, or how far it is from a value."""

from typing import Annotated, Literal, NotRequired

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import Range, completed
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import OfData, Point, chosen
from nuanomaly.likelihood.cevns.members import flux_average
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.registry import model as make_model


class Options(OfData):
    """Options of the benchmark."""

    model: Annotated[str, "Name of the model."]
    parameters: NotRequired[
        Annotated[
            Point, {"default": {}}, "Values of the other parameters; their own defaults where left out."
        ]
    ]
    parameter: Annotated[str, "The parameter that is estimated."]
    between: Annotated[Range, "Where its best value and errors are looked for."]
    which: Annotated[
        Literal["value", "plus", "minus", "significance", "nuisance"],
        "The best value, an error (where the statistic has risen by one), or standard deviations from null, "
        "or "
        "1 + ξ of a nuisance at the best value.",
    ]
    nuisance: NotRequired[Annotated[str, "Id of that nuisance."]]
    null: NotRequired[Annotated[float, {"default": 0.0}, "Value that the significance is against."]]
    times: NotRequired[
        Annotated[
            Literal["events", "flux-average"] | float,
            {"default": 1.0},
            "What a unit of the parameter is worth: events that it adds to the prediction, the response's "
            "average "
            "cross section in 1e-40 cm², or a number.",
        ]
    ]


#: Points of the grid on which the lowest valley is found.
_POINTS = 41


@completed
def compute(config: Options, release: Release) -> float:
    """Return the wanted number.

    Raises
    ------
    NuanomalyError
        If the best value, or an error, is at an end of the interval.
    """
    likelihood = chosen(config, release)
    name, model = config["parameter"], config["model"]
    given = config["parameters"]
    low, high = config["between"]

    def value(x: float) -> float:
        return float(likelihood.chi2(model, **given, **{name: x}))

    grid = np.linspace(low, high, _POINTS)
    values = np.asarray(likelihood.chi2(model, **given, **{name: grid}))
    k = int(np.argmin(values))
    if k in (0, _POINTS - 1):
        raise NuanomalyError(f"{release.id}: the best {name} is at an end of {config['between']}: widen it")
    best = minimize_scalar(
        value, bounds=(grid[k - 1], grid[k + 1]), method="bounded", options={"xatol": 1e-7}
    )
    at, smallest = float(best.x), float(best.fun)
    which = config["which"]
    if which == "significance":
        return float(np.sqrt(value(config["null"]) - smallest))
    if which == "nuisance":
        points = likelihood.points(make_model(model), {**given, name: at})
        array = likelihood.profiled(make_model(model), points)[1][config["nuisance"]]
        return float((1.0 + array[0]) * float(config["times"]))
    scale = _scale(config, likelihood)
    if which == "value":
        return at * scale
    end = high if which == "plus" else low
    if not value(end) > smallest + 1.0:
        raise NuanomalyError(f"{release.id}: {name} has no error inside {config['between']}: widen it")
    edge = brentq(lambda x: value(float(x)) - smallest - 1.0, min(at, end), max(at, end))
    return abs(float(edge) - at) * scale


def _scale(config: Options, likelihood: Likelihood) -> float:
    """Return what a unit of the parameter is worth."""
    times = config["times"]
    if times == "flux-average":
        return flux_average(likelihood)
    if times != "events":
        return float(times)
    given, name = config["parameters"], config["parameter"]
    one, none = (likelihood.predict(config["model"], **given, **{name: x}).sum() for x in (1.0, 0.0))
    return float(one - none)
