"""Data of toys as functions of independent normal numbers, so that toys can be steered with known weights.

Every likelihood draws its toys from a generator of random numbers, uniform and normal. Here that generator
hands out given normal numbers z instead (a uniform number is the normal distribution function of one), so
that the data of a toy are one function of z ~ N(0, 1): counts, nuisances and noise alike. Shifting z by δ
then has the exact weight exp(−δ·z − |δ|²/2), z counted before the shift, whatever the statistics are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Array, Model


class Normals:
    """A generator of random numbers that hands out given normal numbers z (T, m), column by column."""

    def __init__(self, z: Array) -> None:
        self.z = z
        self.used = 0

    def _take(self, shape: tuple[int, ...]) -> Array:
        toys = len(self.z)
        # toys are the first axis of data and the last axis of blocks of nuisances
        first = shape[0] == toys
        count = int(np.prod(shape)) // toys
        # a copy: statistics make noise of what they are given in place
        part = self.z[:, self.used : self.used + count].copy()
        self.used += count
        return part.reshape(shape) if first else part.T.reshape(shape)

    def standard_normal(self, size: int | tuple[int, ...]) -> Array:
        """Return the next normal numbers."""
        return self._take((size,) if isinstance(size, int) else size)

    def random(self, size: int | tuple[int, ...]) -> Array:
        """Return the next uniform numbers."""
        return np.asarray(ndtr(self.standard_normal(size)))


class _Counting(Normals):
    """Counts how many numbers are taken."""

    def __init__(self) -> None:
        super().__init__(np.zeros((1, 100_000)))


@dataclass(frozen=True, eq=False)
class Draw:
    """How the data of one likelihood at one truth follow from normal numbers.

    Attributes
    ----------
    data : callable
        Normal numbers (T, m) to data (T, n).
    size : int
        m.
    """

    data: Callable[[Array], Array]
    size: int


def draw(likelihood: Likelihood, model: Model, truth: Mapping[str, Array]) -> Draw:
    """Return how toys of a likelihood at one complete point (arrays of shape (1,)) are drawn.

    Nuisances with a prior are drawn from it; the others have the values that fit the data best at the truth.
    """
    own = likelihood.nuisances
    free = [name for name in own.ids if name not in own.with_prior()]
    profiled = likelihood.profiled(model, truth)[1] if free else {}
    fixed = {name: float(profiled[name][0]) for name in free}

    def data(normals: Normals) -> Array:
        count = len(normals.z)
        nuisances = own.draw(count, normals, fixed)  # type: ignore[arg-type]
        return likelihood.toys(model, truth, count, normals, nuisances)  # type: ignore[arg-type]

    counting = _Counting()
    data(counting)

    def of(z: Array) -> Array:
        return data(Normals(z))

    return Draw(of, counting.used)
