"""Counts with hundreds of systematic effects of their own, and the variance of the prediction that fits.

Options and χ² are as of the kind ``pulls``, with V = 3 / (1/d + 2/m) (or d, or m) of the *fitted* prediction
m(ξ): right also where free pulls take up a large common factor. Two things make it fast. Effects with a prior
are replaced by fewer that span the same covariance, up to 1e-5 of a variance of the data; and ξ is found by
conjugate gradients of all points side by side, each until a step would change its χ² by 1e-15 of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import numpy as np
import scipy

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import completed
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Prediction, Transform
from nuanomaly.likelihood.statistic import pulls
from nuanomaly.likelihood.statistic.pulls import Options
from nuanomaly.model.probabilities import Array

#: Effects that add less than this to the variance of data in units of their own are left out together.
_NEGLIGIBLE = 1e-5
#: χ² is settled where a step changes it by less than this part of it. It is not stationary there, as the
#: variance moves with the pulls: it is right to the root of that. Far from the data, rounding allows no more
#: than the second.
_SETTLED, _SETTLED_FAR = 1e-15, 1e-12
#: A point that is not settled after so many steps is solved by itself, and refused after as many more.
_STEPS = 100
#: How often the variance follows the fit of the first point before all others begin there.
_ROUNDS = 2
#: Points that descend together: what they need stays near the processor.
_TOGETHER = 128
#: Below this a curvature is that of no direction.
_TINY = 1e-300
#: A prediction is kept above this part of the data, where a step goes too far.
_FLOOR = 1e-3


@dataclass
class _Descent:
    """Points on their way: which of those asked, predictions, residuals, pulls, and the step before."""

    points: "np.ndarray[tuple[int], np.dtype[np.intp]]"
    mu: Array
    residual: Array
    xi: Array
    along: Array
    before: Array
    last: Array

    @classmethod
    def beginning(cls, mu: Array, residual: Array, xi: Array) -> "_Descent":
        """Return all points before their first step."""
        none = np.zeros_like(xi)
        return cls(np.arange(len(mu)), mu, residual, xi, none, none, np.ones(len(mu)))

    def only(self, kept: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> "_Descent":
        """Return some of the points."""
        return _Descent(**{f.name: getattr(self, f.name)[kept] for f in fields(self)})


@dataclass(frozen=True, eq=False)
class ManyPulls(pulls.Pulls):
    """Counts with profiled pulls, solved by descent.

    The pulls are the free ones on the signal, directions of those with a prior, and those on the background.

    Attributes
    ----------
    rotation : array, shape (directions, pulls)
        What a unit of each direction is of the pulls on the signal that have a prior, in units of these.
    """

    rotation: Array = field(default_factory=lambda: np.zeros((0, 0)))

    def value(self, prediction: Prediction) -> Array:
        """Return χ² with all pulls profiled, shape (P,).

        Raises
        ------
        NuanomalyError
            If the pulls do not settle.
        """
        return self._settled(prediction.mu)[0]

    def fitted(self, prediction: Prediction) -> Array:
        """Return the predictions, backgrounds included, where the data want the pulls, shape (P, n)."""
        return self._settled(prediction.mu)[1]

    def contributions(self, prediction: Prediction) -> Array:
        """Return (d − m)²/V of each datum at the fitted prediction m, shape (P, n)."""
        fitted = self.fitted(prediction)
        return np.asarray(self._inverse_variance(fitted) * (self.data - fitted) ** 2)

    def errors(self, prediction: Prediction) -> Array:
        """Return √V at the fitted prediction, shape (P, n): counting alone."""
        return np.asarray(self._inverse_variance(self.fitted(prediction)) ** -0.5)

    def other_terms(self, prediction: Prediction) -> Mapping[str, Array]:
        """Return what the pulls themselves cost."""
        return {"pulls": (self._settled(prediction.mu)[2] ** 2) @ self.prior}

    def own_pulls(self, prediction: Prediction) -> Mapping[str, Array]:
        """Return the pulls that have a prior, in its units, by name."""
        xi, on_signal = self._settled(prediction.mu)[2], self.signal.shape[1]
        free = on_signal - len(self.rotation)
        bound = self.prior[on_signal:] > 0.0
        values = np.concatenate(
            [
                xi[:, free:on_signal] @ self.rotation,
                (xi[:, on_signal:] * np.sqrt(self.prior[on_signal:]))[:, bound],
            ],
            axis=1,
        )
        names = self.names or tuple(f"pull {k}" for k in range(values.shape[1]))
        return dict(zip(names, values.T, strict=True))

    def without(self, gone: Sequence[int]) -> "ManyPulls":
        """Return the statistic of the other data; a free pull that nothing is left of is dropped."""
        kept = self.kept(gone)
        signal, extra = self.signal[kept], self.extra[kept]
        acting = np.concatenate([signal.any(axis=0), extra.any(axis=0)]) | (self.prior > 0.0)
        on_signal, on_extra = np.split(acting, [signal.shape[1]])
        return replace(
            self,
            data=self.data[kept],
            background=self.background[kept],
            signal=signal[:, on_signal],
            extra=extra[:, on_extra],
            prior=self.prior[acting],
        )

    def _settled(self, mu: Array) -> tuple[Array, Array, Array]:
        """Return χ² (P,), the predictions that fit (P, n), and the pulls there (P, K).

        All points begin where the pulls of the first are, and its Hessian stands in for that of all.
        """
        start, hessian = self._begin(mu[0])
        parts = [self._descend(mu[k : k + _TOGETHER], start, hessian) for k in range(0, len(mu), _TOGETHER)]
        value, fitted, xi = (np.concatenate(content) for content in zip(*parts, strict=True))
        return value, fitted, xi

    def _descend(self, mu: Array, start: Array, hessian: tuple[Array, bool]) -> tuple[Array, Array, Array]:
        """Return all three by conjugate gradients of all points side by side; the variance follows the fit.

        Every point ends by itself, where what is left to go is far below what matters: what else is asked,
        and so the beginning, shows in no digit that is used. The few that do not settle are solved alone.
        """
        value, fitted, xi = np.empty(len(mu)), np.empty_like(mu), np.empty((len(mu), self.prior.size))
        begun = np.tile(start, (len(mu), 1))
        at = _Descent.beginning(mu, self.data - self.background - mu - self._shift(mu, begun), begun)
        for _ in range(_STEPS):
            expected = np.maximum(self.data - at.residual, self._floor)
            weight = self._inverse_variance(expected)
            gradient = self._gradient(at, weight)
            step = scipy.linalg.cho_solve(hessian, gradient.T, check_finite=False).T
            gain = np.einsum("pk,pk->p", gradient, step)
            chi2 = np.einsum("pn,pn->p", weight * at.residual, at.residual) + (at.xi**2) @ self.prior
            settled = gain <= _SETTLED * (1.0 + chi2)
            if settled.any():
                done, left = at.points[settled], ~settled
                value[done], fitted[done], xi[done] = chi2[settled], expected[settled], at.xi[settled]
                at = at.only(left)
                weight, gradient, step, gain = weight[left], gradient[left], step[left], gain[left]
            if not at.points.size:
                break
            self._advance(at, weight, gradient, step, gain)
        for point in at.points:
            value[point], fitted[point], xi[point] = self._reweighted(mu[point])
        return value, fitted, xi

    def _gradient(self, at: "_Descent", weight: Array) -> Array:
        weighted, s = weight * at.residual, self.signal.shape[1]
        gradient = -self.prior * at.xi
        gradient[:, :s] += (weighted * at.mu) @ self.signal
        gradient[:, s:] += weighted @ self.extra
        return np.asarray(gradient)

    def _advance(self, at: "_Descent", weight: Array, gradient: Array, step: Array, gain: Array) -> None:
        """Go to the lowest point along the conjugate of the preconditioned gradient, in place."""
        turn = np.maximum((gain - np.einsum("pk,pk->p", at.before, step)) / at.last, 0.0)
        along = step + turn[:, None] * at.along
        moved = self._shift(at.mu, along)
        curvature = np.einsum("pn,pn->p", weight * moved, moved)
        curvature += np.einsum("pk,pk->p", self.prior * along, along)
        length = (np.einsum("pk,pk->p", gradient, along) / np.maximum(curvature, _TINY))[:, None]
        at.xi += length * along
        at.residual -= length * moved
        at.along, at.before, at.last = along, gradient, np.maximum(gain, _TINY)

    def _reweighted(self, mu: Array) -> tuple[float, Array, Array]:
        """Return all three of one point (n,) by its own Hessian.

        Far from the data the variance makes whole steps go to and fro: they are halved where they grow.
        """
        effects = np.concatenate([self.signal * mu[:, None], self.extra], axis=1)
        xi, before, part = np.zeros(self.prior.size), np.inf, 1.0
        for _ in range(_STEPS):
            residual = self.data - self.background - mu - effects @ xi
            expected = np.maximum(self.data - residual, self._floor)
            weight = self._inverse_variance(expected[None])[0]
            gradient = effects.T @ (weight * residual) - self.prior * xi
            hessian = effects.T @ (effects * weight[:, None]) + np.diag(self.prior)
            step = scipy.linalg.cho_solve(scipy.linalg.cho_factor(hessian), gradient)
            gain, chi2 = float(gradient @ step), float((weight * residual) @ residual + self.prior @ xi**2)
            if gain <= _SETTLED_FAR * (1.0 + chi2):
                return chi2, expected, xi
            part = 0.5 * part if gain > before else part
            before, xi = gain, xi + part * step
        raise NuanomalyError("the pulls of counts do not settle: is the prediction far from the data?")

    def _begin(self, mu: Array) -> tuple[Array, tuple[Array, bool]]:
        """Return the pulls of one prediction (n,), nearly, and its Hessian, factorised."""
        effects = np.concatenate([self.signal * mu[:, None], self.extra], axis=1)
        xi, residual = np.zeros(self.prior.size), self.data - self.background - mu
        for _ in range(_ROUNDS):
            expected = np.maximum(self.background + mu + effects @ xi, self._floor)
            weighted = effects * self._inverse_variance(expected[None])[0][:, None]
            factor = scipy.linalg.cho_factor(effects.T @ weighted + np.diag(self.prior))
            xi = scipy.linalg.cho_solve(factor, weighted.T @ residual)
        return xi, (np.asarray(factor[0]), bool(factor[1]))

    def _shift(self, mu: Array, xi: Array) -> Array:
        s = self.signal.shape[1]
        return np.asarray(mu * (xi[:, :s] @ self.signal.T) + xi[:, s:] @ self.extra.T)

    def _inverse_variance(self, expected: Array) -> Array:
        """Return 1/V for the prediction that fits, shape (P, n)."""
        if self.variance == "data":
            return np.broadcast_to(1.0 / self.data, expected.shape)
        if self.variance == "prediction":
            return np.asarray(1.0 / expected)
        values = np.divide(2.0 / 3.0, expected)
        values += self._third
        return values

    @cached_property
    def _third(self) -> Array:
        return np.asarray(1.0 / (3.0 * self.data))

    @cached_property
    def _floor(self) -> Array:
        return _FLOOR * self.data


def condensed(signal: Array, prior: Array, data: Array) -> tuple[Array, Array, Array]:
    """Return fewer effects of the same covariance, those without a prior first, and their 1/σ².

    The third array, shape (directions, pulls with a prior), says what each direction is of the pulls.

    Parameters
    ----------
    signal : array, shape (n, S)
        Relative effects.
    prior : array, shape (S,)
        1/σ², zero for free ones, which are kept as they are.
    data : array, shape (n,)
        Counts, whose statistical error is what an effect is compared with.

    Examples
    --------
    >>> twice = np.array([[0.01, 0.01], [0.02, 0.02]])
    >>> effects, prior, rotation = condensed(twice, np.array([1.0, 1.0]), np.array([1e4, 1e4]))
    >>> (effects @ effects.T).round(6).tolist(), prior.tolist()
    ([[0.0002, 0.0004], [0.0004, 0.0008]], [1.0])
    """
    free = prior == 0.0
    scaled = signal[:, ~free] / np.sqrt(prior[~free])
    error = np.sqrt(data)[:, None]
    left, size, right = np.linalg.svd(scaled * error, full_matrices=False)
    kept = size**2 > _NEGLIGIBLE
    effects = left[:, kept] * size[kept] / error
    every = np.concatenate([signal[:, free], effects], axis=1)
    return every, np.r_[np.zeros(free.sum()), np.ones(kept.sum())], right[kept]


@completed
def build(config: Options, release: Release, transform: Transform, nuisances: Nuisances) -> ManyPulls:
    """Build from a declaration (see the module)."""
    own = pulls.build(config, release, transform, nuisances)
    s = own.signal.shape[1]
    signal, prior, rotation = condensed(own.signal, own.prior[:s], own.data)
    names = tuple(name for name, weight in zip(own.names, own.prior, strict=True) if weight > 0.0)
    return ManyPulls(
        own.data,
        own.background,
        signal,
        own.extra,
        np.r_[prior, own.prior[s:]],
        own.variance,
        names,
        rotation,
    )
