"""What is quadratic in nuisances ξ, c + 2 g·ξ + ξᵀHξ: sums of such forms, minima with priors and bounds.

A prior with different errors up and down, and a bound, make a form piecewise quadratic; it stays convex.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.model.probabilities import Array

#: A pivot below this (of a matrix with ones on its diagonal) is a direction that nothing constrains.
_SINGULAR = 1e-7
#: How often it is guessed which bounds hold, and how far beyond zero a pull still counts as none, in errors.
_GUESSES, _ROUNDING = 12, 1e-12


@dataclass(frozen=True)
class Quadratic:
    """c + 2 g·ξ + ξᵀHξ over named nuisances; shapes (P,), (P, K), (P, K, K)."""

    ids: tuple[str, ...]
    constant: Array
    gradient: Array
    hessian: Array

    def on(self, ids: Sequence[str]) -> "Quadratic":
        """Return the same form over a longer list of ids."""
        return added_up([self], ids)

    def __add__(self, other: "Quadratic") -> "Quadratic":
        return added_up([self, other])

    def rows(self, rows: NDArray[np.intp]) -> "Quadratic":
        """Return the forms of some of the points."""
        return Quadratic(self.ids, self.constant[rows], self.gradient[rows], self.hessian[rows])

    def replaced(self, rows: NDArray[np.intp], others: "Quadratic") -> "Quadratic":
        """Return the forms with others, of the same ids, at some of the points."""
        constant, gradient, hessian = self.constant.copy(), self.gradient.copy(), self.hessian.copy()
        constant[rows], gradient[rows], hessian[rows] = others.constant, others.gradient, others.hessian
        return Quadratic(self.ids, constant, gradient, hessian)

    def about(self, xi: Array, rows: NDArray[np.intp]) -> "Quadratic":
        """Return the forms of some of the points, of the displacement from their ξ, shape (R, K)."""
        hessian, gradient = self.hessian[rows], self.gradient[rows]
        turned = np.einsum("pij,pj->pi", hessian, xi)
        constant = self.constant[rows] + ((2.0 * gradient + turned) * xi).sum(axis=1)
        return Quadratic(self.ids, constant, gradient + turned, hessian)

    def substituted(self, given: Mapping[str, Array]) -> "Quadratic":
        """Return the form over the other ids, with the given ones (arrays of shape (P,)) at fixed values."""
        inside = [k for k, name in enumerate(self.ids) if name in given]
        if not inside:
            return self
        left = [k for k, name in enumerate(self.ids) if name not in given]
        xi = np.array([given[self.ids[k]] for k in inside]).reshape(len(inside), -1).T
        fixed = self.hessian[:, inside][:, :, inside]
        constant = self.constant + 2.0 * (self.gradient[:, inside] * xi).sum(1)
        constant = constant + np.einsum("pi,pij,pj->p", xi, fixed, xi)
        gradient = self.gradient[:, left] + np.einsum("pij,pj->pi", self.hessian[:, left][:, :, inside], xi)
        return Quadratic(
            tuple(self.ids[k] for k in left), constant, gradient, self.hessian[:, left][:, :, left]
        )

    def profile(self, nuisances: Nuisances, prior: bool = True) -> tuple[Array, Array]:
        """Return the minimum over ξ and the ξ that gives it, shapes (P,) and (P, K).

        Parameters
        ----------
        nuisances : Nuisances
            Priors and bounds, of at least these ids.
        prior : bool
            False leaves the priors out (bounds are kept).
        """
        key = (self.ids, prior)
        if key not in nuisances.profiled:
            nuisances.profiled[key] = _Bends.of(self.ids, nuisances, prior)
        bends = nuisances.profiled[key]
        items = bends.items
        hessian = self.hessian + bends.prior if prior else self.hessian
        if len(items) == 1:
            return self._alone(hessian[:, 0, 0], items[0], prior)
        special = [k for k, n in enumerate(items) if n.piecewise]
        best, where, settled = bends.settled(self, hessian)
        if not settled.all():
            rest = np.flatnonzero(~settled)
            best[rest], where[rest] = self.rows(rest)._enumerated(hessian[rest], items, special, prior)
        return best, where

    def _enumerated(
        self, hessian: Array, items: Sequence[Nuisance], special: Sequence[int], prior: bool
    ) -> tuple[Array, Array]:
        """Return the same from every choice of sides and edges: exact for any form, and slow."""
        best, where = np.full(self.constant.shape, np.inf), np.zeros_like(self.gradient)
        # a prior that is the same on both sides needs no border at zero
        for sides in product(*((0,) if items[k].plus == items[k].minus else (-1, 1) for k in special)):
            value, at = self._one_orthant(hessian, items, special, sides, prior)
            better = value < best
            best = np.where(better, value, best)
            where = np.where(better[:, None], at, where)
        return best, where

    def _alone(self, hessian: Array, item: Nuisance, prior: bool) -> tuple[Array, Array]:
        """Return the same of one nuisance: stationary on either side of zero, or at the nearest edge."""
        gradient = self.gradient[:, 0]
        best, where = np.full(self.constant.shape, np.inf), np.zeros(self.constant.shape)
        for side in (0,) if item.plus == item.minus else (-1, 1):
            sigma = item.plus if side >= 0 else item.minus
            bent = hessian + 1.0 / sigma**2 if prior and item.piecewise and np.isfinite(sigma) else hessian
            low, high = item.low if side <= 0 else max(0.0, item.low), item.high
            high = min(0.0, high) if side < 0 else high
            if low > high:
                continue
            # what is a straight line is smallest at an edge, or nowhere: then it stays zero
            slope = np.where(gradient > 0.0, low, high)
            flat = np.where((gradient != 0.0) & np.isfinite(slope), slope, 0.0)
            at = np.clip(np.divide(-gradient, bent, out=flat, where=bent > 0.0), low, high)
            value = self.constant + 2.0 * (gradient * at) + at * bent * at
            better = value < best
            best, where = np.where(better, value, best), np.where(better, at, where)
        return best, where[:, None]

    def _one_orthant(
        self,
        hessian: Array,
        items: Sequence[Nuisance],
        special: Sequence[int],
        sides: Sequence[int],
        prior: bool,
    ) -> tuple[Array, Array]:
        """Return the minimum with piecewise nuisances on one side of zero (side 0: on both) and in bounds."""
        n, k = self.gradient.shape
        hessian = hessian.copy()
        bounds = []
        for which, side in zip(special, sides, strict=True):
            item = items[which]
            sigma = item.plus if side >= 0 else item.minus
            if prior and np.isfinite(sigma):
                hessian[:, which, which] += 1.0 / sigma**2
            low, high = (-np.inf, np.inf) if side == 0 else (0.0, np.inf) if side > 0 else (-np.inf, 0.0)
            bounds.append((max(low, item.low), min(high, item.high)))
        best, where = np.full(n, np.inf), np.zeros((n, k))
        # every choice of which piecewise nuisances sit on an edge of their interval: exact for a convex form
        edges = [[None, *(e for e in interval if np.isfinite(e))] for interval in bounds]
        for choice in product(*edges):
            at = np.zeros((n, k))
            free = np.ones(k, bool)
            for which, value in zip(special, choice, strict=True):
                if value is not None:
                    at[:, which], free[which] = value, False
            at = self._solve(hessian, at, free)
            inside = np.ones(n, bool)
            for which, (low, high) in zip(special, bounds, strict=True):
                inside &= (at[:, which] >= low - 1e-12) & (at[:, which] <= high + 1e-12)
            value = (
                self.constant + 2.0 * (self.gradient * at).sum(1) + np.einsum("pi,pij,pj->p", at, hessian, at)
            )
            better = inside & (value < best)
            best, where = np.where(better, value, best), np.where(better[:, None], at, where)
        return best, where

    def _solve(self, hessian: Array, at: Array, free: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Array:
        if not free.any():
            return at
        rows = np.flatnonzero(free)
        right = -self.gradient[:, rows] - np.einsum("pij,pj->pi", hessian[:, rows], at)
        values = at.copy()
        values[:, rows] = _stationary(hessian[:, rows][:, :, rows], right)
        return values


def added_up(forms: Sequence[Quadratic], ids: Sequence[str] | None = None) -> Quadratic:
    """Return the sum of forms over the union of their ids, or over a longer list.

    Examples
    --------
    >>> one = Quadratic(("a",), np.ones(1), np.ones((1, 1)), np.ones((1, 1, 1)))
    >>> two = Quadratic(("b", "a"), np.ones(1), np.ones((1, 2)), np.ones((1, 2, 2)))
    >>> both = added_up([one, two])
    >>> both.ids, both.gradient.tolist()
    (('a', 'b'), [[2.0, 1.0]])
    """
    names = tuple(dict.fromkeys(name for form in forms for name in form.ids) if ids is None else ids)
    places = {name: k for k, name in enumerate(names)}
    size = forms[0].constant.size
    constant = np.zeros(size)
    gradient, hessian = np.zeros((size, len(names))), np.zeros((size, len(names), len(names)))
    for form in forms:
        constant = constant + form.constant
        if form.ids == names:
            gradient += form.gradient
            hessian += form.hessian
        elif form.ids:
            rows = np.array([places[name] for name in form.ids])
            gradient[:, rows] += form.gradient
            hessian[:, rows[:, None], rows] += form.hessian
    return Quadratic(names, constant, gradient, hessian)


@dataclass(frozen=True, eq=False)
class _Bends:
    """Nuisances with their bounds (K,) and priors.

    ``prior`` (K, K) is of those that are one Gaussian; ``bends`` (2, K) is what others add to H above and
    below zero, ``bent`` (K,) where these differ.
    """

    items: tuple[Nuisance, ...]
    prior: Array
    low: Array
    high: Array
    bends: Array
    bent: NDArray[np.bool_]

    @classmethod
    def of(cls, ids: Sequence[str], nuisances: Nuisances, prior: bool) -> "_Bends":
        order = [nuisances.ids.index(name) for name in ids]
        items = tuple(nuisances.items[place] for place in order)
        low, high, bends = (
            np.full(len(items), -np.inf),
            np.full(len(items), np.inf),
            np.zeros((2, len(items))),
        )
        for k, item in enumerate(items):
            if item.piecewise:  # the priors of others are in H
                low[k], high[k] = item.low, item.high
                if prior:
                    bends[:, k] = item.plus**-2.0, item.minus**-2.0  # 1/∞² is zero
        return cls(items, nuisances.prior()[np.ix_(order, order)], low, high, bends, bends[0] != bends[1])

    def settled(self, form: "Quadratic", hessian: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Return minima (P,), where they are (P, K), and of which points they are known, shape (P,).

        The side of zero and the edges that hold are guessed, the form is solved, and what contradicts the
        guess changes it: a guess that nothing contradicts has the minimum, as the form is convex and smooth.
        Points that do not settle, or whose form is flat somewhere, are left to others.
        """
        count, size = form.gradient.shape
        values, where = np.full(count, np.inf), np.zeros((count, size))
        known, left = np.zeros(count, bool), np.arange(count)
        upper = form.gradient <= 0.0 if self.bent.any() else np.ones((count, size), bool)
        below, above = np.zeros((count, size), bool), np.zeros((count, size), bool)
        held = False
        for _ in range(_GUESSES):
            whole = left.size == count
            gradient, matrix = (
                (form.gradient, hessian.copy())
                if whole
                else (form.gradient[left], np.ascontiguousarray(hessian[left]))
            )
            _diagonal(matrix)[...] += np.where(upper, self.bends[0], self.bends[1])
            solved, right = matrix, -gradient
            if held:
                fixed = below | above
                edge = np.where(below, self.low, np.where(above, self.high, 0.0))
                right = np.where(fixed, edge, right - np.einsum("pij,pj->pi", matrix, edge))
                solved = np.where(fixed[:, :, None] | fixed[:, None, :], np.eye(size), matrix)
            scale = np.sqrt(_diagonal(solved))
            if not (scale > 0.0).all():
                break
            scaled = solved / (scale[:, :, None] * scale[:, None, :])
            try:
                pivots = _diagonal(np.linalg.cholesky(scaled))
            except np.linalg.LinAlgError:
                break
            at = np.linalg.solve(scaled, (right / scale)[..., None])[..., 0] / scale
            turned = np.einsum("pij,pj->pi", matrix, at)
            held_below, held_above = at < self.low, at > self.high
            if held:
                pull, near = gradient + turned, _ROUNDING * np.sqrt(_diagonal(matrix))
                held_below = np.where(below, pull >= -near, held_below)
                held_above = np.where(above, pull <= near, held_above)
            changed = (held_below != below) | (held_above != above)
            if self.bent.any():
                side = np.where(at == 0.0, upper, at > 0.0)
                changed |= (side != upper) & self.bent
            else:
                side = upper  # the prior is the same on both
            done = ~changed.any(axis=1) & (pivots.min(axis=1) >= _SINGULAR)
            places = left[done]
            known[places], where[places] = True, at[done]
            values[places] = form.constant[places] + ((2.0 * gradient + turned) * at).sum(axis=1)[done]
            if done.all():
                break
            left, upper, below, above = left[~done], side[~done], held_below[~done], held_above[~done]
            held = bool(below.any() or above.any())
        return values, where, known


def _diagonal(matrices: Array) -> Array:
    """Return a view of the diagonals of contiguous matrices, shapes (P, K, K) → (P, K)."""
    count, size, _ = matrices.shape
    return matrices.reshape(count, size * size)[:, :: size + 1]


def _stationary(matrices: Array, right: Array) -> Array:
    """Return x with H x = b for positive semi-definite H (P, k, k); what nothing constrains stays zero."""
    scale = np.sqrt(np.diagonal(matrices, axis1=1, axis2=2))
    scale = np.where(scale > 0.0, scale, 1.0)
    b = right / scale
    if scale.shape[1] == 1:
        pivot = matrices[:, 0] / scale**2
        return np.asarray(np.divide(b, pivot, out=np.zeros_like(b), where=pivot > 0.0) / scale)
    scaled = matrices / (scale[:, :, None] * scale[:, None, :])
    # with ones on the diagonal, the pivots of the Cholesky factor say what is singular, cheaper than an SVD
    try:
        pivots = np.diagonal(np.linalg.cholesky(scaled), axis1=1, axis2=2)
        singular = pivots.min(axis=1) < _SINGULAR
    except np.linalg.LinAlgError:
        singular = np.linalg.eigvalsh(scaled)[:, 0] < _SINGULAR**2
    x = np.empty_like(b)
    if not singular.all():
        x[~singular] = np.linalg.solve(scaled[~singular], b[~singular][..., None])[..., 0]
    if singular.any():
        inverse = np.linalg.pinv(scaled[singular], rcond=_SINGULAR**2, hermitian=True)
        x[singular] = np.einsum("pij,pj->pi", inverse, b[singular])
    return np.asarray(x / scale)
