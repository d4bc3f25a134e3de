"""Parameters that one data set has for itself, profiled by a Newton step at no cost per toy.

Where μ and its covariance V follow the prediction, the statistic at parameters η is a row times features of
the data: value(θ, η; d) = m(θ, η)·f(d). About η₀ its gradient ∂m/∂η·f is linear in the same features, and its
curvature is nearly that of expectation, H = JᵀV⁻¹J + Π with J = ∂μ/∂η. The minimum over η is then

    m(θ, η₀)·f − gᵀ H⁻¹ g,      g = ½ (∂m/∂η)·f,

one more row for each parameter. The last parameter may sit at a bound: in closed form, too. η₀ is
where the observed data are fitted best at each hypothesis. Several η₀ stand
for several valleys (the two octants of θ23), of which the lowest counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nuanomaly.inference.engine.lowrank import Linear
from nuanomaly.inference.global_fit.sides import allowance
from nuanomaly.model.probabilities import Array

Places = NDArray[np.intp]

#: Hypotheses that the directions are found from, and hypotheses whose rows are made at once.
_SOME, _TOGETHER = 160, 192
#: Directions are kept down to this part of a unit of χ² in typical data.
_TOLERANCE = 2e-3
#: How many errors a parameter may move from its expansion point, and what the observed data may gain there.
_ERRORS, _UNSETTLED = 3.5, 1.5

#: Some hypotheses by index and their own parameters (p, K) to rows, to predictions μ, and to V⁻¹.
Rows = Callable[[Places, Array], Linear]
Predict = Callable[[Places, Array], Array]


@dataclass(frozen=True, eq=False)
class Valley:
    """One expansion point: rows in few directions.

    Attributes
    ----------
    rows : array, shape (1 + K, P, r)
        The value and half of its gradient.
    hessian : array, shape (P, K, K)
        H.
    inverse : array, shape (P, K − 1, K − 1)
        H⁻¹ of all but the last.
    mixed : array, shape (P, K − 1)
        H⁻¹ H of the last with the others.
    last : array, shape (P,)
        What is left of H of the last.
    reach : array, shape (K, 2, P)
        How far each parameter may move down and up from the expansion point.
    """

    rows: Array
    hessian: Array
    inverse: Array
    mixed: Array
    last: Array
    reach: Array

    def __call__(self, reduced: Array) -> Array:
        """Return the minimum over the parameters for reduced features (T, r), shape (T, P).

        Far from the data the form is no guide, so that no parameter moves further than ``reach``.
        """
        count, points, _ = self.rows.shape
        values = (reduced @ self.rows.reshape(count * points, -1).T).reshape(len(reduced), count, points)
        value, slopes = values[:, 0].copy(), [values[:, k] for k in range(1, count)]
        others = range(count - 2)
        free = slopes[-1].copy()
        for k in others:
            free -= slopes[k] * self.mixed[:, k]
        last = np.clip(-free / self.last, *self.reach[-1])
        pulled = [slopes[k] + self.hessian[:, k, -1] * last for k in others]
        steps = []
        for k in others:
            step = -sum(self.inverse[:, k, m] * pulled[m] for m in others)
            steps.append(np.clip(step, *self.reach[k]))
        steps.append(last)
        for k, step in enumerate(steps):
            bent = sum(self.hessian[:, k, m] * steps[m] for m in range(count - 1))
            value += step * (2.0 * slopes[k] + bent)
        return np.asarray(value)


@dataclass(frozen=True, eq=False)
class OwnProfile:
    """A statistic with its own parameters profiled.

    Attributes
    ----------
    features : callable
    directions : array, shape (m, r)
    valleys : tuple of Valley
    """

    features: Callable[[Array], Array]
    directions: Array
    valleys: tuple[Valley, ...]

    def __call__(self, data: Array) -> Array:
        """Return the profiled statistic of data (T, n), shape (T, P)."""
        reduced = self.features(data) @ self.directions
        arrays = [valley(reduced) for valley in self.valleys]
        return np.asarray(arrays[0] if len(arrays) == 1 else np.minimum.reduce(arrays))


def own_profile(
    rows: Rows,
    predict: Predict,
    curvature: Predict,
    penalty: Callable[[Array], Array],
    points: int,
    starts: Sequence[Array],
    steps: Array,
    limits: Sequence[tuple[float, float]],
    typical: Array,
) -> OwnProfile:
    """Return a statistic over hypotheses with own parameters profiled.

    Parameters
    ----------
    rows, predict, curvature : callable
        See the module; rows of any parameters have the same features.
    penalty : callable
        What the release adds for its own parameters.
    points : int
        The number of hypotheses P.
    starts : sequence of array, shape (P, K)
        Expansion points.
    steps : array, shape (K,)
        Of the differences that derivatives are taken by.
    limits : sequence of (float, float)
        Between which each parameter stays.
    typical : array, shape (T, n)
        Data that say how large features are.
    """
    some = np.unique(np.linspace(0, points - 1, _SOME).astype(np.intp))
    sample = [rows(some, eta) for start in starts for eta in _star(start[some], steps)]
    features = sample[0].features
    size = np.sqrt((features(typical) ** 2).mean(axis=0))
    size = np.where(size > 0.0, size, 1.0)
    heard = np.concatenate([1.0 / allowance(sample[0](typical))] * len(sample))
    together = np.concatenate([part.rows for part in sample]) * size * heard[:, None]
    strength, vectors = np.linalg.eigh(together @ together.T)
    kept = strength > (_TOLERANCE / np.sqrt(size.size)) ** 2
    basis = np.linalg.qr(together.T @ (vectors[:, kept] / np.sqrt(strength[kept])))[0]
    project, back = basis * size[:, None], basis / size[:, None]
    valleys = []
    for start in starts:
        valley = _valley(rows, predict, curvature, penalty, points, start, steps, limits, project)
        valleys.append(settled(valley, features(typical[:1]) @ back))
    return OwnProfile(features, back, tuple(valleys))


def settled(valley: Valley, observed: Array) -> Valley:
    """Return a valley whose steps are no longer than the form is right for.

    No parameter moves by more than so many of its errors. Where the observed data (1, r) would gain by a
    step, the descent to the expansion point had not ended, and the parameters stay there: the value is then
    above the minimum and never below it.
    """
    errors = np.sqrt(np.diagonal(np.linalg.inv(valley.hessian), axis1=1, axis2=2)).T
    low = np.maximum(valley.reach[:, 0], -_ERRORS * errors)
    high = np.minimum(valley.reach[:, 1], _ERRORS * errors)
    near = replace(valley, reach=np.stack([low, high], axis=1))
    off = (observed @ valley.rows[0].T - near(observed))[0] > _UNSETTLED
    return replace(near, reach=np.where(off, 0.0, near.reach))


def _star(start: Array, steps: Array) -> list[Array]:
    """Return a point and its neighbours up and down each axis."""
    moves = [sign * steps * (np.arange(len(steps)) == k) for k in range(len(steps)) for sign in (1.0, -1.0)]
    return [start, *(start + move for move in moves)]


def _valley(
    rows: Rows,
    predict: Predict,
    curvature: Predict,
    penalty: Callable[[Array], Array],
    points: int,
    start: Array,
    steps: Array,
    limits: Sequence[tuple[float, float]],
    project: Array,
) -> Valley:
    count = len(steps)
    values = np.empty((1 + count, points, project.shape[1]))
    hessian = np.empty((points, count, count))
    for first in range(0, points, _TOGETHER):
        part = np.arange(first, min(points, first + _TOGETHER))
        star = _star(start[part], steps)
        each = [rows(part, eta) for eta in star]
        for linear, eta in zip(each, star, strict=True):
            linear.rows[:, -1] += penalty(eta)  # the last feature is one
        values[0, part] = each[0].rows @ project
        for k in range(count):
            half = (each[1 + 2 * k].rows - each[2 + 2 * k].rows) / (4.0 * steps[k])
            values[1 + k, part] = half @ project
        means = [predict(part, eta) for eta in star[1:]]
        slope = np.stack([(means[2 * k] - means[2 * k + 1]) / (2.0 * steps[k]) for k in range(count)], axis=1)
        inverse = curvature(part, star[0])
        hessian[part] = np.einsum("pki,pij,plj->pkl", slope, inverse, slope, optimize=True)
        for k in range(count):
            bend = penalty(star[1 + 2 * k]) + penalty(star[2 + 2 * k]) - 2.0 * penalty(star[0])
            hessian[part, k, k] += 0.5 * bend / steps[k] ** 2
    others = np.asarray(np.linalg.inv(hessian[:, :-1, :-1]), float)
    mixed = np.einsum("pkl,pl->pk", others, hessian[:, :-1, -1])
    last = hessian[:, -1, -1] - np.einsum("pk,pk->p", hessian[:, :-1, -1], mixed)
    low, high = np.array(limits).T
    reach = np.stack([(low - start).T, (high - start).T], axis=1)
    return Valley(values, hessian, others, mixed, np.maximum(last, 1e-9), reach)
