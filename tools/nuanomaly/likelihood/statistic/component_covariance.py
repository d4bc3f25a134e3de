"""−2 ln L of a Gaussian whose covariance is a fraction of components that may all depend on the model.

−2 ln L = (D − P)ᵀ M⁻¹ (D − P) + ln|M|,  M = G (F ∘ vvᵀ) Gᵀ + diag(statistical),  P = G v

as in ``scaled-covariance``, which is faster but takes one component per bin that the model changes.

Config
------
data : list of {table, column}, in the order of the bins
fractional_covariance : table, in the order of the components
log_determinant : true | false
    Without ln|M| the value is a χ².
statistical : list of names of components of the stack
    Those whose Poisson variance is added to the diagonal: F holds the statistical error of the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Prediction, StatisticKind, Transform
from nuanomaly.likelihood.statistic.scaled_covariance import declared
from nuanomaly.likelihood.transform.stack import Index, Stack
from nuanomaly.model.probabilities import Array

#: How many doubles of covariance matrices are held at once: about what a processor's cache takes.
_CHUNK = 200_000
#: Last diagonal element of the bordered matrix; any number above the χ² gives the same result.
_BORDER = 1e300


@dataclass(frozen=True, eq=False)
class ComponentCovariance:
    """Data (n,), fractional covariance (m, m) of a stack's components, and those with Poisson variance."""

    data: Array
    fractional: Array
    stack: Stack
    poisson: Index
    log_determinant: bool = True

    @property
    def kind(self) -> StatisticKind:
        """−2 ln L with the log-determinant, a χ² without it."""
        return "-2lnL" if self.log_determinant else "chi2"

    @property
    def n_bins(self) -> int:
        """Number of data."""
        return int(self.data.size)

    def covariance(self, prediction: Prediction) -> Array:
        """Return M, shape (P, n, n)."""
        if prediction.components is None:
            raise NuanomalyError("a covariance of components needs a transform with them, such as `stack`")
        return self._covariance(prediction.components)

    def value(self, prediction: Prediction) -> Array:
        """Return the value, shape (P,).

        Raises
        ------
        NuanomalyError
            If the covariance is not positive definite at a point.
        """
        components = prediction.components
        if components is None:
            raise NuanomalyError("a covariance of components needs a transform with them, such as `stack`")
        step = max(1, _CHUNK // self.fractional.size)
        parts = [
            self._value(components[i : i + step], prediction.mu[i : i + step])
            for i in range(0, len(components), step)
        ]
        return np.concatenate(parts) if parts else np.zeros(0)

    def quadratic(self, prediction: Prediction) -> None:
        """Return None: the covariance depends on the prediction."""
        return None

    def _covariance(self, components: Array) -> Array:
        spread = self.stack.sums * components[:, None, :]
        found = spread @ self.fractional @ spread.transpose(0, 2, 1)
        diagonal = np.arange(self.n_bins)
        found[:, diagonal, diagonal] += components[:, self.poisson] @ self.stack.sums[:, self.poisson].T
        return np.asarray(found)

    def _value(self, components: Array, mu: Array) -> Array:
        """Return the value by one Cholesky factor per point of M, bordered by the residual."""
        n = self.n_bins
        bordered = np.zeros((len(mu), n + 1, n + 1))
        bordered[:, :n, :n] = self._covariance(components)
        bordered[:, n, :n] = self.data - mu
        bordered[:, n, n] = _BORDER
        try:
            factor = np.linalg.cholesky(bordered)
        except np.linalg.LinAlgError:
            raise NuanomalyError(
                "the covariance is not positive definite at one of the points: a prediction is negative or "
                "not finite there, or the fractional covariance has a negative eigenvalue"
            ) from None
        whitened = factor[:, n, :n]
        value = np.einsum("pn,pn->p", whitened, whitened)
        if self.log_determinant:
            value += 2.0 * np.log(np.diagonal(factor[:, :n, :n], axis1=1, axis2=2)).sum(axis=1)
        return np.asarray(value)


def build(
    config: Mapping[str, Any], release: Release, transform: Transform, nuisances: Nuisances
) -> ComponentCovariance:
    """Build from a declaration (see the module)."""
    transform, data, fractional = declared(config, release, transform)
    for name in config["statistical"]:
        if name not in transform.names:
            raise UnknownNameError("component", name, transform.names, release.id)
    chosen = [np.arange(transform.bin_of.size)[transform.names[name]] for name in config["statistical"]]
    return ComponentCovariance(
        data,
        0.5 * (fractional + fractional.T),
        transform,
        np.concatenate([*chosen, np.zeros(0, np.intp)]).astype(np.intp),
        bool(config.get("log_determinant", True)),
    )
