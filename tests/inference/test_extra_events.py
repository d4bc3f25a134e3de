"""Hypotheses that add events: what is put in comes out, and what is not given is not zero."""

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.fit import fit
from nuanomaly.inference.survey import survey
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.wrappers.joint import combine
from nuanomaly.model.extra_events import ExtraEvents
from nuanomaly.model.probabilities import NotApplicableError, Parameter
from nuanomaly.model.registry import model

#: Events of a falling spectrum in the eleven bins of MiniBooNE's ν_e candidates, and in KARMEN's nine.
BOONE, KARMEN = 120.0 * np.exp(-np.arange(11) / 2.0), np.linspace(3.0, 0.5, 9)
SIGNAL = ExtraEvents("falling", {"miniboone-nue:nu": BOONE, "karmen": KARMEN})


def test_a_template_is_added_to_the_prediction() -> None:
    lk = likelihood("karmen")
    added = lk.predict(SIGNAL, strength=2.0) - lk.predict("3nu")
    np.testing.assert_allclose(added, 2.0 * KARMEN)
    assert lk.chi2(SIGNAL, strength=0.0) == pytest.approx(lk.chi2("3nu"), abs=1e-12)


def test_a_function_of_true_variables_has_the_efficiency_of_its_channel() -> None:
    constant = ExtraEvents("constant", {"miniboone-nue": lambda L, E, node: 2e-3 * np.ones(E.size)})
    lk = likelihood("miniboone-nue", "nu")

    def appearing(initial, final, antineutrino, L, E):
        return 0.9 if initial == final else 2e-3 * (initial == "mu" and final == "e")

    np.testing.assert_allclose(lk.predict(constant, strength=1.0), lk.predict(appearing), rtol=2e-4)


def test_parameters_of_a_template_are_fitted() -> None:
    slope = Parameter("slope", "MeV", 10.0, 1e4, "slope", log=True, scan=(50.0, 500.0))
    signal = ExtraEvents(
        "slope", {"miniboone-nue": lambda L, E, node, slope: 0.01 * np.exp(-E / slope)}, parameters=[slope]
    )
    lk = likelihood("miniboone-nue", "nu")
    best = fit("miniboone-nue:nu", signal)
    assert best.value < lk.chi2(signal, strength=0.0, slope=100.0) - 5.0
    assert 50.0 <= best.parameters["slope"] <= 500.0


def test_an_injected_strength_comes_back_within_its_error() -> None:
    """200 toys of both experiments together: mean and spread of the fitted strength."""
    joint = combine([likelihood("miniboone-nue", "nu"), likelihood("karmen")])
    truth = joint.points(SIGNAL, {"strength": 1.0})
    data = joint.toys(SIGNAL, truth, 200, np.random.default_rng(5))
    grid = np.linspace(0.0, 2.5, 126)
    values = joint.tabulate(SIGNAL, joint.points(SIGNAL, {"strength": grid}))(data)
    fitted, lowest = grid[np.argmin(values, axis=1)], values.min(axis=1)
    inside = values[:, np.argmin(np.abs(grid - 1.0))] - lowest < 1.0
    assert abs(fitted.mean() - 1.0) < 3.0 * fitted.std() / np.sqrt(200) + 0.02
    assert 0.58 < inside.mean() < 0.78  # 68 % of 200: ± 3 × 3.3 %


def test_what_is_not_given_is_not_zero() -> None:
    with pytest.raises(NotApplicableError, match=r"best@.*: not given: 'falling' has templates for"):
        likelihood("best").chi2(SIGNAL, strength=1.0)
    with pytest.raises(NotApplicableError, match="not given"):
        likelihood("miniboone-nue", "nubar").chi2(SIGNAL, strength=1.0)
    verdicts = survey(SIGNAL, {"strength": 1.0}, ["karmen", "best", "lsnd"])
    rows = {v.release.partition("@")[0]: v for v in verdicts}
    assert rows["karmen"].delta is not None
    assert "not given" in rows["best"].reason
    assert rows["lsnd"].statistic is None


def test_oscillation_and_extra_events_go_together() -> None:
    both = ExtraEvents("both", {"karmen": KARMEN}, oscillation=model("3+1"))
    point = {"dm2_41": 1.0, "Ue4_sq": 0.05, "Umu4_sq": 0.05}
    lk = likelihood("karmen")
    added = lk.predict(both, **point, strength=1.0) - lk.predict("3+1", **point)
    np.testing.assert_allclose(added, KARMEN, atol=1e-9)


def test_mistakes_are_explained() -> None:
    with pytest.raises(NuanomalyError, match=r"shape \(3,\), the response has 9 outputs"):
        likelihood("karmen").chi2(ExtraEvents("short", {"karmen": np.ones(3)}), strength=1.0)
    with pytest.raises(NuanomalyError, match="no template"):
        ExtraEvents("none", {})
    with pytest.raises(NuanomalyError, match="must take"):
        ExtraEvents("wrong", {"karmen": lambda E: E})
    tau = ExtraEvents("tau", {"karmen": lambda L, E, node: E}, channel=("mu", "tau"))
    with pytest.raises(NotApplicableError, match="has no channel mu→tau"):
        likelihood("karmen").chi2(tau, strength=1.0)


def test_a_systematic_effect_distorts_its_template_and_costs_its_prior() -> None:
    shape = np.linspace(-0.3, 0.3, 9)
    signal = ExtraEvents(
        "shaped",
        {"karmen": KARMEN, "miniboone-nue:nu": BOONE},
        systematics={"karmen": {"tilt": shape, "rate": 0.1}},
    )
    lk, plain = likelihood("karmen"), ExtraEvents("plain", {"karmen": KARMEN * (1.0 + 2.0 * shape - 0.1)})
    moved = lk.predict(signal, strength=0.7, tilt=2.0, rate=-1.0)
    np.testing.assert_allclose(moved, lk.predict(plain, strength=0.7))
    assert lk.chi2(signal, strength=0.7, tilt=2.0, rate=-1.0) == pytest.approx(
        lk.chi2(plain, strength=0.7) + 5.0
    )
    # each prior counts once: MiniBooNE has no effect of its own
    boone = likelihood("miniboone-nue", "nu")
    other = dict(strength=0.7, tilt=2.0, rate=-1.0)
    assert boone.chi2(signal, **other) == pytest.approx(boone.chi2(SIGNAL, strength=0.7))
    both = combine([lk, boone])
    assert both.chi2(signal, **other) == pytest.approx(lk.chi2(signal, **other) + boone.chi2(signal, **other))
    values = lk.tabulate(signal, lk.points(signal, other))(lk.data[None])
    assert values[0, 0] == pytest.approx(lk.chi2(signal, **other))


def test_a_free_effect_is_fitted_and_never_fits_worse() -> None:
    signal = ExtraEvents(
        "shaped", {"karmen": KARMEN}, systematics={"karmen": {"tilt": np.linspace(-0.3, 0.3, 9)}}
    )
    free = fit("karmen", signal)
    held = fit("karmen", signal, fixed={"tilt": 0.0})
    assert set(free.parameters) == {"strength", "tilt"}
    assert free.value <= held.value + 1e-6


def test_an_injected_strength_comes_back_with_its_systematic_effects_free() -> None:
    """200 toys with rate and shape drawn from their priors: mean, spread and coverage of the strength."""
    signal = ExtraEvents(
        "shaped",
        {"karmen": KARMEN, "miniboone-nue:nu": BOONE},
        systematics={"karmen": {"tilt": np.linspace(-0.3, 0.3, 9)}, "miniboone-nue:nu": {"rate": 0.2}},
    )
    joint = combine([likelihood("miniboone-nue", "nu"), likelihood("karmen")])
    rng = np.random.default_rng(11)
    tilt, rate = rng.standard_normal((2, 200))
    data = np.concatenate(
        [
            joint.toys(signal, joint.points(signal, {"strength": 1.0, "tilt": t, "rate": r}), 1, rng)
            for t, r in zip(tilt, rate, strict=True)
        ]
    )
    strength, effect = np.linspace(0.0, 3.0, 61), np.linspace(-3.0, 3.0, 13)
    mesh = np.meshgrid(strength, effect, effect, indexing="ij")
    points = dict(zip(("strength", "tilt", "rate"), (m.ravel() for m in mesh), strict=True))
    values = joint.tabulate(signal, joint.points(signal, points))(data)
    profile = values.reshape(200, strength.size, -1).min(axis=2)  # over both effects, priors included
    fitted = strength[np.argmin(profile, axis=1)]
    inside = profile[:, np.argmin(np.abs(strength - 1.0))] - profile.min(axis=1) < 1.0
    assert abs(fitted.mean() - 1.0) < 3.0 * fitted.std() / np.sqrt(200) + 0.03
    assert 0.58 < inside.mean() < 0.78  # 68 % of 200: ± 3 × 3.3 %
    none = {"tilt": np.zeros(61), "rate": np.zeros(61)}
    held = joint.tabulate(signal, joint.points(signal, {"strength": strength, **none}))(data)
    narrow = held[:, np.argmin(np.abs(strength - 1.0))] - held.min(axis=1) < 1.0
    assert narrow.mean() < inside.mean()  # with the effects held, the error is too small


def test_an_effect_of_two_releases_is_refused() -> None:
    with pytest.raises(NuanomalyError, match="stands twice"):
        ExtraEvents(
            "x",
            {"karmen": KARMEN, "miniboone-nue": BOONE},
            systematics={"karmen": {"a": 0.1}, "miniboone-nue": {"a": 0.1}},
        )
    with pytest.raises(NuanomalyError, match="karmen"):
        ExtraEvents("x", {"karmen": KARMEN}, systematics={"karmn": {"a": 0.1}})
