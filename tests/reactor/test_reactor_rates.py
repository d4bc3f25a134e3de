"""What the compilation of reactor rates gives, and what goes wrong with a wrong recipe."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmark import average_ratio
from nuanomaly.inference.benchmarks import of_release
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.reactor.inverse_beta_decay import IsotopeResponse
from nuanomaly.model import registry
from nuanomaly.model.probabilities import Array

RELEASE = "reactor-rates@2020-r1"
#: What the compilation fixes: sin²2θ13 = 0.084, Δm²31 and Δm²21.
THETA13 = {"sin2_theta13": 0.02146056, "dm2_31": 2.525e-3, "dm2_21": 7.39e-5}
SHORT = "huber-mueller-short-baseline"


def rates(mode: str) -> ResponseLikelihood:
    found = likelihood(RELEASE, mode)
    assert isinstance(found, ResponseLikelihood)
    return found


def smallest(fit: ResponseLikelihood, dm2: Array, amplitude: Array) -> float:
    return float(fit.chi2("2nu-ee", dm2_41=dm2[:, None], sin2_2theta_ee=amplitude, **THETA13).min())


def test_every_benchmark_of_the_release_holds() -> None:
    found = of_release(load(RELEASE))
    assert len(found) == 12
    assert [b["id"] for b in found if not b["ok"]] == []


def test_short_baseline_rates_do_not_depend_on_theta13_in_the_two_flavour_view() -> None:
    at = {"dm2_41": 0.41, "sin2_2theta_ee": 0.09}
    fit = rates(SHORT)
    assert fit.chi2("2nu-ee", **at) == fit.chi2("2nu-ee", **at, **THETA13)


def test_published_maps_come_out_with_the_baseline_twice_in_the_phase_and_not_with_the_right_one() -> None:
    # the code of the maps multiplies the phase of rows 21-23 and RENO by the central baseline in km once more
    fit = rates("huber-mueller")
    assert isinstance(fit.response, IsotopeResponse)
    short, long = fit.response.channels
    wrong = replace(fit, response=replace(fit.response, channels=(short, baseline_twice(long, fit.response))))
    dm2, amplitude = np.geomspace(0.3, 0.7, 41), np.linspace(0.08, 0.15, 36)
    assert wrong.chi2("3nu", **THETA13) == pytest.approx(39.72, abs=0.1)
    assert smallest(wrong, dm2, amplitude) == pytest.approx(31.14, abs=0.1)
    assert abs(fit.chi2("3nu", **THETA13) - 39.72) > 2.0
    assert abs(smallest(fit, dm2, amplitude) - 31.14) > 2.0


def baseline_twice(channel: Channel, response: IsotopeResponse) -> Channel:
    """Return a channel with L·(central L in km) for L at all sites but Daya Bay's."""
    feeds = channel.weights != 0
    site = np.array(response.sites)[np.asarray(feeds.argmax(axis=0)).ravel() // len(response.isotopes)]
    table = load(RELEASE).table("long-baselines")
    factor = np.ones(channel.L.size)
    for row in table[table["site"] != "daya-bay-near"].itertuples():
        factor[(site == row.site) & (abs(channel.L - row.baseline) <= row.half_length)] = (
            row.baseline / 1000.0
        )
    assert ((factor == 1.0) == (site == "daya-bay-near")).all()
    assert channel.half_width is not None
    return replace(channel, L=channel.L * factor, half_width=channel.half_width * factor)


def test_the_flux_prior_is_an_inverse_correlation_over_errors_and_nothing_else() -> None:
    nuisances = rates(SHORT).nuisances
    assert nuisances.ids == tuple(
        f"reactor-flux-{i}-huber-mueller" for i in ("u235", "u238", "pu239", "pu241")
    )
    errors = np.sqrt(np.diag(np.linalg.inv(nuisances.prior())))
    np.testing.assert_allclose(errors, [0.02093, 0.11202, 0.02534, 0.02179], rtol=1e-4)


def test_isotopes_are_profiled_in_closed_form_as_by_a_search() -> None:
    fit = rates(SHORT)
    points = {"dm2_41": 1.0, "sin2_2theta_ee": 0.05}
    model = registry.model("2nu-ee")
    prediction = fit.prediction(model, fit.points(model, points))
    data, inverse = fit.measure.data, fit.measure.inverse  # type: ignore[attr-defined]
    prior = fit.nuisances.prior()

    def value(scaled: Array) -> float:
        xi = 0.02 * scaled
        residual = data - prediction.mu[0] - prediction.jacobian[0] @ xi
        return float(residual @ inverse @ residual + xi @ prior @ xi)

    found = minimize(value, np.zeros(4), method="BFGS", options={"gtol": 1e-7})
    assert fit.chi2("2nu-ee", **points) == pytest.approx(found.fun, abs=1e-6)


@pytest.mark.parametrize("flux", ["huber-mueller", "summation", "hkss"])
def test_modes_use_their_own_ratios_fluxes_and_priors(flux: str) -> None:
    short, everything = rates(f"{flux}-short-baseline"), rates(flux)
    column = f"ratio_{flux.replace('-', '_')}"
    np.testing.assert_array_equal(
        short.measure.data,  # type: ignore[attr-defined]
        load(RELEASE).table("short-baseline-rates")[column],
    )
    assert (short.n_bins, everything.n_bins) == (21, 40)
    assert short.nuisances == everything.nuisances
    assert all(flux in name for name in short.nuisances.ids)


def test_without_oscillation_every_rate_is_one() -> None:
    fit = rates("hkss")
    predicted = fit.predict("2nu-ee", dm2_41=1.0, sin2_2theta_ee=0.0, sin2_theta13=0.0, dm2_21=0.0)
    np.testing.assert_allclose(predicted, 1.0, rtol=1e-12)


def test_fast_oscillation_averages_to_half_its_amplitude_everywhere() -> None:
    predicted = rates(SHORT).predict("2nu-ee", dm2_41=1e4, sin2_2theta_ee=0.4)
    np.testing.assert_allclose(predicted, 0.8, atol=1e-4)


def test_a_function_gives_what_the_expansion_gives() -> None:
    def disappearance(initial, final, antineutrino, L, E, *, dm2_41, sin2_2theta_ee):  # type: ignore[no-untyped-def]
        if initial != final:
            return 0.0 * L
        return 1.0 - sin2_2theta_ee * np.sin(1.2669327621645216 * dm2_41 * L / E) ** 2

    fit = rates(SHORT)
    for dm2 in (0.05, 0.41, 3.0):
        at = {"dm2_41": dm2, "sin2_2theta_ee": 0.1}
        assert fit.chi2(disappearance, **at) == pytest.approx(fit.chi2("2nu-ee", **at), abs=1e-4)


def test_blocks_of_the_statistic_add_up() -> None:
    fit = rates("huber-mueller")
    inverse = fit.measure.inverse  # type: ignore[attr-defined]
    for name, first in (("long-baseline-rates", 21), ("daya-bay-evolution", 24), ("reno-evolution", 32)):
        block = load(RELEASE).matrix(f"{name}-inverse-covariance")
        part = slice(first, first + len(block))
        np.testing.assert_allclose(inverse[part, part], block, rtol=1e-12)
        assert (inverse[part, : part.start] == 0.0).all()


def test_the_average_ratio_is_a_fit_with_the_flux_covariance_scaled_by_the_constant() -> None:
    release = load(RELEASE)
    config = {"mode": SHORT, "model": "3nu", "parameters": THETA13}
    ratio = average_ratio.compute({**config, "which": "ratio"}, release)
    fit = rates(SHORT)
    model = registry.model("3nu")
    prediction = fit.prediction(model, fit.points(model, THETA13))
    effects = ratio * prediction.jacobian[0]
    covariance = np.linalg.inv(fit.measure.inverse)  # type: ignore[attr-defined]
    covariance += effects @ np.linalg.inv(fit.nuisances.prior()) @ effects.T
    residual = fit.measure.data - ratio * prediction.mu[0]  # type: ignore[attr-defined]
    expected = residual @ np.linalg.solve(covariance, residual)
    assert average_ratio.compute({**config, "which": "value"}, release) == pytest.approx(expected, abs=1e-8)


def test_an_average_ratio_knows_its_results_and_needs_a_response() -> None:
    with pytest.raises(UnknownNameError, match="ratio"):
        average_ratio.compute({"model": "3nu", "which": "ration"}, load(RELEASE))
    with pytest.raises(NuanomalyError, match="only a likelihood with a response"):
        average_ratio.compute({"model": "3nu", "which": "ratio"}, load("lsnd@2001-r1"))
