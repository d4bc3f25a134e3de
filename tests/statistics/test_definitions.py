"""Definitions of χ²: counts fitted by hand, and what is left when bins are left out."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from nuanomaly.cli import main
from nuanomaly.inference.ablation import ablation, variants
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.families.count_chi2 import ChiSquareOfCounts
from nuanomaly.likelihood.families.definitions import CountingVariance
from nuanomaly.likelihood.families.poisson_with_covariance import PoissonWithCovariance
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.parts import Prediction
from nuanomaly.likelihood.statistic.counts_covariance import CountsCovariance
from nuanomaly.likelihood.statistic.poisson import Poisson
from nuanomaly.likelihood.transform.stack import Stack
from nuanomaly.likelihood.wrappers.marginal import without_bins
from nuanomaly.model.probabilities import Array
from nuanomaly.model.registry import model

COUNTS = np.array([7.0, 12.0, 9.0, 15.0, 4.0])


def fitted(measure: ChiSquareOfCounts | Poisson) -> float:
    """Return the constant that fits counts best, on a fine grid."""
    level = np.linspace(4.0, 15.0, 11_001)
    mu = np.repeat(level[:, None], COUNTS.size, axis=1)
    return float(level[measure.value(Prediction(mu, np.zeros((*mu.shape, 0)))).argmin()])


def test_a_constant_is_the_mean_of_counts_that_each_definition_stands_for() -> None:
    """Neyman's is the harmonic mean, Pearson's the root of the mean square, Poisson's the mean."""
    found = {s: fitted(ChiSquareOfCounts(COUNTS, Nuisances(), s)) for s in ("neyman", "pearson")}
    assert found["neyman"] == pytest.approx(1.0 / np.mean(1.0 / COUNTS), abs=1e-3)
    assert found["pearson"] == pytest.approx(np.sqrt(np.mean(COUNTS**2)), abs=1e-3)
    assert fitted(Poisson(COUNTS, Nuisances(), "chi2")) == pytest.approx(COUNTS.mean(), abs=1e-3)
    both = fitted(ChiSquareOfCounts(COUNTS, Nuisances(), "combined-neyman-pearson"))
    # Σ (1 − μ/n) = Σ ((n/μ)² − 1): the derivative of the combination vanishes
    assert np.sum(1.0 - both / COUNTS) + np.sum((COUNTS / both) ** 2 - 1.0) == pytest.approx(0.0, abs=2e-3)


@pytest.mark.parametrize("statistical", ["combined-neyman-pearson", "neyman", "pearson"])
def test_a_profiled_nuisance_is_where_a_scan_finds_it(statistical: CountingVariance) -> None:
    counts = np.array([7.0, 0.0, 9.0, 15.0, 4.0])
    mu, effect = np.array([8.0, 1.5, 7.0, 12.0, 6.0]), np.array([2.0, 0.5, 1.0, 3.0, 1.0])
    known = Nuisances((Nuisance("strength", "", 0.8, 0.8),))
    profiled = ChiSquareOfCounts(counts, known, statistical)
    xi = np.linspace(-2.5, 3.0, 20_001)
    moved = Prediction(mu + xi[:, None] * effect, np.zeros((xi.size, 5, 0)))
    scanned = ChiSquareOfCounts(counts, Nuisances(), statistical).value(moved) + (xi / 0.8) ** 2
    found = profiled.value(Prediction(mu[None], effect[None, :, None]))
    assert found[0] == pytest.approx(scanned.min(), abs=1e-6)


def counted(data: Array, mean: float, covariance: Array) -> tuple[CountsCovariance, Prediction]:
    n = data.size
    stack = Stack({}, np.arange(n), np.full(n, -1), np.full(n, mean))
    prediction = Prediction(np.full((1, n), mean), np.zeros((1, n, 0)))
    return CountsCovariance(data, covariance[None], None, stack), prediction


def test_poisson_with_a_covariance_is_poisson_without_one_and_gaussian_with_many_counts() -> None:
    data = np.array([90.0, 104.0, 0.0])
    whole, prediction = counted(data, 100.0, 1e-9 * np.eye(3))
    alone = Poisson(data, Nuisances(), "-2lnL").value(prediction)
    assert PoissonWithCovariance.of(whole).value(prediction)[0] == pytest.approx(alone[0], rel=1e-7)
    many = np.array([99_000.0, 101_200.0])
    whole, prediction = counted(many, 100_000.0, 900.0**2 * np.ones((2, 2)) + 4.0 * np.eye(2))
    gaussian = whole.value(prediction)[0]
    assert PoissonWithCovariance.of(whole).value(prediction)[0] == pytest.approx(gaussian, rel=2e-3)


def test_bins_left_out_of_counts_are_as_if_never_counted(make: SimpleNamespace) -> None:
    data = np.array([20.0, 16.0, 19.0, 9.0])
    whole = make.counting(data, nuisance=True)
    part = without_bins(whole, [1])
    point = {"dm2_41": 2.0, "sin2_2theta_mue": 0.05}
    other = [
        without_bins(make.counting(np.array([20.0, k, 19.0, 9.0]), nuisance=True), [1]) for k in (3.0, 40.0)
    ]
    assert {one.chi2("2nu-mue", **point) for one in (*other, part)} == {part.chi2("2nu-mue", **point)}
    assert part.n_bins == 3


@pytest.mark.parametrize("name", ["prospect", "danss", "miniboone-nue@2018", "microboone-lee"])
def test_bins_that_are_left_out_are_not_looked_at(name: str) -> None:
    """The value without some bins is that of a statistic of the others: it never grows with more bins."""
    whole = likelihood(name)
    point = {"lee_strength": 0.3} if name == "microboone-lee" else {"dm2_41": 1.1, "sin2_2theta_ee": 0.1}
    if name.startswith("miniboone"):
        point = {"dm2_41": 0.5, "sin2_2theta_mue": 0.01}
    chosen = {"microboone-lee": "3nu", "miniboone-nue@2018": "2nu-mue"}.get(name, "2nu-ee")
    if name.startswith("miniboone"):  # ln det grows with bins: compare the χ² alone
        whole = replace(whole, measure=replace(whole.measure, log_determinant=False))
    part = without_bins(whole, [2, 3])
    fewer = without_bins(whole, [2, 3, 7])
    values = [one.chi2(chosen, **point) for one in (whole, part, fewer)]
    assert values[0] > values[1] > values[2] > 0.0


def test_the_bins_of_a_group_are_numbered_through() -> None:
    rows = [v.definition for v in variants(likelihood("gallium"), model("2nu-ee"))]
    assert [r for r in rows if r.startswith("without")] == [f"without bin {k}" for k in range(6)]


def test_the_ablation_of_miniboone_shows_a_counting_error_that_is_counted_twice() -> None:
    grid = {"dm2_41": (0.03, 1.0, 10, "log"), "sin2_2theta_mue": (1e-3, 0.9, 10, "log")}
    rows = {r.definition: r for r in ablation("miniboone-nue@2018", "2nu-mue", grid=grid, bins=False)}
    assert rows["counting error of signal and background"].delta == pytest.approx(18.3, abs=0.1)


def test_the_ablation_is_a_command() -> None:
    grid = ["--grid", "dm2_41=0.1:50:15", "--grid", "sin2_2theta_mue=0.001:1:9"]
    command = ["ablation", "karmen", "--model", "2nu-mue", *grid]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    assert "variance: Neyman (of the data)" in done.output
    assert "σ" in done.output
    rows = json.loads(CliRunner().invoke(main, [*command, "--no-bins", "--json"]).output)
    assert {row["group"] for row in rows} == {"own", "definition"}
