"""Counts by definitions of χ² not their own: Neyman, Pearson, both combined.

They are for comparison (:mod:`nuanomaly.inference.ablation`), not for a release: with few events per bin
Neyman's χ² pulls a prediction down, by about one event per bin, and Pearson's pushes it up, by half of one;
the combination of both takes most of that away (Ji, Gu, Qian, Wei and Zhang, Nucl. Instrum. Meth. A 961
(2020) 163677).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nuanomaly.likelihood.algebra.drawing import poisson_counts
from nuanomaly.likelihood.families.definitions import COUNTING, CountingVariance
from nuanomaly.likelihood.families.independent import IndependentBins
from nuanomaly.likelihood.parts import Prediction, StatisticKind
from nuanomaly.model.probabilities import Array

#: The part of the expected curvature that is left where nothing was counted.
_TRACE = 1e-6


@dataclass(frozen=True, eq=False)
class ChiSquareOfCounts(IndependentBins):
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

    statistical: CountingVariance = "combined-neyman-pearson"

    @property
    def kind(self) -> StatisticKind:
        """A χ²."""
        return "chi2"

    def deviations(self, mu: Array) -> Array:
        """Return the roots of the variances, shape (P, n)."""
        return np.sqrt(counting_variance(self.data, mu, self.statistical))

    def terms(self, mu: Array) -> Array:
        """Return χ² of every bin, shape (P, n)."""
        return self._expanded(mu)[0]

    def slopes(self, mu: Array) -> tuple[Array, Array]:
        """Return half the first and half the second derivative of every bin, shape (P, n)."""
        return self._expanded(mu)[1:]

    def _expanded(self, mu: Array) -> tuple[Array, Array, Array]:
        """Return χ² of every bin, half its first and half its second derivative, of the shape of μ (P, n).

        Examples
        --------
        >>> from nuanomaly.likelihood.nuisance import Nuisances
        >>> counts = ChiSquareOfCounts(np.array([4.0, 0.0]), Nuisances(), "combined-neyman-pearson")
        >>> counts._expanded(np.array([[8.0, 0.5]]))[0].tolist()  # (16/4 + 2·16/8) / 3 and 2·0.5
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

    def sample(self, prediction: Prediction, means: Array, random: np.random.Generator) -> Array:
        """Return counts (T, n) with the means (T, n): Poisson, whatever they are fitted with."""
        return poisson_counts(means, random)

    def without(self, gone: Sequence[int]) -> "ChiSquareOfCounts":
        """Return the statistic of the other bins."""
        return replace(self, data=self.data[self.kept(gone)])

    def definitions(self) -> Iterator[tuple[str, "ChiSquareOfCounts"]]:
        """Give the other variances."""
        for choice, said in COUNTING.items():
            if choice != self.statistical:
                yield said, replace(self, statistical=choice)


def counting_variance(data: Array, mu: Array, statistical: CountingVariance) -> Array:
    """Return the statistical variance of counts (n,) whose prediction is μ, shape of μ.

    Examples
    --------
    >>> n, mu = np.array([0.0, 4.0, 8.0]), np.array([2.0, 4.0, 4.0])
    >>> counting_variance(n, mu, "combined-neyman-pearson").tolist()
    [1.0, 4.0, 4.8]
    >>> counting_variance(n, mu, "neyman").tolist()
    [1.0, 4.0, 8.0]
    """
    positive = np.maximum(mu, 0.0)
    if statistical == "pearson":
        return positive
    counts = np.where(data > 0.0, data, 1.0)
    if statistical == "neyman":
        return np.asarray(np.broadcast_to(counts, mu.shape))
    # 3/(1/n + 2/μ), written so that an empty prediction has no variance
    return np.asarray(
        np.where(data > 0.0, 3.0 * counts * positive / (positive + 2.0 * counts), positive / 2.0)
    )
