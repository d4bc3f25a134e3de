"""New interactions with nuclei: their limits, their formulas, and what they say of other experiments."""

import numpy as np
import pytest

import nuanomaly
from nuanomaly.likelihood.cevns.cross_section import SIN2_THETA_W, Nucleus, endpoint
from nuanomaly.likelihood.cevns.recoil_tables import ELECTRON, NucleusTable
from nuanomaly.likelihood.stopped_pions.pion_decay import COMPONENTS
from nuanomaly.model.constants import ALPHA
from nuanomaly.model.probabilities import NotApplicableError
from nuanomaly.model.recoil import CM2, FERMI, LightVector

RELEASES = ("coherent-csi@2017", "coherent-csi@2021", "coherent-lar@2020")
#: Flavours change on the way by sin²φ₃₁ at a few MeV: what is added keeps them, channels do not.
OSCILLATION = 3e-5


@pytest.mark.parametrize("name", RELEASES)
@pytest.mark.parametrize("epsilon", [0.02, 0.1])
def test_a_heavy_vector_is_a_constant_coupling(name: str, epsilon: float) -> None:
    lk, mass = nuanomaly.likelihood(name), 1e6
    heavy = {"mediator_mass": mass, "coupling": np.sqrt(epsilon * np.sqrt(2.0) * FERMI) * mass}
    constant = {"eps_ee": epsilon, "eps_mumu": epsilon}
    np.testing.assert_allclose(
        lk.predict("light-vector", **heavy), lk.predict("3nu", **constant), rtol=OSCILLATION
    )
    # variations of the prediction too: nuisances are profiled
    assert lk.chi2("light-vector", **heavy) == pytest.approx(lk.chi2("3nu", **constant), abs=0.01)


def test_one_flavour_and_other_parameters_of_the_interaction_count() -> None:
    lk, mass, epsilon = nuanomaly.likelihood("coherent-csi@2021"), 1e6, 0.1
    coupling = np.sqrt(epsilon * np.sqrt(2.0) * FERMI) * mass
    others = {"sin2_theta_w": 0.22, "cevns_strength": 1.1, "eps_mumu_u": -0.05}
    heavy = lk.predict("light-vector", mediator_mass=mass, coupling=coupling, charge_mu=0.0, **others)
    np.testing.assert_allclose(heavy, lk.predict("3nu", eps_ee=epsilon, **others), rtol=OSCILLATION)


@pytest.mark.parametrize("mass", [1.0, 30.0, 300.0])
def test_the_charge_with_a_vector_is_that_of_an_independent_code(mass: float) -> None:
    """The factor G_V of the public code CEvNS of B. J. Kavanagh (cross sections of arXiv:1604.01025)."""
    cesium, coupling, q2 = Nucleus(55, 133, 132.905452), 5e-5, np.array([100.0, 900.0, 3600.0])
    points = {p.name: np.array([p.default or 0.0]) for p in LightVector().parameters}
    points |= {"mediator_mass": np.array([mass]), "coupling": np.array([coupling])}
    shift = LightVector().couplings("e", q2, points)
    standard = cesium.Z * (0.5 - 2.0 * SIN2_THETA_W) - 0.5 * cesium.N
    ours = (standard + cesium.Z * shift.proton[0] + cesium.N * shift.neutron[0]) / standard
    weak = cesium.N - (1.0 - 4.0 * SIN2_THETA_W) * cesium.Z
    theirs = 1.0 - np.sqrt(2.0) / FERMI * 3.0 * cesium.A * coupling**2 / weak / (q2 + mass**2)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    assert (ours < 1.0).all()  # it takes from the standard rate before it adds to it


def table(nucleus: Nucleus, lowest: float, number: int = 20000) -> NucleusTable:
    """Return recoils of a nucleus above an energy in MeV, for the prompt line."""
    (line,) = (c for c in COMPONENTS if c.spectrum is None)
    energy = line.cells(1)[0][0]
    edges = np.geomspace(lowest, endpoint(energy, nucleus), number + 1)
    T, width = np.sqrt(edges[1:] * edges[:-1]), np.diff(edges)
    one = np.ones(T.size)
    return NucleusTable(nucleus, T, one, one, width[None], {line: line.cells(1)})


def test_integrals_over_recoils_are_those_in_closed_form() -> None:
    argon, lowest = Nucleus(18, 40, 39.962), 1e-3
    recoils = table(argon, lowest)
    (line,) = recoils.spectra
    E, highest = line.cells(1)[0][0], recoils.T.max()
    highest = endpoint(E, argon)
    _, scalar, magnetic = (float(recoils.seen[0] @ section) for section in recoils.kinematics(line))
    expected = np.log(highest / lowest) - (highest - lowest) / E
    # the last interval below the endpoint is cut where 1 − T/E − MT/2E² ends
    assert magnetic == pytest.approx(np.pi * ALPHA**2 / ELECTRON**2 * CM2 * expected, rel=1e-3)
    squares = 0.5 * argon.M**2 * (highest**2 - lowest**2) / (4.0 * np.pi * E**2) * CM2
    assert scalar == pytest.approx(squares, rel=1e-3)


def test_a_massless_scalar_and_a_moment_grow_as_they_should() -> None:
    lk = nuanomaly.likelihood("coherent-csi@2021")
    none = lk.predict("3nu")

    def added(model: str, **point: float) -> np.ndarray:
        return np.asarray(lk.predict(model, **point) - none)

    base = added("light-scalar", mediator_mass=10.0, coupling=1e-5)
    assert (base >= 0.0).all()
    np.testing.assert_allclose(
        added("light-scalar", mediator_mass=10.0, coupling=2e-5), 16.0 * base, rtol=1e-6
    )
    moment = added("magnetic-moment", magnetic_moment_e=0.0, magnetic_moment_mu=1e-9)
    twice = added("magnetic-moment", magnetic_moment_e=0.0, magnetic_moment_mu=2e-9)
    np.testing.assert_allclose(twice, 4.0 * moment, rtol=1e-6)


def test_a_charge_radius_moves_the_weak_mixing_angle() -> None:
    lk = nuanomaly.likelihood("coherent-lar@2020")
    radius = 2e-32
    shift = np.sqrt(2.0) * np.pi * ALPHA / (3.0 * FERMI) / CM2 * radius / 2.0
    both = lk.predict("charge-radius", charge_radius_e=radius, charge_radius_mu=radius)
    np.testing.assert_allclose(both, lk.predict("3nu", sin2_theta_w=SIN2_THETA_W + shift), rtol=OSCILLATION)


def test_none_of_it_is_the_standard_rate() -> None:
    lk = nuanomaly.likelihood("coherent-csi@2021")
    for model, point in (
        ("light-vector", {"mediator_mass": 10.0, "coupling": 0.0}),
        ("light-scalar", {"mediator_mass": 10.0, "coupling": 0.0}),
        ("magnetic-moment", {"magnetic_moment_e": 0.0, "magnetic_moment_mu": 0.0}),
        ("charge-radius", {"charge_radius_e": 0.0, "charge_radius_mu": 0.0}),
    ):
        np.testing.assert_array_equal(lk.predict(model, **point), lk.predict("3nu"))


def test_experiments_without_recoils_are_not_applicable() -> None:
    point = {"mediator_mass": 10.0, "coupling": 1e-5}
    with pytest.raises(NotApplicableError, match="no recoils of nuclei"):
        nuanomaly.likelihood("karmen").chi2("light-vector", **point)
    verdicts = nuanomaly.survey("light-vector", point, ["coherent-csi", "best", "lsnd", "xenonnt-cevns"])
    assert [v.status for v in verdicts] == ["evaluated", *["not applicable"] * 3]


def test_a_mediator_is_fitted_and_tested_by_toys() -> None:
    grid = {"coupling": (1e-6, 1e-4, 31, "log")}
    asked = nuanomaly.Analysis("coherent-csi@2021", "light-vector", fixed={"mediator_mass": 10.0}, grid=grid)
    best = asked.fit()
    assert best.value <= asked.null_value + 1e-9
    assert 0.0 < asked.toy_significance(toys=500).p_value <= 1.0
