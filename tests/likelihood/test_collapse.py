"""Nodes collapsed in L/E against the sum over nodes, and the bound on the difference."""

import gc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import nuanomaly.likelihood.algebra.kernels as module
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood.algebra.collapse import LIMIT, TOLERANCE, collapse
from nuanomaly.likelihood.channel import Channel

DM2 = np.geomspace(1e-3, LIMIT, 23)


def events(seed: int, count: int = 6000, widest: float = 3.0) -> Channel:
    """Channel of events in five bins, one of them empty; some weights are negative."""
    random = np.random.default_rng(seed)
    L, E = random.uniform(520.0, 560.0, count), np.exp(random.uniform(np.log(540.0 / widest), 8.0, count))
    place = random.choice([0, 1, 3, 4], count)
    weights = sparse.csr_array((random.normal(1.0, 0.7, count), (place, np.arange(count))), shape=(5, count))
    return Channel("mu", "e", False, "CC", L, E, weights, collapsible=True)


def errors(channel: Channel, dm2: np.ndarray, wave: str) -> np.ndarray:
    """Largest difference at each Δm², as a part of Σ|w|."""
    every = np.abs(channel.weights).sum(axis=1)
    difference = np.abs(channel.kernel(dm2, wave) - channel.kernels.by_node(dm2, wave))
    return (difference / np.where(every > 0.0, every, 1.0)).max(axis=1)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), wave=st.sampled_from(["sin2", "sin"]))
def test_the_error_is_below_its_bound(seed: int, wave: str) -> None:
    channel = events(seed)
    assert channel.kernels.collapsed is not None
    bound = channel.kernels.collapsed.bound(DM2, wave)
    assert (np.diff(bound) > 0.0).all()
    assert bound[-1] <= TOLERANCE * (1.0 + 1e-12)
    rounding = 2e-13  # of phases of a few hundred
    assert (errors(channel, DM2, wave) <= bound + rounding).all()


def test_the_bound_is_not_idle() -> None:
    """Nodes at the edges of cells of a collapse for 10 eV², far above its limit, come near it."""
    channel = events(1)
    assert isinstance(channel.weights, sparse.csr_array)
    few = replace(collapse(channel.L_over_E, channel.weights, 10.0), limit=100.0)
    every = np.abs(channel.weights).sum(axis=1)
    for dm2 in (np.array([30.0]), np.array([45.0])):
        missed = np.abs(few.rows(dm2) - channel.kernels.by_node(dm2))[0] / np.where(every > 0.0, every, 1.0)
        assert 1e-4 * few.bound(dm2)[0] < missed.max() < few.bound(dm2)[0]


def test_above_the_limit_every_node_has_its_own_wave() -> None:
    channel = events(2)
    assert channel.kernels.collapsed is not None
    above = np.array([LIMIT * 1.001, 1e3])
    assert np.isinf(channel.kernels.collapsed.bound(above)).all()
    np.testing.assert_array_equal(channel.kernel(above), channel.kernels.by_node(above))
    with pytest.raises(NuanomalyError, match="up to 100 eV²"):
        channel.kernels.collapsed.rows(above)


def test_small_phases_keep_their_digits() -> None:
    channel = events(3)
    tiny = np.array([1e-9])
    np.testing.assert_allclose(channel.kernel(tiny), channel.kernels.by_node(tiny), rtol=1e-9, atol=0.0)


def test_a_row_is_the_same_to_the_bit_alone_and_among_many() -> None:
    channel = events(4)
    together = channel.kernel(DM2)
    for k in (0, 11, 22):
        channel.forget()
        np.testing.assert_array_equal(channel.kernel(DM2[[k]])[0], together[k])


def test_few_nodes_and_nodes_of_their_own_kind_are_not_collapsed() -> None:
    assert events(5, 300).kernels.collapsed is None
    many = events(5)
    assert replace(many, collapsible=False).kernels.collapsed is None
    assert replace(many, half_width=np.full(many.L.size, 1e-3)).kernels.collapsed is None


def test_channels_of_the_same_content_share_kernels_and_others_do_not() -> None:
    one, same = events(6), events(6)
    found = one.kernel(DM2)
    assert same.kernels.digest == one.kernels.digest
    assert len(same.kernels._memory.kernels) == DM2.size
    assert same.kernels.collapsed is one.kernels.collapsed
    others = [
        replace(one, weights=one.weights * 2.0),
        replace(one, L=one.L * 1.001),
        replace(one, phase_constant=1.27),
        replace(one, half_width=np.full(one.L.size, 1e-3)),
        replace(one, collapsible=False),
    ]
    assert len({c.kernels.digest for c in (one, *others)}) == 6
    np.testing.assert_array_equal(others[0].kernel(DM2), 2.0 * found)


def test_what_is_remembered_goes_with_the_last_channel() -> None:
    channel = events(7)
    channel.kernel(DM2)
    digest = channel.kernels.digest
    assert digest in module._MEMORIES
    del channel
    gc.collect()
    assert digest not in module._MEMORIES
