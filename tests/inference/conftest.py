"""Likelihoods of the real classes with data made up for the tests."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.parts import Overlap, Response
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.gaussian import Gaussian
from nuanomaly.likelihood.transform.identity import Identity
from nuanomaly.model.constants import PHASE

Factory = Callable[..., ResponseLikelihood]


def counting(
    release: str,
    L: Sequence[float],
    data: Sequence[float],
    covariance: np.ndarray | float,
    *,
    channel: tuple[str, str] = ("e", "e"),
    energy: float = 3.0,
    scale: float = 1.0,
    nuisances: Sequence[Nuisance] = (),
    blocks: tuple = (),
    fractions: np.ndarray | None = None,
    overlaps: Sequence[Overlap] = (),
) -> ResponseLikelihood:
    """One datum per baseline (m): ``scale`` × the probability at ``energy`` (MeV), Gaussian errors."""
    baselines = np.asarray(L, float)
    n = baselines.size
    spread = np.eye(n) * covariance if np.ndim(covariance) == 0 else np.asarray(covariance)
    response = Response(
        (Channel(*channel, False, "CC", baselines, np.full(n, energy), scale * np.eye(n)),), n
    )
    shared = Nuisances(tuple(nuisances), blocks)
    effects = np.zeros((n, len(shared))) if fractions is None else np.asarray(fractions, float)
    measure = Gaussian(np.asarray(data, float), np.linalg.inv(spread), shared)
    return ResponseLikelihood(
        release=release,
        mode=None,
        statistic="chi2",
        n_bins=n,
        nuisances=shared,
        overlaps=tuple(overlaps),
        response=response,
        transform=Identity(n, effects),
        measure=measure,
    )


@pytest.fixture(name="counting")
def counting_factory() -> Factory:
    return counting


@pytest.fixture
def near_and_far() -> ResponseLikelihood:
    """Twelve baselines, truth Δm² = 0.8 eV² and sin²2θ_ee = 0.15, one fixed draw of 2 % errors."""
    L = np.linspace(1.0, 14.0, 12)
    truth = 1.0 - 0.15 * np.sin(PHASE * 0.8 * L / 3.0) ** 2
    noise = np.random.default_rng(20).normal(0.0, 0.02, 12)
    return counting("near-far@2000-r1", L, truth + noise, 0.02**2)
