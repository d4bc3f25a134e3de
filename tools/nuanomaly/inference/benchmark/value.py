"""The statistic at a point, or the difference between two points."""

from collections.abc import Mapping
from typing import Annotated, Literal, NotRequired, TypedDict

from nuanomaly.archive.options import (
    completed,
)
from nuanomaly.archive.release import Release
from nuanomaly.inference.datasets import joint, resolve
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.interface import Likelihood

#: Range and starting grid of a parameter.
Axis = tuple[float, float, Annotated[int, {"minimum": 2}], Literal["log", "lin"]]
Point = dict[str, float]


class OfLikelihood(TypedDict):
    """A benchmark that asks the likelihood of the release."""

    mode: NotRequired[Annotated[str, "Mode of the likelihood; the default one if left out."]]


class OfData(OfLikelihood):
    """A benchmark that may ask other data sets."""

    datasets: NotRequired[
        Annotated[
            list[str],
            {"minItems": 1},
            "Data sets (NAME[@VERSION][:MODE] or groups) instead of the release itself.",
        ]
    ]


class OfModel(OfData):
    """A benchmark that asks for a fit."""

    model: Annotated[str, "Name of the model."]
    fixed: NotRequired[Annotated[Point, {"default": {}}, "Parameters that are not fitted."]]
    grid: NotRequired[
        Annotated[
            dict[str, Axis],
            {"default": {}},
            "Range and starting grid of parameters; their own range where left out.",
        ]
    ]


class Minus(TypedDict):
    """A point whose value is subtracted; mode and model are the same unless said otherwise."""

    mode: NotRequired[Annotated[str, "Mode of the likelihood."]]
    model: NotRequired[Annotated[str, "Name of the model."]]
    parameters: Annotated[Point, "The point that is subtracted."]


class Options(OfData):
    """Options of the benchmark."""

    model: Annotated[str, "Name of the model."]
    parameters: Annotated[Point, "The point, in the units of the parameters."]
    minus: NotRequired[Minus]


@completed
def compute(config: Options, release: Release) -> float:
    """Return the value, or the difference."""
    value = float(chosen(config, release).chi2(config["model"], **config["parameters"]))
    if "minus" in config:
        other = config["minus"]
        where = chosen(config, release, other.get("mode"))
        value -= float(where.chi2(other.get("model", config["model"]), **other["parameters"]))
    return value


def chosen(config: OfData, release: Release, other: str | None = None) -> Likelihood:
    """Return the likelihood that a benchmark is about, in its mode or another one."""
    mode = config.get("mode") if other is None else other
    if "datasets" in config:
        return joint(resolve(config["datasets"], mode))
    return likelihood(release, mode)


def axes(declared: Mapping[str, Axis]) -> dict[str, Axis]:
    """Return ranges and starting grids as a fit takes them."""
    return {name: (low, high, n, scale) for name, (low, high, n, scale) in declared.items()}
