"""The strongest limit on a mixing by a raster scan: the smallest value excluded at any place of an axis.

At each value of the axis, what lies above the best mixing there by more than the level is excluded.
"""

from typing import Annotated, Literal, NotRequired

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import Positive, completed
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import Axis, OfLikelihood, Point
from nuanomaly.likelihood.build import likelihood


class Options(OfLikelihood):
    """Options of the benchmark."""

    model: Annotated[str, "Name of the model."]
    parameter: Annotated[str, "The mixing."]
    axis: Annotated[
        dict[str, Axis],
        {"minProperties": 1, "maxProperties": 1},
        "Parameter: [low, high, n, log | lin], where the limit is looked for; the same end twice for one "
        "place.",
    ]
    fixed: NotRequired[Annotated[Point, {"default": {}}, "Other parameters."]]
    between: Annotated[
        tuple[Positive, Positive], "Values of the mixing that are tried, in the logarithm, beside zero."
    ]
    level: Annotated[
        Positive,
        "How far the statistic is above the best mixing at the same place, such as 2.71 for 90 %.",
    ]
    which: Annotated[Literal["limit", "place"], "The limit, or where on the axis it is."]


#: Values of the mixing that are tried: 1 % apart over three decades.
_TRIED = 700


@completed
def compute(config: Options, release: Release) -> float:
    """Return the limit, or its place.

    Raises
    ------
    NuanomalyError
        If nothing is excluded anywhere.
    """
    chosen = likelihood(release, config.get("mode"))
    ((name, (low, high, n, scale)),) = config["axis"].items()
    places = (np.geomspace if scale == "log" else np.linspace)(low, high, n)
    least, most = config["between"]
    mixings = np.r_[0.0, np.geomspace(least, most, _TRIED)]
    at, mixing = (axis.ravel() for axis in np.meshgrid(places, mixings, indexing="ij"))
    values = chosen.chi2(config["model"], **{name: at, config["parameter"]: mixing}, **config["fixed"])
    above = np.asarray(values).reshape(places.size, mixings.size)
    above = above - above.min(axis=1, keepdims=True)
    beyond = np.arange(mixings.size) > above.argmin(axis=1)[:, None]
    excluded = (above > config["level"]) & beyond
    if not excluded.any():
        raise NuanomalyError(f"{release.id} excludes no {config['parameter']} up to {mixings[-1]:g}")
    limits = np.where(excluded.any(axis=1), mixings[excluded.argmax(axis=1)], np.inf)
    return float(limits.min() if config["which"] == "limit" else places[limits.argmin()])
