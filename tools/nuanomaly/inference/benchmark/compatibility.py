"""The parameter goodness of fit of several data sets, each of one or more releases."""

from typing import Annotated, Literal, NotRequired, TypedDict

from nuanomaly.archive.options import (
    completed,
)
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import Axis, Point, axes
from nuanomaly.inference.compatibility import compare
from nuanomaly.inference.datasets import joint, resolve


class Options(TypedDict):
    """Options of the benchmark."""

    sides: Annotated[
        list[Annotated[list[str], {"minItems": 1}]],
        {"minItems": 2},
        "Data sets (NAME@VERSION[:MODE]) of each side.",
    ]
    model: Annotated[str, "Name of the model."]
    fixed: NotRequired[Annotated[Point, {"default": {}}, "Parameters that are not fitted."]]
    grid: NotRequired[
        Annotated[
            dict[str, Axis],
            {"default": {}},
            "Range and starting grid of parameters; their own range where left out.",
        ]
    ]
    which: Annotated[
        Literal["delta", "p_value", "sigma", "dof"],
        "What is returned: the χ² that the common minimum costs over the separate ones, its p-value or σ by "
        "Wilks' "
        "theorem, the degrees of freedom.",
    ]


@completed
def compute(config: Options, release: Release) -> float:
    """Return the wanted number of the test."""
    sides = [joint(resolve(side)) for side in config["sides"]]
    grid = axes(config["grid"])
    compatibility = compare(sides, config["model"], fixed=config["fixed"], grid=grid)
    return float(getattr(compatibility.pg, config["which"]) or 0.0)
