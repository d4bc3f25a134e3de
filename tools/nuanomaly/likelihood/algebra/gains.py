"""How far χ² falls when nuisances with bounds, or with different errors up and down, are profiled.

−2 s·ξ + ξᵀHξ + prior is minimised; each nuisance is counted in units of the error that it has with the others
at zero, c = H_ss + 1/σ₊², so that the slope is u = s/√c. One alone has the closed form m (2|u| − κ m) with
m = min(|u|/κ, b), κ = 1 above zero and (H + 1/σ₋²)/c below it, b the bound on that side.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from nuanomaly.likelihood.nuisance import Nuisance
from nuanomaly.model.probabilities import Array

#: Lower and upper bound.
Bounds = tuple[Array | float, Array | float]
#: Three or more are minimised in turn so often at most, until none moves by more than this (squared).
_SWEEPS, _MOVED = 200, 1e-18
#: A form that bends less than this, in units of the bend of one alone, is flat.
_FLAT = 1e-12


@dataclass(frozen=True, eq=False)
class Gains:
    """The S nuisances of L pieces, in units of their errors.

    Attributes
    ----------
    limits : array, shape (2, S, L)
        The distance from zero of the upper and of the lower bound.
    curvatures : array, shape (2, S, L)
        κ above and below zero.
    mixed : array, shape (S, S, L)
        H.
    symmetric : bool
        Whether there is one nuisance, the same above and below zero.
    """

    limits: Array
    curvatures: Array
    mixed: Array
    symmetric: bool

    def __len__(self) -> int:
        return len(self.mixed)

    def selection(self, *index: NDArray[np.intp] | int | slice | None) -> "Gains":
        """Return those of some pieces by an index of all axes of pieces."""
        at = (slice(None), slice(None), *index)
        return replace(self, limits=self.limits[at], curvatures=self.curvatures[at], mixed=self.mixed[at])

    def __call__(self, slopes: Sequence[Array]) -> Array:
        """Return the gain for slopes u of every nuisance, whose last axes are the pieces'; slopes change."""
        if self.symmetric:
            u = slopes[0]
            np.abs(u, out=u)
            at = np.minimum(u, self.limits[0, 0])
            u += u
            u -= at
            at *= u
            return np.asarray(at)
        if len(self) == 1:
            above, below = self._alone(0, slopes[0])
            return above + below
        if len(self) == 2:
            return self._two(slopes[0], slopes[1])
        return self._several(slopes)

    def ceiling(self, low: Sequence[Array], high: Sequence[Array]) -> Array:
        """Return at least the largest gain for slopes between two values, of nuisances taken apart."""
        if self.symmetric:
            return self([np.maximum(-low[0], high[0])])
        total = np.zeros_like(low[0])
        for s, (a, b) in enumerate(zip(low, high, strict=True)):
            total += np.maximum(self._alone(s, np.maximum(b, 0.0))[0], self._alone(s, np.minimum(a, 0.0))[1])
        return total

    def wide(self) -> tuple[Array, Array] | None:
        """Return R (L, S, S) and r (L,) by which slopes u gain at most Σ (Ru)²; None where a form is flat.

        The last of the S numbers Ru counts with a factor of r or of one, whichever makes it larger: of the
        nuisance whose errors differ most both sides count, of the others the one that is farther, and no
        bound of any.
        """
        lopsided = int(np.ptp(self.curvatures, axis=0).max(axis=1).argmax())
        order = [*(s for s in range(len(self)) if s != lopsided), lopsided]
        smaller = self.curvatures.min(axis=0)[order].T
        matrix: Array = self.mixed[np.ix_(order, order)].transpose(2, 0, 1).copy()
        inside = range(len(self))
        matrix[:, inside, inside] = smaller
        if float(np.linalg.eigvalsh(matrix).min(initial=1.0)) <= _FLAT:
            return None
        # the last diagonal element of a Cholesky factor is all that the other side changes
        factor = np.linalg.cholesky(matrix)
        above, below = self.curvatures[:, lopsided]
        last = factor[:, -1, -1] ** 2
        narrower = 1.0 / np.sqrt(1.0 + (np.maximum(above, below) - smaller[:, -1]) / last)
        root = np.empty_like(factor)
        root[:, :, order] = np.linalg.inv(factor)
        root[above > below, -1] *= -1.0  # the wider side is that of positive numbers
        return root, narrower

    def _alone(self, s: int, u: Array) -> tuple[Array, Array]:
        items = []
        for side, slope in enumerate((np.maximum(u, 0.0), np.maximum(-u, 0.0))):
            kappa = self.curvatures[side, s]
            wanted = np.divide(slope, kappa, out=np.full_like(slope, np.inf), where=kappa > 0.0)
            at = np.minimum(np.where(slope > 0.0, wanted, 0.0), self.limits[side, s])
            items.append(at * (2.0 * slope - np.where(kappa > 0.0, kappa * at, 0.0)))
        return items[0], items[1]

    def _two(self, u: Array, v: Array) -> Array:
        """Return the gain of two: with one of them unbounded in closed form, else by quadrants."""
        first_unbounded, second_unbounded = (bool(np.isinf(self.limits[:, s]).all()) for s in (0, 1))
        gain = None
        if second_unbounded:
            gain = self._one_unbounded(0, u, 1, v)
        elif first_unbounded:
            gain = self._one_unbounded(1, v, 0, u)
        return self._by_quadrants(u, v) if gain is None else gain

    def _one_unbounded(self, first: int, u: Array, second: int, v: Array) -> Array | None:
        """Return the gain of two of which the second has no bounds; None where a form is flat.

        For a given x the best y is t/b with t = v − Hx, and b that of the sign of t. With either b the best x
        is that of a parabola with one bend on each side of zero, inside its bounds. What is maximised is
        concave and smooth, so that it is the maximum if t has the sign that belongs to b; one of both has.
        """
        (a_up, b_up), (a_down, b_down) = (side[[first, second]] for side in self.curvatures)
        mixed, limits = self.mixed[first, second], self.limits[:, first]
        if min(b_up.min(initial=1.0), b_down.min(initial=1.0)) <= 0.0:
            return None
        bounded = [bool(np.isfinite(limit).any()) for limit in limits]
        tried = []
        for b in (b_up,) if np.array_equal(b_up, b_down) else (b_up, b_down):
            ratio = mixed / b
            bends = a_up - mixed * ratio, a_down - mixed * ratio
            if min(bend.min(initial=1.0) for bend in bends) <= _FLAT:
                return None
            x = v * -ratio
            x += u
            x = _bent(x, 1.0 / bends[0], 1.0 / bends[1])
            if bounded[0]:
                np.minimum(x, limits[0], out=x)
            if bounded[1]:
                np.maximum(x, -limits[1], out=x)
            tried.append(x)
        x = tried[0]
        t = x * -mixed
        t += v
        if len(tried) == 2:
            np.copyto(x, tried[1], where=t < 0.0)
            np.multiply(x, -mixed, out=t)
            t += v
        t *= _bent(t, 1.0 / b_up, 1.0 / b_down)
        gain = _bent(x, a_up, a_down)
        gain -= 2.0 * u
        gain *= x
        t -= gain
        return np.asarray(t)

    def _by_quadrants(self, u: Array, v: Array) -> Array:
        """Return the gain of two: the largest of the quadrants in which each prior is one Gaussian."""
        up, down = self.limits
        kappa = self.curvatures
        if np.array_equal(kappa[0], kappa[1]):
            return self._inside(u, v, kappa[0], (-down[0], up[0]), (-down[1], up[1]))
        total: Array | None = None
        for i, j in product((0, 1), (0, 1)):
            first = (0.0, up[0]) if i == 0 else (-down[0], 0.0)
            second = (0.0, up[1]) if j == 0 else (-down[1], 0.0)
            gain = self._inside(u, v, np.stack([kappa[i, 0], kappa[j, 1]]), first, second)
            total = gain if total is None else np.maximum(total, gain, out=total)
        assert total is not None  # there are four
        return total

    def _inside(self, u: Array, v: Array, kappa: Array, first: Bounds, second: Bounds) -> Array:
        """Return the largest 2 (ux + vy) − ax² − 2Hxy − by² in a rectangle: in it, or along an edge."""
        (a, b), mixed = kappa, self.mixed[0, 1]
        determinant = a * b - mixed * mixed
        inverse = np.where(determinant > 0.0, 1.0 / np.where(determinant > 0.0, determinant, 1.0), 0.0)
        total = _along(np.clip((b * u - mixed * v) * inverse, *first), u, v, (a, b, mixed), second)
        for x in first:
            if np.isfinite(x).all():
                np.maximum(total, _along(x, u, v, (a, b, mixed), second), out=total)
        for y in second:
            if np.isfinite(y).all():
                np.maximum(total, _along(y, v, u, (b, a, mixed), first), out=total)
        return total

    def _several(self, slopes: Sequence[Array]) -> Array:
        """Return the gain of three or more: each in turn, which converges (the function is convex)."""
        places = range(len(self))
        at = [np.zeros_like(slopes[0]) for _ in places]
        for _ in range(_SWEEPS):
            moved = 0.0
            for s in places:
                pull = slopes[s] - sum(self.mixed[s, t] * at[t] for t in places if t != s)
                kappa = np.where(pull > 0.0, self.curvatures[0, s], self.curvatures[1, s])
                content = np.divide(pull, kappa, out=np.zeros_like(pull), where=kappa > 0.0)
                np.clip(content, -self.limits[1, s], self.limits[0, s], out=content)
                moved = max(moved, float((kappa * (content - at[s]) ** 2).max(initial=0.0)))
                at[s] = content
            if moved < _MOVED:
                break
        total = np.zeros_like(slopes[0])
        for s in places:
            pull = slopes[s] - sum(self.mixed[s, t] * at[t] for t in range(s))
            kappa = np.where(at[s] > 0.0, self.curvatures[0, s], self.curvatures[1, s])
            total += at[s] * (2.0 * pull - kappa * at[s])
        return total

    def apart(self) -> "Gains":
        """Return what gains at least as much with each nuisance taken alone.

        H is at least its smallest eigenvalue (of the matrix with ones on its diagonal) times its diagonal.
        """
        if len(self) == 1:
            return self
        diagonal = np.diagonal(self.mixed, axis1=0, axis2=1).T
        scale = np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
        matrix = (self.mixed / (scale[:, None] * scale[None])).transpose(2, 0, 1)
        matrix[:, range(len(self)), range(len(self))] = 1.0
        least = np.clip(np.linalg.eigvalsh(matrix)[:, 0] - 1e-12, 0.0, 1.0)
        return replace(self, curvatures=np.maximum(self.curvatures - (1.0 - least) * diagonal, 0.0))

    def coarse(self, size: int) -> "Gains":
        """Return what gains at least as much as any of ``size`` pieces in a row, whose axis is now (N, 1)."""
        shape = (2, len(self), -1, size)
        return replace(
            self,
            limits=self.limits.reshape(shape).max(axis=3, keepdims=True),
            curvatures=self.curvatures.reshape(shape).min(axis=3, keepdims=True),
            mixed=self.mixed[:, :, ::size, None],
        )


def _bent(x: Array, above: Array, below: Array) -> Array:
    """Return x times one factor where it is positive, times another where it is negative."""
    product = x * above
    if np.array_equal(above, below):
        return np.asarray(product)
    other = x * below
    if (above >= below).all():
        return np.asarray(np.maximum(product, other, out=product))
    if (above <= below).all():
        return np.asarray(np.minimum(product, other, out=product))
    return np.where(x > 0.0, product, other)


def _along(x: Array | float, u: Array, v: Array, form: tuple[Array, Array, Array], bounds: Bounds) -> Array:
    """Return 2 (ux + vy) − ax² − 2Hxy − by² for form (a, b, H), at x and the best y inside bounds."""
    a, b, mixed = form
    pull = v - mixed * x
    y = np.divide(pull, b, out=np.zeros_like(pull), where=b > 0.0)
    np.clip(y, *bounds, out=y)
    pull *= 2.0
    pull -= b * y
    pull *= y
    pull += x * (2.0 * u - a * x)
    return np.asarray(pull)


def bounded_gains(hessian: Array, items: Sequence[Nuisance], bounds: Array) -> tuple[Gains, Array]:
    """Return the gains of nuisances with Hessian (L, S, S), and what makes u of their slopes, shape (L, S).

    Parameters
    ----------
    items : sequence of Nuisance
        Whose errors count, if they are finite.
    bounds : array, shape (L, S, 2)
    """
    prior = np.array([[n.plus**-2.0, n.minus**-2.0] for n in items])  # 1/∞² is zero
    diagonal = np.diagonal(hessian, axis1=1, axis2=2)
    curvatures = diagonal[:, :, None] + prior
    size = np.where(curvatures[:, :, 0] > 0.0, curvatures[:, :, 0], 1.0)
    root = np.sqrt(size)
    scaled = np.where(curvatures > 0.0, curvatures / size[:, :, None], 1.0)
    mixed = hessian / (root[:, :, None] * root[:, None, :])
    limits = np.stack([bounds[:, :, 1], -bounds[:, :, 0]]) * root
    limits, scaled = (np.ascontiguousarray(a) for a in (limits.transpose(0, 2, 1), scaled.transpose(2, 1, 0)))
    symmetric = len(items) == 1 and np.array_equal(*limits) and bool((scaled == 1.0).all())
    return Gains(limits, scaled, np.ascontiguousarray(mixed.transpose(1, 2, 0)), symmetric), 1.0 / root
