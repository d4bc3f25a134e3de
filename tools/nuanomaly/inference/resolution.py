"""How fine axes must be, so that no signal falls between their points.

Between neighbouring splittings the expected signal changes, the faster the larger L/E is that the data
resolve. What is looked at is χ² of the signal expected halfway, at strong amplitudes: how far it is from
those on both sides (d², nuisances profiled), as a part of how far it is from no oscillation (D²). A best fit
whose signal lies there loses at most d²/D² of its Δ on the points of the axis; the quadratic form through the
points beside the lowest one (:mod:`~nuanomaly.inference.vertex`) gives nearly all of it back. Amplitudes are
looked at in the same way, at several splittings, with the nearer side.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from nuanomaly.inference import remembered
from nuanomaly.inference.grid import Axis
from nuanomaly.inference.injection import true_nuisances
from nuanomaly.inference.nullpoint import null_point
from nuanomaly.inference.objective import Objective
from nuanomaly.model.probabilities import Array, Parameter

#: The largest part of Δ that may be lost halfway, before the quadratic form.
LOSS = 0.02
#: Signals that the data tell from none by less than this χ² have no minimum worth finding, and an amplitude
#: that loses less than it is close enough.
_FELT = 0.02
#: Amplitudes are so far up their axes, the first that exists.
_STRONG = (0.9, 0.75, 0.5)
#: At how many splittings amplitudes are looked at.
_SPLITTINGS = 5
#: How often steps are halved at most, and how many of them are looked at together.
_HALVINGS, _TOGETHER = 4, 8
#: Axes that were found: the same data are asked alone and beside others, in several ways.
_RESOLVED: remembered.Memory[tuple[Axis, ...]] = remembered.Memory()


def resolved(objective: Objective, axes: Sequence[Axis], known: Mapping[str, Parameter]) -> tuple[Axis, ...]:
    """Return axes with more splittings and amplitudes wherever a signal would fall between those of before.

    Steps are cut in half until they are fine enough, or sixteen times finer. Where nothing says what no
    oscillation is, axes stay as they are.

    Parameters
    ----------
    objective : Objective
        Of data that generate toys.
    axes : sequence of Axis
    known : mapping of str to Parameter
        Where amplitudes vanish.

    Examples
    --------
    >>> from nuanomaly.inference.question import Question
    >>> def splittings(data):
    ...     what = Question(data, "2nu-ee", grid={"dm2_41": (0.1, 10.0, 81, "log")})
    ...     return len(resolved(what.objective, what.axes, what.parameters)[0])
    >>> splittings("best"), splittings("danss")
    (81, 189)
    """
    if all(known[a.name].null is None for a in axes):
        return tuple(axes)
    return _RESOLVED.once(
        objective.key(axes), lambda: tuple(_finer(objective, axes, known, k) for k in range(len(axes)))
    )


def _finer(objective: Objective, axes: Sequence[Axis], known: Mapping[str, Parameter], k: int) -> Axis:
    axis = axes[k]
    amplitude = known[axis.name].null is not None
    if len(axis) < 2 or not (amplitude or axis.unit == "eV**2"):
        return axis
    at = axis.internal(axis.values)
    values, wanted = [axis.values], (at[:-1], at[1:])
    for _ in range(_HALVINGS):
        low, high = wanted
        part, lost = losses(objective, axes, known, k, axis.external(low), axis.external(high))
        coarse = (part > LOSS) & (lost > (_FELT if amplitude else 0.0))
        if not coarse.any():
            break
        low, high = low[coarse], high[coarse]
        middle = 0.5 * (low + high)
        values.append(axis.external(middle))
        wanted = np.append(low, middle), np.append(middle, high)
    return replace(axis, values=np.sort(np.concatenate(values)))


def losses(
    objective: Objective,
    axes: Sequence[Axis],
    known: Mapping[str, Parameter],
    k: int,
    low: Array,
    high: Array,
) -> tuple[Array, Array]:
    """Return d²/D² and d² halfway between values of axis ``k``, shapes (I,); zero where D² is small.

    Parameters
    ----------
    low, high : arrays, shape (I,)
        The values on both sides.
    """
    axis = axes[k]
    null = null_point(axes, known, objective.model.name)
    between = axis.external(0.5 * (axis.internal(low) + axis.internal(high)))
    part, lost = np.zeros(between.size), np.zeros(between.size)
    # the signal may turn on one side alone, but halfway to no amplitude is as far from none as from some
    farther = np.maximum if axis.unit == "eV**2" else np.minimum
    for others in _elsewhere(objective, axes, known, k):
        for first in range(0, between.size, _TOGETHER):
            own = slice(first, first + _TOGETHER)
            count = between[own].size
            along = np.concatenate([low[own], high[own], between[own], [null[axis.name]]])
            free = {name: np.append(np.full(along.size - 1, x), null[name]) for name, x in others.items()}
            points = objective.points({axis.name: along, **free})
            rows = {name: value[2 * count : -1] for name, value in points.items()}
            likelihood, model = objective.likelihood, objective.model
            expected = likelihood.means(model, rows, true_nuisances(likelihood, model, rows))
            values = likelihood.tabulate(model, points)(expected)
            row = np.arange(count)
            here = values[row, 2 * count + row]
            beside = farther(values[row, row], values[row, count + row]) - here
            size = values[:, -1] - here
            share = np.where(size > _FELT, beside / np.maximum(size, _FELT), 0.0)
            part[own], lost[own] = np.maximum(part[own], share), np.maximum(lost[own], beside)
    return part, lost


def _elsewhere(
    objective: Objective, axes: Sequence[Axis], known: Mapping[str, Parameter], k: int
) -> Iterator[dict[str, float]]:
    """Give values of the other parameters at which an axis is looked at.

    Amplitudes are strong, and exist; what has no value without oscillation is halfway, but splittings are at
    several places where axis ``k`` is an amplitude.
    """
    others = [a for j, a in enumerate(axes) if j != k]
    shares: Sequence[float] = (0.5,)
    if known[axes[k].name].null is not None and any(a.unit == "eV**2" for a in others):
        shares = np.linspace(0.1, 0.9, _SPLITTINGS).tolist()
    for share in shares:
        for strong in _STRONG:
            values = {a.name: _inside(a, known[a.name], strong, share) for a in others}
            free = {name: np.full(len(axes[k]), value) for name, value in values.items()}
            points = objective.points({axes[k].name: axes[k].values, **free})
            if np.asarray(objective.model.allowed(points)).all():
                yield values
                break


def _inside(axis: Axis, parameter: Parameter, strong: float, share: float) -> float:
    """Return the value of an axis so far from no oscillation, or so far up if it has none."""
    low, high = axis.internal([axis.low, axis.high])
    if parameter.null is None:
        return float(axis.external(low + share * (high - low)))
    if abs(axis.high - parameter.null) < abs(axis.low - parameter.null):
        strong = 1.0 - strong
    return float(axis.external(low + strong * (high - low)))
