"""Drawing counts."""

import numpy as np
import scipy

from nuanomaly.model.probabilities import Array

#: Sets of counts of the same means above which a table is quicker than an inverse for each.
_FEW = 20


def poisson_counts(means: Array, random: np.random.Generator) -> Array:
    """Return counts with the means, one uniform number each: close means then have close counts.

    Examples
    --------
    >>> counts = poisson_counts(np.full((20_000, 1), 2.5), np.random.default_rng(1))
    >>> bool(abs(counts.mean() - 2.5) < 0.05), bool(abs(counts.var() - 2.5) < 0.1)
    (True, True)
    """
    mu = np.maximum(means, 0.0)
    uniform = random.random(mu.shape)
    if mu.ndim == 2 and len(mu) > _FEW and mu.size and not np.ptp(mu, axis=0).any():
        return np.stack([_of_one_mean(u, float(m)) for u, m in zip(uniform.T, mu[0], strict=True)], axis=1)
    return _of_many_means(uniform, mu)


def _of_one_mean(uniform: Array, mean: float) -> Array:
    """Return the smallest k with P(≤ k) ≥ u for numbers u (T,) and one mean, from a table of P."""
    if mean == 0.0:
        return np.zeros(uniform.shape)
    low, high = _of_many_means(np.array([uniform.min(), uniform.max()]), np.full(2, mean))
    table = scipy.special.pdtr(np.arange(low, high + 1.0), mean)
    return np.asarray(low + np.searchsorted(table[:-1], uniform, side="left"))


def _of_many_means(uniform: Array, mu: Array) -> Array:
    """Return the smallest k with P(≤ k) ≥ u for numbers u and means of the same shape."""
    safe = np.where(mu > 0.0, mu, 1.0)
    # the smallest k with P(≤ k) ≥ u; the inverse in real numbers may be off by its rounding
    content = np.ceil(np.maximum(scipy.special.pdtrik(uniform, safe), 0.0))
    fewer = np.maximum(content - 1.0, 0.0)
    content = np.where(scipy.special.pdtr(fewer, safe) >= uniform, fewer, content)
    content = np.where(scipy.special.pdtr(content, safe) < uniform, content + 1.0, content)
    return np.asarray(np.where(mu > 0.0, content, 0.0))
