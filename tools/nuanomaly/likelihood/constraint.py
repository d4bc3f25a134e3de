"""Side-band constraint: what a measurement of some bins says about the prediction of all of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nuanomaly.model.base import Array


def constrain(
    prediction: Array, covariance: Array, data: Array, constraining: NDArray[np.bool_]
) -> tuple[Array, Array]:
    """Return the prediction and its covariance after a fit to the data of the constraining bins.

    The fit minimises (N − P)ᵀ M⁻¹ (N − P) + Σ_c (N_c − D_c)² / D_c over the true contents N:
    B = (M⁻¹ + diag(1/D_c))⁻¹ and N = B (M⁻¹ P + 1_c).

    Parameters
    ----------
    prediction : array, shape (n,)
        P, in events.
    covariance : array, shape (n, n)
        M, in events².
    data : array, shape (n,)
        D, in events; the constraining bins must not be empty.
    constraining : array of bool, shape (n,)

    Returns
    -------
    fitted : array, shape (n,)
    covariance : array, shape (n, n)

    Examples
    --------
    Two bins with a common error of 10 %, the second observed 10 % high:

    >>> P, D = np.array([100.0, 10_000.0]), np.array([0, 11_000])
    >>> N, B = constrain(P, 0.01 * np.outer(P, P) + np.diag(P), D, np.array([False, True]))
    >>> N.round(1).tolist()
    [109.8, 10989.2]
    """
    inverse = np.linalg.inv(covariance)
    weight = np.zeros_like(data, dtype=float)
    weight[constraining] = 1.0 / data[constraining]
    fitted_covariance: Any = np.linalg.inv(inverse + np.diag(weight))
    fitted = fitted_covariance @ (inverse @ prediction + constraining)
    return np.asarray(fitted), np.asarray(fitted_covariance)
