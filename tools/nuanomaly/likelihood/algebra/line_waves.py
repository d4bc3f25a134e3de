"""Damped waves along lines of equal energy: exponentials at few points of each line, no error functions.

A damped wave has no closed sum over the nodes of a line, and its average over the interval of each node needs
error functions of complex arguments. Along a line it is a polynomial (see
:mod:`nuanomaly.likelihood.algebra.lines`) as soon as its degree is above half of what the wave turns by, and
its averages are those of the polynomial.
"""

import numpy as np
from numpy.typing import NDArray

from nuanomaly.likelihood.algebra.lines import Lines
from nuanomaly.likelihood.algebra.node_waves import summed_waves
from nuanomaly.model.constants import PHASE
from nuanomaly.model.waves import Array, Expansion

#: Degrees of polynomials, and by how many radians from its middle a wave may turn in each.
_DEGREES = (16, 32, 64, 128, 256, 512)
_TURN = 0.7
#: How far outputs may be off, in units of the sum of their absolute weights times that of the amplitudes.
TOLERANCE = 1e-10
#: How many probabilities are held at once.
_HELD = 131_072


def along_lines(expansion: Expansion, few: Lines) -> tuple[Array, NDArray[np.intp]]:
    """Return the waves of an expansion, without its constant, summed over the nodes of lines.

    Parameters
    ----------
    expansion : Expansion
        K waves of P points.
    few : Lines

    Returns
    -------
    sums : array, shape (P, n_out)
    left : array of int
        Points that no degree settles; their sums are zero.
    """
    points = expansion.constant.size
    turn = (2.0 * PHASE * few.reach * np.abs(expansion.dm2)).max(axis=0, initial=0.0)
    reach = TOLERANCE * (np.abs(expansion.sin2) + np.abs(expansion.sin)).sum(axis=0)
    sums, left = np.zeros((points, few.n_out)), np.arange(points)
    for degree in _DEGREES:
        tried = left[turn[left] <= _TURN * degree]
        if not tried.size:
            continue
        rule, settled = few.rule(degree), np.zeros(points, bool)
        step = max(1, _HELD // rule.nodes.L.size)
        for rows in (tried[k : k + step] for k in range(0, tried.size, step)):
            P = summed_waves(expansion.part(range(len(expansion.dm2)), rows), rule.nodes, None)
            off = rule.tails(P) @ rule.sizes.T
            good = (off <= reach[rows, None] * rule.sizes.sum(axis=1)).all(axis=1)
            settled[rows[good]] = True
            sums[rows[good]] = P[good] @ rule.weights.T
        left = left[~settled[left]]
    return sums, left
