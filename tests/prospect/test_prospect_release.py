"""What the ancillary files of PROSPECT give, and what wrong normalisations would give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.gaussian import Gaussian
from nuanomaly.likelihood.transform import group_shares
from nuanomaly.model.probabilities import Array


def prospect() -> ResponseLikelihood:
    found = likelihood("prospect@2021-r2")
    assert isinstance(found, ResponseLikelihood)
    return found


def chi2(predicted: Array) -> float:
    """Return the χ² of a prediction by baseline and energy, flattened."""
    measure = prospect().measure
    assert isinstance(measure, Gaussian)
    residual = measure.data - predicted
    return float(residual @ measure.inverse @ residual)


def test_no_oscillation_agrees_with_an_independent_computation() -> None:
    assert prospect().chi2("2nu-ee", dm2_41=1.0, sin2_2theta_ee=0.0) == pytest.approx(122.97, abs=0.01)


def test_the_oscillated_point_agrees_with_an_independent_computation() -> None:
    assert prospect().chi2("2nu-ee", dm2_41=1.74, sin2_2theta_ee=0.11) == pytest.approx(118.62, abs=0.01)


def test_normalising_each_baseline_instead_of_each_energy_is_wrong() -> None:
    # a regression trap: both look like ratios of spectra, but the covariance is that of shares per energy
    spectra = load("prospect@2021-r2").table("spectra")
    data = spectra["counts"].to_numpy(float).reshape(10, 16)
    null = spectra["predicted"].to_numpy(float).reshape(10, 16)
    per_baseline = null / null.sum(axis=1, keepdims=True) * data.sum(axis=1, keepdims=True)
    assert chi2(per_baseline.ravel()) == pytest.approx(129.8, abs=0.1)
    unit = null / null.sum(axis=1, keepdims=True)
    assert chi2((data.sum(axis=0) * unit / unit.sum(axis=0)).ravel()) == pytest.approx(135.3, abs=0.1)


def test_the_responses_want_the_detected_spectrum() -> None:
    # with flat weights the spectra of file 1.6 come out wrong by factors, with the detected ones right to 1 %
    release = load("prospect@2021-r2")
    energies = release.table("antineutrino-energies")
    response = release.table("segment-response").drop(columns="detector").to_numpy(float)
    folded = response.reshape(70, 16, 82).sum(axis=0)
    null = release.table("spectra")["predicted"].to_numpy(float).reshape(10, 16).sum(axis=0)
    weighted = folded @ energies["u235"].to_numpy(float) / null
    inner = slice(2, 14)  # 1.6 to 6.4 MeV
    np.testing.assert_allclose(weighted[inner] / weighted[inner].mean(), 1.0, atol=0.015)
    flat = folded.sum(axis=1) / null
    assert flat.max() / flat.min() > 10.0


@given(factors=st.lists(st.floats(0.5, 2.0), min_size=16, max_size=16))
def test_a_spectrum_that_is_wrong_everywhere_cancels(factors: list[float]) -> None:
    shares = prospect().transform
    null = load("prospect@2021-r2").table("spectra")["predicted"].to_numpy(float)[None]
    distorted = null * np.tile(factors, 10)
    np.testing.assert_allclose(shares(distorted).mu, shares(null).mu, rtol=1e-12)


def test_shares_add_up_to_the_measured_totals() -> None:
    found = prospect().predict("2nu-ee", dm2_41=1.0, sin2_2theta_ee=0.3).reshape(10, 16).sum(axis=0)
    data = load("prospect@2021-r2").table("spectra")["counts"].to_numpy(float).reshape(10, 16)
    np.testing.assert_allclose(found, data.sum(axis=0), rtol=1e-12)


def test_totals_may_be_those_of_each_site() -> None:
    release, own = load("prospect@2021-r2"), prospect()
    config = {"data": {"table": "spectra", "column": "counts"}, "total": "site"}
    shares = group_shares.build(config, release, own.response, Nuisances())
    found = shares(own.measure.data[None] * 3.0)  # type: ignore[attr-defined]
    np.testing.assert_allclose(found.mu[0], own.measure.data, rtol=1e-12)  # type: ignore[attr-defined]
    with pytest.raises(NuanomalyError, match="no nuisances"):
        group_shares.build(config, release, own.response, Nuisances((Nuisance("x", ""),)))


def test_three_flavours_change_nothing_at_nine_metres() -> None:
    own = prospect()
    assert own.chi2("3nu") == pytest.approx(own.chi2("2nu-ee", dm2_41=1.0, sin2_2theta_ee=0.0), abs=1e-3)


def test_the_u235_spectrum_agrees_with_the_converted_one() -> None:
    release = load("prospect@2021-r2")
    data = release.table("u235-spectrum")["counts"].to_numpy(float)
    predicted = release.table("u235-prediction")["predicted"].to_numpy(float)
    weight = np.linalg.inv(release.matrix("u235-covariance"))
    factor = predicted @ weight @ data / (predicted @ weight @ predicted)
    residual = data - factor * predicted
    assert residual @ weight @ residual == pytest.approx(31.5, abs=0.1)  # 31 degrees of freedom
    assert factor == pytest.approx(0.986, abs=0.001)
    parts = release.table("u235-prediction")[["huber_u235", "al28", "he6", "non_equilibrium"]].sum(axis=1)
    np.testing.assert_allclose(parts, predicted, atol=0.002)
