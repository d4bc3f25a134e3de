"""A statistic over a plane from its values at a few hypotheses: a skeleton of its columns.

Where a statistic is no form of few features (nuisances of counts, bounds, two-sided errors), its values at
all hypotheses are still nearly linear combinations of those at a few, found from training toys by a pivoted
factorisation. Each toy is then evaluated at these few alone. Unlike the bound of low rank, the error is
measured on other toys and not proven; it is stated wherever it is used.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr

from nuanomaly.inference.engine.lowrank import Linear
from nuanomaly.likelihood.algebra.gaussian_tables import Table
from nuanomaly.model.probabilities import Array

#: Hypotheses among which those of a skeleton are chosen, at most, and their random choice.
_CANDIDATES, _SEED = 3000, 21
#: How much of the size of the values is allowed to the combinations, so that they do not follow rounding.
_RIDGE = 1e-9


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Hypotheses that stand for all.

    Attributes
    ----------
    chosen : array of int, shape (r,)
        Which they are.
    combinations : array, shape (P, r + 1)
        What their values, and one, are multiplied by.
    """

    chosen: NDArray[np.intp]
    combinations: Array

    def linear(self, table: Table) -> Linear:
        """Return the statistic as rows times features, given its table of the chosen hypotheses alone."""

        def features(data: Array) -> Array:
            return np.hstack([table(data), np.ones((len(data), 1))])

        return Linear(features, self.combinations)


def skeleton(values: Array, size: int, allowance: Array | None = None) -> Skeleton:
    """Return the skeleton of a statistic from its values for training toys.

    Parameters
    ----------
    values : array, shape (T, P)
    size : int
        How many hypotheses are chosen; T should be twice that or more.
    allowance : array, shape (P,), optional
        How much less each hypothesis counts in the choice.

    Examples
    --------
    >>> t = np.linspace(0.0, 1.0, 200)
    >>> toys = np.random.default_rng(1).standard_normal((60, 3))
    >>> values = (toys[:, :1] * t + toys[:, 1:2] * t**2 + toys[:, 2:]) ** 2
    >>> few = skeleton(values[:40], 8)
    >>> guess = np.hstack([values[40:, few.chosen], np.ones((20, 1))]) @ few.combinations.T
    >>> bool(np.abs(guess - values[40:]).max() < 1e-6)
    True
    """
    count = values.shape[1]
    own = np.random.default_rng(_SEED).permutation(count)[:_CANDIDATES]
    centred = values[:, own] - values[:, own].mean(axis=0)
    if allowance is not None:
        centred = centred / allowance[own]
    pivots = qr(centred, mode="r", pivoting=True)[1]
    chosen = np.sort(own[pivots[:size]])
    basis = np.hstack([values[:, chosen], np.ones((len(values), 1))])
    scale = np.sqrt((basis**2).mean(axis=0))
    scale = np.where(scale > 0.0, scale, 1.0)
    u, strength, v = np.linalg.svd(basis / scale, full_matrices=False)
    damped = strength / (strength**2 + (_RIDGE * strength[0]) ** 2)
    solution = (v.T * damped) @ (u.T @ values)
    return Skeleton(chosen, np.ascontiguousarray((solution / scale[:, None]).T))
