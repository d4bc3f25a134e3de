"""The statistic with pulls, against a fit that solves for all of them by brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.parts import Prediction
from nuanomaly.likelihood.statistic import pulls
from nuanomaly.likelihood.statistic.pulls import Pulls
from nuanomaly.model.probabilities import Array


def example(seed: int, variance: str, lone: bool = True) -> Pulls:
    random = np.random.default_rng(seed)
    n = 12
    free = np.kron(np.ones((3, 1)), np.eye(4)) if lone else random.normal(0.0, 1.0, (n, 4))
    signal = np.hstack([free, random.normal(0.0, 1.0, (n, 3))])
    background = random.uniform(1.0, 20.0, n)
    extra = background[:, None] * random.uniform(0.0, 1.0, (n, 2))
    prior = np.array([0.0] * 4 + [400.0, 900.0, 100.0] + [100.0, 50.0])
    return Pulls(random.uniform(80.0, 120.0, n), background, signal, extra, prior, variance)


def brute_force(statistic: Pulls, mu: Array) -> float:
    s = statistic.signal.shape[1]
    expected = mu + statistic.background
    variance = {
        "data": statistic.data,
        "prediction": expected,
        "combined": 3.0 / (1.0 / statistic.data + 2.0 / expected),
    }[statistic.variance]

    def value(xi: Array) -> float:
        shifted = expected + mu * (statistic.signal @ xi[:s]) + statistic.extra @ xi[s:]
        return float(((statistic.data - shifted) ** 2 / variance).sum() + (statistic.prior * xi**2).sum())

    start = np.zeros(statistic.prior.size)
    return float(minimize(value, start, method="BFGS", options={"gtol": 1e-9}).fun)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("variance", ["data", "prediction", "combined"])
@pytest.mark.parametrize("lone", [True, False])
def test_closed_form_agrees_with_brute_force(variance: str, lone: bool) -> None:
    statistic = example(1, variance, lone)
    mu = np.random.default_rng(2).uniform(60.0, 110.0, (2, 12))
    found = statistic.value(Prediction(mu, np.zeros((2, 12, 0))))
    np.testing.assert_allclose(found, [brute_force(statistic, row) for row in mu], rtol=1e-5)


@settings(max_examples=20)
@given(factors=st.lists(st.floats(0.3, 3.0), min_size=4, max_size=4))
def test_a_free_bin_takes_up_what_is_common_to_all_sites(factors: list[float]) -> None:
    statistic = example(3, "data")
    bare = Pulls(
        statistic.data, 0.0 * statistic.data, statistic.signal[:, :4], np.zeros((12, 0)), np.zeros(4), "data"
    )
    common = np.tile(factors, 3) * 50.0
    same = Pulls(common * 2.0, bare.background, bare.signal, bare.extra, bare.prior, "data")
    assert same.value(Prediction(common[None], np.zeros((1, 12, 0))))[0] == pytest.approx(0.0, abs=1e-8)


def test_every_point_of_a_batch_is_what_it_is_alone() -> None:
    statistic, mu = example(4, "combined"), np.random.default_rng(5).uniform(60.0, 110.0, (7, 12))
    together = statistic.value(Prediction(mu, np.zeros((7, 12, 0))))
    alone = [statistic.value(Prediction(row[None], np.zeros((1, 12, 0))))[0] for row in mu]
    np.testing.assert_allclose(together, alone, rtol=1e-12)


def test_pulls_are_its_own_and_nuisances_are_refused() -> None:
    form = example(6, "data").quadratic(Prediction(np.full((2, 12), 90.0), np.zeros((2, 12, 0))))
    assert form.ids == ()
    config = {"data": {"table": "spectra", "column": "observed"}, "pulls": "pulls", "effects": "pull-effects"}
    release = load("daya-bay@2022-r1")
    with pytest.raises(NuanomalyError, match="pulls of its own"):
        pulls.build(config, release, None, Nuisances((Nuisance("x", ""),)))  # type: ignore[arg-type]


@pytest.mark.parametrize("variance", ["data", "combined"])
def test_residuals_of_data_are_those_of_the_fitted_prediction(variance: str) -> None:
    statistic = example(8, variance)
    prediction = Prediction(np.full((1, 12), 90.0), np.zeros((1, 12, 0)))
    np.testing.assert_allclose(
        statistic.pulls(prediction) ** 2, statistic.contributions(prediction), rtol=1e-9
    )
