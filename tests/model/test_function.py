"""Models of one's own."""

import math

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Response
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.gaussian import Gaussian
from nuanomaly.likelihood.surface import SurfaceLikelihood
from nuanomaly.likelihood.transform.identity import Identity
from nuanomaly.model.constants import PHASE
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.probabilities import NotApplicableError, Parameter
from nuanomaly.model.registry import model

DM2, AMPLITUDE = np.array([0.3, 1.0, 2.2]), np.array([0.1, 0.2, 0.05])


def by_arrays(initial, final, antineutrino, L, E, dm2_41, sin2_2theta_ee):
    return 1.0 - sin2_2theta_ee * np.sin(PHASE * dm2_41 * L / E) ** 2 if initial == final else 0.0 * L


def by_numbers(initial, final, antineutrino, L, E, node, dm2_41, sin2_2theta_ee=0.1):
    if initial != final or sin2_2theta_ee == 0.0:  # ambiguous for arrays
        return 1.0 if initial == final else 0.0
    return [1.0 - sin2_2theta_ee * math.sin(PHASE * dm2_41 * x / y) ** 2 for x, y in zip(L, E, strict=True)]


class ByMethod:
    name = "by-method"
    parameters = (Parameter("dm2_41", "eV**2", 0.0, 10.0, "Δm²", log=True, scan=(0.1, 10.0)),)

    def probability(self, initial, final, antineutrino, L, E, node, dm2_41, sin2_2theta_ee):
        return by_arrays(initial, final, antineutrino, L, E, dm2_41, sin2_2theta_ee)


@pytest.fixture
def likelihood() -> ResponseLikelihood:
    """Six bins of many nodes, ν̄_e disappearance."""
    random = np.random.default_rng(4)
    L, E = random.uniform(5.0, 15.0, 200), random.uniform(2.0, 8.0, 200)
    response = Response((Channel("e", "e", True, "CC", L, E, random.uniform(0.0, 1.0, (6, 200))),), 6)
    return ResponseLikelihood(
        release="toy@1-r1",
        mode=None,
        statistic="chi2",
        n_bins=6,
        response=response,
        transform=Identity(6, np.zeros((6, 0))),
        measure=Gaussian(np.full(6, 95.0), np.eye(6), Nuisances()),
    )


@pytest.mark.parametrize("own", [by_arrays, by_numbers, ByMethod, ByMethod()])
def test_a_model_of_ones_own_gives_what_the_built_in_gives(likelihood, own) -> None:
    built_in = likelihood.chi2("2nu-ee", dm2_41=DM2, sin2_2theta_ee=AMPLITUDE)
    np.testing.assert_allclose(
        likelihood.chi2(own, dm2_41=DM2, sin2_2theta_ee=AMPLITUDE), built_in, rtol=1e-10
    )
    one = likelihood.chi2(own, dm2_41=1.0, sin2_2theta_ee=0.2)
    assert one == pytest.approx(built_in[1], rel=1e-10)


def test_defaults_make_parameters_optional(likelihood) -> None:
    with_default = likelihood.chi2(by_numbers, dm2_41=1.0)
    assert with_default == pytest.approx(likelihood.chi2("2nu-ee", dm2_41=1.0, sin2_2theta_ee=0.1))
    with pytest.raises(NuanomalyError, match="needs sin2_2theta_ee"):
        likelihood.chi2(by_arrays, dm2_41=1.0)


def test_the_way_a_function_is_called_can_be_said(likelihood) -> None:
    calls = []

    def counted(initial, final, antineutrino, L, E, dm2_41, sin2_2theta_ee):
        calls.append(np.shape(dm2_41))
        return by_arrays(initial, final, antineutrino, L, E, dm2_41, sin2_2theta_ee)

    likelihood.chi2(FunctionModel(counted, vectorised=True), dm2_41=DM2, sin2_2theta_ee=0.1)
    assert set(calls) == {(3, 1)}
    calls.clear()
    likelihood.chi2(FunctionModel(counted, vectorised=False), dm2_41=DM2, sin2_2theta_ee=0.1)
    assert set(calls) == {()}


def test_a_function_that_mistakes_arrays_is_called_point_by_point(likelihood) -> None:
    def first_only(initial, final, antineutrino, L, E, dm2_41, sin2_2theta_ee):
        dm2 = np.ravel(dm2_41)[0]  # silently wrong for arrays
        return by_arrays(initial, final, antineutrino, L, E, dm2, np.ravel(sin2_2theta_ee)[0])

    built_in = likelihood.chi2("2nu-ee", dm2_41=DM2, sin2_2theta_ee=AMPLITUDE)
    found = likelihood.chi2(first_only, dm2_41=DM2, sin2_2theta_ee=AMPLITUDE)
    np.testing.assert_allclose(found, built_in, rtol=1e-10)


def test_declared_parameters_are_kept(likelihood) -> None:
    own = model(ByMethod)
    assert own.name == "by-method"
    assert [(p.name, p.unit, p.scan) for p in own.parameters] == [
        ("dm2_41", "eV**2", (0.1, 10.0)),
        ("sin2_2theta_ee", "1", None),
    ]
    with pytest.raises(NuanomalyError, match="between 0 and 10"):
        likelihood.chi2(own, dm2_41=20.0, sin2_2theta_ee=0.1)


def test_a_function_of_keywords_has_the_declared_parameters(likelihood) -> None:
    def anything(initial, final, antineutrino, L, E, node, **given):
        return by_arrays(initial, final, antineutrino, L, E, given["dm2"], 0.1)

    own = FunctionModel(anything, parameters=[Parameter("dm2", "eV**2", 0.0, 10.0, "Δm²")])
    assert likelihood.chi2(own, dm2=1.0) == pytest.approx(
        likelihood.chi2("2nu-ee", dm2_41=1.0, sin2_2theta_ee=0.1)
    )


def test_a_model_without_parameters_has_one_value(likelihood) -> None:
    def survive(initial, final, antineutrino, L, E):
        return float(initial == final)

    assert likelihood.chi2(survive) == pytest.approx(
        likelihood.chi2("2nu-ee", dm2_41=1.0, sin2_2theta_ee=0.0)
    )


def test_mistakes_are_explained(likelihood) -> None:
    with pytest.raises(NuanomalyError, match="must take"):
        model(lambda L, E: 1.0)
    with pytest.raises(NuanomalyError, match="is not a model"):
        model(3.0)
    with pytest.raises(NuanomalyError, match="returned shape"):
        likelihood.chi2(lambda a, b, c, L, E: np.ones(3))
    with pytest.raises(NuanomalyError, match="not finite"):
        likelihood.chi2(lambda a, b, c, L, E: np.nan)
    with pytest.raises(UnknownNameError, match="parameter 'width'"):
        FunctionModel(by_arrays, parameters=[Parameter("width", "m", 0.0, 1.0, "a width")])
    with pytest.raises(UnknownNameError, match="did you mean 'dm2_41'"):
        likelihood.chi2(by_arrays, dm2=1.0, sin2_2theta_ee=0.1)


def test_what_goes_wrong_in_a_function_is_said_with_its_line(likelihood) -> None:
    def careless(initial, final, antineutrino, L, E, dm2):
        return 1.0 - dm2 * sine(L / E)  # noqa: F821

    line = careless.__code__.co_firstlineno + 1
    said = rf"'careless' failed: NameError: .*'sine'.*\(test_function.py, line {line}\)"
    with pytest.raises(NuanomalyError, match=said):
        likelihood.chi2(careless, dm2=1.0)


def test_a_surface_answers_not_applicable_with_the_reason() -> None:
    surface = SurfaceLikelihood(
        release="map@1-r1",
        mode=None,
        statistic="delta",
        n_bins=None,
        channel=("e", "e"),
        dm2=np.array([0.1, 1.0]),
        amplitude=np.array([0.1, 1.0]),
        table=np.zeros((2, 2)),
    )
    with pytest.raises(NotApplicableError, match=r"not applicable.*function of your own"):
        surface.chi2(by_arrays, dm2_41=0.5, sin2_2theta_ee=0.5)


# --- vectorisation, node by node knowledge, probabilities that are none ------------------------------------


def test_vectorisation_is_found_for_each_transition_whatever_comes_first() -> None:
    def numbers(initial, final, antineutrino, L, E, dm2_41, sin2_2theta_ee):
        if initial != final:
            return 0.0  # right for arrays too, which says nothing of the other channel
        return 1.0 - sin2_2theta_ee * math.sin(PHASE * dm2_41) ** 2 * np.ones(L.size)

    L = E = np.ones(3)
    points = {"dm2_41": DM2, "sin2_2theta_ee": AMPLITUDE}
    expected = (1.0 - AMPLITUDE * np.sin(PHASE * DM2) ** 2)[:, None] * np.ones(3)
    for order in (("mu", "e"), ("e", "mu")):
        own = FunctionModel(numbers)
        found = {initial: own.probability(initial, "e", False, L, E, {}, **points) for initial in order}
        np.testing.assert_allclose(found["e"], expected)
        np.testing.assert_array_equal(found["mu"], np.zeros((3, 3)))


def test_points_that_agree_at_their_ends_do_not_hide_a_mistake() -> None:
    def first_only(initial, final, antineutrino, L, E, dm2_41, sin2_2theta_ee):
        return 1.0 - np.ravel(sin2_2theta_ee)[0] * np.ones(L.size)

    points = {"dm2_41": np.ones(3), "sin2_2theta_ee": np.array([0.1, 0.3, 0.1])}
    found = FunctionModel(first_only).probability("e", "e", False, np.ones(2), np.ones(2), {}, **points)
    np.testing.assert_allclose(found[:, 0], [0.9, 0.7, 0.9])


def test_a_node_knows_what_the_release_knows() -> None:
    seen = {}

    def looked(initial, final, antineutrino, L, E, node):
        seen.update(node)
        return float(initial == final)

    from nuanomaly.likelihood.build import likelihood as load

    load("best").chi2(looked)
    assert set(seen["isotope"]) == {"51Cr"}
    assert set(seen["process"]) == {"electron-capture"}
    assert (seen["half_length"] > 0.0).all()
    seen.clear()
    load("karmen").chi2(looked)
    assert set(seen["process"]) == {"muon-decay"}
    assert 0.5 < seen["sigma_E"].max() < 1.0  # 11.5 % of √E
    seen.clear()
    load("prospect").chi2(looked)
    assert set(seen["process"]) == {"fission"}
    assert (seen["half_length"] > 0.0).all()


def test_what_is_no_probability_is_named_with_point_channel_and_slip(likelihood) -> None:
    with pytest.raises(NuanomalyError, match=r"P\(ν̄e→ν̄e\) = 1.7 at L = .* m, E = .* MeV.*between 0 and 1"):
        likelihood.chi2(lambda a, b, c, L, E: 1.7 * (a == b))
    with pytest.raises(NuanomalyError, match=r"= -0.3 at"):
        likelihood.chi2(lambda a, b, c, L, E: -0.3 * (a == b))

    def in_gev(initial, final, antineutrino, L, E):
        return (0.9 - 0.1 * E) * (initial == final)  # E up to 0.008 was meant

    with pytest.raises(NuanomalyError, match="E is given in MeV, not in GeV"):
        FunctionModel(in_gev).probability("e", "e", True, np.ones(1), np.full(1, 800.0), {})

    def in_km(initial, final, antineutrino, L, E, loss):
        return (1.0 - loss * L) * (initial == final)

    with pytest.raises(NuanomalyError, match=r"loss = 0.5: .*L is given in m, not in km"):
        FunctionModel(in_km).probability("e", "e", True, np.full(1, 500.0), np.ones(1), {}, loss=0.5)


def test_probabilities_of_one_neutrino_add_up_to_one_at_most(likelihood) -> None:
    def generous(initial, final, antineutrino, L, E):
        return 1.0 if initial == final else 0.1

    with pytest.raises(NuanomalyError, match=r"P\(ν̄e→ν̄e\) \+ .* = 1.2 at .*add up to 1 at most"):
        likelihood.chi2(generous)

    class Lossy:
        unitary = True

        def probability(self, initial, final, antineutrino, L, E):
            return 0.9 if initial == final else 0.0

    with pytest.raises(NuanomalyError, match="declares itself unitary"):
        likelihood.chi2(Lossy)


def test_a_model_that_says_nothing_of_other_channels_is_not_asked_twice(likelihood) -> None:
    def only_ee(initial, final, antineutrino, L, E):
        if (initial, final) != ("e", "e"):
            raise ValueError("only ν_e disappearance")
        return 0.9

    assert likelihood.chi2(only_ee) > 0.0


def test_a_factor_of_rates_may_exceed_one(likelihood) -> None:
    def generous(initial, final, antineutrino, L, E, ratio):
        return ratio if initial == final else 0.0

    assert likelihood.chi2(FunctionModel(generous, factor=True), ratio=1.2) > 0.0
    with pytest.raises(NuanomalyError, match="factor=True"):
        likelihood.chi2(generous, ratio=1.2)
