"""The smallest value of a tabulated surface, or where it is.

Config
------
mode : the mode that is a surface (optional)
which : ``value``, ``dm2_41`` or ``amplitude``
within : {dm2_41: [low, high], amplitude: [low, high]}, the part that is looked at (optional)
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.surface import SurfaceLikelihood
from nuanomaly.model.base import Array


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the smallest value, or its Δm² in eV² or sin²2θ.

    The surface is bilinear between grid points, so its minimum is at one of them or on the border of
    ``within``: these are all that is tried.

    Raises
    ------
    NuanomalyError
        If the likelihood is no surface.
    """
    chosen = likelihood(release, config.get("mode"))
    if not isinstance(chosen, SurfaceLikelihood):
        raise NuanomalyError(f"{release.id} mode {config.get('mode')} is no tabulated surface")
    within = config.get("within", {})
    dm2 = _candidates(chosen.dm2, within.get("dm2_41"))
    amplitude = _candidates(chosen.amplitude, within.get("amplitude"))
    x, y = (axis.ravel() for axis in np.meshgrid(dm2, amplitude, indexing="ij"))
    values = chosen.read(x, y)
    best = int(values.argmin())
    return float({"value": values, "dm2_41": x, "amplitude": y}[config["which"]][best])


def _candidates(grid: Array, ends: tuple[float, float] | None) -> Array:
    if ends is None:
        return grid
    low, high = ends
    return np.unique([low, high, *grid[(grid >= low) & (grid <= high)]])
