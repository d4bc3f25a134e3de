"""Reference benchmarks that amendments add, computed from the tables with numpy and nothing of the engine."""

from typing import Any

import numpy as np
import pytest

from nuanomaly.archive.loading import load
from nuanomaly.inference import benchmarks

Array = Any
GALLIUM = ["gallex@2010-r1", "gallex@2010-r2", "sage@2006-r1", "sage@2006-r2"]


def expected(release: str, id: str) -> float:
    """The number that the benchmark expects."""
    return next(float(b["expected"]) for b in load(release).metadata["benchmarks"] if b["id"] == id)


def chi2(residual: Array, covariance: Array) -> float:
    return float(residual @ np.linalg.solve(covariance, residual))


def gallium(release: str, probability: float) -> float:
    """χ² of rates whose errors are their own and 3.6 % of the prediction in common (PRC 105, 065502, V.H)."""
    rows = load(release).table("measurements")
    common = np.full(len(rows), 0.036 * probability)
    own = np.diag(rows["error_bahcall"].to_numpy() ** 2)
    return chi2(rows["ratio_bahcall"].to_numpy() - probability, own + np.outer(common, common))


@pytest.mark.parametrize("release", GALLIUM)
def test_gallium_without_oscillation(release: str) -> None:
    assert gallium(release, 1.0) == pytest.approx(expected(release, "null-prc"), abs=1e-6)


@pytest.mark.parametrize("release", GALLIUM)
def test_gallium_with_a_fast_oscillation(release: str) -> None:
    assert gallium(release, 1.0 - 0.5 * 0.4) == pytest.approx(expected(release, "averaged-prc"), abs=1e-6)


@pytest.mark.parametrize("release", GALLIUM[1::2])
def test_gallium_with_a_common_error_that_scales_the_measurement(release: str) -> None:
    """The convention of arXiv:2209.00916: 0.16 over 5.81 of each ratio is common."""
    rows = load(release).table("measurements-giunti2022")
    ratio, error = rows["ratio_bahcall"].to_numpy(), rows["error_bahcall"].to_numpy()
    covariance = np.diag(error**2) + 0.027539**2 * np.outer(ratio, ratio)
    value = chi2(ratio - 1.0, covariance)
    assert value == pytest.approx(expected(release, "null-giunti2022"), abs=1e-6)


@pytest.mark.parametrize("version", ["2018-r1", "2020-r1"])
def test_miniboone_antineutrinos_without_oscillation(version: str) -> None:
    """Nothing changes, so that the covariance is the released fraction of the prediction, squared."""
    release = f"miniboone-nue@{version}"
    electrons, muons = (load(release).table(t) for t in ("nue_nubar", "numu_nubar"))
    predicted = np.r_[electrons["background"], muons["prediction"]]
    residual = np.r_[electrons["data"], muons["data"]] - predicted
    # the covariance begins with the bins of a signal, which is nothing here
    fraction = load(release).matrix("covariance_nubar")[len(electrons) :, len(electrons) :]
    covariance = fraction * np.outer(predicted, predicted)
    value = chi2(residual, covariance) + float(np.linalg.slogdet(covariance)[1])
    assert value == pytest.approx(expected(release, "null-nubar"), abs=1e-6)


@pytest.mark.parametrize(
    "release",
    [*GALLIUM, "miniboone-nue@2018-r1", "miniboone-nue@2020-r1", "miniboone-numu", "xenonnt-s2only"],
)
def test_the_engine_gives_the_amended_benchmarks(release: str) -> None:
    result = load(release)
    rows = [benchmarks.row(b, result) for b in result.metadata["benchmarks"] if "amended" in b]
    assert rows
    assert [row for row in rows if not row["ok"]] == []
