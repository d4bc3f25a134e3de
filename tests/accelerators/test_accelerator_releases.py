"""Accelerator releases: what their likelihoods give, and what they refuse."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmarks import of_release
from nuanomaly.likelihood.accelerator.muon_range import energy_of_range, stopping_power
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.response import flux_spectra, near_far
from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Array, NotApplicableError

RELEASES = (
    "miniboone-numu@2009-r1",
    "sciboone-miniboone-numubar@2012-r1",
    "nue-carbon@2012-r1",
    "cdhs@1984-r1",
    "ccfr@1984-r1",
    "e776@1992-r1",
)


@pytest.mark.parametrize("name", RELEASES)
def test_benchmarks_hold(name: str) -> None:
    rows = of_release(load(name))
    assert rows
    for row in rows:
        assert row["ok"], row


# --- MiniBooNE νμ ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "null", "least"), [("nu", 17.78, 12.72), ("nubar", 10.29, 5.43)])
def test_the_surface_is_read_at_no_oscillation_and_at_its_minimum(
    mode: str, null: float, least: float
) -> None:
    surface = likelihood("miniboone-numu", mode)
    assert surface.chi2("2nu-mumu", dm2_41=1.0, sin2_2theta_mumu=0.0) == null
    table = load("miniboone-numu").table(f"chi2-{mode}")
    best = table.iloc[int(table["chi2"].to_numpy().argmin())]
    found = surface.chi2("2nu-mumu", dm2_41=best["dm2_41"], sin2_2theta_mumu=best["sin2_2theta_mumu"])
    assert found == pytest.approx(least, abs=1e-9)


@pytest.mark.parametrize("model", ["2nu-ee", "2nu-mue"])
def test_a_surface_of_muon_disappearance_says_nothing_of_electrons(model: str) -> None:
    amplitude = {"2nu-ee": "sin2_2theta_ee", "2nu-mue": "sin2_2theta_mue"}[model]
    with pytest.raises(NotApplicableError, match="is a tabulated surface"):
        likelihood("miniboone-numu").chi2(model, dm2_41=1.0, **{amplitude: 0.1})


# --- SciBooNE and MiniBooNE -----------------------------------------------------------------------


def test_an_oscillation_of_the_joint_analysis_is_refused_with_the_reason() -> None:
    joint = likelihood("sciboone-miniboone-numubar")
    assert joint.statistic == "chi2"
    with pytest.raises(NotApplicableError, match="nothing of their true energies"):
        joint.chi2("2nu-mumu", dm2_41=1.0, sin2_2theta_mumu=0.1)


def test_the_total_matrix_is_that_of_the_blocks_and_of_poisson_errors() -> None:
    release = load("sciboone-miniboone-numubar")
    tables = [release.table(name) for name in ("miniboone", "sciboone")]
    parts = np.concatenate([np.r_[t["antineutrinos"], t["neutrinos"]] for t in tables])
    sums = np.kron(np.eye(2), np.kron(np.ones((1, 2)), np.eye(21)))
    own = sums @ (release.matrix("fractional-covariance") * np.outer(parts, parts)) @ sums.T
    own += np.diag(np.concatenate([t["total"] for t in tables]))
    total = release.matrix("total-covariance")
    scale = np.sqrt(np.outer(np.diag(total), np.diag(total)))
    assert np.abs((own - total) / scale).max() < 2e-5


# --- νe on carbon ---------------------------------------------------------------------------------


def carbon(mode: str) -> tuple[Array, dict[str, Any]]:
    """The prediction without oscillation or background, and the configuration of the detector."""
    config = load("nue-carbon").metadata["likelihood"]["modes"][mode]["response"]
    response = flux_spectra.build(config, load("nue-carbon"))
    return response.channels[0].total, config["detectors"][0]


@pytest.mark.parametrize(("mode", "table", "tolerance"), [("karmen", "karmen", 0.06), ("lsnd", "lsnd", 0.2)])
def test_expected_spectra_have_the_shape_of_the_public_fit(mode: str, table: str, tolerance: float) -> None:
    expected = load("nue-carbon").table(table)["expected_of_others"].to_numpy()
    found, _ = carbon(mode)
    if mode == "lsnd":
        expected = expected.reshape(-1, 2).sum(axis=1)
    assert np.abs(found * expected.sum() / found.sum() - expected).max() < tolerance


def test_the_normalisations_are_the_products_that_are_written_beside_them() -> None:
    per_area = 5.23e21 * 0.272 / (4.0 * np.pi * 1772.0**2)
    assert per_area * 2.54e30 * 9.2e-42 == pytest.approx(carbon("karmen")[1]["events"]["number"], rel=1e-3)
    events = carbon("lsnd")[1]["events"]["number"]
    assert events == pytest.approx(10.58e13 * 0.232 * 3.34e30 * 9.2e-42, rel=1e-3)
    assert carbon("lsnd")[0].sum() == pytest.approx(754.2)


def test_spectra_on_carbon_are_those_of_an_integral_done_point_by_point() -> None:
    release = load("nue-carbon")
    flux, bins = release.table("flux-karmen"), release.table("karmen")
    E = np.arange(26.0, 55.0, 0.05) + 0.025
    rate = np.maximum(np.interp(E, 1e3 * flux["energy"], flux["flux"], left=0.0, right=0.0), 0.0)
    L = np.linspace(17.675 - 1.75, 17.675 + 1.75, 501)
    P = 1.0 - 0.4 * (np.sin(PHASE * 3.0 * L[:, None] / E) ** 2 / L[:, None] ** 2).sum(0) / (1.0 / L**2).sum()
    edges = np.append(bins["low"], bins["high"].iloc[-1])[:, None]
    response = np.diff(norm.cdf(edges, E, 0.253 * np.sqrt(E)), axis=0) * (E > 30.0)
    by_points = (response * rate * P).sum(axis=1) * 842.5 / rate.sum() + bins["background"]
    found = likelihood("nue-carbon", "karmen").predict("2nu-ee", dm2_41=3.0, sin2_2theta_ee=0.4)
    assert np.allclose(found, by_points, rtol=2e-3)


def test_a_cross_section_that_is_wrong_for_both_is_paid_for_once() -> None:
    point = {"dm2_41": 1.0, "sin2_2theta_ee": 0.5}
    alone = [likelihood("nue-carbon", mode).chi2("2nu-ee", **point) for mode in ("karmen", "lsnd")]
    both = likelihood("nue-carbon", "both")
    assert both.nuisances.ids == (
        "karmen-nue-carbon-normalisation",
        "lsnd-nue-carbon-normalisation",
        "nue-carbon12-cross-section",
    )
    assert both.chi2("2nu-ee", **point) < sum(alone) - 1.0


def test_a_threshold_above_the_spectrum_is_refused() -> None:
    config = {"detectors": [{**carbon("karmen")[1], "threshold": 60.0}]}
    with pytest.raises(NuanomalyError, match="above the threshold"):
        flux_spectra.build(config, load("nue-carbon"))


# --- CDHS and CCFR --------------------------------------------------------------------------------


def test_ccfr_is_an_average_over_the_decay_pipe() -> None:
    energies = load("ccfr").table("ratio")["energy"].to_numpy() * 1e3

    def average(middle: float, length: float) -> Array:
        L = np.linspace(middle - length / 2, middle + length / 2, 4001)[:, None]
        P = 1.0 - 0.3 * np.sin(PHASE * 150.0 * L / energies) ** 2
        return np.asarray((P / L**2).sum(axis=0) / (1.0 / L**2).sum())

    expected = average(1116.0, 357.0) / average(715.0, 356.5)
    found = likelihood("ccfr").predict("2nu-mumu", dm2_41=150.0, sin2_2theta_mumu=0.3)
    assert np.allclose(found, expected, rtol=1e-3)


def test_cdhs_bins_of_longer_ranges_have_neutrinos_of_more_energy() -> None:
    config = load("cdhs").metadata["likelihood"]["response"]
    response = near_far.build(config, load("cdhs"))
    channel = response.channels[0]
    dense = channel.weights.toarray()[:15]  # type: ignore[union-attr]
    means = dense @ channel.E / dense.sum(axis=1)
    assert (np.diff(means[:8]) > 0.0).all()
    assert (np.diff(means[8:]) > 0.0).all()
    assert 1000.0 < means[0] < 2500.0
    assert channel.total == pytest.approx([1.0] * 15 + [0.0] * 15)


def test_the_disputed_ratio_of_cdhs_does_not_decide() -> None:
    values = [likelihood("cdhs", mode).chi2("3nu") for mode in ("default", "other")]
    assert values[0] - values[1] == pytest.approx(0.33, abs=0.005)


def test_equal_distances_cancel() -> None:
    release = load("ccfr")
    config = {**release.metadata["likelihood"]["response"], "far": {"baseline": 715.0, "length": 356.5}}
    near, far = near_far.build(config, release).channels
    assert np.allclose(near.kernel(np.array([30.0]))[0][:18], far.kernel(np.array([30.0]))[0][18:])


def test_the_least_loss_of_energy_in_iron_is_the_tabulated_one() -> None:
    # 1.451 MeV cm²/g, minimum ionisation of muons in iron in the Review of Particle Physics
    least = stopping_power(np.geomspace(50.0, 5000.0, 400)).min()
    assert least == pytest.approx(1.451, abs=0.001)


def test_energies_grow_with_the_range() -> None:
    energies = energy_of_range(np.array([10.0, 37.5, 100.0, 450.0]))
    assert (np.diff(energies) > 0.0).all()


# --- contours -------------------------------------------------------------------------------------


def test_every_contour_of_the_index_has_points_in_its_table_and_none_is_a_likelihood() -> None:
    release = load("contours@2024-r1")
    index = release.table("index")
    for channel, names in index.groupby("channel")["contour"]:
        assert set(release.table(str(channel))["contour"]) == set(names)
    assert "likelihood" not in release.metadata
    with pytest.raises(NuanomalyError, match="has no likelihood"):
        likelihood("contours")


@pytest.mark.parametrize("name", ["opera", "icarus", "e776"])
def test_counts_without_a_response_cannot_be_fitted(name: str) -> None:
    with pytest.raises(NuanomalyError, match="has no likelihood"):
        likelihood(name)


def test_the_table_of_others_does_not_go_to_three_neutrinos_for_opera() -> None:
    release = load("opera")
    counts, table = release.table("counts"), release.table("chi2")
    n, mu = counts["observed"].to_numpy(float), counts["expected"].to_numpy(float)
    xi = np.linspace(-0.5, 0.5, 10001)[:, None]
    deviance = 2.0 * (mu * (1.0 + xi) - n + n * np.log(n / (mu * (1.0 + xi)))).sum(axis=1)
    least = float((deviance + (xi[:, 0] / 0.15) ** 2).min())
    small = table[table["sin2_2theta_mue"] < 1.1e-4]["normal"].to_numpy()
    assert least == pytest.approx(0.781, abs=0.001)
    assert small.max() < least - 0.04
