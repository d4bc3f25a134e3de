"""Significance, compatibility, CLs, Bayes and ablation where the answer is known."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import ndtr

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.ablation import ablation
from nuanomaly.inference.bayes import posterior, suspiciousness
from nuanomaly.inference.cls import gaussian_cls, toy_cls
from nuanomaly.inference.coverage import coverage
from nuanomaly.inference.fit import significance
from nuanomaly.inference.montecarlo import toy_goodness, toy_hypothesis, toy_significance
from nuanomaly.inference.question import Question
from nuanomaly.inference.raster import raster
from nuanomaly.inference.significance import Significance
from nuanomaly.inference.toy_tensions import tension_of, toy_compatibility
from nuanomaly.inference.workers import Placement
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.model.probabilities import NotApplicableError

FIXED = {"dm2_41": 1.0}
AMPLITUDE = {"sin2_2theta_ee": (0.001, 1.0, 40, "lin")}
SMALL = {"dm2_41": (0.1, 10.0, 20, "log"), "sin2_2theta_ee": (0.01, 1.0, 15, "log")}


def off(found: float, expected: float, toys: int) -> float:
    """By how many binomial errors a share of toys is off."""
    return abs(found - expected) / np.sqrt(expected * (1.0 - expected) / toys)


def test_significance_of_a_gaussian_measurement_is_one_sided(make: SimpleNamespace) -> None:
    """With the amplitude at its edge half of the toys have Δ = 0: p is half of what Wilks' theorem says."""
    data = make.averaged(0.92, 0.04)  # 2σ
    found = toy_significance(data, "2nu-ee", grid=AMPLITUDE, fixed=FIXED, toys=20_000, seed=1)
    assert found.delta == pytest.approx(4.0)
    assert off(found.p_value, float(ndtr(-2.0)), found.toys) < 4.0
    wilks = significance(data, "2nu-ee", fixed=FIXED, grid=AMPLITUDE)
    assert wilks.p_value == pytest.approx(2.0 * ndtr(-2.0), rel=1e-3)


def test_a_hypothesis_far_from_the_edge_has_one_degree_of_freedom(make: SimpleNamespace) -> None:
    found = toy_hypothesis(
        make.averaged(0.6, 0.04),
        "2nu-ee",
        grid=AMPLITUDE,
        fixed=FIXED,
        at={"sin2_2theta_ee": 0.5},
        toys=20_000,
        seed=2,
    )
    assert found.delta == pytest.approx((0.1 / 0.04) ** 2, rel=1e-6)
    assert off(found.p_value, float(2.0 * ndtr(-2.5)), found.toys) < 4.0
    with pytest.raises(NuanomalyError, match="every free parameter"):
        toy_hypothesis(make.averaged(0.6, 0.04), "2nu-ee", grid=SMALL, at={"sin2_2theta_ee": 0.5}, toys=500)


def test_parameters_without_a_null_are_tested_as_well() -> None:
    """Of three neutrinos, where nothing is at an edge: Δ of a point has two degrees of freedom."""
    grid = {"sin2_theta13": (0.01, 0.04, 10, "lin"), "dm2_31": (1.6e-3, 3.4e-3, 10, "lin")}
    at = {"sin2_theta13": 0.0218, "dm2_31": 2.54e-3}
    found = toy_hypothesis("double-chooz", "3nu", grid=grid, at=at, toys=500, seed=1)
    wilks = Significance(found.delta, 2).p_value
    assert wilks is not None
    assert off(found.p_value, wilks, found.toys) < 4.0


def test_significance_of_counts_is_that_of_the_sum_over_counts(make: SimpleNamespace) -> None:
    """One bin of Poisson counts: the p-value is that of at least so many, summed by hand."""
    data = make.counting(np.array([30.0]))  # over 20
    grid = {"sin2_2theta_mue": np.geomspace(1e-3, 1.0, 60)}
    found = toy_significance(data, "2nu-mue", grid=grid, fixed={"dm2_41": 4.0}, toys=20_000, seed=4)
    counts = np.arange(0, 30)
    logs = counts * np.log(20.0) - 20.0 - np.array([np.log(np.arange(1, k + 1)).sum() for k in counts])
    assert off(found.p_value, 1.0 - float(np.exp(logs).sum()), found.toys) < 4.0


def test_goodness_of_fit_by_toys_is_that_of_chi2(bins: ResponseLikelihood) -> None:
    found = toy_goodness(bins, "2nu-ee", grid=SMALL, toys=4000, seed=2)
    assert 0.02 < found.p_value < 1.0  # the data are drawn from what they are tested with
    assert found.against == "the best fit"


def test_toys_of_two_data_sets_that_share_nothing_are_those_of_chi2(make: SimpleNamespace) -> None:
    """Two Gaussian measurements of one amplitude, away from its edge: χ²_PG has one degree of freedom."""
    one, other = make.averaged(0.6, 0.04), make.averaged(0.5, 0.03)
    object.__setattr__(other, "release", "other@1-r1")
    found = toy_compatibility([one, other], "2nu-ee", fixed=FIXED, grid=AMPLITUDE, toys=20_000, seed=3)
    assert found.delta == pytest.approx(0.1**2 / (0.04**2 + 0.03**2))
    assert off(found.p_value, float(2.0 * ndtr(-2.0)), found.toys) < 4.0


def test_shared_nuisances_enter_once_in_toys_as_in_data() -> None:
    grid = {"dm2_41": (0.3, 10.0, 25, "log"), "sin2_2theta_ee": (0.02, 0.9, 20, "log")}
    what = tension_of(Question(["gallex", "best"], "2nu-ee", mode="prc", grid=grid), seed=1)
    assert what.held == ("gallium-cross-section",)
    joint = what.engines[0]
    data = np.vstack([joint.data, joint.generate(what.best, 0)[:50]])
    assert (what.value(data) > -0.15).all()  # what lies between points is approximate, of few points more so


def test_a_nuisance_that_counts_share_is_minimised_as_by_hand(make: SimpleNamespace) -> None:
    """Poisson counts with a common background strength: no fixed covariance, every term by brute force.

    The amplitude is that of a grid of four points and of what lies between them.
    """
    one, other = make.counting(np.array([25.0, 14.0]), True), make.counting(np.array([19.0, 17.0]), True)
    object.__setattr__(other, "release", "others@1-r1")
    grid = {"sin2_2theta_mue": np.array([0.02, 0.05, 0.1, 0.3])}
    what = tension_of(Question([one, other], "2nu-mue", fixed={"dm2_41": 4.0}, grid=grid), seed=3)
    assert what.held == ("background",)
    data = np.vstack([what.engines[0].data, what.engines[0].generate(what.best, 0)[:3]])
    found = what.value(data)
    background, amplitudes = np.array([20.0, 10.0]), np.append(0.0, np.linspace(0.02, 0.3, 141))
    full = one.predict("2nu-mue", dm2_41=4.0, sin2_2theta_mue=1.0) - background

    def smallest(counts: np.ndarray, prior: float) -> float:
        """The smallest −2 ln L over amplitude and strength of so many experiments."""

        def at(strength: float, amplitude: float) -> float:
            mu = np.tile(background * (1.0 + strength) + amplitude * full, counts.size // 2)
            value = 2.0 * (mu - counts + counts * np.log(counts / mu)).sum()
            return float(value) + (strength / 0.2) ** 2 * prior

        options = {"xatol": 1e-11}
        return min(
            minimize_scalar(at, bounds=(-0.9, 2.0), args=(a,), method="bounded", options=options).fun
            for a in amplitudes
        )

    for row, value in zip(data, found, strict=True):
        by_hand = smallest(row, 1.0) - smallest(row[:2], 0.0) - smallest(row[2:], 0.0)
        assert value == pytest.approx(by_hand, abs=0.02)
    test = toy_compatibility([one, other], "2nu-mue", fixed={"dm2_41": 4.0}, grid=grid, toys=500, seed=3)
    assert test.delta == pytest.approx(found[0])
    assert 0.0 < test.p_value < 1.0


def test_compatibility_is_the_same_on_two_processes() -> None:
    grid = {"dm2_41": (0.3, 10.0, 8, "log"), "sin2_2theta_ee": (0.02, 0.9, 6, "log")}
    found = [
        toy_compatibility(
            ["gallex", "best"], "2nu-ee", mode="prc", grid=grid, toys=10_500, placement=Placement(workers)
        )
        for workers in (1, 2)
    ]
    assert found[0] == found[1]


def test_a_surface_has_no_tests_by_toys() -> None:
    with pytest.raises(NotApplicableError, match="no toys can be made"):
        toy_significance("lsnd", "2nu-mue", toys=500)
    with pytest.raises(NotApplicableError, match="no toys can be made"):
        toy_compatibility(["lsnd", "karmen"], "2nu-mue", toys=500)


def test_coverage_is_stated_at_no_oscillation_and_the_best_fit(make: SimpleNamespace) -> None:
    found = coverage(make.averaged(0.5, 0.04), "2nu-ee", grid=AMPLITUDE, fixed=FIXED, toys=4000, seed=3)
    assert found.points["sin2_2theta_ee"][found.index].tolist()[0] == 0.0
    # one degree of freedom: too much at the edge, as nominal far from it
    for k, cl in enumerate(found.levels):
        assert off(found.wilks_coverage[0, k], 0.5 * (1.0 + cl), 4000) < 4.0
        assert off(found.wilks_coverage[1, k], cl, 4000) < 4.0


# --- CLs, raster scans --------------------------------------------------------------------------------------


def test_gaussian_cls_and_that_of_toys_agree(make: SimpleNamespace) -> None:
    """For a Gaussian measurement both are exact: CLs = Φ((x − s)/σ) / Φ(x/σ), with x the measured s."""
    data = make.averaged(0.98, 0.04)
    grid = {"sin2_2theta_ee": np.array([0.05, 0.08, 0.12])}
    found = gaussian_cls(data, "2nu-ee", grid=grid, fixed=FIXED)
    s = found.points["sin2_2theta_ee"]
    exact = ndtr((0.02 - s) / 0.04) / ndtr(0.02 / 0.04)
    np.testing.assert_allclose(found.values, exact, rtol=1e-9)
    assert found.excluded().tolist() == (exact < 0.05).tolist()
    toys = toy_cls(data, "2nu-ee", points={"sin2_2theta_ee": s}, fixed=FIXED, toys=20_000, seed=3)
    error = np.sqrt(exact / 20_000 / ndtr(0.5)) + exact * 0.006
    assert (np.abs(toys.values - exact) < 4.5 * error).all()


def test_a_raster_scan_gives_an_upper_limit_at_each_splitting(bins: ResponseLikelihood) -> None:
    grid = {"dm2_41": np.array([0.3, 1.0, 3.0]), "sin2_2theta_ee": (0.01, 1.0, 40, "log")}
    found = raster(bins, "2nu-ee", along="dm2_41", grid=grid, toys=500, seed=1, every=3, levels=(0.9, 0.99))
    assert len(found.rows) == 3
    assert (found.upper_limit(0.9) <= found.upper_limit(0.99)).all()


# --- Bayes --------------------------------------------------------------------------------------------------


def test_a_posterior_with_a_flat_prior_is_the_likelihood(make: SimpleNamespace) -> None:
    grid = {"sin2_2theta_ee": np.linspace(0.0, 1.0, 4001)}
    found = posterior(
        make.averaged(0.6, 0.04), "2nu-ee", grid=grid, prior={"sin2_2theta_ee": "flat"}, fixed=FIXED
    )
    # ∫ exp(−(s − 0.4)²/2σ²) ds = σ √2π; no oscillation is 10σ away
    assert found.log_evidence == pytest.approx(np.log(0.04 * np.sqrt(2.0 * np.pi)), abs=1e-6)
    assert found.log_bayes_factor == pytest.approx(found.log_evidence + 50.0)
    s = found.axes[0].values[found.region(0.6827)]
    assert s.min() == pytest.approx(0.36, abs=1e-3)
    assert s.max() == pytest.approx(0.44, abs=1e-3)
    # D = −ln(σ √(2πe)) for a Gaussian inside a flat prior of width one
    assert found.information == pytest.approx(-np.log(0.04 * np.sqrt(2.0 * np.pi * np.e)), abs=1e-5)


@pytest.mark.parametrize("width", [1.0, 0.6])
def test_suspiciousness_does_not_depend_on_the_prior(make: SimpleNamespace, width: float) -> None:
    """Two Gaussians of one parameter, 2σ apart: d − 2 ln S = 4."""
    one, other = make.averaged(0.65, 0.04), make.averaged(0.75, 0.03)
    object.__setattr__(other, "release", "other@1-r1")
    grid = {"sin2_2theta_ee": np.linspace(0.0, width, 6001)}
    found = suspiciousness([one, other], "2nu-ee", grid=grid, prior={"sin2_2theta_ee": "flat"}, fixed=FIXED)
    assert found.dof == pytest.approx(1.0, abs=1e-3)
    assert found.dof - 2.0 * found.log_suspiciousness == pytest.approx(4.0, abs=1e-3)
    assert found.p_value == pytest.approx(2.0 * ndtr(-2.0), rel=1e-3)


def test_unknown_priors_and_impossible_regions_are_refused(make: SimpleNamespace) -> None:
    data = make.averaged(0.6, 0.04)
    with pytest.raises(UnknownNameError, match="prior"):
        posterior(data, "2nu-ee", grid=AMPLITUDE, prior={"sin2_2theta_ee": "flta"}, fixed=FIXED)
    with pytest.raises(NuanomalyError, match="between 0 and 1"):
        posterior(data, "2nu-ee", grid=AMPLITUDE, fixed=FIXED).region(90.0)


# --- ablation -----------------------------------------------------------------------------------------------


def test_the_ablation_of_gallium_shows_the_bias_of_a_covariance_at_the_data() -> None:
    grid = {"dm2_41": (0.5, 10.0, 15, "log"), "sin2_2theta_ee": (0.02, 0.9, 15, "log")}
    rows = {row.definition: row for row in ablation("best", "2nu-ee", grid=grid, mode="prc")}
    assert next(iter(rows)) == "as released"
    data, prediction = (rows[f"nuisances in a covariance at the {at}"] for at in ("data", "prediction"))
    # an error that is a fraction of a low measurement is too small
    assert data.delta > prediction.delta


def test_the_ablation_of_miniboone_shows_the_determinant() -> None:
    grid = {"dm2_41": (0.03, 1.0, 10, "log"), "sin2_2theta_mue": (1e-3, 0.9, 10, "log")}
    rows = {r.definition: r for r in ablation("miniboone-nue@2018", "2nu-mue", grid=grid)}
    assert rows["as released"].delta == pytest.approx(26.51, abs=0.1)  # of the collaboration
    assert rows["without ln det"].delta == pytest.approx(30.2, abs=0.1)


# --- what is published --------------------------------------------------------------------------------------


def test_toys_lower_the_significance_of_a_reactor_spectrum() -> None:
    """As in 2004.07577 and 2101.06785: with a splitting that is free to fit noise, Wilks' p is too small."""
    grid = {"dm2_41": (0.1, 10.0, 120, "log"), "sin2_2theta_ee": (0.003, 1.0, 25, "log")}
    toys = toy_significance("prospect@2021", "2nu-ee", grid=grid, toys=500, seed=1)
    wilks = significance("prospect@2021", "2nu-ee", grid=grid)
    assert wilks.p_value is not None
    assert toys.p_value > wilks.p_value + 4.0 * toys.error
