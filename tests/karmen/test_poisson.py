"""Poisson counts with pulls."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize
from scipy.stats import poisson as law

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import Release
from nuanomaly.archive.tables import expand_columns, to_bytes
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.parts import Prediction
from nuanomaly.likelihood.statistic import poisson
from nuanomaly.likelihood.statistic.poisson import Poisson

COUNTS = np.array([3.0, 0.0, 7.0, 12.0])


def alone(mu: np.ndarray) -> Prediction:
    return Prediction(np.atleast_2d(mu), np.zeros((np.atleast_2d(mu).shape[0], COUNTS.size, 0)))


@given(arrays(float, 4, elements=st.floats(0.01, 50.0)))
def test_the_value_is_minus_two_log_likelihood_ratio(mu: np.ndarray) -> None:
    found = Poisson(COUNTS, Nuisances(), "-2lnL").value(alone(mu))[0]
    expected = -2.0 * (law.logpmf(COUNTS, mu) - law.logpmf(COUNTS, COUNTS)).sum()
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert found >= 0.0


def test_a_perfect_prediction_has_the_value_zero() -> None:
    assert Poisson(COUNTS, Nuisances(), "-2lnL").value(alone(COUNTS))[0] == 0.0


@pytest.mark.parametrize(
    ("bin", "prediction", "expected"),
    [(0, 0.0, np.inf), (0, -1.0, np.inf), (1, -1e-3, np.inf), (1, 0.0, 0.0), (1, 0.5, 1.0)],
)
def test_what_cannot_be_is_infinitely_unlikely(bin: int, prediction: float, expected: float) -> None:
    mu = COUNTS.copy()
    mu[bin] = prediction
    assert Poisson(COUNTS, Nuisances(), "-2lnL").value(alone(mu))[0] == expected


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_pulls_are_profiled_as_a_minimiser_does(seed: int) -> None:
    random = np.random.default_rng(seed)
    nuisances = Nuisances((Nuisance("norm", plus=0.1, minus=0.1, meaning=""), Nuisance("free", meaning="")))
    mu = random.uniform(1.0, 15.0, (5, 4))
    jacobian = np.stack([mu, np.tile([0.5, 0.1, 1.0, 2.0], (5, 1))], axis=2)
    found = Poisson(COUNTS, nuisances, "-2lnL").value(Prediction(mu, jacobian))

    def total(xi: np.ndarray, point: int) -> float:
        value = Poisson(COUNTS, Nuisances(), "-2lnL").deviance((mu[point] + jacobian[point] @ xi)[None])[0]
        return float(value + (xi[0] / 0.1) ** 2) if np.isfinite(value) else 1e9

    for point in range(5):
        options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 20_000, "maxfev": 20_000}
        best = minimize(total, np.zeros(2), (point,), method="Nelder-Mead", options=options).fun
        assert found[point] <= best + 1e-6
        assert found[point] >= best - 1e-4


def test_a_free_normalisation_fits_the_total() -> None:
    free = Nuisances((Nuisance("norm", meaning=""),))
    mu = np.array([[2.0, 1.0, 5.0, 9.0]])
    found = Poisson(COUNTS, free, "-2lnL").value(Prediction(mu, mu[:, :, None]))
    fitted = mu * COUNTS.sum() / mu.sum()
    assert found[0] == pytest.approx(Poisson(COUNTS, Nuisances(), "-2lnL").deviance(fitted)[0], abs=1e-9)


def test_a_pull_without_effect_changes_nothing() -> None:
    pulled = Nuisances((Nuisance("idle", plus=1.0, minus=1.0, meaning=""),))
    mu = np.array([[2.0, 1.0, 5.0, 9.0]])
    found = Poisson(COUNTS, pulled, "-2lnL").value(Prediction(mu, np.zeros((1, 4, 1))))
    assert found[0] == Poisson(COUNTS, Nuisances(), "-2lnL").deviance(mu)[0]


def test_counts_are_not_quadratic_in_their_pulls() -> None:
    assert Poisson(COUNTS, Nuisances(), "-2lnL").quadratic(alone(COUNTS)) is None


def built(tmp_path: Path, counts: list[float], nuisances: Nuisances, **config: Any) -> Poisson:
    columns = [{"name": "n", "unit": "event", "meaning": "counts"}]
    entry = {"file": "n.csv", "status": "official", "source": "a test", "columns": columns}
    (tmp_path / "n.csv").write_bytes(to_bytes(pd.DataFrame({"n": counts}), expand_columns(columns), "csv"))
    release = Release("toy", "1-r1", tmp_path, {"tables": {"n": entry}, "state": "draft"})
    transform: Any = SimpleNamespace(n_bins=2)
    return poisson.build({"data": {"table": "n", "column": "n"}, **config}, release, transform, nuisances)


def test_the_value_is_only_a_chi2_if_the_release_says_so(tmp_path: Path) -> None:
    assert built(tmp_path, [30.0, 40.0], Nuisances()).kind == "-2lnL"
    assert built(tmp_path, [30.0, 40.0], Nuisances(), goodness_of_fit=True).kind == "chi2"


@pytest.mark.parametrize(
    ("counts", "message"),
    [([1.0, 2.5], "whole numbers"), ([1.0, -2.0], "whole numbers"), ([1.0], "2 predictions, but 1 data")],
)
def test_data_that_are_no_counts_are_refused(tmp_path: Path, counts: list[float], message: str) -> None:
    with pytest.raises(NuanomalyError, match=message):
        built(tmp_path, counts, Nuisances())


def test_a_two_sided_pull_is_refused(tmp_path: Path) -> None:
    two_sided = Nuisances((Nuisance("skew", plus=0.1, minus=0.2, meaning=""),))
    with pytest.raises(NuanomalyError, match="skew is neither"):
        built(tmp_path, [1.0, 2.0], two_sided)
