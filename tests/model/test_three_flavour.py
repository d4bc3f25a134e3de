"""Standard oscillation composed with a model that leaves it out."""

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.model.constants import PHASE, STANDARD
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.probabilities import Nodes, Parameter, Transition, complete
from nuanomaly.model.registry import model
from nuanomaly.model.three_flavour import with_three_flavour
from nuanomaly.model.wave_model import Wave, WaveModel

L, E = np.array([10.0, 1650.0, 735e3]), np.array([4.0, 3.5, 3000.0])


def nothing(initial, final, antineutrino, L, E):
    return float(initial == final)


def short(initial, final, antineutrino, L, E, dm2_41, Ue4_sq):
    if initial != final or initial != "e":
        return float(initial == final)
    return 1.0 - 4.0 * Ue4_sq * (1.0 - Ue4_sq) * np.sin(PHASE * dm2_41 * L / E) ** 2


@pytest.mark.parametrize("final", ["e", "mu", "tau", "active"])
@pytest.mark.parametrize("initial", ["e", "mu"])
def test_nothing_new_is_three_flavours(initial: str, final: str) -> None:
    for antineutrino in (False, True):
        found = with_three_flavour(model(nothing)).probability(initial, final, antineutrino, L, E, {})
        np.testing.assert_allclose(
            found, model("3nu").probability(initial, final, antineutrino, L, E), atol=1e-14
        )


def test_waves_and_values_of_a_composition_agree() -> None:
    point = {"dm2_41": 1.0, "Ue4_sq": 0.1}
    waves = model("3+1-sbl/3nu")
    values = with_three_flavour(model(short))
    for final in ("e", "mu", "active", "sterile"):
        by_values = values.probability("e", final, True, L, E, {}, **point)
        by_waves = waves.probability("e", final, True, L, E, **point, Umu4_sq=0.0)
        if final != "sterile":
            np.testing.assert_allclose(by_values, by_waves, atol=1e-10)
    rows = [
        waves.probability("e", f, True, L, E, **point, Umu4_sq=0.02) for f in ("e", "mu", "tau", "sterile")
    ]
    np.testing.assert_allclose(np.sum(rows, axis=0), 1.0, atol=1e-10)


def test_averaged_over_energies_it_is_close_to_exact_3_plus_1() -> None:
    x = np.array([1650.0 / 3.5])
    for mixing, bound in ((0.02, 3e-5), (0.1, 1e-3)):
        arrays = {"dm2_41": np.array([1.0]), "Ue4_sq": np.array([mixing]), "Umu4_sq": np.zeros(1)}
        found = []
        for name in ("3+1-sbl/3nu", "3+1"):
            chosen = model(name)
            points = {p.name: arrays.get(p.name, np.array([p.default])) for p in chosen.parameters}
            waves = chosen.expansion("e", "e", True, float(x[0]), points)
            found.append(waves.probability(x, None, 0.03 * x)[0, 0])
        assert abs(found[0] - found[1]) < bound


def test_parameters_and_ordering_can_be_set() -> None:
    whole = with_three_flavour(model(short), "inverted", sin2_theta13=0.03)
    defaults = {p.name: p.default for p in whole.parameters}
    assert defaults["sin2_theta13"] == 0.03
    assert defaults["dm2_31"] == pytest.approx(STANDARD["dm2_21"] - STANDARD["dm2_31"])
    assert defaults["dm2_41"] is None
    point = {"dm2_41": 1.0, "Ue4_sq": 0.0}
    far = whole.probability("e", "e", True, L, E, {}, **point)
    three = model("3nu").probability("e", "e", True, L, E, sin2_theta13=0.03, dm2_31=defaults["dm2_31"])
    np.testing.assert_allclose(far, three, atol=1e-12)
    moved = whole.probability("e", "e", True, L, E, {}, **point, dm2_31=2e-3)
    assert abs(moved - far).max() > 1e-3


def test_a_file_is_composed_by_its_name(tmp_path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def nothing(initial, final, antineutrino, L, E):\n    return float(initial == final)\n")
    found = model(f"{file}:nothing/3nu").probability("e", "e", True, L, E, {})
    np.testing.assert_allclose(found, model("3nu").probability("e", "e", True, L, E), atol=1e-14)
    with pytest.raises(UnknownNameError, match="3nu"):
        model(f"{file}:nothing/4nu")


def test_mistakes_are_explained() -> None:
    with pytest.raises(UnknownNameError, match="sin2_theta13"):
        with_three_flavour(model(short), sin2_theta31=0.1)
    with pytest.raises(NuanomalyError, match="ordering is normal or inverted"):
        with_three_flavour(model(short), "upside-down")
    with pytest.raises(NuanomalyError, match="contains three-flavour oscillation already"):
        with_three_flavour(FunctionModel(short, three_flavour=True))


def test_declared_waves_are_multiplied_and_stay_exact() -> None:
    def declared(initial, final, antineutrino, L, E, dm2_41, Ue4_sq, fading):
        if initial != final or initial != "e":
            return float(initial == final), []
        amplitude = 4.0 * Ue4_sq * (1.0 - Ue4_sq)
        return 1.0, [Wave(PHASE * dm2_41 * L / E, -amplitude, fading=fading * L)]

    point = {"dm2_41": np.array([1.0, 20.0]), "Ue4_sq": np.full(2, 0.1), "fading": np.full(2, 1e-3)}
    own, values = (
        with_three_flavour(WaveModel(declared)),
        with_three_flavour(
            FunctionModel(
                WaveModel(declared).probability,
                "values",
                parameters=[Parameter(n, "1", 0.0, 100.0, "") for n in point],
            )
        ),
    )
    for final in ("e", "mu", "active"):
        at_points = own.probability("e", final, True, L, E, {}, **point)
        by_values = values.probability("e", final, True, L, E, {}, **point)
        np.testing.assert_allclose(at_points, by_values, atol=1e-9)
    half = np.array([0.1, 1.0, 1.0])
    places, weights = np.polynomial.legendre.leggauss(80)
    full = complete(own, point)
    averaged = own.averaged(Transition("e", "e", True, 500.0), Nodes(L, E, half, {}), full)
    points = [own.probability("e", "e", True, L + p * half * E, E, {}, **full) for p in places]
    expected = 0.5 * np.tensordot(weights, np.array(points), 1)
    np.testing.assert_allclose(averaged, expected, atol=1e-9)
