"""Counts with many systematic effects of their own: χ² with all pulls profiled in closed form.

χ² = min_ξ Σ_n (d_n − m_n(ξ))² / V_n + Σ_k (ξ_k/σ_k)² with
m_n(ξ) = μ_n (1 + Σ_k F_nk ξ_k) + B_n (1 + Σ_k G_nk ξ_k).

Pulls belong to this measurement alone (free spectral bins, efficiencies, scales …), so they are profiled here
and not carried into combinations; what releases share is a declared nuisance. V is evaluated at ξ = 0: where
free pulls take up a large common factor, only the variance of the data is right.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Literal, NotRequired, TypedDict

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import (
    Column,
    TableName,
    completed,
)
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.algebra.drawing import poisson_counts
from nuanomaly.likelihood.families.contract import Statistic
from nuanomaly.likelihood.families.definitions import COUNTING, CountingVariance
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Prediction, StatisticKind, Transform
from nuanomaly.likelihood.quadratic import Quadratic
from nuanomaly.model.probabilities import Array


class Options(TypedDict):
    """Options of the statistic."""

    data: Annotated[Column, "Counts."]
    background: NotRequired[
        Annotated[Column, "Counts B that are added to the prediction, in the order of the data."]
    ]
    pulls: Annotated[
        TableName,
        "Table with rows (pull, sigma, acts_on); a sigma of NaN is a free pull, acts_on is signal or "
        "background.",
    ]
    effects: Annotated[
        TableName,
        "Table with a column per pull, named as it or p0, p1 … in their order, and a row per datum: relative "
        "change per unit of the pull, F or G by what it acts on.",
    ]
    variance: Annotated[
        Literal["data", "prediction", "combined"], "Neyman, Pearson, or 3 / (1/data + 2/prediction)."
    ]


#: The declared variances, and what they are elsewhere.
_VARIANCES: dict[str, CountingVariance] = {
    "combined": "combined-neyman-pearson",
    "data": "neyman",
    "prediction": "pearson",
}


@dataclass(frozen=True, eq=False)
class Pulls(Statistic):
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
    names : tuple of str
        Of the pulls, those on the signal first; numbers if left out.
    """

    background: Array
    signal: Array
    extra: Array
    prior: Array
    variance: str
    names: tuple[str, ...] = ()

    @property
    def kind(self) -> StatisticKind:
        """A χ²."""
        return "chi2"

    @cached_property
    def _lone(self) -> int:
        """How many of the first pulls on the signal do not overlap: no datum feels two of them."""
        overlapping = (np.cumsum(self.signal != 0.0, axis=1) > 1).any(axis=0)
        return int(np.argmax(overlapping)) if overlapping.any() else self.signal.shape[1]

    @cached_property
    def _products(self) -> dict[str, Array]:
        """Products of two pulls' effects per datum: of lone, other (signal) and extra ones."""
        kinds = {
            "lone": self.signal[:, : self._lone],
            "other": self.signal[:, self._lone :],
            "extra": self.extra,
        }
        arrays = {
            f"{a}-{b}": (kinds[a][:, :, None] * kinds[b][:, None, :]).reshape(self.n_bins, -1)
            for a, b in (
                ("lone", "other"),
                ("lone", "extra"),
                ("other", "other"),
                ("other", "extra"),
                ("extra", "extra"),
            )
        }
        return {**arrays, "lone-lone": kinds["lone"] ** 2}

    def value(self, prediction: Prediction) -> Array:
        """Return χ² with all pulls profiled, shape (P,)."""
        return self._solved(prediction)[0]

    def _solved(self, prediction: Prediction) -> tuple[Array, Array]:
        """Return χ² at its minimum over all pulls, shape (P,), and the pulls there, shape (P, K).

        Pulls that do not overlap have a diagonal Hessian D, and go first: with C between them and the others,
        what is left to solve is H − CᵀD⁻¹C.
        """
        mu, lone = prediction.mu, self._lone
        weight = np.broadcast_to(self._weight(mu), mu.shape)
        residual = self.data - self.background - mu
        weighted = weight * residual
        gradient = np.concatenate([(weighted * mu) @ self.signal, weighted @ self.extra], axis=1)
        diagonal, mixed, hessian = self._hessian(weight, mu)
        first, rest = gradient[:, :lone], gradient[:, lone:]
        shifted = mixed / diagonal[:, :, None]
        hessian -= mixed.transpose(0, 2, 1) @ shifted
        rest = rest - (first[:, None, :] @ shifted)[:, 0]
        at = np.linalg.solve(hessian, rest[:, :, None])[:, :, 0]
        lowered = (first**2 / diagonal).sum(axis=1) + (rest * at).sum(axis=1)
        alone = first / diagonal - (shifted @ at[:, :, None])[:, :, 0]
        return np.asarray((weighted * residual).sum(axis=1) - lowered), np.concatenate([alone, at], axis=1)

    def fitted(self, prediction: Prediction) -> Array:
        """Return the predictions, backgrounds included, at the profiled pulls, shape (P, n)."""
        mu, xi = prediction.mu, self._solved(prediction)[1]
        s = self.signal.shape[1]
        return np.asarray(mu * (1.0 + xi[:, :s] @ self.signal.T) + self.background + xi[:, s:] @ self.extra.T)

    def contributions(self, prediction: Prediction) -> Array:
        """Return (d − m)²/V of each datum at the profiled pulls, shape (P, n)."""
        return np.asarray(self._weight(prediction.mu) * (self.data - self.fitted(prediction)) ** 2)

    def other_terms(self, prediction: Prediction) -> Mapping[str, Array]:
        """Return what the pulls themselves cost."""
        return {"pulls": (self._solved(prediction)[1] ** 2) @ self.prior}

    def own_pulls(self, prediction: Prediction) -> Mapping[str, Array]:
        """Return the pulls that have a prior, in its units, by name."""
        xi = self._solved(prediction)[1] * np.sqrt(self.prior)
        names = self.names or tuple(f"pull {k}" for k in range(self.prior.size))
        return {name: xi[:, k] for k, name in enumerate(names) if self.prior[k] > 0.0}

    def errors(self, prediction: Prediction) -> Array:
        """Return √V, shape (P, n): counting alone."""
        return np.asarray(np.broadcast_to(self._weight(prediction.mu) ** -0.5, prediction.mu.shape))

    def without(self, gone: Sequence[int]) -> "Pulls":
        """Return the statistic of the other data; a free pull that nothing is left of is dropped."""
        kept = self.kept(gone)
        signal, extra = self.signal[kept], self.extra[kept]
        acting = np.concatenate([signal.any(axis=0), extra.any(axis=0)]) | (self.prior > 0.0)
        on_signal, on_extra = np.split(acting, [signal.shape[1]])
        return Pulls(
            self.data[kept],
            self.background[kept],
            signal[:, on_signal],
            extra[:, on_extra],
            self.prior[acting],
            self.variance,
            tuple(name for name, left in zip(self.names, acting, strict=True) if left) if self.names else (),
        )

    def definitions(self) -> Iterator[tuple[str, "Pulls"]]:
        """Give the other variances of counts."""
        for choice, said in _VARIANCES.items():
            if choice != self.variance:
                yield COUNTING[said], replace(self, variance=choice)

    def _weight(self, mu: Array) -> Array:
        """Return 1/V, shape (P, n) or (n,)."""
        if self.variance == "data":
            return np.asarray(1.0 / self.data)
        expected = mu + self.background
        if self.variance == "prediction":
            return np.asarray(1.0 / expected)
        return np.asarray((1.0 / self.data + 2.0 / expected) / 3.0)

    def _hessian(self, weight: Array, mu: Array) -> tuple[Array, Array, Array]:
        """Return D (P, l), C (P, l, r) and H (P, r, r) of l lone pulls and r others, priors included."""
        points, lone = len(mu), self._lone
        s, g = self.signal.shape[1] - lone, self.extra.shape[1]
        once, twice = weight * mu, weight * mu**2
        products = self._products
        mixed = np.empty((points, lone, s + g))
        mixed[:, :, :s] = (twice @ products["lone-other"]).reshape(points, lone, s)
        mixed[:, :, s:] = (once @ products["lone-extra"]).reshape(points, lone, g)
        hessian = np.empty((points, s + g, s + g))
        hessian[:, :s, :s] = (twice @ products["other-other"]).reshape(points, s, s)
        hessian[:, :s, s:] = (once @ products["other-extra"]).reshape(points, s, g)
        hessian[:, s:, :s] = hessian[:, :s, s:].transpose(0, 2, 1)
        hessian[:, s:, s:] = (weight @ products["extra-extra"]).reshape(points, g, g)
        place = np.arange(s + g)
        hessian[:, place, place] += self.prior[lone:]
        return twice @ products["lone-lone"] + self.prior[:lone], mixed, hessian

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


@completed
def build(config: Options, release: Release, transform: Transform, nuisances: Nuisances) -> Pulls:
    """Build from a declaration (see the module)."""
    if len(nuisances):
        raise NuanomalyError(f"{release.id}: the statistic pulls has pulls of its own, and no nuisances")
    data = release.numbers(config["data"])
    background = release.numbers(config["background"]) if "background" in config else np.zeros(data.size)
    if not data.size == background.size == transform.n_bins:
        raise NuanomalyError(
            f"{release.id}: {transform.n_bins} predictions, {data.size} data, {background.size} backgrounds: "
            "they must agree"
        )
    pulls = release.arrays(config["pulls"])
    effects = release.arrays(config["effects"])
    names = pulls["pull"]
    values = release.matrix(config["effects"])
    numbered = [f"p{k}" for k in range(names.size)]
    if [*effects] not in (names.tolist(), numbered) or len(values) != data.size:
        raise NuanomalyError(
            f"{release.id} {config['effects']}: needs a column per pull and a row per datum, in order"
        )
    signal, sigma = pulls["acts_on"] == "signal", pulls["sigma"].astype(float)
    prior = np.nan_to_num(np.concatenate([sigma[signal], sigma[~signal]]) ** -2.0)
    extra = values[:, ~signal] * background[:, None]
    ordered = (*names[signal], *names[~signal])
    return Pulls(data, background, values[:, signal], extra, prior, config["variance"], ordered)
