"""Many sets of counts against many predictions, linear nuisances profiled: what toys of counts need.

F(x) = Σ (m − d ln m) + x²/2 with m = μ + G x is self-concordant for whole d: a Newton step of length
1/(1 + λ) never leaves the domain, with λ the Newton decrement, and full steps converge quadratically once λ
is small (S. Boyd and L. Vandenberghe, Convex Optimization, 9.6). So no step has to be tried, and all data
sets take theirs together: the Hessians of T data sets are one matrix product of d/m² with the products of
G's columns.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from nuanomaly.likelihood.algebra.gaussian_tables import Table
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.model.probabilities import Array

Where = NDArray[np.bool_]

#: Below this decrement a step is taken in full; below the next one it is the last, and what is left to gain
#: is of its fourth power.
_FULL, _LAST, _STEPS = 0.25, 1e-3, 100
#: How steeply a bin without counts that would hold less than nothing is driven back: what is left of it, and
#: what that makes of the value, is of the order of the inverse.
WALL = 1e9
#: Directions of the nuisances that move the prediction by less than this part of the largest do nothing.
_IDLE = 1e-12


@dataclass(frozen=True, eq=False)
class _Profile:
    """One prediction (n,) in the directions G (n, r) of whitened nuisances that act; basis is (K, r)."""

    mu: Array
    directions: Array
    prior: Array
    basis: Array
    products: Array
    pairs: tuple[NDArray[np.intp], NDArray[np.intp]]


def profiled_table(
    mu: Array,
    jacobian: Array,
    nuisances: Nuisances,
    alone: Callable[[Array, int], Array],
) -> Table | None:
    """Return what turns whole counts (T, n) into the deviance with nuisances profiled, shape (T, P).

    Parameters
    ----------
    mu : array, shape (P, n)
    jacobian : array, shape (P, n, K)
        Effects of the nuisances, which are Gaussian or free.
    nuisances : Nuisances
    alone : callable
        The values of data sets (T, n) at one prediction, for where the steps do not converge.

    Returns
    -------
    callable, or None where a bin that nuisances move has no prediction without them
    """
    empty = (mu <= 0.0) & ~jacobian.any(axis=2)
    if ((mu <= 0.0) & ~empty).any() or (mu < 0.0).any():
        return None
    white, free = _whitened(nuisances)
    profiles = [_prepared(m, j, white, free) for m, j in zip(mu, jacobian, strict=True)]

    def values(counts: Array) -> Array:
        matrix = np.empty((len(counts), len(profiles)))
        own = 2.0 * (scipy.special.xlogy(counts, counts) - counts).sum(axis=1)
        pulls = np.zeros((len(counts), white.shape[1]))
        for p, profile in enumerate(profiles):
            column, pulls, outside = _minimum(profile, counts, pulls)
            column += own
            impossible = (counts[:, empty[p]] > 0.0).any(axis=1)
            column[impossible] = np.inf
            outside &= ~impossible
            if outside.any():
                column[outside] = alone(counts[outside], p)
            matrix[:, p] = column
        return matrix

    return values


def _whitened(nuisances: Nuisances) -> tuple[Array, Where]:
    """Return W (K, K) with ξ = W u, and which u are free; the others have a standard Gaussian prior."""
    precision = nuisances.prior()
    values, vectors = np.linalg.eigh(precision)
    free: Where = np.asarray(values <= 0.0)
    return np.asarray(vectors / np.sqrt(np.where(free, 1.0, values))), free


def _prepared(mu: Array, jacobian: Array, white: Array, free: Where) -> _Profile:
    """Return the directions that act: with a prior, those of the singular values; and the free ones."""
    effects = jacobian @ white
    bound = np.flatnonzero(~free)
    _, size, rows = np.linalg.svd(effects[:, bound], full_matrices=False)
    acting = rows[size > _IDLE * max(1.0, float(size.max(initial=0.0)))]
    basis = np.zeros((white.shape[1], len(acting) + int(free.sum())))
    basis[bound, : len(acting)] = acting.T
    basis[np.flatnonzero(free), np.arange(len(acting), basis.shape[1])] = 1.0
    directions = np.ascontiguousarray(effects @ basis)
    first, second = np.triu_indices(basis.shape[1])
    products = np.ascontiguousarray(directions[:, first] * directions[:, second])
    prior = np.concatenate([np.ones(len(acting)), np.zeros(int(free.sum()))])
    return _Profile(mu, directions, prior, basis, products, (first, second))


def _minimum(profile: _Profile, counts: Array, pulls: Array) -> tuple[Array, Array, Where]:
    """Return 2 Σ (m − d ln m) + priors at its minimum (T,), the whitened pulls there (T, K), and where
    no minimum was found; pulls of a prediction nearby are where the search starts.
    """
    x = pulls @ profile.basis
    start = profile.mu + x @ profile.directions.T
    x[(start <= 0.0).any(axis=1)] = 0.0
    outside = _descend(profile, counts, x, 0.0)
    below = outside | (profile.mu + x @ profile.directions.T < 0.0).any(axis=1)
    if below.any():
        held = np.zeros((int(below.sum()), x.shape[1]))
        outside[below] = _descend(profile, counts[below], held, WALL)
        x[below] = held
    m = np.maximum(profile.mu + x @ profile.directions.T, 0.0)
    value = (
        2.0 * (m - scipy.special.xlogy(counts, np.where(m > 0.0, m, 1.0))).sum(axis=1)
        + (x * x) @ profile.prior
    )
    outside |= ~np.isfinite(value) | ((counts > 0.0) & (m <= 0.0)).any(axis=1)
    x[outside] = 0.0
    return value, x @ profile.basis.T, outside


def _descend(profile: _Profile, counts: Array, x: Array, wall: float) -> Where:
    """Move x (T, r) to the minimum, and return where it was not reached.

    ``wall`` times half the square of what a bin without counts is expected to hold below nothing is added.
    """
    active = np.arange(len(counts))
    for _ in range(_STEPS):
        step, decrement, inner = _newton(profile, counts[active], x[active], wall)
        # the logarithms alone bound the domain; the other terms are quadratic
        length = np.where(inner > _FULL, 1.0 / (1.0 + inner), 1.0)
        x[active] += length[:, None] * step
        active = active[~(decrement <= _LAST)]
        if not active.size:
            break
    left = np.zeros(len(counts), dtype=bool)
    left[active] = True
    return left


def _newton(profile: _Profile, counts: Array, x: Array, wall: float) -> tuple[Array, Array, Array]:
    """Return Newton's step (T, r), the decrement (T,), and the part of it from the logarithms."""
    m = profile.mu + x @ profile.directions.T
    safe = np.where(m > 0.0, m, 1.0)
    ratio = np.where(m > 0.0, counts / safe, 0.0)
    slope = 1.0 - ratio
    curvature = ratio / safe
    logarithms = _matrices(profile, curvature)
    hessian = logarithms
    if wall:
        below = (counts == 0.0) & (m < 0.0)
        slope = slope + wall * np.where(below, m, 0.0)
        hessian = logarithms + _matrices(profile, wall * below)
    gradient = slope @ profile.directions + x * profile.prior
    place = np.arange(x.shape[1])
    # a trace of the expected curvature, for free directions where nothing was counted
    trace = 1e-12 * (profile.directions**2).sum(axis=0)
    hessian[:, place, place] += profile.prior + trace
    step = np.asarray(-np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0], float)
    moved = step @ profile.directions.T
    inner = np.sqrt((curvature * moved**2).sum(axis=1))
    return step, np.sqrt(np.maximum(-(gradient * step).sum(axis=1), 0.0)), inner


def _matrices(profile: _Profile, weights: Array) -> Array:
    """Return Gᵀ diag(w) G for weights (T, n), shape (T, r, r)."""
    rank = profile.prior.size
    upper = weights @ profile.products
    values = np.empty((len(weights), rank, rank))
    values[:, profile.pairs[0], profile.pairs[1]] = upper
    values[:, profile.pairs[1], profile.pairs[0]] = upper
    return values
