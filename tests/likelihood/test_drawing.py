"""Counts that are drawn from a table are those of the inverse distribution, number by number."""

import numpy as np
import pytest
from scipy.stats import poisson

from nuanomaly.likelihood.algebra.drawing import poisson_counts


@pytest.mark.parametrize("mean", [0.0, 1e-9, 0.03, 1.0, 17.3, 412.0, 1e5])
def test_counts_of_one_mean_are_the_inverse_distribution(mean: float) -> None:
    means = np.full((4000, 2), mean)
    uniform = np.random.default_rng(8).random(means.shape)
    found = poisson_counts(means, np.random.default_rng(8))
    np.testing.assert_array_equal(found, np.maximum(poisson.ppf(uniform, mean), 0.0) if mean else 0.0 * means)


def test_a_table_gives_what_single_draws_give() -> None:
    means = np.array([[0.2, 3.0, 0.0, 250.0]])
    together = poisson_counts(np.repeat(means, 500, axis=0), np.random.default_rng(3))
    random = np.random.default_rng(3)
    np.testing.assert_array_equal(
        together, np.concatenate([poisson_counts(means, random) for _ in range(500)])
    )
