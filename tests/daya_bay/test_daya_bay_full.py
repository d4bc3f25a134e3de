"""Daya Bay's full release: the response is made of its files, and many pulls are solved as few would be."""

import bz2
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from importers import _daya_bay_detector as detector
from importers import _daya_bay_effects as effects
from importers import _daya_bay_release as release_files

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.inference.datasets import check_overlaps, resolve
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.parts import Prediction
from nuanomaly.likelihood.statistic.many_pulls import ManyPulls, condensed
from nuanomaly.likelihood.statistic.pulls import Pulls

NEAR_PUBLISHED = {"sin2_theta13": 0.0218, "dm2_31": 2.546e-3, "dm2_21": 7.53e-5, "sin2_theta12": 0.307}


# --- the importer -------------------------------------------------------------------------------------------


def write(folder: Path, name: str, text: str) -> None:
    path = folder / f"{name}.tsv.bz2"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bz2.compress(text.encode()))


def test_files_are_read_through_their_compression(tmp_path: Path) -> None:
    write(tmp_path, "folder.tsv/graph", "E_MeV\tf\n1.0\t0.5\n2.0\t0.25\n")
    files = release_files.Files(tmp_path)
    assert files.table("folder.tsv/graph")["f"].tolist() == [0.5, 0.25]
    with pytest.raises(NuanomalyError, match=r"other\.tsv\.bz2: the file is missing"):
        files.table("other")


def test_rates_of_a_week_belong_to_the_days_of_its_period(tmp_path: Path) -> None:
    head = "day\tn_days\tn_det_mask\tneutrino_rate_per_s\n"
    for core in release_files.CORES:
        # the second week is the last of six detectors and the first of eight
        weeks = "0\t7\t1\t10.0\n7\t7\t3\t20.0\n14\t7\t2\t30.0\n"
        write(tmp_path, f"neutrino_rate.tsv/neutrino_rate_{core}", head + weeks)
    rates = release_files.Files(tmp_path)._rates()
    assert rates["R1", "6AD"].tolist() == [10.0] * 7 + [20.0] * 7 + [0.0] * 7
    assert rates["R6", "8AD"].tolist() == [0.0] * 7 + [20.0] * 7 + [30.0] * 7


def test_sharing_of_a_curve_loses_nothing_and_moves_energies_as_it_says() -> None:
    energy = np.linspace(1.0, 11.0, 101)
    shares = detector._sharing(energy, 0.9 * energy)
    inside = slice(30, 200)
    np.testing.assert_allclose(shares[:, inside].sum(axis=0), 1.0, atol=1e-12)
    np.testing.assert_allclose(
        detector.CENTRES @ shares[:, inside], 0.9 * detector.CENTRES[inside], atol=0.03
    )


def test_tents_of_neighbouring_knots_add_up_to_one_and_go_on_straight() -> None:
    edges = np.array([1.8, 3.0, 5.0, 8.0])
    total = sum(effects._tent(edges, k) for k in range(4))
    np.testing.assert_allclose(total, 1.0, atol=1e-12)
    last = effects._tent(edges, 3)
    assert last[detector.ENERGIES > 11.0].min() > 1.9


# --- the release --------------------------------------------------------------------------------------------


def test_the_prediction_agrees_with_the_candidates_to_the_deficit_of_the_reactors() -> None:
    """No number of it was fitted: 5.84/6.15 of Huber-Mueller (arXiv:2501.00746), with an error of 0.011."""
    own = likelihood("daya-bay@2025-r1")
    spectra = load("daya-bay@2025-r1").table("spectra")
    predicted = np.asarray(own.predict("3nu", **NEAR_PUBLISHED))
    near = spectra["site"].str.startswith(("AD1", "AD2")).to_numpy()
    seen = (spectra["observed"] - spectra["background"]).to_numpy(float)
    assert seen[near].sum() / predicted[near].sum() == pytest.approx(5.84 / 6.15, abs=0.003)


def test_totals_are_those_of_the_supplement_and_bins_are_not() -> None:
    """The spectra of 2022 are in true prompt energy: the same candidates fall into other bins."""
    halls = {"AD1": "EH1", "AD2": "EH2", "AD3": "EH3"}
    fresh = load("daya-bay@2025-r1").table("spectra")
    old = load("daya-bay@2022-r1").table("spectra")
    hall = fresh["site"].str[:3].map(halls) + "-" + fresh["site"].str[5:7].str.replace("A", "")
    fresh = fresh.assign(place=hall, bin=np.tile(np.arange(26), 21))
    summed = fresh.groupby(["place", "bin"])["observed"].sum()
    assert summed.groupby("place").sum().sum() == old["observed"].sum()
    bins = [counts.to_numpy().reshape(-1, 26).sum(axis=0) for counts in (old["observed"], summed)]
    assert np.abs(bins[0] / bins[1] - 1.0).max() == pytest.approx(0.31, abs=0.01)


def test_a_fit_of_both_forms_of_the_same_days_is_refused() -> None:
    with pytest.raises(NuanomalyError, match="the same 3158 days"):
        check_overlaps(resolve(["daya-bay@2025-r1", "daya-bay@2022-r1"]), allow=False)


# --- the statistic ------------------------------------------------------------------------------------------


def some_counts() -> tuple[Pulls, np.ndarray]:
    random = np.random.default_rng(5)
    n = 40
    mu = random.uniform(2e3, 2e4, n)
    background = random.uniform(10.0, 100.0, n)
    signal = 0.01 * random.standard_normal((n, 12))
    signal[:, :3] = 1.0 * (np.arange(n) % 3 == np.arange(3)[:, None]).T
    extra = background[:, None] * 0.1 * random.standard_normal((n, 4))
    prior = np.r_[np.zeros(3), np.ones(13)]
    data = random.poisson(0.9 * mu + background).astype(float)
    return Pulls(data, background, signal, extra, prior, "data"), mu


def test_many_pulls_give_what_the_closed_form_gives() -> None:
    few, mu = some_counts()
    prediction = Prediction(np.array([mu, 0.97 * mu, 1.1 * mu]), np.zeros((3, mu.size, 0)))
    signal, prior, _ = condensed(few.signal, few.prior[:12], few.data)
    many = ManyPulls(few.data, few.background, signal, few.extra, np.r_[prior, few.prior[12:]], "data")
    np.testing.assert_allclose(many.value(prediction), few.value(prediction), atol=2e-4)


def test_chi2_of_a_point_does_not_depend_on_what_else_is_asked() -> None:
    """Points that settle at once and points that take long, together, apart and in another order."""
    own = likelihood("daya-bay@2025-r1")
    dm2, Ue4 = (axis.ravel() for axis in np.meshgrid(np.geomspace(2e-4, 0.3, 9), [1e-3, 0.02, 0.1]))
    points = {"dm2_41": dm2, "Ue4_sq": Ue4, "Umu4_sq": np.zeros_like(dm2)}
    together = own.chi2("3+1", **points)
    backwards = own.chi2("3+1", **{name: values[::-1] for name, values in points.items()})[::-1]
    alone = [own.chi2("3+1", **{name: values[k] for name, values in points.items()}) for k in range(dm2.size)]
    np.testing.assert_allclose(backwards, together, rtol=1e-8)
    np.testing.assert_allclose(alone, together, rtol=1e-8)


def test_points_far_from_the_data_settle() -> None:
    """Half of the far flux gone: χ² is a million, where steps of the varying variance go to and fro."""
    own = likelihood("daya-bay@2025-r1")
    values = own.chi2("3+1", dm2_41=np.array([0.01, 0.018, 0.055]), Ue4_sq=0.4, Umu4_sq=0.0)
    assert np.all(values > 1e5)


def test_the_pulls_are_where_the_gradient_vanishes() -> None:
    """With the variance of the fit, the pulls solve the linear equations of that variance."""
    few, mu = some_counts()
    many = ManyPulls(few.data, few.background, few.signal, few.extra, few.prior, "prediction")
    value, fitted, xi = (content[0] for content in many._settled(mu[None]))
    fixed = Pulls(few.data, few.background, few.signal, few.extra, few.prior, "data")
    effects = np.concatenate([fixed.signal * mu[:, None], fixed.extra], axis=1)
    weighted = effects / fitted[:, None]
    solved = np.linalg.solve(
        effects.T @ weighted + np.diag(few.prior), weighted.T @ (few.data - few.background - mu)
    )
    np.testing.assert_allclose(xi, solved, atol=1e-6)
    assert value == pytest.approx(np.sum((few.data - fitted) ** 2 / fitted) + few.prior @ xi**2, rel=1e-9)


def test_the_variance_is_that_of_the_prediction_that_fits() -> None:
    """A common factor that pulls take up leaves χ² where it was."""
    few, mu = some_counts()
    many = ManyPulls(few.data, few.background, few.signal, few.extra, few.prior, "prediction")
    prediction = Prediction(np.array([mu, 1.0 * mu]), np.zeros((2, mu.size, 0)))
    fitted = many.fitted(prediction)[0]
    free = Pulls(few.data, few.background, few.signal, few.extra, few.prior, "prediction")
    assert abs(float((few.data - fitted).sum())) < 0.02 * few.data.sum()
    assert (
        many.value(prediction)[0] > free.value(prediction)[0] + 1.0
    )  # V of 1/0.9 of the counts is too large


def test_single_points_and_scans_give_the_same_to_the_accuracy_that_is_claimed() -> None:
    own = likelihood("daya-bay@2025-r1")
    angles = np.linspace(0.018, 0.026, 7)
    rest = {k: v for k, v in NEAR_PUBLISHED.items() if k != "sin2_theta13"}
    together = own.chi2("3nu", sin2_theta13=angles, **rest)
    apart = [own.chi2("3nu", sin2_theta13=angle, **rest) for angle in angles]
    np.testing.assert_allclose(together, apart, atol=1e-4)


def test_slow_waves_are_those_of_the_nodes() -> None:
    (channel,) = likelihood("daya-bay@2025-r1").response.channels  # type: ignore[attr-defined]
    dm2 = np.array([7.5e-5, 2.5e-3, 9.9e-3])
    exact = channel.kernels.by_node(dm2)
    np.testing.assert_allclose(channel.kernels.slow.rows(dm2), exact, atol=1e-9 * float(channel.total.max()))
    assert channel.slow_below == 0.01


def test_pulls_are_named_and_every_effect_has_a_column() -> None:
    release = load("daya-bay@2025-r1")
    pulls: pd.DataFrame = release.table("pulls")
    assert len(pulls) == release.matrix("pull-effects").shape[1] == 245
    assert pulls["sigma"].isna().sum() == 19
    assert pulls["pull"].is_unique
