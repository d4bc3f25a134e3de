"""Poisson counts: −2 ln of the likelihood over that of a perfect prediction, linear nuisances profiled.

Config
------
data : {table, column}
    Counts.
goodness_of_fit : true, optional
    Say that the value is a χ². The ratio of likelihoods (Baker and Cousins, Nucl. Instrum. Meth. 221 (1984)
    437) follows a χ² distribution only where all bins expect several events: with few it must not be used
    as a goodness of fit, and is −2 ln L up to a constant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import xlogy

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.base import Prediction, StatisticKind, Transform
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.model.base import Array

#: Newton steps at most, halvings of one at most, and the gain below which a profile is found.
_STEPS, _HALVINGS, _GAIN = 60, 40, 1e-10


@dataclass(frozen=True, eq=False)
class Poisson:
    """Counts (n,), the nuisances, and what the value may be called."""

    data: Array
    nuisances: Nuisances
    kind: StatisticKind

    @property
    def n_bins(self) -> int:
        """Number of data."""
        return int(self.data.size)

    def deviance(self, mu: Array) -> Array:
        """Return 2 Σ (μ − n + n ln(n/μ)), shape (P,), for μ of shape (P, n); infinite where μ cannot be.

        A bin without prediction is only possible if nothing was counted in it.
        """
        possible = ((mu > 0.0) | ((mu == 0.0) & (self.data == 0.0))).all(axis=1)
        safe = np.where(mu > 0.0, mu, 1.0)
        terms = mu - self.data + xlogy(self.data, self.data / safe)
        return np.asarray(np.where(possible, 2.0 * terms.sum(axis=1), np.inf), float)

    def value(self, prediction: Prediction) -> Array:
        """Return the deviance with the nuisances profiled, shape (P,)."""
        if not len(self.nuisances):
            return self.deviance(prediction.mu)
        return self._profile(prediction)

    def quadratic(self, prediction: Prediction) -> None:
        """Return None: counts are not quadratic in the nuisances."""
        return None

    def _profile(self, prediction: Prediction) -> Array:
        """Return the minimum over the nuisances: Newton's method, steps halved until they gain.

        The deviance is convex in a linear nuisance, so that there is one minimum.
        """
        prior = self.nuisances.prior()
        jacobian = prediction.jacobian
        at = np.zeros((prediction.mu.shape[0], len(self.nuisances)))

        def total(xi: Array) -> Array:
            mu = prediction.mu + np.einsum("pnk,pk->pn", jacobian, xi)
            return np.asarray(self.deviance(mu) + np.einsum("pk,kl,pl->p", xi, prior, xi), float)

        best = total(at)
        for _ in range(_STEPS):
            step = self._newton(prediction, at, prior)
            found, at = _halved(total, best, at, step)
            gained = best - found
            best = found
            if not (gained > _GAIN).any():
                break
        return best

    def _newton(self, prediction: Prediction, at: Array, prior: Array) -> Array:
        """Return the Newton step of each point, shape (P, K)."""
        mu = prediction.mu + np.einsum("pnk,pk->pn", prediction.jacobian, at)
        mu = np.maximum(mu, 1e-300)
        gradient = np.einsum("pn,pnk->pk", 1.0 - self.data / mu, prediction.jacobian) + at @ prior
        # empty bins have no curvature: a trace of the expected one keeps the matrix regular
        curvature = np.maximum(self.data / mu**2, 1e-6 / mu)
        weighted = prediction.jacobian * curvature[:, :, None]
        hessian = np.einsum("pnk,pnl->pkl", weighted, prediction.jacobian) + prior
        return np.asarray(-np.einsum("pkl,pl->pk", np.linalg.pinv(hessian, hermitian=True), gradient))


def _halved(total: Any, best: Array, at: Array, step: Array) -> tuple[Array, Array]:
    """Return value and place after the longest of the steps 1, 1/2, 1/4 … that gains, for each point."""
    length = np.ones(at.shape[0])
    for _ in range(_HALVINGS):
        found = total(at + length[:, None] * step)
        worse = ~(found <= best)
        if not worse.any():
            break
        length = np.where(worse, 0.5 * length, length)
    else:
        length = np.where(worse, 0.0, length)
    moved = at + length[:, None] * step
    return np.minimum(total(moved), best), moved


def build(config: Mapping[str, Any], release: Release, transform: Transform, nuisances: Nuisances) -> Poisson:
    """Build from a declaration (see the module).

    Raises
    ------
    NuanomalyError
        If the data are no counts, are not as many as the predictions, or a nuisance is not Gaussian or free.
    """
    data = release.table(config["data"]["table"])[config["data"]["column"]].to_numpy(float)
    if data.size != transform.n_bins:
        raise NuanomalyError(
            f"{release.id}: {transform.n_bins} predictions, but {data.size} data: they must agree"
        )
    if (data < 0.0).any() or (data != np.round(data)).any():
        raise NuanomalyError(f"{release.id} {config['data']['table']}: counts must be whole numbers ≥ 0")
    special = [n.id for n in nuisances.items if n.piecewise]
    if special:
        raise NuanomalyError(
            f"{release.id}: with counts a nuisance is Gaussian or free, {', '.join(special)} is neither"
        )
    return Poisson(data, nuisances, "chi2" if config.get("goodness_of_fit") else "-2lnL")
