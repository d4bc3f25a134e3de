"""The interval of a coordinate in which a table over parameters, profiled over others, is below a level."""

from typing import Annotated, Literal, NotRequired

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import Positive, completed
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import OfLikelihood
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.parameter_surface import ParameterSurface


class Options(OfLikelihood):
    """Options of the benchmark."""

    coordinate: Annotated[str, "The coordinate."]
    level: NotRequired[
        Annotated[Positive, {"default": 1.0}, "The level above the lowest value of the table."]
    ]
    which: Annotated[Literal["low", "high", "error"], "An end of the interval, or half of what lies between."]


@completed
def compute(config: Options, release: Release) -> float:
    """Return an end of the interval, or half of it; straight between the points of the table.

    Raises
    ------
    NuanomalyError
        If the likelihood is no such table, or the interval does not end inside it.
    """
    chosen = likelihood(release, config.get("mode"))
    if not isinstance(chosen, ParameterSurface):
        raise NuanomalyError(f"{release.id} mode {config.get('mode')} is no table over parameters")
    names = [axis.coordinate for axis in chosen.axes]
    if config["coordinate"] not in names:
        raise UnknownNameError("coordinate", config["coordinate"], names, release.id)
    place = names.index(config["coordinate"])
    others = tuple(k for k in range(len(names)) if k != place)
    profile = chosen.table.min(axis=others) - chosen.table.min() - config["level"]
    grid = chosen.axes[place].values
    best = int(profile.argmin())
    below, above = np.flatnonzero(profile[:best] > 0.0), np.flatnonzero(profile[best:] > 0.0)
    if not (below.size and above.size):
        raise NuanomalyError(
            f"{release.id}: the interval of {config['coordinate']} reaches the edge of the table"
        )
    low, high = (
        float(np.interp(0.0, profile[[b, a]], grid[[b, a]]))
        for a, b in ((below[-1], below[-1] + 1), (best + above[0], best + above[0] - 1))
    )
    return {"low": low, "high": high, "error": 0.5 * (high - low)}[config["which"]]
