"""Cross section, form factors, weak charge, stopped pions, scintillation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.likelihood.cevns.cross_section import (
    COUPLINGS,
    FERMI,
    SIN2_THETA_W,
    Charge,
    Nucleus,
    couplings,
    cross_section,
    endpoint,
    form_factor,
    helm,
)
from nuanomaly.likelihood.cevns.quenching import efficiency, electron_equivalent, fit_response, smearing
from nuanomaly.likelihood.stopped_pions.pion_decay import (
    COMPONENTS,
    MUON_LIFE,
    PION_LIFE,
    PROMPT_ENERGY,
    arrival,
)
from nuanomaly.model.constants import HBAR_C

ARGON, CAESIUM = Nucleus(18, 40, 39.948), Nucleus(55, 133, 132.905)
SETS = [
    {"kind": "helm", "s": 0.9, "r0": 1.2},
    {"kind": "helm", "s": 0.9, "c": [1.23, -0.6], "a": 0.52},
    {"kind": "klein-nystrand", "r0": 1.2, "a": 0.7},
]


def charge(nucleus: Nucleus, term: str, sin2: float = SIN2_THETA_W, u: float = 0.0, d: float = 0.0) -> float:
    return float(Charge(nucleus, COUPLINGS["tree"], term)(np.array(sin2), np.array(u), np.array(d)))


@pytest.mark.parametrize("config", SETS)
def test_form_factors_are_one_at_rest_and_fall(config: dict) -> None:
    q = np.linspace(0.0, 100.0, 51)
    found = form_factor(config, 133)(q)
    assert found[0] == 1.0
    assert (np.diff(found) < 0.0).all()


@pytest.mark.parametrize(("config", "radius"), [(SETS[0], 4.744), (SETS[1], 4.804), (SETS[2], 5.04)])
def test_form_factors_start_with_the_mean_square_radius(config: dict, radius: float) -> None:
    q = np.array([1.0])
    slope = (1.0 - form_factor(config, 133)(q)[0]) * 6.0 * HBAR_C**2
    assert np.sqrt(slope) == pytest.approx(radius, abs=0.01)


def test_an_unknown_form_factor_or_coupling_is_refused() -> None:
    with pytest.raises(UnknownNameError):
        form_factor({"kind": "gauss"}, 40)
    with pytest.raises(UnknownNameError):
        couplings("treelevel")


def test_the_total_cross_section_of_a_point_is_freedmans() -> None:
    E, n = 30.0, 6000
    T = (np.arange(n) + 0.5) * endpoint(E, ARGON) / n
    total = cross_section(T, np.array([E]), ARGON, np.full(n, 22.0**2 / 4.0)).sum() * (T[1] - T[0])
    expected = FERMI**2 * E**2 / (4.0 * np.pi) * 22.0**2 * (HBAR_C * 1e-13) ** 2
    assert total == pytest.approx(expected, rel=3 * E / ARGON.M)


def test_nothing_recoils_beyond_the_endpoint() -> None:
    T = endpoint(PROMPT_ENERGY, CAESIUM) * np.array([0.999, 1.001])
    found = cross_section(T, np.array([PROMPT_ENERGY]), CAESIUM, np.ones(2))[:, 0]
    assert found[0] > 0.0
    assert found[1] == 0.0


@given(st.floats(0.1, 0.4), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_the_three_terms_are_the_whole_charge(sin2: float, u: float, d: float) -> None:
    parts = sum(
        charge(CAESIUM, term, sin2, u, d) * Charge(CAESIUM, COUPLINGS["tree"], term).standard
        for term in ("pp", "pn", "nn")
    )
    whole = charge(CAESIUM, "all", sin2, u, d) * Charge(CAESIUM, COUPLINGS["tree"], "all").standard
    assert parts == pytest.approx(whole, rel=1e-9, abs=1e-9)


def test_the_charge_has_the_degeneracy_of_non_standard_interactions() -> None:
    g = COUPLINGS["tree"]
    Z, N = CAESIUM.Z, CAESIUM.N
    zero = -(Z * g.proton + N * g.neutron) / (3.0 * (Z + N))
    assert zero == pytest.approx(0.0946, abs=0.001)
    for shift in (0.01, 0.05):
        one, other = (charge(CAESIUM, "all", u=zero + s, d=zero + s) for s in (shift, -shift))
        assert one == pytest.approx(other)


def test_the_rate_goes_with_the_square_of_the_neutrons() -> None:
    ratio = (
        Charge(CAESIUM, COUPLINGS["tree"], "all").standard / Charge(ARGON, COUPLINGS["tree"], "all").standard
    )
    assert ratio == pytest.approx((78 / 22) ** 2, rel=0.02)


def test_released_spectra_are_those_of_stopped_pions() -> None:
    table = load("sns-flux@2021-r1").table("spectrum")
    E, width = table["energy"].to_numpy(), 0.4975
    for component in COMPONENTS:
        part = table[component.name].to_numpy() / table[component.name].sum()
        if component.spectrum is None:
            assert abs(E[np.argmax(part)] - PROMPT_ENERGY) < width / 2
            assert part.max() == pytest.approx(1.0)
        else:
            assert np.abs(part / width - component.spectrum(E)).max() < 0.02 * component.spectrum(E).max()


def test_arrival_is_what_a_simulation_gives() -> None:
    random = np.random.default_rng(3)
    n = 400_000
    simulated = (
        random.normal(0.44, 0.15, n) + random.exponential(PION_LIFE, n) + random.exponential(MUON_LIFE, n)
    )
    at = np.array([-0.1, 0.4, 0.9, 2.0, 4.9])
    found = arrival(at, 0.44, 0.15, (PION_LIFE, MUON_LIFE))
    assert np.abs(found - (simulated[:, None] < at).mean(axis=0)).max() < 4.0 * 0.5 / np.sqrt(n)


def test_released_delayed_neutrinos_decay_with_the_muons_life() -> None:
    table = load("coherent-csi@2017-r1").table("arrival")
    late = table[table["time"] > 2.0]
    life = 0.5 * (len(late) - 1) / np.log(late["delayed"].iloc[0] / late["delayed"].iloc[-1])
    assert life == pytest.approx(MUON_LIFE, rel=0.01)


def test_polynomials_of_the_recoil_energy_have_their_unit() -> None:
    table = load("coherent-csi@2021-r1").table("scintillation")
    MeV = electron_equivalent(np.array([5.0, 20.0]), table["nominal"].tolist(), "MeV")
    keV = electron_equivalent(
        np.array([5.0, 20.0]), (table["nominal"] / 1e3 ** (table["power"] - 1)).tolist(), "keV"
    )
    assert MeV == pytest.approx(keV)
    assert keV[1] / 20.0 == pytest.approx(0.1036, abs=1e-4)


FULL = {"kind": "logistic", "a": 1.0, "k": 1.0, "x0": -1e3}


@pytest.mark.parametrize(
    ("config", "mean"),
    [
        ({"kind": "poisson", "light_yield": 13.35, "efficiency": FULL}, 26.7),
        ({"kind": "gamma", "light_yield": 13.35, "sharpness": 9.56, "efficiency": FULL}, 26.7 + 0.5),
        ({"kind": "gaussian", "resolution": 0.1, "efficiency": FULL}, 2.0 + 0.5),
    ],
)
def test_smearing_keeps_number_and_mean(config: dict, mean: float) -> None:
    low = np.arange(0.0, 200.0)
    seen = smearing(config, np.array([2.0]), low, low + 1.0, load("sns-flux@2021-r1"))[:, 0]
    assert seen.sum() == pytest.approx(1.0, abs=1e-6)
    place = low if config["kind"] == "poisson" else low + 0.5
    expected = mean if config["kind"] == "poisson" else mean - 0.5
    assert place @ seen == pytest.approx(expected, abs=0.3)


def test_the_acceptance_of_2017_has_its_step() -> None:
    config = {
        "kind": "logistic",
        "a": 0.6655,
        "k": 0.4942,
        "x0": 10.8507,
        "steps": [{"below": 5, "factor": 0.0}, {"below": 6, "factor": 0.5}],
    }
    found = efficiency(config, np.array([4.0, 5.0, 6.0, 30.0]), load("sns-flux@2021-r1"))
    assert found == pytest.approx([0.0, 0.0176, 0.0554, 0.6654], abs=1e-3)


def test_an_unknown_smearing_or_efficiency_is_refused() -> None:
    release = load("sns-flux@2021-r1")
    with pytest.raises(UnknownNameError):
        smearing({"kind": "box", "efficiency": FULL}, np.ones(1), np.zeros(1), np.ones(1), release)
    with pytest.raises(UnknownNameError):
        efficiency({"kind": "spline"}, np.ones(1), release)


def test_measurements_that_disagree_widen_the_band() -> None:
    T = np.linspace(3.0, 60.0, 10)
    factor = 0.09 + 0.01 * (-1.0) ** np.arange(10)
    fit = fit_response(T, factor, np.full(10, 0.002))
    assert fit.chi2 > 10.0 * fit.dof
    assert fit.band(T) == pytest.approx(fit.band(T, scaled=False) * np.sqrt(fit.chi2 / fit.dof))


def test_helm_is_a_sphere_where_the_skin_vanishes() -> None:
    q = np.linspace(1.0, 80.0, 9)
    x = q * 5.0 / HBAR_C
    assert helm(q, 5.0, 1e-9) == pytest.approx(3.0 * (np.sin(x) - x * np.cos(x)) / x**3)
