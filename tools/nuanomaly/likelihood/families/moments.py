"""Mean and covariance of data at many hypotheses at once."""

from dataclasses import dataclass

import numpy as np

from nuanomaly.model.probabilities import Array


@dataclass(frozen=True, eq=False)
class Moments:
    """−2 ln L or χ² of data d: Σ_blocks (d − μ)ᵀ V⁻¹ (d − μ), with or without ln|V|, at P hypotheses.

    Neither mean nor covariance depends on the data, so that toys can be evaluated against them.

    Attributes
    ----------
    mean : array, shape (P, n)
        μ.
    blocks : tuple of slice
        Consecutive bins that are independent of those of other blocks.
    covariances : tuple of arrays, shapes (P, b, b)
        V of each block.
    log_determinant : bool
        Whether ln|V| belongs to the value.
    constant : array, shape (P,), or float
        What else belongs to it, such as a prior of the model's parameters.

    Examples
    --------
    >>> moments = Moments(np.zeros((1, 2)), (slice(0, 2),), (4.0 * np.eye(2)[None],), False)
    >>> moments.value(np.array([[2.0, 4.0]])).tolist()
    [[5.0]]
    """

    mean: Array
    blocks: tuple[slice, ...]
    covariances: tuple[Array, ...]
    log_determinant: bool
    constant: Array | float = 0.0

    def value(self, data: Array) -> Array:
        """Return the value of data (T, n) at every hypothesis, shape (T, P), in double precision."""
        values = np.zeros((len(data), len(self.mean))) + self.constant
        for block, covariance in zip(self.blocks, self.covariances, strict=True):
            factor = np.linalg.cholesky(covariance)
            residual = data[:, None, block] - self.mean[:, block]
            whitened = np.linalg.solve(factor, residual.transpose(1, 2, 0))
            values += np.einsum("pnt,pnt->tp", whitened, whitened)
            if self.log_determinant:
                values += 2.0 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
        return values
