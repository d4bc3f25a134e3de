"""Many data sets against many predictions at once: what toys need of a likelihood.

A table is made once for P predictions; it then turns T data sets into their values, shape (T, P). Where the
statistic is a quadratic form in the data the table is a matrix, and T × P values are one matrix product.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.model.base import Array

#: Data sets (T, n) → values (T, P), nuisances profiled.
Table = Callable[[Array], Array]

#: Eigenvalues below this fraction of the largest are zero.
_SINGULAR = 1e-13
#: Numbers that agree to this fraction are the same.
_SAME = 1e-12
#: Nuisances with bounds are minimised in turn so often at most, until none moves by more than this (squared,
#: in its errors).
_SWEEPS, _MOVED = 200, 1e-18


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


@runtime_checkable
class FixedCovariance(Protocol):
    """A statistic (d − μ)ᵀ W (d − μ) whose W does not depend on the prediction."""

    @property
    def data(self) -> Array:
        """The data, shape (n,)."""
        ...

    @property
    def inverse(self) -> Array:
        """W, shape (n, n)."""
        ...


@runtime_checkable
class SharesOut(Protocol):
    """A transform that shares out totals of the data: μ_i = share_i × total of the data in the group of i."""

    @property
    def data(self) -> Array:
        """The data, of n entries."""
        ...

    @property
    def groups(self) -> NDArray[np.intp]:
        """The group of each datum, shape (n,)."""
        ...

    def shares(self, outputs: Array) -> Array:
        """Return the share of each datum in its group, shape (P, n)."""
        ...


@dataclass(frozen=True, eq=False)
class GaussianForm:
    """χ² = (d − μ − Jξ)ᵀ W (d − μ − Jξ) + priors at P points: all that a fixed covariance needs.

    Attributes
    ----------
    data : array, shape (n,)
    inverse : array, shape (n, n)
        W.
    mu : array, shape (P, n)
    jacobian : array, shape (P, n, K)
    nuisances : Nuisances
    """

    data: Array
    inverse: Array
    mu: Array
    jacobian: Array
    nuisances: Nuisances

    def profiled_inverse(self) -> Array | None:
        """Return W with all nuisances profiled, shape (n, n); None if it is not the same everywhere.

        It is where the nuisances have Gaussian priors or none, and act the same at every point.
        """
        if any(n.piecewise for n in self.nuisances.items):
            return None
        if not len(self.nuisances):
            return self.inverse
        effect = self.jacobian[0]
        if np.abs(self.jacobian - effect).max() > _SAME * np.abs(self.jacobian).max():
            return None
        turned = self.inverse @ effect
        root = _root_of_inverse((effect.T @ turned + self.nuisances.prior())[None])[0]
        pulled = turned @ root.T
        return np.asarray(self.inverse - pulled @ pulled.T)

    def table(self) -> Table:
        """Return what turns data (T, n) into χ² with the nuisances profiled, shape (T, P)."""
        return gaussian_table(self.inverse, self.mu, self.jacobian, self.nuisances)


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
    # the plain ones are eliminated from the others: slopes along them, and their Schur complement
    mixed = np.einsum("pij,pjs->pis", roots, hessian[:, plain][:, :, special], optimize=True)
    slopes = turned[:, special] - np.einsum("pis,pin->psn", mixed, pulled, optimize=True)
    complement = hessian[:, special][:, :, special] - np.einsum("pis,pit->pst", mixed, mixed, optimize=True)
    start = np.einsum("psn,pn->ps", slopes, centred)
    items = [nuisances.items[k] for k in special]

    def values(data: Array) -> Array:
        d = data - middle
        found = np.asarray(constant - 2.0 * (d @ weighted.T))
        found += np.einsum("tn,nm,tm->t", d, inverse, d, optimize=True)[:, None]
        for k in range(len(plain)):
            pull = d @ pulled[:, k].T
            pull -= offset[:, k]
            pull *= pull
            found -= pull
        if items:
            slope = [d @ slopes[:, s].T - start[:, s] for s in range(len(items))]
            found += _bounded(slope, complement, items)
        return found

    return values


def shared_table(inverse: Array, shares: Array, groups: NDArray[np.intp]) -> Table:
    """Return the table of χ² = (d − μ)ᵀ W (d − μ) with μ_i = share_i × total of d in the group of i.

    It is a product of a matrix with (Wd)_i t_g(i) and the products of two totals t.

    Parameters
    ----------
    inverse : array, shape (n, n)
        W.
    shares : array, shape (P, n)
    groups : array of int, shape (n,)
    """
    member = np.equal.outer(groups, np.arange(groups.max() + 1)).astype(float)
    rows, columns = np.triu_indices(member.shape[1])
    twice = np.where(rows == columns, 1.0, 2.0)
    features = np.empty((len(shares), groups.size + rows.size))
    features[:, : groups.size] = -2.0 * shares
    for k, share in enumerate(shares):
        spread = share[:, None] * member
        features[k, groups.size :] = (spread.T @ inverse @ spread)[rows, columns] * twice

    def values(data: Array) -> Array:
        pulled, totals = data @ inverse, data @ member
        seen = np.hstack([pulled * totals[:, groups], totals[:, rows] * totals[:, columns]])
        own = np.einsum("tn,tn->t", pulled, data)
        return np.asarray(seen @ features.T + own[:, None])

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


def _one_bounded(slope: Array, curvature: Array, item: Nuisance) -> Array:
    """Return min over ξ of −2 slope·ξ + h ξ² inside the bounds, shape (T, P), in few passes."""
    at = slope * np.where(curvature > 0.0, 1.0 / np.where(curvature > 0.0, curvature, 1.0), 0.0)
    np.clip(at, item.low, item.high, out=at)
    found = at * curvature
    found -= slope
    found -= slope
    found *= at
    return np.asarray(found)


def _bounded(slope: Sequence[Array], hessian: Array, items: Sequence[Nuisance]) -> Array:
    """Return min over ξ of −2 slope·ξ + ξᵀHξ + priors with two sides or bounds, shape (T, P).

    Each in turn is minimised in closed form, which for a convex function with bounds of each alone converges
    to its minimum.
    """
    curvature = [
        tuple(
            hessian[:, s, s] + (sigma**-2.0 if np.isfinite(sigma) else 0.0)
            for sigma in (item.plus, item.minus)
        )
        for s, item in enumerate(items)
    ]
    if len(items) == 1 and items[0].plus == items[0].minus:
        return _one_bounded(slope[0], curvature[0][0], items[0])
    at = [np.zeros_like(slope[0]) for _ in items]
    for _ in range(_SWEEPS):
        moved = 0.0
        for s, item in enumerate(items):
            pull = slope[s] - sum(hessian[:, s, t] * at[t] for t in range(len(items)) if t != s)
            above, below = curvature[s]
            h = np.where(pull > 0.0, above, below)
            found = np.clip(np.divide(pull, h, out=np.zeros_like(pull), where=h > 0.0), item.low, item.high)
            moved = max(moved, float((h * (found - at[s]) ** 2).max()))
            at[s] = found
        if len(items) == 1 or moved < _MOVED:
            break
    total = np.zeros_like(slope[0])
    for s in range(len(items)):
        above, below = curvature[s]
        pull = slope[s] - sum(hessian[:, s, t] * at[t] for t in range(s))
        total += at[s] * (np.where(at[s] > 0.0, above, below) * at[s] - 2.0 * pull)
    return total
