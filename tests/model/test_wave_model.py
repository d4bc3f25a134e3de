"""Models of one's own that declare their waves."""

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Nodes, Transition
from nuanomaly.model.registry import model
from nuanomaly.model.wave_model import Wave, WaveModel
from nuanomaly.model.waves import average

L, E = np.linspace(5.0, 20.0, 7), np.linspace(2.0, 6.0, 7)
POINT = {"dm2": np.array([0.5, 40.0, 2.0]), "amplitude": np.array([0.1, 0.2, 0.3])}
ASKED = Transition("e", "e", True, 10.0)


class Damped:
    """Amplitude that depends on the energy, phase and damping that grow with the distance."""

    def waves(self, initial, final, antineutrino, L, E, node, dm2, amplitude, fading=0.0, spreading=0.0):
        if initial != final:
            return 0.0, []
        amplitude = amplitude / (1.0 + E / 10.0)
        return 1.0, [Wave(PHASE * dm2 * L / E, -amplitude, fading=fading * L, spreading=spreading * L**2)]


@pytest.mark.parametrize(
    "damping", [{}, {"fading": 0.03}, {"spreading": 0.01}, {"fading": 0.03, "spreading": 1e-3}]
)
def test_waves_are_averaged_over_intervals_in_closed_form(damping) -> None:
    own = model(Damped)
    half = np.full(7, 0.4)
    given = {**POINT, **{k: np.full(3, v) for k, v in damping.items()}}
    found = own.averaged(ASKED, Nodes(L, E, half, {}), given)
    places = (np.arange(4000) + 0.5) / 2000.0 - 1.0
    points = [own.probability("e", "e", True, L + p * half * E, E, {}, **given) for p in places]
    np.testing.assert_allclose(found, np.mean(points, axis=0), atol=2e-7)


def test_points_are_not_averaged() -> None:
    own = model(Damped)
    np.testing.assert_array_equal(
        own.averaged(ASKED, Nodes(L, E, None, {}), POINT), own.probability("e", "e", True, L, E, {}, **POINT)
    )


def test_a_function_of_numbers_declares_waves_as_well() -> None:
    def numbers(initial, final, antineutrino, L, E, dm2, amplitude):
        if amplitude == 0.0:
            return 1.0, []
        return 1.0, [Wave([PHASE * float(dm2) * x / y for x, y in zip(L, E, strict=True)], -amplitude)]

    def arrays(initial, final, antineutrino, L, E, dm2, amplitude):
        return 1.0, [Wave(PHASE * dm2 * L / E, -amplitude)]

    np.testing.assert_allclose(
        WaveModel(numbers).probability("e", "e", True, L, E, {}, **POINT),
        WaveModel(arrays).probability("e", "e", True, L, E, {}, **POINT),
        atol=1e-14,
    )


@pytest.mark.parametrize("given", [1.0, (1.0, [0.3]), (1.0, 2.0), (1.0,)])
def test_what_are_no_waves_is_said(given) -> None:
    with pytest.raises(NuanomalyError, match=r"returned as \(constant, \[Wave"):
        WaveModel(lambda a, b, c, L, E: given).probability("e", "e", True, L, E, {})


def test_waves_that_are_no_probability_are_refused() -> None:
    with pytest.raises(NuanomalyError, match=r"P\(ν̄e→ν̄e\) = -"):
        model(Damped).probability("e", "e", True, L, E, {}, dm2=0.5, amplitude=3.0)


def test_packets_that_fade_at_once_inside_a_wide_interval_average_without_overflow() -> None:
    z, r = np.array([40j, 40j]), np.array([0.9, 0.9])
    with np.errstate(all="raise", under="ignore"):
        seen = average(z, np.array([2000.0, 3.0]), r)
    u = np.linspace(-0.9, 0.9, 400_001)
    direct = np.exp(z[1] * (1.0 + u) - 3.0 * (1.0 + u) ** 2).mean()
    assert seen[1] == pytest.approx(direct, abs=1e-4)
    assert abs(seen[0]) < 1e-8
