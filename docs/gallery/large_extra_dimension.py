"""One flat extra dimension: three towers of Kaluza–Klein states (1101.0003), three flavours included.

nuanomaly survey --model docs/gallery/large_extra_dimension.py:Tower --set radius=0.3 --set lightest=0.01
"""

import numpy as np
from scipy.constants import c, e, hbar

from nuanomaly.model.flavours import STANDARD_PARAMETERS, Flavours
from nuanomaly.model.levels import Levels
from nuanomaly.model.probabilities import LevelsModel, Parameter

HBARC = hbar * c / e * 1e6  # eV µm
MODES = 6  # of each tower, the zero mode included


class Tower(LevelsModel):
    """Right-handed neutrinos propagate in the bulk; the three active ones mix with their towers."""

    name = "large-extra-dimension"
    unitary = False  # the rest is in the states of the bulk
    parameters = (
        Parameter("radius", "um", 0.0, 100.0, "radius", log=True, scan=(1e-2, 1.0), null=0.0),
        Parameter("lightest", "eV", 0.0, 1.0, "mass of the lightest neutrino", log=True, scan=(1e-3, 0.1)),
        *STANDARD_PARAMETERS,
    )

    def levels(self, p):
        """Return the levels of all towers."""
        light = Flavours("3nu").levels(p)
        inverse = HBARC / np.maximum(p["radius"], 1e-6)  # 1/R in eV
        masses = np.sqrt(p["lightest"] ** 2 + light.m2 - light.m2.min(axis=0))
        zero = masses / inverse  # λ_i of the zero modes; below 1/2 there is a Dirac mass for each
        xi2 = zero * np.tan(np.pi * np.minimum(zero, 0.4999)) / np.pi  # (m_i R)²: λ tan πλ = π ξ²
        roots = [zero]
        for n in range(1, MODES):
            root = n + 0.5 * np.minimum(xi2, 0.5) / n
            for _ in range(60):  # λ = n + arctan(π ξ²/λ)/π
                root = n + np.arctan2(np.pi * xi2, root) / np.pi
            roots.append(root)
        tower = np.array(roots)  # (modes, 3, P)
        weight = xi2 + np.pi**2 * xi2**2 + tower**2
        share = np.divide(2.0 * xi2, weight, out=np.ones_like(tower), where=weight > 0.0)
        share[-1] = 1.0 - share[:-1].sum(axis=0)  # the last state stands for all heavier ones
        U = light.U[:, :, None, :] * np.sqrt(share.transpose(2, 0, 1))[:, None]
        return Levels(U.reshape(len(U), 3, -1), ((tower * inverse) ** 2).reshape(-1, len(U)))
