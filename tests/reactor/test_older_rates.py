"""Older compilations of reactor rates."""

from pathlib import Path

import numpy as np
import pytest
from importers import reactor_rates_older

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmark import average_ratio
from nuanomaly.likelihood.build import likelihood

THETA13 = {"sin2_theta13": 0.0215, "dm2_31": 2.525e-3, "dm2_21": 7.39e-5}
HEADER = "experiment,baseline_m,f_U235,f_U238,f_Pu239,f_Pu241,R_old_ILL,R_HM,uncorr_err_percent"


def write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    folder = tmp_path / reactor_rates_older.FOLDER
    rates = ["ROV_1I,18,0.6,0.1,0.2,0.1,0.97,0.9,4", "RENO_SBL,410,0.6,0.1,0.2,0.1,0,0.95,2"]
    write(folder / "sbl_rates_dentler2017.csv", HEADER, *rates)
    write(folder / "sbl_rates_dentler2017_relative_covariance.csv", "a,b", "0.01,0.002", "0.002,0.04")
    fluxes, uncertain = tmp_path / "reactor/globesfit_fluxes", tmp_path / "reactor/globesfit_rates"
    for isotope in ("U235", "U238", "Pu239", "Pu241"):
        write(fluxes / f"Pure_{isotope}.dat", "0.0018 0 0 0 2. 0 0", "0.01 0 0 0 1. 0 0")
    write(fluxes / "IBDnew.dat", "-2.744 0 0 0 0.0 0 0", "-2.0 0 0 0 1.0 0 0")
    write(uncertain / "flux_norm_uncertainties_HM.csv", "U235,U238,Pu239,Pu241", "0.02,0.1,0.03,0.03")
    inverse = ("1,0,0,0", "0,1,0,0", "0,0,1,0", "0,0,0,1")
    write(uncertain / "flux_norm_inverse_correlation_HM.csv", "U235,U238,Pu239,Pu241", *inverse)
    return tmp_path


def test_relative_errors_are_those_of_the_measured_ratios(originals: Path) -> None:
    found = reactor_rates_older.tables(originals, "2017")
    covariance = found["covariance"].to_numpy()
    np.testing.assert_allclose(covariance[0], [0.01 * 0.9**2, 0.002 * 0.9 * 0.95])


def test_a_kilometre_is_long_and_an_old_ratio_of_zero_is_none(originals: Path) -> None:
    found = reactor_rates_older.tables(originals, "2017")
    assert found["long-baselines"]["site"].tolist() == ["reno-sbl"]
    assert found["rates"]["corrected"].tolist() == [False, True]
    assert np.isnan(found["rates"]["ratio_old"].iloc[1])
    assert found["short-baselines"]["half_length"].tolist() == [0.5]


def test_a_covariance_of_another_size_is_refused(originals: Path) -> None:
    path = originals / reactor_rates_older.FOLDER / "sbl_rates_dentler2017_relative_covariance.csv"
    write(path, "a,b", "0.01,0.002")
    with pytest.raises(NuanomalyError, match="is 1 × 2 for 2 rates"):
        reactor_rates_older.tables(originals, "2017")
    with pytest.raises(UnknownNameError, match="2013"):
        reactor_rates_older.tables(originals, "2013")


def test_the_published_average_counts_the_flux_error_at_the_measured_ratios() -> None:
    release = load("reactor-rates@2012-r1")
    rates = release.table("rates")["ratio_huber_mueller"].to_numpy(float)
    covariance = release.matrix("covariance") + 0.02**2 * np.outer(rates, rates)
    weight = np.linalg.inv(covariance).sum(axis=0)
    assert weight @ rates / weight.sum() == pytest.approx(0.928, abs=0.001)  # published 0.927
    config = {"model": "3nu", "which": "ratio"}
    assert average_ratio.compute(config, release) == pytest.approx(0.9355, abs=0.001)


@pytest.mark.parametrize(("version", "number"), [("2012-r1", 19), ("2017-r1", 22)])
def test_older_rates_show_the_anomaly_too(version: str, number: int) -> None:
    own = likelihood(f"reactor-rates@{version}")
    assert own.n_bins == number
    fast = own.chi2("2nu-ee", dm2_41=0.45, sin2_2theta_ee=0.12, **THETA13)
    assert own.chi2("3nu", **THETA13) - fast > 9.0


def test_rates_that_were_corrected_do_not_see_theta13_again() -> None:
    own = likelihood("reactor-rates@2017-r1")
    found = own.predict("3nu", **THETA13)
    np.testing.assert_allclose(found[-2:], 1.0, rtol=1e-12)
    assert (own.predict("3nu", **{**THETA13, "sin2_theta13": 0.0})[-2:] > 1.005).all()


def test_the_newest_rates_are_still_those_of_2020() -> None:
    assert load("reactor-rates").version.startswith("2020-")
