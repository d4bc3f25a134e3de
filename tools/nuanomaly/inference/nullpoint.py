"""Where a model has no oscillation beyond the standard one: its free amplitudes at their null."""

from collections.abc import Mapping, Sequence

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.grid import Axis
from nuanomaly.inference.objective import Objective
from nuanomaly.model.probabilities import Parameter


def null_point(axes: Sequence[Axis], parameters: Mapping[str, Parameter], model: str) -> dict[str, float]:
    """Return the free parameters without oscillation; the rest, which then means nothing, in mid-range.

    Raises
    ------
    NuanomalyError
        If no parameter is free, or none of them says where its effect vanishes.
    """
    if not axes:
        raise NuanomalyError(f"no parameter of model {model!r} is free: one point is no test against another")
    point = {}
    for axis in axes:
        null = parameters[axis.name].null
        middle = axis.external(0.5 * (axis.internal(axis.low) + axis.internal(axis.high)))
        point[axis.name] = float(middle) if null is None else float(null)
    if all(parameters[a.name].null is None for a in axes):
        raise NuanomalyError(
            f"model {model!r}: none of the free parameters ({', '.join(a.name for a in axes)}) says where "
            "its effect vanishes, so that there is no point without oscillation to compare with; a "
            "parameter of your own model says it with Parameter(…, null=0.0)"
        )
    return point


def null_value(objective: Objective, axes: Sequence[Axis], parameters: Mapping[str, Parameter]) -> float:
    """Return the statistic without oscillation."""
    point = null_point(axes, parameters, objective.model.name)
    return float(objective({name: np.array([value]) for name, value in point.items()})[0])
