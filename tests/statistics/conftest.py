"""Likelihoods with known answers: a measured rate with a boundary, and two bins that oscillate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.parts import Prediction, Response, Transform
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.gaussian import Gaussian
from nuanomaly.likelihood.statistic.poisson import Poisson
from nuanomaly.likelihood.transform.identity import Identity
from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Array


@dataclass(frozen=True, eq=False)
class Scaled(Transform):
    """μ = background + outputs, with nuisances that add fixed amounts."""

    background: Array
    effects: Array = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def n_bins(self) -> int:
        return int(self.background.size)

    def __call__(self, outputs: Array) -> Prediction:
        mu = outputs + self.background
        effects = self.effects if self.effects.size else np.zeros((self.n_bins, 0))
        return Prediction(mu, np.broadcast_to(effects, (*mu.shape, effects.shape[1])))


def disappearance(
    data: Array,
    covariance: Array,
    L_over_E: Array,
    nuisances: Nuisances | None = None,
    effects: Array | None = None,
    events: float = 1.0,
) -> ResponseLikelihood:
    """Bins that see ν_e at one L/E (m/MeV) each, with a fixed covariance; nuisances add ``effects``."""
    n = data.size
    channel = Channel("e", "e", True, "CC", np.asarray(L_over_E, float), np.ones(n), events * np.eye(n))
    inverse = np.linalg.inv(covariance)
    known = nuisances or Nuisances()
    return ResponseLikelihood(
        release="bins@1-r1",
        mode=None,
        statistic="chi2",
        n_bins=n,
        nuisances=known,
        response=Response((channel,), n),
        transform=Scaled(np.zeros(n), np.zeros((n, 0)) if effects is None else effects),
        measure=Gaussian(data, inverse, known),
    )


def averaged(data: float, sigma: float) -> ResponseLikelihood:
    """One bin at the maximum, P = 1 − s: a Gaussian measurement of s with the boundary s ≥ 0."""
    return disappearance(np.array([data]), np.array([[sigma**2]]), np.array([0.5 * np.pi / PHASE]))


def counting(data: Array, nuisance: bool = False) -> ResponseLikelihood:
    """Poisson counts of ν_e appearance over a background, with a free background strength or none."""
    n = data.size
    channel = Channel("mu", "e", True, "CC", np.linspace(0.3, 3.0, n), np.ones(n), 200.0 * np.eye(n))
    background = np.linspace(20.0, 10.0, n)
    known = Nuisances((Nuisance("background", "strength", 0.2, 0.2),)) if nuisance else Nuisances()
    effects = background[:, None] if nuisance else np.zeros((n, 0))
    return ResponseLikelihood(
        release="counts@1-r1",
        mode=None,
        statistic="-2lnL",
        n_bins=n,
        nuisances=known,
        response=Response((channel,), n),
        transform=Scaled(background, effects),
        measure=Poisson(data, known, "-2lnL"),
    )


def relative(data: Array, sigma: float, prior: Nuisance) -> ResponseLikelihood:
    """As :func:`disappearance` with a nuisance that scales the prediction."""
    n = data.size
    channel = Channel("e", "e", True, "CC", np.linspace(0.5, 3.0, n), np.ones(n), np.eye(n))
    known = Nuisances((prior,))
    return ResponseLikelihood(
        release="rates@1-r1",
        mode=None,
        statistic="chi2",
        n_bins=n,
        nuisances=known,
        response=Response((channel,), n),
        transform=Identity(n, np.ones((n, 1))),
        measure=Gaussian(data, np.eye(n) / sigma**2, known),
    )


GRID: Mapping[str, tuple[float, float, int, str]] = {
    "dm2_41": (0.1, 10.0, 24, "log"),
    "sin2_2theta_ee": (0.01, 1.0, 18, "log"),
}


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """The makers of likelihoods, and a grid."""
    return SimpleNamespace(
        disappearance=disappearance, averaged=averaged, counting=counting, relative=relative, grid=dict(GRID)
    )


@pytest.fixture(scope="session")
def bins() -> ResponseLikelihood:
    """Twelve bins with correlated errors, a free normalisation and one with a prior."""
    random = np.random.default_rng(5)
    root = 0.05 * (np.eye(12) + 0.1 * random.standard_normal((12, 12)))
    nuisances = Nuisances((Nuisance("free", ""), Nuisance("tilt", "", 0.03, 0.03)))
    effects = np.stack([np.ones(12), np.linspace(-1.0, 1.0, 12)], axis=1)
    data = 1.0 - 0.12 * np.sin(PHASE * 1.3 * np.linspace(0.3, 4.0, 12)) ** 2 + root @ random.normal(size=12)
    return disappearance(data, root @ root.T, np.linspace(0.3, 4.0, 12), nuisances, effects)
