"""Damped waves along lines of equal energy: what the nodes give, at a fraction of the work."""

import numpy as np
import pytest

from nuanomaly.likelihood.algebra.kernels import Kernels
from nuanomaly.likelihood.algebra.line_waves import TOLERANCE, along_lines
from nuanomaly.likelihood.build import likelihood
from nuanomaly.model.probabilities import Nodes
from nuanomaly.model.waves import Expansion, average

RANDOM = np.random.default_rng(12)
DAMPED = {
    "decay": {"alpha_4": 10.0 ** RANDOM.uniform(-3.0, 2.0, 60)},
    "wave-packet": {"sigma_x": 10.0 ** RANDOM.uniform(-14.5, -11.0, 60)},
}


def waves(count: int) -> Expansion:
    """Waves from slow and coherent to fast and faded."""
    dm2, decay, coherence = (
        10.0 ** RANDOM.uniform(*ends, (2, count)) for ends in ((-2, 2), (-3, 2), (-3, 1))
    )
    return Expansion(np.zeros(count), dm2, *RANDOM.uniform(-1.0, 1.0, (2, 2, count)), decay, coherence)


@pytest.mark.parametrize("name", ["best", "gallex", "sage"])
def test_lines_give_what_all_nodes_give(name: str) -> None:
    (channel,) = likelihood(name).response.channels
    kernels, some = channel.kernels, waves(120)
    assert kernels.lines is not None
    sums, left = along_lines(some, kernels.lines)
    assert left.size < 40
    assert not sums[left].any()
    settled = np.setdiff1d(np.arange(120), left)
    exact = kernels._at_nodes(some)[settled]
    bound = (np.abs(some.sin2) + np.abs(some.sin)).sum(axis=0)[settled, None] * kernels.total
    # the closed average over an interval takes a Gaussian as straight where it bends by less than 1e-8
    assert (np.abs(sums[settled] - exact) <= (TOLERANCE + 1e-8) * bound).all()


@pytest.mark.parametrize("name", ["best", "gallex", "sage"])
@pytest.mark.parametrize("parts", DAMPED)
def test_a_statistic_of_a_damped_model_is_that_of_all_nodes(name: str, parts: str, monkeypatch) -> None:
    lk = likelihood(name)
    (channel,) = lk.response.channels
    point = {"dm2_41": 10.0 ** RANDOM.uniform(-1.0, 2.0, 60), "Umu4_sq": 0.0, **DAMPED[parts]}
    point["Ue4_sq"] = RANDOM.uniform(0.01, 0.3, 60)
    found = lk.chi2(f"3+1/{parts}", **point)
    channel.forget()
    monkeypatch.setitem(channel.kernels.__dict__, "lines", None)
    np.testing.assert_allclose(found, lk.chi2(f"3+1/{parts}", **point), rtol=0.0, atol=1e-6)


def test_waves_that_lines_cannot_follow_are_left() -> None:
    (channel,) = likelihood("best").response.channels
    assert channel.kernels.lines is not None
    fast = Expansion(
        *np.zeros((1, 1)), np.full((1, 1), 1e4), *np.ones((2, 1, 1)), np.full((1, 1), 1e-6), None
    )
    sums, left = along_lines(fast, channel.kernels.lines)
    assert left.tolist() == [0]
    assert not sums.any()


def test_packets_of_the_same_baseline_over_energy_are_not_those_of_another_energy() -> None:
    low, high = (
        Kernels(Nodes(scale * np.ones(3), scale * np.ones(3), None, {}), np.ones((1, 3))) for scale in (1, 2)
    )
    ask = np.ones(1), "sin2", np.zeros(1), np.array([0.7])
    seen = [kernels.kernel(*ask)[0, 0] for kernels in (low, high)]
    phase = 1.266932679
    expected = [1.5 * (1.0 - np.cos(2.0 * phase) * np.exp(-((0.7 / E) ** 2))) for E in (1.0, 2.0)]
    np.testing.assert_allclose(seen, expected, rtol=1e-8)
    assert low.digest != high.digest


def test_a_wave_that_has_faded_is_no_wave() -> None:
    z, s, r = np.full(3, 50j), np.array([44.0, 200.0, 1e7]), np.full(3, 0.3)
    u = np.linspace(-0.3, 0.3, 600_001)
    exact = [np.trapezoid(np.exp(z[0] * (1 + u) - k * (1 + u) ** 2), u) / 0.6 for k in s]
    np.testing.assert_allclose(average(z, s, r), exact, atol=1e-15)
