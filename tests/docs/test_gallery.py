"""Models of the gallery: short, right in their limits, and applicable to what the archive has."""

from pathlib import Path
from runpy import run_path

import numpy as np
import pytest

from nuanomaly.likelihood.build import likelihood
from nuanomaly.model.probabilities import NotApplicableError, complete
from nuanomaly.model.registry import model

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"
POINTS = {
    "large_extra_dimension.py:Tower": {"radius": 0.3, "lightest": 0.01},
    "resonance.py:Resonance/3nu": {"dm2": 0.5, "sin2_2theta": 0.1, "E_res": 300.0},
    "lorentz_violation.py:Lorentz/3nu": {"a": 1e-20, "c": 1e-20},
}
#: Its appearance is known at sources of muons at rest alone, and it is composed with nothing.
DECAY = "visible_decay.py:VisibleDecay"
L, E = np.array([10.0, 541.0, 1650.0, 735e3]), np.array([4.0, 800.0, 3.5, 3000.0])


def test_every_model_of_the_gallery_is_short_and_tested() -> None:
    files = {name.partition(":")[0] for name in (*POINTS, DECAY)}
    assert {path.name for path in GALLERY.glob("*.py")} == files
    for name in files:
        assert len((GALLERY / name).read_text().splitlines()) <= 50


@pytest.mark.parametrize("name", POINTS)
def test_without_its_effect_a_model_is_three_flavours(name: str) -> None:
    own = model(f"{GALLERY}/{name}")
    none = {p.name: 1e-4 if p.name == "radius" else 0.0 for p in own.parameters if p.null is not None}
    point = {**POINTS[name], **none}
    for initial in ("e", "mu"):
        for final in ("e", "mu", "tau"):
            for antineutrino in (False, True):
                found = own.probability(initial, final, antineutrino, L, E, **point)
                three = model("3nu").probability(initial, final, antineutrino, L, E)
                np.testing.assert_allclose(found, three, atol=1e-7)


@pytest.mark.parametrize("name", POINTS)
@pytest.mark.parametrize("dataset", ["best", "karmen", "miniboone-nue", "minos-sterile", "daya-bay@2022"])
def test_a_model_is_applicable_and_has_an_effect_somewhere(name: str, dataset: str) -> None:
    lk = likelihood(dataset)
    assert np.isfinite(lk.chi2(f"{GALLERY}/{name}", **POINTS[name]))


def test_the_tower_solves_its_equation_and_has_converged() -> None:
    """λ = π (mR)² cot πλ for all states; twice as many of them change χ² by less than 0.05."""
    file = GALLERY / "large_extra_dimension.py"
    found = {}
    for modes in (6, 12):
        space = run_path(str(file))
        space["Tower"].levels.__globals__["MODES"] = modes
        tower = space["Tower"]()
        point = {"radius": 0.3, "lightest": 0.03}
        levels = tower.levels(complete(tower, point))
        np.testing.assert_allclose((np.abs(levels.U) ** 2).sum(axis=2), 1.0, atol=1e-12)
        states = np.sqrt(levels.m2[:, 0]).reshape(modes, 3) * point["radius"] / space["HBARC"]
        square = states[0] * np.tan(np.pi * states[0]) / np.pi
        np.testing.assert_allclose(states, np.pi * square / np.tan(np.pi * states), atol=2e-5)
        found[modes] = [likelihood(n).chi2(tower, **point) for n in ("best", "prospect", "daya-bay@2022")]
    np.testing.assert_allclose(found[6], found[12], atol=0.05)


def test_a_resonance_is_vacuum_far_below_it() -> None:
    own = model(f"{GALLERY}/resonance.py:Resonance")
    low = own.probability("e", "e", True, L[:1], E[:1], {}, dm2=0.5, sin2_2theta=0.1, E_res=1e6)
    view = model("2nu-ee").probability("e", "e", True, L[:1], E[:1], dm2_41=0.5, sin2_2theta_ee=0.1)
    np.testing.assert_allclose(low, view, atol=1e-9)
    full = own.probability("e", "e", True, L[:1], E[:1], {}, dm2=0.5, sin2_2theta=0.1, E_res=4.0)
    phase = 1.266932679 * 0.5 * 10.0 / 4.0 * np.sqrt(0.1)
    np.testing.assert_allclose(full, 1.0 - np.sin(phase) ** 2, atol=1e-7)


def test_lorentz_violation_grows_with_distance_and_tells_neutrinos_from_antineutrinos() -> None:
    own = model(f"{GALLERY}/lorentz_violation.py:Lorentz")
    near, far = (
        own.probability("mu", "e", False, np.array([x]), E[:1], {}, a=1e-20, c=0.0) for x in (10.0, 20.0)
    )
    assert far[0, 0] / near[0, 0] == pytest.approx(4.0, rel=1e-6)
    point = {"a": 1e-20, "c": 1e-20}
    nu, nubar = (own.probability("mu", "e", bar, L[1:2], E[1:2], {}, **point)[0, 0] for bar in (False, True))
    assert nubar > nu


def test_daughters_of_a_visible_decay_are_those_of_a_monte_carlo() -> None:
    """Parents of muons at rest, their decay on the way, half of them with a daughter that is seen."""
    own = model(f"{GALLERY}/{DECAY}")
    rng, count, distance, alpha = np.random.default_rng(3), 2_000_000, 17.7, 2.0
    endpoint = 52.83
    energy = endpoint * rng.random(count)
    energy = energy[rng.random(count) < (energy / endpoint) ** 2 * (3.0 - 2.0 * energy / endpoint)]
    # a length of decay E/α, in metres: ħc = 1.97327e-13 MeV m, and α in MeV²
    length = energy / (alpha * 1e-12) * 1.973269804e-13
    gone = rng.exponential(length) < distance
    seen = gone & (rng.random(energy.size) < 0.5)
    daughter = energy[seen] * np.sqrt(rng.random(seen.sum()))  # dΓ/dE' ∝ E'
    edges = np.linspace(16.0, 50.0, 9)
    drawn = np.histogram(daughter, edges)[0]
    fine = (edges[:-1, None] + (np.arange(40) + 0.5) / 40 * np.diff(edges)[:, None]).ravel()
    node = {"process": np.full(fine.size, "muon-decay")}
    point = {"Umu4_sq": 1.0, "alpha": alpha}
    rate = own.probability("mu", "e", True, np.full(fine.size, distance), fine, node, **point)
    x = fine / endpoint
    flux = x**2 * (3.0 - 2.0 * x) * 2.0 / endpoint  # ∫ x²(3 − 2x) dx = 1/2
    width = np.diff(edges)[0] / 40
    expected = energy.size * (np.ravel(rate) * flux * width).reshape(8, 40).sum(axis=1)
    assert (np.abs(drawn - expected) < 4.5 * np.sqrt(expected)).all()


def test_a_visible_decay_is_asked_where_the_parents_are_known() -> None:
    own = f"{GALLERY}/{DECAY}"
    karmen = likelihood("karmen")
    none = karmen.chi2(own, Umu4_sq=0.0, alpha=1.0) - karmen.chi2("3nu")
    assert none == pytest.approx(0.0, abs=1e-3)
    assert karmen.chi2(own, Umu4_sq=0.01, alpha=1.0) > karmen.chi2(own, Umu4_sq=0.001, alpha=1.0) + 1.0
    for other in ("lsnd-counts", "miniboone-nue"):
        with pytest.raises(NotApplicableError, match="muons at rest alone"):
            likelihood(other).chi2(own, Umu4_sq=0.01, alpha=1.0)
