"""Nodes of an amplitude, and how a table is read between them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from nuanomaly.model.probabilities import Array

#: How a table is read between the nodes of an amplitude, and between the knots of Δm²41.
Scheme = Literal["chebyshev", "local", "linear"]


@dataclass(frozen=True, eq=False)
class Nodes:
    """Where a table stands in an amplitude.

    Attributes
    ----------
    scheme : {"chebyshev", "local", "linear"}
    scale : float
        s₀ of the coordinate ln(1 + s/s₀); of a linear scheme not used.
    values : array, shape (N,)
        The amplitudes, from 0 up.
    """

    scheme: Scheme
    scale: float
    values: Array

    @property
    def size(self) -> int:
        """The number of nodes."""
        return int(self.values.size)

    def weights(self, amplitude: Array) -> Array:
        """Return the share of every node in the value at amplitudes (P,), shape (P, N)."""
        if self.scheme == "linear":
            return _straight(self.values, amplitude)
        nodes, at = np.log1p(self.values / self.scale), np.log1p(amplitude / self.scale)
        return _nearest_four(nodes, at) if self.scheme == "local" else _lagrange(nodes, at)


def _straight(nodes: Array, at: Array) -> Array:
    """Return shares by straight lines: in the amplitude up to the first positive node, in its log beyond."""
    first = nodes[1]
    clipped = np.clip(at, 0.0, nodes[-1])
    scaled, grid = np.log(np.maximum(clipped, first)), np.log(nodes[1:])
    index = np.clip(np.searchsorted(grid, scaled, side="right") - 1, 0, grid.size - 2)
    share = (scaled - grid[index]) / (grid[index + 1] - grid[index])
    below = clipped < first
    lower = np.where(below, 0, index + 1)
    share = np.where(below, clipped / first, share)
    matrix = np.zeros((at.size, nodes.size))
    rows = np.arange(at.size)
    matrix[rows, lower] += 1.0 - share
    matrix[rows, lower + 1] += share
    return matrix


def _lagrange(nodes: Array, at: Array) -> Array:
    """Return shares by the polynomial through Chebyshev's points, in the barycentric form."""
    weights = (-1.0) ** np.arange(nodes.size)
    weights[[0, -1]] *= 0.5
    distance = at[:, None] - nodes
    exact = distance == 0.0
    matrix = weights / np.where(exact, 1.0, distance)
    matrix /= matrix.sum(axis=1, keepdims=True)
    hit = exact.any(axis=1)
    matrix[hit] = exact[hit]
    return matrix


def _nearest_four(nodes: Array, at: Array) -> Array:
    """Return shares by the cubic through the four nearest of equidistant nodes."""
    place = at / nodes[-1] * (nodes.size - 1)
    first = np.clip(np.floor(place).astype(int) - 1, 0, nodes.size - 4)
    x, rows = place - first, np.arange(at.size)
    matrix = np.zeros((at.size, nodes.size))
    matrix[rows, first] = -(x - 1.0) * (x - 2.0) * (x - 3.0) / 6.0
    matrix[rows, first + 1] = x * (x - 2.0) * (x - 3.0) / 2.0
    matrix[rows, first + 2] = -x * (x - 1.0) * (x - 3.0) / 2.0
    matrix[rows, first + 3] = x * (x - 1.0) * (x - 2.0) / 6.0
    return matrix


def equidistant(largest: float, scale: float, count: int) -> Nodes:
    """Return points of ln(1 + s/s₀), equally far apart, from s = 0 to the largest amplitude."""
    share = np.linspace(0.0, 1.0, count)
    values = scale * np.expm1(share * np.log1p(largest / scale))
    values[[0, -1]] = 0.0, largest
    return Nodes("local", scale, values)


def chebyshev(largest: float, scale: float, count: int) -> Nodes:
    """Return Chebyshev's points, ends included, of ln(1 + s/s₀) from s = 0 to the largest amplitude.

    Examples
    --------
    >>> [round(float(s), 3) for s in chebyshev(1.0, 1e6, 3).values]
    [0.0, 0.5, 1.0]
    """
    share = 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / (count - 1))
    values = scale * np.expm1(share * np.log1p(largest / scale))
    values[[0, -1]] = 0.0, largest
    return Nodes("chebyshev", scale, values)
