"""Waves summed over nodes, tabulated in Δm²: for points that share no Δm² with each other.

A wave summed over nodes, Σ w cos 2κx with κ = 1.267 Δm², is an entire function of Δm² that turns no faster
than the wave of the largest L/E. On pieces of Δm² over which that one turns by ± :data:`TURN` it is a
polynomial of degree :data:`TERMS` − 1, up to TURN^TERMS / (2^(TERMS−1) TERMS!) of the sum of the absolute
weights: 2e-11. So a fit of several splittings pays a short vector product for each wave, however many nodes
there are.

Pieces are made when they are first asked for, and a value does not depend on which others were made.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import scipy

from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Array

#: Half of what the fastest wave turns by in a piece, in radians, and the terms of its polynomial.
TURN, TERMS = 2.0, 14
#: How many numbers (doubles) of pieces are remembered of a channel.
REMEMBERED = 8_000_000
#: Up to this Δm² in eV² all pieces must fit in there, or there is no table.
LIMIT = 100.0


@dataclass(frozen=True, eq=False)
class WaveTable:
    """Sums of waves as polynomials in pieces of Δm².

    Attributes
    ----------
    sums : callable
        Δm² in eV², shape (M,), and ``sin2`` or ``sin`` to the sums node by node, shape (M, n_out).
    width : float
        Of a piece, in eV².

    Examples
    --------
    >>> wave = lambda dm2, kind: np.sin(PHASE * dm2[:, None] * 10.0) ** 2
    >>> table = WaveTable(wave, piece_width(10.0))
    >>> at = np.array([0.02, 7.3, 80.0])
    >>> bool(np.abs(table.rows(at, "sin2") - wave(at, "sin2")).max() < 1e-10)
    True
    """

    sums: Callable[[Array, str], Array]
    width: float
    _pieces: dict[tuple[str, int], Array] = field(default_factory=dict, repr=False)

    def rows(self, dm2: Array, wave: str) -> Array:
        """Return the sums at each Δm² in eV², shape (M, n_out); a row is the same to the bit whatever M is.

        Parameters
        ----------
        dm2 : array, shape (M,)
            M is at least 1; negative ones are those of levels in the other order.
        wave : {"sin2", "sin"}
        """
        size = np.abs(dm2)
        piece = np.floor(size / self.width).astype(int)
        place = np.clip(2.0 * (size / self.width - piece) - 1.0, -1.0, 1.0)
        powers = np.cos(np.multiply.outer(np.arccos(place), np.arange(TERMS)))
        numbers = piece.tolist()
        self._make(wave, sorted(set(numbers)))
        # vector products: the order in which a matrix product adds depends on its size
        rows = np.array([p @ self._pieces[wave, n] for p, n in zip(powers, numbers, strict=True)])
        if wave == "sin":
            rows *= np.sign(dm2)[:, None]
        return rows

    def _make(self, wave: str, asked: list[int]) -> None:
        """Make the pieces that are asked for and not there."""
        missing = [n for n in asked if (wave, n) not in self._pieces]
        if not missing:
            return
        known = next(iter(self._pieces.values())).size * len(self._pieces) if self._pieces else 0
        if known > REMEMBERED:
            self._pieces.clear()
            missing = asked
        angle = (np.arange(TERMS) + 0.5) * np.pi / TERMS
        inside = 0.5 * self.width * (1.0 + np.cos(angle))
        values = self.sums((self.width * np.array(missing)[:, None] + inside).ravel(), wave)
        terms = scipy.fft.dct(values.reshape(len(missing), TERMS, -1), type=2, axis=1) / TERMS
        terms[:, 0] *= 0.5
        self._pieces.update({(wave, n): part for n, part in zip(missing, terms, strict=True)})


def piece_width(largest: float) -> float:
    """Return the width of pieces in eV² if the largest L/E of a node is ``largest`` in m/MeV."""
    return TURN / (PHASE * largest)


def is_worthwhile(n_out: int, work: int, largest: float) -> bool:
    """Say whether a table is worth making.

    Parameters
    ----------
    n_out : int
        Outputs.
    work : int
        Numbers that a wave takes without one: nodes and weights.
    largest : float
        The largest L/E of a node in m/MeV, half of its interval included.
    """
    row = TERMS * n_out
    return work > 2 * row and LIMIT / piece_width(largest) * row <= REMEMBERED
