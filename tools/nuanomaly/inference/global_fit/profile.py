"""Own parameters of a data set whose covariance follows its prediction, expanded about its own fit."""

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.engine.lowrank import Linear
from nuanomaly.inference.global_fit import rows
from nuanomaly.inference.global_fit.own import OwnProfile, own_profile
from nuanomaly.inference.global_fit.part import Part
from nuanomaly.inference.global_fit.sides import Axes
from nuanomaly.likelihood.families.following import FollowingCovariance
from nuanomaly.likelihood.parts import Prediction
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.model.probabilities import Array

Places = NDArray[np.intp]

#: Steps of the descents of own parameters.
_DESCENTS = 3


def profile(part: Part, axes: Axes, typical: Array) -> OwnProfile:
    """Return a statistic whose covariance follows the prediction, its own parameters profiled.

    Raises
    ------
    NuanomalyError
        If its covariance does not follow the prediction.
    """
    own, likelihood = part.own, part.likelihood
    assert own is not None
    if not isinstance(likelihood, ResponseLikelihood) or not isinstance(
        likelihood.measure, FollowingCovariance
    ):
        raise NuanomalyError(
            f"{part.name}: own parameters are profiled where the covariance is the prediction's"
        )
    measure = likelihood.measure
    dm2, mixing = axes.points()

    limits, steps = np.array(own.limits), np.array(own.steps)
    every = np.arange(dm2.size)

    def points(chosen: Places, eta: Array) -> dict[str, Array]:
        free = part.points(dm2[chosen], mixing[chosen], eta[0].tolist())
        return {**free, **{n: eta[:, k] for k, n in enumerate(own.names)}}

    def predicted(chosen: Places, eta: Array) -> Prediction:
        return likelihood.prediction(part.model, points(chosen, eta))

    middle = predicted(every[:1], np.array([own.starts[0]])).mu

    def linear(chosen: Places, eta: Array) -> Linear:
        # the first row whitens: the same for all, so that all have the same features
        mu = np.vstack([middle, predicted(chosen, eta).mu])
        result = rows.following(measure, Prediction(mu, np.zeros((*mu.shape, 0))))
        return Linear(result.features, result.rows[1:])

    def predict(chosen: Places, eta: Array) -> Array:
        return predicted(chosen, eta).mu

    def curvature(chosen: Places, eta: Array) -> Array:
        return np.asarray(np.linalg.inv(measure.covariance(predicted(chosen, eta))), float)

    def penalty(eta: Array) -> Array:
        chosen = np.zeros(len(eta), np.intp)
        total = np.zeros(len(eta))
        for term in likelihood.penalties:
            total += term(part.model, points(chosen, eta), likelihood.release)
        return total

    def fitted(start: tuple[float, ...]) -> Array:
        """Return where the observed data are fitted best at each hypothesis, by Gauss and Newton."""
        result = np.empty((dm2.size, len(start)))
        inside = limits + np.array([1.0, -1.0]) * steps[:, None]
        for first in range(0, dm2.size, 240):
            chosen = every[first : first + 240]
            eta = np.tile(np.array(start), (chosen.size, 1))
            for _ in range(_DESCENTS):
                eta = np.clip(eta + _descent(chosen, eta), inside[:, 0], inside[:, 1])
            result[chosen] = eta
        return result

    def _descent(chosen: Places, eta: Array) -> Array:
        mu, inverse = predict(chosen, eta), curvature(chosen, eta)
        slopes, tilt, bend = [], [], []
        for k, step in enumerate(steps):
            move = step * (np.arange(steps.size) == k)
            slopes.append(
                (predicted(chosen, eta + move).mu - predicted(chosen, eta - move).mu) / (2.0 * step)
            )
            up, down, here = penalty(eta + move), penalty(eta - move), penalty(eta)
            tilt.append((up - down) / (4.0 * step))
            bend.append(0.5 * (up + down - 2.0 * here) / step**2)
        slope = np.stack(slopes, axis=1)
        weighted = slope @ inverse
        hessian = weighted @ slope.swapaxes(1, 2)
        hessian[:, range(steps.size), range(steps.size)] += np.stack(bend, axis=1)
        gradient = np.einsum("pki,pi->pk", weighted, part.data - mu) - np.stack(tilt, axis=1)
        return np.asarray(np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0])

    return own_profile(
        linear,
        predict,
        curvature,
        penalty,
        dm2.size,
        [fitted(start) for start in own.starts],
        steps,
        own.limits,
        typical,
    )
