"""The spectrum of antineutrinos that are detected: Huber–Mueller fluxes times the cross section, per bin."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from importers._globesfit import cross_section, flux

Array = NDArray[np.float64]
#: Points a bin is averaged over.
_POINTS = 20


def detected(originals: Path, shares: Mapping[str, float], low: Array, high: Array) -> Array:
    """Return the mean of Σ_i f_i Φ_i σ over bins of antineutrino energy, in cm²/fission/MeV.

    Parameters
    ----------
    originals : pathlib.Path
    shares : mapping
        Share of fissions by isotope (``u235`` …).
    low, high : arrays, shape (T,)
        In MeV; nothing is detected below the cross section's first energy, and nothing is emitted above the
        flux tables' last one.
    """
    spectra, section = flux(originals, ""), cross_section(originals)
    steps = (np.arange(_POINTS) + 0.5) / _POINTS
    energies = low[:, None] + (high - low)[:, None] * steps
    sigma = np.interp(energies, section["energy"], section["cross_section"], left=0.0)
    total = np.zeros_like(energies)
    for isotope, share in shares.items():
        total += share * np.interp(energies, spectra["energy"], spectra[isotope], right=0.0)
    return np.asarray((total * sigma).mean(axis=1))
