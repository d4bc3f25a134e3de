"""Isotropic Lorentz violation between ν_μ and ν_e: a phase that grows with L, and with L·E (hep-ph/0406255).

nuanomaly survey --model docs/gallery/lorentz_violation.py:Lorentz/3nu --set a=1e-20 --set c=0

Effects that turn with the sidereal day are not covered: releases are sums over time.
"""

import numpy as np
from scipy.constants import c as speed
from scipy.constants import e, hbar

from nuanomaly.model.probabilities import Parameter
from nuanomaly.model.wave_model import Wave

HBARC = hbar * speed / e * 1e-9  # GeV m


class Lorentz:
    """One element of the Hamiltonian between ν_e and ν_μ, a − cE; antineutrinos have −a − cE."""

    name = "lorentz-violation"
    parameters = (
        Parameter("a", "GeV", 0.0, 1e-15, "|a_eμ|, odd under CPT", log=True, scan=(1e-21, 1e-18), null=0.0),
        Parameter("c", "1", 0.0, 1e-15, "|c_eμ|, even under CPT", log=True, scan=(1e-21, 1e-17), null=0.0),
    )

    def waves(self, initial, final, antineutrino, L, E, node, a, c):
        """Return the constant and the one wave."""
        if "tau" in (initial, final) or final == "sterile":
            return float(initial == final), []
        energy = E * 1e-3  # GeV
        element = np.abs((a if not antineutrino else -a) - c * energy)
        wave = Wave(element * L / HBARC, sin2=-1.0 if initial == final else 1.0)
        return float(initial == final), [wave]
