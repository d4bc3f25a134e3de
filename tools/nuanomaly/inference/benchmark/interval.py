"""An end of the interval of one parameter in which the statistic stays below a level, the others fixed.

Config
------
model, mode : as for any likelihood (mode may be left out)
parameter : the parameter whose interval is wanted
at : values of the other parameters
level : the statistic is below this inside the interval
relative_to : ``best-fit`` to count the level from the best fit, inside the ranges of ``fit`` (optional)
fit : {parameter: [low, high]}, ranges of the best fit if they are not the parameters' own (optional)
which : ``low`` or ``high``
between : [low, high], where the interval is looked for, in the logarithm
grid : {table, column}, instead of ``between``: only these values are tried
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.optimize import brentq

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import Release
from nuanomaly.inference.fit import fit
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Array
from nuanomaly.model.registry import model as make_model

#: Points between the ends of ``between``: narrower structures would be missed.
_POINTS = 2001
#: Grid of the best fit, points per axis.
_FIT_POINTS = 121


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the wanted end of the interval, in the unit of the parameter.

    Raises
    ------
    NuanomalyError
        If no value is below the level, or the interval reaches the end of what was looked at.
    """
    chosen = likelihood(release, config.get("mode"))
    level = float(config["level"]) + reference(config, chosen)
    name, fixed = str(config["parameter"]), dict(config.get("at", {}))

    def excess(values: Array) -> Array:
        return np.asarray(chosen.chi2(config["model"], **fixed, **{name: values})) - level

    grid = config.get("grid")
    if grid is not None:
        values = np.unique(release.table(grid["table"])[grid["column"]].to_numpy(float))
    else:
        low, high = map(float, config["between"])
        values = np.geomspace(low, high, _POINTS)
    inside = np.flatnonzero(excess(values) < 0.0)
    if inside.size == 0:
        raise NuanomalyError(f"{release.id}: no {name} has a value below {level:g} at {fixed}")
    end = inside[0] if config["which"] == "low" else inside[-1]
    if grid is not None:
        return float(values[end])
    beyond = end - 1 if config["which"] == "low" else end + 1
    if not 0 <= beyond < values.size:
        raise NuanomalyError(
            f"{release.id}: the interval of {name} goes beyond {config['between']}: widen it"
        )
    crossing = brentq(lambda x: float(excess(np.array([x]))[0]), *sorted((values[end], values[beyond])))
    return float(crossing)


def reference(config: Mapping[str, Any], chosen: Likelihood) -> float:
    """Return what a level is counted from: zero, or with ``relative_to: best-fit`` the smallest value."""
    if config.get("relative_to") != "best-fit":
        return 0.0
    given = config.get("fit", {})
    ranges = {
        p.name: tuple(given.get(p.name, p.scan or (p.low, p.high)))
        for p in make_model(config["model"]).parameters
        if p.default is None
    }
    grid = {name: (*ends, _FIT_POINTS, "log") for name, ends in ranges.items()}
    return fit(chosen, config["model"], grid=grid).value
