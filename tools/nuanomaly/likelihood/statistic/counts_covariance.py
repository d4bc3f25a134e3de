"""χ² of counts: a systematic covariance of the prediction, and the statistical variance of the counts.

χ² = (D − μ)ᵀ [V + diag(s)]⁻¹ (D − μ). The variance s of a bin with n counts and prediction μ is n (Neyman),
μ (Pearson), or 3 / (1/n + 2/μ), and μ/2 for an empty bin, the combination of both that is the least biased
(Ji, Gu, Qian, Wei and Zhang, Nucl. Instrum. Meth. A 961 (2020) 163677). Neyman's of an empty bin is one.

Config
------
data : {table, column}
covariance : table, in events², in the order of the bins; or
covariances : {parameter, values, tables}
    Tables for values of an interaction parameter η. The variance of a prediction that is linear in η is
    quadratic in it: V(η) is the parabola through the tables by least squares, checked against each of them.
statistical : ``combined-neyman-pearson`` | ``neyman`` | ``pearson``
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Prediction, StatisticKind, Transform
from nuanomaly.likelihood.statistic.poisson import poisson_counts
from nuanomaly.likelihood.transform.stack import Stack
from nuanomaly.model.probabilities import Array

Statistical = Literal["combined-neyman-pearson", "neyman", "pearson"]

#: How far a table may be from the parabola, in units of √(V_ii V_jj).
_PARABOLA = 1e-3
#: How many doubles of covariance matrices are held at once.
_CHUNK = 2_000_000


@dataclass(frozen=True, eq=False)
class CountsCovariance:
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

    data: Array
    coefficients: Array
    parameter: str | None
    stack: Stack
    statistical: Statistical = "combined-neyman-pearson"
    kind: StatisticKind = field(default="chi2", init=False)

    @property
    def n_bins(self) -> int:
        """Number of data."""
        return int(self.data.size)

    def covariance(self, prediction: Prediction) -> Array:
        """Return V, the systematic covariance, shape (P, n, n)."""
        if self.parameter is None:
            return np.broadcast_to(self.coefficients[0], (len(prediction.mu), self.n_bins, self.n_bins))
        powers = np.vander(prediction.interaction[self.parameter], len(self.coefficients), increasing=True)
        return np.asarray(np.tensordot(powers, self.coefficients, axes=1))

    def value(self, prediction: Prediction) -> Array:
        """Return χ², shape (P,).

        Raises
        ------
        NuanomalyError
            If the covariance is not positive definite at a point.
        """
        step = max(1, _CHUNK // self.n_bins**2)
        parts = []
        for start in range(0, len(prediction.mu), step):
            chosen = slice(start, start + step)
            interaction = {k: v[chosen] for k, v in prediction.interaction.items()}
            part = Prediction(prediction.mu[chosen], prediction.jacobian[chosen], None, interaction)
            parts.append(self._value(part))
        return np.concatenate(parts) if parts else np.zeros(0)

    def sample(self, prediction: Prediction, means: Array, random: np.random.Generator) -> Array:
        """Return counts (T, n): Poisson, of means that fluctuate with the systematic covariance."""
        values, vectors = np.linalg.eigh(self.covariance(prediction)[0])
        root = vectors * np.sqrt(np.maximum(values, 0.0))  # a covariance of few universes is singular
        return poisson_counts(means + random.standard_normal(means.shape) @ root.T, random)

    def quadratic(self, prediction: Prediction) -> None:
        """Return None: the covariance depends on the prediction."""
        return None

    def _value(self, prediction: Prediction) -> Array:
        total = self.covariance(prediction).copy()
        diagonal = np.arange(self.n_bins)
        total[:, diagonal, diagonal] += counting_variance(self.data, prediction.mu, self.statistical)
        residual = self.data - prediction.mu
        try:
            factor = np.linalg.cholesky(total)
        except np.linalg.LinAlgError:
            raise NuanomalyError(
                "the covariance is not positive definite at one of the points: a prediction is not finite "
                "there, or the systematic covariance has a negative eigenvalue"
            ) from None
        whitened = np.linalg.solve(factor, residual[:, :, None])[:, :, 0]
        return np.asarray(np.einsum("pn,pn->p", whitened, whitened))


def counting_variance(data: Array, mu: Array, statistical: Statistical) -> Array:
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


def build(
    config: Mapping[str, Any], release: Release, transform: Transform, nuisances: Nuisances
) -> CountsCovariance:
    """Build from a declaration (see the module)."""
    if not isinstance(transform, Stack):
        raise NuanomalyError(f"{release.id}: counts-covariance needs the transform `stack`")
    data = release.table(config["data"]["table"])[config["data"]["column"]].to_numpy(float)
    coefficients, parameter = _coefficients(config, release)
    n = transform.n_bins
    if data.size != n or coefficients.shape[1:] != (n, n):
        raise NuanomalyError(
            f"{release.id}: {n} predictions, but {data.size} data and a covariance of shape "
            f"{coefficients.shape[1:]}: must agree"
        )
    statistical = config.get("statistical", "combined-neyman-pearson")
    if statistical not in get_args(Statistical):
        raise UnknownNameError("statistical variance", statistical, get_args(Statistical), release.id)
    return CountsCovariance(data, coefficients, parameter, transform, statistical)


def _coefficients(config: Mapping[str, Any], release: Release) -> tuple[Array, str | None]:
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
    found = np.linalg.lstsq(powers, flat, rcond=None)[0]
    deviation = np.abs(powers @ found - flat).reshape(tables.shape)
    width = np.sqrt(np.diagonal(tables, axis1=1, axis2=2))
    wrong = deviation > _PARABOLA * width[:, :, None] * width[:, None, :]
    if wrong.any():
        first = int(np.argwhere(wrong)[0, 0])
        raise NuanomalyError(
            f"{where}: the covariance at {values[first]:g} is not on a parabola through the others: "
            "is a table in the wrong place?"
        )
    return np.asarray(found.reshape(3, *tables.shape[1:]))
