"""p-values and σ, near and far in the tails."""

import numpy as np
import pytest
from scipy.stats import chi2, norm

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.fit import significance
from nuanomaly.inference.significance import Significance, log_p_value, p_value, sigma


@pytest.mark.parametrize("dof", [1, 2, 3, 4, 7, 10, 61])
@pytest.mark.parametrize("delta", [1e-8, 0.3, 4.61, 40.0, 300.0])
def test_p_values_agree_with_scipy_where_scipy_is_exact(delta: float, dof: int) -> None:
    assert p_value(delta, dof) == pytest.approx(chi2.sf(delta, dof), rel=1e-11)


def test_p_values_are_exact_where_floats_end() -> None:
    # Q(1/2, x) = erfc(√x), asymptotic series at √x = 50; Q(1, x) = e^-x; Q(4, x) = e^-x Σ x^k/k!
    series = 1.0 - 1.0 / 5000.0 + 3.0 / 5000.0**2 - 15.0 / 5000.0**3
    one = -2500.0 - np.log(50.0 * np.sqrt(np.pi)) + np.log(series)
    eight = -2500.0 + np.log(1.0 + 2500.0 + 2500.0**2 / 2.0 + 2500.0**3 / 6.0)
    assert log_p_value(5000.0, 1) == pytest.approx(one, rel=1e-14)
    assert log_p_value(5000.0, 2) == -2500.0
    assert log_p_value(5000.0, 8) == pytest.approx(eight, rel=1e-14)


def test_one_degree_of_freedom_gives_the_square_root() -> None:
    for n in (0.01, 1.0, 5.0, 12.0, 38.0, 60.0):
        assert sigma(log_p_value(n**2, 1)) == pytest.approx(n, rel=1e-9)


def test_one_and_two_sided_conventions_differ_by_a_factor_of_two_in_p() -> None:
    for p in (0.4, 0.01, 1e-7, 1e-200):
        assert sigma(np.log(p), "one-sided") == pytest.approx(norm.isf(p), rel=1e-10)
        assert sigma(np.log(p), "two-sided") == pytest.approx(norm.isf(p / 2.0), rel=1e-10)


def test_no_difference_is_no_significance() -> None:
    assert Significance(0.0, 2).p_value == 1.0
    assert Significance(0.0, 2).sigma == 0.0
    assert Significance(-1e-9, 2).p_value == 1.0


def test_every_result_says_how_it_was_obtained() -> None:
    assert Significance(9.0, 2).how == "Wilks, dof 2, two-sided"
    assert "one-sided" in str(Significance(9.0, 1, "one-sided"))


def test_nothing_tested_has_no_p_value() -> None:
    nothing = Significance(0.0, 0)
    assert nothing.p_value is None
    assert nothing.sigma is None
    assert "nothing is tested" in str(nothing)


@pytest.mark.parametrize("dof", [0, -1])
def test_degrees_of_freedom_must_be_positive(dof: int) -> None:
    with pytest.raises(NuanomalyError, match="degrees of freedom"):
        log_p_value(1.0, dof)


def test_significance_is_the_null_less_the_smallest_value(near_and_far) -> None:
    found = significance(near_and_far, "2nu-ee")
    null = near_and_far.chi2("2nu-ee", dm2_41=1.0, sin2_2theta_ee=0.0)
    assert found.dof == 2
    assert found.delta > 50.0
    assert found.delta <= null
    assert found.how == "Wilks, dof 2, two-sided"


def test_degrees_of_freedom_can_be_stated(near_and_far) -> None:
    by_rank = significance(near_and_far, "2nu-ee")
    stated = significance(near_and_far, "2nu-ee", dof=1, sided="one-sided")
    assert stated.delta == by_rank.delta
    assert stated.how == "Wilks, dof 1, one-sided"


def test_a_fixed_splitting_leaves_one_degree_of_freedom(near_and_far) -> None:
    found = significance(near_and_far, "2nu-ee", fixed={"dm2_41": 0.8})
    assert found.dof == 1


def test_a_model_without_amplitude_has_no_significance(near_and_far) -> None:
    with pytest.raises(NuanomalyError, match="without oscillation"):
        significance(near_and_far, "2nu-ee", fixed={"sin2_2theta_ee": 0.1})


def test_a_model_without_free_parameters_has_no_significance_and_says_why() -> None:
    with pytest.raises(NuanomalyError, match="no parameter of model '3nu' is free"):
        significance("best", "3nu")
