"""Neutrinos of stopped positive pions: π⁺ → μ⁺ ν_μ, then μ⁺ → e⁺ ν_e ν̄_μ, and when they arrive.

Decays in flight and negative pions, which are mostly captured, are left out.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import erfcx, ndtr

from nuanomaly.likelihood.stopped_pions.muon_decay import ENDPOINT, MUON_MASS, nue_spectrum, numubar_spectrum
from nuanomaly.model.probabilities import Array

#: Mass of the charged pion in MeV, mean lives of π⁺ and μ⁺ in µs (Particle Data Group).
PION_MASS, PION_LIFE, MUON_LIFE = 139.57039, 0.026033, 2.1969811
#: Energy of the monochromatic ν_μ in MeV.
PROMPT_ENERGY: float = (PION_MASS**2 - MUON_MASS**2) / (2.0 * PION_MASS)


@dataclass(frozen=True)
class Component:
    """One neutrino of the chain: its flavour, whether it comes with the pion's decay, and its spectrum.

    ``spectrum`` gives 1/MeV; None is the line at ``PROMPT_ENERGY``.
    """

    name: str
    flavour: str
    antineutrino: bool
    prompt: bool
    spectrum: Callable[[Array], Array] | None

    def cells(self, number: int, lowest: float = 1.0) -> tuple[Array, Array, Array]:
        """Return edges of energy intervals in MeV (low, high) and the part of the neutrinos in each.

        Examples
        --------
        >>> low, high, part = COMPONENTS[1].cells(200)
        >>> part.sum().round(4), round(float((part * (low + high)).sum() / 2.0 / ENDPOINT), 3)
        (np.float64(1.0), 0.6)
        """
        if self.spectrum is None:
            return np.array([PROMPT_ENERGY]), np.array([PROMPT_ENERGY]), np.ones(1)
        edges = np.linspace(lowest, ENDPOINT, number + 1)
        width = np.diff(edges)
        # Simpson's rule: exact for the cubic spectra
        inside = self.spectrum(0.5 * (edges[1:] + edges[:-1]))
        part = width / 6.0 * (self.spectrum(edges[:-1]) + 4.0 * inside + self.spectrum(edges[1:]))
        return edges[:-1], edges[1:], part


#: What a stopped π⁺ gives.
COMPONENTS: tuple[Component, ...] = (
    Component("numu", "mu", False, True, None),
    Component("nue", "e", False, False, nue_spectrum),
    Component("numubar", "mu", True, False, numubar_spectrum),
)


def arrival(time: Array, mean: float, sigma: float, lives: tuple[float, ...]) -> Array:
    """Return the part of a Gaussian pulse that has come and decayed before each time; all in µs.

    Parameters
    ----------
    time : array
    mean, sigma : float
        Of the pulse.
    lives : tuple of float
        Different mean lives of the decays that follow one another; none for the pulse itself.

    Examples
    --------
    >>> arrival(np.array([0.0, 0.5, 100.0]), 0.5, 0.1, ()).round(3).tolist()
    [0.0, 0.5, 1.0]
    >>> arrival(np.array([2.2, 6.0]), 0.0, 1e-3, (PION_LIFE, MUON_LIFE)).round(3).tolist()
    [0.628, 0.934]
    """
    z = (np.asarray(time, float) - mean) / sigma
    total = ndtr(z)
    for life in lives:
        # partial fractions of the chain: Σ_i w_i × (Gaussian ⊗ one decay)
        weight = np.prod([life / (life - other) for other in lives if other != life])
        r = sigma / life
        # exp(r²/2 − r z) Φ(z − r), written so that neither factor overflows
        u = (r - z) / np.sqrt(2.0)
        safe = np.where(u > -5.0, u, 0.0)
        tail = np.where(
            u > -5.0,
            0.5 * erfcx(safe) * np.exp(-0.5 * z**2),
            np.exp(np.minimum(0.5 * r**2 - r * z, 0.0)) * ndtr(z - r),
        )
        total = total - weight * tail
    return np.asarray(total)
