"""Counts by definitions of χ² not their own: Neyman, Pearson, both combined, Poisson with a covariance.

They are for comparison (:mod:`nuanomaly.inference.ablation`), not for a release: with few events per bin
Neyman's χ² pulls a prediction down, by about one event per bin, and Pearson's pushes it up, by half of one;
the combination of both takes most of that away (Ji, Gu, Qian, Wei and Zhang, Nucl. Instrum. Meth. A 961
(2020) 163677).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from nuanomaly.likelihood.algebra.convex import Local, profile
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances, Quadratic
from nuanomaly.likelihood.parts import Prediction, StatisticKind
from nuanomaly.likelihood.statistic.counts_covariance import CountsCovariance, Statistical
from nuanomaly.likelihood.statistic.poisson import Poisson, poisson_counts
from nuanomaly.model.probabilities import Array

#: The part of the expected curvature that is left where nothing was counted.
_TRACE = 1e-6
#: How many derivatives are worked on at once.
_CACHED = 500_000
#: Eigenvalues below this fraction of the largest are zero.
_SINGULAR = 1e-12


@dataclass(frozen=True, eq=False)
class ChiSquareOfCounts:
    """χ² = Σ (n − μ)²/s with s = n (Neyman; 1 for an empty bin), μ (Pearson) or 3 / (1/n + 2/μ).

    All three are convex in μ, and so in linear nuisances. The combined one is a third of Neyman's and two
    thirds of Pearson's; of an empty bin, where s = μ/2, it is 2μ.

    Attributes
    ----------
    data : array, shape (n,)
        Counts.
    nuisances : Nuisances
    statistical : {"combined-neyman-pearson", "neyman", "pearson"}
    """

    data: Array
    nuisances: Nuisances
    statistical: Statistical = "combined-neyman-pearson"
    kind: StatisticKind = field(default="chi2", init=False)

    @property
    def n_bins(self) -> int:
        """Number of data."""
        return int(self.data.size)

    def terms(self, mu: Array) -> tuple[Array, Array, Array]:
        """Return χ² of every bin, half its first and half its second derivative, of the shape of μ (P, n).

        Examples
        --------
        >>> counts = ChiSquareOfCounts(np.array([4.0, 0.0]), Nuisances(), "combined-neyman-pearson")
        >>> counts.terms(np.array([[8.0, 0.5]]))[0].tolist()  # (16/4 + 2·16/8) / 3 and 2·0.5
        [[2.6666666666666665, 1.0]]
        """
        variance = np.where(self.data > 0.0, self.data, 1.0)
        neyman = (self.data - mu) ** 2 / variance, (mu - self.data) / variance, 1.0 / variance + 0.0 * mu
        if self.statistical == "neyman":
            return neyman
        safe = np.maximum(mu, 1e-100)
        ratio = self.data / safe
        possible = (mu > 0.0) | ((mu == 0.0) & (self.data == 0.0))
        pearson = (
            np.where(possible, (self.data - mu) ** 2 / safe, np.inf),
            0.5 * (1.0 - ratio**2),
            np.maximum(ratio**2 / safe, _TRACE / safe),
        )
        if self.statistical == "pearson":
            return pearson
        counted = self.data > 0.0
        both = zip(neyman, pearson, strict=True)
        first, second, third = (np.where(counted, (a + 2.0 * b) / 3.0, 2.0 * b) for a, b in both)
        return first, second, third

    def value(self, prediction: Prediction) -> Array:
        """Return χ² with the nuisances profiled, shape (P,)."""
        if not len(self.nuisances):
            return np.asarray(self.terms(prediction.mu)[0].sum(axis=1))
        return _profiled(self.local, prediction, self.nuisances)

    def sample(self, prediction: Prediction, means: Array, random: np.random.Generator) -> Array:
        """Return counts (T, n) with the means (T, n): Poisson, whatever they are fitted with."""
        return poisson_counts(means, random)

    def quadratic(self, prediction: Prediction) -> None:
        """Return None: χ² is not quadratic in the nuisances."""
        return None

    def local(self, prediction: Prediction) -> Local:
        """Return the expansion about any nuisances."""
        jacobian = prediction.jacobian

        def about(xi: Array) -> Quadratic:
            value, slope, bend = self.terms(prediction.mu + np.matmul(jacobian, xi[:, :, None])[:, :, 0])
            gradient = np.matmul(slope[:, None, :], jacobian)[:, 0]
            hessian = np.matmul(np.swapaxes(jacobian, 1, 2), jacobian * bend[:, :, None])
            return Quadratic(self.nuisances.ids, value.sum(axis=1), gradient, hessian)

        return about


def _profiled(local: Callable[[Prediction], Local], prediction: Prediction, nuisances: Nuisances) -> Array:
    """Return the minimum over the nuisances, shape (P,), so many points at a time as the cache holds."""
    step = max(1, _CACHED // prediction.jacobian[0].size)
    parts = []
    for start in range(0, len(prediction.mu), step):
        part = slice(start, start + step)
        expansion = local(Prediction(prediction.mu[part], prediction.jacobian[part]))
        parts.append(profile(expansion, len(prediction.mu[part]), nuisances.ids, nuisances)[0])
    return np.concatenate(parts)


@dataclass(frozen=True, eq=False)
class PoissonWithCovariance:
    """Poisson counts whose means have a systematic covariance V.

    −2 ln L = min over δ of the deviance of μ + δ, and δᵀV⁻¹δ. Means of empty bins stay: their term is linear,
    and would end at zero.

    Attributes
    ----------
    counts : CountsCovariance
        Data and V.
    """

    counts: CountsCovariance
    kind: StatisticKind = field(default="-2lnL", init=False)

    @property
    def data(self) -> Array:
        """Counts, shape (n,)."""
        return self.counts.data

    @property
    def n_bins(self) -> int:
        """Number of data."""
        return self.counts.n_bins

    def value(self, prediction: Prediction) -> Array:
        """Return the value, the means profiled, shape (P,)."""
        counted = np.flatnonzero(self.data > 0.0)
        # one pull of unit width for each direction of V
        pulls = tuple(Nuisance(f"direction-{k}", "", 1.0, 1.0) for k in range(counted.size))
        poisson = Poisson(self.data, Nuisances(pulls), "-2lnL")
        found = np.empty(len(prediction.mu))
        for k in range(found.size):
            rows = slice(k, k + 1)
            mu = prediction.mu[rows]
            interaction = {name: value[rows] for name, value in prediction.interaction.items()}
            v = self.counts.covariance(Prediction(mu, prediction.jacobian[rows], None, interaction))[0]
            values, vectors = np.linalg.eigh(v[np.ix_(counted, counted)])
            root = np.zeros((1, self.n_bins, counted.size))
            root[0, counted] = vectors * np.sqrt(np.where(values > _SINGULAR * values[-1], values, 0.0))
            found[k] = poisson.value(Prediction(mu, root))[0]
        return found

    def quadratic(self, prediction: Prediction) -> None:
        """Return None: counts are not quadratic."""
        return None
