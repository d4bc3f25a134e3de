"""All hypotheses of one truth in single precision, and those that may be the smallest one by one in double.

Single precision is twice as fast and is off by less than a bound that is known beforehand: a hypothesis is a
candidate unless it is farther above the smallest value than rounding can do. The candidates, a few for each
toy, are evaluated in double precision, so that the smallest value is the exact one.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nuanomaly.inference.engine.tiles import SIZE, Indices, Noise, Part, Truth
from nuanomaly.likelihood.algebra.gains import Gains
from nuanomaly.model.probabilities import Array

Single = NDArray[np.float32]

#: Tiles of pieces that are evaluated at once: with 500 toys 2 MB for each functional.
_TILES = 64
#: Half of the distance from one to the next number in single precision.
_ROUNDING = 2.0**-24
#: Roundings of a sum besides one per coordinate, and of a square or gain, at most.
_SUM, _SQUARE = 5.0, 16.0


class Screen:
    """The noise of one block of toys in single precision; functionals F, toys J.

    Parameters
    ----------
    part : Part
        The only table, with no nuisances that have bounds or with one that has.
    noise : Noise
    """

    def __init__(self, part: Part, noise: Noise) -> None:
        self.part = part
        toys = len(noise.coordinates)
        values = noise.values.reshape(len(noise.values), -1, toys, SIZE)
        count = values.shape[1]
        self.cuts = [slice(k, min(count, k + _TILES)) for k in range(0, count, _TILES)]
        self.values = [
            values[:, cut].swapaxes(1, 2).reshape(len(values), toys, -1).astype(np.float32)
            for cut in self.cuts
        ]
        self.largest = [np.abs(v).max(axis=(1, 2)).astype(float) for v in self.values]
        # the last coordinate is that of the truth's own values
        self.coordinates = np.hstack([noise.coordinates, np.ones((toys, 1))]).astype(np.float32)
        self.reach = np.abs(self.coordinates).max(axis=0).astype(float)
        self.buffers = np.empty((3, toys * _TILES * SIZE), np.float32)

    @staticmethod
    def applicable(gains: Gains | None) -> bool:
        """Say whether gains are those of one nuisance with bounds that are the same above and below."""
        return gains is None or gains.symmetric

    def candidates(self, truth: Truth, best: Array, reach: Array) -> tuple[Indices, Indices, Indices]:
        """Return what may be the smallest value of a toy or below the best: tile, place in it, toy.

        Parameters
        ----------
        truth : Truth
        best : array, shape (J,)
            Values that are reached.
        reach : array, shape (J,)
            χ² of data without noise beyond which no hypothesis is better.
        """
        upper = best.copy()
        alive = truth.distance.min(axis=1) <= reach.max()
        items = []
        for k, cut in enumerate(self.cuts):
            if not alive[cut].any():
                continue
            values, error = self.values_of(k, truth)
            smallest = values.min(axis=1).astype(float)
            np.minimum(upper, smallest + error, out=upper)
            rows = np.flatnonzero(smallest - error <= upper)
            if rows.size:
                near = values[rows]
                row, column = np.nonzero(near - error <= upper[rows, None])
                toy = rows[row]
                items.append((near[row, column] - error, column + cut.start * SIZE, toy))
        low, column, toy = (np.concatenate(rows) for rows in zip(*items, strict=True))
        kept = low <= upper[toy]
        return column[kept] // SIZE, column[kept] % SIZE, toy[kept]

    def values_of(self, k: int, truth: Truth) -> tuple[Single, float]:
        """Return the values of one cut, shape (J, pieces), and how far they are off at most."""
        functionals = self._functionals(k, truth)
        total, size = next(functionals)
        error = (_SUM + len(self.reach)) * size
        bounded = self.part.bounded
        for f, (x, size) in enumerate(functionals, 1):
            if f < bounded:
                x *= x
                total -= x
            else:
                total -= self._gain(x, self.cuts[k])
            error += _SQUARE * (_SUM + len(self.reach)) * size**2
        return total, _ROUNDING * error

    def _functionals(self, k: int, truth: Truth) -> Iterator[tuple[Single, float]]:
        """Give each functional, shape (J, pieces), and the largest sum of the sizes of its terms."""
        cut = self.cuts[k]
        for f, noise in enumerate(self.values[k]):
            there = truth.values[f, cut].reshape(1, -1)
            size = self.largest[k][f]
            values: Single = self.buffers[min(f, 1), : noise.size].reshape(noise.shape)
            if len(self.reach) > 1:
                coupling = truth.coupling[f, cut].reshape(there.size, -1)
                terms = np.vstack([coupling.T, there])
                np.matmul(self.coordinates, terms.astype(np.float32), out=values)
                values += noise
                size += float(self.reach @ np.abs(terms).max(axis=1))
            else:
                np.add(noise, there.astype(np.float32), out=values)
                size += float(np.abs(there).max())
            yield values, size

    def _gain(self, u: Single, cut: slice) -> Single:
        """Return m (2|u| − m) with m = min(|u|, b); the slopes change."""
        gains = self.part.gains
        assert gains is not None  # there is a functional beyond those without bounds
        at: Single = self.buffers[2, : u.size].reshape(u.shape)
        np.abs(u, out=u)
        np.minimum(u, gains.limits[0, 0, cut].reshape(-1).astype(np.float32), out=at)
        u += u
        u -= at
        at *= u
        return at
