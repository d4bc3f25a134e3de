"""Inverse beta decay to first order in 1/M: hep-ph/9903554 (Vogel and Beacom), equations 11 to 15."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: ħ in MeV s and ħc in MeV cm (CODATA 2018).
_HBAR, _HBAR_C = 6.582119569e-22, 1.973269804e-11
#: Angles of the positron that the total cross section is summed over.
COSINES, COSINE_WEIGHTS = np.polynomial.legendre.leggauss(24)


@dataclass(frozen=True)
class Constants:
    """Masses in MeV, the neutron's lifetime in s, the phase-space factor and the couplings."""

    neutron: float
    proton: float
    electron: float
    lifetime: float
    phase_space: float
    axial: float
    vector: float
    magnetic: float

    @classmethod
    def of(cls, particles: Mapping[str, float], couplings: Mapping[str, float]) -> "Constants":
        """Return the constants by the names that Daya Bay's release gives them."""
        return cls(
            particles["NeutronMass"],
            particles["ProtonMass"],
            particles["ElectronMass"],
            particles["NeutronLifeTime"],
            couplings["PhaseSpaceFactor"],
            couplings["g"],
            couplings["f"],
            couplings["f2"],
        )


def differential(energies: Array, cosines: Array, constants: Constants) -> tuple[Array, Array]:
    """Return dσ/d cosθ in cm² and the positron's total energy in MeV, for each energy and angle.

    Parameters
    ----------
    energies, cosines : arrays of shapes that broadcast
        Antineutrino energy in MeV, and the positron's angle.

    Examples
    --------
    >>> one = Constants(939.56542, 938.27209, 0.510998950, 878.4, 1.71465, 1.2701, 1.0, 3.706)
    >>> sigma, positron = differential(np.array(4.0), np.array(0.0), one)
    >>> print(f"{float(sigma):.3e} {float(positron):.3f}")
    3.374e-43 2.694
    """
    c, m, f, g = constants, constants.electron, constants.vector, constants.axial
    gap, nucleon = c.neutron - c.proton, 0.5 * (c.neutron + c.proton)
    first, second = f * f + 3.0 * g * g, f * f - g * g
    scale = 2.0 * np.pi**2 * _HBAR / (m**5 * c.phase_space * c.lifetime) / first * _HBAR_C**2
    E0 = np.maximum(energies - gap, m * (1.0 + 1e-12))
    p0 = np.sqrt(E0**2 - m**2)
    v0 = p0 / E0
    E1 = E0 * (1.0 - energies / nucleon * (1.0 - v0 * cosines)) - 0.5 * (gap**2 - m**2) / nucleon
    p1 = np.sqrt(np.maximum(E1**2 - m**2, 0.0))
    v1 = np.divide(p1, E1, out=np.zeros_like(p1), where=m < E1)
    recoil = (E0 + gap) * (1.0 - cosines / v0) - gap
    gamma = (
        2.0 * (f + c.magnetic) * g * ((2.0 * E0 + gap) * (1.0 - v0 * cosines) - m**2 / E0)
        + (f * f + g * g) * (gap * (1.0 + v0 * cosines) + m**2 / E0)
        + first * recoil
        + second * recoil * v0 * cosines
    )
    values = 0.5 * scale * ((first + second * v1 * cosines) * E1 * p1 - gamma / nucleon * E0 * p0)
    allowed = (energies - gap > m) & (m < E1)
    return np.where(allowed, values, 0.0), E1


def total(energies: Array, constants: Constants) -> Array:
    """Return the cross section in cm² at antineutrino energies in MeV, shape (N,)."""
    sigma, _ = differential(energies[:, None], COSINES, constants)
    return np.asarray(sigma @ COSINE_WEIGHTS)
