"""Base of hypotheses that add something of their own to a model of oscillation."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nuanomaly.model.probabilities import Array, Model, Nodes, NotApplicableError, Parameter, Transition
from nuanomaly.model.vacuum import ThreeFlavour
from nuanomaly.model.waves import Expansion


class OnOscillation(Model):
    """A hypothesis whose probabilities are those of another model.

    Parameters
    ----------
    name : str
    own : tuple of Parameter
        What it adds to the parameters of the oscillation.
    oscillation : Model, optional
        Three flavours if left out.
    """

    def __init__(self, name: str, own: tuple[Parameter, ...], oscillation: Model | None = None) -> None:
        self.name = name
        self._oscillation = ThreeFlavour() if oscillation is None else oscillation
        self.parameters = (*own, *self._oscillation.parameters)
        self.vacuum, self.unitary = self._oscillation.vacuum, self._oscillation.unitary
        self.sampled, self.three_flavour = self._oscillation.sampled, self._oscillation.three_flavour
        self.known_as = self._oscillation.known_as

    @property
    def oscillation(self) -> Model:
        """The model of the probabilities."""
        return self._oscillation

    @property
    def ambiguous(self) -> tuple[str, ...]:
        """As the oscillation's."""
        return self._oscillation.ambiguous

    def _of_oscillation(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        known = {p.name for p in self._oscillation.parameters}
        return {k: v for k, v in parameters.items() if k in known}

    def allowed(self, parameters: Mapping[str, Array]) -> NDArray[np.bool_]:
        """Return where the oscillation's parameters are possible together."""
        return self._oscillation.allowed(parameters)

    def refuse_impossible(self, parameters: Mapping[str, Array]) -> None:
        """Refuse what the oscillation refuses."""
        self._oscillation.refuse_impossible(parameters)

    def probability(
        self,
        initial: str,
        final: str,
        antineutrino: bool,
        L: Any,
        E: Any,
        node: Mapping[str, Array] | None = None,
        **parameters: Any,
    ) -> Array:
        """Return P of the oscillation alone, shape (P, N) as many points as there are of all parameters."""
        own = self._of_oscillation(parameters)
        P = self._oscillation.probability(initial, final, antineutrino, L, E, node, **own)
        points = max((np.size(v) for v in parameters.values()), default=1)
        return np.broadcast_to(P, (points, P.shape[-1])) if len(P) == 1 else P

    def expansion(
        self,
        initial: str,
        final: str,
        antineutrino: bool,
        max_L_over_E: float,
        parameters: Mapping[str, Array],
    ) -> Expansion | None:
        """Return the expansion of the oscillation."""
        return self._oscillation.expansion(initial, final, antineutrino, max_L_over_E, parameters)

    def averaged(self, asked: Transition, nodes: Nodes, parameters: Mapping[str, Array]) -> Array | None:
        """Return what the oscillation averages itself."""
        return self._oscillation.averaged(asked, nodes, parameters)

    def two_flavour(self, initial: str, final: str, parameters: Mapping[str, Array]) -> tuple[Array, Array]:
        """Refuse: a surface is known in two-flavour coordinates alone."""
        raise NotApplicableError(
            f"not applicable: {self.name!r} is more than oscillation, and a surface is known in two-flavour "
            "coordinates"
        )
