"""χ² of counts: a systematic covariance of the prediction, and the statistical variance of the counts.

χ² = (D − μ)ᵀ [V + diag(s)]⁻¹ (D − μ). The variance s of a bin with n counts and prediction μ is n (Neyman),
μ (Pearson), or 3 / (1/n + 2/μ), and μ/2 for an empty bin, the combination of both that is the least biased
(Ji, Gu, Qian, Wei and Zhang, Nucl. Instrum. Meth. A 961 (2020) 163677). Neyman's of an empty bin is one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, NotRequired, TypedDict

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import Column, TableName, completed, one_of
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.algebra.drawing import poisson_counts
from nuanomaly.likelihood.families.contract import Statistic
from nuanomaly.likelihood.families.count_chi2 import counting_variance
from nuanomaly.likelihood.families.definitions import COUNTING, CountingVariance
from nuanomaly.likelihood.families.following import with_diagonal
from nuanomaly.likelihood.families.poisson_with_covariance import CorrelatedCounts, PoissonWithCovariance
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Prediction, Transform
from nuanomaly.likelihood.transform.stack import Stack
from nuanomaly.model.probabilities import Array


class Covariances(TypedDict):
    """Systematic covariances for values of an interaction parameter η, joined by a parabola.

    The variance of a prediction that is linear in η is quadratic in it; the parabola goes through the tables
    by least squares, and is checked against each of them.
    """

    parameter: Annotated[str, "Name of the interaction parameter."]
    values: Annotated[list[float], {"minItems": 3}, "Its values."]
    tables: Annotated[list[TableName], {"minItems": 3}, "The covariance at each of them."]


@one_of("covariance", "covariances")
class Options(TypedDict):
    """Options of the statistic."""

    data: Annotated[Column, "Observed events, in the order of the bins of the stack."]
    covariance: NotRequired[
        Annotated[TableName, "Table: systematic covariance of the prediction, in events squared."]
    ]
    covariances: NotRequired[Covariances]
    statistical: NotRequired[
        Annotated[CountingVariance, {"default": "combined-neyman-pearson"}, "Variance of the counts."]
    ]


#: How far a table may be from the parabola, in units of √(V_ii V_jj).
_PARABOLA = 1e-3


@dataclass(frozen=True, eq=False)
class CountsCovariance(CorrelatedCounts):
    """Counts (n,), and V as a polynomial: coefficients (k, n, n) of the powers of a parameter.

    Attributes
    ----------
    data : array, shape (n,)
    coefficients : array, shape (k, n, n)
        Those of the powers 0 … k − 1; k = 1 where V is the same everywhere.
    parameter : str or None
        The interaction parameter.
    stack : Stack
        The transform, which names the groups of bins.
    statistical : str
    """

    coefficients: Array
    parameter: str | None
    stack: Stack
    statistical: CountingVariance = "combined-neyman-pearson"

    @property
    def follows_data(self) -> bool:
        """Whether the variance of the counts is one of the data too."""
        return self.statistical != "pearson"

    def systematic(self, prediction: Prediction) -> Array:
        """Return V, the systematic covariance, shape (P, n, n); not to be changed."""
        if self.parameter is None:
            return np.broadcast_to(self.coefficients[0], (len(prediction.mu), self.n_bins, self.n_bins))
        powers = np.vander(prediction.interaction[self.parameter], len(self.coefficients), increasing=True)
        return np.asarray(np.tensordot(powers, self.coefficients, axes=1))

    def covariances(self, prediction: Prediction) -> tuple[Array]:
        """Return V + diag(s), shape (P, n, n)."""
        variance = counting_variance(self.data, prediction.mu, self.statistical)
        return (with_diagonal(self.systematic(prediction).copy(), variance),)

    def sample(self, prediction: Prediction, means: Array, random: np.random.Generator) -> Array:
        """Return counts (T, n): Poisson, of means that fluctuate with the systematic covariance."""
        values, vectors = np.linalg.eigh(self.systematic(prediction)[0])
        root = vectors * np.sqrt(np.maximum(values, 0.0))  # a covariance of few universes is singular
        return poisson_counts(means + random.standard_normal(means.shape) @ root.T, random)

    def without(self, gone: Sequence[int]) -> "CountsCovariance":
        """Return the statistic of the other bins."""
        kept = self.kept(gone)
        coefficients = self.coefficients[:, kept[:, None], kept]
        return replace(
            self, data=self.data[kept], coefficients=coefficients, stack=self.stack.restricted(kept)
        )

    def definitions(self) -> Iterator[tuple[str, Statistic]]:
        """Give the other variances of counts, and a Poisson likelihood with the covariance of its means."""
        for choice, said in COUNTING.items():
            if choice != self.statistical:
                yield said, replace(self, statistical=choice)
        yield "Poisson, with the covariance of its means", PoissonWithCovariance.of(self)


@completed
def build(config: Options, release: Release, transform: Transform, nuisances: Nuisances) -> CountsCovariance:
    """Build from a declaration (see the module)."""
    if not isinstance(transform, Stack):
        raise NuanomalyError(f"{release.id}: counts-covariance needs the transform `stack`")
    data = release.numbers(config["data"])
    coefficients, parameter = _coefficients(config, release)
    n = transform.n_bins
    if data.size != n or coefficients.shape[1:] != (n, n):
        raise NuanomalyError(
            f"{release.id}: {n} predictions, but {data.size} data and a covariance of shape "
            f"{coefficients.shape[1:]}: must agree"
        )
    return CountsCovariance(data, coefficients, parameter, transform, config["statistical"])


def _coefficients(config: Options, release: Release) -> tuple[Array, str | None]:
    """Return the coefficients of V, shape (k, n, n), and the parameter they multiply powers of."""
    if "covariance" in config:
        return release.matrix(config["covariance"])[None], None
    declared = config["covariances"]
    values = np.asarray(declared["values"], float)
    if values.size < 3 or values.size != len(declared["tables"]):
        raise NuanomalyError(
            f"{release.id}: {values.size} values of {declared['parameter']}, {len(declared['tables'])} "
            "covariances: one for each, and at least three for a parabola"
        )
    tables = np.array([release.matrix(name) for name in declared["tables"]])
    return parabola(values, tables, release.id), str(declared["parameter"])


def parabola(values: Array, tables: Array, where: str = "") -> Array:
    """Return coefficients of 1, η, η², shape (3, n, n), for covariances (m, n, n) at values (m,) of η.

    Raises
    ------
    NuanomalyError
        If a table is further than 0.001 √(V_ii V_jj) from the parabola.

    Examples
    --------
    >>> at = np.array([0.0, 1.0, 2.0])
    >>> parabola(at, (1.0 + 0.5 * at**2)[:, None, None]).round(12).ravel().tolist()
    [1.0, 0.0, 0.5]
    """
    powers = np.vander(values, 3, increasing=True)
    flat = tables.reshape(len(tables), -1)
    array = np.linalg.lstsq(powers, flat, rcond=None)[0]
    deviation = np.abs(powers @ array - flat).reshape(tables.shape)
    width = np.sqrt(np.diagonal(tables, axis1=1, axis2=2))
    wrong = deviation > _PARABOLA * width[:, :, None] * width[:, None, :]
    if wrong.any():
        first = int(np.argwhere(wrong)[0, 0])
        raise NuanomalyError(
            f"{where}: the covariance at {values[first]:g} is not on a parabola through the others: "
            "is a table in the wrong place?"
        )
    return np.asarray(array.reshape(3, *tables.shape[1:]))
