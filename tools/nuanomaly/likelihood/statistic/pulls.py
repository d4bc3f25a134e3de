"""Counts with many systematic effects of their own: χ² with all pulls profiled in closed form.

χ² = min_ξ Σ_n (d_n − m_n(ξ))² / V_n + Σ_k (ξ_k/σ_k)² with
m_n(ξ) = μ_n (1 + Σ_k F_nk ξ_k) + B_n (1 + Σ_k G_nk ξ_k).

Pulls belong to this measurement alone (free spectral bins, efficiencies, scales …), so they are profiled here
and not carried into combinations; what releases share is a declared nuisance. V is evaluated at ξ = 0.

Config
------
data : {table, column}
background : {table, column}, optional
    B, in the order of the data.
pulls : table
    Rows (pull, sigma, acts_on): σ, NaN for a free one, and ``signal`` or ``background``.
effects : table
    A column per pull and a row per datum: F or G, by what the pull acts on.
variance : ``data`` (Neyman), ``prediction`` (Pearson) or ``combined`` (3 / (1/d + 2/m), of the same mean)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.base import Prediction, StatisticKind, Transform
from nuanomaly.likelihood.nuisance import Nuisances, Quadratic
from nuanomaly.likelihood.statistic.poisson import poisson_counts
from nuanomaly.model.base import Array


@dataclass(frozen=True, eq=False)
class Pulls:
    """Counts with profiled pulls.

    Attributes
    ----------
    data, background : arrays, shape (n,)
    signal : array, shape (n, S)
        F, relative effects on the signal.
    extra : array, shape (n, G)
        B·G, effects on the background in counts.
    prior : array, shape (S + G,)
        1/σ², zero for free pulls.
    variance : {"data", "prediction", "combined"}
    """

    data: Array
    background: Array
    signal: Array
    extra: Array
    prior: Array
    variance: str
    kind: StatisticKind = field(default="chi2", init=False)

    @property
    def n_bins(self) -> int:
        """Number of data."""
        return int(self.data.size)

    @cached_property
    def _products(self) -> tuple[Array, Array, Array]:
        """Return F_k F_l, F_k (B G_l) and (B G_k)(B G_l) per datum, pairs in one axis."""

        def pairs(a: Array, b: Array) -> Array:
            return np.ascontiguousarray((a[:, :, None] * b[:, None, :]).reshape(len(a), -1))

        return (
            pairs(self.signal, self.signal),
            pairs(self.signal, self.extra),
            pairs(self.extra, self.extra),
        )

    def value(self, prediction: Prediction) -> Array:
        """Return χ² with all pulls profiled, shape (P,)."""
        mu = prediction.mu
        weight = self._weight(mu)
        residual = self.data - self.background - mu
        weighted = weight * residual
        gradient = np.concatenate([(weighted * mu) @ self.signal, weighted @ self.extra], axis=1)
        hessian = self._hessian(weight, mu)
        at = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        return np.asarray((weighted * residual).sum(axis=1) - (gradient * at).sum(axis=1))

    def _weight(self, mu: Array) -> Array:
        """Return 1/V, shape (P, n) or (n,)."""
        if self.variance == "data":
            return np.asarray(1.0 / self.data)
        expected = mu + self.background
        if self.variance == "prediction":
            return np.asarray(1.0 / expected)
        return np.asarray((1.0 / self.data + 2.0 / expected) / 3.0)

    def _hessian(self, weight: Array, mu: Array) -> Array:
        """Return the second derivatives in the pulls, priors included, shape (P, K, K)."""
        points, s, g = len(mu), self.signal.shape[1], self.extra.shape[1]
        both, mixed, extra = self._products
        hessian = np.empty((points, s + g, s + g))
        hessian[:, :s, :s] = ((weight * mu**2) @ both).reshape(points, s, s)
        hessian[:, :s, s:] = ((weight * mu) @ mixed).reshape(points, s, g)
        hessian[:, s:, :s] = hessian[:, :s, s:].transpose(0, 2, 1)
        hessian[:, s:, s:] = (np.broadcast_to(weight, mu.shape) @ extra).reshape(points, g, g)
        place = np.arange(s + g)
        hessian[:, place, place] += self.prior
        return hessian

    def sample(self, prediction: Prediction, means: Array, random: np.random.Generator) -> Array:
        """Return counts (T, n): Poisson, with pulls drawn from their priors (free ones at zero)."""
        sigma = np.where(self.prior > 0.0, 1.0 / np.sqrt(np.where(self.prior > 0.0, self.prior, 1.0)), 0.0)
        xi = random.standard_normal((len(means), sigma.size)) * sigma
        s = self.signal.shape[1]
        signal = means * (1.0 + xi[:, :s] @ self.signal.T)
        return poisson_counts(signal + self.background + xi[:, s:] @ self.extra.T, random)

    def quadratic(self, prediction: Prediction) -> Quadratic:
        """Return χ² as a form without nuisances: its pulls are its own."""
        value = self.value(prediction)
        return Quadratic((), value, np.zeros((value.size, 0)), np.zeros((value.size, 0, 0)))


def build(config: Mapping[str, Any], release: Release, transform: Transform, nuisances: Nuisances) -> Pulls:
    """Build from a declaration (see the module)."""
    if len(nuisances):
        raise NuanomalyError(f"{release.id}: the statistic pulls has pulls of its own, and no nuisances")
    data = release.table(config["data"]["table"])[config["data"]["column"]].to_numpy(float)
    background = np.zeros(data.size)
    if "background" in config:
        where = config["background"]
        background = release.table(where["table"])[where["column"]].to_numpy(float)
    if not data.size == background.size == transform.n_bins:
        raise NuanomalyError(
            f"{release.id}: {transform.n_bins} predictions, {data.size} data, {background.size} backgrounds: "
            "they must agree"
        )
    pulls = release.table(config["pulls"])
    effects = release.table(config["effects"])
    if list(effects.columns) != pulls["pull"].tolist() or len(effects) != data.size:
        raise NuanomalyError(
            f"{release.id} {config['effects']}: needs a column per pull and a row per datum, in order"
        )
    signal = (pulls["acts_on"] == "signal").to_numpy()
    values, sigma = effects.to_numpy(float), pulls["sigma"].to_numpy(float)
    prior = np.nan_to_num(np.concatenate([sigma[signal], sigma[~signal]]) ** -2.0)
    extra = values[:, ~signal] * background[:, None]
    return Pulls(data, background, values[:, signal], extra, prior, str(config["variance"]))
