"""A heavy neutrino that decays to a ν_e that is seen, at sources of muons at rest (hep-ph/0505216).

nuanomaly survey karmen --model docs/gallery/visible_decay.py:VisibleDecay --set Umu4_sq=0.01 --set alpha=1

Daughters have less energy than their parents, so that the spectrum of the parents has to be known: that of
the antineutrinos of muons at rest. ν₄ is a Dirac particle: half of its decays turn the helicity, unseen.
"""

import numpy as np

from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import NotApplicableError, Parameter

ENDPOINT = 52.83  # MeV
NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)


def michel(E):
    """Return the spectrum of muon antineutrinos from muons at rest, not normalised."""
    return (E / ENDPOINT) ** 2 * (3.0 - 2.0 * E / ENDPOINT)


class VisibleDecay:
    """|U_μ4|² of the flux decays as exp(−αL/E), α = m₄Γ; daughters have the spectrum 2E'/E²."""

    name, factor, three_flavour = "visible-decay", True, False
    parameters = (
        Parameter("Umu4_sq", "1", 0.0, 1.0, "|U_μ4|²", log=True, scan=(1e-4, 0.3), null=0.0),
        Parameter("alpha", "eV**2", 0.0, 1e4, "m₄ Γ₄", log=True, scan=(1e-2, 1e2)),
    )

    def probability(self, initial, final, antineutrino, L, E, node, Umu4_sq, alpha):
        """Return rates at the energy of the daughters over those without decay."""
        if initial == final == "mu":
            return (1.0 - Umu4_sq) ** 2 + Umu4_sq**2 * np.exp(-4.0 * PHASE * alpha * L / E)
        if (initial, final) != ("mu", "e"):
            return np.full(np.shape(L / E), float(initial == final))
        if not antineutrino or not np.all(np.asarray(node.get("process")) == "muon-decay"):
            raise NotApplicableError("the spectrum of the parents is known for muons at rest alone")
        inside = np.clip(E, 1e-3, ENDPOINT - 1e-3)[..., None]
        parent = 0.5 * (ENDPOINT + inside) + 0.5 * (ENDPOINT - inside) * NODES
        gone = -np.expm1(-4.0 * PHASE * alpha * np.asarray(L)[..., None] / parent)
        density = michel(parent) / michel(inside) * gone * 2.0 * inside / parent**2
        return 0.5 * Umu4_sq * 0.5 * (ENDPOINT - inside[..., 0]) * (density @ WEIGHTS)
