"""Minimise over some parameters at every point of a grid of the others, all points at once."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from nuanomaly.inference.grid import Axis, points, size, slowest_first
from nuanomaly.inference.objective import Objective, Progress
from nuanomaly.model.probabilities import Array, Parameter

#: The grid cell is halved this often around its lowest point: an axis of 61 points over four decades then
#: has steps of 1e-5, and the value an error of second order in that.
_HALVINGS = 14
#: How many points are evaluated together.
_TOGETHER = 20_000


def profiled(
    objective: Objective,
    outer: Sequence[Axis],
    inner: Sequence[Axis],
    parameters: Mapping[str, Parameter],
    progress: Progress | None = None,
) -> tuple[Array, dict[str, Array]]:
    """Return the minimum over ``inner`` at every point of ``outer``, and where it is.

    The inner grid finds the valley, then a pattern of 3 points per axis is shrunk around its lowest point.
    An amplitude that is best below its axis is set to where it vanishes.

    Returns
    -------
    values : array, shape (len(a) for a in outer)
    where : dict of arrays of that shape
    """
    order = slowest_first(outer)
    walked = [outer[k] for k in order]
    total, cells = size(walked), size(inner)
    step = max(1, _TOGETHER // cells)
    best, where = np.empty(total), np.empty((len(inner), total))
    for start in range(0, total, step):
        part = slice(start, min(total, start + step))
        given = points(walked, part.start, part.stop)
        value, internal = _coarse(objective, given, inner)
        value, internal = _refine(objective, given, inner, value, internal)
        external = np.array([a.external(u) for a, u in zip(inner, internal, strict=True)])
        best[part], where[:, part] = _vanish(objective, given, inner, parameters, value, external)
        if progress is not None:
            progress(part.stop, total)
    shape, back = [len(a) for a in walked], np.argsort(order)
    arrays = {a.name: np.transpose(w.reshape(shape), back) for a, w in zip(inner, where, strict=True)}
    return np.transpose(best.reshape(shape), back), arrays


def evaluations(outer: Sequence[Axis], inner: Sequence[Axis]) -> int:
    """Return how often the objective is evaluated to profile a grid.

    Examples
    --------
    >>> from nuanomaly.inference.grid import axis
    >>> from nuanomaly.model.registry import model
    >>> dm2, amplitude = (axis(p, 5) for p in model("2nu-ee").parameters[:2])
    >>> evaluations([dm2], [amplitude])
    165
    """
    neighbours: int = 3 ** len(inner) - 1
    return size(outer) * (size(inner) + _HALVINGS * neighbours)


def _values(objective: Objective, given: Mapping[str, Array], inner: Sequence[Axis], trial: Array) -> Array:
    """Return the objective for trial inner coordinates (k, T, n) at n given points, shape (T, n)."""
    _, tries, n = trial.shape
    free = {name: np.tile(v, tries) for name, v in given.items()}
    free |= {a.name: a.external(trial[i].ravel()) for i, a in enumerate(inner)}
    return objective(free).reshape(tries, n)


def _coarse(objective: Objective, given: Mapping[str, Array], inner: Sequence[Axis]) -> tuple[Array, Array]:
    n = next(iter(given.values())).size
    mesh = np.meshgrid(*(a.internal(a.values) for a in inner), indexing="ij")
    trial = np.array([np.repeat(m.ravel()[:, None], n, axis=1) for m in mesh])
    values = _values(objective, given, inner, trial)
    lowest = np.argmin(values, axis=0)
    return values[lowest, range(n)], trial[:, lowest, range(n)]


def _refine(
    objective: Objective, given: Mapping[str, Array], inner: Sequence[Axis], value: Array, at: Array
) -> tuple[Array, Array]:
    step = np.array([np.max(np.diff(a.internal(a.values)), initial=0.0) for a in inner])
    bounds = np.array([[a.internal(a.low), a.internal(a.high)] for a in inner])
    pattern = np.array([p for p in product((-1.0, 0.0, 1.0), repeat=len(inner)) if any(p)])
    n = value.size
    for _ in range(_HALVINGS):
        step = step / 2.0
        trial = at[:, None, :] + (pattern * step).T[:, :, None]
        trial = np.clip(trial, bounds[:, 0, None, None], bounds[:, 1, None, None])
        values = _values(objective, given, inner, trial)
        lowest = np.argmin(values, axis=0)
        better = values[lowest, range(n)] < value
        value = np.where(better, values[lowest, range(n)], value)
        at = np.where(better, trial[:, lowest, range(n)], at)
    return value, at


def _vanish(
    objective: Objective,
    given: Mapping[str, Array],
    inner: Sequence[Axis],
    parameters: Mapping[str, Parameter],
    value: Array,
    at: Array,
) -> tuple[Array, Array]:
    """Return the lower of the refined minimum and that with one or all amplitudes at their null."""
    nulls = [i for i, a in enumerate(inner) if a.reaches(parameters[a.name].null)]
    choices = [[i] for i in nulls] + ([nulls] if len(nulls) > 1 else [])
    for choice in choices:
        trial = at.copy()
        for i in choice:
            trial[i] = parameters[inner[i].name].null
        free = {**given, **{a.name: t for a, t in zip(inner, trial, strict=True)}}
        values = objective(free)
        better = values < value
        value, at = np.where(better, values, value), np.where(better, trial, at)
    return value, at
