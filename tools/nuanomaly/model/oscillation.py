"""Models composed of flavours, a propagation and an interaction on the way."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.model.flavours import STANDARD_PARAMETERS, Flavours
from nuanomaly.model.levels import Levels
from nuanomaly.model.matter import Matter
from nuanomaly.model.probabilities import LevelsModel, Nodes, Parameter, Transition, complete, places
from nuanomaly.model.propagation import DECAY, WAVE_PACKET, Propagation
from nuanomaly.model.waves import Array, Expansion


class Oscillation(LevelsModel):
    """Flavours × propagation × interaction: exact at every distance, averaged in closed form.

    Parameters
    ----------
    flavours : Flavours
    propagation : sequence of Propagation
        None of them: plane waves of stable neutrinos.
    interaction : Matter or None
        What neutrinos meet on the way; None: vacuum.

    Raises
    ------
    NuanomalyError
        For wave packets in matter, whose coherence lengths are not those of the vacuum.

    Examples
    --------
    >>> from nuanomaly.model.flavours import SterileLevel
    >>> one = Flavours("3+1", (SterileLevel(4),))
    >>> model = Oscillation(one, [DECAY])
    >>> model.name, [p.name for p in model.parameters if p.default is None]
    ('3+1/decay', ['dm2_41', 'Ue4_sq', 'Umu4_sq', 'alpha_4'])
    """

    def __init__(
        self, flavours: Flavours, propagation: Sequence[Propagation] = (), interaction: Matter | None = None
    ) -> None:
        if interaction is not None and WAVE_PACKET in propagation:
            raise NuanomalyError("wave packets are known in vacuum: leave out wave-packet or matter")
        self.flavours, self.propagation, self.interaction = flavours, tuple(propagation), interaction
        parts = [flavours.name, *(p.name for p in propagation), *([interaction.name] if interaction else [])]
        self.name = "/".join(parts)
        brought = (p for way in propagation for p in way.parameters(flavours))
        sterile = flavours.parameters[: -len(STANDARD_PARAMETERS)]
        met = interaction.parameters if interaction else ()
        self.parameters: tuple[Parameter, ...] = (*sterile, *brought, *met, *STANDARD_PARAMETERS)
        self.unitary = DECAY not in propagation
        self.sampled = interaction is not None
        self.vacuum = interaction is None and WAVE_PACKET not in propagation

    def levels(self, parameters: Mapping[str, Array]) -> Levels:
        """Return the levels at parameters of shape (P,), with their widths and decays."""
        mixed = self.flavours.levels(parameters)
        for way in self.propagation:
            mixed = way.levels(mixed, self.flavours, parameters)
        return mixed

    def allowed(self, parameters: Mapping[str, Array]) -> NDArray[np.bool_]:
        """Return where a unitary mixing matrix exists."""
        return self.flavours.allowed(parameters)

    def refuse_impossible(self, parameters: Mapping[str, Array]) -> None:
        """Refuse columns that no unitary matrix has."""
        self.flavours.check(parameters)

    def expansion(
        self,
        initial: str,
        final: str,
        antineutrino: bool,
        max_L_over_E: float,
        parameters: Mapping[str, Array],
    ) -> Expansion | None:
        """Return the phase expansion, or None in matter."""
        if self.interaction is not None:
            return None
        return super().expansion(initial, final, antineutrino, max_L_over_E, parameters)

    def averaged(self, asked: Transition, nodes: Nodes, parameters: Mapping[str, Array]) -> Array | None:
        """Return P averaged over the intervals of nodes in closed form, shape (P, N)."""
        if self.interaction is None:
            return None
        return self.interaction.probability(self.levels(parameters), asked, nodes, parameters)

    def probability(
        self,
        initial: str,
        final: str,
        antineutrino: bool,
        L: ArrayLike,
        E: ArrayLike,
        node: Mapping[str, Array] | None = None,
        **parameters: ArrayLike,
    ) -> Array:
        """Return P(initial→final), shape (P, N): see :class:`~nuanomaly.model.probabilities.VacuumModel`."""
        points, (baseline, energy) = complete(self, parameters), places(L, E)
        asked = Transition(initial, final, antineutrino, float((baseline / energy).max()))
        met = self.averaged(asked, Nodes(baseline, energy, None, node or {}), points)
        return super().probability(initial, final, antineutrino, L, E, node, **points) if met is None else met
