"""Many data sets against many predictions at once: what toys need of a likelihood.

A table is made once for P predictions; it then turns T data sets into their values, shape (T, P). Where the
statistic is a quadratic form in the data the table is a matrix, and T × P values are one matrix product.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from nuanomaly.likelihood.nuisance import Nuisances, Quadratic
from nuanomaly.model.base import Array

#: Data sets (T, n) → values (T, P), nuisances profiled.
Table = Callable[[Array], Array]

#: Eigenvalues below this fraction of the largest are zero.
_SINGULAR = 1e-13


@runtime_checkable
class Generates(Protocol):
    """A statistic that says how its data fluctuate."""

    @property
    def data(self) -> Array:
        """The data, shape (n,)."""
        ...

    def sample(self, prediction: Any, means: Array, random: np.random.Generator) -> Array:
        """Return data (T, n) with the means (T, n); the prediction (of one point) gives the covariance."""
        ...


@runtime_checkable
class Tabulates(Protocol):
    """A statistic that is quicker with many data sets at once than with one after the other."""

    def table(self, prediction: Any) -> Table:
        """Return the table of predictions."""
        ...


def one_by_one(measure: Any, prediction: Any) -> Table:
    """Return the table of any statistic that has ``data``: one evaluation per data set."""

    def values(data: Array) -> Array:
        return np.array([replace(measure, data=row).value(prediction) for row in data])

    return values


def gaussian_noise(inverse: Array) -> Array:
    """Return L with LLᵀ = inverse⁻¹; nothing fluctuates where nothing is measured (zero eigenvalues).

    Examples
    --------
    >>> gaussian_noise(np.diag([4.0, 0.0])).round(12).tolist()
    [[0.0, 0.5], [0.0, 0.0]]
    """
    scale = np.sqrt(np.maximum(np.diagonal(inverse), 0.0))
    scale = np.where(scale > 0.0, scale, 1.0)
    values, vectors = np.linalg.eigh(inverse / np.outer(scale, scale))
    kept = values > _SINGULAR * values[-1]
    roots = np.where(kept, 1.0 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    # the sign of an eigenvector is a matter of convention: fix it
    largest = np.abs(vectors).argmax(axis=0)
    vectors = vectors * np.where(vectors[largest, range(len(scale))] < 0.0, -1.0, 1.0)
    return np.asarray(vectors * roots / scale[:, None] + 0.0)


def gaussian_table(inverse: Array, mu: Array, jacobian: Array, nuisances: Nuisances) -> Table:
    """Return the table of χ² = (d − μ − Jξ)ᵀ W (d − μ − Jξ) with linear nuisances and their priors.

    Parameters
    ----------
    inverse : array, shape (n, n)
    mu : array, shape (P, n)
    jacobian : array, shape (P, n, K)
    nuisances : Nuisances
        The K nuisances.
    """
    special = [k for k, n in enumerate(nuisances.items) if n.piecewise]
    if len(special) > 1:
        return _profiled(inverse, mu, jacobian, nuisances)
    plain = [k for k in range(len(nuisances)) if k not in special]
    middle = mu.mean(axis=0)
    centred = mu - middle
    weighted = centred @ inverse
    constant = np.einsum("pn,pn->p", weighted, centred)
    turned = np.einsum("nm,pmk->pkn", inverse, jacobian, optimize=True)
    hessian = np.einsum("pin,pnk->pik", turned, jacobian, optimize=True) + nuisances.prior()
    roots = _root_of_inverse(hessian[:, plain][:, :, plain])
    pulled = np.einsum("pij,pjn->pin", roots, turned[:, plain], optimize=True)
    offset = np.einsum("pin,pn->pi", pulled, centred)
    rest = _one_sided(turned, hessian, pulled, roots, centred, plain, special, nuisances)

    def values(data: Array) -> Array:
        d = data - middle
        found = np.asarray(constant - 2.0 * (d @ weighted.T))
        found += np.einsum("tn,nm,tm->t", d, inverse, d, optimize=True)[:, None]
        for k in range(len(plain)):
            pull = d @ pulled[:, k].T
            pull -= offset[:, k]
            pull *= pull
            found -= pull
        if rest is not None:
            found += rest(d)
        return found

    return values


def _root_of_inverse(matrices: Array) -> Array:
    """Return R with RᵀR = matrices⁻¹ (P, K, K); directions that nothing constrains are left out."""
    if not matrices.shape[1]:
        return matrices
    scale = np.sqrt(np.diagonal(matrices, axis1=1, axis2=2))
    scale = np.where(scale > 0.0, scale, 1.0)
    values, vectors = np.linalg.eigh(matrices / (scale[:, :, None] * scale[:, None, :]))
    kept = values > _SINGULAR * values[:, -1:]
    roots = np.where(kept, 1.0 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    return np.asarray((vectors * roots[:, None, :]).transpose(0, 2, 1) / scale[:, None, :])


def _one_sided(
    turned: Array,
    hessian: Array,
    pulled: Array,
    roots: Array,
    centred: Array,
    plain: list[int],
    special: list[int],
    nuisances: Nuisances,
) -> Table | None:
    """Return what profiling the one nuisance with two-sided errors or bounds takes away, or None."""
    if not special:
        return None
    (k,) = special
    item = nuisances.items[k]
    # the others are eliminated: g = −j·(d − μ), h by the Schur complement
    mixed = np.einsum("pij,pj->pi", roots, hessian[:, plain][:, :, k])
    vector = turned[:, k] - np.einsum("pi,pin->pn", mixed, pulled)
    curvature = hessian[:, k, k] - np.einsum("pi,pi->p", mixed, mixed)
    start = np.einsum("pn,pn->p", vector, centred)
    sides = []
    for sigma, low, high in (
        (item.plus, max(0.0, item.low), item.high),
        (item.minus, item.low, min(0.0, item.high)),
    ):
        if low <= high:
            sides.append((curvature + (sigma**-2.0 if np.isfinite(sigma) else 0.0), low, high))

    def values(d: Array) -> Array:
        slope = d @ vector.T
        slope -= start
        best = np.full(slope.shape, np.inf)
        for h, low, high in sides:
            at = slope / np.where(h > 0.0, h, 1.0)
            np.clip(at, low, high, out=at)
            # −2 slope·ξ + h ξ²
            found = h * at
            found -= 2.0 * slope
            found *= at
            np.minimum(best, found, out=best)
        return best

    return values


def _profiled(inverse: Array, mu: Array, jacobian: Array, nuisances: Nuisances) -> Table:
    """Return the table where several nuisances have bounds: their closed form, data set by data set."""
    turned = np.einsum("nm,pmk->pkn", inverse, jacobian, optimize=True)
    hessian = np.einsum("pin,pnk->pik", turned, jacobian, optimize=True)

    def values(data: Array) -> Array:
        rows = []
        for d in data:
            residual = d - mu
            constant = np.einsum("pn,nm,pm->p", residual, inverse, residual, optimize=True)
            gradient = -np.einsum("pkn,pn->pk", turned, residual)
            rows.append(Quadratic(nuisances.ids, constant, gradient, hessian).profile(nuisances)[0])
        return np.array(rows)

    return values
