"""The estimate of one parameter, all others fixed: its value, an error, or how far it is from a value.

Config
------
model, mode, datasets : as for any likelihood
parameters : values of the other parameters (their defaults if left out)
parameter : the parameter that is estimated
between : [low, high], where its best value and errors are looked for
which : ``value``; ``plus`` or ``minus``, the errors where the statistic has risen by one; ``significance``,
    √ of how far the statistic at ``null`` is above the smallest, in standard deviations
nuisance : with ``which: nuisance``, the id of which 1 + ξ at the best value is wanted
null : value of the parameter that the significance is against (0 if left out)
times : ``events``, what one unit of the parameter adds to the prediction; ``flux-average``, the response's
    average cross section in 1e-40 cm²; or a number (optional)
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import chosen
from nuanomaly.likelihood.cevns.members import flux_average
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.registry import model as make_model

#: Points of the grid on which the lowest valley is found.
_POINTS = 41


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the wanted number.

    Raises
    ------
    NuanomalyError
        If the best value, or an error, is at an end of the interval.
    """
    likelihood = chosen(config, release)
    name, model = str(config["parameter"]), config["model"]
    given = dict(config.get("parameters", {}))
    low, high = map(float, config["between"])

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
        return float(np.sqrt(value(float(config.get("null", 0.0))) - smallest))
    if which == "nuisance":
        points = likelihood.points(make_model(model), {**given, name: at})
        array = likelihood.profiled(make_model(model), points)[1][config["nuisance"]]
        return float((1.0 + array[0]) * config.get("times", 1.0))
    scale = _scale(config, likelihood)
    if which == "value":
        return at * scale
    end = high if which == "plus" else low
    if not value(end) > smallest + 1.0:
        raise NuanomalyError(f"{release.id}: {name} has no error inside {config['between']}: widen it")
    edge = brentq(lambda x: value(float(x)) - smallest - 1.0, min(at, end), max(at, end))
    return abs(float(edge) - at) * scale


def _scale(config: Mapping[str, Any], likelihood: Likelihood) -> float:
    """Return what a unit of the parameter is worth."""
    times = config.get("times", 1.0)
    if times == "flux-average":
        return flux_average(likelihood)
    if times != "events":
        return float(times)
    given, name = dict(config.get("parameters", {})), str(config["parameter"])
    one, none = (likelihood.predict(config["model"], **given, **{name: x}).sum() for x in (1.0, 0.0))
    return float(one - none)
