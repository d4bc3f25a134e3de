"""Daya Bay's yields by fuel composition, and what explains them."""

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmark import isotope_yield, straight_line
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.reactor.inverse_beta_decay import IsotopeResponse

RELEASE = "daya-bay-evolution@2017-r1"
CORRECTED_FOR = {"sin2_theta13": 0.0215, "dm2_31": 2.525e-3, "dm2_21": 7.39e-5}
LINE = {
    "data": {"table": "yields", "x": "f_pu239", "y": "yield"},
    "covariance": "statistical-covariance",
    "relative_covariance": "systematic-covariance",
    "pivot": 0.299,
}
YIELD = {"mode": "free-isotopes", "model": "3nu", "parameters": CORRECTED_FOR}


@pytest.mark.parametrize(
    ("which", "expected", "tolerance"),
    [
        ("intercept", 5.901, 0.2 * 0.126),
        ("intercept-error", 0.126, 0.001),
        ("slope", -1.88, 0.2 * 0.185),
        ("slope-error", 0.185, 0.001),
    ],
)
def test_a_straight_line_gives_mean_yield_and_slope(which: str, expected: float, tolerance: float) -> None:
    found = straight_line.compute({**LINE, "which": which}, load(RELEASE))
    assert found == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize(("isotope", "expected", "error"), [("u235", 6.18, 0.17), ("pu239", 4.25, 0.26)])
def test_free_isotopes_give_the_published_yields(isotope: str, expected: float, error: float) -> None:
    config = {**YIELD, "isotope": isotope, "nuisance": f"reactor-yield-{isotope}-free"}
    release = load(RELEASE)
    assert isotope_yield.compute({**config, "which": "value"}, release) == pytest.approx(
        expected, abs=0.2 * error
    )
    assert isotope_yield.compute({**config, "which": "error"}, release) == pytest.approx(error, abs=0.005)


def test_a_model_that_agrees_with_the_correction_predicts_sums_of_yields() -> None:
    own = likelihood(f"{RELEASE}:huber-mueller")
    assert isinstance(own, ResponseLikelihood)
    assert isinstance(own.response, IsotopeResponse)
    shares = load(RELEASE).table("yields")[["f_u235", "f_u238", "f_pu239", "f_pu241"]].to_numpy(float)
    expected = shares @ own.response.unoscillated[0]
    np.testing.assert_allclose(own.predict("3nu", **CORRECTED_FOR), expected, rtol=1e-12)
    # 0.0 of sin²2θ13 would be seen as more events than there were
    assert (own.predict("3nu", **{**CORRECTED_FOR, "sin2_theta13": 0.0}) > expected).all()


def test_u235_alone_explains_the_evolution_and_an_equal_deficit_does_not() -> None:
    chi2 = {
        mode: likelihood(f"{RELEASE}:{mode}").chi2("3nu", **CORRECTED_FOR)
        for mode in ("free-isotopes", "only-u235", "only-pu239", "equal-deficit")
    }
    assert chi2["only-u235"] - chi2["free-isotopes"] < 0.5
    assert chi2["equal-deficit"] - chi2["only-u235"] > 5.0
    assert chi2["only-pu239"] - chi2["only-u235"] > 7.0


def test_fast_oscillation_is_an_equal_deficit() -> None:
    own, three = likelihood(f"{RELEASE}:equal-deficit"), CORRECTED_FOR
    found = own.chi2("2nu-ee", dm2_41=10.0, sin2_2theta_ee=0.1, **three)
    assert found == pytest.approx(own.chi2("3nu", **three), abs=0.02)


def test_names_that_are_wrong_are_said() -> None:
    with pytest.raises(UnknownNameError, match="reactor-yield-u238-free"):
        isotope_yield.compute(
            {**YIELD, "isotope": "u238", "nuisance": "reactor-yield-u238-free", "which": "value"},
            load(RELEASE),
        )
    with pytest.raises(NuanomalyError, match="only a response with isotopes"):
        isotope_yield.compute(
            {"model": "3nu", "isotope": "u235", "nuisance": "x", "which": "value"}, load("prospect@2021-r1")
        )
