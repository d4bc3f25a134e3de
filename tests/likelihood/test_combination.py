"""A function that is a polynomial in its mixings is asked at few points, and gives the same as at all."""

import math

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood import averaging
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.combination import combination, themselves
from nuanomaly.model.constants import PHASE
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.registry import model

DM2, SMALL, LENGTH = np.geomspace(0.1, 80.0, 7), np.geomspace(1e-3, 1.0, 12), np.geomspace(0.5, 100.0, 4)


def mesh(**axes):
    """All points of a grid, shape (P,) each."""
    return dict(zip(axes, (m.ravel() for m in np.meshgrid(*axes.values(), indexing="ij")), strict=True))


def damped(initial, final, antineutrino, L, E, *, dm2, amplitude, length):
    if initial == final == "e":
        return 1 - 0.5 * amplitude * (1 - np.cos(2 * PHASE * dm2 * L / E) * np.exp(-((L / length) ** 2)))
    return float(initial == final)


def scalar(initial, final, antineutrino, L, E, *, dm2, amplitude, length):
    if initial == final == "e" and length > 0.0:  # ambiguous for arrays: called point by point
        damping = np.exp(-((L / math.fsum([length])) ** 2))
        return 1 - 0.5 * amplitude * (1 - np.cos(2 * PHASE * dm2 * L / E) * damping)
    return float(initial == final)


def plain(initial, final, antineutrino, L, E, *, dm2, Ue, Umu):
    """3+1 at short baselines."""
    wave = np.sin(PHASE * dm2 * L / E) ** 2
    if initial == final:
        U = {"e": Ue, "mu": Umu}.get(initial, 0.0)
        return 1.0 - 4.0 * U * (1.0 - U) * wave
    return 4.0 * Ue * Umu * wave if {initial, final} == {"e", "mu"} else 0.0 * wave


def edged(initial, final, antineutrino, L, E, *, edge, share, other):
    """A threshold in L/E, beyond which a share is lost."""
    return np.where(edge < L / E, 1.0 - share * (1.0 - other), 1.0) if initial == final else 0.0 * L


def clipped(initial, final, antineutrino, L, E, *, dm2, amplitude, length):
    return damped(
        initial, final, antineutrino, L, E, dm2=dm2, amplitude=np.minimum(amplitude, 0.5), length=length
    )


def clipped_nearby(initial, final, antineutrino, L, E, *, dm2, amplitude, length):
    """No polynomial at the nodes of smallest L/E alone."""
    P = damped(initial, final, antineutrino, L, E, dm2=dm2, amplitude=amplitude, length=length)
    return np.where((L / E < 0.15) & (initial == final), np.maximum(P, 0.7), P)


THREE = mesh(dm2=DM2, amplitude=SMALL, length=LENGTH)
MIXED = mesh(dm2=DM2[:4], Ue=np.geomspace(1e-4, 0.5, 9), Umu=np.geomspace(1e-4, 0.5, 9))
EDGES = mesh(edge=np.array([0.5, 1.5]), share=np.linspace(0.0, 1.0, 13), other=np.linspace(0.0, 1.0, 11))


def at_all_points(monkeypatch, lk, own, points):
    """The statistic with every point asked for."""
    with monkeypatch.context() as without:
        without.setattr(averaging, "combination", lambda *_: None)
        return lk.chi2(own, **points)


def made(name, function, points):
    lk, own = likelihood(name), FunctionModel(function)
    whole = themselves(lk.points(own, points), {}, next(iter(points.values())).size)
    return combination(own, lk.response.channels, whole)


@pytest.mark.parametrize(
    ("name", "function", "points"),
    [
        ("best", damped, THREE),
        ("gallex", damped, THREE),
        ("best", scalar, THREE),
        ("danss", damped, mesh(dm2=DM2[:3], amplitude=SMALL, length=LENGTH[2:])),
        ("best", plain, MIXED),
        ("karmen", plain, MIXED),
        ("nue-carbon", plain, MIXED),
        ("best", edged, EDGES),
    ],
)
def test_combinations_give_what_all_points_give(monkeypatch, name, function, points) -> None:
    lk, own = likelihood(name), FunctionModel(function)
    if next(iter(points.values())).size >= 256:
        assert made(name, function, points) is not None
    exact = at_all_points(monkeypatch, lk, own, points)
    np.testing.assert_allclose(lk.chi2(own, **points), exact, rtol=1e-9, atol=1e-9)


def test_degrees_are_found_and_only_few_points_are_asked_for() -> None:
    first = made("best", damped, THREE)
    assert first.parameters["dm2"].size == DM2.size * LENGTH.size * 2
    assert set(first.parameters["amplitude"]) == {1e-3, 1.0}
    # νe knows one mixing, in the second degree; the other one is of no degree at all
    second = made("best", plain, MIXED)
    assert second.parameters["dm2"].size == 4 * 3 * 2
    # appearance knows the product of both
    third = made("karmen", plain, MIXED)
    assert third.parameters["dm2"].size == 4 * 2 * 2


def test_a_grid_costs_few_values_of_a_function() -> None:
    asked = []

    def counted(initial, final, antineutrino, L, E, *, dm2, amplitude, length):
        asked.append(np.broadcast(L, amplitude).size if initial == final == "e" else 0)
        return damped(initial, final, antineutrino, L, E, dm2=dm2, amplitude=amplitude, length=length)

    lk, points = (
        likelihood("danss"),
        mesh(dm2=DM2[:1], amplitude=np.linspace(0.0, 1.0, 300), length=LENGTH[2:]),
    )
    lk.chi2(FunctionModel(counted, vectorised=True), **points)
    nodes = sum(channel.E.size for channel in lk.response.channels)
    assert sum(asked) < 0.1 * nodes * points["dm2"].size  # each node once would be 1.0


@pytest.mark.parametrize("function", [clipped, clipped_nearby])
def test_what_is_no_polynomial_is_asked_for_at_all_points(monkeypatch, function) -> None:
    assert made("best", function, THREE) is None
    lk, own = likelihood("best"), FunctionModel(function)
    exact = at_all_points(monkeypatch, lk, own, THREE)
    np.testing.assert_allclose(lk.chi2(own, **THREE), exact, rtol=1e-12, atol=1e-12)


def test_below_where_it_is_cut_off_a_function_is_a_polynomial() -> None:
    assert made("best", clipped, mesh(dm2=DM2, amplitude=0.5 * SMALL, length=LENGTH)) is not None


def test_random_numbers_are_no_polynomial() -> None:
    random = np.random.default_rng(0)

    def noise(initial, final, antineutrino, L, E, *, dm2, amplitude, length):
        P = damped(initial, final, antineutrino, L, E, dm2=dm2, amplitude=amplitude, length=length)
        return P * (1.0 - 1e-6 * random.random(np.shape(P))) if initial == final else P

    assert made("best", noise, THREE) is None


def test_a_combination_that_is_refused_refuses_no_point(monkeypatch) -> None:
    def bounded(initial, final, antineutrino, L, E, *, first, second):
        if np.any(np.asarray(first) + np.asarray(second) > 1.0):
            raise ValueError("no such mixing")
        return (1.0 - first - second) * np.ones_like(L) if initial == final else 0.0 * L

    points = mesh(first=np.linspace(0.0, 1.0, 31), second=np.linspace(0.0, 1.0, 31))
    possible = points["first"] + points["second"] <= 1.0
    points = {name: values[possible] for name, values in points.items()}
    lk, own = likelihood("best"), FunctionModel(bounded)
    exact = at_all_points(monkeypatch, lk, own, points)
    np.testing.assert_allclose(lk.chi2(own, **points), exact, rtol=1e-12)


def test_a_probability_above_one_is_refused_on_a_grid_as_well() -> None:
    def above(initial, final, antineutrino, L, E, *, dm2, U):
        return 6.0 * U * (1.0 - U) * np.sin(PHASE * dm2 * L / E) ** 2 if initial == final else 0.0 * L

    points = mesh(dm2=DM2, U=np.linspace(0.01, 0.9, 60))
    with pytest.raises(NuanomalyError, match="a probability lies between 0 and 1"):
        likelihood("best").chi2(FunctionModel(above), **points)


def test_a_function_that_turns_too_fast_is_refused_by_its_point_on_a_grid() -> None:
    points = mesh(dm2=np.array([1e5]), amplitude=np.linspace(0.1, 1.0, 300), length=np.array([1e3]))
    with pytest.raises(NuanomalyError, match=r"prospect.*do not average 'damped' at dm2 = 100000"):
        likelihood("prospect").chi2(FunctionModel(damped), **points)


def test_waves_in_closed_form_are_left_alone() -> None:
    lk, own = likelihood("karmen"), model("3+1/matter")
    points = lk.points(own, {"dm2_41": 1.0, "Ue4_sq": np.linspace(0.0, 0.1, 300), "Umu4_sq": 0.1})
    assert combination(own, lk.response.channels, themselves(points, {}, 300)) is None


def test_what_has_no_parameter_that_varies_is_left_alone() -> None:
    def known(initial, final, antineutrino, L, E):
        return 1.0 if initial == final else 0.0

    strength = {"strength": np.linspace(0.5, 1.5, 300)}
    channels = likelihood("best").response.channels
    assert combination(FunctionModel(known), channels, themselves({}, strength, 300)) is None
    points = {"dm2": np.ones(300), "amplitude": np.full(300, 0.1), "length": np.ones(300)}
    assert combination(FunctionModel(damped), channels, themselves(points, strength, 300)) is None


def test_interactions_are_never_combined(monkeypatch) -> None:
    lk, own = likelihood("coherent-csi"), FunctionModel(plain)
    name, *_ = (p.name for p in lk.interaction_parameters)
    points = mesh(**{name: np.linspace(0.8, 1.2, 5)}, dm2=DM2[:2], Ue=np.linspace(0.0, 0.5, 40), Umu=[0.01])
    exact = at_all_points(monkeypatch, lk, own, points)
    np.testing.assert_allclose(lk.chi2(own, **points), exact, rtol=1e-9, atol=1e-9)
