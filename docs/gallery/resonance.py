r"""A resonance in the energy of active–sterile mixing, as of shortcuts through a bulk (hep-ph/0504096).

nuanomaly survey --model docs/gallery/resonance.py:Resonance/3nu --set dm2=0.5 --set sin2_2theta=0.1 \
    --set E_res=300
"""

import numpy as np

from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Parameter
from nuanomaly.model.wave_model import Wave


class Resonance:
    """ν_e and ν_μ mix with one sterile state alike; above and below the resonance they do not."""

    name = "resonance"
    parameters = (
        Parameter("dm2", "eV**2", 0.0, 1e3, "Δm²", log=True, scan=(1e-2, 1e2)),
        Parameter("sin2_2theta", "1", 0.0, 1.0, "sin²2θ in vacuum", log=True, scan=(1e-3, 1.0), null=0.0),
        Parameter("E_res", "MeV", 0.0, 1e6, "energy of the resonance", log=True, scan=(10.0, 1e4)),
    )

    def waves(self, initial, final, antineutrino, L, E, node, dm2, sin2_2theta, E_res):
        """Return the constant and the one wave."""
        if initial != final and final != "sterile":
            return 0.0, []
        off = (1.0 - sin2_2theta) * (1.0 - (E / E_res) ** 2) ** 2
        width = sin2_2theta + off
        seen = np.divide(sin2_2theta, width, out=np.zeros(np.shape(width)), where=width > 0.0)
        wave = Wave(PHASE * dm2 * L / E * np.sqrt(width), sin2=seen if final == "sterile" else -seen)
        return float(initial == final), [wave]
