"""How far a likelihood is from a released surface of its own values."""

import json
from typing import Annotated, Literal, NotRequired, TypedDict

import numpy as np

from nuanomaly.archive.options import (
    Positive,
    completed,
)
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import OfLikelihood, Point
from nuanomaly.inference.remembered import Memory, possible
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Array
from nuanomaly.model.registry import model


class CountedFrom(TypedDict):
    """A point at which the released value is known: the own values are counted from the own one there.

    For statistics that are known up to a constant.
    """

    parameters: Annotated[Point, "The point."]
    value: Annotated[float, "The released value there."]


class Options(OfLikelihood):
    """Options of the benchmark."""

    model: Annotated[str, "Name of the model."]
    table: Annotated[str, "The surface: one row per point."]
    value: Annotated[str, "Its column of values."]
    coordinates: Annotated[
        dict[str, str],
        {"minProperties": 1},
        "Parameter of the model to column, for every parameter without a default.",
    ]
    fixed: NotRequired[Annotated[Point, {"default": {}}, "Parameters that are the same at every point."]]
    counted_from: NotRequired[CountedFrom]
    which: Annotated[Literal["rms", "max"], "Root mean square or largest absolute difference."]
    below: NotRequired[
        Annotated[Positive, "Only points whose released value is less than this above the smallest one."]
    ]


#: Both numbers, root mean square and largest, are of the same differences.
_DIFFERENCES: Memory[Array] = Memory()


@completed
def compute(config: Options, release: Release) -> float:
    """Return the root mean square or the largest of |own value − released value|."""
    chosen = likelihood(release, config.get("mode"))
    asked = json.dumps({name: value for name, value in config.items() if name != "which"}, sort_keys=True)
    known = possible(model(config["model"]))
    made = _DIFFERENCES.once((chosen, asked) if known else None, lambda: differences(chosen, config, release))
    values = np.abs(made)
    return float(np.sqrt(np.mean(values**2)) if config["which"] == "rms" else values.max())


def differences(chosen: Likelihood, config: Options, release: Release) -> Array:
    """Return own − released value at the points that are compared, shape (N,)."""
    frame = release.table(config["table"])
    released = frame[config["value"]].to_numpy(float)
    used = released < released.min() + config.get("below", np.inf)
    coordinates = {
        name: frame[column].to_numpy(float)[used] for name, column in config["coordinates"].items()
    }
    fixed = config["fixed"]
    own = np.asarray(chosen.chi2(config["model"], **fixed, **coordinates), float)
    zero = config.get("counted_from")
    if zero:
        own = own - chosen.chi2(config["model"], **fixed, **zero["parameters"]) + zero["value"]
    return np.asarray(own - released[used])
