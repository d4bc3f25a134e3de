"""Many data sets against many predictions at once: what toys need of a likelihood.

A table is made once for P predictions; it then turns T data sets into their values, shape (T, P). Where the
statistic is a quadratic form in the data the table is a matrix, and T × P values are one matrix product.
"""

from dataclasses import dataclass

import numpy as np

from nuanomaly.likelihood.algebra.gaussian_tables import Table, gaussian_table, root_of_inverse
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.model.probabilities import Array

#: Eigenvalues below this fraction of the largest are zero.
_SINGULAR = 1e-13
#: Numbers that agree to this fraction are the same.
_SAME = 1e-12


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
        root = root_of_inverse((effect.T @ turned + self.nuisances.prior())[None])[0]
        pulled = turned @ root.T
        return np.asarray(self.inverse - pulled @ pulled.T)

    def table(self) -> Table:
        """Return what turns data (T, n) into χ² with the nuisances profiled, shape (T, P)."""
        return gaussian_table(self.inverse, self.mu, self.jacobian, self.nuisances)


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
