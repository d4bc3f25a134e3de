"""Pieces of work of a run of a global fit: blocks of plain toys, and replicas of a subset simulation.

Each is an array that depends on the declaration and its own argument alone, its last row on the machine: the
CPU seconds that it took. So a run goes on where it was interrupted, and its result does not depend on how
many workers it had.
"""

import time
from dataclasses import dataclass

import numpy as np

from nuanomaly.inference.global_fit import rare
from nuanomaly.inference.global_fit.declaration import Truth, prepared
from nuanomaly.model.probabilities import Array

#: Toys that are made at once.
BLOCK = 400


@dataclass(frozen=True)
class Block:
    """The argument of :func:`plain`: which toys of which truth."""

    truth: Truth
    seed: int
    number: int


@dataclass(frozen=True)
class Climb:
    """The argument of :func:`climb`: one replica of a subset simulation, and its thresholds."""

    truth: Truth
    seed: int
    replica: int
    toys: int
    moves: int
    thresholds: tuple[float, ...]


def plain(text: str, block: Block) -> Array:
    """Return χ²PG of a block of toys between the points of the grid and on them, and CPU seconds of each.

    The shape is (3, 400).
    """
    own = prepared(text)
    begun = time.process_time()
    made = own.draw(block.truth)
    z = np.random.default_rng([block.seed, 0, block.number]).standard_normal((BLOCK, made.size))
    fitted = own.fit(made.data(z))
    cost = (time.process_time() - begun) / BLOCK
    return np.stack([fitted.chi2, fitted.grid, np.full(BLOCK, cost)])


def climb(text: str, one: Climb) -> Array:
    """Return the probabilities of the thresholds in one replica, how many toys it made, and CPU seconds.

    The shape is (thresholds + 2,).
    """
    own = prepared(text)
    begun = time.process_time()
    made = own.draw(one.truth)
    count = 0

    def statistic(z: Array) -> Array:
        nonlocal count
        count += len(z)
        parts = [own.fit(made.data(z[k : k + BLOCK])).chi2 for k in range(0, len(z), BLOCK)]
        return np.concatenate(parts)

    random = np.random.default_rng([one.seed, 1, one.replica])
    levels = rare.subset(statistic, made.size, max(one.thresholds), one.toys, random, moves=one.moves)
    shares = [rare.above(levels, threshold) for threshold in one.thresholds]
    return np.array([*shares, float(count), time.process_time() - begun])
