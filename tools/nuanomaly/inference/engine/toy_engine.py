"""What toys need of a plane, and the engine of any statistic that generates data."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nuanomaly.inference.engine.plane import Plane
from nuanomaly.inference.toys import BLOCK, generator
from nuanomaly.inference.vertex import refined
from nuanomaly.likelihood.algebra.gaussian_tables import Table
from nuanomaly.likelihood.algebra.smallest import Smallest, smallest
from nuanomaly.model.probabilities import Array

Indices = NDArray[np.intp]
#: So many values (doubles) of a table are held at once.
_CHUNK = 3_000_000


class Engine(ABC):
    """What toys need of a plane."""

    def __init__(self, plane: Plane, seed: int) -> None:
        self.plane = plane
        self.seed = seed

    @property
    def data(self) -> Array:
        """The observed data."""
        values = self.plane.objective.likelihood.data
        assert values is not None  # make_engine() refuses what has none
        return values

    @abstractmethod
    def values(self, data: Array) -> Array:
        """Return the statistic of data sets (T, n) at all hypotheses, shape (T, count)."""

    @abstractmethod
    def minimum(self, data: Array) -> Array:
        """Return the smallest value of data sets (T, n) over the plane, boundaries included, shape (T,).

        Between the points of the grid it is that of :func:`nuanomaly.inference.vertex.refined`.
        """

    @abstractmethod
    def generate(self, index: int, block: int) -> Array:
        """Return the data of one block of toys of one hypothesis, shape (BLOCK, n)."""

    @abstractmethod
    def deltas(self, index: int, block: int) -> Array:
        """Return Δ of one block of toys of one hypothesis, shape (BLOCK,)."""

    def observed(self) -> tuple[Array, float]:
        """Return the statistic of the data at all hypotheses, and its smallest value over the plane."""
        data = self.data[None]
        return self.values(data)[0], float(self.minimum(data)[0])

    def many(self, index: int, count: int, first: int = 0) -> Array:
        """Return Δ of ``count`` blocks of toys of one hypothesis, shape (count·BLOCK,)."""
        return np.concatenate([self.deltas(index, block) for block in range(first, first + count)])

    def between(self, place: Indices, lowest: Array, at: Callable[[Indices, Indices], Array]) -> Array:
        """Return the smallest values between the points of the grid, shape (T,).

        Parameters
        ----------
        place : array of int, shape (T,)
            The hypotheses where values are lowest; around those that are no point of the grid nothing is
            looked for.
        lowest : array, shape (T,)
        at : callable
            Some of the data sets, a hypothesis for each → values, infinite where the model does not exist.
        """
        plane, result = self.plane, lowest.copy()
        rows = np.flatnonzero((place < plane.size) & (not plane.gridded))
        grid = np.stack(np.unravel_index(place[rows], plane.shape), axis=1)

        def value(moves: Indices) -> Array:
            there = np.ravel_multi_index(tuple(np.moveaxis(grid + moves, -1, 0)), plane.shape)
            return at(np.tile(rows, len(there)), there.ravel()).reshape(there.shape)

        if rows.size:
            result[rows] = np.minimum(result[rows], refined(value, grid, plane.coordinates))
        return result


class TableEngine(Engine):
    """Any statistic that generates data."""

    @cached_property
    def table(self) -> Table:
        """The table of all hypotheses that exist."""
        plane = self.plane
        chosen = {name: value[plane.possible] for name, value in plane.complete.items()}
        return plane.objective.likelihood.tabulate(plane.objective.model, chosen)

    def values(self, data: Array) -> Array:
        """Return the statistic of data sets (T, n) at all hypotheses, shape (T, count)."""
        matrix = np.full((len(data), self.plane.count), np.inf)
        matrix[:, self.plane.possible] = self.table(data)
        return matrix

    def minimum(self, data: Array) -> Array:
        """Return the smallest value of data sets (T, n) over the plane, shape (T,)."""
        return np.concatenate([self._between(smallest(self.table, part)) for part in self._parts(data)])

    def generate(self, index: int, block: int) -> Array:
        """Return the data of one block of toys: nuisances drawn from their priors, then the data."""
        objective = self.plane.objective
        likelihood, random = objective.likelihood, generator(self.seed, 0, block)
        truth = self.plane.point(index)
        free = [n for n in likelihood.nuisances.ids if n not in likelihood.nuisances.with_prior()]
        where = likelihood.profiled(objective.model, truth)[1] if free else {}
        true = likelihood.nuisances.draw(BLOCK, random, {name: float(where[name][0]) for name in free})
        return likelihood.toys(objective.model, truth, BLOCK, random, true)

    def deltas(self, index: int, block: int) -> Array:
        """Return Δ of one block of toys of one hypothesis, shape (BLOCK,)."""
        column = int(self.plane.possible[:index].sum())
        parts = []
        for part in self._parts(self.generate(index, block)):
            found = smallest(self.table, part, column)
            parts.append(found.own - self._between(found))
        return np.concatenate(parts)

    def _between(self, found: Smallest) -> Array:
        def at(toys: Indices, hypotheses: Indices) -> Array:
            return self.existing(hypotheses, lambda chosen, columns: found.at(toys[chosen], columns))

        return self.between(self.hypotheses[found.place], found.lowest, at)

    @cached_property
    def hypotheses(self) -> Indices:
        """Which hypotheses the columns of the table are."""
        return np.flatnonzero(self.plane.possible)

    def existing(self, hypotheses: Indices, at: Callable[[Indices, Indices], Array]) -> Array:
        """Return values at hypotheses, infinite where the model does not exist.

        ``at`` takes which of them exist, and their columns of the table.
        """
        values = np.full(hypotheses.size, np.inf)
        chosen = np.flatnonzero(self.plane.possible[hypotheses])
        values[chosen] = at(chosen, np.searchsorted(self.hypotheses, hypotheses[chosen]))
        return values

    def _parts(self, data: Array) -> list[Array]:
        # parts of one size: a matrix product may depend on its shape to the last bit
        step = max(1, min(BLOCK, _CHUNK // self.plane.count))
        return [data[start : start + step] for start in range(0, len(data), step)]
