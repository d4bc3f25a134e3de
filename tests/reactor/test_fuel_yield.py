"""The benchmark kind of the yield of a fuel: sums of isotopes, and errors from the tables of priors."""

import numpy as np
import pytest

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmark import fuel_yield, predicted_yield

COMMON = {"flux": "flux", "cross_section": "cross-section", "window": {"low": 1.8, "high": 8.0}}
PRIORS = {
    "uncertainties": {"table": "flux-uncertainties", "column": "huber_mueller"},
    "inverse_correlation": "flux-inverse-correlation",
}


def test_a_fuel_is_the_sum_of_its_isotopes() -> None:
    release = load("daya-bay-flux@2025-r1")
    one = {name: predicted_yield.compute({**COMMON, "isotope": name}, release) for name in ("u235", "pu239")}
    found = fuel_yield.compute({**COMMON, "shares": {"u235": 0.6, "pu239": 0.4}, "which": "value"}, release)
    assert found == pytest.approx(0.6 * one["u235"] + 0.4 * one["pu239"])


def test_errors_add_as_the_correlation_says() -> None:
    """²³⁸U is independent of ²³⁵U; ²³⁹Pu goes with it, so that the error is between both extremes."""
    release = load("daya-bay-flux@2025-r1")

    def error(**shares: float) -> float:
        return fuel_yield.compute({**COMMON, **PRIORS, "shares": shares, "which": "error"}, release)

    assert error(u235=1.0, u238=1.0) == pytest.approx(np.hypot(error(u235=1.0), error(u238=1.0)), rel=1e-3)
    low, high = np.hypot(error(u235=1.0), error(pu239=1.0)), error(u235=1.0) + error(pu239=1.0)
    assert low < error(u235=1.0, pu239=1.0) < high
    assert error(u235=1.0, pu239=1.0) == pytest.approx(high, rel=0.02)


def test_an_isotope_that_no_flux_has_is_named() -> None:
    release = load("daya-bay-flux@2025-r1")
    with pytest.raises(UnknownNameError, match="u233"):
        fuel_yield.compute({**COMMON, **PRIORS, "shares": {"u233": 1.0}, "which": "error"}, release)
