"""A probability along lines of equal energy, as a polynomial in the baseline.

Sources of a few energies have hundreds of nodes that differ in the baseline alone. Along such a line any
smooth probability is a polynomial: Chebyshev coefficients from its values at n + 1 points (Clenshaw and
Curtis's) fall as fast as it is smooth, and the average over the interval of each node is the same sum of
integrals whatever the probability is. How large the last quarter of the coefficients is says how far the
polynomial may be off (L. N. Trefethen, Approximation Theory and Approximation Practice, chapters 4 and 8).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import scipy
from numpy.typing import NDArray

from nuanomaly.model.probabilities import Array, Nodes

#: Fewer nodes of a line than this are taken one by one.
_LONG = 64
#: Intervals that are equal to so many digits of the length of a line are the same.
_DIGITS = 12
#: Degrees of polynomials, tried in turn.
DEGREES = (32, 128, 512)


@dataclass(frozen=True, eq=False)
class Rule:
    """Points at which a probability is asked for, and what its values give.

    Those of a degree are points of every multiple of it as well.

    Attributes
    ----------
    nodes : Nodes
        The points, line after line, shape (G (n + 1),).
    weights : array, shape (n_out, G (n + 1))
        Outputs are weights · P.
    sizes : array, shape (n_out, G)
        How much of each output is the weight of a line, signs left out.
    """

    nodes: Nodes
    weights: Array
    sizes: Array
    _kept: dict[int, Nodes] = field(default_factory=dict, repr=False)

    @property
    def degree(self) -> int:
        """The degree n of the polynomials."""
        return int(self.nodes.L.size // self.sizes.shape[1] - 1)

    def filled(self, coarser: Array | None, values: Callable[[Nodes], Array]) -> Array:
        """Return P at the points; those of a smaller degree, of which this one is a multiple, are known."""
        if coarser is None:
            return values(self.nodes)
        lines = coarser.reshape(len(coarser), self.sizes.shape[1], -1)
        times = self.degree // (lines.shape[2] - 1)
        finer = np.empty((len(lines), lines.shape[1], self.degree + 1))
        finer[:, :, ::times] = lines
        inner = finer[:, :, :-1].reshape(*lines.shape[:2], -1, times)[:, :, :, 1:]
        inner[:] = values(self._between(times)).reshape(inner.shape)
        return finer.reshape(len(lines), -1)

    def _between(self, times: int) -> Nodes:
        """Return the points that a degree so many times smaller does not have."""
        if times not in self._kept:
            lines = np.arange(self.nodes.L.size).reshape(self.sizes.shape[1], -1)
            place = lines[:, np.arange(self.degree + 1) % times > 0].ravel()
            known = {name: values[place] for name, values in self.nodes.known.items()}
            self._kept[times] = Nodes(self.nodes.L[place], self.nodes.E[place], None, known)
        return self._kept[times]

    def tails(self, P: Array) -> Array:
        """Return how large the last quarter of the coefficients of each line is, shape (p, G)."""
        lines = P.reshape(len(P), self.sizes.shape[1], -1)
        last = np.abs(scipy.fft.dct(lines, 1)[:, :, 3 * (self.degree + 1) // 4 :])
        return np.asarray((last.sum(axis=2) - 0.5 * last[:, :, -1]) / self.degree)


class Lines:
    """Nodes of a channel in groups that differ in the baseline alone.

    Parameters
    ----------
    nodes : Nodes
        With intervals.
    weights : array or CSR array, shape (n_out, N)
    groups : list of integer arrays
        The nodes of each line.
    """

    def __init__(
        self, nodes: Nodes, weights: "Array | scipy.sparse.csr_array", groups: list[NDArray[np.intp]]
    ) -> None:
        self._nodes, self._groups = nodes, groups
        self._weights = weights if isinstance(weights, np.ndarray) else weights.toarray()
        self._rules: dict[int, Rule] = {}

    @cached_property
    def _ends(self) -> tuple[Array, Array]:
        """The interval of L of each node in m, shape (N,) each."""
        half = np.asarray(self._nodes.half_width) * self._nodes.E
        return self._nodes.L - half, self._nodes.L + half

    @property
    def n_out(self) -> int:
        """Number of outputs."""
        return int(self._weights.shape[0])

    @cached_property
    def reach(self) -> float:
        """Half of the longest line in L/E, in m/MeV."""
        low, high = self._ends
        energy = self._nodes.E
        return max(float((high[g].max() - low[g].min()) / (2.0 * energy[g[0]])) for g in self._groups)

    def rule(self, degree: int) -> Rule:
        """Return the rule of a degree."""
        if degree not in self._rules:
            self._rules[degree] = self._made(degree)
        return self._rules[degree]

    def _made(self, degree: int) -> Rule:
        place = np.cos(np.pi * np.arange(degree + 1) / degree)
        coefficients = _coefficients(degree)
        low, high = self._ends
        baselines, weights, sizes = [], [], []
        made: dict[bytes, Array] = {}  # lines of other energies have the same intervals
        for group in self._groups:
            first, last = low[group].min(), high[group].max()
            middle, half = 0.5 * (first + last), 0.5 * (last - first)
            a, b = ((edge[group] - middle) / half for edge in (low, high))
            own, key = self._weights[:, group], np.concatenate([a, b]).round(_DIGITS).tobytes()
            if key not in made:
                made[key] = averages(a, b, degree)
            baselines.append(middle + half * place)
            weights.append(own @ made[key] @ coefficients)
            sizes.append(np.abs(own).sum(axis=1))
        one = np.array([group[0] for group in self._groups]).repeat(degree + 1)
        known = {name: np.asarray(values)[one] for name, values in self._nodes.known.items()}
        nodes = Nodes(np.concatenate(baselines), self._nodes.E[one], None, known)
        return Rule(nodes, np.concatenate(weights, axis=1), np.array(sizes).T)


def lines(nodes: Nodes, weights: "Array | scipy.sparse.csr_array") -> Lines | None:
    """Return the lines that all nodes form, or None if they are short, or nodes stand for no interval."""
    if nodes.half_width is None:
        return None
    groups = _groups(nodes.E, nodes.known)
    if min(map(len, groups), default=0) < _LONG:
        return None
    return Lines(nodes, weights, groups)


def _groups(E: Array, known: Mapping[str, Array]) -> list[NDArray[np.intp]]:
    """Return the nodes of each energy and of all else that is known, in their order."""
    columns = [np.unique(column, return_inverse=True)[1] for column in (E, *known.values())]
    _, which = np.unique(np.stack(columns), axis=1, return_inverse=True)
    order = np.argsort(which.ravel(), kind="stable")
    return np.split(order, np.flatnonzero(np.diff(which.ravel()[order])) + 1)


def averages(low: Array, high: Array, degree: int) -> Array:
    """Return the averages of Chebyshev's polynomials over intervals inside −1 and 1, shape (N, degree + 1).

    Examples
    --------
    >>> averages(np.array([-1.0, 0.0]), np.array([1.0, 1.0]), 2).round(6)
    array([[ 1.      ,  0.      , -0.333333],
           [ 1.      ,  0.5     , -0.333333]])
    """
    edges = np.stack([low, high])
    angle = np.arccos(np.clip(edges, -1.0, 1.0))
    T = np.cos(np.multiply.outer(angle, np.arange(degree + 2)))
    integral = np.empty((*edges.shape, degree + 1))
    integral[..., 0], integral[..., 1:2] = edges, 0.5 * edges[..., None] ** 2
    k = np.arange(2, degree + 1)
    integral[..., 2:] = 0.5 * (T[..., 3:] / (k + 1) - T[..., 1:-2] / (k - 1))
    width = high - low
    means = (integral[1] - integral[0]) / np.where(width > 0.0, width, 1.0)[:, None]
    place = np.arccos(np.clip(low[width <= 0.0], -1.0, 1.0))
    means[width <= 0.0] = np.cos(np.multiply.outer(place, np.arange(degree + 1)))
    return np.asarray(means)


def _coefficients(degree: int) -> Array:
    """Return the matrix that makes coefficients of values at cos(πj/n), shape (n + 1, n + 1)."""
    k = np.arange(degree + 1)
    matrix = 2.0 / degree * np.cos(np.pi * np.outer(k, k) / degree)
    matrix[[0, -1]] *= 0.5
    matrix[:, [0, -1]] *= 0.5
    return np.asarray(matrix)
