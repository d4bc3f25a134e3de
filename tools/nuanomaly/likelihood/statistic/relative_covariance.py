"""χ² with a systematic covariance relative to the prediction, and Pearson's statistical variance.

χ² = Σ_blocks (D − μ)ᵀ [F ∘ μμᵀ + diag(μ)]⁻¹ (D − μ), rebuilt at every point. Divided by μ it is
ρᵀ [F + diag(1/μ)]⁻¹ ρ with ρ = D/μ − 1.

Config
------
blocks : list of {data: list of {table, column}, relative_covariance: table}
    Blocks of bins in the order of the prediction, with no covariance between them; the data of a block are
    those of its tables one after the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Prediction, StatisticKind, Transform
from nuanomaly.model.probabilities import Array

#: How many doubles of covariance matrices are held at once: about what a processor's cache takes.
_CHUNK = 200_000
#: Last diagonal element of the bordered matrix; any number above the χ² gives the same result.
_BORDER = 1e300


@dataclass(frozen=True, eq=False)
class RelativeCovariance:
    """Data (n,) and relative covariances F of consecutive blocks of bins."""

    data: Array
    blocks: tuple[Array, ...]
    kind: StatisticKind = field(default="chi2", init=False)

    @property
    def n_bins(self) -> int:
        """Number of data."""
        return int(self.data.size)

    def value(self, prediction: Prediction) -> Array:
        """Return χ², shape (P,).

        Raises
        ------
        NuanomalyError
            If a prediction is not positive.
        """
        mu = prediction.mu
        if not (mu > 0.0).all():
            raise NuanomalyError("a relative covariance needs predictions above zero, in every bin")
        total = np.zeros(len(mu))
        start = 0
        for block in self.blocks:
            chosen = slice(start, start + len(block))
            total += _chi2(self.data[chosen] / mu[:, chosen] - 1.0, block, 1.0 / mu[:, chosen])
            start += len(block)
        return total

    def sample(self, prediction: Prediction, means: Array, random: np.random.Generator) -> Array:
        """Return data (T, n) with the means (T, n) and the covariance of the prediction."""
        mu = prediction.mu[0]
        noise, start = random.standard_normal(means.shape), 0
        for block in self.blocks:
            chosen = slice(start, start + len(block))
            own = mu[chosen]
            factor = np.linalg.cholesky(block * np.outer(own, own) + np.diag(own))
            noise[:, chosen] = noise[:, chosen] @ factor.T
            start += len(block)
        return np.asarray(means + noise)

    def quadratic(self, prediction: Prediction) -> None:
        """Return None: the covariance depends on the prediction."""
        return None


def _chi2(relative: Array, covariance: Array, variance: Array) -> Array:
    """Return ρᵀ [F + diag(v)]⁻¹ ρ, shape (P,), by one Cholesky factor per point.

    The matrix is bordered by ρ: the last row of its factor L is then L⁻¹ρ.
    """
    n = len(covariance)
    step = max(1, _CHUNK // (n + 1) ** 2)
    diagonal = np.arange(n)
    found = np.empty(len(relative))
    bordered = np.zeros((min(step, len(relative)), n + 1, n + 1))
    bordered[:, n, n] = _BORDER
    for start in range(0, len(relative), step):
        part = slice(start, start + step)
        matrices = bordered[: len(relative[part])]
        matrices[:, :n, :n] = covariance
        matrices[:, diagonal, diagonal] += variance[part]
        matrices[:, n, :n] = relative[part]
        try:
            whitened = np.linalg.cholesky(matrices)[:, n, :n]
        except np.linalg.LinAlgError:
            raise NuanomalyError("the relative covariance has a negative eigenvalue") from None
        found[part] = np.einsum("pn,pn->p", whitened, whitened)
    return found


def build(
    config: Mapping[str, Any], release: Release, transform: Transform, nuisances: Nuisances
) -> RelativeCovariance:
    """Build from a declaration (see the module)."""
    if len(nuisances):
        raise NuanomalyError(
            f"{release.id}: relative-covariance knows no nuisances: {', '.join(nuisances.ids)} belong in it"
        )
    data, blocks = [], []
    for block in config["blocks"]:
        observed = [release.table(d["table"])[d["column"]].to_numpy(float) for d in block["data"]]
        matrix = release.matrix(block["relative_covariance"])
        size = sum(part.size for part in observed)
        if matrix.shape != (size, size):
            raise NuanomalyError(f"{release.id}: {size} data, covariance {matrix.shape}: they must agree")
        data += observed
        blocks.append(0.5 * (matrix + matrix.T))
    found = RelativeCovariance(np.concatenate(data), tuple(blocks))
    if found.n_bins != transform.n_bins:
        raise NuanomalyError(
            f"{release.id}: {transform.n_bins} predictions, but {found.n_bins} data: they must agree"
        )
    return found
