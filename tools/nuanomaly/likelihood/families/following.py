"""The family of Gaussian statistics whose covariance follows the prediction: rebuilt at every point.

Value = Σ_blocks (D − μ)ᵀ V⁻¹ (D − μ), with or without ln|V|, V = V(prediction). A derived class says what V
is; values, toys, tables of many data sets, shares of the bins and bins left out follow from it here.
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood.algebra.gaussian_tables import Table
from nuanomaly.likelihood.families.contract import Statistic, in_parts, one_by_one
from nuanomaly.likelihood.families.moments import Moments
from nuanomaly.likelihood.parts import Prediction, StatisticKind
from nuanomaly.model.probabilities import Array

#: How many doubles of covariance matrices are held at once: about what a processor's cache takes.
_CHUNK = 100_000
#: How many doubles the table of many data sets may hold; larger ones are evaluated one by one.
_TABLE = 60_000_000
#: Last diagonal element of a bordered matrix; any number above the χ² gives the same result.
_BORDER = 1e300


class System(NamedTuple):
    """rᵀ V⁻¹ r, and ln|V|, of bins that are independent of those of other systems.

    Attributes
    ----------
    residual : array, shape (P, b)
    covariance : array, shape (P, b, b) or (b, b)
    chi2 : float
        What bins add that were eliminated before.
    log_determinant : float or array, shape (P,)
        The same; and what the scale of the residual adds.
    variance : array, shape (P, b), optional
        Added to the diagonal of the covariance.
    """

    residual: Array
    covariance: Array
    chi2: float = 0.0
    log_determinant: float | Array = 0.0
    variance: Array | None = None


@dataclass(frozen=True, eq=False)
class FollowingCovariance(Statistic):
    """A Gaussian whose covariance is one of the prediction."""

    @abstractmethod
    def covariances(self, prediction: Prediction) -> tuple[Array, ...]:
        """Return V of each block, shapes (P, b, b)."""

    @property
    def blocks(self) -> tuple[slice, ...]:
        """Consecutive bins that are independent of those of other blocks."""
        return (slice(0, self.n_bins),)

    @property
    def with_determinant(self) -> bool:
        """Whether ln|V| is part of the value."""
        return False

    @property
    def follows_data(self) -> bool:
        """Whether the covariance depends on the data too, as the variance of counts may."""
        return False

    @property
    def kind(self) -> StatisticKind:
        """−2 ln L with the log-determinant, a χ² without it."""
        return "-2lnL" if self.with_determinant else "chi2"

    def covariance(self, prediction: Prediction) -> Array:
        """Return V of all bins, shape (P, n, n)."""
        parts = self.covariances(prediction)
        if len(parts) == 1:
            return parts[0]
        values = np.zeros((len(prediction.mu), self.n_bins, self.n_bins))
        for block, part in zip(self.blocks, parts, strict=True):
            values[:, block, block] = part
        return values

    def systems(self, prediction: Prediction) -> Iterable[System]:
        """Return what is solved at every point; another set of the same value where one is smaller."""
        residual = self.data - prediction.mu
        parts = self.covariances(prediction)
        return [System(residual[:, block], part) for block, part in zip(self.blocks, parts, strict=True)]

    def value(self, prediction: Prediction) -> Array:
        """Return the value, shape (P,).

        Raises
        ------
        NuanomalyError
            If the covariance is not positive definite at a point.
        """
        largest = max(block.stop - block.start for block in self.blocks)
        return in_parts(self._value, prediction, chunk(largest))

    def _value(self, prediction: Prediction) -> Array:
        total = np.zeros(len(prediction.mu))
        for system in self.systems(prediction):
            total += bordered(system, self.with_determinant)
        return total

    def contributions(self, prediction: Prediction) -> Array:
        """Return r_n (V⁻¹ r)_n of every bin, shape (P, n): they add up to the χ², and may be negative."""
        residual = self.data - prediction.mu
        values = np.empty_like(residual)
        for block, part in zip(self.blocks, self.covariances(prediction), strict=True):
            own = residual[:, block]
            values[:, block] = own * np.linalg.solve(part, own[:, :, None])[:, :, 0]
        return values

    def other_terms(self, prediction: Prediction) -> Mapping[str, Array]:
        """Return ln|V|, where it is part of the value."""
        if not self.with_determinant:
            return {}
        logarithms = [log_determinant(factor(part)) for part in self.covariances(prediction)]
        return {"ln det": np.sum(logarithms, axis=0)}

    def errors(self, prediction: Prediction) -> Array:
        """Return the roots of the diagonal of V, shape (P, n)."""
        parts = self.covariances(prediction)
        variances = [np.diagonal(part, axis1=1, axis2=2) for part in parts]
        return np.asarray(np.sqrt(np.concatenate(variances, axis=1)))

    def sample(self, prediction: Prediction, means: Array, random: np.random.Generator) -> Array:
        """Return data (T, n) with the means (T, n) and the covariance of the prediction."""
        noise = random.standard_normal(means.shape)
        for block, part in zip(self.blocks, self.covariances(prediction), strict=True):
            noise[:, block] = noise[:, block] @ factor(part[0]).T
        return np.asarray(means + noise)

    def moments(self, prediction: Prediction) -> Moments | None:
        """Return mean and covariance at every point; None where the covariance depends on the data."""
        if self.follows_data:
            return None
        return Moments(prediction.mu, self.blocks, self.covariances(prediction), self.with_determinant)

    def table(self, prediction: Prediction) -> Table:
        """Return what turns data (T, n) into values (T, P): one product of [d dᵀ, d, 1] with a matrix."""
        sizes = [block.stop - block.start for block in self.blocks]
        features = 1 + sum(n * (n + 3) // 2 for n in sizes)
        if self.follows_data or features * len(prediction.mu) > _TABLE:
            return one_by_one(self, prediction)
        middle = prediction.mu.mean(axis=0)
        step = max(1, 20 * _CHUNK // max(sizes) ** 2)
        matrix = in_parts(lambda part: self._features(part, middle), prediction, step)

        def values(data: Array) -> Array:
            d = data - middle
            parts = [np.ones((len(d), 1))]
            for block in self.blocks:
                own = d[:, block]
                rows, columns = np.triu_indices(own.shape[1])
                parts += [own, own[:, rows] * own[:, columns]]
            return np.asarray(np.hstack(parts[::-1]) @ matrix.T)

        return values

    def _features(self, prediction: Prediction, middle: Array) -> Array:
        """Return what [d dᵀ, d, 1] is multiplied by, the blocks in reverse; d is counted from ``middle``."""
        centred = prediction.mu - middle
        constant = np.zeros(len(centred))
        parts: list[Any] = []
        for block, part in zip(self.blocks, self.covariances(prediction), strict=True):
            rows, columns = np.triu_indices(part.shape[1])
            twice = np.where(rows == columns, 1.0, 2.0)
            inverse = np.linalg.inv(part)
            pulled = np.einsum("pnm,pm->pn", inverse, centred[:, block])
            parts += [-2.0 * pulled, inverse[:, rows, columns] * twice]
            constant += np.einsum("pn,pn->p", pulled, centred[:, block])
            if self.with_determinant:
                constant += log_determinant(factor(part))
        return np.hstack([*parts[::-1], constant[:, None]])


def chunk(size: int) -> int:
    """Return how many points of a covariance of so many bins are worked on at once."""
    return max(1, _CHUNK // (size + 1) ** 2)


def bordered(system: System, with_determinant: bool) -> Array:
    """Return rᵀ V⁻¹ r and, if wanted, ln|V| at every point, shape (P,), by one Cholesky factor each.

    The matrix is bordered by the residual: the last row of its factor L is then L⁻¹ r.
    """
    points, n = system.residual.shape
    matrices = np.empty((points, n + 1, n + 1))
    matrices[:, :n, :n] = system.covariance
    if system.variance is not None:
        with_diagonal(matrices, system.variance)
    matrices[:, n, :n] = system.residual
    matrices[:, :n, n] = 0.0
    matrices[:, n, n] = _BORDER
    lower = factor(matrices)
    whitened = lower[:, n, :n]
    value = np.einsum("pn,pn->p", whitened, whitened) + system.chi2
    if with_determinant:
        value += log_determinant(lower[:, :n, :n]) + system.log_determinant
    return np.asarray(value)


def with_diagonal(matrices: Array, variance: Array) -> Array:
    """Return matrices (P, n, n), changed in place, with a variance (P, n) added to their diagonals."""
    diagonal = np.arange(variance.shape[-1])
    matrices[:, diagonal, diagonal] += variance
    return matrices


def log_determinant(lower: Array) -> Array:
    """Return ln|V| from Cholesky factors of V, shape (P,)."""
    return np.asarray(2.0 * np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1))


def factor(matrices: Array) -> Array:
    """Return lower Cholesky factors; only the lower triangle is read.

    Raises
    ------
    NuanomalyError
        If a matrix is not positive definite.
    """
    try:
        return np.asarray(np.linalg.cholesky(matrices))
    except np.linalg.LinAlgError:
        raise NuanomalyError(
            "the covariance is not positive definite at one of the points: the prediction is negative or not "
            "finite there, or a covariance that is declared has a negative eigenvalue"
        ) from None
