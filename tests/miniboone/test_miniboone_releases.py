"""The three MiniBooNE νe releases against the collaboration's own numbers, and what breaks them."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from scipy.interpolate import RegularGridInterpolator

from nuanomaly.archive import yamlio
from nuanomaly.archive.loading import load
from nuanomaly.archive.release import Release, read
from nuanomaly.inference.benchmarks import of_release, row
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood

VERSIONS = ("2012-r1", "2018-r1", "2020-r1")


def ready(version: str, mode: str) -> ResponseLikelihood:
    found = likelihood(f"miniboone-nue@{version}", mode)
    assert isinstance(found, ResponseLikelihood)
    return found


# --- the official numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_every_benchmark_holds(version: str) -> None:
    rows = of_release(load(f"miniboone-nue@{version}"))
    assert len(rows) >= 10
    assert [r["id"] for r in rows if not r["ok"]] == []


def test_2020_null_and_best_fit_match_the_released_surface() -> None:
    combined = ready("2020-r1", "combined")
    assert combined.chi2("2nu-mue", dm2_41=1.0, sin2_2theta_mue=0.0) == pytest.approx(373.406, abs=0.05)
    assert combined.chi2("2nu-mue", dm2_41=0.0431, sin2_2theta_mue=0.807) == pytest.approx(344.519, abs=0.05)


@pytest.mark.parametrize(("version", "mode"), [("2020-r1", "combined"), ("2020-r1", "nu"), ("2012-r1", "nu")])
def test_coordinates_of_the_fit_describe_the_surface_better_than_the_printed_ones(
    version: str, mode: str
) -> None:
    surface = load(f"miniboone-nue@{version}").table(f"surface_{mode}")
    near = surface[surface["minus_2lnL"] < surface["minus_2lnL"].min() + 30.0]
    rms = {}
    for kind in ("", "_fit"):
        values = ready(version, mode).chi2(
            "2nu-mue",
            dm2_41=near[f"dm2{kind}"].to_numpy(),
            sin2_2theta_mue=near[f"sin2_2theta{kind}"].to_numpy(),
        )
        rms[kind] = float(np.sqrt(np.mean((values - near["minus_2lnL"].to_numpy()) ** 2)))
    assert rms["_fit"] < 0.2 * rms[""]


@pytest.mark.parametrize(
    ("level", "delta"),
    [("1sigma", 2.57), ("90%", 5.14), ("95%", 6.56), ("99%", 10.16), ("3sigma", 12.68), ("4sigma", 20.19)],
)
def test_released_contours_are_not_those_of_wilks(level: str, delta: float) -> None:
    release = load("miniboone-nue@2020-r1")
    contours = release.table("contours_combined")
    curve = contours[(contours["level"] == level) & (contours["dm2"] <= 100.0)]
    surface = release.table("surface_combined").pivot(index="dm2", columns="sin2_2theta", values="minus_2lnL")
    axes = (np.log(surface.index.to_numpy()), np.log(surface.columns.to_numpy()))
    read_off = RegularGridInterpolator(axes, surface.to_numpy() - surface.to_numpy().min())
    values = read_off(np.log(curve[["dm2", "sin2_2theta"]].to_numpy()))
    assert np.median(values) == pytest.approx(delta, abs=0.1)


# --- the traps: a wrong recipe must fail --------------------------------------------------------------------


def wrong(folder: Path, change: Callable[[dict[str, Any]], None]) -> Release:
    """The release of 2018 with a changed declaration."""
    right = load("miniboone-nue@2018-r1")
    shutil.copytree(right.folder, folder)
    declared = yamlio.read(right.folder / "release.yaml")
    change(declared["likelihood"]["modes"]["combined"])
    (folder / "release.yaml").write_text(yaml.safe_dump(declared, allow_unicode=True))
    return read(folder)


def benchmark(release: Release, name: str) -> dict[str, Any]:
    (entry,) = [b for b in release.metadata["benchmarks"] if b["id"] == name]
    return row(entry, release)


@pytest.mark.parametrize(
    ("option", "value", "at_best_fit", "improvement"),
    [("log_determinant", False, 30.02, 30.21), ("statistical", "all", 18.31, 18.31)],
)
def test_a_wrong_recipe_fails_the_benchmarks(
    tmp_path: Path, option: str, value: object, at_best_fit: float, improvement: float
) -> None:
    def change(mode: dict[str, Any]) -> None:
        mode["statistic"][option] = value

    release = wrong(tmp_path / "wrong", change)
    found = benchmark(release, "improvement-combined")
    assert found["recomputed"] == pytest.approx(at_best_fit, abs=0.01)
    assert not found["ok"]
    assert not benchmark(release, "null-combined")["ok"]
    surface = release.table("surface_combined")
    points = {
        "dm2_41": surface["dm2_fit"].to_numpy(),
        "sin2_2theta_mue": surface["sin2_2theta_fit"].to_numpy(),
    }
    trap = likelihood(release, "combined")
    null = trap.chi2("2nu-mue", dm2_41=1.0, sin2_2theta_mue=0.0)
    assert null - trap.chi2("2nu-mue", **points).min() == pytest.approx(improvement, abs=0.01)


def test_leaving_out_the_wrong_sign_neutrinos_fails_the_surface(tmp_path: Path) -> None:
    def change(mode: dict[str, Any]) -> None:
        mode["response"]["channels"] = mode["response"]["channels"][:2]

    found = benchmark(wrong(tmp_path / "wrong", change), "surface-max-combined")
    assert found["recomputed"] > 1.0
    assert not found["ok"]


def test_the_usual_phase_constant_fails_the_surface(tmp_path: Path) -> None:
    def change(mode: dict[str, Any]) -> None:
        del mode["response"]["phase_constant"]

    assert not benchmark(wrong(tmp_path / "wrong", change), "surface-rms-combined")["ok"]


# --- what the tables say ------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_antineutrino_weights_of_both_files_differ_by_the_number_of_events(version: str) -> None:
    events = load(f"miniboone-nue@{version}").table("events_nubar")
    right = events[~events["wrong_sign"]]
    assert (len(events), len(right)) == (117_949, 86_403)
    ratio = right["weight"] / right["weight_antineutrino"]
    assert np.allclose(ratio, len(events) / len(right), rtol=1e-5, atol=0.0)
    share = events["weight"][events["wrong_sign"]].sum() / events["weight"].sum()
    assert share == pytest.approx(0.224, abs=0.001)


def test_antineutrino_data_are_the_same_in_2018_and_2020_and_one_edge_differs_in_2012() -> None:
    old, middle, new = (load(f"miniboone-nue@{v}") for v in VERSIONS)
    for name in ("nue_nubar", "numu_nubar", "events_nubar"):
        assert middle.table(name).equals(new.table(name)), name
    moved = new.table("nue_nubar")["high"] != old.table("nue_nubar")["high"]
    assert new.table("nue_nubar")["high"][moved].tolist() == [1250.0]
    assert old.table("nue_nubar")["high"][moved].tolist() == [1300.0]
    assert old.table("nue_nubar")["data"].sum() == new.table("nue_nubar")["data"].sum()


def test_blocks_of_the_combined_covariance_are_the_covariances_of_the_modes() -> None:
    release = load("miniboone-nue@2020-r1")
    combined = release.matrix("covariance_combined")
    assert np.array_equal(combined[:30, :30], release.matrix("covariance_nu"))
    assert np.allclose(combined[30:, 30:], release.matrix("covariance_nubar"), rtol=0.0, atol=5.1e-7)


@pytest.mark.parametrize(("version", "negative"), [("2018-r1", 1), ("2020-r1", 3)])
def test_negative_eigenvalues_of_the_combined_covariance_are_as_its_known_issue_says(
    version: str, negative: int
) -> None:
    eigenvalues = np.linalg.eigvalsh(load(f"miniboone-nue@{version}").matrix("covariance_combined"))
    assert int((eigenvalues < 0.0).sum()) == negative


# --- models -------------------------------------------------------------------------------------------------


def test_3_plus_1_in_the_short_baseline_limit_agrees_with_its_two_flavour_view() -> None:
    combined = ready("2020-r1", "combined")
    point = {"dm2_41": 0.7, "Ue4_sq": 0.02, "Umu4_sq": 0.015, "Utau4_sq": 0.0}
    amplitude = 4.0 * point["Ue4_sq"] * point["Umu4_sq"]
    view = combined.chi2("2nu-mue", dm2_41=0.7, sin2_2theta_mue=amplitude)
    assert combined.chi2("3+1-sbl", **point) == pytest.approx(view, abs=1e-9)
    # The exact probability adds the interference with the atmospheric splitting: 0.3 here, gone without it.
    without = combined.chi2("3+1", **point, dm2_21=0.0, dm2_31=0.0)
    assert without == pytest.approx(view, abs=1e-6)
    assert combined.chi2("3+1", **point) == pytest.approx(view, abs=0.5)


def test_a_model_may_treat_neutrinos_and_antineutrinos_differently() -> None:
    def only(initial, final, antineutrino, L, E, *, nu, nubar):  # type: ignore[no-untyped-def]
        return (nubar if antineutrino else nu) * np.ones_like(E)

    release = load("miniboone-nue@2020-r1")
    events = release.table("events_nubar")
    inside = (events["energy_reconstructed"] >= 200.0) & (events["energy_reconstructed"] < 3000.0)
    combined = ready("2020-r1", "combined")
    background = combined.predict("2nu-mue", dm2_41=1.0, sin2_2theta_mue=0.0)
    signal = combined.predict(only, nu=0.0, nubar=0.01) - background
    group = {"nu": signal[:11].sum(), "nubar": signal[19:30].sum()}
    right = events["weight"][inside & ~events["wrong_sign"]].sum() / len(events)
    assert group["nu"] == 0.0
    assert group["nubar"] == pytest.approx(0.01 * right, rel=1e-12)
    wrong_sign = combined.predict(only, nu=0.01, nubar=0.0) - background
    left = events["weight"][inside & events["wrong_sign"]].sum() / len(events)
    assert wrong_sign[19:30].sum() == pytest.approx(0.01 * left, rel=1e-12)


def test_many_points_at_once_agree_with_one_at_a_time() -> None:
    nu = ready("2018-r1", "nu")
    dm2, amplitude = np.array([0.05, 0.3, 2.0, 40.0]), np.array([0.9, 0.01, 0.003, 0.0])
    together = nu.chi2("2nu-mue", dm2_41=dm2, sin2_2theta_mue=amplitude)
    alone = [nu.chi2("2nu-mue", dm2_41=d, sin2_2theta_mue=a) for d, a in zip(dm2, amplitude, strict=True)]
    assert np.allclose(together, alone, rtol=0.0, atol=1e-9)


def test_releases_of_the_same_experiment_overlap() -> None:
    for version in VERSIONS:
        others = {f"miniboone-nue@{v.partition('-')[0]}" for v in VERSIONS if v != version}
        assert {o.release for o in likelihood(f"miniboone-nue@{version}").overlaps} == others


# --- events collapsed in L/E --------------------------------------------------------------------------------


def test_templates_of_collapsed_events_are_those_of_the_event_sum() -> None:
    """Up to 100 eV² no event changes a bin by more than 1e-10 of its events, and −2lnL by less than 1e-8."""
    combined = ready("2020-r1", "combined")
    dm2 = np.unique(load("miniboone-nue@2020-r1").table("surface_combined")["dm2_fit"])
    for channel in combined.response.channels:
        assert channel.kernels.collapsed is not None
        assert channel.kernels.collapsed.size < 0.2 * channel.E.size
        bound = channel.kernels.collapsed.bound(dm2)[:, None] * channel.total
        rounding = 1e-12 * channel.total
        assert (np.abs(channel.kernel(dm2) - channel.kernels.by_node(dm2)) <= bound + rounding).all()
    points = {"dm2_41": np.repeat(dm2[::9], 3), "sin2_2theta_mue": np.tile([0.002, 0.05, 1.0], dm2[::9].size)}
    one_by_one = replace(
        combined,
        response=replace(
            combined.response,
            channels=tuple(replace(c, collapsible=False) for c in combined.response.channels),
        ),
    )
    assert all(c.kernels.collapsed is None for c in one_by_one.response.channels)
    found, expected = (lk.chi2("2nu-mue", **points) for lk in (combined, one_by_one))
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-8)
