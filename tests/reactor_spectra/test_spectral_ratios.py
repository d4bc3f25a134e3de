"""What the ratios of reactor spectra give, and why they differ from other computations where they do."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmarks import of_release
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.response import prompt_spectra
from nuanomaly.likelihood.response.prompt_spectra import PromptSpectra
from nuanomaly.likelihood.statistic.gaussian import Gaussian
from nuanomaly.likelihood.transform import spectral_ratio
from nuanomaly.likelihood.wrappers.joint import combine
from nuanomaly.model import registry
from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Array

RELEASES = {"danss": 3, "neos": 3, "bugey-3": 3, "double-chooz": 4}
#: What the compilation fixes: sin²2θ13 = 0.084, Δm²31, Δm²21 and θ12 = 0.590.
STANDARD = {"sin2_theta13": 0.02146056, "dm2_31": 2.525e-3, "dm2_21": 7.39e-5, "sin2_theta12": 0.3095}


def ratio(name: str, mode: str | None = None) -> ResponseLikelihood:
    found = likelihood(name, mode)
    assert isinstance(found, ResponseLikelihood)
    return found


def prompt(fit: ResponseLikelihood) -> PromptSpectra:
    assert isinstance(fit.response, PromptSpectra)
    return fit.response


@pytest.mark.parametrize(("name", "benchmarks"), RELEASES.items())
def test_every_benchmark_of_the_release_holds(name: str, benchmarks: int) -> None:
    found = of_release(load(name))
    assert len(found) == benchmarks
    assert [b["id"] for b in found if not b["ok"]] == []


@pytest.mark.parametrize(
    ("name", "low", "everywhere"),
    [("danss", 2e-5, 2e-3), ("bugey-3", 2e-5, 2e-3), ("neos", 8e-5, 2e-3), ("double-chooz", 8e-5, 8e-5)],
)
def test_baselines_give_the_averages_of_sin2_over_core_and_detector(
    name: str, low: float, everywhere: float
) -> None:
    release = load(name)
    tables = [t for t in ("short-baselines", "long-baselines") if t in release.tables]
    baselines = pd.concat([release.table(t) for t in tables])
    for detector, averages in release.table("average-sin2").groupby("detector"):
        rows = baselines[baselines["detector"] == detector]
        L, half, strength = rows[["baseline", "half_length", "strength"]].to_numpy(float).T
        steps = 1.0 - 2.0 * (np.arange(32)[:, None] + 0.5) / 32
        q = 10.0 ** averages["log10_q"].to_numpy(float) / 1000.0
        points, weights = (L + half * steps).ravel(), (strength / (L + half * steps) ** 2).ravel()
        found = np.array([np.average(np.sin(k * points) ** 2, weights=weights) for k in q])
        off = found - averages["average"].to_numpy(float)
        assert np.abs(off[: off.size // 4]).max() < low
        assert np.sqrt((off**2).mean()) < everywhere


@pytest.mark.parametrize("name", ["danss", "bugey-3"])
def test_the_energy_scale_is_at_the_lowest_chi2_inside_its_range(name: str) -> None:
    fit, model = ratio(name), registry.model("2nu-ee")
    dm2, amplitude = np.meshgrid(np.geomspace(0.05, 20.0, 14), np.geomspace(0.01, 0.5, 8))
    points = fit.points(model, {"dm2_41": dm2.ravel(), "sin2_2theta_ee": amplitude.ravel()})
    prediction = fit.prediction(model, points)
    assert isinstance(fit.measure, Gaussian)
    assert prediction.moved is not None
    lowest = np.full(dm2.size, np.inf)
    for scales in product(np.linspace(-0.02, 0.02, 17), repeat=len(fit.nuisances)):
        xi = np.tile(scales, (dm2.size, 1))
        moved = prediction.moved(xi, np.arange(dm2.size))
        residual = fit.measure.data - moved.mu - np.einsum("pnk,pk->pn", moved.jacobian, xi)
        lowest = np.minimum(
            lowest, np.einsum("pn,nm,pm->p", residual, fit.measure.inverse, residual, optimize=True)
        )
    excess = fit.value(model, points) - lowest
    assert excess.max() < 1e-3
    assert excess[lowest < lowest.min() + 30.0].min() > -0.15  # a finer minimum than the grid's


@dataclass(frozen=True)
class WiderBins(Release):
    """The release, with two more bins on each side."""

    def table(self, table: str) -> pd.DataFrame:
        """Return a table; the bins of the ratio reach further."""
        frame = super().table(table)
        if table != "ratio":
            return frame
        width = 0.2
        low = np.round(frame["low"].iloc[0] + width * np.arange(-2, len(frame) + 2), 6)
        wider = pd.DataFrame({"low": low, "high": np.append(low[1:], np.round(low[-1] + width, 6))})
        wider.attrs = frame.attrs
        return wider

    def arrays(self, table: str, only: str | None = None) -> Mapping[str, Array]:
        """Return the columns of a table, those of the ratio as above."""
        if table != "ratio":
            return super().arrays(table, only)
        return {str(name): column.to_numpy() for name, column in self.table(table).items()}


def moved_by_interpolation(bins: Array, first: float, width: float, scale: float) -> Array:
    """Return contents of bins whose energies are scaled, interpolated between whole bins."""
    place = np.arange(bins.size)
    moved = place + scale * (place + 0.5 + first / width)
    return np.asarray((1.0 + scale) * np.interp(moved, place, bins))


def test_bugey_3_is_that_of_the_compilation_if_bins_are_moved_by_interpolation() -> None:
    # the archive moves the bins exactly, which is lower by 0.07 at the compilation's best fit
    fit, release = ratio("bugey-3"), load("bugey-3")
    wider = WiderBins(release.name, release.version, release.folder, release.metadata)
    config = release.metadata["likelihood"]["modes"]["default"]["response"]
    response = prompt_spectra.build({k: v for k, v in config.items() if k != "scale"}, wider)
    model = registry.model("2nu-ee")
    points = fit.points(model, {"dm2_41": 4.17, "sin2_2theta_ee": 0.83})
    near, far = response.spectra(response(model, points, {}))[0, :, 0]
    scales, first = np.linspace(-0.02, 0.02, 41), 2.0 - 0.4 + 0.78
    near_moved, far_moved = (
        np.array([moved_by_interpolation(s, first, 0.2, x)[2:-2] for x in scales]) for s in (near, far)
    )
    assert isinstance(fit.measure, Gaussian)
    residual = fit.measure.data - far_moved[:, None] / near_moved
    chi2 = np.einsum("abn,nm,abm->ab", residual, fit.measure.inverse, residual, optimize=True).min()
    assert chi2 == pytest.approx(10.71, abs=0.05)
    assert 0.04 < chi2 - fit.chi2("2nu-ee", dm2_41=4.17, sin2_2theta_ee=0.83) < 0.1


def test_without_sterile_neutrinos_neos_expects_one_where_daya_bay_is_corrected_for_three_flavours() -> None:
    np.testing.assert_allclose(ratio("neos").predict("3nu", **STANDARD), 1.0, atol=2e-4)
    raised = ratio("neos", "compilation").predict("3nu", **STANDARD)
    assert 1.013 < raised.mean() < 1.019
    assert raised.argmax() < 20  # Daya Bay's near detectors lose most at low energy


def test_neos_sees_theta13_through_daya_bay_and_short_ratios_do_not_see_it() -> None:
    for name, seen in (("neos", True), ("double-chooz", True), ("danss", False), ("bugey-3", False)):
        values = [ratio(name).chi2("3nu", **{**STANDARD, "sin2_theta13": x}) for x in (0.0, 0.03)]
        assert (abs(values[0] - values[1]) > 0.1) == seen
        assert seen or abs(values[0] - values[1]) < 0.01


def test_double_chooz_knows_theta13() -> None:
    x, others = np.linspace(0.0, 0.05, 101), {k: v for k, v in STANDARD.items() if k != "sin2_theta13"}
    values = ratio("double-chooz").chi2("3nu", sin2_theta13=x, **others)
    allowed = 4.0 * x * (1.0 - x)
    assert 0.08 < allowed[values.argmin()] < 0.12
    assert values[0] > values.min() + 25.0


def test_together_they_prefer_1_26_ev2() -> None:
    fit = combine(
        [*(likelihood(n) for n in ("danss", "bugey-3", "double-chooz")), likelihood("neos", "compilation")]
    )
    dm2_41, amplitudes = np.geomspace(0.5, 10.0, 60), np.geomspace(0.01, 0.2, 30)
    null = fit.chi2("3nu", **STANDARD)
    there = fit.chi2("2nu-ee", dm2_41=1.26, sin2_2theta_ee=0.038, **STANDARD)
    # 12.28 in the compilation's map, to which Daya Bay and RENO contribute as well
    assert null - there == pytest.approx(12.28, abs=0.5)
    grid = fit.chi2("2nu-ee", dm2_41=dm2_41[:, None], sin2_2theta_ee=amplitudes, **STANDARD)
    place, amplitude = np.unravel_index(grid.argmin(), grid.shape)
    assert dm2_41[place] == pytest.approx(1.26, rel=0.05)
    assert amplitudes[amplitude] == pytest.approx(0.038, rel=0.1)


def test_a_function_of_length_and_energy_gives_what_the_model_gives() -> None:
    def survival(
        initial: str,
        final: str,
        antineutrino: bool,
        L: Array,
        E: Array,
        node: Mapping[str, Array],
        **parameters: Array,
    ) -> Array:
        phase = PHASE * parameters["dm2_41"][:, None] * L / E
        return np.asarray(1.0 - parameters["sin2_2theta_ee"][:, None] * np.sin(phase) ** 2)

    at = {"dm2_41": np.array([0.5, 2.0]), "sin2_2theta_ee": np.array([0.1, 0.2])}
    fit = ratio("danss")
    known = np.asarray(fit.response(registry.model("2nu-ee"), fit.points(registry.model("2nu-ee"), at), {}))
    by_hand = np.zeros_like(known)
    for channel in fit.response.channels:
        assert channel.half_width is not None
        probability = np.zeros((2, channel.L.size))
        for place, share in zip(*np.polynomial.legendre.leggauss(4), strict=True):
            L = channel.L + place * channel.half_width * channel.E
            probability += 0.5 * share * survival("e", "e", True, L, channel.E, {}, **at)
        by_hand += (channel.weights @ probability.T).T
    np.testing.assert_allclose(by_hand, known, rtol=2e-6)


def test_more_cells_do_not_change_chi2() -> None:
    dm2, amplitude = np.array([0.05, 0.1, 1.3, 10.0]), np.array(0.1)
    for name in RELEASES:
        release, fit = load(name), ratio(name)
        config = release.metadata["likelihood"]["modes"][fit.mode or "default"]
        double = {**config["response"], "cells": 2 * config["response"]["cells"]}
        response = prompt_spectra.build(double, release)
        transform = spectral_ratio.build(config["transform"], release, response, fit.nuisances)
        finer = replace(fit, response=response, transform=transform)
        a, b = (f.chi2("2nu-ee", dm2_41=dm2, sin2_2theta_ee=amplitude) for f in (fit, finer))
        np.testing.assert_allclose(a, b, atol=0.02, rtol=0.0)


def test_wrong_declarations_are_named() -> None:
    release, response = load("danss"), prompt(ratio("danss"))
    sides = {"numerator": ["bottom"], "denominator": ["top"]}
    with pytest.raises(UnknownNameError, match="middle"):
        spectral_ratio.build({**sides, "numerator": ["middle"]}, release, response, Nuisances())
    scales = [{"nuisance": "danss-scale", "detectors": ["top"]}]
    with pytest.raises(UnknownNameError, match="danss-scale"):
        spectral_ratio.build({**sides, "scales": scales}, release, response, Nuisances())
    with pytest.raises(UnknownNameError, match="unoscilated"):
        spectral_ratio.build(
            {**sides, "expected": {"numerator": "unoscilated"}}, release, response, Nuisances()
        )
    nuisances = ratio("danss").nuisances
    config = {"numerator": ["neos"], "denominator": ["daya-bay-ad1"]}
    scaled = {**config, "scales": [{"nuisance": nuisances.ids[0], "detectors": ["neos"]}]}
    with pytest.raises(NuanomalyError, match="scale"):
        spectral_ratio.build(scaled, load("neos"), ratio("neos").response, nuisances)
    with pytest.raises(NuanomalyError, match="prompt-spectra"):
        spectral_ratio.build(sides, release, likelihood_of_rates(), Nuisances())


def likelihood_of_rates() -> Any:
    return ratio("reactor-rates", "huber-mueller-short-baseline").response


def test_the_known_issue_of_danss_is_true() -> None:
    """The collaboration excludes this point above 5σ; here it is better than no oscillation."""
    danss = likelihood("danss@2018-r1")
    null, point = (danss.chi2("2nu-ee", dm2_41=2.4, sin2_2theta_ee=s) for s in (0.0, 0.14))
    assert point - null == pytest.approx(-3.0, abs=0.05)
    added = [i for i in load("danss@2018-r1").metadata["known_issues"] if "amended" in i]
    assert any("its χ² lies 3.0 below that without" in issue["text"] for issue in added)
