"""The minimum of a cyclic function: a grid, then a local fit from each of its separated lowest valleys."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from iminuit import Minuit
from scipy.ndimage import minimum_filter

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.grid import Axis
from nuanomaly.inference.objective import Objective, Progress
from nuanomaly.model.base import Array, NotApplicableError, Parameter

#: How many valleys are followed, how far above the lowest grid point, and how far apart (grid cells).
_STARTS, _DEPTH, _APART = 6, 10.0, 3
#: What an impossible point counts for in the local fit, which cannot take infinity.
_FORBIDDEN = 1e9
#: How many moves or halvings of the step a pattern search makes.
_HALVINGS = 40
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
        Whether the local fit that gave it says so (a tabulated surface has kinks, where it may not).
    errors : dict of str to (float, float)
        Lower and upper errors (negative, positive), where they were asked for.
    """

    value: float
    parameters: Mapping[str, float]
    at_boundary: tuple[str, ...]
    converged: bool
    errors: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def valleys(values: Array, count: int = _STARTS) -> list[tuple[int, ...]]:
    """Return the grid indices of the lowest separated local minima, lowest first.

    Examples
    --------
    >>> valleys(np.array([3.0, 1.0, 2.0, 5.0, 4.0, 0.5, 6.0]))
    [(5,), (1,)]
    """
    lowest = values.min()
    if not np.isfinite(lowest):
        return []
    local = (values == minimum_filter(values, size=3, mode="nearest")) & (values <= lowest + _DEPTH)
    candidates = np.argwhere(local)
    candidates = candidates[np.argsort(values[tuple(candidates.T)], kind="stable")]
    chosen: list[tuple[int, ...]] = []
    for place in candidates.tolist():
        if all(max(abs(a - b) for a, b in zip(place, other, strict=True)) >= _APART for other in chosen):
            chosen.append(tuple(place))
        if len(chosen) == count:
            break
    return chosen


def minimise(
    objective: Objective,
    axes: Sequence[Axis],
    parameters: Mapping[str, Parameter],
    errors: str | None = None,
    starts: Sequence[Mapping[str, float]] = (),
    progress: Progress | None = None,
) -> Minimum:
    """Return the minimum of an objective inside its axes.

    Amplitudes may go down to where they vanish, below the lower end of a logarithmic axis.

    Parameters
    ----------
    parameters : mapping of str to Parameter
        Says which of the axes are amplitudes, and where they vanish.
    starts : sequence of points
        Further points to start from, besides the valleys of the grid.
    errors : {"hesse", "minos"}, optional
        Errors by curvature, or where the function has risen by one.
    """
    if not axes:
        return Minimum(float(objective({})[0]), {}, (), True)
    grid = objective.on(axes, progress)
    begin = [
        {a.name: float(a.values[k]) for a, k in zip(axes, place, strict=True)} for place in valleys(grid)
    ]
    found = [_local(objective, axes, parameters, start, errors) for start in (*begin, *starts)]
    vanishing = _vanishing(objective, axes, parameters, grid)
    if vanishing is not None:
        found.insert(0, vanishing)  # of equal values, the one without oscillation
    if not found:
        raise NuanomalyError("the statistic is infinite on the whole grid: choose another range")
    return min(found, key=lambda m: m.value)


def _vanishing(
    objective: Objective, axes: Sequence[Axis], parameters: Mapping[str, Parameter], grid: Array
) -> Minimum | None:
    """Return the value with all free amplitudes zero, the rest at the lowest grid point."""
    nulls = {a.name: null for a in axes if a.reaches(null := parameters[a.name].null)}
    if not nulls:
        return None
    place = np.unravel_index(int(np.argmin(grid)), grid.shape)
    point = {a.name: float(a.values[k]) for a, k in zip(axes, place, strict=True)}
    point |= {name: float(value) for name, value in nulls.items() if value is not None}
    try:
        value = float(objective({k: np.array([v]) for k, v in point.items()})[0])
    except NotApplicableError:
        return None  # a surface that does not know what no oscillation is
    return Minimum(value, point, tuple(nulls), True)


def _limits(axis: Axis, parameter: Parameter) -> tuple[float, float]:
    low = axis.low * _VANISHING if axis.log and axis.reaches(parameter.null) else axis.low
    return (np.log(low), np.log(axis.high)) if axis.log else (low, axis.high)


def _local(
    objective: Objective,
    axes: Sequence[Axis],
    parameters: Mapping[str, Parameter],
    start: Mapping[str, float],
    errors: str | None,
) -> Minimum:
    """Return the result of a local fit in internal coordinates."""
    start_value = float(objective({k: np.array([v]) for k, v in start.items()})[0])
    limits = [_limits(a, parameters[a.name]) for a in axes]

    def outside(internal: Sequence[float]) -> dict[str, float]:
        return {a.name: float(np.exp(u) if a.log else u) for a, u in zip(axes, internal, strict=True)}

    def function(internal: Sequence[float]) -> float:
        point = outside(internal)
        try:
            value = float(objective({k: np.array([v]) for k, v in point.items()})[0])
        except NotApplicableError:
            # below the axis, where only this fit goes, a surface may know nothing
            if any(point[a.name] < a.low for a in axes):
                return _FORBIDDEN
            raise
        return value if np.isfinite(value) else _FORBIDDEN

    begin = [
        a.internal(start[a.name]).item() if start[a.name] > 0.0 or not a.log else low
        for a, (low, _) in zip(axes, limits, strict=True)
    ]
    fit = _minuit(function, begin, limits, axes)
    value, found = float(fit.fval), outside(list(fit.values))
    if value > start_value:  # a fit that got lost must not lose the grid point
        value, found = start_value, dict(start)
    if not fit.valid or objective.likelihood.n_bins is None:
        value, found = _pattern(objective, axes, found, value)
    errors_ = _errors(fit, axes, found, errors) if errors else {}
    return Minimum(value, found, _at_edge(found, axes, parameters), bool(fit.valid), errors_)


def _pattern(
    objective: Objective, axes: Sequence[Axis], start: Mapping[str, float], value: float
) -> tuple[float, dict[str, float]]:
    """Return the lowest point of a pattern search, which kinks of a tabulated surface do not stop."""
    best = np.array([a.internal(max(start[a.name], a.low)).item() for a in axes])
    point = dict(start)
    step = np.array([np.ptp(a.internal([a.low, a.high])) / max(1, len(a) - 1) for a in axes])
    moves = np.array([m for m in product((-1.0, 0.0, 1.0), repeat=len(axes)) if any(m)])
    for _ in range(_HALVINGS):
        trial = {a.name: a.external(best[k] + step[k] * moves[:, k]) for k, a in enumerate(axes)}
        values = objective(trial)
        lowest = int(np.argmin(values))
        if values[lowest] < value:
            value = float(values[lowest])
            point = {name: float(v[lowest]) for name, v in trial.items()}
            best = np.array([a.internal(point[a.name]).item() for a in axes])
        else:
            step = step / 2.0
    return value, point


def _minuit(
    function: Callable[[Sequence[float]], float],
    start: Sequence[float],
    limits: Sequence[tuple[float, float]],
    axes: Sequence[Axis],
) -> Any:
    inside = [float(np.clip(u, low, high)) for u, (low, high) in zip(start, limits, strict=True)]
    fit = Minuit(function, inside, name=[a.name for a in axes])
    fit.limits = list(limits)
    fit.errordef = 1.0
    fit.print_level = -1  # says what it thinks of a flat direction in its own words on stderr otherwise
    fit.tol = 1e-3  # stops when the expected improvement is below 2e-6
    # the first step is one grid cell
    fit.errors = [(a.internal(a.high).item() - a.internal(a.low).item()) / max(1, len(a) - 1) for a in axes]
    fit.migrad(ncall=2000)
    if not fit.valid:
        fit.simplex(ncall=1000)
        fit.migrad(ncall=1000)
    return fit


def _at_edge(
    point: Mapping[str, float], axes: Sequence[Axis], parameters: Mapping[str, Parameter]
) -> tuple[str, ...]:
    """Return the parameters within a thousandth of their range of its edge."""
    found = []
    for axis in axes:
        low, high = _limits(axis, parameters[axis.name])
        margin = 1e-3 * (high - low)
        internal = axis.internal(point[axis.name]).item() if point[axis.name] > 0 or not axis.log else low
        if not low + margin < internal < high - margin:
            found.append(axis.name)
    return tuple(found)


def _errors(
    fit: Any, axes: Sequence[Axis], found: Mapping[str, float], how: str
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
        value, (down, up) = found[a.name], both[a.name]
        result[a.name] = (
            (value * float(np.expm1(down)), value * float(np.expm1(up)))
            if a.log
            else (float(down), float(up))
        )
    return result
