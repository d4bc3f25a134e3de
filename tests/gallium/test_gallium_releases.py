"""GALLEX, SAGE and BEST: what the releases declare, and what their likelihoods give."""

from math import sqrt

import numpy as np
import pytest
from scipy.optimize import minimize

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmark import correlated_mean, uniform_suppression
from nuanomaly.inference.benchmarks import of_release
from nuanomaly.likelihood.build import likelihood

NAMES = ("gallex@2010-r1", "sage@2006-r1", "best@2022-r1")
MODES = ("bahcall", "ground-state", "haxton", "frekers", "barinov", "kostensalo", "semenov", "elliott2023")
FLOORED = [m for m in MODES if m != "ground-state"]


def priors(name: str, mode: str) -> dict[str, dict[str, float]]:
    """Declared priors by id, with ``sigma`` as both sides."""
    found = {}
    for entry in load(name).metadata["likelihood"]["modes"][mode]["nuisances"]:
        sides = {side: entry.get(side, entry.get("sigma")) for side in ("plus", "minus")}
        found[entry["id"]] = {**sides, **({"low": entry["low"]} if "low" in entry else {})}
    return found


def cross_section(mode: str, isotope: str) -> dict[str, float]:
    table = load("sage@2006-r1").table("cross-sections")
    (row,) = table[(table["mode"] == mode) & (table["isotope"] == isotope)].to_dict("records")
    return row


# --- declarations -------------------------------------------------------------------------------------------


def test_all_three_releases_have_the_same_modes() -> None:
    declared = [load(name).metadata["likelihood"] for name in NAMES]
    assert {tuple(d["modes"]) for d in declared} == {(*MODES, "prc")}
    assert {d["default_mode"] for d in declared} == {"bahcall"}


@pytest.mark.parametrize("mode", MODES)
def test_priors_are_the_errors_of_the_tabulated_cross_sections(mode: str) -> None:
    chromium, argon = cross_section(mode, "51Cr"), cross_section(mode, "37Ar")
    for name in NAMES:
        found = priors(name, mode)["gallium-cross-section"]
        for side in ("plus", "minus"):
            assert found[side] == pytest.approx(chromium[side] / chromium["cross_section"], abs=5e-6)
    extra = priors("sage@2006-r1", mode)["gallium-cross-section-argon"]
    for side in ("plus", "minus"):
        squares = (s[side] ** 2 / s["cross_section"] ** 2 for s in (argon, chromium))
        whole, common = squares
        assert extra[side] == pytest.approx(sqrt(whole - common), abs=5e-6)


@pytest.mark.parametrize("mode", FLOORED)
def test_the_floor_is_the_cross_section_of_the_ground_state(mode: str) -> None:
    floor = 5.39 if mode == "elliott2023" else cross_section("ground-state", "51Cr")["cross_section"]
    wanted = floor / cross_section(mode, "51Cr")["cross_section"] - 1.0
    for name in NAMES:
        assert priors(name, mode)["gallium-cross-section"]["low"] == pytest.approx(wanted, abs=5e-6)


def test_the_group_shares_one_cross_section() -> None:
    group = likelihood("gallium", "haxton")
    assert group.nuisances.ids == ("gallium-cross-section", "gallium-cross-section-argon")
    assert (group.statistic, group.n_bins) == ("chi2", 6)


def test_the_candidates_of_the_outer_target_add_up_to_one_more_than_is_printed() -> None:
    release = load("best@2022-r1")
    rows, total = release.table("extractions"), release.table("extractions-combined")
    printed = total.set_index(["zone", "peak"])["candidates"]
    sums = rows.groupby("zone")["candidates"].sum()
    assert (sums["inner"], printed["inner", "K+L"]) == (1093, 1093)
    assert (sums["outer"], printed["outer", "K+L"]) == (1070, 1069)


def test_total_efficiencies_are_products_of_their_parts() -> None:
    table = load("best@2022-r1").table("efficiencies")
    for peak in "KL":
        parts = table[["extraction", "saturation_factor", f"counter_eff_{peak}", f"delta_{peak}"]]
        assert parts.prod(axis=1).to_numpy() == pytest.approx(
            table[f"total_eff_{peak}"].to_numpy(), abs=1.5e-4
        )


def test_saturation_factors_follow_from_exposures_and_half_lives() -> None:
    release = load("best@2022-r1")
    constants, exposures = release.table("constants").iloc[0], release.table("exposures")
    source, product = (np.log(2.0) / constants[f"half_life_{isotope}"] for isotope in ("51Cr", "71Ge"))
    duration = (exposures["source_end"] - exposures["source_begin"]).to_numpy()
    grown = np.exp(-source * duration) - np.exp(-product * duration)
    expected = release.table("efficiencies")["saturation_factor"].to_numpy()
    assert product / (product - source) * grown == pytest.approx(expected, abs=5e-4)


# --- likelihood ---------------------------------------------------------------------------------------------


def by_hand(mode: str, amplitude: float, dm2: float) -> float:
    """χ² of all gallium data, the two nuisances minimised numerically."""
    data, errors, predicted, argon = [], [], [], []
    column = mode.replace("-", "_")
    for name in NAMES:
        rows = load(name).table("measurements")
        data += rows[f"ratio_{column}"].tolist()
        errors += rows[f"error_{column}"].tolist()
        argon += rows["argon"].tolist()
        predicted += likelihood(name, mode).predict("2nu-ee", dm2_41=dm2, sin2_2theta_ee=amplitude).tolist()
    common, extra = priors("sage@2006-r1", mode).values()
    mu, extra_on = np.array(predicted), np.array(argon)

    def chi2(shift: np.ndarray) -> float:
        pulls = [
            x / prior["plus" if x > 0 else "minus"] for x, prior in zip(shift, (common, extra), strict=True)
        ]
        residual = (np.array(data) - mu * (1.0 + shift[0] + shift[1] * extra_on)) / np.array(errors)
        return float(residual @ residual + np.dot(pulls, pulls))

    bounds = [(common.get("low", -1.0), 1.0), (-1.0, 1.0)]
    starts = ([-0.01, -0.001], [0.01, 0.001])
    found = (
        minimize(chi2, s, method="Nelder-Mead", bounds=bounds, options={"xatol": 1e-8, "fatol": 1e-8})
        for s in starts
    )
    return float(min(f.fun for f in found))


@pytest.mark.parametrize("mode", ["bahcall", "haxton", "elliott2023"])
@pytest.mark.parametrize(("amplitude", "dm2"), [(0.0, 1.0), (0.3, 1.3), (0.6, 5.0)])
def test_the_value_is_the_chi2_with_nuisances_minimised(mode: str, amplitude: float, dm2: float) -> None:
    found = likelihood("gallium", mode).chi2("2nu-ee", dm2_41=dm2, sin2_2theta_ee=amplitude)
    assert found == pytest.approx(by_hand(mode, amplitude, dm2), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("mode", MODES)
def test_no_cross_section_alone_explains_the_deficit(mode: str) -> None:
    """Without oscillation χ² is above 40 for six data."""
    assert likelihood("gallium", mode).chi2("2nu-ee", dm2_41=1.0, sin2_2theta_ee=0.0) > 40.0


def test_arrays_of_parameters_give_what_scalars_give() -> None:
    group = likelihood("gallium")
    dm2, amplitude = np.geomspace(0.1, 10.0, 4), np.linspace(0.0, 0.9, 3)
    grid = group.chi2("2nu-ee", dm2_41=dm2[:, None], sin2_2theta_ee=amplitude)
    single = [[group.chi2("2nu-ee", dm2_41=d, sin2_2theta_ee=s) for s in amplitude] for d in dm2]
    assert grid == pytest.approx(np.array(single), rel=1e-12)


# --- conventions --------------------------------------------------------------------------------------------

AVERAGE = {
    "members": list(NAMES),
    "table": "ratios",
    "ratio": "ratio_prc",
    "error": "error_2209",
    "cross_section": {"table": "cross-sections", "model": "Haxton", "reference": "Bahcall"},
}


def test_a_common_error_scaled_with_the_measurement_pulls_the_mean_down() -> None:
    """Peelle's puzzle, and why published significances for large errors are higher than they should be."""
    best = load("best@2022-r1")
    means = {
        c: correlated_mean.compute({**AVERAGE, "convention": f"scaled-with-{c}", "which": "mean"}, best)
        for c in ("measurement", "prediction")
    }
    assert means["measurement"] < means["prediction"] - 0.02


def test_the_printed_errors_would_count_the_cross_section_twice() -> None:
    """With ±0.05 for BEST, which contains the cross section, Bahcall is 4.9σ instead of 5.4σ (no floor)."""
    best = load("best@2022-r1")
    section = {**AVERAGE["cross_section"], "model": "Bahcall (asymmetric)"}
    config = {
        **AVERAGE,
        "cross_section": section,
        "convention": "scaled-with-prediction",
        "which": "significance",
    }
    printed = correlated_mean.compute(config, best)
    own = uniform_suppression.compute(
        {"datasets": list(NAMES), "mode": "bahcall", "bounds": False, "which": "significance"}, best
    )
    assert own - printed > 0.4


def test_the_floor_is_what_makes_haxton_significant() -> None:
    best = load("best@2022-r1")
    config = {"datasets": list(NAMES), "mode": "haxton", "which": "significance"}
    assert uniform_suppression.compute(config, best) > 6.0
    assert uniform_suppression.compute({**config, "bounds": False}, best) < 3.0


def test_a_convention_without_significance_says_so() -> None:
    config = {**AVERAGE, "convention": "added-linearly", "which": "significance"}
    with pytest.raises(NuanomalyError, match="gives a mean and an error"):
        correlated_mean.compute(config, load("best@2022-r1"))


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_holds(name: str) -> None:
    rows = of_release(load(name))
    assert len(rows) > 0
    assert [(r["id"], r["recomputed"], r["reason"]) for r in rows if not r["ok"]] == []


def test_no_tolerance_is_wider_than_the_quoted_error() -> None:
    for name in NAMES:
        for row in load(name).metadata["benchmarks"]:
            assert row["tolerance"] <= row.get("uncertainty", np.inf), row["id"]
