"""χ² with a systematic covariance relative to the prediction, and Pearson's statistical variance.

χ² = Σ_blocks (D − μ)ᵀ [F ∘ μμᵀ + diag(μ)]⁻¹ (D − μ), rebuilt at every point. Divided by μ it is
ρᵀ [F + diag(1/μ)]⁻¹ ρ with ρ = D/μ − 1.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, TypedDict

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import Column, TableName, completed
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.families.following import FollowingCovariance, System, with_diagonal
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Prediction, Transform
from nuanomaly.model.probabilities import Array


class Block(TypedDict):
    """Bins that have a covariance."""

    data: Annotated[list[Column], {"minItems": 1}, "Observed events of the block, one table after the other."]
    relative_covariance: Annotated[
        TableName, "Table: covariance of the prediction divided by both predictions."
    ]


class Options(TypedDict):
    """Options of the statistic."""

    blocks: Annotated[
        list[Block],
        {"minItems": 1},
        "Blocks of bins in the order of the prediction, with no covariance between them.",
    ]


@dataclass(frozen=True, eq=False)
class RelativeCovariance(FollowingCovariance):
    """Data (n,) and relative covariances F of consecutive blocks of bins.

    The released χ² has no ln det V; ``determinant`` adds it, so that the statistic is −2 ln L.
    """

    relative: tuple[Array, ...]
    determinant: bool = False

    @property
    def with_determinant(self) -> bool:
        """Whether ln det V is part of it."""
        return self.determinant

    @property
    def blocks(self) -> tuple[slice, ...]:
        """The bins of each relative covariance."""
        ends = np.cumsum([0, *(len(block) for block in self.relative)]).tolist()
        return tuple(slice(a, b) for a, b in pairwise(ends))

    def covariances(self, prediction: Prediction) -> tuple[Array, ...]:
        """Return F ∘ μμᵀ + diag(μ) of each block, shapes (P, b, b)."""
        means = [prediction.mu[:, block] for block in self.blocks]
        return tuple(
            with_diagonal(f * (mu[:, :, None] * mu[:, None, :]), mu)
            for f, mu in zip(self.relative, means, strict=True)
        )

    def systems(self, prediction: Prediction) -> Iterator[System]:
        """Give ρ = D/μ − 1 with F + diag(1/μ) of each block, which is what the value is of.

        Raises
        ------
        NuanomalyError
            If a prediction is not positive.
        """
        if not (prediction.mu > 0.0).all():
            raise NuanomalyError("a relative covariance needs predictions above zero, in every bin")
        for f, block in zip(self.relative, self.blocks, strict=True):
            mu = prediction.mu[:, block]
            # V = diag(μ) (F + diag(1/μ)) diag(μ)
            scale = 2.0 * np.log(mu).sum(axis=1)
            yield System(self.data[block] / mu - 1.0, f, log_determinant=scale, variance=1.0 / mu)

    def without(self, gone: Sequence[int]) -> "RelativeCovariance":
        """Return the statistic of the other bins."""
        kept = self.kept(gone)
        inside = [kept[(kept >= b.start) & (kept < b.stop)] - b.start for b in self.blocks]
        parts = [f[np.ix_(own, own)] for f, own in zip(self.relative, inside, strict=True) if own.size]
        return RelativeCovariance(self.data[kept], tuple(parts), self.determinant)


@completed
def build(
    config: Options, release: Release, transform: Transform, nuisances: Nuisances
) -> RelativeCovariance:
    """Build from a declaration (see the module)."""
    if len(nuisances):
        raise NuanomalyError(
            f"{release.id}: relative-covariance knows no nuisances: {', '.join(nuisances.ids)} belong in it"
        )
    data, blocks = [], []
    for block in config["blocks"]:
        observed = [release.numbers(d) for d in block["data"]]
        matrix = release.matrix(block["relative_covariance"])
        size = sum(part.size for part in observed)
        if matrix.shape != (size, size):
            raise NuanomalyError(f"{release.id}: {size} data, covariance {matrix.shape}: they must agree")
        data += observed
        blocks.append(0.5 * (matrix + matrix.T))
    measure = RelativeCovariance(np.concatenate(data), tuple(blocks))
    if measure.n_bins != transform.n_bins:
        raise NuanomalyError(
            f"{release.id}: {transform.n_bins} predictions, but {measure.n_bins} data: they must agree"
        )
    return measure
