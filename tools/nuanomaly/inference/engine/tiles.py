"""Hypotheses in tiles of those that predict nearly the same, and bounds for a whole tile at once.

In a tile every part of a functional lies between two values: v·x of the noise (known for each toy, whatever
the truth), v·ν of the truth, and the products of both. Their sums bound χ² of all hypotheses of the tile.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nuanomaly.likelihood.algebra.gains import Gains
from nuanomaly.likelihood.algebra.gaussian_tables import Separable
from nuanomaly.model.probabilities import Array

#: Hypotheses per tile, tiles whose noise is computed at once, and directions that tiles are cut along.
SIZE, _TOGETHER, _DIRECTIONS = 16, 32, 12
#: Tiles whose bounds are computed at once, so that they stay in a processor's cache.
_CACHED = 48

Indices = NDArray[np.intp]


def tiles(features: Array, size: int = SIZE) -> Indices:
    """Return hypotheses with features (P, m) in tiles that are cut in half along their longest side.

    Shape (tiles, size). The first of a tile is the one nearest to its mean; it stands in for what is missing
    in a tile that is not full.

    Examples
    --------
    >>> tiles(np.array([[0.0], [5.0], [0.1], [5.1], [9.0]]), 2).tolist()
    [[0, 2], [1, 3], [4, 4]]
    """
    centred = features - features.mean(axis=0)
    axes = np.linalg.eigh(centred.T @ centred)[1][:, : -_DIRECTIONS - 1 : -1]
    places = centred @ axes
    items = []
    for own in _halves(places, np.arange(len(centred)), size):
        first = own[((places[own] - places[own].mean(axis=0)) ** 2).sum(axis=1).argmin()]
        items.append(np.concatenate([[first], own[own != first], np.repeat(first, size - own.size)]))
    return np.array(items)


def _halves(places: Array, own: Indices, size: int) -> Iterator[Indices]:
    if own.size <= size:
        yield own
        return
    centred = places[own] - places[own].mean(axis=0)
    axis = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    axis = axis * (1.0 if axis[np.abs(axis).argmax()] > 0.0 else -1.0)  # the sign is a matter of convention
    ordered = own[np.argsort(centred @ axis, kind="stable")]
    half = max(1, -(-own.size // size) // 2) * size
    yield from _halves(places, ordered[:half], size)
    yield from _halves(places, ordered[half:], size)


@dataclass(frozen=True, eq=False)
class Noise:
    """What is of one block of toys alone, J of them; functionals F, tiles of pieces N.

    Attributes
    ----------
    values : array, shape (F, N·J, SIZE)
        With the coupling of the reference.
    low, high, first : arrays, shape (F, N, J)
        The smallest and the largest in each tile, and those of its first hypothesis.
    coordinates : array, shape (J, E)
    size : float
        The largest length of the coordinates, in units of their typical values.
    """

    values: Array
    low: Array
    high: Array
    first: Array
    coordinates: Array
    size: float


@dataclass(frozen=True, eq=False)
class Truth:
    """What is of one truth alone.

    Attributes
    ----------
    values : array, shape (F, N, SIZE)
    coupling : array, shape (F, N, SIZE, E)
        What the coordinates of the noise are multiplied by, that of the reference taken away.
    slack : array, shape (F, N, SIZE)
        Its length: times the size of the coordinates it is the largest product.
    common : array, shape (E,)
        What was taken away from the coupling of all hypotheses besides.
    distance : array, shape (N, SIZE)
        χ² of data without noise.
    """

    values: Array
    coupling: Array
    slack: Array
    common: Array
    distance: Array


@dataclass(frozen=True, eq=False)
class Some:
    """Values one by one, V of them: what is not of the truth.

    Attributes
    ----------
    noise : array, shape (F, V)
    coordinates : array, shape (V, E)
    gains : Gains or None
    piece : array of int, shape (V,)
    """

    noise: Array
    coordinates: Array
    gains: Gains | None
    piece: Indices


class Part:
    """One table with its pieces in tiles: each tile of hypotheses has as many tiles of pieces as it needs.

    Parameters
    ----------
    columns : array of int, shape (n,)
        Which data it is of.
    table : Separable
    hypotheses : array of int, shape (tiles, SIZE)
    expected, effects : arrays, shapes (n,) and (n, K)
        Expectation and effects of drawn nuisances at a truth: the reference for all others.
    x, drawn : arrays, shapes (J, n) and (J, K)
        Some noise and drawn nuisances, which say what is typical.
    """

    def __init__(
        self,
        columns: Indices,
        table: Separable,
        hypotheses: Indices,
        expected: Array,
        effects: Array,
        x: Array,
        drawn: Array,
    ) -> None:
        self.columns = columns
        counts = table.counts
        self.most = counts[hypotheses].max(axis=1)
        self.start = np.cumsum(self.most) - self.most
        self.tile = np.repeat(np.arange(len(hypotheses)), self.most)
        each = np.arange(self.tile.size) - self.start[self.tile]
        own = hypotheses[self.tile]
        pieces = (np.cumsum(counts) - counts)[own] + np.minimum(each[:, None], counts[own] - 1)
        self.table = table.take(pieces.ravel())
        self.shape = pieces.shape
        self.gains = table.gains.selection(pieces) if table.gains else None
        # nuisances apart, for bounds: of each piece, and of each tile
        apart = self.table.gains.apart() if self.table.gains else None
        self.apart = apart.selection(np.arange(pieces.size).reshape(self.shape)) if apart else None
        self.coarse = apart.coarse(self.shape[1]) if apart else None
        self.expected = expected
        self.reference = self.table.truth(expected[None], effects[None])[1][0]
        typical = np.sqrt((table.coordinates(x, drawn) ** 2).mean(axis=0))
        self.typical = np.where(typical > 0.0, typical, 1.0)

    def pieces(self, tiles: Indices) -> tuple[Indices, Indices]:
        """Return the tiles of pieces of some tiles of hypotheses, and where those of each begin."""
        most = self.most[tiles]
        first = np.cumsum(most) - most
        return np.repeat(self.start[tiles] - first, most) + np.arange(int(most.sum())), first

    @cached_property
    def _sub_tables(self) -> list[tuple[slice, Separable, Array]]:
        n, size = self.shape
        items = []
        for k in range(0, n, _TOGETHER):
            cut = slice(k, min(n, k + _TOGETHER))
            own = np.arange(cut.start * size, cut.stop * size)
            items.append((cut, self.table.take(own), self.reference[:, own]))
        return items

    def noise(self, x: Array, drawn: Array) -> Noise:
        """Return what is of noise (J, n) and drawn nuisances (J, K) alone."""
        toys, (n, size) = len(x), self.shape
        coordinates = self.table.coordinates(x, drawn)
        values = np.empty((self.table.functionals, n, toys, size))
        for cut, table, reference in self._sub_tables:
            array = table.noise(x, self.expected)
            if coordinates.shape[1]:
                array = array + coordinates @ reference.swapaxes(1, 2)
            values[:, cut] = array.reshape(len(array), toys, -1, size).swapaxes(1, 2)
        low, high = values.min(axis=3), values.max(axis=3)
        first = np.ascontiguousarray(values[:, :, :, 0])
        length = np.sqrt(((coordinates / self.typical) ** 2).sum(axis=1).max())
        flat = values.reshape(len(values), n * toys, size)
        return Noise(flat, low, high, first, coordinates, float(length))

    def truths(self, expected: Array, effects: Array, at: Indices) -> list[Truth]:
        """Return what is of expectations (B, n) and effects (B, n, K) alone; ``at`` are pieces of truths."""
        array, coupling = self.table.truth(expected, effects)
        coupling = coupling - self.reference
        # what is the same for all hypotheses does not matter
        common = coupling[np.arange(at.size), 0, at]
        coupling[:, 0] -= common[:, None]
        slack = np.sqrt(((coupling * self.typical) ** 2).sum(axis=3))
        own = self.table.own(expected)
        made = []
        for k, values in enumerate(array.reshape(*array.shape[:2], *self.shape)):
            distance = self._combined(values.copy(), self.gains) + own[k]
            shape = values.shape
            coupled = coupling[k].reshape(*shape, -1)
            made.append(Truth(values, coupled, slack[k].reshape(shape), common[k], distance))
        return made

    def bounds(self, truth: Truth, noise: Noise, chosen: Indices) -> Array:
        """Return at most the smallest value in some tiles of pieces, shape (chosen, J)."""
        cuts = range(0, chosen.size, _CACHED)
        return np.concatenate([self._bounds(truth, noise, chosen[k : k + _CACHED]) for k in cuts])

    def _bounds(self, truth: Truth, noise: Noise, chosen: Indices) -> Array:
        there, slack = truth.values[:, chosen], noise.size * truth.slack[:, chosen]
        low = noise.low[:, chosen] + (there - slack).min(axis=2)[:, :, None]
        if len(low) == 1:
            return np.asarray(low[0])
        high = noise.high[1:, chosen] + (there + slack)[1:].max(axis=2)[:, :, None]
        return self._least(low, high, self.coarse.selection(chosen) if self.coarse else None)

    def lower(self, truth: Truth, noise: Noise, tile: Indices, toy: Indices) -> Array:
        """Return at most the values of the pieces of a tile for a toy, pair by pair, shape (pairs, SIZE).

        Without coordinates these are the values.
        """
        rows = tile * len(noise.coordinates) + toy
        values = np.empty((len(noise.values), tile.size, self.shape[1]))
        for f, v, w in zip(values, noise.values, truth.values, strict=True):
            np.take(v, rows, axis=0, out=f, mode="clip")
            f += w[tile]
        if not noise.coordinates.shape[1]:
            return self._combined(values, self.gains.selection(tile) if self.gains else None)
        slack = noise.size * truth.slack[:, tile]
        apart = self.apart.selection(tile) if self.apart else None
        return self._least(values - slack, values[1:] + slack[1:], apart)

    def some(self, noise: Noise, tile: Indices, place: Indices, toy: Indices) -> "Some":
        """Return what is of the noise in values one by one, by tile of pieces, place in it, and toy."""
        values = noise.values[:, tile * len(noise.coordinates) + toy, place]
        gains = self.gains.selection(tile, place) if self.gains else None
        return Some(values, noise.coordinates[toy], gains, tile * self.shape[1] + place)

    def exact(self, truth: Truth, some: "Some") -> Array:
        """Return values one by one, shape (values,)."""
        flat = truth.values.reshape(len(truth.values), -1)
        values = some.noise + np.take(flat, some.piece, axis=1)
        if some.coordinates.shape[1]:
            coupling = truth.coupling.reshape(*flat.shape, -1)
            values += np.einsum("fve,ve->fv", coupling[:, some.piece], some.coordinates)
        return self._combined(values, some.gains)

    def of_first(self, truth: Truth, noise: Noise, chosen: Indices) -> Array:
        """Return the values of the first hypothesis of each of some tiles of pieces, shape (chosen, J)."""
        values = noise.first[:, chosen] + truth.values[:, chosen, 0, None]
        if noise.coordinates.shape[1]:
            values += truth.coupling[:, chosen, 0] @ noise.coordinates.T
        return self._combined(values, self.gains.selection(chosen, 0, None) if self.gains else None)

    @property
    def bounded(self) -> int:
        """The first functional of a nuisance with bounds."""
        return self.table.functionals - (len(self.gains) if self.gains else 0)

    def _combined(self, values: Array, gains: Gains | None) -> Array:
        """Return φ − Σφ² − gains of functionals (F, …); what was given changes."""
        total, first = values[0], self.bounded
        for f in values[1:first]:
            f *= f
            total -= f
        if gains:
            total -= gains(list(values[first:]))
        return np.asarray(total)

    def _least(self, low: Array, high: Array, gains: Gains | None) -> Array:
        """Return at most that of functionals between two values (F, …) and (F − 1, …); the first changes."""
        total, first = low[0], self.bounded
        for a, b in zip(low[1:first], high[: first - 1], strict=True):
            total -= np.maximum(a * a, b * b)
        if gains:
            total -= gains.ceiling(list(low[first:]), list(high[first - 1 :]))
        return np.asarray(total)
