"""Minuit from one starting point, in coordinates and with limits that suit the parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from iminuit import Minuit

from nuanomaly.inference.grid import Axis
from nuanomaly.inference.objective import Objective
from nuanomaly.model.probabilities import Array, NotApplicableError, Parameter

#: What an impossible point counts for in the local fit, which cannot take infinity.
_FORBIDDEN = 1e9
#: Step of the gradient: of ln p on logarithmic axes, of the range on linear ones.
_STEP = 1e-4
#: A logarithmic amplitude is followed down to this fraction of its grid's lower end: there it is zero.
_VANISHING = 1e-4


@dataclass(frozen=True)
class Minimum:
    """Where a function is smallest.

    Attributes
    ----------
    value : float
    parameters : dict
        The free parameters there.
    at_boundary : tuple of str
        Those at the edge of what was allowed.
    converged : bool
        Whether enough searches begun in different places agree. Before others were made: whether the
        local fit that gave it says so (a tabulated surface has kinks, where it may not).
    errors : dict of str to (float, float)
        Lower and upper errors (negative, positive), where they were asked for.
    searches, agreeing : int
        How many searches there were, and how many of them ended at this value; one if none was needed.
    ends : tuple of float
        What each search ended in.
    seconds : float
        CPU time of the searches that are no grid, those that were read back included.
    """

    value: float
    parameters: Mapping[str, float]
    at_boundary: tuple[str, ...]
    converged: bool
    errors: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    searches: int = 1
    agreeing: int = 1
    ends: tuple[float, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class _Function:
    """The objective in internal coordinates: ln p on logarithmic axes."""

    objective: Objective
    axes: Sequence[Axis]
    limits: Sequence[tuple[float, float]]

    def external(self, internal: Array) -> dict[str, Array]:
        """Return the parameters of internal coordinates (m, k), shape (m,) each, none outside."""
        every = zip(self.axes, internal.T, self.limits, strict=True)
        return {a.name: _inside(a, u, low) if a.log or a.cyclic else u for a, u, (low, _) in every}

    def values(self, internal: Array) -> Array:
        """Return the objective at internal coordinates (m, k), impossible points replaced; shape (m,)."""
        points = self.external(internal)
        try:
            array = self.objective(points)
        except NotApplicableError:
            # below the axes, where only this fit goes, a surface may know nothing
            below = np.any([points[a.name] < a.low * (1.0 - 1e-12) for a in self.axes if a.log], axis=0)
            if not np.any(below):
                raise
            array = np.full(len(internal), np.inf)
            if not below.all():
                array[~below] = self.objective({k: v[~below] for k, v in points.items()})
        return np.where(np.isfinite(array), array, _FORBIDDEN)

    def __call__(self, internal: Sequence[float]) -> float:
        return float(self.values(np.array([internal]))[0])

    def gradient(self, internal: Sequence[float]) -> Array:
        """Return the gradient by central differences (one-sided at a limit), in one evaluation."""
        at, k = np.array(internal), len(self.axes)
        low, high = np.array(self.limits).T
        step = np.diag([_STEP if a.log else _STEP * (a.high - a.low) for a in self.axes])
        ends = np.clip(np.concatenate([at + step, at - step]), low, high)
        values = self.values(ends)
        width = np.diagonal(ends[:k] - ends[k:])
        return np.asarray((values[:k] - values[k:]) / width)


def local_fit(
    objective: Objective,
    axes: Sequence[Axis],
    parameters: Mapping[str, Parameter],
    start: Array,
    start_value: float,
    errors: str | None = None,
) -> Minimum:
    """Return the minimum that Minuit finds from internal coordinates ``start``, shape (len(axes),)."""
    function = _Function(objective, axes, [_limits(a, parameters[a.name]) for a in axes])
    fit = _minuit(function, start)
    value, values = float(fit.fval), np.array(list(fit.values))
    if value > start_value:  # a fit that got lost must not lose where it began
        value, values = start_value, start
    point = {name: float(x[0]) for name, x in function.external(values[None]).items()}
    said = _errors(fit, axes, point, errors) if errors else {}
    return Minimum(value, point, _at_edge(values, function), bool(fit.valid), said)


def _inside(axis: Axis, internal: Array, lowest: float) -> Array:
    """Return values, at the ends of the axis exactly these; below a logarithmic one down to ``lowest``."""
    below = axis.log and lowest < np.log(axis.low)
    return np.minimum(np.exp(internal), axis.high) if below else axis.external(internal)


def _limits(axis: Axis, parameter: Parameter) -> tuple[float, float]:
    low = axis.low * _VANISHING if axis.log and axis.reaches(parameter.null) else axis.low
    if axis.cyclic:  # half a circle more at both ends, so that a fit may come round
        return axis.low - np.pi, axis.high + np.pi
    return (float(np.log(low)), float(np.log(axis.high))) if axis.log else (low, axis.high)


def _minuit(function: _Function, start: Array) -> Any:
    axes = function.axes
    fit = Minuit(function, start, grad=function.gradient, name=[a.name for a in axes])
    fit.limits = list(function.limits)
    fit.errordef = 1.0
    fit.print_level = -1  # says what it thinks of a flat direction in its own words on stderr otherwise
    fit.tol = 1e-3  # stops when the expected improvement is below 2e-6
    # the first step is one grid cell
    fit.errors = [np.ptp(a.internal([a.low, a.high])) / max(1, len(a) - 1) for a in axes]
    fit.migrad(ncall=2000)
    return fit


def _at_edge(internal: Array, function: _Function) -> tuple[str, ...]:
    """Return the parameters within a thousandth of their range of its edge."""
    low, high = np.array(function.limits).T
    margin = 1e-3 * (high - low)
    edge = (internal < low + margin) | (internal > high - margin)
    return tuple(a.name for a, at in zip(function.axes, edge.tolist(), strict=True) if at)


def _errors(
    fit: Any, axes: Sequence[Axis], numbers: Mapping[str, float], how: str
) -> dict[str, tuple[float, float]]:
    """Return lower and upper errors in the parameters' units (``nan`` where Minos finds none)."""
    if how == "minos":
        try:
            fit.minos()
        except RuntimeError:  # no valid minimum to start from
            return {a.name: (np.nan, np.nan) for a in axes}
        both = {
            a.name: (
                fit.merrors[a.name].lower if fit.merrors[a.name].lower_valid else np.nan,
                fit.merrors[a.name].upper if fit.merrors[a.name].upper_valid else np.nan,
            )
            for a in axes
        }
    else:
        fit.hesse()
        both = {a.name: (-fit.errors[a.name], fit.errors[a.name]) for a in axes}
    result = {}
    for a in axes:
        value, (down, up) = numbers[a.name], both[a.name]
        result[a.name] = (
            (value * float(np.expm1(down)), value * float(np.expm1(up)))
            if a.log
            else (float(down), float(up))
        )
    return result
