"""Any number of levels: against the evolution of the state, and against what is known of few."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.model.constants import PHASE, STANDARD
from nuanomaly.model.flavours import Flavours, SterileLevel
from nuanomaly.model.levels import Levels, vacuum
from nuanomaly.model.matter import POTENTIAL
from nuanomaly.model.mixing import matrix
from nuanomaly.model.probabilities import complete
from nuanomaly.model.registry import model

FLAVOURS = ("e", "mu", "tau", "sterile")
MIXED = {
    "dm2_41": 1.3,
    "Ue4_sq": 0.03,
    "Umu4_sq": 0.02,
    "Utau4_sq": 0.1,
    "delta_14": 0.3,
    "delta_24": 0.7,
}
POINTS = {
    "3+2": {**MIXED, "dm2_51": 3.1, "Ue5_sq": 0.02, "Umu5_sq": 0.05, "delta_25": 1.1},
    "1+3+1": {
        **{k: v for k, v in MIXED.items() if k != "dm2_41"},
        **{"dm2_14": 0.8, "dm2_51": 3.1, "Ue5_sq": 0.02, "Umu5_sq": 0.05, "delta_25": 1.1},
    },
    "3+3": {
        **{**MIXED, "dm2_51": 3.1, "Ue5_sq": 0.02, "Umu5_sq": 0.05, "delta_25": 1.1},
        **{"dm2_61": 9.0, "Ue6_sq": 0.01, "Umu6_sq": 0.03, "Utau6_sq": 0.02, "delta_26": -2.0},
    },
}


def whole(levels: Levels, point: int = 0) -> np.ndarray:
    """A mixing matrix with sterile rows, which any completion may give."""
    U = levels.U[point]
    rows = np.linalg.qr(U.conj().T, mode="complete")[0][:, len(U) :].conj().T
    return np.concatenate([U, rows])


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 7), st.integers(0, 2**31), st.booleans())
def test_any_matrix_evolves_as_the_state_does(n: int, seed: int, antineutrino: bool) -> None:
    random = np.random.default_rng(seed)
    U = np.linalg.qr(random.normal(size=(n, n)) + 1j * random.normal(size=(n, n)))[0]
    m2 = random.uniform(-3.0, 3.0, n)
    V = U.conj() if antineutrino else U
    found = vacuum(U, m2)
    for x in (0.3, 7.0, 400.0):
        evolution = expm(-2j * PHASE * x * (V @ np.diag(m2) @ V.conj().T))
        for a in range(min(n, 3)):
            for b in range(min(n, 3)):
                expected = abs(evolution[b, a]) ** 2
                exact = found.probability(FLAVOURS[a], FLAVOURS[b], antineutrino, x, 1.0)[0, 0]
                waves = found.expansion(FLAVOURS[a], FLAVOURS[b], antineutrino).probability(np.array([x]))
                assert exact == pytest.approx(expected, abs=1e-10)
                assert waves[0, 0] == pytest.approx(expected, abs=1e-10)
            lost = (np.abs(evolution[3:, a]) ** 2).sum()
            sterile = found.probability(FLAVOURS[a], "sterile", antineutrino, x, 1.0)[0, 0]
            assert sterile == pytest.approx(lost, abs=1e-10)


def test_a_matrix_that_is_not_unitary_has_an_effect_at_the_source() -> None:
    found = vacuum(np.diag([0.9, 0.8, 1.0]), [0.0, 1.0, 2.0])
    assert found.probability("e", "e", False, 0.0, 1.0)[0, 0] == pytest.approx(0.9**4)
    assert found.expansion("mu", "mu", False).probability(np.zeros(1))[0, 0] == pytest.approx(0.8**4)


@pytest.mark.parametrize("shapes", [((2, 3), 2), ((3, 3), 2), ((2, 3, 3), (3, 4))])
def test_shapes_that_do_not_fit_are_named(shapes) -> None:
    with pytest.raises(NuanomalyError, match=r"fit together|give \(n, n\)"):
        vacuum(np.ones(shapes[0]), np.ones(shapes[1]))


@pytest.mark.parametrize("half", [0.05, 0.8, 4.0])
def test_widths_of_source_and_detector_are_averaged_exactly(half: float) -> None:
    exact = model("3+2").levels(complete(model("3+2"), POINTS["3+2"]))
    u = (np.arange(20000) + 0.5) / 10000 - 1.0
    for L, E in ((10.0, 3.0), (735e3, 2000.0)):
        points = exact.probability("mu", "e", True, L + half * u, np.full(u.size, E)).mean()
        averaged = exact.probability("mu", "e", True, L, E, half_length=half)[0, 0]
        assert averaged == pytest.approx(points, abs=1e-9)


def test_one_sterile_level_is_the_product_of_rotations() -> None:
    flavours = Flavours("3+1", (SterileLevel(4),))
    arrays = {k: np.array([v]) for k, v in {**STANDARD, **MIXED}.items()}
    np.testing.assert_allclose(flavours.levels(arrays).U[0], matrix(arrays)[0, :3], atol=1e-14)


@pytest.mark.parametrize("name", POINTS)
def test_columns_are_what_the_parameters_say_and_the_matrix_is_unitary(name: str) -> None:
    chosen, point = model(name), POINTS[name]
    U = whole(chosen.levels(complete(chosen, point)))
    np.testing.assert_allclose(U @ U.conj().T, np.eye(len(U)), atol=1e-13)
    for k in range(4, len(U) + 1):
        column = [point.get(f"U{f}{k}_sq", 0.0) for f in ("e", "mu", "tau")]
        np.testing.assert_allclose(np.abs(U[:3, k - 1]) ** 2, column, atol=1e-14)
    angle = np.angle(U[0, 3].conj() * U[1, 3] * U[0, 4] * U[1, 4].conj())
    assert angle == pytest.approx(point["delta_14"] - point["delta_24"] + point["delta_25"])


def test_the_lighter_level_of_1_3_1_lies_below() -> None:
    chosen = model("1+3+1")
    m2 = chosen.levels(complete(chosen, POINTS["1+3+1"])).m2[:, 0]
    assert m2[3] == -0.8
    assert m2[4] == 3.1


def test_appearance_of_3_2_is_the_published_formula() -> None:
    """Short-baseline limit of P(νμ→νe) with its CP phase η (Maltoni and Schwetz, 0705.0107)."""
    point = {"dm2_41": 0.9, "Ue4_sq": 0.016, "Umu4_sq": 0.03, "dm2_51": 1.6, "Ue5_sq": 0.02, "Umu5_sq": 0.02}
    still = {"dm2_21": 0.0, "dm2_31": 0.0, "delta_25": 1.3}
    x = np.linspace(0.1, 3.0, 40)
    four, five = (PHASE * point[name] * x for name in ("dm2_41", "dm2_51"))
    a4, a5 = (np.sqrt(point[f"Ue{k}_sq"] * point[f"Umu{k}_sq"]) for k in (4, 5))
    for antineutrino, sign in ((False, 1.0), (True, -1.0)):
        expected = (
            4.0 * a4**2 * np.sin(four) ** 2
            + 4.0 * a5**2 * np.sin(five) ** 2
            + 8.0 * a4 * a5 * np.sin(four) * np.sin(five) * np.cos(five - four - sign * 1.3)
        )
        found = model("3+2").probability("mu", "e", antineutrino, x, np.ones(40), **point, **still)[0]
        np.testing.assert_allclose(found, expected, atol=1e-13)


@pytest.mark.parametrize("name", ["3+1", "3+2"])
def test_invisible_decay_is_the_evolution_with_complex_masses(name: str) -> None:
    chosen = model(f"{name}/decay")
    rates = {"alpha_4": 0.3, **({"alpha_5": 0.2} if name == "3+2" else {})}
    point = POINTS["3+2"] if name == "3+2" else MIXED
    levels = chosen.levels(complete(chosen, {**point, **rates}))
    U, masses = whole(levels), levels.m2[:, 0] - 1j * levels.decay[:, 0]
    for antineutrino in (False, True):
        V = U.conj() if antineutrino else U
        evolution = expm(-2j * PHASE * 2.3 * (V @ np.diag(masses) @ V.conj().T))
        for a in range(3):
            rows = {f: abs(evolution[b, a]) ** 2 for b, f in enumerate(FLAVOURS[:3])}
            rows["sterile"] = (np.abs(evolution[3:, a]) ** 2).sum()
            for final, expected in rows.items():
                found = chosen.probability(FLAVOURS[a], final, antineutrino, 2.3, 1.0, **point, **rates)
                assert found[0, 0] == pytest.approx(expected, abs=1e-12)
            assert sum(rows.values()) < 0.999


def test_a_level_that_decays_at_once_is_lost() -> None:
    point = {"dm2_41": 1.0, "Ue4_sq": 0.1, "Umu4_sq": 0.0, "dm2_21": 0.0, "dm2_31": 0.0}
    found = model("3+1/decay").probability("e", "e", True, 100.0, 1.0, **point, alpha_4=1e3)
    assert found[0, 0] == pytest.approx(0.9**2, abs=1e-12)


def test_wave_packets_lose_their_coherence() -> None:
    point = {"dm2_41": 2.0, "Ue4_sq": 0.1, "Umu4_sq": 0.0, "dm2_21": 0.0, "dm2_31": 0.0}
    E, L = 4.0, 12.0
    coherence = 4.0 * np.sqrt(2.0) * (E * 1e6) ** 2 * 2e-13 / 2.0  # m: 4√2 E²σ/Δm²
    expected = 1.0 - 0.18 * (1.0 - np.exp(-((L / coherence) ** 2)) * np.cos(2.0 * PHASE * 2.0 * L / E))
    found = model("3+1/wave-packet").probability("e", "e", True, L, E, **point, sigma_x=2e-13)
    assert found[0, 0] == pytest.approx(expected, abs=1e-13)
    plane = model("3+1").probability("e", "e", True, L, E, **point)
    wide = model("3+1/wave-packet").probability("e", "e", True, L, E, **point, sigma_x=1.0)
    assert wide[0, 0] == pytest.approx(plane[0, 0], abs=1e-13)


@pytest.mark.parametrize("half", [0.01, 0.3, 1.5])
def test_damped_waves_are_averaged_in_closed_form(half: float) -> None:
    chosen = model("3+1/wave-packet/decay")
    point = complete(chosen, {**MIXED, "dm2_41": 2.0, "sigma_x": 2e-13, "alpha_4": 0.1})
    waves = chosen.expansion("e", "e", True, 10.0, point)
    x = 2.5 + half * ((np.arange(20000) + 0.5) / 10000 - 1.0)
    points = waves.probability(x, np.full(x.size, 4.0)).mean()
    averaged = waves.probability(np.array([2.5]), np.array([4.0]), np.array([half]))
    assert averaged[0, 0] == pytest.approx(points, abs=2e-9)


def test_matter_is_the_evolution_with_its_potentials() -> None:
    chosen, point = model("3+2/decay/matter"), {**POINTS["3+2"], "alpha_4": 0.3, "alpha_5": 0.2}
    levels = chosen.levels(complete(chosen, point))
    U = whole(levels)
    L, E, rho, Y = 735e3, 2000.0, 2.8, 0.5
    assert pytest.approx(7.63e-14, rel=1e-3) == POTENTIAL  # eV per g/cm³ of electrons per nucleon
    neutral = -0.5 * POTENTIAL * (1.0 - Y) * rho
    V = np.diag([POTENTIAL * Y * rho + neutral, neutral, neutral, 0.0, 0.0]) / 1.973269804e-7  # 1/m
    for antineutrino, W in ((False, U), (True, U.conj())):
        masses = levels.m2[:, 0] - 1j * levels.decay[:, 0]
        H = 2.0 * PHASE / E * (W @ np.diag(masses) @ W.conj().T) + (-V if antineutrino else V)
        evolution = expm(-1j * L * H)
        for a in range(3):
            for b in range(3):
                found = chosen.probability(FLAVOURS[a], FLAVOURS[b], antineutrino, L, E, **point)
                assert found[0, 0] == pytest.approx(abs(evolution[b, a]) ** 2, abs=1e-8)


def test_matter_without_density_is_vacuum_and_a_node_knows_better() -> None:
    L, E = np.array([735e3, 735e3]), np.array([1500.0, 3000.0])
    for antineutrino in (False, True):
        empty = model("3+1/matter").probability("mu", "e", antineutrino, L, E, **MIXED, density=0.0)
        free = model("3+1").probability("mu", "e", antineutrino, L, E, **MIXED)
        np.testing.assert_allclose(empty, free, atol=1e-9)
        node = {"density": np.zeros(2)}
        known = model("3+1/matter").probability("mu", "e", antineutrino, L, E, node, **MIXED)
        np.testing.assert_allclose(known, free, atol=1e-9)
    assert (
        abs(
            model("3nu/matter").probability("mu", "e", False, L, E)
            - model("3nu").probability("mu", "e", False, L, E)
        ).max()
        > 1e-3
    )


def test_columns_without_a_unitary_matrix_are_refused() -> None:
    chosen = model("3+2")
    long = {**POINTS["3+2"], "Ue4_sq": 0.6, "Ue5_sq": 0.5}
    with pytest.raises(NuanomalyError, match="no unitary mixing matrix has such"):
        chosen.probability("e", "e", False, 1.0, 1.0, **long)
    both = {k: np.array([v, long[k]]) for k, v in POINTS["3+2"].items()}
    assert chosen.allowed(complete(chosen, both)).tolist() == [True, False]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("3+1/wavepacket", "did you mean 'wave-packet'"),
        ("2nu-ee/decay", "composed are 3nu, 3\\+1"),
        ("3+1/wave-packet/matter", "leave out wave-packet or matter"),
        ("3+1/3nu", "contains three-flavour oscillation already"),
        ("3+1-sbl/decay/3nu", "not with parts"),
    ],
)
def test_parts_that_do_not_go_together_are_named(name: str, message: str) -> None:
    with pytest.raises(NuanomalyError, match=message):
        model(name)


def test_a_state_that_is_not_one_is_refused() -> None:
    with pytest.raises(NuanomalyError, match="name an active flavour"):
        model("3+2").probability("sterile", "e", False, 1.0, 1.0, **POINTS["3+2"])
    with pytest.raises(UnknownNameError, match="'mu'"):
        model("3+2").probability("e", "muon", False, 1.0, 1.0, **POINTS["3+2"])
