"""Three-neutrino fits of Daya Bay, and what a sterile neutrino changes."""

from functools import cache

import numpy as np
import pytest

from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmark import fitted_parameter
from nuanomaly.inference.fit import Fit, fit
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.response.migration import SiteResponse
from nuanomaly.model.constants import PHASE

SOLAR = {"dm2_21": 7.53e-5, "sin2_theta12": 0.307}
GRID = {"sin2_theta13": (0.012, 0.032, 9, "lin"), "dm2_31": (2.1e-3, 2.9e-3, 13, "lin")}


@cache
def best(version: str) -> Fit:
    return fit(f"daya-bay@{version}", "3nu", fixed=SOLAR, grid=GRID, errors="hesse")


def sin2_2theta13(found: Fit) -> tuple[float, float]:
    x = found.parameters["sin2_theta13"]
    return 4.0 * x * (1.0 - x), (4.0 - 8.0 * x) * found.errors["sin2_theta13"][1]


def test_3158_days_return_the_published_fit_and_its_errors() -> None:
    value, error = sin2_2theta13(best("2022-r1"))
    assert value == pytest.approx(0.0851, abs=0.3 * 0.0024)
    assert error == pytest.approx(0.0024, rel=0.1)
    dm2_32 = best("2022-r1").parameters["dm2_31"] - SOLAR["dm2_21"]
    assert dm2_32 == pytest.approx(2.466e-3, abs=0.3 * 0.060e-3)
    assert best("2022-r1").errors["dm2_31"][1] == pytest.approx(0.060e-3, rel=0.1)


def test_1230_days_agree_without_knowing_the_published_fit() -> None:
    value, error = sin2_2theta13(best("2016-r1"))
    assert value == pytest.approx(0.0841, abs=0.3 * 0.0033)
    assert error == pytest.approx(0.0033, rel=0.1)


def test_chi2_is_what_the_number_of_data_makes_expect() -> None:
    # 234 data less 26 free bins, and 105 less 35, less two parameters
    assert best("2022-r1").value == pytest.approx(206, abs=2 * np.sqrt(2 * 206))
    assert best("2016-r1").value == pytest.approx(68, abs=2.5 * np.sqrt(2 * 68))


def test_the_prediction_is_the_released_one_where_it_was_made() -> None:
    point = load("daya-bay@2022-r1").metadata["likelihood"]["response"]["known_at"]["parameters"]
    spectra = load("daya-bay@2022-r1").table("spectra")
    found = likelihood("daya-bay@2022-r1").predict("3nu", **point)
    np.testing.assert_allclose(found, spectra["predicted"], rtol=1e-12)
    x = point["sin2_theta13"]
    assert 4 * x * (1 - x) == pytest.approx(0.0851, abs=1e-7)


def test_the_response_of_1230_days_reproduces_the_released_prediction() -> None:
    # an independent check: prediction with and without oscillation are both released
    spectra = load("daya-bay@2016-r1").table("spectra")
    x = (1.0 - np.sqrt(1.0 - 0.0841)) / 2.0
    found = likelihood("daya-bay@2016-r1").predict("3nu", sin2_theta13=x, dm2_31=2.45e-3 + 7.53e-5, **SOLAR)
    np.testing.assert_allclose(found, spectra["predicted"], rtol=0.0025)


@pytest.mark.parametrize("version", ["2016-r1", "2022-r1"])
def test_a_sterile_neutrino_without_mixing_is_none(version: str) -> None:
    own = likelihood(f"daya-bay@{version}")
    four = own.chi2("3+1", dm2_41=0.02, Ue4_sq=0.0, Umu4_sq=0.0)
    assert four == pytest.approx(own.chi2("3nu"), abs=1e-6)
    assert own.chi2("2nu-ee", dm2_41=0.02, sin2_2theta_ee=0.0) == pytest.approx(four, abs=1e-6)


def test_a_sterile_neutrino_that_oscillates_between_the_halls_is_excluded() -> None:
    own = likelihood("daya-bay@2022-r1")
    assert own.chi2("2nu-ee", dm2_41=5e-3, sin2_2theta_ee=0.1) > own.chi2("3nu") + 100.0


def test_fast_oscillation_is_the_same_in_all_halls_and_not_seen() -> None:
    # a free spectrum takes up what is common; only the average is left at large mass splittings
    own = likelihood("daya-bay@2022-r1")
    three = {"sin2_theta13": 0.02175, "dm2_31": 2.5413e-3, **SOLAR}
    fast = own.chi2("2nu-ee", dm2_41=30.0, sin2_2theta_ee=0.1, **three)
    assert fast == pytest.approx(own.chi2("3nu", **three), abs=0.2)


def test_nodes_average_over_bins_of_energy_as_many_points_do() -> None:
    own = likelihood("daya-bay@2016-r1")
    assert isinstance(own, ResponseLikelihood)
    (channel,) = own.response.channels
    assert isinstance(own.response, SiteResponse)
    assert channel.half_width is not None
    # a bin of 50 keV around 3 MeV against 2000 points of energy, where its wave turns by a radian
    near = np.flatnonzero((np.abs(channel.E - 3.0) < 0.025) & (channel.L > 1900.0))
    node, dm2 = int(near[0]), 0.05
    E = channel.E[node] + 0.05 * ((np.arange(2000) + 0.5) / 2000 - 0.5)
    waves = np.cos(2.0 * PHASE * dm2 * channel.L[node] / E).mean()
    width = 2.0 * PHASE * dm2 * channel.half_width[node]
    one = np.cos(2.0 * PHASE * dm2 * channel.L_over_E[node]) * np.sinc(width / np.pi)
    assert width > 0.5
    assert one == pytest.approx(waves, abs=1e-2)


def test_quantities_of_a_fit_are_made_of_its_parameters() -> None:
    values: dict[str, float | None] = {"dm2_31": 2.54e-3, "dm2_21": 7.5e-5, "sin2_theta13": 0.02}
    difference = fitted_parameter.terms({"difference": ["dm2_31", "dm2_21"]}, values, "")
    assert sum(term for _, term, _ in difference) == pytest.approx(2.465e-3)
    ((_, value, slope),) = fitted_parameter.terms({"sin2_2theta": "sin2_theta13"}, values, "")
    assert value == pytest.approx(0.0784)
    assert slope == pytest.approx(3.84)
    assert fitted_parameter.terms({"parameter": "dm2_31"}, values, "") == [("dm2_31", 2.54e-3, 1.0)]
