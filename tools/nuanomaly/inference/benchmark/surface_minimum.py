"""The smallest value of a tabulated surface, or where it is."""

from typing import Annotated, NotRequired

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import NotNegative, completed
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import OfLikelihood
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.parameter_surface import ParameterSurface
from nuanomaly.likelihood.surface import SurfaceLikelihood
from nuanomaly.model.probabilities import Array
from nuanomaly.model.vacuum import DM2_41


class Options(OfLikelihood):
    """Options of the benchmark."""

    which: Annotated[
        str,
        "What is returned: value, dm2_41 or amplitude; of a table over parameters, value or a coordinate.",
    ]
    within: NotRequired[
        Annotated[
            dict[str, tuple[NotNegative, NotNegative]],
            {"default": {}},
            "The part of the surface that is looked at: ranges of dm2_41 in eV² and amplitude, or of "
            "coordinates.",
        ]
    ]


@completed
def compute(config: Options, release: Release) -> float:
    """Return the smallest value, or its Δm² in eV², sin²2θ or coordinate.

    The surface is bilinear between grid points, so its minimum is at one of them or on the border of
    ``within``: these are all that is tried.

    Raises
    ------
    NuanomalyError
        If the likelihood is no surface.
    """
    chosen = likelihood(release, config.get("mode"))
    if isinstance(chosen, ParameterSurface):
        return _lowest_node(chosen, config)
    if not isinstance(chosen, SurfaceLikelihood):
        raise NuanomalyError(f"{release.id} mode {config.get('mode')} is no tabulated surface")
    within = config["within"]
    dm2 = _candidates(chosen.dm2, within.get(DM2_41.name))
    amplitude = _candidates(chosen.amplitude, within.get("amplitude"))
    x, y = (axis.ravel() for axis in np.meshgrid(dm2, amplitude, indexing="ij"))
    values = chosen.read(x, y)
    best = int(values.argmin())
    return float({"value": values, DM2_41.name: x, "amplitude": y}[config["which"]][best])


def _lowest_node(surface: ParameterSurface, config: Options) -> float:
    """Return the smallest value among the points of a table over parameters, or where it is."""
    names = [axis.coordinate for axis in surface.axes]
    which, within = config["which"], config["within"]
    for name in (*([] if which == "value" else [which]), *within):
        if name not in names:
            raise UnknownNameError("coordinate", name, names, surface.release)
    grids = [axis.values for axis in surface.axes]
    keep = [_inside(grid, within.get(name)) for name, grid in zip(names, grids, strict=True)]
    table = surface.table[np.ix_(*keep)]
    place = np.unravel_index(int(table.argmin()), table.shape)
    if which == "value":
        return float(table[place])
    axis = names.index(which)
    return float(grids[axis][keep[axis]][place[axis]])


def _inside(grid: Array, ends: tuple[float, float] | None) -> NDArray[np.bool_]:
    low, high = (-np.inf, np.inf) if ends is None else ends
    inside: NDArray[np.bool_] = (grid >= low) & (grid <= high)
    return inside


def _candidates(grid: Array, ends: tuple[float, float] | None) -> Array:
    if ends is None:
        return grid
    low, high = ends
    return np.unique([low, high, *grid[(grid >= low) & (grid <= high)]])
