"""The minimum of a cyclic function: a first search, then others from elsewhere that must agree with it.

Up to three parameters, the first search is a grid, then descents from its separated lowest valleys, then
Minuit; up to two, the others are grids displaced by parts of a cell. Above, a grid would cost n^k points, and
the first search is like the others: starts that fill the space, descents side by side, then Minuit. A minimum
counts as converged if at least three searches end there, and half of all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference import remembered
from nuanomaly.inference.grid import Axis
from nuanomaly.inference.lattice import descend, valleys
from nuanomaly.inference.minuit import Minimum, local_fit
from nuanomaly.inference.multistart import Box
from nuanomaly.inference.objective import Objective, Progress
from nuanomaly.inference.workload import GRID_DIMENSIONS, Effort, Search, Workload
from nuanomaly.model.probabilities import Array, NotApplicableError, Parameter

#: How many moves or halvings of the step a descent makes before Minuit, and where Minuit sees kinks.
_MOVES, _MOVES_AT_KINKS = 12, 40
#: How many searches must agree at least, and within what.
_FEWEST, _AGREE = 3, 0.05
#: A search must be lower by this to count as better; one that ends so little above is followed by Minuit.
_BETTER, _UNFINISHED = 1e-3, 1.0
#: Valleys that are this close to the lowest after the descent are handed to Minuit, so many at most.
_CLOSE, _FITS = 0.1, 2
#: Minima that were found: the same data stand alone, in several pairs, and beside others.
_MINIMA: remembered.Memory[Minimum] = remembered.Memory()


def minimise(
    objective: Objective,
    axes: Sequence[Axis],
    parameters: Mapping[str, Parameter],
    errors: str | None = None,
    starts: Sequence[Mapping[str, float]] = (),
    progress: Progress | None = None,
    effort: Effort | None = None,
) -> Minimum:
    """Return the minimum of an objective inside its axes, remembered where the model is one of the archive.

    Amplitudes may go down to where they vanish, below the lower end of a logarithmic axis.

    Parameters
    ----------
    parameters : mapping of str to Parameter
        Says which of the axes are amplitudes, and where they vanish.
    starts : sequence of points
        Further points to start from.
    errors : {"hesse", "minos"}, optional
        Errors by curvature, or where the function has risen by one.
    effort : Effort, optional
        Seed, processes and the limit of time.

    Raises
    ------
    NuanomalyError
        If it takes longer than the limit, or the statistic is infinite everywhere.
    """
    if not axes:
        return Minimum(float(objective({})[0]), {}, (), True)
    work, named = Workload(objective, tuple(axes), effort or Effort()), objective.key(axes)
    same = replace(work.effort, workers=1, limit=0.0, store=None)  # what they are does not change the result
    further = tuple(tuple(sorted(start.items())) for start in starts)
    return _MINIMA.once(
        None if named is None else (named, errors, same, further),
        lambda: _minimum(work, parameters, errors, starts, progress),
    )


def _minimum(
    work: Workload,
    parameters: Mapping[str, Parameter],
    errors: str | None,
    starts: Sequence[Mapping[str, float]],
    progress: Progress | None,
) -> Minimum:
    """Return the minimum of work, computed."""
    objective, axes = work.objective, work.axes
    box, seconds = Box(objective, axes), 0.0
    further: Sequence[Search] = ()
    work.check_fit()
    if len(axes) <= GRID_DIMENSIONS:
        grid = work.grid(progress)
        place = np.unravel_index(int(np.argmin(grid)), grid.shape)
        lowest = np.array([float(a.values[k]) for a, k in zip(axes, place, strict=True)])
        corners = [[float(a.values[k]) for a, k in zip(axes, at, strict=True)] for at in valleys(grid)]
        known: list[float] = []
    else:
        # all that are made in any case, side by side
        (value, unit, seconds), *further = work.searches(0, max(1, work.effort.least))
        lowest = np.array([a.external(u) for a, u in zip(axes, box.internal(unit), strict=True)])
        corners = [lowest.tolist()] if np.isfinite(value) else []
        known = [value]
    corners += [[float(np.clip(s[a.name], a.low, a.high)) for a in axes] for s in starts]
    candidates = _followed(objective, axes, parameters, np.array(corners), errors) if corners else []
    vanishing = _vanishing(objective, axes, parameters, lowest)
    if vanishing is not None:
        candidates.insert(0, vanishing)  # of equal values, the one without oscillation
    if not candidates:
        raise NuanomalyError("the statistic is infinite on the whole grid: choose another range")
    best = min(candidates, key=lambda m: m.value)
    first = replace(best, seconds=seconds)
    return _confirmed(work, box, parameters, first, known or [best.value], errors, further)


def _confirmed(
    work: Workload,
    box: Box,
    parameters: Mapping[str, Parameter],
    best: Minimum,
    values: list[float],
    errors: str | None,
    further: Sequence[Search],
) -> Minimum:
    """Return the lowest minimum of this one and those of further searches, and how many of them agree.

    Parameters
    ----------
    values : list of float
        What earlier searches ended in.
    further : sequence of Search
        Those that were made beside them.
    """
    seconds = best.seconds
    most, fewest = work.effort.searches, work.effort.least
    while not (agreed := _agreed(values, best.value)) or len(values) < fewest:
        if len(values) >= most:
            break
        count = (fewest if len(values) < fewest else most) - len(values)
        made, further = further or work.searches(len(values), count), ()
        for value, unit, taken in made:
            seconds += taken
            # a descent that ends close above may not have gone all the way
            if value < best.value - _BETTER or _AGREE < value - best.value < _UNFINISHED:
                polished = local_fit(box.objective, box.axes, parameters, box.internal(unit), value, errors)
                value = polished.value
                best = polished if value < best.value - _BETTER else best
            values.append(value)
    agreeing = sum(value <= best.value + _AGREE for value in values)
    return replace(
        best,
        converged=agreed,
        searches=len(values),
        agreeing=agreeing,
        ends=tuple(values),
        seconds=seconds,
    )


def _agreed(values: Sequence[float], lowest: float) -> bool:
    """Say whether enough searches ended at the lowest value.

    Examples
    --------
    >>> _agreed([2.784, 2.784, 2.785], 2.784), _agreed([2.784, 2.784, 2.785, 3.2, 3.2, 3.2, 3.2], 2.784)
    (True, False)
    """
    agreeing = sum(value <= lowest + _AGREE for value in values)
    return agreeing >= _FEWEST and 2 * agreeing >= len(values)


def _followed(
    objective: Objective,
    axes: Sequence[Axis],
    parameters: Mapping[str, Parameter],
    corners: Array,
    errors: str | None,
) -> list[Minimum]:
    """Return what Minuit makes of the lowest of the valleys that begin at ``corners`` (V, len(axes))."""
    start = np.array([a.internal(corners[:, k]) for k, a in enumerate(axes)]).T
    values, at = descend(objective, axes, start, _MOVES)
    order = [v for v in np.argsort(values, kind="stable") if values[v] <= values.min() + _CLOSE]
    items = []
    for v in order[:_FITS]:
        minimum = local_fit(objective, axes, parameters, at[v], float(values[v]), errors)
        if not minimum.converged or objective.likelihood.n_bins is None:
            minimum = _past_kinks(objective, axes, minimum)
        items.append(minimum)
    return items


def _past_kinks(objective: Objective, axes: Sequence[Axis], minimum: Minimum) -> Minimum:
    """Return a minimum followed further by a descent, which the kinks of a tabulated surface do not stop."""
    inside = [np.clip(minimum.parameters[a.name], a.low, a.high) for a in axes]
    start = np.array([[a.internal(x).item() for a, x in zip(axes, inside, strict=True)]])
    values, at = descend(objective, axes, start, _MOVES_AT_KINKS)
    if values[0] >= minimum.value:
        return minimum
    point = {a.name: a.external(at[0, k]).item() for k, a in enumerate(axes)}
    return replace(minimum, value=float(values[0]), parameters=point)


def _vanishing(
    objective: Objective, axes: Sequence[Axis], parameters: Mapping[str, Parameter], lowest: Array
) -> Minimum | None:
    """Return the value with all free amplitudes zero, the rest as at the lowest point known (len(axes),)."""
    nulls = {a.name: null for a in axes if a.reaches(null := parameters[a.name].null)}
    if not nulls:
        return None
    point = {a.name: float(x) for a, x in zip(axes, lowest, strict=True)}
    point |= {name: float(value) for name, value in nulls.items() if value is not None}
    try:
        value = float(objective({k: np.array([v]) for k, v in point.items()})[0])
    except NotApplicableError:
        return None  # a surface that does not know what no oscillation is
    return Minimum(value, point, tuple(nulls), True)
