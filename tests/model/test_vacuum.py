"""Properties of the oscillation probabilities."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.model.constants import PHASE, STANDARD
from nuanomaly.model.mixing import matrix, small_branch
from nuanomaly.model.probabilities import NotApplicableError
from nuanomaly.model.registry import model, models

FLAVOURS = ("e", "mu", "tau", "sterile")
L_OVER_E = np.geomspace(1e-3, 2e4, 40)
unit = st.floats(0.0, 1.0)
angle = st.floats(-np.pi, np.pi)
splitting = st.floats(-3.0, 3.0).map(lambda x: 10.0**x)


@st.composite
def four(draw: st.DrawFn) -> dict[str, float]:
    """A point of 3+1 anywhere in the allowed region, standard parameters and phases included."""
    e4, mu4, tau4, sterile = (draw(unit) + 1e-6 for _ in range(4))
    total = e4 + mu4 + tau4 + sterile
    return {
        "dm2_41": draw(splitting),
        "Ue4_sq": e4 / total,
        "Umu4_sq": mu4 / total,
        "Utau4_sq": tau4 / total,
        **{name: draw(angle) for name in ("delta_14", "delta_24", "delta_cp")},
        **{name: draw(unit) for name in ("sin2_theta12", "sin2_theta13", "sin2_theta23")},
    }


def probability(name: str, initial: str, final: str, point: dict, antineutrino: bool = False) -> np.ndarray:
    found = model(name).probability(
        initial, final, antineutrino, L_OVER_E, np.ones(L_OVER_E.size), {}, **point
    )
    assert found.shape == (1, L_OVER_E.size)
    return found[0]


def arrays(point: dict[str, float]) -> dict[str, np.ndarray]:
    return {k: np.array([v]) for k, v in {**STANDARD, **point}.items()}


# --- the mixing matrix --------------------------------------------------------------------------------------


@given(four())
def test_the_mixing_matrix_is_unitary(point) -> None:
    U = matrix(arrays(point))[0]
    np.testing.assert_allclose(U @ U.conj().T, np.eye(4), atol=1e-12)
    np.testing.assert_allclose((np.abs(U) ** 2).sum(axis=1), 1.0, atol=1e-12)


@given(four())
def test_the_last_column_is_what_the_parameters_say(point) -> None:
    column = np.abs(matrix(arrays(point))[0, :3, 3]) ** 2
    np.testing.assert_allclose(column, [point["Ue4_sq"], point["Umu4_sq"], point["Utau4_sq"]], atol=1e-12)


def test_without_sterile_mixing_the_matrix_is_that_of_three_flavours() -> None:
    U = matrix(arrays({"Ue4_sq": 0.0, "Umu4_sq": 0.0, "Utau4_sq": 0.0, "delta_14": 0.0, "delta_24": 0.0}))[0]
    assert np.abs(U[0, 2]) ** 2 == pytest.approx(STANDARD["sin2_theta13"])
    assert np.abs(U[1, 2]) ** 2 == pytest.approx(STANDARD["sin2_theta23"] * (1 - STANDARD["sin2_theta13"]))
    np.testing.assert_array_equal(U[:3, 3], 0.0)


@given(st.floats(0.0, 1.0))
def test_the_small_branch_is_small_and_gives_the_amplitude_back(sin2_2theta) -> None:
    mixing = small_branch(np.array([sin2_2theta]))[0]
    assert 0.0 <= mixing <= 0.5
    assert 4.0 * mixing * (1.0 - mixing) == pytest.approx(sin2_2theta, abs=1e-15)


# --- probabilities ------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(four(), st.booleans())
def test_probabilities_of_3_plus_1_are_probabilities_and_add_up(point, antineutrino: bool) -> None:
    for initial in FLAVOURS:
        rows = np.array([probability("3+1", initial, final, point, antineutrino) for final in FLAVOURS])
        assert rows.min() > -1e-12
        assert rows.max() < 1.0 + 1e-12
        np.testing.assert_allclose(rows.sum(axis=0), 1.0, atol=1e-11)
        active = probability("3+1", initial, "active", point, antineutrino)
        np.testing.assert_allclose(active, rows[:3].sum(axis=0), atol=1e-11)


@settings(max_examples=30)
@given(four(), st.booleans())
def test_the_expansion_is_the_evolution_of_the_state(point, antineutrino: bool) -> None:
    """Against exp(−iHL) with H = U diag(m²) U† / 2E, complex conjugated for antineutrinos."""
    U = matrix(arrays(point))[0]
    U = U.conj() if antineutrino else U
    masses = np.array([0.0, STANDARD["dm2_21"], STANDARD["dm2_31"], point["dm2_41"]])
    hamiltonian = U @ np.diag(masses) @ U.conj().T
    for x in (0.01, 1.0, 30.0, 700.0):
        if point["dm2_41"] * x > 1e4:  # rounding of the phase itself
            continue
        evolution = expm(-2.0j * PHASE * x * hamiltonian)
        for a, initial in enumerate(FLAVOURS):
            for b, final in enumerate(FLAVOURS):
                found = model("3+1").probability(initial, final, antineutrino, x, 1.0, **point)[0, 0]
                assert found == pytest.approx(abs(evolution[b, a]) ** 2, abs=1e-9)


@given(four())
def test_antineutrinos_are_neutrinos_with_opposite_phases(point) -> None:
    flipped = {**point, **{k: -point[k] for k in ("delta_14", "delta_24", "delta_cp")}}
    for final in ("e", "mu", "tau"):
        np.testing.assert_allclose(
            probability("3+1", "mu", final, point, antineutrino=True),
            probability("3+1", "mu", final, flipped),
            atol=1e-12,
        )


@given(four())
def test_without_phases_neutrinos_and_antineutrinos_agree_and_time_can_be_reversed(point) -> None:
    real = {**point, "delta_14": 0.0, "delta_24": 0.0, "delta_cp": 0.0}
    forward = probability("3+1", "mu", "e", real)
    np.testing.assert_allclose(probability("3+1", "mu", "e", real, antineutrino=True), forward, atol=1e-12)
    np.testing.assert_allclose(probability("3+1", "e", "mu", real), forward, atol=1e-12)


def test_a_phase_does_make_a_difference() -> None:
    point = {"dm2_41": 0.5, "Ue4_sq": 0.05, "Umu4_sq": 0.05, "delta_24": 1.2}
    neutrino = probability("3+1", "mu", "e", point)
    assert np.abs(neutrino - probability("3+1", "mu", "e", point, antineutrino=True)).max() > 1e-3


@given(four())
def test_cpt_holds(point) -> None:
    np.testing.assert_allclose(
        probability("3+1", "mu", "e", point),
        probability("3+1", "e", "mu", point, antineutrino=True),
        atol=1e-12,
    )


def test_3nu_is_3_plus_1_without_mixing_whatever_the_splitting() -> None:
    without = {"Ue4_sq": 0.0, "Umu4_sq": 0.0, "dm2_41": 3.0}
    for initial in ("e", "mu"):
        for final in ("e", "mu", "tau"):
            np.testing.assert_allclose(
                probability("3nu", initial, final, {}),
                probability("3+1", initial, final, without),
                atol=1e-14,
            )


# --- limits -------------------------------------------------------------------------------------------------

_FOUR = {"dm2_41": 1.3, "Ue4_sq": 0.03, "Umu4_sq": 0.02, "Utau4_sq": 0.1, "delta_24": 0.7}
_FIVE = {"dm2_51": 3.1, "Ue5_sq": 0.02, "Umu5_sq": 0.05, "delta_25": 1.1}
POINTS = {
    "3nu": {},
    "3+1": _FOUR,
    "3+1-sbl": {"dm2_41": 1.3, "Ue4_sq": 0.03, "Umu4_sq": 0.02, "Utau4_sq": 0.1},
    "2nu-ee": {"dm2_41": 1.3, "sin2_2theta_ee": 0.2},
    "2nu-mumu": {"dm2_41": 1.3, "sin2_2theta_mumu": 0.2},
    "2nu-mue": {"dm2_41": 1.3, "sin2_2theta_mue": 0.2},
    "3+2": {**_FOUR, **_FIVE},
    "3+3": {**_FOUR, **_FIVE, "dm2_61": 9.0, "Ue6_sq": 0.01, "Umu6_sq": 0.03, "delta_26": -2.0},
    "light-vector": {"mediator_mass": 10.0, "coupling": 1e-5},
    "light-scalar": {"mediator_mass": 10.0, "coupling": 1e-5},
    "magnetic-moment": {"magnetic_moment_e": 1e-9, "magnetic_moment_mu": 0.0},
    "charge-radius": {"charge_radius_e": 1e-32, "charge_radius_mu": 0.0},
    "1+3+1": {"dm2_14": 0.9, **{k: v for k, v in _FOUR.items() if k != "dm2_41"}, **_FIVE},
}
COMPOSED = {
    "3nu/matter": {},
    "3+1/decay": {**_FOUR, "alpha_4": 0.3},
    "3+1/wave-packet": {**_FOUR, "sigma_x": 1e-13},
    "3+1/matter": _FOUR,
    "3+1/nsi": {**_FOUR, "nsi_ee": 0.3, "nsi_mutau": -0.1},
    "3+2/wave-packet/decay": {**_FOUR, **_FIVE, "sigma_x": 1e-13, "alpha_4": 0.3},
    "1+3+1/decay/matter": {**POINTS["1+3+1"], "alpha_4": 0.0, "alpha_5": 0.3},
    "3+1-sbl/3nu": {k: v for k, v in _FOUR.items() if k != "delta_24"},
}


def test_every_model_is_tested() -> None:
    assert set(POINTS) == set(models())


@pytest.mark.parametrize("name", [*POINTS, *COMPOSED])
def test_nothing_oscillates_at_the_source(name: str) -> None:
    for initial in FLAVOURS[:3]:
        for final in FLAVOURS:
            point = {**POINTS, **COMPOSED}[name]
            found = model(name).probability(initial, final, False, 0.0, 3.0, **point)
            assert found[0, 0] == pytest.approx(float(initial == final), abs=1e-14)


@pytest.mark.parametrize("name", [n for n in POINTS if n in ("3+1", "3+1-sbl") or n.startswith("2nu")])
def test_nothing_sterile_is_seen_at_vanishing_splitting(name: str) -> None:
    near = {**POINTS[name], "dm2_41": 1e-9}
    for initial in ("e", "mu"):
        found = model(name).probability(initial, initial, False, 10.0, 4.0, **near)[0, 0]
        assert found == pytest.approx(1.0, abs=1e-3)  # 3+1: Δm²_31 at 2.5 m/MeV moves it by 6e-5


@given(st.floats(10.0, 1e4), unit)
def test_fast_oscillation_averages_to_one_half(dm2: float, amplitude: float) -> None:
    x = np.linspace(100.0, 200.0, 20001) / dm2  # 40 periods
    point = {"dm2_41": dm2, "sin2_2theta_ee": amplitude}
    found = model("2nu-ee").probability("e", "e", False, x, np.ones(x.size), **point)
    assert found.mean() == pytest.approx(1.0 - 0.5 * amplitude, abs=5e-3 * amplitude + 1e-12)


# --- short baselines and two-flavour views ------------------------------------------------------------------

NEAR = np.geomspace(1e-3, 5.0, 30)  # m/MeV


@settings(max_examples=60)
@given(four())
def test_3_plus_1_becomes_its_short_baseline_limit(point) -> None:
    still = {**point, "dm2_21": 0.0, "dm2_31": 0.0}
    short = {k: point[k] for k in ("dm2_41", "Ue4_sq", "Umu4_sq", "Utau4_sq")}
    for initial in ("e", "mu", "tau"):
        for final in (*FLAVOURS, "active"):
            exact = model("3+1").probability(initial, final, False, NEAR, np.ones(30), {}, **still)
            limit = model("3+1-sbl").probability(initial, final, False, NEAR, np.ones(30), {}, **short)
            np.testing.assert_allclose(exact, limit, atol=1e-11)


@given(splitting, st.floats(0.0, 0.5), st.floats(0.0, 0.5))
def test_the_short_baseline_limit_contains_the_two_flavour_views(dm2: float, e4: float, mu4: float) -> None:
    views = {
        ("e", "e"): ("2nu-ee", {"sin2_2theta_ee": 4.0 * e4 * (1.0 - e4)}),
        ("mu", "mu"): ("2nu-mumu", {"sin2_2theta_mumu": 4.0 * mu4 * (1.0 - mu4)}),
        ("mu", "e"): ("2nu-mue", {"sin2_2theta_mue": 4.0 * e4 * mu4}),
    }
    for (initial, final), (name, amplitude) in views.items():
        full = model("3+1-sbl").probability(
            initial, final, False, NEAR, np.ones(30), {}, dm2_41=dm2, Ue4_sq=e4, Umu4_sq=mu4
        )
        view = model(name).probability(initial, final, False, NEAR, np.ones(30), {}, dm2_41=dm2, **amplitude)
        np.testing.assert_allclose(view, full, atol=1e-12)
        where = model("3+1").two_flavour(
            initial, final, arrays({"dm2_41": dm2, "Ue4_sq": e4, "Umu4_sq": mu4, "Utau4_sq": 0.0})
        )
        assert where[0][0] == dm2
        assert where[1][0] == pytest.approx(next(iter(amplitude.values())), abs=1e-15)


@pytest.mark.parametrize("name", ["2nu-ee", "2nu-mumu"])
@given(splitting, unit)
def test_what_disappears_in_a_view_is_sterile(name: str, dm2: float, amplitude: float) -> None:
    view = model(name)
    initial = view.channel[0]
    point = {"dm2_41": dm2, view.amplitude: amplitude}
    rows = [
        view.probability(initial, f, False, NEAR, np.ones(30), {}, **point)[0] for f in (*FLAVOURS, "active")
    ]
    np.testing.assert_allclose(np.sum(rows[:4], axis=0), 1.0, atol=1e-12)
    np.testing.assert_allclose(rows[4], 1.0 - rows[3], atol=1e-12)


@pytest.mark.parametrize("name", ["2nu-ee", "2nu-mumu"])
def test_a_disappearance_view_remembers_three_flavours_at_long_baselines(name: str) -> None:
    view = model(name)
    flavour = view.channel[0]
    far = view.probability(flavour, flavour, True, 1700.0, 3.5, dm2_41=0.5, **{view.amplitude: 0.0})
    three = model("3nu").probability(flavour, flavour, True, 1700.0, 3.5)
    assert far[0, 0] == pytest.approx(three[0, 0], abs=1e-12)
    assert far[0, 0] < 0.97


@given(splitting, st.floats(0.0, 0.99))
def test_the_long_baseline_view_meets_the_short_one(dm2: float, amplitude: float) -> None:
    edge = 0.2 / (PHASE * STANDARD["dm2_31"])
    point = {"dm2_41": dm2, "sin2_2theta_ee": amplitude}
    short = model("2nu-ee").probability("e", "e", True, 0.999 * edge, 1.0, **point)
    exact = model("3+1").probability(
        "e",
        "e",
        True,
        0.999 * edge,
        1.0,
        dm2_41=dm2,
        Ue4_sq=small_branch(np.array([amplitude]))[0],
        Umu4_sq=0.0,
    )
    # the neglected part is at most sin²2θ13 sin²(0.2), and shifts of φ_41 by Δm²_31 weighted with |U_e3|²
    assert abs(short - exact)[0, 0] < 0.02


# --- vectorised ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*POINTS, *COMPOSED])
def test_vectorised_equals_scalar(name: str) -> None:
    random = np.random.default_rng(5)
    point = {**POINTS, **COMPOSED}[name]
    parameters = {k: v * random.uniform(0.2, 1.0, 9) for k, v in point.items()}
    if not parameters:
        parameters = {"sin2_theta13": random.uniform(0.0, 0.1, 9)}
    for initial, final in (("e", "e"), ("mu", "e"), ("mu", "mu"), ("mu", "active")):
        together = model(name).probability(initial, final, True, NEAR, np.ones(30), {}, **parameters)
        for i in range(9):
            one = {k: v[i] for k, v in parameters.items()}
            alone = model(name).probability(initial, final, True, NEAR, np.ones(30), {}, **one)
            np.testing.assert_allclose(together[i], alone[0], atol=1e-13)


# --- refusals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "point", "message"),
    [
        ("2nu-ee", {"dm2_14": 1.0, "sin2_2theta_ee": 0.1}, "did you mean 'dm2_41'"),
        ("2nu-ee", {"dm2_41": 1.0, "sin2_2theta_mumu": 0.1}, "did you mean 'sin2_2theta_ee'"),
        ("2nu-ee", {"dm2_41": 1.0}, "needs sin2_2theta_ee"),
        ("2nu-ee", {"dm2_41": 1.0, "sin2_2theta_ee": 1.1}, "between 0 and 1"),
        ("2nu-ee", {"dm2_41": -1.0, "sin2_2theta_ee": 0.1}, "dm2_41 must be a number of at least 0 eV"),
        ("2nu-ee", {"dm2_41": np.nan, "sin2_2theta_ee": 0.1}, "dm2_41 must be"),
        ("2nu-ee", {"dm2_41": np.inf, "sin2_2theta_ee": 0.1}, "dm2_41 must be"),
        ("2nu-ee", {"dm2_41": [1.0, 2.0, 3.0], "sin2_2theta_ee": [0.1, 0.2]}, "shapes that do not fit"),
        ("3+1", {"dm2_41": 1.0, "Ue4_sq": 0.6, "Umu4_sq": 0.5}, "must not exceed 1"),
        ("3+1-sbl", {"dm2_41": 1.0, "Ue4_sq": 0.6, "Umu4_sq": 0.3, "Utau4_sq": 0.2}, "must not exceed 1"),
    ],
)
def test_impossible_points_are_refused_in_one_sentence(name: str, point: dict, message: str) -> None:
    with pytest.raises(NuanomalyError, match=message) as caught:
        model(name).probability("e", "e", False, 1.0, 1.0, **point)
    assert "\n" not in str(caught.value)


def test_an_unknown_model_or_flavour_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="'2nu-ee'"):
        model("2nu-e")
    with pytest.raises(UnknownNameError, match="'mu'"):
        model("3nu").probability("muon", "e", False, 1.0, 1.0)


@pytest.mark.parametrize("name", ["3+1-sbl", "2nu-mue"])
def test_shortcuts_are_refused_where_they_fail(name: str) -> None:
    with pytest.raises(NotApplicableError, match=r"not applicable.*L/E = 520 m/MeV"):
        model(name).probability("mu", "e", False, 1300e3, 2500.0, **POINTS[name])


def test_a_view_says_nothing_of_other_channels() -> None:
    with pytest.raises(NotApplicableError, match="use '2nu-mue' or '3\\+1'"):
        model("2nu-ee").two_flavour("mu", "e", arrays(POINTS["2nu-ee"]))
