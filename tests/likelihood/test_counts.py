"""Many sets of counts at once give what each gives alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanomaly.inference.grid import known_parameters
from nuanomaly.likelihood.algebra.count_tables import profiled_table
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.parts import Prediction
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.poisson import Poisson
from nuanomaly.likelihood.wrappers.joint import combine
from nuanomaly.model.registry import model

TWO = Nuisances((Nuisance("norm", "", 0.2, 0.2), Nuisance("tilt", "", 1.0, 1.0)))


def toy_prediction(points: int, nuisances: int, scale: float = 8.0) -> Prediction:
    random = np.random.default_rng(3)
    mu = scale * random.uniform(0.5, 1.5, (points, 12))
    jacobian = np.stack([mu, *(0.3 * scale * random.standard_normal((nuisances - 1, points, 12)))], axis=2)
    return Prediction(mu, jacobian)


def one_by_one(measure: Poisson, prediction: Prediction, counts: np.ndarray) -> np.ndarray:
    return np.array([Poisson(row, measure.nuisances, "-2lnL").value(prediction) for row in counts])


@given(st.integers(0, 2**31), st.floats(0.3, 3.0))
def test_all_at_once_are_one_by_one(seed: int, rate: float) -> None:
    prediction = toy_prediction(4, 2)
    counts = np.random.default_rng(seed).poisson(rate * prediction.mu[0], (3, 12)).astype(float)
    measure = Poisson(counts[0], TWO, "-2lnL")
    found = measure.table(prediction)(counts)
    assert found == pytest.approx(one_by_one(measure, prediction, counts), abs=1e-7)


def test_nuisances_that_act_alike_are_one() -> None:
    prediction = toy_prediction(2, 1)
    jacobian = np.concatenate([prediction.jacobian, prediction.jacobian], axis=2)
    counts = np.random.default_rng(0).poisson(20.0, (5, 12)).astype(float)
    apart = Nuisances((Nuisance("a", "", 0.3, 0.3), Nuisance("b", "", 0.4, 0.4)))
    both = Poisson(counts[0], apart, "-2lnL").table(Prediction(prediction.mu, jacobian))(counts)
    one = Poisson(counts[0], Nuisances((Nuisance("a", "", 0.5, 0.5),)), "-2lnL").table(prediction)(counts)
    assert both == pytest.approx(one, abs=1e-9)


def test_a_free_nuisance_takes_the_counts_up() -> None:
    prediction = toy_prediction(3, 1)
    counts = np.random.default_rng(1).poisson(50.0, (4, 12)).astype(float)
    free = Poisson(counts[0], Nuisances((Nuisance("norm", ""),)), "-2lnL")
    found = free.table(prediction)(counts)
    # the normalisation that fits is Σd/Σμ
    for t, row in enumerate(counts):
        scaled = prediction.mu * (row.sum() / prediction.mu.sum(axis=1))[:, None]
        expected = Poisson(row, Nuisances(), "-2lnL").deviance(scaled)
        assert found[t] == pytest.approx(expected, abs=1e-9)


def test_counts_without_prediction_are_impossible() -> None:
    mu, jacobian = np.array([[5.0, 0.0]]), np.array([[[5.0], [0.0]]])
    measure = Poisson(np.array([4.0, 0.0]), Nuisances((Nuisance("n", "", 0.1, 0.1),)), "-2lnL")
    found = measure.table(Prediction(mu, jacobian))(np.array([[4.0, 0.0], [4.0, 1.0]]))
    assert np.isfinite(found[0, 0])
    assert found[1, 0] == np.inf


def test_a_bin_that_only_nuisances_fill_is_left_to_the_general_way() -> None:
    mu, jacobian = np.array([[5.0, 0.0]]), np.array([[[1.0], [1.0]]])

    def never(counts: np.ndarray, point: int) -> np.ndarray:
        raise AssertionError

    assert profiled_table(mu, jacobian, Nuisances((Nuisance("n", "", 1.0, 1.0),)), never) is None


def test_bins_below_nothing_are_not_expected() -> None:
    """A pull that would take an empty bin below zero ends where the bin is empty."""
    mu, jacobian = np.array([[3.0, 0.2]]), np.array([[[3.0], [-2.0]]])
    measure = Poisson(np.array([9.0, 0.0]), Nuisances((Nuisance("n", "", 1.0, 1.0),)), "-2lnL")
    expected = 2.0 * (3.3 - 9.0 + 9.0 * np.log(9.0 / 3.3)) + 0.1**2
    found = measure.table(Prediction(mu, jacobian))(measure.data[None])
    assert found[0, 0] == pytest.approx(expected, abs=1e-7)
    assert measure.value(Prediction(mu, jacobian))[0] == pytest.approx(expected, abs=1e-7)


def test_the_edge_of_what_is_possible_is_followed_to_the_minimum() -> None:
    """Several empty bins and two nuisances: no better point exists along the edge."""
    prediction = toy_prediction(1, 2)
    mu, jacobian = prediction.mu[0], prediction.jacobian[0]
    counts = np.random.default_rng(209).poisson(0.3 * mu, (3, 12)).astype(float)[2]
    measure = Poisson(counts, TWO, "-2lnL")
    smallest = float(measure.value(prediction)[0])
    assert measure.table(prediction)(counts[None])[0, 0] == pytest.approx(smallest, abs=1e-6)
    first, second = np.meshgrid(np.linspace(-1.0, 0.2, 241), np.linspace(-2.0, 2.0, 401))
    pulls = np.column_stack([first.ravel(), second.ravel()])
    every = measure.deviance(mu + pulls @ jacobian.T) + (pulls[:, 0] / 0.2) ** 2 + pulls[:, 1] ** 2
    assert smallest - 1e-6 <= every.min() < smallest + 0.05


def test_toys_of_caesium_iodide_are_the_values_one_by_one() -> None:
    lk, chosen = likelihood("coherent-csi@2017-r2"), model("3nu")
    assert isinstance(lk, ResponseLikelihood)
    points = lk.points(chosen, {"eps_ee": np.array([-0.3, 0.0, 0.1, 0.5])})
    random = np.random.default_rng(2)
    truth = {name: value[1:2] for name, value in points.items()}
    toys = lk.toys(chosen, truth, 3, random, lk.nuisances.draw(3, random))
    expected = [lk.given(row).value(chosen, points) for row in toys]
    assert lk.tabulate(chosen, points)(toys) == pytest.approx(np.array(expected), abs=1e-7)


def test_parts_of_many_points_are_joined() -> None:
    """Counts that share a nuisance are profiled in parts that stay in the cache."""
    both = combine([likelihood("coherent-csi@2017-r2"), likelihood("coherent-lar")])
    chosen = model("3nu")
    assert "eps_mumu" in known_parameters(both, chosen)
    epsilon = np.linspace(-0.1, 0.3, 83)
    found, where = both.profiled(chosen, both.points(chosen, {"eps_mumu": epsilon}))
    assert found.shape == where["sns-flux"].shape == (83,)
    for k in (0, 41, 82):
        alone, there = both.profiled(chosen, both.points(chosen, {"eps_mumu": epsilon[k]}))
        assert found[k] == pytest.approx(alone[0], abs=1e-7)
        assert where["sns-flux"][k] == pytest.approx(there["sns-flux"][0], abs=1e-4)
