"""Drawing counts."""

import numpy as np
from scipy.special import pdtr, pdtrik

from nuanomaly.model.probabilities import Array


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
    safe = np.where(mu > 0.0, mu, 1.0)
    # the smallest k with P(≤ k) ≥ u; the inverse in real numbers may be off by its rounding
    found = np.ceil(np.maximum(pdtrik(uniform, safe), 0.0))
    fewer = np.maximum(found - 1.0, 0.0)
    found = np.where(pdtr(fewer, safe) >= uniform, fewer, found)
    found = np.where(pdtr(found, safe) < uniform, found + 1.0, found)
    return np.asarray(np.where(mu > 0.0, found, 0.0))
