"""Stack, scaled covariance, events and constraint against their formulas written out."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmark import constrained
from nuanomaly.likelihood.algebra.constraint import constrain
from nuanomaly.likelihood.parts import Prediction
from nuanomaly.likelihood.response.events import bin_numbers
from nuanomaly.likelihood.statistic.scaled_covariance import ScaledCovariance
from nuanomaly.likelihood.transform.stack import Stack

Array = NDArray[np.float64]
N_NUE, N_NUMU = 3, 2


def a_stack(rng: np.random.Generator) -> Stack:
    """Two groups of bins: signal and background in the first, a fixed spectrum in the second."""
    first, second = np.arange(N_NUE), N_NUE + np.arange(N_NUMU)
    return Stack(
        groups={"nue": slice(0, N_NUE), "numu": slice(N_NUE, N_NUE + N_NUMU)},
        bin_of=np.concatenate([first, first, second]),
        output_of=np.array([0, 1, 2, -1, -1, -1, -1, -1]),
        fixed=np.concatenate([np.zeros(N_NUE), rng.uniform(50, 400, N_NUE), rng.uniform(5e3, 5e4, N_NUMU)]),
    )


def a_statistic(seed: int) -> tuple[ScaledCovariance, Stack]:
    rng = np.random.default_rng(seed)
    stack = a_stack(rng)
    root = rng.normal(0.0, 0.1, (8, 12))
    data = stack.sums @ stack.fixed * rng.uniform(0.9, 1.2, N_NUE + N_NUMU)
    return ScaledCovariance(data, root @ root.T + 0.002 * np.eye(8), stack), stack


def written_out(statistic: ScaledCovariance, components: Array) -> float:
    """D, P and M of one point, as in the formula."""
    G = statistic.stack.sums
    P = G @ components
    M = G @ (statistic.fractional * np.outer(components, components)) @ G.T
    signal = np.where(statistic.stack.output_of >= 0, components, 0.0)
    M += {"signal": np.diag(G @ signal), "all": np.diag(P), "none": 0.0}[statistic.statistical]
    r = statistic.data - P
    value = r @ np.linalg.solve(M, r)
    return float(value + (np.linalg.slogdet(M)[1] if statistic.log_determinant else 0.0))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    statistical=st.sampled_from(["signal", "all", "none"]),
    log_determinant=st.booleans(),
)
def test_eliminated_bins_change_nothing(seed: int, statistical: str, log_determinant: bool) -> None:
    statistic, stack = a_statistic(seed)
    statistic = replace(statistic, statistical=statistical, log_determinant=log_determinant)  # type: ignore[arg-type]
    outputs = np.random.default_rng(seed + 1).uniform(0.0, 300.0, (4, N_NUE))
    prediction = stack(outputs)
    assert prediction.components is not None
    expected = [written_out(statistic, components) for components in prediction.components]
    assert np.allclose(statistic.value(prediction), expected, rtol=1e-9, atol=1e-9)


def test_it_says_that_without_the_determinant_it_is_a_chi2() -> None:
    statistic, _ = a_statistic(1)
    assert statistic.kind == "-2lnL"
    assert replace(statistic, log_determinant=False).kind == "chi2"


def test_the_prediction_is_per_bin_and_the_components_are_kept() -> None:
    _, stack = a_statistic(2)
    prediction = stack(np.array([[1.0, 2.0, 3.0]]))
    assert prediction.mu.shape == (1, 5)
    assert np.allclose(prediction.mu[0, :3] - stack.fixed[3:6], [1.0, 2.0, 3.0])
    assert prediction.components is not None
    assert prediction.components.shape == (1, 8)


def test_a_covariance_that_is_not_positive_definite_is_an_error() -> None:
    statistic, stack = a_statistic(3)
    broken = replace(statistic, fractional=statistic.fractional - 0.5 * np.eye(8))
    with pytest.raises(NuanomalyError, match="not positive definite"):
        broken.value(stack(np.ones((1, N_NUE))))


def test_a_prediction_without_components_is_an_error() -> None:
    statistic, _ = a_statistic(4)
    with pytest.raises(NuanomalyError, match="needs a transform with components"):
        statistic.value(Prediction(np.ones((1, 5)), np.zeros((1, 5, 0))))


# --- bins of events -----------------------------------------------------------------------------------------


def test_an_event_on_an_edge_belongs_to_the_upper_bin_and_none_to_a_gap() -> None:
    low, high = np.array([200.0, 400.0]), np.array([300.0, 500.0])
    found = bin_numbers(np.array([200.0, 299.9, 300.0, 350.0, 400.0, 500.0, -4e4]), low, high)
    assert found.tolist() == [0, 0, -1, -1, 1, -1, -1]


# --- constraint ---------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_constraint_never_enlarges_an_error(seed: int) -> None:
    statistic, stack = a_statistic(seed)
    prediction = stack(np.zeros((1, N_NUE)))
    M = replace(statistic, statistical="all").covariance(prediction)[0]
    side = np.arange(N_NUE + N_NUMU) >= N_NUE
    fitted, B = constrain(prediction.mu[0], M, statistic.data, side)
    assert (np.linalg.eigvalsh(M - B) > -1e-6 * np.abs(M).max()).all()
    assert np.allclose(B, B.T)
    # the gain of a fit: N = P + M_·c (M_cc + diag(D_c))⁻¹ (D_c − P_c)
    gain = M[:, side] @ np.linalg.inv(M[np.ix_(side, side)] + np.diag(statistic.data[side]))
    expected = prediction.mu[0] + gain @ (statistic.data - prediction.mu[0])[side]
    assert np.allclose(fitted, expected, rtol=1e-6)


def test_an_unknown_group_of_bins_is_named_with_the_nearest() -> None:
    config = {
        "model": "2nu-mue",
        "parameters": {"dm2_41": 1.0, "sin2_2theta_mue": 0.0},
        "constrain": [{"bins": "numu-nubr"}],
        "over": [{"bins": "nue-nu"}],
        "which": "excess",
    }
    with pytest.raises(UnknownNameError, match="did you mean 'numu-nubar'"):
        constrained.compute(config, load("miniboone-nue@2020"))


def test_a_constraint_needs_a_covariance_of_the_bins() -> None:
    config = {"model": "2nu-mue", "parameters": {}, "constrain": [], "over": [], "which": "chi2"}
    with pytest.raises(NuanomalyError, match="needs the statistic scaled-covariance"):
        constrained.compute(config, load("lsnd"))
