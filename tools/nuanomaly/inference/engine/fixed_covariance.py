"""Engines of a covariance that is the same everywhere, nuisances in it."""

from functools import cached_property

import numpy as np

from nuanomaly.inference.engine.plane import Plane
from nuanomaly.inference.engine.toy_engine import Engine, Indices
from nuanomaly.inference.toys import BLOCK, generator
from nuanomaly.inference.vertex import refined
from nuanomaly.likelihood.algebra.ensemble import gaussian_noise
from nuanomaly.model.probabilities import Array

#: So many values (doubles) stay in a processor's cache.
_CACHE = 65_536
#: So many values of noise at hypotheses are kept.
_KEPT = 60_000_000


class _GaussianEngine(Engine):
    """What engines of a fixed covariance have in common: A (n, n), and a data set a about which they turn."""

    def __init__(self, plane: Plane, seed: int, inverse: Array, origin: Array) -> None:
        super().__init__(plane, seed)
        self.inverse = inverse
        self.origin = origin

    @cached_property
    def noise(self) -> Array:
        """L with LLᵀ = A⁻¹, shape (n, n): nuisances fluctuate with the data."""
        return gaussian_noise(self.inverse)

    def _fluctuations(self, block: int) -> Array:
        """Return L z of one block, the same for all hypotheses, shape (BLOCK, n)."""
        z = generator(self.seed, 0, block).standard_normal((BLOCK, self.origin.size))
        return np.asarray(z @ self.noise.T)

    def _own(self, data: Array) -> Array:
        """Return (d − a) A (d − a), shape (T,)."""
        d = data - self.origin
        return np.asarray(np.einsum("tn,tn->t", d @ self.inverse, d))


class LinearEngine(_GaussianEngine):
    """μ = a + s b at each of M combinations of the other parameters; s between its bounds.

    The combinations are those of the grid, row-major, and then those of the extra hypotheses.

    Attributes
    ----------
    slopes : array, shape (M, n)
        b.
    amplitudes : array, shape (S,)
        The values of s on the grid.
    limit : float
        The largest s; the smallest is zero, no oscillation.
    """

    def __init__(
        self, plane: Plane, seed: int, inverse: Array, origin: Array, slopes: Array, limit: float
    ) -> None:
        super().__init__(plane, seed, inverse, origin)
        assert plane.amplitude is not None
        self.slopes = slopes
        self.amplitudes = plane.axes[plane.amplitude].values
        self.limit = limit
        self.weighted = slopes @ inverse
        self.products = self.weighted @ slopes.T
        self.norms = np.ascontiguousarray(np.diagonal(self.products))
        safe = np.where(self.norms > 0.0, self.norms, 1.0)
        self.inverse_norms = np.where(self.norms > 0.0, 1.0 / safe, 0.0)
        self._blocks: dict[int, Array] = {}

    def place(self, index: int) -> tuple[int, float]:
        """Return which combination of the other parameters a hypothesis has, and its amplitude."""
        if index == self.plane.null:
            return 0, 0.0
        if index >= self.plane.size:
            extra = index - self.plane.size
            name = self.plane.axes[self.plane.amplitude or 0].name
            return self.plane.size // self.amplitudes.size + extra, float(self.plane.extra[name][extra])
        where = list(np.unravel_index(index, self.plane.shape))
        k = self.plane.amplitude or 0
        s = float(self.amplitudes[where.pop(k)])
        others = [n for j, n in enumerate(self.plane.shape) if j != k]
        return (int(np.ravel_multi_index(where, others)) if others else 0), s

    def three_numbers(self, data: Array) -> tuple[Array, Array, Array]:
        """Return χ² = c − 2 s p + s² q of data sets: c (T,), p (M, T), q (M,)."""
        return self._own(data), self.weighted @ (data - self.origin).T, self.norms

    def values(self, data: Array) -> Array:
        """Return χ² of data sets (T, n) at all hypotheses, shape (T, count)."""
        c, p, q = self.three_numbers(data)
        s, on_grid = self.amplitudes, self.plane.size // self.amplitudes.size
        grid = c[:, None, None] + s * (s * q[:on_grid, None] - 2.0 * p.T[:, :on_grid, None])
        k, shape = self.plane.amplitude or 0, self.plane.shape
        others = [n for j, n in enumerate(shape) if j != k]
        ordered = np.moveaxis(grid.reshape(len(data), *others, s.size), -1, k + 1)
        x = self.plane.extra.get(self.plane.axes[k].name, np.zeros(0))
        extra = c[:, None] + x * (x * q[on_grid:] - 2.0 * p.T[:, on_grid:])
        return np.concatenate([ordered.reshape(len(data), -1), extra, c[:, None]], axis=1)

    def gains(self, p: Array, chosen: Indices | slice = slice(None)) -> Array:
        """Return how far χ² falls below that of no oscillation over all s, for p of chosen combinations.

        Both have one shape, (…, M) for all of them.
        """
        s = p * self.inverse_norms[chosen]
        np.clip(s, 0.0, self.limit, out=s)
        return np.asarray(s * (2.0 * p - s * self.norms[chosen]))

    def minimum(self, data: Array) -> Array:
        """Return the smallest χ² of data sets (T, n) over the plane, shape (T,)."""
        c, p, _ = self.three_numbers(data)
        return np.asarray(c - self._largest_gain(np.ascontiguousarray(p.T)))

    def generate(self, index: int, block: int) -> Array:
        """Return the data of one block of toys of one hypothesis, shape (BLOCK, n)."""
        m, s = self.place(index)
        return np.asarray(self.origin + s * self.slopes[m] + self._fluctuations(block))

    def projections(self, block: int) -> Array:
        """Return G of one block, shape (BLOCK, M)."""
        if block not in self._blocks:
            if len(self._blocks) >= 4:
                self._blocks.clear()
            self._blocks[block] = self._fluctuations(block) @ self.weighted.T
        return self._blocks[block]

    def deltas(self, index: int, block: int) -> Array:
        """Return Δ of one block of toys of one hypothesis, shape (BLOCK,)."""
        m, s = self.place(index)
        p = self.projections(block) + s * self.products[m]
        truth = s * (2.0 * p[:, m] - s * self.norms[m])
        return np.asarray(np.maximum(self._largest_gain(p), truth) - truth)

    def _largest_gain(self, p: Array) -> Array:
        """Return the largest gain for p (T, M), between the combinations of the other parameters too; (T,).

        Where no s is beyond its limit it is (max p/√q)²; the others are done in full.
        """
        scaled = p * np.sqrt(self.inverse_norms)
        row, place = np.arange(len(p)), scaled.argmax(axis=1)
        content = np.maximum(scaled[row, place], 0.0) ** 2
        beyond = (scaled - self.limit * np.sqrt(self.norms)).max(axis=1) > 0.0
        if beyond.any():
            full = self.gains(p[beyond])
            place[beyond] = full.argmax(axis=1)
            content[beyond] = full.max(axis=1)
        return self._between(p, place, content)

    def _between(self, p: Array, place: Indices, content: Array) -> Array:
        """Return gains (T,) between the combinations, the amplitude fitted at each."""
        others = [a for j, a in enumerate(self.plane.axes) if j != self.plane.amplitude]
        on_grid = self.plane.size // self.amplitudes.size
        rows = np.flatnonzero((place < on_grid) & (content > 0.0))
        if not others or not rows.size:
            return content
        shape = tuple(len(a) for a in others)
        grid = np.stack(np.unravel_index(place[rows], shape), axis=1)

        def value(moves: Indices) -> Array:
            m = np.ravel_multi_index(tuple(np.moveaxis(grid + moves, -1, 0)), shape)
            return -self.gains(p[rows, m], m)

        result = content.copy()
        lowest = refined(
            value, grid, [x for j, x in enumerate(self.plane.coordinates) if j != self.plane.amplitude]
        )
        result[rows] = np.maximum(result[rows], -lowest)
        return result


class FixedEngine(_GaussianEngine):
    """Predictions (count, n) of any form, and a covariance that is the same everywhere."""

    def __init__(self, plane: Plane, seed: int, inverse: Array, mu: Array) -> None:
        super().__init__(plane, seed, inverse, mu[-1])
        self.shifts = mu - mu[-1]
        self.weighted = self.shifts @ inverse
        self.half_norms = 0.5 * np.einsum("pn,pn->p", self.weighted, self.shifts)
        self.half_norms[~plane.possible] = np.inf
        self._blocks: dict[int, Array] = {}

    def values(self, data: Array) -> Array:
        """Return χ² of data sets (T, n) at all hypotheses, shape (T, count)."""
        projected = (data - self.origin) @ self.weighted.T
        return np.asarray(self._own(data)[:, None] + 2.0 * (self.half_norms - projected))

    def minimum(self, data: Array) -> Array:
        """Return the smallest χ² of data sets (T, n) over the plane, shape (T,)."""
        shifted = data - self.origin
        place = np.empty(len(data), np.intp)
        step = max(1, _CACHE // self.plane.count)
        for start in range(0, len(data), step):
            projected = shifted[start : start + step] @ self.weighted.T
            projected -= self.half_norms
            place[start : start + step] = projected.argmax(axis=1)

        def at(toys: Indices, hypotheses: Indices) -> Array:
            projected = np.einsum("tn,tn->t", shifted[toys], self.weighted[hypotheses])
            return np.asarray(2.0 * (self.half_norms[hypotheses] - projected))

        lowest = at(np.arange(len(data)), place)
        return np.asarray(self._own(data) + self.between(place, lowest, at))

    def generate(self, index: int, block: int) -> Array:
        """Return the data of one block of toys of one hypothesis, shape (BLOCK, n)."""
        return np.asarray(self.origin + self.shifts[index] + self._fluctuations(block))

    def deltas(self, index: int, block: int) -> Array:
        """Return Δ of one block of toys of one hypothesis, shape (BLOCK,)."""
        if block not in self._blocks:
            if len(self._blocks) >= max(1, _KEPT // (BLOCK * self.plane.count)):
                self._blocks.clear()
            self._blocks[block] = self._fluctuations(block) @ self.weighted.T
        g = self._blocks[block]
        gain = self.weighted @ self.shifts[index] - self.half_norms
        place = np.empty(BLOCK, np.intp)
        step = max(1, _CACHE // gain.size)
        for start in range(0, BLOCK, step):
            place[start : start + step] = (g[start : start + step] + gain).argmax(axis=1)

        def at(toys: Indices, hypotheses: Indices) -> Array:
            return np.asarray(-2.0 * (g[toys, hypotheses] + gain[hypotheses]))

        own = -2.0 * (g[:, index] + gain[index])
        lowest = np.minimum(at(np.arange(BLOCK), place), own)
        return np.asarray(own - self.between(place, lowest, at))
