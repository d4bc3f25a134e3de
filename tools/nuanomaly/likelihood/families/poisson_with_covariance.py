"""Poisson counts whose means have a systematic covariance: another definition of a χ² of counts."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nuanomaly.likelihood.algebra.convex import profile
from nuanomaly.likelihood.families.contract import Statistic
from nuanomaly.likelihood.families.following import FollowingCovariance
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.parts import Prediction, StatisticKind
from nuanomaly.likelihood.statistic.poisson import Poisson
from nuanomaly.model.probabilities import Array

#: Eigenvalues below this fraction of the largest are zero.
_SINGULAR = 1e-12


@dataclass(frozen=True, eq=False)
class CorrelatedCounts(FollowingCovariance):
    """A χ² of counts whose systematic covariance is known apart from the variance of the counts."""

    @abstractmethod
    def systematic(self, prediction: Prediction) -> Array:
        """Return V, the systematic covariance, shape (P, n, n); not to be changed."""

    @abstractmethod
    def without(self, gone: Sequence[int]) -> "CorrelatedCounts":
        """Return the statistic of the other bins."""


@dataclass(frozen=True, eq=False)
class PoissonWithCovariance(Statistic):
    """Poisson counts whose means have a systematic covariance V.

    −2 ln L = min over δ of the deviance of μ + δ, and δᵀV⁻¹δ. Means of empty bins stay: their term is linear,
    and would end at zero.

    Attributes
    ----------
    data : array, shape (n,)
        Counts.
    counts : CorrelatedCounts
        What V is taken from.
    """

    counts: CorrelatedCounts

    @classmethod
    def of(cls, counts: CorrelatedCounts) -> "PoissonWithCovariance":
        """Return the statistic of the same counts and V."""
        return cls(counts.data, counts)

    @property
    def kind(self) -> StatisticKind:
        """−2 ln L."""
        return "-2lnL"

    def value(self, prediction: Prediction) -> Array:
        """Return the value, the means profiled, shape (P,)."""
        bins, pulled = self._profiled(prediction)
        return np.asarray(bins.sum(axis=1) + pulled)

    def contributions(self, prediction: Prediction) -> Array:
        """Return the deviance of each bin from its profiled mean, shape (P, n)."""
        return self._profiled(prediction)[0]

    def other_terms(self, prediction: Prediction) -> Mapping[str, Array]:
        """Return δᵀV⁻¹δ."""
        return {"pulls of the means": self._profiled(prediction)[1]}

    def errors(self, prediction: Prediction) -> Array:
        """Return the roots of V_nn + μ_n, shape (P, n)."""
        systematic = np.diagonal(self.counts.systematic(prediction), axis1=1, axis2=2)
        return np.sqrt(systematic + np.maximum(prediction.mu, 0.0))

    def sample(self, prediction: Prediction, means: Array, random: np.random.Generator) -> Array:
        """Return counts (T, n): Poisson, of means that fluctuate with V."""
        return self.counts.sample(prediction, means, random)

    def without(self, gone: Sequence[int]) -> "PoissonWithCovariance":
        """Return the statistic of the other bins."""
        counts = replace(self.counts, data=self.data).without(gone)
        return PoissonWithCovariance.of(counts)

    def _profiled(self, prediction: Prediction) -> tuple[Array, Array]:
        """Return the deviance of every bin at the profiled means, shape (P, n), and δᵀV⁻¹δ, shape (P,)."""
        counted = np.flatnonzero(self.data > 0.0)
        # one pull of unit width for each direction of V
        pulls = Nuisances(tuple(Nuisance(f"direction-{k}", "", 1.0, 1.0) for k in range(counted.size)))
        poisson = Poisson(self.data, pulls, "-2lnL")
        bins, pulled = np.empty_like(prediction.mu), np.empty(len(prediction.mu))
        for k in range(pulled.size):
            one = prediction.rows(slice(k, k + 1))
            values, vectors = np.linalg.eigh(self.counts.systematic(one)[0][np.ix_(counted, counted)])
            root = np.zeros((1, self.n_bins, counted.size))
            root[0, counted] = vectors * np.sqrt(np.where(values > _SINGULAR * values[-1], values, 0.0))
            moved = Prediction(one.mu, root)
            where = profile(poisson.local(moved), 1, pulls.ids, pulls)[1]
            xi = np.array([where[name] for name in pulls.ids]).reshape(counted.size, 1).T
            bins[k], pulled[k] = poisson.terms(moved.at(xi).mu)[0], (xi**2).sum()
        return bins, pulled
