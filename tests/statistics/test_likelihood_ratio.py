"""One point against another: the statistic is a difference of two values, and the question has a side."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import ndtr

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.likelihood_ratio import toy_likelihood_ratio
from nuanomaly.inference.montecarlo import toy_hypothesis

FIXED = {"dm2_41": 1.0}
GRID = {"sin2_2theta_ee": (0.001, 1.0, 40, "lin")}
#: One measurement with μ = 1 − s.
POINTS = {"at": {"sin2_2theta_ee": 0.2}, "against": {"sin2_2theta_ee": 0.0}}


@pytest.mark.parametrize("measured", [0.92, 1.0, 1.08])
def test_a_gaussian_measurement_gives_its_own_tail(make: SimpleNamespace, measured: float) -> None:
    """T rises with the measurement: p is P(x ≥ measured) at the tested point, 0.8 ± 0.1, on either side."""
    data = make.averaged(measured, 0.1)
    found = toy_likelihood_ratio(data, "2nu-ee", grid=GRID, fixed=FIXED, toys=40_000, seed=3, **POINTS)
    expected = float(ndtr(-(measured - 0.8) / 0.1))
    assert abs(found.p_value - expected) < 4.0 * np.sqrt(expected * (1 - expected) / found.toys)
    assert found.delta == pytest.approx(((measured - 0.8) ** 2 - (measured - 1.0) ** 2) / 0.01)
    assert found.sided == "one-sided"


def test_data_beyond_the_tested_point_are_no_evidence_against_it(make: SimpleNamespace) -> None:
    """Two-sided, a measurement of 0.5 is 3σ from 0.8; against 1.0 it favours 0.8."""
    data = make.averaged(0.5, 0.1)
    sided = toy_likelihood_ratio(data, "2nu-ee", grid=GRID, fixed=FIXED, toys=5000, seed=4, **POINTS)
    both = toy_hypothesis(data, "2nu-ee", grid=GRID, fixed=FIXED, at=POINTS["at"], toys=5000, seed=4)
    assert sided.p_value > 0.99
    assert both.p_value < 0.02


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"against": POINTS["at"]}, NuanomalyError, "against itself"),
        ({"against": {}}, NuanomalyError, "every free parameter"),
        ({"at": {"sin2_2theta_eee": 0.4}}, UnknownNameError, "sin2_2theta_ee"),
    ],
)
def test_points_that_are_none_are_refused(
    make: SimpleNamespace, change: dict[str, dict[str, float]], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        toy_likelihood_ratio(
            make.averaged(1.0, 0.1), "2nu-ee", grid=GRID, fixed=FIXED, toys=500, **{**POINTS, **change}
        )


def test_gaussian_toys_need_a_covariance_that_follows_the_prediction(make: SimpleNamespace) -> None:
    data = make.averaged(0.92, 0.1)
    with pytest.raises(NuanomalyError, match="no covariance to draw from"):
        toy_likelihood_ratio(data, "2nu-ee", grid=GRID, fixed=FIXED, toys=500, draw="gaussian", **POINTS)
    with pytest.raises(UnknownNameError, match="gaussian"):
        toy_likelihood_ratio(data, "2nu-ee", grid=GRID, fixed=FIXED, draw="gausian", **POINTS)  # type: ignore[arg-type]


def test_gaussian_toys_of_counts_have_the_covariance_of_the_statistic() -> None:
    """MicroBooNE without excess: half of Gaussian toys are closer to none than the data at the median."""
    at, against = {"lee_strength": 0.0}, {"lee_strength": 1.0}
    found = [
        toy_likelihood_ratio(
            "microboone-lee@2021-r1", "3nu", at=at, against=against, toys=1000, seed=1, draw=draw
        )
        for draw in ("data", "gaussian")
    ]
    assert found[0].delta == found[1].delta == pytest.approx(-12.98, abs=0.01)
    assert abs(found[0].p_value - found[1].p_value) < 0.06  # in the bulk both are alike
