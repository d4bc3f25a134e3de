"""A model of your own that declares its waves: phases, amplitudes, damping.

A class with a method ``waves`` of the signature of a probability returns a constant and waves::

    class Resonant:
        def waves(self, initial, final, antineutrino, L, E, node, dm2_41, sin2_2theta, E_res):
            ...
            return 1.0, [Wave(phase=1.267 * dm2 * L / E, sin2=-amplitude)]

    P = constant + Σ [ sin2 · ½(1 − D cos 2φ) + sin · D sin 2φ ],   D = exp(−fading − spreading)

Phases and ``fading`` grow with L, ``spreading`` with L², at fixed energy; amplitudes may be any function of
the energy. So they are averaged over any interval of L in closed form, whatever the splitting.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.probabilities import Array, Nodes, Transition
from nuanomaly.model.waves import average


@dataclass(frozen=True, eq=False)
class Wave:
    """One wave at the nodes; all are numbers or arrays that broadcast to (P, N).

    Attributes
    ----------
    phase : array_like
        φ, in proportion to L.
    sin2, sin : array_like
        Coefficients of ½(1 − D cos 2φ), which is sin²φ without damping, and of D sin 2φ.
    fading : array_like
        What the logarithm of D loses in proportion to L, at least 0.
    spreading : array_like
        What it loses in proportion to L², at least 0.
    """

    phase: ArrayLike
    sin2: ArrayLike = 0.0
    sin: ArrayLike = 0.0
    fading: ArrayLike = 0.0
    spreading: ArrayLike = 0.0


class WaveModel(FunctionModel):
    """A function that declares waves as a model (see the module); the arguments are those of FunctionModel.

    Examples
    --------
    >>> from nuanomaly.model.constants import PHASE
    >>> def two(initial, final, antineutrino, L, E, dm2, amplitude):
    ...     return 1.0, [Wave(PHASE * dm2 * L / E, sin2=-amplitude)]
    >>> model = WaveModel(two)
    >>> model.probability("e", "e", False, np.ones(1), np.ones(1), dm2=1.0, amplitude=0.5).round(4)
    array([[0.5448]])
    """

    def averaged(self, asked: Transition, nodes: Nodes, parameters: Mapping[str, Array]) -> Array:
        """Return P averaged over the intervals of nodes in closed form, shape (P, N)."""
        return self.evaluated(asked.initial, asked.final, asked.antineutrino, nodes, parameters)

    def _finished(self, given: Any, shape: tuple[int, ...], nodes: Nodes) -> Array:
        """Return P of the waves the function gave."""
        try:
            constant, waves = given
            terms = _checked(waves)
        except (TypeError, ValueError):
            raise NuanomalyError(
                f"model {self.name!r}: waves are returned as (constant, [Wave(phase, …), …])"
            ) from None
        half = None if nodes.half_width is None else nodes.half_width * nodes.E
        relative = (
            np.zeros(nodes.L.shape)
            if half is None
            else np.divide(half, nodes.L, out=np.zeros(nodes.L.shape), where=nodes.L > 0.0)
        )
        total = super()._finished(constant, shape, nodes).copy()
        for wave in terms:
            parts = [super(WaveModel, self)._finished(v, shape, nodes) for v in vars(wave).values()]
            phase, sin2, sin, fading, spreading = parts
            seen = average(np.asarray(2j * phase - fading), spreading, np.broadcast_to(relative, shape))
            total += sin2 * 0.5 * (1.0 - seen.real) + sin * seen.imag
        return total


def _checked(waves: Iterable[Wave]) -> list[Wave]:
    found = list(waves)
    if not all(isinstance(wave, Wave) for wave in found):
        raise TypeError
    return found
