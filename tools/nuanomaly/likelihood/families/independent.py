"""The family of statistics that are a sum over bins, each of a function of its own mean: counts, others."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np

from nuanomaly.likelihood.algebra.convex import CACHED, Local, profile, taken
from nuanomaly.likelihood.families.contract import Statistic, in_parts
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Index, Prediction
from nuanomaly.likelihood.quadratic import Quadratic
from nuanomaly.model.probabilities import Array

#: Steps of the numerical derivatives, in standard deviations of the data.
_STEP = 1e-3
#: The part of a bin's curvature 1/σ² that is kept where the function bends the other way.
_TRACE = 1e-3


@dataclass(frozen=True, eq=False)
class IndependentBins(Statistic):
    """Σ_n f_n(μ_n), linear nuisances profiled. A derived class defines f, and how the data fluctuate.

    Attributes
    ----------
    data : array, shape (n,)
    nuisances : Nuisances
        Gaussian or free.
    """

    nuisances: Nuisances

    @abstractmethod
    def terms(self, mu: Array) -> Array:
        """Return f of every bin, shape of μ (P, n); infinite where a mean is impossible."""

    @abstractmethod
    def deviations(self, mu: Array) -> Array:
        """Return the standard deviations of data of these means, shape of μ (P, n)."""

    def slopes(self, mu: Array) -> tuple[Array, Array]:
        """Return half the first and half the second derivative of f, of the shape of μ (P, n).

        By differences of :meth:`terms`, unless a class knows better. The second one guides the steps towards
        the minimum over the nuisances, and is kept positive.
        """
        sigma = self.deviations(mu)
        h = _STEP * sigma
        below, here, above = self.terms(mu - h), self.terms(mu), self.terms(mu + h)
        bend = np.abs(above - 2.0 * here + below) / (2.0 * h**2)
        return (above - below) / (4.0 * h), np.maximum(bend, _TRACE / sigma**2)

    def contributions(self, prediction: Prediction) -> Array:
        """Return what each bin adds to the value, shape (P, n)."""
        return self.terms(prediction.mu)

    def errors(self, prediction: Prediction) -> Array:
        """Return the standard deviations of the data, shape (P, n)."""
        return self.deviations(prediction.mu)

    def value(self, prediction: Prediction) -> Array:
        """Return the sum with the nuisances profiled, shape (P,)."""
        if not len(self.nuisances):
            return np.asarray(self.terms(prediction.mu).sum(axis=1))
        step = max(1, CACHED // prediction.jacobian[0].size)
        return in_parts(self._profiled, prediction, step)

    def _profiled(self, prediction: Prediction) -> Array:
        """Return the profiled value of all points at once; the data may be one set for each of them."""
        points = len(prediction.mu)
        return profile(self.local(prediction), points, self.nuisances.ids, self.nuisances)[0]

    def rows(self, points: Index) -> Self:
        """Return the statistic of some of the points, if the data are one set (P, n) for each of them."""
        return self.with_data(self.data[points]) if self.data.ndim > 1 else self

    def local(self, prediction: Prediction) -> Local:
        """Return the expansion about any nuisances."""

        def about(xi: Array, rows: Index) -> Quadratic:
            measure, jacobian = self.rows(rows), taken(prediction.jacobian, rows)
            mu = taken(prediction.mu, rows) + np.matmul(jacobian, xi[:, :, None])[:, :, 0]
            slope, bend = measure.slopes(mu)
            gradient = np.matmul(slope[:, None, :], jacobian)[:, 0]
            hessian = np.matmul(np.swapaxes(jacobian, 1, 2), jacobian * bend[:, :, None])
            return Quadratic(self.nuisances.ids, measure.terms(mu).sum(axis=1), gradient, hessian)

        return about
