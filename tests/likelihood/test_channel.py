"""Channels: kernels, their cache, and both ways from probabilities to outputs."""

import numpy as np
import pytest
from scipy import sparse

import nuanomaly.likelihood.algebra.kernels as module
from nuanomaly.likelihood.channel import Channel
from nuanomaly.model.constants import PHASE
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.registry import model

RANDOM = np.random.default_rng(8)
N = 60
L, E = RANDOM.uniform(5.0, 30.0, N), RANDOM.uniform(2.0, 9.0, N)
DENSE = RANDOM.uniform(0.0, 1.0, (4, N)) * (RANDOM.random((4, N)) < 0.4)
DM2 = np.array([0.3, 2.0, 0.3, 7.0])


@pytest.fixture(params=[np.asarray, sparse.csr_array], ids=["dense", "csr"])
def channel(request) -> Channel:
    return Channel("mu", "e", True, "CC", L, E, request.param(DENSE))


@pytest.mark.parametrize("wave", ["sin2", "sin"])
def test_kernels_are_sums_over_nodes(channel: Channel, wave: str) -> None:
    phase = PHASE * DM2[:, None] * L / E
    waves = np.sin(phase) ** 2 if wave == "sin2" else np.sin(2.0 * phase)
    np.testing.assert_allclose(channel.kernel(DM2, wave), waves @ DENSE.T, rtol=1e-12, atol=1e-13)


def test_small_phases_keep_their_digits(channel: Channel) -> None:
    tiny = 1e-9
    expected = DENSE @ (PHASE * tiny * L / E) ** 2
    np.testing.assert_allclose(channel.kernel(np.array([tiny]))[0], expected, rtol=1e-9)


def test_kernels_do_not_depend_on_what_was_asked_before(channel: Channel, monkeypatch) -> None:
    first = channel.kernel(DM2)
    monkeypatch.setattr(module, "_CHUNK", 100)
    monkeypatch.setattr(module, "_REMEMBERED", 8)  # two rows of four outputs
    for some in (DM2[:2], DM2[::-1], np.array([5.0]), DM2):
        found = channel.kernel(some)
    np.testing.assert_array_equal(found, first)
    channel.forget()
    np.testing.assert_array_equal(channel.kernel(DM2), first)


def test_a_kernel_is_the_same_to_the_bit_alone_and_among_many(channel: Channel) -> None:
    many = np.geomspace(1e-3, 1e3, 137)
    together = channel.kernel(many)
    for k in (0, 1, 63, 136):
        channel.forget()
        np.testing.assert_array_equal(channel.kernel(many[[k]])[0], together[k])


def test_intervals_of_l_over_e_are_averages_of_points() -> None:
    half = np.full(N, 0.3)
    wide = Channel("mu", "e", False, "CC", L, E, DENSE, half_width=half)
    places = (np.arange(400) + 0.5) / 200.0 - 1.0
    for wave in ("sin2", "sin"):
        points = [
            Channel("mu", "e", False, "CC", L + p * half * E, E, DENSE).kernel(DM2, wave) for p in places
        ]
        np.testing.assert_allclose(wide.kernel(DM2, wave), np.mean(points, axis=0), rtol=1e-4, atol=1e-4)


def test_a_wide_interval_averages_out_at_large_splittings() -> None:
    wide = Channel("mu", "e", False, "CC", L, E, DENSE, half_width=np.full(N, 0.5))
    np.testing.assert_allclose(wide.kernel(np.array([1e5]))[0], 0.5 * DENSE.sum(axis=1), rtol=1e-4)


@pytest.mark.parametrize("name", ["3+1", "3+1-sbl", "2nu-mue", "3nu"])
def test_expansion_and_nodes_agree(channel: Channel, name: str) -> None:
    chosen = model(name)
    values = {"dm2_41": DM2, "Ue4_sq": 0.05, "Umu4_sq": 0.02, "delta_24": 0.8, "sin2_2theta_mue": 0.01}
    given = {p.name: values[p.name] for p in chosen.parameters if p.name in values}
    points = {p.name: np.broadcast_to(given.get(p.name, p.default), DM2.shape) for p in chosen.parameters}

    def nodes(initial, final, antineutrino, L, E, node, **parameters):
        return chosen.probability(initial, final, antineutrino, L, E, node, **parameters)

    by_function = FunctionModel(nodes, name, vectorised=False, parameters=chosen.parameters)
    np.testing.assert_allclose(
        channel.outputs(chosen, points, {}), channel.outputs(by_function, points, {}), rtol=1e-9, atol=1e-13
    )


def test_another_phase_constant_is_another_baseline() -> None:
    one = Channel("mu", "e", False, "CC", L, E, DENSE, phase_constant=1.27)
    np.testing.assert_allclose(
        one.kernel(DM2), np.sin(1.27 * DM2[:, None] * L / E) ** 2 @ DENSE.T, rtol=1e-11, atol=1e-12
    )


def test_a_strength_scales_the_whole_channel() -> None:
    plain = Channel("mu", "active", False, "CEvNS", L, E, DENSE)
    strong = Channel("mu", "active", False, "CEvNS", L, E, DENSE, strength=lambda eta: eta["g"] ** 2)
    points = {"dm2_41": DM2, "Ue4_sq": np.full(4, 0.1), "Umu4_sq": np.full(4, 0.1), "Utau4_sq": np.zeros(4)}
    g = np.array([1.0, 2.0, 0.5, 0.0])
    chosen = model("3+1-sbl")
    np.testing.assert_allclose(
        strong.outputs(chosen, points, {"g": g}), g[:, None] ** 2 * plain.outputs(chosen, points, {})
    )


@pytest.mark.parametrize("name", ["3+1", "3+2", "3+1/decay", "3+1/wave-packet"])
@pytest.mark.parametrize("half", [None, 0.05, np.linspace(0.0, 0.3, N)])
def test_points_that_share_no_splitting_are_added_up_at_the_nodes(channel: Channel, name: str, half) -> None:
    chosen, many = model(name), 16
    widths = None if half is None else np.broadcast_to(half, (N,))
    wide = Channel("mu", "e", False, "CC", L, E, channel.weights, half_width=widths)
    values = {p.name: RANDOM.uniform(0.01, 0.2, many) for p in chosen.parameters if p.default is None}
    values |= {k: 10.0 ** RANDOM.uniform(-1.0, 1.5, many) for k in values if k.startswith("dm2")}
    if "sigma_x" in values:
        values["sigma_x"] = 10.0 ** RANDOM.uniform(-13.0, -12.0, many)
    points = {p.name: values.get(p.name, np.full(many, p.default)) for p in chosen.parameters}
    together = wide.outputs(chosen, points, {})
    assert not any(key[1] in values["dm2_41"] for key in wide.kernels._memory.kernels)
    alone = [wide.outputs(chosen, {k: v[[i]] for k, v in points.items()}, {})[0] for i in range(many)]
    np.testing.assert_allclose(together, alone, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("slow", [0.0, 0.5])
def test_a_splitting_may_be_negative(slow: float) -> None:
    """Of two heavy levels, or in inverted ordering; waves that are read off a series or collapsed too."""
    weights = sparse.csr_array(DENSE)
    for collapsible in (False, True):
        some = Channel("mu", "e", False, "CC", L, E, weights, slow_below=slow, collapsible=collapsible)
        for wave, sign in (("sin2", 1.0), ("sin", -1.0)):
            np.testing.assert_allclose(some.kernel(-DM2, wave), sign * some.kernel(DM2, wave), atol=1e-8)
