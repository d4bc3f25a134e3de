"""The sum of all data sets that depend on the same mixing, over Δm² and that mixing, for many toys."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline

from nuanomaly.inference.engine.lowrank import Linear, LowRank, compress, side_by_side
from nuanomaly.model.probabilities import Array

Single = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Axes:
    """Δm² (D,) in eV² and a mixing (K,), both logarithmic in their steps or not."""

    dm2: Array
    mixing: Array

    @property
    def shape(self) -> tuple[int, int]:
        """(D, K)."""
        return self.dm2.size, self.mixing.size

    def points(self) -> tuple[Array, Array]:
        """Return Δm² and mixing of all points, row-major, shape (D·K,) each."""
        first, second = np.meshgrid(self.dm2, self.mixing, indexing="ij")
        return first.ravel(), second.ravel()


@dataclass(frozen=True, eq=False)
class Splined:
    """A statistic on coarse axes, read between its points by splines in ln Δm² and the root of the mixing.

    Attributes
    ----------
    columns : slice
        Its data.
    value : callable
        Data (T, n) to values at the coarse points (T, D'·K').
    rows, across : arrays, shapes (D, D') and (K, K')
    """

    columns: slice
    value: Callable[[Array], Array]
    rows: Array
    across: Array

    def spread(self, coarse: Array) -> Single:
        """Return the values at all points from those at the coarse ones, shape (T, D, K).

        They are counted from that of the first coarse point: single precision is then enough.
        """
        square = (coarse - coarse[:, :1]).astype(np.float32)
        square = square.reshape(len(coarse), self.rows.shape[1], self.across.shape[1])
        rows, across = self._single
        # first along Δm² for all toys at once, then along the mixing: two large products, where one small
        # product for each toy takes ten times as long
        along = rows @ square.transpose(1, 0, 2).reshape(rows.shape[1], -1)
        held = along.reshape(len(rows), len(coarse), -1).transpose(1, 0, 2)
        out = held.reshape(-1, held.shape[2]) @ across
        return np.asarray(out.reshape(len(coarse), len(rows), -1))

    @cached_property
    def _single(self) -> tuple[Single, Single]:
        return self.rows.astype(np.float32), np.ascontiguousarray(self.across.T.astype(np.float32))

    def exact(self, coarse: Array) -> Array:
        """Return the same in double precision."""
        square = (coarse - coarse[:, :1]).reshape(len(coarse), self.rows.shape[1], self.across.shape[1])
        return np.asarray(self.rows @ (square @ self.across.T))


def splined(columns: slice, value: Callable[[Array], Array], coarse: Axes, fine: Axes) -> Splined:
    """Return a statistic known on coarse axes over finer ones inside them."""
    # in the root of the mixing χ² is nearly a polynomial; in its logarithm it rises exponentially
    rows = _spline(np.log(coarse.dm2), np.log(fine.dm2))
    return Splined(columns, value, rows, _spline(np.sqrt(coarse.mixing), np.sqrt(fine.mixing)))


def _spline(nodes: Array, at: Array) -> Array:
    inside = np.clip(at, nodes[0], nodes[-1])
    return np.asarray(make_interp_spline(nodes, np.eye(nodes.size), k=3)(inside))


@dataclass(frozen=True, eq=False)
class Side:
    """Sum of data sets over (Δm², mixing).

    Attributes
    ----------
    shape : (int, int)
        (D, K).
    low : LowRank or None
        All that are linear in features, counted from one hypothesis, so that single precision is enough.
    others : tuple of Splined
    columns : array of int
        The data it is of.
    single : array, shape (D·K, r)
        The coefficients in single precision.
    reference : (int, int)
        The hypothesis that ``low`` is counted from.
    """

    shape: tuple[int, int]
    low: LowRank | None
    others: tuple[Splined, ...]
    single: Single | None
    reference: tuple[int, int] = (0, 0)

    def numbers(self, data: Array) -> tuple[Array, ...]:
        """Return what of joint data (T, n) the values are made of: few numbers for each toy."""
        own = (self.low.reduced(data),) if self.low is not None else ()
        return (*own, *(part.value(data[:, part.columns]) for part in self.others))

    def values(self, numbers: Sequence[Array]) -> Single:
        """Return the values of some toys from their numbers, shape (T, D, K), in single precision."""
        total = np.zeros((len(numbers[0]), *self.shape), np.float32)
        flat, rest = total.reshape(len(total), -1), list(numbers)
        if self.single is not None:
            np.matmul(rest.pop(0).astype(np.float32), self.single.T, out=flat)
        for part, coarse in zip(self.others, rest, strict=True):
            total += part.spread(coarse)
        return total

    def __call__(self, data: Array) -> Single:
        """Return the values of joint data (T, n), shape (T, D, K), in single precision."""
        return self.values(self.numbers(data))

    def exact(self, data: Array) -> Array:
        """Return the same in double precision."""
        total = np.zeros((len(data), *self.shape))
        if self.low is not None:
            total += self.low(data).reshape(total.shape)
        for part in self.others:
            total += part.exact(part.value(data[:, part.columns]))
        return total

    def at_reference(self, data: Array) -> Array:
        """Return the values at the reference, shape (T,); ``low`` is zero there."""
        total = np.zeros(len(data))
        for part in self.others:
            total += part.exact(part.value(data[:, part.columns]))[:, *self.reference]
        return total

    def gain(self, columns: slice) -> int:
        """Return which of ``others`` is what fitting own parameters gains, for a data set that has it apart.

        Of the two forms of such a data set it is the later one (:meth:`.Assembly.gain`).
        """
        return max(k for k, form in enumerate(self.others) if form.columns == columns)

    def bound(self, data: Array) -> Array:
        """Return the largest error of the part in few directions, shape (T,)."""
        return self.low.bound(data) if self.low is not None else np.zeros(len(data))


def side(
    shape: tuple[int, int],
    parts: Sequence[tuple[slice, Linear]],
    others: Sequence[Splined],
    typical: Array,
    reference: int,
    tolerance: float = 1e-4,
) -> Side:
    """Return the sum of data sets on one side.

    Parameters
    ----------
    shape : (int, int)
    parts : sequence of (columns, Linear)
        On all points, row-major.
    others : sequence of Splined
    typical : array, shape (T, n)
        Joint data of several truths.
    reference : int
        Values are counted from those of this hypothesis, whose own are zero: differences are all that
        matters.
    """
    place = reference // shape[1], reference % shape[1]
    if not parts:
        return Side(shape, None, tuple(others), None, place)
    together = side_by_side(parts)
    counted = Linear(together.features, together.rows - together.rows[reference])
    low = compress(counted, typical, tolerance, allowance(counted(typical)))
    return Side(shape, low, tuple(others), low.coefficients.astype(np.float32), place)


def allowance(values: Array, near: float = 25.0, share: float = 0.1) -> Array:
    """Return how many times less well hypotheses need be known, from values (T, P) for typical data.

    One where any of the data is within ``near`` of its minimum, and then a share of what is above, in units
    of 0.01.

    Examples
    --------
    >>> allowance(np.array([[0.0, 10.0, 125.0]])).tolist()
    [1.0, 1.0, 1001.0]
    """
    least = (values - values.min(axis=1, keepdims=True)).min(axis=0)
    return np.asarray(1.0 + 100.0 * share * np.maximum(least - near, 0.0))
