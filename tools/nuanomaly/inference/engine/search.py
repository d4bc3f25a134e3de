"""The smallest value of toys of one truth: bounds of tiles first, then hypotheses that are not left out."""

from collections.abc import Sequence

import numpy as np

from nuanomaly.inference.engine.tiles import Indices, Noise, Part, Truth
from nuanomaly.model.base import Array

#: What rounding may do to a bound; pairs of tile and toy that are evaluated at once.
_MARGIN, _PAIRS = 1e-7, 1024


class Search:
    """The hypotheses of one truth and block of toys, with bounds of each part and of their sum.

    √χ² is a distance (over all parts together): χ² at a hypothesis is at least (√D − |x|)², with D that of
    data without noise and |x| the length of the noise.
    """

    def __init__(self, parts: Sequence[Part], truths: Sequence[Truth], noises: Sequence[Noise]) -> None:
        self.parts, self.truths, self.noises = parts, truths, noises
        self.coupled = any(noise.coordinates.shape[1] for noise in noises)

    def exact(self, tile: Indices, place: Indices, toy: Indices) -> Array:
        """Return values one by one, by tile, place in it, and toy; shape (values,)."""
        total = np.zeros(tile.size)
        for part, truth, noise in zip(self.parts, self.truths, self.noises, strict=True):
            pieces, first = part.pieces(tile)
            each = part.most[tile]
            found = part.exact(truth, noise, pieces, np.repeat(place, each), np.repeat(toy, each))
            total += found if found.size == total.size else np.minimum.reduceat(found, first)
        return total

    def start(self, best: Array, length: Array, own: Array) -> Indices:
        """Find the tiles that are left and their bounds; return which tile's first is smallest for each toy.

        Parameters
        ----------
        best : array, shape (J,)
            Values that are reached; lowered where the first of a tile is smaller.
        length, own : arrays, shape (J,)
            |x| and dᵀWd of each toy.
        """
        smallest = [truth.distance.min(axis=1) for truth in self.truths]
        by_tile = [np.minimum.reduceat(d, p.start) for d, p in zip(smallest, self.parts, strict=True)]
        total = np.sum(by_tile, axis=0)
        self.alive = np.flatnonzero(total <= self._reach(best, length, own).max())
        firsts = self._firsts()
        np.minimum(best, firsts.min(axis=0), out=best)
        reach = self._reach(best, length, own)
        kept = total[self.alive] <= reach.max()
        self.alive, firsts = self.alive[kept], firsts[kept]
        self.pieces, self.begin, self.count, self.bounds, self.sums = [], [], [], [], []
        for k, part in enumerate(self.parts):
            pieces = part.pieces(self.alive)[0]
            distance = smallest[k][pieces] + (total - by_tile[k])[part.tile[pieces]]
            kept = distance <= reach.max() + _MARGIN
            pieces, distance = pieces[kept], distance[kept]
            begin = np.flatnonzero(np.diff(part.tile[pieces], prepend=-1))
            bounds = part.bounds(self.truths[k], self.noises[k], pieces)
            bounds[distance[:, None] > reach + _MARGIN] = np.inf
            self.pieces.append(pieces)
            self.begin.append(begin)
            self.count.append(np.diff(begin, append=pieces.size))
            self.bounds.append(bounds)
            self.sums.append(np.minimum.reduceat(bounds, begin, axis=0))
        return np.asarray(firsts.argmin(axis=0), np.intp)

    def _reach(self, best: Array, length: Array, own: Array) -> Array:
        """Return the χ² of data without noise from which on no hypothesis can be better, shape (J,)."""
        return np.asarray((length + np.sqrt(np.maximum(best + own, 0.0))) ** 2 * (1.0 + _MARGIN) + _MARGIN)

    def _firsts(self) -> Array:
        """Return the values at the first hypothesis of each tile, shape (alive, J)."""
        total: Array | float = 0.0
        for part, truth, noise in zip(self.parts, self.truths, self.noises, strict=True):
            pieces, first = part.pieces(self.alive)
            total = total + np.minimum.reduceat(part.of_first(truth, noise, pieces), first, axis=0)
        return np.asarray(total)

    def left(self, best: Array) -> tuple[Indices, Indices]:
        """Return the tiles that may hold a smaller value, each with its toy."""
        tile, toy = np.nonzero(sum(self.sums) <= best + _MARGIN)
        return tile, toy

    def improve(self, tile: Indices, toy: Indices, best: Array) -> None:
        """Lower the best values of toys to the smallest of some tiles, pair by pair."""
        for k in range(0, tile.size, _PAIRS):
            there, own = tile[k : k + _PAIRS], toy[k : k + _PAIRS]
            if len(self.parts) == 1 and not self.coupled:
                values, pairs = self._of_part(0, there, own, best[own] + _MARGIN)
                np.minimum.at(best, own[pairs], values.min(axis=1))
                continue
            low = self._lower(there, own, best[own])
            pair, place = np.nonzero(low <= best[own][:, None] + _MARGIN)
            found = self.exact(self.alive[there[pair]], place, own[pair])
            np.minimum.at(best, own[pair], found)

    def _lower(self, tile: Indices, toy: Indices, best: Array) -> Array:
        """Return at most the values of all hypotheses of a tile for a toy, pair by pair, shape (pairs, SIZE).

        Those above the best value may be anything above it.
        """
        bounds = [found[tile, toy] for found in self.sums]
        total: Array | None = None
        for k in range(len(self.parts)):
            others = sum(bounds[:k] + bounds[k + 1 :], np.zeros(tile.size))
            values, pair = self._of_part(k, tile, toy, best - others + _MARGIN)
            if pair.size != tile.size or (np.diff(pair) != 1).any():
                starts = np.flatnonzero(np.diff(pair, prepend=-1))
                least = np.full((tile.size, values.shape[1]), np.inf)
                if pair.size:
                    least[pair[starts]] = np.minimum.reduceat(values, starts, axis=0)
                values = least
            total = values if total is None else total + values
        assert total is not None  # there is a part
        return total

    def _of_part(self, k: int, tile: Indices, toy: Indices, room: Array) -> tuple[Array, Indices]:
        """Return at most the values of the pieces whose bound leaves room, and the pair each is of."""
        count = self.count[k][tile]
        pair = np.repeat(np.arange(tile.size), count)
        piece = np.arange(pair.size) + np.repeat(self.begin[k][tile] - (np.cumsum(count) - count), count)
        if pair.size > tile.size:
            kept = self.bounds[k][piece, toy[pair]] <= room[pair]
            pair, piece = pair[kept], piece[kept]
        part, chosen = self.parts[k], self.pieces[k][piece]
        return part.lower(self.truths[k], self.noises[k], chosen, toy[pair]), pair
