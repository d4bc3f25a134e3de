"""An end of the interval of one parameter in which the statistic stays below a level, the others fixed."""

from typing import Annotated, Literal, NotRequired

import numpy as np
from scipy.optimize import brentq

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import Column, Positive, Range, completed, one_of
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import OfLikelihood, Point
from nuanomaly.inference.fit import fit
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Array
from nuanomaly.model.registry import model as make_model


class Counted(OfLikelihood):
    """A benchmark that counts a level of the statistic."""

    model: Annotated[str, "Name of the model."]
    relative_to: NotRequired[
        Annotated[Literal["best-fit"], "Count the level from the best fit, not from zero."]
    ]
    fit: NotRequired[
        Annotated[
            dict[str, Range],
            {"default": {}},
            "Ranges of the parameters in the best fit, where they are not the model's own.",
        ]
    ]


@one_of("between", "grid")
class Options(Counted):
    """Options of the benchmark."""

    parameter: Annotated[str, "The parameter whose interval is wanted."]
    at: NotRequired[Annotated[Point, {"default": {}}, "Values of the other parameters."]]
    level: Annotated[float, "The statistic is below this inside the interval."]
    which: Annotated[Literal["low", "high"], "The end that is wanted."]
    between: NotRequired[
        Annotated[tuple[Positive, Positive], "Where the interval is looked for, in the logarithm."]
    ]
    grid: NotRequired[Annotated[Column, "Only these values of the parameter are tried."]]


#: Points between the ends of ``between``: narrower structures would be missed.
_POINTS = 2001
#: Grid of the best fit, points per axis.
_FIT_POINTS = 121


@completed
def compute(config: Options, release: Release) -> float:
    """Return the wanted end of the interval, in the unit of the parameter.

    Raises
    ------
    NuanomalyError
        If no value is below the level, or the interval reaches the end of what was looked at.
    """
    chosen = likelihood(release, config.get("mode"))
    level = config["level"] + reference(config, chosen)
    name, fixed = config["parameter"], config["at"]

    def excess(values: Array) -> Array:
        return np.asarray(chosen.chi2(config["model"], **fixed, **{name: values})) - level

    grid = config.get("grid")
    if grid is not None:
        values = np.unique(release.numbers(grid))
    else:
        low, high = config["between"]
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


def reference(config: Counted, chosen: Likelihood) -> float:
    """Return what a level is counted from: zero, or with ``relative_to: best-fit`` the smallest value."""
    if config.get("relative_to") != "best-fit":
        return 0.0
    given = config["fit"]
    ranges: dict[str, Range] = {
        p.name: given.get(p.name, p.scan or (p.low, p.high))
        for p in make_model(config["model"]).parameters
        if p.default is None
    }
    grid = {name: (*ends, _FIT_POINTS, "log") for name, ends in ranges.items()}
    return fit(chosen, config["model"], grid=grid).value
