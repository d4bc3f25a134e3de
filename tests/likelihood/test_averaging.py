"""Averages over intervals of L/E: exact for waves, to a stated error for any other function."""

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.inference.survey import survey, with_likelihood
from nuanomaly.likelihood.averaging import TOLERANCE
from nuanomaly.likelihood.build import interactions, likelihood
from nuanomaly.model.constants import PHASE
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.probabilities import NotApplicableError, Parameter, complete
from nuanomaly.model.registry import model
from nuanomaly.model.wave_model import Wave, WaveModel

BUILT_IN = model("3+1")
DM2 = np.array([0.01, 0.1, 1.0, 10.0, 100.0, 300.0])
MIXING = {"Ue4_sq": 0.05, "Umu4_sq": 0.04}
SPLITTING = Parameter("dm2_41", "eV**2", 0.0, np.inf, "Δm²", log=True)
#: Short-baseline releases in which a plain function has to be averaged up to 100 eV².
SHORT = ("best", "gallex", "sage", "prospect", "danss", "karmen", "bugey-3", "nue-carbon")


def _ravelled(values):
    return {name: np.ravel(v) for name, v in values.items()}


def waves(initial, final, antineutrino, L, E, **given):
    point = complete(BUILT_IN, _ravelled(given))
    terms = BUILT_IN.expansion(initial, final, antineutrino, 0.0, point)
    return terms.constant[:, None], [
        Wave(PHASE * dm2[:, None] * L / E, sin2[:, None], sin[:, None])
        for dm2, sin2, sin in zip(terms.dm2, terms.sin2, terms.sin, strict=True)
    ]


def values(initial, final, antineutrino, L, E, **given):
    return BUILT_IN.probability(initial, final, antineutrino, L, E, **_ravelled(given))


def numbers(initial, final, antineutrino, L, E, **given):
    if given["dm2_41"] < 0.0:  # ambiguous for arrays: called point by point
        return 1.0
    return values(initial, final, antineutrino, L, E, **given)[0]


#: What the functions take: a prior that a release has for a splitting counts for all alike.
PARAMETERS = BUILT_IN.parameters


#: Likelihoods that no function of L/E can be asked of: surfaces, templates of models, scattering without one.
OTHERS = {
    *("icecube-sterile", "icecube-unstable", "juno", "lsnd", "microboone-bnb-numi", "microboone-lee"),
    *("miniboone-numu", "sciboone-miniboone-numubar", "stereo", "stereo-process"),
    *("xenonnt-cevns", "xenonnt-s2only"),
}
RELEASES = list(with_likelihood())
RESPONSES = [name for name in RELEASES if name.partition("@")[0] not in OTHERS]


def test_parameters_of_an_interaction_are_known_without_the_response_of_others() -> None:
    found = {name: interactions(load(name)) for name in RELEASES}
    assert found == {name: likelihood(name).interaction_parameters for name in RELEASES}
    assert sum(map(bool, found.values())) >= 3


@pytest.mark.parametrize("name", [name for name in RELEASES if name not in RESPONSES])
def test_the_others_refuse_a_function(name: str) -> None:
    with pytest.raises(NuanomalyError):
        likelihood(name).chi2(FunctionModel(values, parameters=PARAMETERS), dm2_41=1.0, **MIXING)


def test_most_releases_have_a_response() -> None:
    assert len(RESPONSES) >= 20
    assert {"best", "prospect", "danss", "karmen", "daya-bay", "minos-sterile", "miniboone-nue"} <= {
        name.partition("@")[0] for name in RESPONSES
    }


@pytest.mark.parametrize("name", RESPONSES)
def test_declared_waves_are_averaged_as_the_built_in_ones(name: str) -> None:
    lk = likelihood(name)
    found = lk.chi2(WaveModel(waves, parameters=PARAMETERS), dm2_41=DM2, **MIXING)
    np.testing.assert_allclose(found, lk.chi2("3+1", dm2_41=DM2, **MIXING), atol=1e-6, rtol=0.0)


@pytest.mark.parametrize("name", RESPONSES)
@pytest.mark.parametrize("function", [values, numbers])
def test_the_stated_error_of_a_function_is_larger_than_the_true_one(name: str, function) -> None:
    lk, own = likelihood(name), FunctionModel(function, parameters=PARAMETERS)
    refused = []
    for dm2 in DM2 if function is values else DM2[1::3]:  # one that is called point by point takes long
        point = {"dm2_41": float(dm2), **MIXING}
        exact = lk.chi2("3+1", **point)
        try:
            found = lk.chi2(own, **point)
        except NotApplicableError:
            refused.append(dm2)
            continue
        stated = float(lk.averaging_error(own, lk.points(own, point))[0])
        assert abs(found - exact) <= stated + 1e-9 * abs(exact)
        assert stated <= TOLERANCE
    if name.partition("@")[0] in SHORT:
        assert all(dm2 > 100.0 for dm2 in refused)


def test_a_function_that_turns_too_fast_is_refused_with_release_and_phase() -> None:
    with pytest.raises(NotApplicableError, match=r"prospect.*L/E = .*dm2_41·L/E = .*Are L taken in m"):
        likelihood("prospect").chi2(FunctionModel(_fast, parameters=[SPLITTING]), dm2_41=1e5)


def _fast(initial, final, antineutrino, L, E, dm2_41):
    return 1.0 - 0.3 * np.sin(PHASE * dm2_41 * L / E) ** 2 if initial == final else 0.0 * L


def test_many_points_are_averaged_as_one_by_one() -> None:
    lk = likelihood("prospect")
    own = FunctionModel(values, parameters=PARAMETERS)
    together = lk.chi2(own, dm2_41=DM2[:5], **MIXING)
    alone = [lk.chi2(own, dm2_41=float(dm2), **MIXING) for dm2 in DM2[:5]]
    np.testing.assert_allclose(together, alone, atol=1e-9)


@pytest.mark.parametrize("name", ["best", "karmen", "minos-sterile", "miniboone-events"])
@pytest.mark.parametrize("parts", ["decay", "wave-packet"])
def test_damped_models_are_what_their_values_give(name: str, parts: str) -> None:
    lk, chosen = likelihood(name), model(f"3+1/{parts}")
    own = {"alpha_4": 0.3} if parts == "decay" else {"sigma_x": 2e-13}
    point = {"dm2_41": 1.3, **MIXING, **own}

    def sampled(initial, final, antineutrino, L, E, **given):
        return chosen.probability(initial, final, antineutrino, L, E, **_ravelled(given))

    function = FunctionModel(sampled, parameters=chosen.parameters)
    stated = float(lk.averaging_error(function, lk.points(function, point))[0])
    assert abs(lk.chi2(function, **point) - lk.chi2(chosen, **point)) <= stated + 1e-6


def test_matter_is_averaged_in_closed_form() -> None:
    lk = likelihood("karmen")
    point = {"dm2_41": 30.0, **MIXING}
    assert lk.chi2("3+1/matter", **point, density=0.0) == pytest.approx(lk.chi2("3+1", **point), abs=1e-6)


def test_nothing_beyond_three_flavours_is_zero_everywhere_or_says_what_is_missing(tmp_path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def nothing(initial, final, antineutrino, L, E):\n    return float(initial == final)\n")
    whole = {v.release: v for v in survey(f"{file}:nothing/3nu", {}) if v.delta is not None}
    assert len(whole) >= 20
    for verdict in whole.values():
        assert verdict.delta == pytest.approx(0.0, abs=TOLERANCE)
        assert "missing" not in verdict.reason
    bare = {v.release.partition("@")[0]: v for v in survey(f"{file}:nothing", {}) if v.delta is not None}
    pinned = survey(f"{file}:nothing", {}, ["daya-bay@2022-r1", "minos-sterile@2019-r1"])
    assert [v.delta for v in pinned] == pytest.approx([1202.1, 341.4], abs=1.0)
    for verdict in bare.values():
        if abs(verdict.delta) > 0.1:
            assert "three-flavour oscillation is missing" in verdict.reason


@pytest.mark.parametrize("name", ["stereo", "miniboone-numu", "best", "karmen"])
def test_columns_longer_than_one_are_refused_by_all_releases(name: str) -> None:
    with pytest.raises(NuanomalyError, match="must not exceed 1"):
        likelihood(name).chi2("3+1", dm2_41=1.0, Ue4_sq=0.7, Umu4_sq=0.7)


@pytest.mark.parametrize("name", RESPONSES)
def test_3_2_works_on_every_response_and_becomes_3_1(name: str) -> None:
    lk = likelihood(name)
    two = {"dm2_41": 0.9, **MIXING, "dm2_51": 3.0, "Ue5_sq": 0.02, "Umu5_sq": 0.02, "delta_25": 1.0}
    assert np.isfinite(lk.chi2("3+2", **two))
    one = lk.chi2("3+2", **{**two, "Ue5_sq": 0.0, "Umu5_sq": 0.0})
    assert one == pytest.approx(lk.chi2("3+1", dm2_41=0.9, **MIXING), abs=1e-9)


def wavy(initial, final, antineutrino, L, E, *, dm2, strength):
    if initial == final == "e":
        return 1.0 - strength * np.sin(PHASE * dm2 * L / E) ** 2
    return 1.0 if initial == final else 0.0


@pytest.mark.parametrize("name", ["best", "gallex", "sage"])
def test_along_lines_of_equal_energy_a_function_is_exact_and_cheap(name: str) -> None:
    lk, dm2 = likelihood(name), np.geomspace(0.01, 300.0, 60)
    asked = []

    def counted(initial, final, antineutrino, L, E, *, dm2, strength):
        asked.append(np.broadcast(L, dm2).size if initial == final else 0)
        return wavy(initial, final, antineutrino, L, E, dm2=dm2, strength=strength)

    found = lk.chi2(FunctionModel(counted), dm2=dm2, strength=0.3)
    built_in = lk.chi2("2nu-ee", dm2_41=dm2, sin2_2theta_ee=0.3)
    np.testing.assert_allclose(found, built_in, rtol=0.0, atol=1e-6)
    (channel,), slow = lk.response.channels, dm2[dm2 < 10.0]
    asked.clear()
    lk.chi2(FunctionModel(counted, vectorised=True), dm2=slow, strength=0.3)
    assert sum(asked) < 0.25 * channel.E.size * slow.size  # each node once would be 1.0


def test_a_function_that_is_not_smooth_is_averaged_at_the_nodes() -> None:
    lk = likelihood("best")

    def inner(initial, final, antineutrino, L, E, *, edge):
        return np.where(edge > L, 0.8, 1.0) * (initial == final)

    def outer(initial, final, antineutrino, L, E, *, edge):
        return np.where(edge > L, 0.2, 0.0) * (initial == final)

    edge = np.array([0.5, 0.7, 0.9])
    model_in, model_out = FunctionModel(inner), FunctionModel(outer)
    points = lk.points(model_in, {"edge": edge})
    # of two functions that add up to a constant, what is seen adds up too
    total = lk.prediction(model_in, points).mu + lk.prediction(model_out, points).mu
    constant = FunctionModel(lambda initial, final, antineutrino, L, E, *, edge: 1.0 * (initial == final))
    np.testing.assert_allclose(total, lk.prediction(constant, points).mu, rtol=1e-4)
    assert (lk.averaging_error(model_in, points) <= TOLERANCE).all()
    assert (lk.averaging_error(model_in, points) > 0.0).any()
