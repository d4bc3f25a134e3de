"""Waves of many points added up at the nodes of a channel: for points that share no Δm² with each other."""

import numpy as np
from numpy.typing import NDArray

from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Nodes
from nuanomaly.model.waves import Array, Expansion, averaged_wave

#: Half widths of L/E, each once, and which of them each node has.
Widths = tuple[Array, NDArray[np.intp]]


def summed_waves(expansion: Expansion, nodes: Nodes, widths: Widths | None) -> Array:
    """Return the waves of an expansion, without its constant, averaged over the intervals of nodes.

    Parameters
    ----------
    expansion : Expansion
        K waves of P points.
    nodes : Nodes
    widths : (array, array of int) or None
        The nodes' half widths, each once, and their numbers.

    Returns
    -------
    array, shape (P, N)

    Examples
    --------
    >>> one = Expansion(np.zeros(1), np.array([[2.0]]), np.array([[-0.1]]), np.zeros((1, 1)))
    >>> nodes = Nodes(np.array([10.0]), np.array([4.0]), None, {})
    >>> summed_waves(one, nodes, None).round(6) == one.probability(np.array([2.5])).round(6)
    array([[ True]])
    """
    x = nodes.L / nodes.E
    total = np.zeros((expansion.constant.size, x.size))
    decay, coherence = expansion.rates()
    for k, dm2 in enumerate(expansion.dm2):
        sin2, sin = expansion.sin2[k, :, None], expansion.sin[k, :, None]
        if decay[k].any() or coherence[k].any():
            wave = averaged_wave(dm2, x, nodes.half_width, decay[k], coherence[k], nodes.E)
            total += 0.5 * sin2 * (1.0 - wave.real) + sin * wave.imag
        else:
            _add_plane(total, np.multiply.outer(PHASE * dm2, x), (sin2, sin), _damping(dm2, widths))
    return total


def _damping(dm2: Array, widths: Widths | None) -> Array | None:
    """Return what is left of waves averaged over the intervals, shape (P, N) or (P, 1)."""
    if widths is None:
        return None
    damping = np.sinc(np.multiply.outer(2.0 * PHASE / np.pi * dm2, widths[0]))
    return damping if widths[0].size == 1 else damping[:, widths[1]]


def _add_plane(total: Array, phase: Array, amplitudes: tuple[Array, Array], damping: Array | None) -> None:
    """Add sin2 · ½(1 − D cos 2φ) + sin · D sin 2φ to a total, in place; the phases are used up.

    sin²φ = t²/(1 + t²) and sin 2φ = 2t/(1 + t²) come from one tangent, which is cheaper than sines.
    """
    sin2, sin = amplitudes
    t = np.tan(phase, out=phase)
    even = t * t
    norm = 1.0 / (1.0 + even)
    even *= norm
    if damping is not None:
        # ½(1 − D cos 2φ) = ½(1 − D) + D sin²φ
        even *= damping
        even += 0.5 * (1.0 - damping)
        norm *= damping
    total += sin2 * even
    if sin.any():
        t *= norm
        total += 2.0 * sin * t
