"""Non-standard couplings of matter: none of them is matter, and two flavours have a closed form."""

import numpy as np
import pytest

import nuanomaly
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.model.constants import PHASE
from nuanomaly.model.matter import _HBARC, POTENTIAL
from nuanomaly.model.registry import model

L, E = np.full(25, 735e3), np.linspace(1e3, 15e3, 25)


@pytest.mark.parametrize("antineutrino", [False, True])
def test_without_new_couplings_it_is_matter(antineutrino: bool) -> None:
    for final in ("e", "mu", "tau"):
        both = (
            model(name).probability("mu", final, antineutrino, L, E) for name in ("3nu/nsi", "3nu/matter")
        )
        np.testing.assert_allclose(*both, atol=1e-13)


@pytest.mark.parametrize(("antineutrino", "sign"), [(False, 1.0), (True, -1.0)])
@pytest.mark.parametrize("epsilon", [0.1, -0.05])
def test_mu_tau_coupling_shifts_the_phase_at_maximal_mixing(
    antineutrino: bool, sign: float, epsilon: float
) -> None:
    """P(μ→μ) = cos²((Δm²/4E + ε V) L) for θ23 = 45°, θ13 = 0, Δm²21 = 0."""
    point = {"sin2_theta13": 0.0, "sin2_theta23": 0.5, "dm2_21": 1e-12, "dm2_31": 2.4e-3, "density": 3.0}
    V = POTENTIAL * 0.5 * 3.0 / (_HBARC * 1e6)  # in 1/m
    expected = np.cos(PHASE * 2.4e-3 * L / E + sign * epsilon * V * L) ** 2
    ours = model("3nu/nsi").probability("mu", "mu", antineutrino, L, E, nsi_mutau=epsilon, **point)[0]
    np.testing.assert_allclose(ours, expected, atol=1e-9)


def test_it_is_a_unitary_evolution() -> None:
    couplings = {"nsi_ee": 0.7, "nsi_emu": -0.2, "nsi_etau": 0.4, "nsi_tautau": -0.3}
    parts = [model("3nu/nsi").probability("mu", f, False, L, E, **couplings) for f in ("e", "mu", "tau")]
    np.testing.assert_allclose(np.sum(parts, axis=0), 1.0, atol=1e-12)
    with pytest.raises(NuanomalyError, match="leave out matter"):
        model("3nu/nsi/matter")


def test_minos_takes_it() -> None:
    lk = nuanomaly.likelihood("minos-sterile@2019")
    none, some = (lk.chi2("3nu/nsi", nsi_mutau=value) for value in (0.0, 0.5))
    assert none == pytest.approx(lk.chi2("3nu/matter"), abs=1e-6)
    assert some > none + 1.0
