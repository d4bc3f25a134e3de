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

from collections.abc import Mapping
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

    def waves(
        self, asked: tuple[str, str, bool], nodes: Nodes, given: Mapping[str, Any]
    ) -> tuple[ArrayLike, list[Wave]]:
        """Return the constant and the waves that the function declares for a transition.

        Raises
        ------
        NuanomalyError
            If it returned something else.
        """
        content = super()._called(asked, nodes, given)
        try:
            constant, waves = content
            terms = list(waves)
            if not all(isinstance(wave, Wave) for wave in terms):
                raise TypeError
        except (TypeError, ValueError):
            raise NuanomalyError(
                f"model {self.name!r}: waves are returned as (constant, [Wave(phase, …), …])"
            ) from None
        return constant, terms

    def _called(self, asked: tuple[str, str, bool], nodes: Nodes, given: Mapping[str, Any]) -> Any:
        return self.waves(asked, nodes, given)

    def averaged(self, asked: Transition, nodes: Nodes, parameters: Mapping[str, Array]) -> Array:
        """Return P averaged over the intervals of nodes in closed form, shape (P, N)."""
        return self.evaluated(asked.initial, asked.final, asked.antineutrino, nodes, parameters)

    def _finished(self, given: Any, shape: tuple[int, ...], nodes: Nodes) -> Array:
        """Return P of the waves the function gave."""
        constant, terms = given
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


def multiplied(
    first: tuple[ArrayLike, list[Wave]], second: tuple[ArrayLike, list[Wave]]
) -> tuple[ArrayLike, list[Wave]]:
    """Return the product of two probabilities as waves: of sum and difference of the phases of each pair.

    Examples
    --------
    >>> one, two = (0.9, [Wave(0.3, -0.2, 0.1)]), (1.0, [Wave(1.1, -0.5)])
    >>> def value(constant, waves):
    ...     terms = (w.sin2 * np.sin(w.phase) ** 2 + w.sin * np.sin(2 * w.phase) for w in waves)
    ...     return round(float(constant + sum(terms)), 12)
    >>> round(value(*one) * value(*two), 9) == round(value(*multiplied(one, two)), 9)
    True
    """
    (c1, one), (c2, two) = (_exponentials(*terms) for terms in (first, second))
    constant: Any = c1 * c2
    waves = []

    def add(weight: Any, phase: Any, fading: Any, spreading: Any) -> None:
        nonlocal constant
        # w D exp 2iφ: back to ½(1 − D cos 2φ) and D sin 2φ
        constant = constant + weight.real
        waves.append(Wave(phase, -2.0 * weight.real, -weight.imag, fading, spreading))

    for weight, phase, fading, spreading in one:
        add(weight * c2, phase, fading, spreading)
    for weight, phase, fading, spreading in two:
        add(weight * c1, phase, fading, spreading)
    for w1, p1, f1, s1 in one:
        for w2, p2, f2, s2 in two:
            add(0.5 * w1 * w2, p1 + p2, f1 + f2, s1 + s2)
            add(0.5 * w1 * np.conj(w2), p1 - p2, f1 + f2, s1 + s2)
    return constant, waves


def _exponentials(constant: ArrayLike, waves: list[Wave]) -> tuple[Any, list[tuple[Any, Any, Any, Any]]]:
    """Return P as c + Σ Re(w D exp 2iφ): c, and (w, φ, fading, spreading) of each wave."""
    total: Any = np.asarray(constant, float)
    terms = []
    for wave in waves:
        phase, sin2, sin, fading, spreading = (np.asarray(v, float) for v in vars(wave).values())
        total = total + 0.5 * sin2
        terms.append((-0.5 * sin2 - 1j * sin, phase, fading, spreading))
    return total, terms
