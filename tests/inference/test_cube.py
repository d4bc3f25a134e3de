"""The lowest point of a sum over three parameters is found without forming the cube."""

import numpy as np
import pytest

from nuanomaly.inference import cube

D, E, M = 17, 9, 11


def tables(toys, seed, spread=3.0):
    random = np.random.default_rng(seed)
    return (
        spread * random.random((toys, D, E)),
        spread * random.random((toys, D, M)),
        spread * random.random((toys, D, E + M - 1)),
    )


def formed(electron, muon, both):
    """Return the whole cube (T, D, E, M)."""
    across = np.add.outer(np.arange(E), np.arange(M))
    return electron[:, :, :, None] + muon[:, :, None, :] + both[:, :, across]


@pytest.mark.parametrize("spread", [0.1, 3.0, 50.0])
def test_bounds_of_slices_leave_out_no_minimum(spread):
    sides = tables(40, 1, spread)
    found = cube.of_sum(*sides)
    whole = formed(*sides)
    assert np.array_equal(found.grid, whole.reshape(40, -1).min(axis=1))
    row = np.arange(40)
    assert np.array_equal(whole[row, found.place[:, 0], found.place[:, 1], found.place[:, 2]], found.grid)


def test_disappearance_alone_separates():
    electron, muon, both = tables(40, 2)
    whole = formed(electron, muon, 0.0 * both)
    assert np.array_equal(cube.of_disappearance(electron, muon).grid, whole.reshape(40, -1).min(axis=1))


def test_a_parabola_has_its_vertex_between_the_points():
    d, e, m = np.meshgrid(np.arange(D), np.arange(E), np.arange(M), indexing="ij")
    k = np.arange(E + M - 1)
    electron = (0.7 * (d[:, :, 0] - 8.3) ** 2 + 0.4 * (e[:, :, 0] - 4.2) ** 2)[None]
    muon = (0.5 * (m[:, 0, :] - 5.4) ** 2 + 0.1 * (d[:, 0, :] - 8.3) * (m[:, 0, :] - 5.4))[None]
    both = np.broadcast_to(0.2 * (k - 9.6) ** 2, (1, D, E + M - 1))
    found = cube.of_sum(electron, muon, both)
    # 4.2 + 5.4 = 9.6: the vertex is where all terms vanish
    assert abs(found.refined[0]) < 1e-12
    assert found.grid[0] > 0.01


def test_refinement_never_raises_and_stays_at_the_ends():
    electron, muon, both = tables(60, 3)
    for found in (cube.of_sum(electron, muon, both), cube.of_plane(both)):
        assert (found.refined <= found.grid).all()
    rising = np.broadcast_to(np.arange(D)[:, None] + np.arange(E), (1, D, E)).astype(float)
    assert cube.of_plane(rising).refined[0] == 0.0


def test_at_one_product_the_ratio_alone_is_fitted():
    electron, muon, both = tables(5, 3)
    cubes = formed(electron, muon, both)
    index = np.add.outer(np.arange(E), np.arange(M))
    for row, product in ((0, 1), (D // 2, E), (D - 1, E + M - 3)):
        there = np.where(index == product, cubes[:, row], np.inf).min(axis=(1, 2))
        assert (cube.at_product(electron, muon, both, row, product) <= there + 1e-9).all()
    assert np.allclose(cube.at_product(electron, muon, both, 0, 0), cubes[:, 0, 0, 0])
    # a parabola along the line has its vertex between the points
    steps = np.arange(E)
    electron[:] = (steps - 4.3) ** 2
    muon[:] = 2.0
    assert np.allclose(cube.at_product(electron, muon, both, 3, 8) - both[:, 3, 8], 2.0)
