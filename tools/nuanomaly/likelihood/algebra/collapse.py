"""Many nodes collapsed in L/E: waves of a hundred thousand events from a few hundred cells, error bounded.

A cell [x − h, x + h] of L/E keeps, for each output, the moments of its nodes, m_n = Σ w δⁿ/n! with δ the
distance from the middle x. With κ = 1.267 Δm² a wave is then the Taylor series in each cell,

    Σ w sin² κ(x + δ) = Σ_cells [ sin²(κx) m_0 − ½ Σ_{n≥1} (2κ)ⁿ cos(2κx + nπ/2) m_n ],

a product of a matrix of moments, known beforehand, with sines and cosines at the middles of the cells alone.
After the orders n < N what is left out is at most Σ|w| (2κh)ᴺ/N! for sin 2φ, and half of it for sin² φ, by
Lagrange's remainder; for small κ it falls as κᴺ. The width of the cells is chosen such that at ``limit`` this
is :data:`TOLERANCE`; above the limit there is no bound, and nodes must be added up one by one.
"""

from dataclasses import dataclass
from functools import cached_property
from math import factorial

import numpy as np
import scipy

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Array

#: Largest error of a wave at the limit, as a part of the sum of the absolute weights of an output.
TOLERANCE = 1e-10
#: The largest Δm² in eV² of a collapse, unless a caller says otherwise.
LIMIT = 100.0
#: Orders of the series (N): cells × orders, the cost, hardly depends on it from 12 on.
ORDERS = 16


@dataclass(frozen=True, eq=False)
class Collapsed:
    """Moments of nodes in cells of L/E.

    Attributes
    ----------
    centres : array, shape (C,)
        Middles of the cells that hold nodes, in m/MeV.
    half : float
        Half of the width of a cell, in m/MeV.
    moments : array, shape (U, ORDERS·C)
        Σ w (δ/h)ⁿ/n! of the outputs that have nodes, order after order.
    used : array of int, shape (U,)
        These outputs.
    n_out : int
        Number of all outputs.
    limit : float
        The largest Δm² in eV² with a bound.
    """

    centres: Array
    half: float
    moments: Array
    used: "np.ndarray[tuple[int, ...], np.dtype[np.intp]]"
    n_out: int
    limit: float

    @cached_property
    def size(self) -> int:
        """Cells × orders: how many numbers a wave takes, where a node takes one."""
        return int(self.moments.shape[1])

    def bound(self, dm2: Array, wave: str = "sin2") -> Array:
        """Return the largest error at each Δm² in eV² in units of an output's Σ|w|, infinite above the limit.

        Examples
        --------
        >>> nodes = collapse(np.linspace(0.2, 3.0, 9), scipy.sparse.csr_array(np.ones((1, 9))))
        >>> bool((nodes.bound(np.array([0.04, 100.0])) <= TOLERANCE).all()), nodes.bound(np.array([101.0]))
        (True, array([inf]))
        """
        values = np.abs(np.asarray(dm2, float))
        content = (2.0 * PHASE * values * self.half) ** ORDERS / factorial(ORDERS)
        return np.where(values <= self.limit, content * (0.5 if wave == "sin2" else 1.0), np.inf)

    def rows(self, dm2: Array, wave: str = "sin2") -> Array:
        """Return W·sin²φ (or W·sin 2φ for ``wave="sin"``) at each Δm² in eV², shape (M, n_out).

        A row is the same to the bit whatever M is.

        Raises
        ------
        NuanomalyError
            If a Δm² is above the limit.
        """
        values = np.asarray(dm2, float)
        if values.size and np.abs(values).max() > self.limit:
            raise NuanomalyError(
                f"nodes were collapsed for Δm² up to {self.limit:g} eV², not {np.abs(values).max():g}"
            )
        matrix = np.zeros((values.size, self.n_out))
        for k, kappa in enumerate((PHASE * values).tolist()):
            # a vector product: the order in which a matrix product adds depends on its size
            matrix[k, self.used] = self.moments @ self._waves(kappa, wave)
        return matrix

    def _waves(self, kappa: float, wave: str) -> Array:
        """Return the derivatives of the wave at the middles times hⁿ, shape (ORDERS·C,)."""
        phase = 2.0 * kappa * self.centres
        sin, cos = np.sin(phase), np.cos(phase)
        turn, amplitude = ((cos, -sin, -cos, sin), -0.5) if wave == "sin2" else ((sin, cos, -sin, -cos), 1.0)
        matrix = np.empty((ORDERS, self.centres.size))
        for n in range(ORDERS):
            np.multiply(turn[n % 4], amplitude * (2.0 * kappa * self.half) ** n, out=matrix[n])
        if wave == "sin2":
            matrix[0] = np.sin(0.5 * phase) ** 2  # 1/2 − cos/2 loses the digits of small phases
        return matrix.ravel()


def collapse(L_over_E: Array, weights: "scipy.sparse.csr_array", limit: float = LIMIT) -> Collapsed:
    """Return nodes collapsed for Δm² up to a limit.

    Parameters
    ----------
    L_over_E : array, shape (N,)
        In m/MeV, rescaled to CODATA's phase constant.
    weights : CSR array, shape (n_out, N)
    limit : float
        Δm² in eV².
    """
    half = (TOLERANCE * factorial(ORDERS)) ** (1.0 / ORDERS) / (2.0 * PHASE * limit)
    cell = np.floor((L_over_E - L_over_E.min()) / (2.0 * half)).astype(np.intp)
    occupied, place = np.unique(cell, return_inverse=True)
    centres = np.asarray(L_over_E.min() + (2.0 * occupied + 1.0) * half, float)
    offset = (L_over_E - centres[place]) / half
    entries = weights.tocoo()
    used, row = np.unique(entries.row, return_inverse=True)
    column = entries.col
    flat, power = row * centres.size + place[column], np.asarray(entries.data, float)
    moments = np.empty((used.size, ORDERS, centres.size))
    for n in range(ORDERS):
        sums = np.bincount(flat, power / factorial(n), minlength=used.size * centres.size)
        moments[:, n] = sums.reshape(used.size, -1)
        power = power * offset[column]
    return Collapsed(
        centres, half, moments.reshape(used.size, -1), used.astype(np.intp), int(weights.shape[0]), limit
    )
