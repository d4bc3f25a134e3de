"""Critical values of toys at nodes of a lattice: averaged over neighbours, read off between, and compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from nuanomaly.model.probabilities import Array

#: Degrees of freedom among which those of a critical value are looked for.
_DEGREES = np.linspace(0.2, 8.0, 3901)
#: Repetitions that the error of a median is taken from.
_AGAIN = 4000


def degrees_of_freedom(delta: ArrayLike, cl: float) -> Array:
    """Return the degrees of freedom of the χ² whose quantile at a confidence level is Δ.

    Examples
    --------
    >>> degrees_of_freedom([2.7055, 4.6052], 0.90).round(3).tolist()
    [1.0, 2.0]
    """
    return np.asarray(np.interp(np.asarray(delta, float), chi2.ppf(cl, _DEGREES), _DEGREES))


@dataclass(frozen=True, eq=False)
class Lattice:
    """Nodes of an even lattice in a plane, some of which are known.

    Attributes
    ----------
    sides : (array, array)
        Coordinates along both axes, evenly spaced.
    nodes : (array, array) of int, shape (K,)
        Places of the known nodes along both axes.

    Examples
    --------
    >>> every = np.divmod(np.arange(9), 3)
    >>> plane = Lattice((np.arange(3.0), np.arange(3.0)), every)
    >>> plane.shares(np.array([[0.5, 1.0]]), np.ones((1, 1))).reshape(3, 3)[:, 1].tolist()
    [0.5, 0.5, 0.0]
    """

    sides: tuple[Array, Array]
    nodes: tuple[NDArray[np.int_], NDArray[np.int_]]

    def shares(self, at: Array, kernel: Array) -> Array:
        """Return what part each node has in the smoothed and interpolated value at points.

        Parameters
        ----------
        at : array, shape (P, 2)
        kernel : array, shape (2r + 1, 2r + 1)
            Weights of a node and its neighbours; beyond the edge the outermost node stands for them.

        Returns
        -------
        array, shape (P, K)
            Not a number in the row of a point that needs a node which is not known.
        """
        shape = (self.sides[0].size, self.sides[1].size)
        result, every, reach = np.zeros((len(at), *shape)), np.arange(len(at)), kernel.shape[0] // 2
        real = [
            np.clip((at[:, k] - side[0]) / (side[1] - side[0]), 0, side.size - 1)
            for k, side in enumerate(self.sides)
        ]
        first = [np.minimum(r.astype(int), n - 2) for r, n in zip(real, shape, strict=True)]
        for corner in product((0, 1), repeat=2):
            part = np.prod([np.abs(1 - c - (real[k] - first[k])) for k, c in enumerate(corner)], axis=0)
            for (i, j), weight in np.ndenumerate(kernel):
                row = np.clip(first[0] + corner[0] + i - reach, 0, shape[0] - 1)
                column = np.clip(first[1] + corner[1] + j - reach, 0, shape[1] - 1)
                np.add.at(result, (every, row, column), part * weight)
        kept = result[:, self.nodes[0], self.nodes[1]]
        kept[kept.sum(axis=1) < 1.0 - 1e-9] = np.nan
        return kept

    def smoothed(self, at: Array, kernel: Array, values: Array, errors: Array) -> tuple[Array, Array]:
        """Return smoothed values at points, shape (P,), and their covariance, shape (P, P).

        Parameters
        ----------
        values, errors : array, shape (K,)
            At the nodes, independent of each other.
        """
        part = self.shares(at, kernel)
        return part @ values, (part * errors**2) @ part.T


def compared(ours: Array, covariance: Array, theirs: Array, scatter: Array) -> Mapping[str, float]:
    """Return how values agree with others at the same points.

    Parameters
    ----------
    ours, covariance : array, shape (P,) and (P, P)
    theirs, scatter : array, shape (P,)
        With errors that are independent of each other.

    Returns
    -------
    mapping
        ``released`` and ``ours``: both medians; ``error``: that of ours, from repetitions;
        ``difference``: the mean one; ``chi2`` and ``p_value`` of all points; ``within_two``: points that
        agree within two errors.

    Examples
    --------
    >>> found = compared(np.array([2.0, 4.0]), np.eye(2), np.array([1.0, 4.0]), np.zeros(2))
    >>> found["chi2"], found["within_two"]
    (1.0, 2)
    """
    every = covariance + np.diag(scatter**2)
    residual = ours - theirs
    again = np.random.default_rng(1).multivariate_normal(ours, covariance, _AGAIN, method="eigh")
    total = float(residual @ np.linalg.solve(every, residual))
    return {
        "released": float(np.median(theirs)),
        "ours": float(np.median(ours)),
        "error": float(np.median(again, axis=1).std()),
        "difference": float(residual.mean()),
        "chi2": total,
        "p_value": float(chi2.sf(total, ours.size)),
        "within_two": int((np.abs(residual) < 2.0 * np.sqrt(np.diagonal(every))).sum()),
    }
