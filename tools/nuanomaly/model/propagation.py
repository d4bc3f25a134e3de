"""What happens to the levels on their way: plane waves, packets of a finite width, invisible decay."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from nuanomaly.model.flavours import Flavours
from nuanomaly.model.levels import Levels
from nuanomaly.model.probabilities import Array, Parameter


@dataclass(frozen=True)
class Propagation:
    """A way in which levels propagate.

    Attributes
    ----------
    name : str
    parameters : callable
        Flavours → the parameters it brings.
    levels : callable
        (levels, flavours, parameters as arrays of shape (P,)) → the levels with widths or decays.
    """

    name: str
    parameters: Callable[[Flavours], tuple[Parameter, ...]]
    levels: Callable[[Levels, Flavours, Mapping[str, Array]], Levels]


_WIDTH = Parameter(
    "sigma_x", "m", 0.0, np.inf, "width σ_x of the wave packets", log=True, scan=(1e-14, 1e-11)
)


def _packets(levels: Levels, flavours: Flavours, p: Mapping[str, Array]) -> Levels:
    return replace(levels, width=p["sigma_x"])


def decay_parameters(flavours: Flavours) -> tuple[Parameter, ...]:
    """Return α_k = m_k Γ_k of the sterile levels; a fit leaves the first one free."""
    return tuple(
        Parameter(
            f"alpha_{level.number}",
            "eV**2",
            0.0,
            np.inf,
            f"α{level.number} = m{level.number} Γ{level.number}: |ν{level.number}⟩ fades as exp(−α L/2E)",
            default=0.0 if place else None,
            log=True,
            scan=(1e-3, 1e2),
            null=0.0,
        )
        for place, level in enumerate(flavours.sterile)
    )


def _decaying(levels: Levels, flavours: Flavours, p: Mapping[str, Array]) -> Levels:
    rates = np.zeros_like(levels.m2)
    for place, level in enumerate(flavours.sterile, start=3):
        rates[place] = p[f"alpha_{level.number}"]
    return replace(levels, decay=rates)


#: Waves of neutrinos that part on the way lose their coherence: the interference of two levels is damped by
#: exp(−(L/L_coh)²), L_coh = 4√2 E² σ_x/Δm² (Giunti and Kim, hep-ph/9711363).
WAVE_PACKET = Propagation("wave-packet", lambda flavours: (_WIDTH,), _packets)

#: Sterile levels decay into what no detector sees: their amplitudes fade as exp(−α L/2E), α = m Γ.
DECAY = Propagation("decay", decay_parameters, _decaying)

PROPAGATIONS: dict[str, Propagation] = {p.name: p for p in (WAVE_PACKET, DECAY)}
