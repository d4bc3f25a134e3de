"""What could be expected: limits without oscillation, and fits of injected data."""

import numpy as np
import pytest
from scipy import stats

import nuanomaly
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.analysis import Analysis
from nuanomaly.inference.cost import made_up
from nuanomaly.model.probabilities import NotApplicableError

AMPLITUDE = {"sin2_2theta_ee": (0.0, 1.0, 401, "lin")}


@pytest.fixture(scope="module")
def linear() -> nuanomaly.Sensitivity:
    """Return the sensitivity to one amplitude of Gaussian data that it moves in proportion."""
    asked = Analysis(made_up(30), "2nu-ee", fixed={"dm2_41": 1.0}, grid=AMPLITUDE)
    return asked.sensitivity(cl=0.9, toys=2000, seed=3)


def error() -> float:
    """Return the standard deviation of the amplitude, 1/√(bᵀ W b)."""
    lk = made_up(30)
    slope = lk.predict("2nu-ee", dm2_41=1.0, sin2_2theta_ee=1.0) - lk.predict("3nu")
    inverse = lk.measure.inverse_covariance()
    assert inverse is not None
    return float(1.0 / np.sqrt(slope @ inverse @ slope))


def test_the_expected_limit_of_gaussian_data_is_that_of_the_formula(linear: nuanomaly.Sensitivity) -> None:
    root = float(np.sqrt(stats.chi2.ppf(0.9, 1)))
    assert linear.asimov[0] == pytest.approx(root * error(), rel=1e-3)  # the grid has 400 steps
    # the median limit is that of an estimate of zero; a median of n numbers has the error 1.25 s/√n
    spread = 1.2533 * linear.toys[:, 0].std() / np.sqrt(2000)
    assert abs(linear.median[0] - root * error()) < 3.0 * spread


def test_bands_are_those_of_estimates_one_and_two_errors_away(linear: nuanomaly.Sensitivity) -> None:
    critical = stats.chi2.ppf(0.9, 1)
    for share, n in ((0.6827, 1.0), (0.9545, 2.0)):
        # below zero Δ is counted from the amplitude zero: s = −n + √(n² + c) in units of the error
        expected = np.array([np.sqrt(n**2 + critical) - n, n + np.sqrt(critical)]) * error()
        tail = 0.5 * (1.0 - share)
        ordered = np.sort(linear.toys[:, 0])
        reach = 3.0 * np.sqrt(2000 * tail * (1.0 - tail))
        places = [(2000 * q - reach, 2000 * q + reach) for q in (tail, 1.0 - tail)]
        for value, (low, high) in zip(expected, places, strict=True):
            assert ordered[max(0, int(low))] <= value <= ordered[min(1999, int(high))]


def test_the_observed_limit_is_where_the_scan_crosses_the_critical_value() -> None:
    grid = {"dm2_41": (0.3, 10.0, 7, "log"), "sin2_2theta_mue": (1e-4, 1.0, 121, "log")}
    asked = Analysis("karmen", "2nu-mue", grid=grid)
    result = asked.sensitivity(cl=0.9, toys=0)
    best = asked.fit().value  # between points of the grid, as for toys
    for dm2, limit in zip(asked.axes[0].values, result.observed, strict=True):
        value = asked.chi2(dm2_41=dm2, sin2_2theta_mue=limit) - best
        assert value == pytest.approx(4.605, abs=0.02)  # straight between points of the grid
    assert len(result.to_frame()) == 7
    with pytest.raises(NuanomalyError, match="without toys"):
        _ = result.median


def test_a_raster_counts_from_the_same_splitting() -> None:
    grid = {"dm2_41": (0.3, 10.0, 5, "log"), "sin2_2theta_mue": (1e-4, 1.0, 121, "log")}
    rows = Analysis("karmen", "2nu-mue", grid=grid).sensitivity(construction="raster", toys=500)
    one = Analysis(
        "karmen", "2nu-mue", fixed={"dm2_41": 10.0}, grid={"sin2_2theta_mue": (1e-4, 1.0, 121, "log")}
    )
    alone = one.sensitivity(toys=500)
    # alone, amplitudes are looked at where the axis of both has more of them
    np.testing.assert_allclose(rows.toys[:, -1], alone.toys[:, 0], rtol=1e-3)


def test_what_has_no_one_amplitude_has_no_sensitivity() -> None:
    with pytest.raises(NuanomalyError, match="fix the others"):
        Analysis("gallex", "3+1").sensitivity(toys=0)
    with pytest.raises(UnknownNameError, match="raster"):
        Analysis("karmen", "2nu-mue").sensitivity(construction="rasta")  # type: ignore[arg-type]


def test_an_injected_point_comes_back() -> None:
    point = {"dm2_41": 2.0, "sin2_2theta_ee": 0.25}
    asked = Analysis("best+gallex", "2nu-ee").injected(point)
    best = asked.fit()
    assert best.value == pytest.approx(0.0, abs=1e-6)
    assert asked.chi2(**point) == pytest.approx(0.0, abs=1e-9)
    assert "not observed" in best.approximate
    assert "2nu-ee" in best.approximate


def test_two_sides_with_one_injected_truth_agree() -> None:
    asked = Analysis(["gallex", "best"], "2nu-ee").injected({"dm2_41": 2.0, "sin2_2theta_ee": 0.25})
    assert asked.compare().pg.delta == pytest.approx(0.0, abs=1e-3)


def test_a_nuisance_and_another_model_can_be_injected() -> None:
    moved = Analysis("best", "2nu-ee").injected(
        {"dm2_41": 2.0, "sin2_2theta_ee": 0.0, "gallium-cross-section": 0.02}
    )
    data = moved.likelihood.data
    assert data is not None
    np.testing.assert_allclose(data, 1.02 * nuanomaly.likelihood("best").predict("3nu"), rtol=1e-5)
    other = Analysis("best", "2nu-ee").injected({"dm2_41": 1.3, "Ue4_sq": 0.05, "Umu4_sq": 0.0}, model="3+1")
    same = Analysis("best", "2nu-ee").injected({"dm2_41": 1.3, "sin2_2theta_ee": 4 * 0.05 * 0.95})
    first, second = other.likelihood.data, same.likelihood.data
    assert first is not None
    assert second is not None
    np.testing.assert_allclose(first, second, rtol=1e-3)


def test_a_toy_is_injected_by_its_seed() -> None:
    point = {"dm2_41": 0.6, "sin2_2theta_mue": 0.005}
    drawn = [Analysis("karmen", "2nu-mue").injected(point, seed=s).likelihood.data for s in (1, 1, 2)]
    assert drawn[0] is not None
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0] != drawn[2]).any()
    with pytest.raises(NotApplicableError, match="tabulated surface"):
        Analysis("lsnd", "2nu-mue").injected(point)
