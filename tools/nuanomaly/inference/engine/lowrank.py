"""Values of a statistic over many hypotheses from few numbers of each data set, with a bound on the error.

Many statistics are linear in features f(d) of the data: value(θ; d) = m(θ)·f(d), with one row m(θ) for each
hypothesis. Where a covariance V(θ) follows the prediction μ(θ), value = dᵀAd − 2 b·d + c with A = V⁻¹, b = Aμ
and c = μᵀAμ (+ ln det V): the features are the products of two data, the data and one. Over a plane of
hypotheses the rows change smoothly, and few directions span them. With S a scale that makes typical features
about one, and Q (features × rank) orthonormal,

    m(θ)·f = [m(θ) S Q] · [Qᵀ S⁻¹ f] + error,    |error| ≤ ‖m(θ) S (1 − Q Qᵀ)‖ · ‖(1 − Q Qᵀ) S⁻¹ f‖,

by the inequality of Cauchy and Schwarz. Both norms are computed, so the bound is proven for every toy, and
not estimated from some: what lies within it of a minimum, or of an observed value, can be evaluated exactly.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.model.probabilities import Array

#: Rows that the directions are found from, and their random choice.
_ROWS, _SEED = 1600, 20
#: Rows whose remainders are computed at once.
_TOGETHER = 2048
#: Rounding of a product, in units of the last place of its longest sum.
_ROUNDING = 2.0**-52
#: The smallest share of the largest singular value that is told from rounding: squares are decomposed.
_NOISE = 3e-8


@dataclass(frozen=True, eq=False)
class Linear:
    """A statistic that is linear in features of the data.

    Attributes
    ----------
    features : callable
        Data (T, n) to features (T, m).
    rows : array, shape (P, m)
        One row for each hypothesis.
    """

    features: Callable[[Array], Array]
    rows: Array

    def __call__(self, data: Array) -> Array:
        """Return the values of data (T, n), shape (T, P)."""
        return np.asarray(self.features(data) @ self.rows.T)


@dataclass(frozen=True, eq=False)
class LowRank:
    """A linear statistic in few directions.

    Attributes
    ----------
    features : callable
        Data (T, n) to features (T, m).
    directions : array, shape (m, r)
        S⁻¹ Q.
    coefficients : array, shape (P, r)
        m(θ) S Q.
    remainders : array, shape (P,)
        ‖m(θ) S (1 − Q Qᵀ)‖, rounding included.
    scale : array, shape (m,)
        S.
    """

    features: Callable[[Array], Array]
    directions: Array
    coefficients: Array
    remainders: Array
    scale: Array

    @property
    def rank(self) -> int:
        """The number of directions."""
        return int(self.coefficients.shape[1])

    def __call__(self, data: Array) -> Array:
        """Return the values of data (T, n), shape (T, P), each within :meth:`bound`."""
        return np.asarray(self.features(data) @ self.directions @ self.coefficients.T)

    def reduced(self, data: Array) -> Array:
        """Return the few numbers that stand for data (T, n), shape (T, r)."""
        return np.asarray(self.features(data) @ self.directions)

    def bound(self, data: Array) -> Array:
        """Return the largest error at any hypothesis for data (T, n), shape (T,)."""
        return self._outside(data) * float(self.remainders.max())

    def bounds(self, data: Array) -> Array:
        """Return the largest error at each hypothesis for data (T, n), shape (T, P)."""
        return np.multiply.outer(self._outside(data), self.remainders)

    def _outside(self, data: Array) -> Array:
        """Return the length of what the directions leave of scaled features, and of their rounding."""
        scaled = self.features(data) / self.scale
        inside = scaled @ (self.directions * self.scale[:, None])
        left = scaled - inside @ (self.directions * self.scale[:, None]).T
        size = np.sqrt((scaled**2).sum(axis=1))
        return np.asarray(np.sqrt((left**2).sum(axis=1)) + scaled.shape[1] * _ROUNDING * size)


def compress(
    what: Linear, typical: Array, tolerance: float = 1e-5, allowance: Array | None = None
) -> LowRank:
    """Return a linear statistic in as few directions as an error of ``tolerance`` in typical data allows.

    Parameters
    ----------
    what : Linear
    typical : array, shape (T, n)
        Data that say how large features are: toys of several truths, and the data.
    tolerance : float
        Directions are added until the largest remainder times the typical length of the features that are
        left is smaller than this.
    allowance : array, shape (P,), optional
        How many times the tolerance each hypothesis may be off; one if left out. What is far above the
        minimum for all toys need not be known well to be left out, and its bound says how well it is.

    Raises
    ------
    NuanomalyError
        If features are not finite.

    Examples
    --------
    >>> t = np.linspace(0.0, 1.0, 300)[:, None]
    >>> what = Linear(lambda d: d, np.sin(3.0 * t * np.linspace(1.0, 2.0, 40)))
    >>> small = compress(what, np.random.default_rng(1).standard_normal((50, 40)))
    >>> d = np.random.default_rng(2).standard_normal((5, 40))
    >>> small.rank < 15, bool((np.abs(small(d) - what(d)) <= small.bounds(d)).all())
    (True, True)
    """
    features = what.features(typical)
    if not np.isfinite(features).all() or not np.isfinite(what.rows).all():
        raise NuanomalyError("a statistic that is infinite somewhere has no expansion in few directions")
    scale = np.sqrt((features**2).mean(axis=0))
    scale = np.where(scale > 0.0, scale, 1.0)
    count = len(what.rows)
    allowed = np.ones(count) if allowance is None else allowance
    chosen = np.random.default_rng(_SEED).permutation(count)[:_ROWS]
    some = what.rows[chosen] * scale / allowed[chosen, None]
    strength, vectors = np.linalg.eigh(some @ some.T if len(some) <= some.shape[1] else some.T @ some)
    order = np.argsort(strength)[::-1]
    strength = np.sqrt(np.maximum(strength[order], 0.0))
    vectors = vectors[:, order]
    length = float(np.sqrt(scale.size))
    wanted = max(tolerance / length, _NOISE * float(strength[0]))
    rank = max(1, min(int((strength > wanted).sum()), strength.size))
    if len(some) <= some.shape[1]:
        basis = np.linalg.qr(some.T @ (vectors[:, :rank] / strength[:rank]))[0]
    else:
        basis = vectors[:, :rank]
    basis = _with_the_worst(what.rows, scale, basis, tolerance / length * allowed)
    coefficients = np.empty((count, basis.shape[1]))
    remainders = np.empty(count)
    for part, rows, left in _remainders(what.rows, scale, basis):
        coefficients[part] = rows @ basis
        rounding = scale.size * _ROUNDING * np.sqrt((rows**2).sum(axis=1))
        remainders[part] = np.sqrt((left**2).sum(axis=1)) + rounding
    return LowRank(what.features, basis / scale[:, None], coefficients, remainders, scale)


def _remainders(rows: Array, scale: Array, basis: Array) -> Iterator[tuple[slice, Array, Array]]:
    """Yield parts of the rows, scaled, and what a basis leaves of them."""
    for start in range(0, len(rows), _TOGETHER):
        part = slice(start, start + _TOGETHER)
        own = rows[part] * scale
        yield part, own, own - (own @ basis) @ basis.T


def _with_the_worst(rows: Array, scale: Array, basis: Array, tolerance: Array) -> Array:
    """Return a basis with the rows added that it leaves most of, so long as they exceed their tolerances."""
    for _ in range(8):
        worst = []
        for part, own, left in _remainders(rows, scale, basis):
            size = np.sqrt((left**2).sum(axis=1))
            limit = np.maximum(4.0 * tolerance[part], 1e-11 * np.sqrt((own**2).sum(axis=1)))
            off = size > limit
            worst.append(left[off] / tolerance[part][off, None])
        missing = np.concatenate(worst)
        if not len(missing) or basis.shape[1] >= len(scale):
            break
        size = np.sqrt((missing**2).sum(axis=1))
        missing = missing[np.argsort(size)[::-1][:400]]
        _, strength, directions = np.linalg.svd(missing, full_matrices=False)
        kept = directions[strength > 1.0]
        if not len(kept):
            break
        basis = np.linalg.qr(np.hstack([basis, kept.T]))[0]
    return basis


# --- covariances that follow the prediction -----------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Products:
    """The features of a quadratic form in data: products of two whitened data, the data, and one.

    Attributes
    ----------
    whitener : array, shape (n, n)
        Inverse of a Cholesky factor: x = whitener · (d − middle) has about unit variance.
    middle : array, shape (n,)
    """

    whitener: Array
    middle: Array

    def __call__(self, data: Array) -> Array:
        """Return [x_i x_j (i ≤ j), x, 1] of data (T, n), shape (T, n (n + 1)/2 + n + 1)."""
        x = (data - self.middle) @ self.whitener.T
        first, second = np.triu_indices(x.shape[1])
        return np.hstack([x[:, first] * x[:, second], x, np.ones((len(x), 1))])


def quadratic_rows(
    covariance: Callable[[slice], Array],
    mean: Array,
    reference: int = 0,
    log_determinant: bool = False,
    effects: Callable[[slice], Array] | None = None,
    prior: Array | None = None,
) -> Linear:
    """Return (d − μ)ᵀ V⁻¹ (d − μ) at P hypotheses as a statistic that is linear in products of the data.

    Parameters
    ----------
    covariance : callable
        A slice of hypotheses to their covariances V, shape (·, n, n).
    mean : array, shape (P, n)
        μ.
    reference : int
        The hypothesis whose covariance whitens the data.
    log_determinant : bool
        Whether ln det V is added.
    effects : callable, optional
        A slice of hypotheses to the effects J (·, n, K) of linear nuisances that are profiled:
        A = V⁻¹ − V⁻¹J (JᵀV⁻¹J + Π)⁻¹ JᵀV⁻¹.
    prior : array, shape (K, K), optional
        Π; none if left out.

    Raises
    ------
    NuanomalyError
        If a covariance is not positive definite.
    """
    count, n = mean.shape
    one = slice(reference, reference + 1)
    factor = _factor(covariance(one))[0]
    whitener = solve_triangular(factor, np.eye(n), lower=True)
    middle = mean[reference].copy()
    first, second = np.triu_indices(n)
    twice = np.where(first == second, 1.0, 2.0)
    rows = np.empty((count, first.size + n + 1))
    step = max(1, 4_000_000 // n**2)
    for start in range(0, count, step):
        part = slice(start, min(count, start + step))
        root = np.asarray(np.linalg.inv(_factor(covariance(part))), float)  # V⁻¹ = rootᵀ root
        turned = root @ factor  # in whitened data
        centred = (mean[part] - middle) @ whitener.T
        if effects is not None:
            turned = _without(root, turned, effects(part), prior)
        inverse = turned.swapaxes(1, 2) @ turned
        pulled = np.einsum("pij,pj->pi", inverse, centred)
        rows[part, : first.size] = inverse[:, first, second] * twice
        rows[part, first.size : -1] = -2.0 * pulled
        rows[part, -1] = np.einsum("pi,pi->p", pulled, centred)
        if log_determinant:
            rows[part, -1] -= 2.0 * np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
    return Linear(Products(whitener, middle), rows)


def _without(root: Array, turned: Array, effects: Array, prior: Array | None) -> Array:
    """Return a root of A in whitened data: directions of nuisances are shortened as their priors allow.

    With B = root·J the square is 1 − B (BᵀB + Π)⁻¹ Bᵀ; its own root comes from its eigenvectors.
    """
    b = root @ effects
    inner = b.swapaxes(1, 2) @ b + (0.0 if prior is None else prior)
    n = turned.shape[1]
    square = np.eye(n) - b @ np.linalg.solve(inner, b.swapaxes(1, 2))
    values, vectors = np.linalg.eigh(square)
    return np.asarray((np.sqrt(np.maximum(values, 0.0))[:, :, None] * vectors.swapaxes(1, 2)) @ turned)


def side_by_side(parts: Sequence[tuple[slice, Linear]]) -> Linear:
    """Return the sum of linear statistics of different data (columns of the joint data) as one."""

    def features(data: Array) -> Array:
        return np.hstack([part.features(data[:, columns]) for columns, part in parts])

    return Linear(features, np.hstack([part.rows for _, part in parts]))


def _factor(matrices: Array) -> Array:
    try:
        return np.asarray(np.linalg.cholesky(matrices))
    except np.linalg.LinAlgError:
        raise NuanomalyError("the covariance of a prediction is not positive definite") from None
