"""Side-band constraint: what a measurement of some bins says about the prediction of all of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nuanomaly.model.probabilities import Array


def constrain(
    prediction: Array,
    covariance: Array,
    data: Array,
    constraining: NDArray[np.bool_],
    variance: Array | None = None,
) -> tuple[Array, Array]:
    """Return the prediction and its covariance after a fit to the data of the constraining bins.

    The fit minimises (N − P)ᵀ M⁻¹ (N − P) + Σ_c (N_c − D_c)² / s_c over the true contents N: with
    G = M_·c (M_cc + diag(s_c))⁻¹ it gives N = P + G (D_c − P_c), with the covariance M − G M_c·.

    Parameters
    ----------
    prediction : array, shape (n,)
        P, in events.
    covariance : array, shape (n, n)
        M, in events².
    data : array, shape (n,)
        D, in events.
    constraining : array of bool, shape (n,)
    variance : array, shape (n,), optional
        s, the statistical variance of the data; the data themselves if left out.

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
    chosen = np.flatnonzero(constraining)
    statistical = np.asarray(data if variance is None else variance, float)[chosen]
    measured = covariance[np.ix_(chosen, chosen)] + np.diag(statistical)
    gain: Any = np.linalg.solve(measured, covariance[chosen]).T
    fitted = prediction + gain @ (data[chosen] - prediction[chosen])
    return np.asarray(fitted), np.asarray(covariance - gain @ covariance[chosen])
