"""MicroBooNE 2021 and 2025: what the released covariances give, and what they refuse."""

from typing import Any

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmarks import of_release
from nuanomaly.inference.fit import fit
from nuanomaly.likelihood.algebra.constraint import constrain
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.families.count_chi2 import counting_variance
from nuanomaly.likelihood.statistic.counts_covariance import parabola
from nuanomaly.model.probabilities import NotApplicableError

LEE, TWO_BEAMS = "microboone-lee@2021-r1", "microboone-bnb-numi@2025-r1"


@pytest.mark.parametrize("name", [LEE, TWO_BEAMS])
def test_every_benchmark_holds(name: str) -> None:
    rows = of_release(load(name))
    assert len(rows) >= 5
    assert [r["id"] for r in rows if not r["ok"]] == []


def test_2021_prefers_no_excess_and_its_value_is_that_of_the_released_tables() -> None:
    best = fit(likelihood(LEE), "3nu")
    assert best.parameters["lee_strength"] == pytest.approx(0.0, abs=1e-6)
    assert best.value == pytest.approx(83.49, abs=0.05)
    assert likelihood(LEE).n_bins == 137
    assert likelihood(LEE).statistic == "chi2"


@pytest.mark.parametrize("step", range(0, 21, 4))
def test_at_released_strengths_the_parabola_gives_the_value_of_the_released_covariance(step: int) -> None:
    release, x = load(LEE), step / 10
    channels = release.table("channels")
    data, null = channels["data"].to_numpy(float), channels["prediction"].to_numpy()
    mu = null + x * (channels["prediction_lee"].to_numpy() - null)
    variance = mu / 2.0
    full = data > 0
    variance[full] = 3.0 / (1.0 / data[full] + 2.0 / mu[full])
    total = release.matrix(f"covariance_x_{step:02d}") + np.diag(variance)
    expected = (data - mu) @ np.linalg.solve(total, data - mu)
    assert likelihood(LEE).chi2("3nu", lee_strength=x) == pytest.approx(expected, abs=1e-3)


def test_many_strengths_at_once_are_the_same_as_one_by_one() -> None:
    x = np.linspace(0.0, 2.0, 300)
    chosen = likelihood(LEE)
    values = chosen.chi2("3nu", lee_strength=x)
    assert values[137] == pytest.approx(chosen.chi2("3nu", lee_strength=float(x[137])), abs=1e-9)
    assert (np.diff(values) > 0.0).all()


@pytest.mark.parametrize("name", [LEE, TWO_BEAMS])
@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        ("3+1", {"dm2_41": 1.0, "Ue4_sq": 0.01, "Umu4_sq": 0.01}),
        ("2nu-mue", {"dm2_41": 1.0, "sin2_2theta_mue": 1e-3}),
    ],
)
def test_what_oscillates_is_not_applicable_and_the_reason_is_told(
    name: str, model: str, parameters: dict[str, Any]
) -> None:
    strength = {"lee_strength": 0.0} if name == LEE else {}
    with pytest.raises(NotApplicableError, match="true energy"):
        likelihood(name).chi2(model, **parameters, **strength)


def test_the_data_of_the_booster_beam_are_the_same_in_both_releases() -> None:
    sums = [load(n).table("channels").groupby("channel")["data"].sum() for n in (LEE, TWO_BEAMS)]
    assert {c: n for c, n in sums[0].items()} == {c: sums[1][f"bnb-{c}"] for c in sums[0].index}
    for name, other in ((LEE, TWO_BEAMS), (TWO_BEAMS, LEE)):
        assert [o.release for o in likelihood(name).overlaps] == [other]


def test_the_released_constraint_was_made_with_pearsons_variance() -> None:
    release = load(LEE)
    channels, released = release.table("channels"), release.table("constrained")
    data, mu = channels["data"].to_numpy(float), channels["prediction"].to_numpy()
    others = (channels["channel"] != "nue-cc-fc").to_numpy()
    away = {}
    for statistical in ("combined-neyman-pearson", "neyman", "pearson"):
        variance = counting_variance(data, mu, statistical)  # type: ignore[arg-type]
        fitted, error = constrain(mu, release.matrix("covariance_x_00"), data, others, variance)
        away[statistical] = np.abs(fitted[:26] - released["prediction"]).max()
        if statistical == "pearson":
            matrix = release.matrix("covariance_constrained")
            assert np.allclose(error[:26, :26], matrix, atol=1.2e-3)
    assert away["pearson"] < 0.09
    assert min(away["neyman"], away["combined-neyman-pearson"]) > 1.0


def test_a_covariance_that_is_not_on_the_parabola_is_refused() -> None:
    at = np.linspace(0.0, 2.0, 5)
    tables = (1.0 + at**2)[:, None, None] * np.eye(2)
    assert parabola(at, tables)[2] == pytest.approx(np.eye(2), abs=1e-12)
    tables[3] *= 1.01
    with pytest.raises(NuanomalyError, match=r"the covariance at .* is not on a parabola"):
        parabola(at, tables)


def test_an_empty_prediction_of_an_empty_bin_has_no_variance() -> None:
    zero = np.zeros(1)
    assert counting_variance(zero, zero, "combined-neyman-pearson").tolist() == [0.0]
    assert counting_variance(np.ones(1), zero, "combined-neyman-pearson").tolist() == [0.0]
