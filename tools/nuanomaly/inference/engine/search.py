"""The smallest value of toys of one truth: bounds of tiles first, then hypotheses that are not left out."""

from collections.abc import Sequence

import numpy as np

from nuanomaly.inference.engine.tiles import Indices, Noise, Part, Truth
from nuanomaly.model.probabilities import Array

#: What rounding may do to a bound; pairs of tile and toy that are evaluated at once.
_MARGIN, _PAIRS = 1e-7, 1024


class Candidates:
    """Values one by one, in the order of their toys: of hypotheses, or if there is one part of pieces."""

    def __init__(
        self, parts: Sequence[Part], noises: Sequence[Noise], tile: Indices, place: Indices, toy: Indices
    ) -> None:
        order = np.argsort(toy, kind="stable")
        self.tile, self.place, self.toy = tile[order], place[order], toy[order]
        self.parts, self.some, self.starts = parts, [], []
        for part, noise in zip(parts, noises, strict=True):
            piece, where, own, start = self.tile, self.place, self.toy, None
            if len(parts) > 1:
                piece, start = part.pieces(self.tile)
                each = part.most[self.tile]
                where, own = np.repeat(self.place, each), np.repeat(self.toy, each)
            self.some.append(part.some(noise, piece, where, own))
            self.starts.append(start if start is not None and piece.size > tile.size else None)

    def values(self, truths: Sequence[Truth]) -> Array:
        """Return the values of one truth, shape (candidates,)."""
        total = np.zeros(self.tile.size)
        for part, truth, some, start in zip(self.parts, truths, self.some, self.starts, strict=True):
            array = part.exact(truth, some)
            total += array if start is None else np.minimum.reduceat(array, start)
        return total

    def smallest(self, values: Array, best: "Lowest") -> None:
        """Lower the best value of each toy to its smallest here."""
        starts = np.flatnonzero(np.diff(self.toy, prepend=-1))
        if not starts.size:
            return
        toys, lowest = self.toy[starts], np.minimum.reduceat(values, starts)
        each = np.diff(starts, append=values.size)
        at = np.flatnonzero(values == np.repeat(lowest, each))
        first = at[np.searchsorted(at, starts)]  # of equal ones the first
        # of one part the tiles are those of its pieces
        tile = self.parts[0].tile[self.tile[first]] if len(self.parts) == 1 else self.tile[first]
        best.lower(toys, lowest, tile, self.place[first])


class Lowest:
    """The lowest values of toys so far, and where: tile of hypotheses and place in it; shapes (J,)."""

    def __init__(self, values: Array, tile: int, place: int) -> None:
        self.values = values.copy()
        self.tile = np.full(values.size, tile, np.intp)
        self.place = np.full(values.size, place, np.intp)

    def lower(self, toys: Indices, values: Array, tile: Indices, place: Indices) -> None:
        """Take what is lower for toys, each of which stands once."""
        lower = values < self.values[toys]
        chosen = toys[lower]
        self.values[chosen] = values[lower]
        self.tile[chosen], self.place[chosen] = tile[lower], place[lower]


class Search:
    """The hypotheses of one truth and block of toys, with bounds of each of several parts and of their sum.

    √χ² is a distance (over all parts together): χ² at a hypothesis is at least (√D − |x|)², with D that of
    data without noise and |x| the length of the noise.
    """

    def __init__(self, parts: Sequence[Part], truths: Sequence[Truth], noises: Sequence[Noise]) -> None:
        self.parts, self.truths, self.noises = parts, truths, noises
        self.smallest = [truth.distance.min(axis=1) for truth in truths]
        self.by_tile = [np.minimum.reduceat(d, p.start) for d, p in zip(self.smallest, parts, strict=True)]
        self.distance = np.sum(self.by_tile, axis=0)

    def reach(self, best: Array, length: Array, own: Array) -> Array:
        """Return χ² of data without noise beyond which no hypothesis is better, shape (J,).

        Parameters
        ----------
        best : array, shape (J,)
            Values that are reached.
        length, own : arrays, shape (J,)
            |x| and dᵀWd of each toy.
        """
        for truth, noise in zip(self.truths, self.noises, strict=True):
            own = own + noise.coordinates @ truth.common
        far = length + np.sqrt(np.maximum(best + own, 0.0))
        return np.asarray(far**2 * (1.0 + _MARGIN) + _MARGIN)

    def nearest(self, reach: Array, best: Lowest) -> Indices:
        """Lower the best values to those at the first of each tile; return which tile's is the smallest."""
        alive = np.flatnonzero(self.distance <= reach.max())
        total = np.zeros((alive.size, best.values.size))
        for part, truth, noise in zip(self.parts, self.truths, self.noises, strict=True):
            pieces, first = part.pieces(alive)
            # of its pieces the one nearest to the truth: any gives a value that is reached
            key = np.lexsort((truth.distance[pieces, 0], part.tile[pieces]))
            total += part.of_first(truth, noise, pieces[key[first]])
        tile = np.asarray(alive[total.argmin(axis=0)], np.intp)
        best.lower(np.arange(tile.size), total.min(axis=0), tile, np.zeros_like(tile))
        return tile

    def start(self, reach: Array) -> None:
        """Find the tiles within reach and their bounds."""
        limit = float(reach.max())
        self.alive = np.flatnonzero(self.distance <= limit)
        self.pieces, self.begin, self.count, self.bounds, self.sums = [], [], [], [], []
        for k, part in enumerate(self.parts):
            pieces = part.pieces(self.alive)[0]
            distance = self.smallest[k][pieces] + (self.distance - self.by_tile[k])[part.tile[pieces]]
            kept = distance <= limit + _MARGIN
            pieces, distance = pieces[kept], distance[kept]
            begin = np.flatnonzero(np.diff(part.tile[pieces], prepend=-1))
            bounds = part.bounds(self.truths[k], self.noises[k], pieces)
            bounds[distance[:, None] > reach + _MARGIN] = np.inf
            self.pieces.append(pieces)
            self.begin.append(begin)
            self.count.append(np.diff(begin, append=pieces.size))
            self.bounds.append(bounds)
            self.sums.append(np.minimum.reduceat(bounds, begin, axis=0))

    def improve(self, tile: Indices, toy: Indices, best: Lowest) -> None:
        """Lower the best values of toys to the smallest of some tiles (that are alive), pair by pair."""
        for k in range(0, tile.size, _PAIRS):
            there, own = tile[k : k + _PAIRS], toy[k : k + _PAIRS]
            candidates = Candidates(self.parts, self.noises, *self._below(there, own, best.values))
            candidates.smallest(candidates.values(self.truths), best)

    def left(self, best: Array) -> tuple[Indices, Indices]:
        """Return the tiles that may hold a value as small as the best, each with its toy."""
        tile, toy = np.nonzero(sum(self.sums) <= best + _MARGIN)
        return tile, toy

    def _below(self, tile: Indices, toy: Indices, best: Array) -> tuple[Indices, Indices, Indices]:
        """Return tile, place in it and toy of what may be below the best."""
        limit = best[toy] + _MARGIN
        bounds = [content[tile, toy] for content in self.sums]
        total: Array | None = None
        for k in range(len(self.parts)):
            others = sum(bounds[:k] + bounds[k + 1 :], np.zeros(tile.size))
            values = self._by_hypothesis(k, tile, toy, limit - others)
            total = values if total is None else total + values
        assert total is not None  # there is a part
        row, place = np.nonzero(total <= limit[:, None])
        return self.alive[tile[row]], place, toy[row]

    def _by_hypothesis(self, k: int, tile: Indices, toy: Indices, room: Array) -> Array:
        """Return at most the smallest of the pieces of each hypothesis, ∞ if none leaves room."""
        values, pair = self._of_part(k, tile, toy, room)
        if pair.size == tile.size and np.array_equal(pair, np.arange(tile.size)):
            return values
        matrix = np.full((tile.size, values.shape[1]), np.inf)
        if pair.size:
            starts = np.flatnonzero(np.diff(pair, prepend=-1))
            matrix[pair[starts]] = np.minimum.reduceat(values, starts, axis=0)
        return matrix

    def _of_part(self, k: int, tile: Indices, toy: Indices, room: Array) -> tuple[Array, Indices]:
        """Return at most the values of pieces whose bound leaves room, and of which pair they are."""
        count = self.count[k][tile]
        pair = np.repeat(np.arange(tile.size), count)
        piece = np.arange(pair.size) + np.repeat(self.begin[k][tile] - (np.cumsum(count) - count), count)
        if pair.size > tile.size:
            kept = self.bounds[k][piece, toy[pair]] <= room[pair]
            pair, piece = pair[kept], piece[kept]
        chosen = self.pieces[k][piece]
        return self.parts[k].lower(self.truths[k], self.noises[k], chosen, toy[pair]), pair
