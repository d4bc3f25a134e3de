"""Toys against a whole grid of hypotheses: Δ = value at the truth − smallest value anywhere.

Three engines, by what the likelihood is (found numerically, not by name); all are minimised over the same
plane, the point without oscillation included:

* ``LinearEngine``: fixed covariance, nuisances that act the same everywhere, and a prediction that is linear
  in the amplitude, μ = a + s b(Δm²). χ² is a parabola in s, three numbers per Δm², minimised between the
  bounds of the amplitude in closed form. With common random numbers z the toy is a + s_t b_t + L z, and its
  projections p = s_t K_t + G with K = b A bᵀ and G = b A L z: the cost does not depend on the bins.
* ``FixedEngine``: the same covariance, a prediction that is not linear: Δ is the largest of sums K_tp + G_p.
* ``TableEngine``: any statistic that generates data, by its own table.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.grid import Axis, points, size
from nuanomaly.inference.nullpoint import null_point
from nuanomaly.inference.objective import Objective
from nuanomaly.inference.toys import BLOCK, generator
from nuanomaly.likelihood.ensemble import GaussianForm, Table, gaussian_noise
from nuanomaly.model.base import Array, NotApplicableError, Parameter

#: A prediction that departs from a straight line by less than this part of its size is linear.
_LINEAR = 1e-11
#: So many values (doubles) of a table are held at once, and stay in a processor's cache.
_CHUNK, _CACHE = 200_000, 65_536


@dataclass(frozen=True, eq=False)
class Plane:
    """The hypotheses: a grid of the free parameters, and no oscillation as the last one.

    Attributes
    ----------
    objective : Objective
    axes : tuple of Axis
    known : mapping of str to Parameter
    extra : mapping of arrays, shape (E,)
        More hypotheses, between the grid and no oscillation: the free parameters.
    """

    objective: Objective
    axes: tuple[Axis, ...]
    known: Mapping[str, Parameter]
    extra: Mapping[str, Array] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the grid."""
        return tuple(len(a) for a in self.axes)

    @property
    def size(self) -> int:
        """Points of the grid."""
        return size(self.axes)

    @property
    def null(self) -> int:
        """The index of no oscillation, the last hypothesis."""
        return self.size + max((v.size for v in self.extra.values()), default=0)

    @property
    def count(self) -> int:
        """All hypotheses: the grid, the extra ones, no oscillation."""
        return self.null + 1

    @cached_property
    def free(self) -> dict[str, Array]:
        """The free parameters at all hypotheses, shape (count,) each."""
        grid = points(self.axes, 0, self.size)
        null = null_point(self.axes, self.known, self.objective.model.name)
        none = np.zeros(0)
        return {name: np.concatenate([grid[name], self.extra.get(name, none), [null[name]]]) for name in grid}

    @cached_property
    def complete(self) -> dict[str, Array]:
        """All parameters at all hypotheses."""
        return self.objective.points(self.free)

    @cached_property
    def possible(self) -> NDArray[np.bool_]:
        """Where the model exists, shape (count,)."""
        allowed = getattr(self.objective.model, "allowed", None)
        return np.ones(self.count, bool) if allowed is None else np.asarray(allowed(self.complete))

    def at(self, index: int) -> dict[str, Array]:
        """Return all parameters at one hypothesis, shape (1,) each."""
        return {name: value[index : index + 1] for name, value in self.complete.items()}

    @property
    def amplitude(self) -> int | None:
        """Which axis is the only one whose parameter has a value without oscillation, or None."""
        nulls = [k for k, a in enumerate(self.axes) if self.known[a.name].null is not None]
        return nulls[0] if len(nulls) == 1 else None


class Engine(ABC):
    """What toys need of a plane."""

    def __init__(self, plane: Plane, seed: int) -> None:
        self.plane = plane
        self.seed = seed

    @property
    def data(self) -> Array:
        """The observed data."""
        found = self.plane.objective.likelihood.data
        assert found is not None  # make_engine() refuses what has none
        return found

    @abstractmethod
    def values(self, data: Array) -> Array:
        """Return the statistic of data sets (T, n) at all hypotheses, shape (T, count)."""

    @abstractmethod
    def minimum(self, data: Array) -> Array:
        """Return the smallest value of data sets (T, n) over the plane, boundaries included, shape (T,)."""

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
        found = np.full((len(data), self.plane.count), np.inf)
        found[:, self.plane.possible] = self.table(data)
        return found

    def minimum(self, data: Array) -> Array:
        """Return the smallest value of data sets (T, n) over the plane, shape (T,)."""
        return np.concatenate([self.table(part).min(axis=1) for part in self._parts(data)])

    def generate(self, index: int, block: int) -> Array:
        """Return the data of one block of toys: nuisances drawn from their priors, then the data."""
        objective = self.plane.objective
        likelihood, random = objective.likelihood, generator(self.seed, 0, block)
        truth = self.plane.at(index)
        free = [n for n in likelihood.nuisances.ids if n not in likelihood.nuisances.with_prior()]
        where = likelihood.profiled(objective.model, truth)[1] if free else {}
        true = likelihood.nuisances.draw(BLOCK, random, {name: float(where[name][0]) for name in free})
        return likelihood.toys(objective.model, truth, BLOCK, random, true)

    def deltas(self, index: int, block: int) -> Array:
        """Return Δ of one block of toys of one hypothesis, shape (BLOCK,)."""
        column = int(self.plane.possible[:index].sum())
        parts = []
        for part in self._parts(self.generate(index, block)):
            values = self.table(part)
            parts.append(values[:, column] - values.min(axis=1))
        return np.concatenate(parts)

    def _parts(self, data: Array) -> list[Array]:
        # parts of one size: a matrix product may depend on its shape to the last bit
        step = max(1, min(BLOCK, _CHUNK // self.plane.count))
        return [data[start : start + step] for start in range(0, len(data), step)]


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

    def gains(self, p: Array) -> Array:
        """Return how far χ² falls below that of no oscillation over all s, for p (M, T); shape (M, T)."""
        s = p * self.inverse_norms[:, None]
        np.clip(s, 0.0, self.limit, out=s)
        return np.asarray(s * (2.0 * p - s * self.norms[:, None]))

    def minimum(self, data: Array) -> Array:
        """Return the smallest χ² of data sets (T, n) over the plane, shape (T,)."""
        c, p, _ = self.three_numbers(data)
        return np.asarray(c - self.gains(p).max(axis=0))

    def generate(self, index: int, block: int) -> Array:
        """Return the data of one block of toys of one hypothesis, shape (BLOCK, n)."""
        m, s = self.place(index)
        return np.asarray(self.origin + s * self.slopes[m] + self._fluctuations(block))

    def projections(self, block: int) -> Array:
        """Return G of one block, shape (M, BLOCK)."""
        if block not in self._blocks:
            if len(self._blocks) >= 4:
                self._blocks.clear()
            self._blocks[block] = self.weighted @ self._fluctuations(block).T
        return self._blocks[block]

    def deltas(self, index: int, block: int) -> Array:
        """Return Δ of one block of toys of one hypothesis, shape (BLOCK,)."""
        m, s = self.place(index)
        p = self.projections(block) + (s * self.products[:, m])[:, None]
        truth = s * (2.0 * p[m] - s * self.norms[m])
        return np.asarray(self._largest_gain(p) - truth)

    def _largest_gain(self, p: Array) -> Array:
        """Return the largest gain over M for p (M, T), shape (T,).

        Where no s is beyond its limit it is (max p/√q)²; the others are done in full.
        """
        root = np.sqrt(self.inverse_norms)
        scaled = p * root[:, None]
        found = np.maximum(scaled.max(axis=0), 0.0) ** 2
        beyond = ((scaled - (self.limit * np.sqrt(self.norms))[:, None]).max(axis=0)) > 0.0
        if beyond.any():
            found[beyond] = self.gains(p[:, beyond]).max(axis=0)
        return np.asarray(found)


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
        largest = np.empty(len(data))
        step = max(1, _CACHE // self.plane.count)
        for start in range(0, len(data), step):
            projected = shifted[start : start + step] @ self.weighted.T
            projected -= self.half_norms
            largest[start : start + step] = projected.max(axis=1)
        return np.asarray(self._own(data) - 2.0 * largest)

    def generate(self, index: int, block: int) -> Array:
        """Return the data of one block of toys of one hypothesis, shape (BLOCK, n)."""
        return np.asarray(self.origin + self.shifts[index] + self._fluctuations(block))

    def deltas(self, index: int, block: int) -> Array:
        """Return Δ of one block of toys of one hypothesis, shape (BLOCK,)."""
        if block not in self._blocks:
            if len(self._blocks) >= 4:
                self._blocks.clear()
            self._blocks[block] = self._fluctuations(block) @ self.weighted.T
        g = self._blocks[block]
        gain = self.weighted @ self.shifts[index] - self.half_norms
        largest = np.empty(BLOCK)
        step = max(1, _CACHE // gain.size)
        for start in range(0, BLOCK, step):
            largest[start : start + step] = (g[start : start + step] + gain).max(axis=1)
        return np.asarray(2.0 * (largest - g[:, index] - gain[index]))


def make_engine(plane: Plane, seed: int = 0) -> Engine:
    """Return the fastest engine that is exact for a plane.

    Raises
    ------
    NotApplicableError
        If the likelihood generates no toys (a tabulated surface).
    """
    likelihood = plane.objective.likelihood
    if likelihood.data is None:
        raise NotApplicableError(f"not applicable: no toys can be made of {likelihood.release}")
    if not plane.axes:
        raise NuanomalyError("toys need at least one free parameter")
    if plane.possible.all():
        linear = _linear(plane, seed)
        if linear is not None:
            return linear
    form = _form(plane, plane.complete)
    inverse = None if form is None else form.profiled_inverse()
    if form is None or inverse is None:
        return TableEngine(plane, seed)
    return FixedEngine(plane, seed, inverse, form.mu)


def _form(plane: Plane, complete: Mapping[str, Array]) -> GaussianForm | None:
    if not plane.possible.all():
        return None
    return plane.objective.likelihood.gaussian(plane.objective.model, complete)


def _linear(plane: Plane, seed: int) -> LinearEngine | None:
    """Return the engine of a prediction that is linear in the amplitude, None if it is not."""
    k = plane.amplitude
    if k is None:
        return None
    axis = plane.axes[k]
    parameter = plane.known[axis.name]
    null, limit = parameter.null, min(parameter.high, 1.0)
    if null != 0.0 or parameter.low != 0.0:
        return None
    others = [a for j, a in enumerate(plane.axes) if j != k]
    grid = points(others, 0, size(others)) if others else {}
    grid = {name: np.append(grid[name], plane.extra.get(name, [])) for name in grid}
    combinations = size(others) + plane.null - plane.size
    forms = []
    for share in (0.0, 0.5, 1.0):
        free = {**grid, axis.name: np.full(combinations, share * limit)}
        form = _form(plane, plane.objective.points(free))
        if form is None:
            return None
        forms.append(form)
    joined = GaussianForm(
        forms[0].data,
        forms[0].inverse,
        np.concatenate([f.mu for f in forms]),
        np.concatenate([f.jacobian for f in forms]),
        forms[0].nuisances,
    )
    inverse = joined.profiled_inverse()
    if inverse is None or not _straight([f.mu for f in forms]):
        return None
    slopes = (forms[2].mu - forms[0].mu) / limit
    return LinearEngine(plane, seed, inverse, forms[0].mu[0], slopes, limit)


def _straight(mu: Sequence[Array]) -> bool:
    """Say whether the middle of three predictions is their mean, and the first the same everywhere."""
    scale = _LINEAR * max(float(np.abs(m).max()) for m in mu)
    bent = np.abs(mu[1] - 0.5 * (mu[0] + mu[2])).max()
    return bool(bent <= scale and np.abs(mu[0] - mu[0][0]).max() <= scale)
