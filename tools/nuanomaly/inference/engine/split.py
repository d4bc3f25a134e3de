"""Toys of χ² that splits into truth and noise, with bounds that leave out what cannot be the best fit.

All truths t see the same noise x_j and drawn nuisances ξ_j: d_tj = ν_t + J_t ξ_j + x_j. What is of the
noise alone is a table made once for each block of toys. For a truth, hypotheses whose χ² of data without
noise is so large that no noise of the block makes up for it are left out first. For a sum of tables, tiles
whose lower bound is above the best value found so far are left out for each toy, and the others evaluated;
one table alone is quicker without tiles, in single precision first. The result is exact.
"""

from functools import cached_property

import numpy as np

from nuanomaly.inference.engine.plane import Plane
from nuanomaly.inference.engine.screen import Screen
from nuanomaly.inference.engine.search import Candidates, Lowest, Search
from nuanomaly.inference.engine.tiles import Indices, Noise, Part, Truth, tiles
from nuanomaly.inference.engine.toy_engine import TableEngine
from nuanomaly.inference.toys import BLOCK, generator
from nuanomaly.likelihood.algebra.gaussian_tables import separable_parts
from nuanomaly.model.probabilities import Array

#: Truths whose numbers are computed at once, blocks whose fluctuations are kept.
_TRUTHS, _KEPT = 8, 15
#: Blocks whose noise is kept in single precision.
_SCREENS = 4
#: Bytes of the noise's tables of all blocks that are kept, and of one block, at most.
_MEMORY, _LARGEST = 3_000_000_000, 1_500_000_000
#: Expectation and noise must give the toys to this part of their size.
_SAME = 1e-12


class SplitEngine(TableEngine):
    """See the module."""

    def __init__(self, plane: Plane, seed: int) -> None:
        super().__init__(plane, seed)
        self._blocks: dict[int, tuple[Noise, ...]] = {}
        self._screens: dict[int, Screen] = {}
        self._truths: dict[int, tuple[Truth, ...]] = {}
        self._drawings: dict[int, tuple[Array, Array, list[Array]]] = {}

    def worthwhile(self) -> bool:
        """Say whether bounds leave out enough to be quicker than the table.

        They do for predictions alone, and for one nuisance that is not drawn. The bounds of several
        (gallium, reactor rates, Bugey-3) are so wide that the table is up to seven times quicker.
        """
        parts = separable_parts(self.table) or ()
        drawn = bool(self._drawn)
        return all(table.functionals == 1 or (table.functionals == 2 and not drawn) for _, table in parts)

    def applicable(self) -> bool:
        """Say whether the table splits, and toys are the sum of truth and noise (tried at two hypotheses)."""
        parts = separable_parts(self.table)
        if parts is None or (len(parts) == 1 and not Screen.applicable(parts[0][1].gains)):
            return False
        pieces = sum(table.functionals * int(table.counts.sum()) for _, table in parts)
        if 8 * BLOCK * pieces > _LARGEST:
            return False
        places = np.flatnonzero(self.plane.possible)[[0, -1]]
        nu, effects = self._expectations(places)
        x, drawn = self._drawn_noise(0)
        for mean, effect, index in zip(nu, effects, places.tolist(), strict=True):
            toys = self.generate(index, 0)
            if np.abs(mean + drawn @ effect.T + x - toys).max() > _SAME * np.abs(toys).max():
                return False
        return True

    def deltas(self, index: int, block: int) -> Array:
        """Return Δ of one block of toys of one hypothesis, shape (BLOCK,)."""
        column = int(self.plane.possible[:index].sum())
        members, truths, noises = self.pieces(column, block)
        search = Search(members, truths, noises)
        own, sizes = self._own(column, block), self._sizes(column, block)
        best = Lowest(own, *self._where[:, column].tolist())
        tile = search.nearest(search.reach(best.values, *sizes), best)
        reach = search.reach(best.values, *sizes)
        if len(members) == 1:
            screened = self._screen(block).candidates(truths[0], best.values, reach)
            chosen = Candidates(members, noises, *screened)
            chosen.smallest(chosen.values(truths), best)
        else:
            search.start(reach)
            # the tile whose first is best, unless it is out of reach by now
            there = np.minimum(np.searchsorted(search.alive, tile), search.alive.size - 1)
            search.improve(there, np.arange(BLOCK), best)
            search.improve(*search.left(best.values), best)

        def at(toys: Indices, hypotheses: Indices) -> Array:
            return self.existing(
                hypotheses, lambda kept, columns: self._values(columns, toys[kept], column, block)
            )

        place = self.hypotheses[self._tiles[best.tile, best.place]]
        return np.asarray(own - self.between(place, best.values, at))

    def _own(self, column: int, block: int) -> Array:
        """Return the values of toys at their truth, shape (BLOCK,)."""
        return self._values(np.full(BLOCK, column), np.arange(BLOCK), column, block)

    def _values(self, columns: Indices, toys: Indices, column: int, block: int) -> Array:
        """Return the values of toys of a truth (a column) at a hypothesis each, shape (toys,)."""
        order = np.argsort(toys, kind="stable")
        tile, place = self._where[:, columns[order]]
        toy, values = toys[order], np.empty(toys.size)
        members, truths, noises = self.pieces(column, block)
        if len(members) > 1:
            values[order] = Candidates(members, noises, tile, place, toy).values(truths)
            return values
        each = members[0].most[tile]
        first = np.cumsum(each) - each
        piece = np.repeat(members[0].start[tile] - first, each) + np.arange(int(each.sum()))
        pieces = Candidates(members, noises, piece, np.repeat(place, each), np.repeat(toy, each))
        values[order] = np.minimum.reduceat(pieces.values(truths), first)
        return values

    def pieces(
        self, column: int, block: int
    ) -> tuple[tuple[Part, ...], tuple[Truth, ...], tuple[Noise, ...]]:
        """Return the parts of the sum, and what a truth (a column of the table) and a block give to each."""
        return self._members, self._truth(column), self._noise(block)

    def _sizes(self, column: int, block: int) -> tuple[Array, Array]:
        """Return how far noise and drawn nuisances move √χ² of any hypothesis, and dᵀWd; shapes (BLOCK,)."""
        nu, effects = (content[column] for content in self._expected)
        x, drawn, lengths = self._fluctuations(block)
        squared, own = np.zeros(BLOCK), np.zeros(BLOCK)
        for part, length in zip(self._members, lengths, strict=True):
            at = part.columns
            moved = drawn @ effects[at].T
            if self._drawn:
                length = length + part.table.length(moved)
            squared += length**2
            own += part.table.own(nu[at] + moved + x[:, at])
        return np.sqrt(squared), own

    # --- what is of the noise, and of the truth -------------------------------------------------------------

    def _drawn_noise(self, block: int) -> tuple[Array, Array]:
        """Return noise (BLOCK, n) and drawn nuisances (BLOCK, K), the same for all truths."""
        objective = self.plane.objective
        likelihood, random = objective.likelihood, generator(self.seed, 0, block)
        drawn = likelihood.nuisances.draw(BLOCK, random)
        null, none = self.plane.point(self.plane.null), {name: np.zeros(BLOCK) for name in drawn}
        toys = likelihood.toys(objective.model, null, BLOCK, random, none)
        mean = likelihood.means(objective.model, null, {name: np.zeros(1) for name in drawn})
        return toys - mean, np.array([drawn[name] for name in self._drawn]).reshape(-1, BLOCK).T

    @property
    def _drawn(self) -> tuple[str, ...]:
        return self.plane.objective.likelihood.nuisances.with_prior()

    def _expectations(self, places: Indices) -> tuple[Array, Array]:
        """Return ν (P, n) and J (P, n, K) of some hypotheses.

        Nuisances without a prior are where the data want them.
        """
        objective = self.plane.objective
        likelihood, model = objective.likelihood, objective.model
        points = {name: value[places] for name, value in self.plane.complete.items()}
        at = {name: np.zeros(places.size) for name in likelihood.nuisances.ids}
        if set(at) - set(self._drawn):
            where = likelihood.profiled(model, points)[1]
            for item in likelihood.nuisances.items:
                if item.id not in self._drawn:
                    at[item.id] = np.clip(where[item.id], item.low, item.high)
        nu = likelihood.means(model, points, at)
        ones = np.ones(places.size)
        moved = [likelihood.means(model, points, {**at, name: ones}) - nu for name in self._drawn]
        return nu, np.stack(moved, axis=2) if moved else np.zeros((*nu.shape, 0))

    @cached_property
    def _expected(self) -> tuple[Array, Array]:
        return self._expectations(np.flatnonzero(self.plane.possible))

    @cached_property
    def _features(self) -> Array:
        """What the possible hypotheses predict, in units of the errors."""
        parts = separable_parts(self.table)
        assert parts is not None  # applicable() says so
        objective = self.plane.objective
        chosen = {name: value[self.plane.possible] for name, value in self.plane.complete.items()}
        mu = objective.likelihood.observables(objective.model, chosen)
        items = []
        for where, table in parts:
            values, vectors = np.linalg.eigh(table.inverse)
            items.append(mu[:, where] @ (vectors * np.sqrt(np.maximum(values, 0.0))))
        return np.hstack(items)

    @cached_property
    def _tiles(self) -> Indices:
        return tiles(self._features)

    @cached_property
    def _members(self) -> tuple[Part, ...]:
        arrays, (x, drawn) = separable_parts(self.table), self._drawn_noise(0)
        assert arrays is not None  # applicable() says so
        nu, effects = (values[-1] for values in self._expected)
        return tuple(
            Part(at, table, self._tiles, nu[at], effects[at], x[:, at], drawn) for at, table in arrays
        )

    def _truth(self, column: int) -> tuple[Truth, ...]:
        """Return what is of one truth: so many at once, the same ones whichever is asked for."""
        if column not in self._truths:
            nu, effects = self._expected
            first = column - column % _TRUTHS
            own = np.arange(first, min(first + _TRUTHS, len(nu)))
            tile, place = self._where[:, own]
            made = [
                part.truths(nu[own][:, part.columns], effects[own][:, part.columns], at)
                for part in self._members
                for at in [part.start[tile] * self._tiles.shape[1] + place]
            ]
            self._truths = dict(zip(own.tolist(), zip(*made, strict=True), strict=True))
        return self._truths[column]

    @cached_property
    def _where(self) -> Indices:
        """The tile of each hypothesis and its place there, shape (2, hypotheses)."""
        matrix = np.zeros((2, int(self._tiles.max()) + 1), np.intp)
        for row in reversed(range(self._tiles.shape[1])):  # the first place of what is repeated
            matrix[:, self._tiles[:, row]] = np.arange(len(self._tiles)), np.full(len(self._tiles), row)
        return matrix

    def _screen(self, block: int) -> Screen:
        if block not in self._screens:
            while len(self._screens) >= len(self._blocks) or len(self._screens) >= _SCREENS:
                self._screens.pop(next(iter(self._screens)))
            self._screens[block] = Screen(self._members[0], self._noise(block)[0])
        return self._screens[block]

    def _noise(self, block: int) -> tuple[Noise, ...]:
        if block not in self._blocks:
            x, drawn, _ = self._fluctuations(block)
            made = tuple(part.noise(x[:, part.columns], drawn) for part in self._members)
            size = sum(noise.values.nbytes for noise in made)
            if size * (1 + len(self._blocks)) > _MEMORY:
                self._blocks.clear()
            self._blocks[block] = made
        return self._blocks[block]

    def _fluctuations(self, block: int) -> tuple[Array, Array, list[Array]]:
        """Return noise and drawn nuisances of a block, and how far the noise moves √χ² of each part."""
        if block not in self._drawings:
            x, drawn = self._drawn_noise(block)
            lengths = [part.table.length(x[:, part.columns]) for part in self._members]
            self._drawings = {**dict(list(self._drawings.items())[-_KEPT:]), block: (x, drawn, lengths)}
        return self._drawings[block]
