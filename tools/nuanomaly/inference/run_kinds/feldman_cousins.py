"""Critical values by toys of many true points, and the region that they allow."""

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired

import numpy as np

from nuanomaly.archive.options import Count, completed
from nuanomaly.inference.feldman_cousins import FeldmanCousins, feldman_cousins_of
from nuanomaly.inference.nominal import LEVELS
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_options import AskedByToys, axis, question
from nuanomaly.inference.workers import Placement
from nuanomaly.model.probabilities import Array


class Options(AskedByToys):
    """Options of the run."""

    levels: NotRequired[Annotated[list[float], {"default": list(LEVELS)}, "Confidence levels."]]
    most: NotRequired[Annotated[Count, "Points whose verdict is uncertain get more toys, up to this number."]]
    every: NotRequired[
        Annotated[
            Count, {"default": 1}, "Compute every so many grid points along each axis, the last included."
        ]
    ]
    points: NotRequired[
        Annotated[
            dict[str, list[Any]],
            "Compute at these points: lists of coordinates, or axes as of a grid, whose mesh is meant.",
        ]
    ]
    independent: NotRequired[Annotated[bool, {"default": False}, "Each point has random numbers of its own."]]
    gridded: NotRequired[
        Annotated[
            bool,
            {"default": False},
            "Toys and data are minimised over the points of the grid alone, not between them.",
        ]
    ]


@completed
def compute(
    config: Options, placement: Placement | None = None, progress: Progress | None = None
) -> FeldmanCousins:
    """Return the critical values."""
    return feldman_cousins_of(
        question(config),
        levels=config["levels"],
        most=config.get("most"),
        every=config["every"],
        points=_points(config["points"]) if "points" in config else None,
        independent=config["independent"],
        gridded=config["gridded"],
        toys=config["toys"],
        seed=config["seed"],
        placement=placement,
        progress=progress,
    )


def _points(declared: Mapping[str, list[Any]]) -> dict[str, Array]:
    """Return points that are declared as lists of coordinates, or as the axes of a mesh."""
    if not all(isinstance(axis(spec), tuple) for spec in declared.values()):
        return {name: np.asarray(values, float) for name, values in declared.items()}
    lines = [
        (np.geomspace if spacing == "log" else np.linspace)(low, high, count)
        for low, high, count, spacing in declared.values()
    ]
    mesh = np.meshgrid(*lines, indexing="ij")
    return {name: m.ravel() for name, m in zip(declared, mesh, strict=True)}
