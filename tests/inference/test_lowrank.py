"""Few directions stand for a whole plane of hypotheses, and the bound on what they leave holds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.engine.lowrank import Linear, compress, quadratic_rows, side_by_side

ENERGY = np.linspace(0.3, 3.0, 24)
DM2, AMPLITUDE = (a.ravel() for a in np.meshgrid(np.geomspace(0.1, 10.0, 60), np.geomspace(1e-3, 0.5, 20)))
MEAN = 400.0 * (1.0 - AMPLITUDE[:, None] * np.sin(1.267 * DM2[:, None] * 0.5 / ENERGY) ** 2)
RELATIVE = 0.02 * np.exp(-(((ENERGY[:, None] - ENERGY) / 0.8) ** 2)) + 1e-4 * np.eye(24)


def covariance(part):
    mu = MEAN[part]
    return RELATIVE * mu[:, :, None] * mu[:, None, :] + mu[:, :, None] * np.eye(24)


def toys(count, seed, at=700):
    z = np.random.default_rng(seed).standard_normal((count, 24))
    return MEAN[at] + z @ np.linalg.cholesky(covariance(slice(at, at + 1))[0]).T


def plainly(data, log_determinant=False, effects=None, prior=None):
    """Return the statistic hypothesis by hypothesis, with numpy's solver."""
    found = np.empty((len(data), len(MEAN)))
    for p, v in enumerate(covariance(slice(None))):
        if effects is not None:  # profiling linear nuisances is adding their effects to the covariance
            v = v + effects[p] @ np.linalg.inv(prior) @ effects[p].T
        r = data - MEAN[p]
        found[:, p] = np.einsum("ti,ti->t", r, np.linalg.solve(v, r.T).T)
        found[:, p] += np.linalg.slogdet(v)[1] if log_determinant else 0.0
    return found


@pytest.mark.parametrize("log_determinant", [False, True])
def test_a_covariance_that_follows_the_prediction_is_linear_in_products_of_data(log_determinant):
    data = toys(7, 1)
    rows = quadratic_rows(covariance, MEAN, 30, log_determinant)
    assert np.abs(rows(data) - plainly(data, log_determinant)).max() < 1e-8


def test_linear_nuisances_that_act_differently_everywhere_are_profiled():
    effects = np.stack([MEAN * 0.1, MEAN * ENERGY * 0.05], axis=2)
    prior = np.array([[2.0, 0.3], [0.3, 1.0]])
    data = toys(5, 2)
    rows = quadratic_rows(covariance, MEAN, effects=lambda part: effects[part], prior=prior)
    assert np.abs(rows(data) - plainly(data, effects=effects, prior=prior)).max() < 1e-8


def test_few_directions_stand_for_all_hypotheses():
    rows = quadratic_rows(covariance, MEAN)
    small = compress(rows, np.concatenate([toys(100, 3), toys(100, 4, at=0)]), 1e-4)
    data = toys(400, 5)
    error = np.abs(small(data) - plainly(data))
    assert small.rank < rows.rows.shape[1] / 3
    assert error.max() < 1e-3
    assert (error <= small.bounds(data) + 1e-8).all()
    assert (small.bound(data) >= small.bounds(data).max(axis=1)).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(1e-8, 1.0), st.floats(0.1, 30.0))
def test_the_bound_holds_for_data_that_are_not_typical(seed, tolerance, size):
    random = np.random.default_rng(seed)
    what = Linear(lambda d: d, random.standard_normal((80, 6)) @ random.standard_normal((6, 15)))
    what = Linear(what.features, what.rows + 1e-3 * random.standard_normal((80, 15)))
    small = compress(what, random.standard_normal((40, 15)), tolerance)
    data = size * random.standard_normal((20, 15)) * np.linspace(0.0, 3.0, 15)
    assert (np.abs(small(data) - what(data)) <= small.bounds(data) * (1 + 1e-9) + 1e-10).all()


def test_statistics_of_different_data_add_up():
    rows = quadratic_rows(covariance, MEAN)
    both = side_by_side([(slice(0, 24), rows), (slice(24, 48), rows)])
    data = toys(6, 6).reshape(3, 48)
    assert np.allclose(both(data), rows(data[:, :24]) + rows(data[:, 24:]))


def test_a_covariance_with_a_negative_eigenvalue_is_refused():
    with pytest.raises(NuanomalyError, match="not positive definite"):
        quadratic_rows(lambda part: -covariance(part), MEAN)


def test_what_is_infinite_has_no_expansion():
    with pytest.raises(NuanomalyError, match="infinite"):
        compress(Linear(lambda d: d, np.full((3, 2), np.inf)), np.ones((4, 2)))
