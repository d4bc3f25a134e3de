"""Constants of nature that are written out are those of a library that reads CODATA's tables."""

import pytest
from scipy.constants import Avogadro, c, e, hbar, physical_constants

from nuanomaly.model import constants


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (constants.HBAR_C, "reduced Planck constant times c in MeV fm"),
        (constants.FERMI_GEV, "Fermi coupling constant"),
        (constants.ALPHA, "fine-structure constant"),
        (constants.ATOMIC_MASS, "atomic mass constant energy equivalent in MeV"),
    ],
)
def test_a_measured_constant_is_that_of_codata(ours: float, theirs: str) -> None:
    assert ours == physical_constants[theirs][0]


def test_the_phase_constant_is_made_of_the_definitions_of_units() -> None:
    assert 1e-12 * (e * 1e6) / (4.0 * hbar * c) == constants.PHASE
    assert Avogadro == constants.AVOGADRO
