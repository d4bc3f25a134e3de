"""Slow waves from few: the sums of all nodes as Chebyshev series in Δm², where Δm² is small.

A wave summed over nodes, Σ w sin²(κx) with κ = 1.267 Δm², is an entire function of Δm²: between 0 and a limit
at which the largest phase 2κx is φ it is a Chebyshev series whose terms beyond about φ/2 fall faster than any
power. So a few dozen sums node by node give all others at the price of a short vector product.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Array

#: Largest error as a part of the sum of the absolute weights of an output.
TOLERANCE = 1e-10
#: Terms beyond half of the largest phase: the series has fallen below the tolerance there (checked).
_BEYOND = 24


@dataclass(frozen=True, eq=False)
class Series:
    """A Chebyshev series of all outputs.

    Attributes
    ----------
    limit : float
        The largest Δm² in eV².
    terms : array, shape (K, n_out)
        Coefficients of T_k(2 Δm²/limit − 1).
    """

    limit: float
    terms: Array

    def rows(self, dm2: Array) -> Array:
        """Return the sums at each Δm² in eV², shape (M, n_out); a row is the same to the bit whatever M is.

        Raises
        ------
        NuanomalyError
            If a Δm² is above the limit.
        """
        values = np.asarray(dm2, float)
        if values.size and values.max() > self.limit:
            raise NuanomalyError(f"the series holds for Δm² up to {self.limit:g} eV², not {values.max():g}")
        angle = np.arccos(np.clip(2.0 * values / self.limit - 1.0, -1.0, 1.0))
        order = np.arange(len(self.terms))
        matrix = np.empty((values.size, self.terms.shape[1]))
        for k, one in enumerate(angle.tolist()):
            # a vector product: the order in which a matrix product adds depends on its size
            matrix[k] = np.cos(order * one) @ self.terms
        return matrix


def series(sums: Callable[[Array], Array], limit: float, largest: float, scale: Array) -> Series:
    """Return the series of sums of waves.

    Parameters
    ----------
    sums : callable
        Δm² in eV², shape (M,), to the sums node by node, shape (M, n_out).
    limit : float
        The largest Δm² in eV².
    largest : float
        The largest L/E of a node in m/MeV, half of its interval included.
    scale : array, shape (n_out,)
        Σ|w| of each output.

    Raises
    ------
    NuanomalyError
        If the last terms are not small, so that the series does not hold.

    Examples
    --------
    >>> wave = lambda dm2: np.sin(PHASE * dm2[:, None] * 500.0) ** 2
    >>> found = series(wave, 0.01, 500.0, np.ones(1))
    >>> at = np.array([0.0025, 0.0091])
    >>> bool(np.abs(found.rows(at) - wave(at)).max() < 1e-12), len(found.terms)
    (True, 31)
    """
    count = int(np.ceil(PHASE * limit * largest)) + _BEYOND
    angle = (np.arange(count) + 0.5) * np.pi / count
    values = sums(0.5 * limit * (1.0 + np.cos(angle)))
    terms = scipy.fft.dct(values, type=2, axis=0) / count
    terms[0] *= 0.5
    if (np.abs(terms[-3:]) > TOLERANCE * np.maximum(scale, np.finfo(float).tiny)).any():
        raise NuanomalyError(f"waves up to {limit:g} eV² are no short series: give a smaller limit")
    return Series(limit, np.ascontiguousarray(terms))
