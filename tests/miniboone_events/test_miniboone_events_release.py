"""MiniBooNE with backgrounds that oscillate, beside the appearance-only treatment."""

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmarks import of_release
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.response import events
from nuanomaly.likelihood.statistic import component_covariance
from nuanomaly.likelihood.transform.stack import Stack
from nuanomaly.model.probabilities import Array

RELEASE = "miniboone-events@2022-r1"
NUE, NUMU = slice(0, 11), slice(11, 19)


def ready(mode: str) -> ResponseLikelihood:
    found = likelihood(RELEASE, mode)
    assert isinstance(found, ResponseLikelihood)
    return found


def test_every_benchmark_holds() -> None:
    rows = of_release(load(RELEASE))
    assert len(rows) >= 7
    assert [r["id"] for r in rows if not r["ok"]] == []


@pytest.mark.parametrize(("mode", "amplitude"), [("full-nu", 0.0), ("full-nu", 0.01), ("full-nu", 0.8)])
def test_with_disappearance_switched_off_both_treatments_are_the_same(mode: str, amplitude: float) -> None:
    point = {"dm2_41": 0.3, "sin2_2theta_mue": amplitude}
    values = [ready(m).chi2("2nu-mue", **point) for m in (mode, mode.replace("full", "appearance"))]
    assert values[0] == pytest.approx(values[1], abs=1e-6)


def test_the_events_give_the_likelihood_of_the_2020_release() -> None:
    own, other = ready("appearance-nu"), likelihood("miniboone-nue@2020", "nu")
    dm2, amplitude = np.meshgrid([0.03, 0.3, 1.0, 8.0], [0.001, 0.01, 0.1])
    points = {"dm2_41": dm2.ravel(), "sin2_2theta_mue": amplitude.ravel()}
    assert own.chi2("2nu-mue", **points) == pytest.approx(other.chi2("2nu-mue", **points), abs=0.01)


@pytest.mark.parametrize(("mode", "scale"), [("nu", 0.45642), ("nubar", 0.040394)])
def test_scaled_simulation_is_the_released_background(mode: str, scale: float) -> None:
    release = load(RELEASE)
    frame, bins = release.table(f"events_{mode}"), release.table(f"nue_{mode}")
    background = frame[frame["sample"] == "background"]
    edges = np.append(bins["low"], bins["high"].iloc[-1]) / 1000.0
    found = np.histogram(background["energy_reconstructed"], edges, weights=background["weight"])[0]
    assert scale * found == pytest.approx(bins["background"].to_numpy(), rel=2e-5)


def test_wrong_sign_neutrinos_are_those_that_2020_infers() -> None:
    inferred = load("miniboone-nue@2020").table("events_nubar")
    frame = load(RELEASE).table("events_nubar")
    signal = frame[frame["sample"] == "signal"]
    assert (signal["neutrino"] == "nue").tolist() == inferred["wrong_sign"].tolist()


def test_electron_neutrinos_of_the_beam_disappear_and_nothing_else() -> None:
    at = {"dm2_41": 30.0, "Umu4_sq": 0.0}
    null, mixed = (ready("full-nu").predict("3+1", **at, Ue4_sq=e) for e in (0.0, 0.1))
    bins = load(RELEASE).table("nue_nu")
    lost = (null - mixed)[NUE] / bins["background_nue"].to_numpy()
    # 30 eV² averages out at 0.5 km: sin²2θ_ee / 2 = 2 · 0.1 · 0.9
    assert lost == pytest.approx(0.18, abs=0.03)
    assert mixed[NUMU] == pytest.approx(null[NUMU], rel=1e-12)


def test_numu_like_events_disappear_and_the_covariance_sees_it() -> None:
    at = {"dm2_41": 30.0, "Ue4_sq": 0.0}
    null, mixed = (ready("full-nu").predict("3+1", **at, Umu4_sq=u) for u in (0.0, 0.1))
    prediction = load(RELEASE).table("numu_nu")["prediction"].to_numpy()
    assert null[NUMU] == pytest.approx(prediction, rel=1e-4)
    assert mixed[NUMU] / null[NUMU] == pytest.approx(0.82, abs=0.03)
    assert mixed[NUE] == pytest.approx(null[NUE], rel=1e-3)


def test_disappearance_changes_the_value_by_more_than_a_unit_where_it_matters() -> None:
    at = {"dm2_41": 1.3, "Ue4_sq": 0.1, "Umu4_sq": 0.005}
    full, appearance = (ready(mode).chi2("3+1", **at) for mode in ("full", "appearance"))
    assert full < appearance - 1.0
    assert "do not oscillate" in ready("appearance").approximate


def test_it_says_that_it_is_the_data_of_2020() -> None:
    same = [o for o in ready("full").overlaps if o.relation == "same"]
    assert [o.release for o in same] == ["miniboone-nue@2020"]


# --- kinds --------------------------------------------------------------------------------------------------


def brute(chosen: ResponseLikelihood, components: Array, mu: Array) -> float:
    statistic = chosen.measure
    assert isinstance(statistic, component_covariance.ComponentCovariance)
    stack = statistic.stack
    G = stack.sums
    M = G @ (statistic.fractional * np.outer(components, components)) @ G.T
    signal = np.zeros(components.size)
    signal[stack.names["signal-nu"]] = components[stack.names["signal-nu"]]
    M += np.diag(G @ signal)
    rest = statistic.data - mu
    return float(rest @ np.linalg.solve(M, rest) + np.linalg.slogdet(M)[1])


def test_the_statistic_is_the_gaussian_of_the_stacked_components() -> None:
    chosen = ready("full-nu")
    from nuanomaly.model.registry import model

    made = model("3+1")
    points = chosen.points(made, {"dm2_41": np.array([0.5, 2.0]), "Ue4_sq": 0.03, "Umu4_sq": 0.02})
    prediction = chosen.prediction(made, points)
    assert prediction.components is not None
    values = chosen.value(made, points)
    for k in range(2):
        expected = brute(chosen, prediction.components[k], prediction.mu[k])
        assert values[k] == pytest.approx(expected, abs=1e-8)


def test_an_unknown_component_is_named() -> None:
    release = load(RELEASE)
    mode = release.metadata["likelihood"]["modes"]["full-nu"]
    transform = ready("full-nu").transform
    assert isinstance(transform, Stack)
    config = {**mode["statistic"], "statistical": ["signal-nubar"]}
    with pytest.raises(UnknownNameError, match="did you mean 'signal-nu'"):
        component_covariance.build(config, release, transform, ready("full-nu").nuisances)


def test_channels_of_the_same_outputs_must_agree_on_what_they_give_together() -> None:
    release = load(RELEASE)
    response = release.metadata["likelihood"]["modes"]["full-nu"]["response"]
    channels = [dict(c) for c in response["channels"]]
    channels[-1]["normalise"] = {"table": "numu_nu", "column": "data"}
    with pytest.raises(NuanomalyError, match=r"channels of the outputs \[22, 30\] disagree"):
        events.build({**response, "channels": channels}, release)
