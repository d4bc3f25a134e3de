"""Neutrinos of muons at rest, and the inverse beta decay that detects their antineutrinos."""

from collections.abc import Callable

import numpy as np
from scipy.constants import physical_constants

from nuanomaly.model.probabilities import Array

_MEV = " energy equivalent in MeV"
MUON_MASS: float = physical_constants[f"muon mass{_MEV}"][0]
ELECTRON_MASS: float = physical_constants[f"electron mass{_MEV}"][0]
#: Neutron minus proton mass in MeV.
DELTA: float = physical_constants[f"neutron mass{_MEV}"][0] - physical_constants[f"proton mass{_MEV}"][0]
#: Largest neutrino energy of a muon decay at rest in MeV, the electron mass neglected.
ENDPOINT: float = MUON_MASS / 2.0


def numubar_spectrum(energy: Array) -> Array:
    """Return the spectrum of ν̄_μ (of ν_μ for μ⁻) in 1/MeV: 2x²(3 − 2x), x = E/ENDPOINT, normalised to one.

    Tree level, electron mass and polarisation neglected.

    Examples
    --------
    >>> grid = np.linspace(0.0, ENDPOINT, 2001)
    >>> round(float(np.trapezoid(numubar_spectrum(grid), grid)), 6)
    1.0
    """
    x = np.asarray(energy, float) / ENDPOINT
    return np.where((x >= 0.0) & (x <= 1.0), 2.0 * x**2 * (3.0 - 2.0 * x), 0.0) / ENDPOINT


def nue_spectrum(energy: Array) -> Array:
    """Return the spectrum of ν_e (of ν̄_e for μ⁻) in 1/MeV: 12x²(1 − x), normalised to one.

    Examples
    --------
    >>> grid = np.linspace(0.0, ENDPOINT, 2001)
    >>> round(float(np.trapezoid(nue_spectrum(grid), grid)), 5)
    1.0
    """
    x = np.asarray(energy, float) / ENDPOINT
    return np.where((x >= 0.0) & (x <= 1.0), 12.0 * x**2 * (1.0 - x), 0.0) / ENDPOINT


#: Spectrum of each neutrino of μ⁺ → e⁺ ν_e ν̄_μ.
SPECTRA: dict[str, Callable[[Array], Array]] = {"numubar": numubar_spectrum, "nue": nue_spectrum}


def inverse_beta_decay(energy: Array) -> Array:
    """Return the cross section of ν̄_e p → e⁺ n in cm², E in MeV; zero below threshold.

    σ = 1e-43 cm² p_e E_e E^(−0.07056 + 0.02018 ln E − 0.001953 ln³E), E_e = E − DELTA, momenta and energies
    in MeV: the approximation of Strumia and Vissani (astro-ph/0302055, eq. 25), good to a per mille up to
    300 MeV. The leading order p_e E_e alone would be a third too large at 40 MeV.

    Examples
    --------
    >>> [round(float(s) * 1e42, 2) for s in inverse_beta_decay(np.array([1.0, 10.0, 40.0]))]
    [0.0, 6.78, 105.85]
    """
    E = np.asarray(energy, float)
    positron = np.maximum(E - DELTA, ELECTRON_MASS)
    momentum = np.sqrt(positron**2 - ELECTRON_MASS**2)
    log = np.log(np.maximum(E, DELTA))
    section: Array = (
        1e-43 * momentum * positron * np.exp(log * (-0.07056 + 0.02018 * log - 0.001953 * log**3))
    )
    return section
