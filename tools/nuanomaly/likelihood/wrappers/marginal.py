"""A likelihood without some of its bins, whatever its statistic: what is left is the marginal one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nuanomaly.likelihood.algebra.ensemble import FixedCovariance
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.parts import Prediction, StatisticKind, Transform
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.counts_covariance import CountsCovariance, counting_variance
from nuanomaly.likelihood.statistic.poisson import Poisson
from nuanomaly.likelihood.wrappers.joint import JointLikelihood
from nuanomaly.model.probabilities import Array, NotApplicableError

Bins = NDArray[np.intp]


def without_bins(likelihood: Likelihood, gone: Sequence[int]) -> Likelihood:
    """Return a likelihood without some bins; those of a joint one are numbered member after member.

    Predictions that are normalised to the data still are normalised to all of them.

    Raises
    ------
    NotApplicableError
        If the statistic has no bins that could be left out.
    """
    left_out = np.asarray(gone, np.intp)
    if isinstance(likelihood, JointLikelihood):
        members, start = [], 0
        for member in likelihood.members:
            own = left_out[(left_out >= start) & (left_out < start + (member.n_bins or 0))] - start
            members.append(without_bins(member, own.tolist()) if own.size else member)
            start += member.n_bins or 0
        return replace(likelihood, members=tuple(members), n_bins=start - left_out.size)
    if not isinstance(likelihood, ResponseLikelihood):
        raise NotApplicableError(f"not applicable: {likelihood.release} has no bins")
    kept = np.setdiff1d(np.arange(likelihood.measure.n_bins), left_out)
    measure: Any = likelihood.measure
    changed: dict[str, Any] = {"n_bins": kept.size}
    if isinstance(measure, FixedCovariance):
        changed["measure"] = replace(measure, inverse=_marginal(measure.inverse, kept))  # type: ignore[type-var]
    elif isinstance(measure, Poisson):
        changed["measure"] = replace(measure, data=measure.data[kept])
        changed["transform"] = Selected(likelihood.transform, kept)
    elif isinstance(measure, CountsCovariance | HasCovariance):
        changed["measure"] = Marginal(measure, kept)
    else:
        raise NotApplicableError(f"not applicable: bins of {likelihood.release} cannot be left out")
    return replace(likelihood, **changed)


def _marginal(inverse: Array, kept: Bins) -> Array:
    """Return the inverse of the covariance of the bins that are kept, zero elsewhere."""
    own = np.ix_(kept, kept)
    covariance = np.linalg.pinv(inverse, hermitian=True)
    found = np.zeros_like(inverse)
    found[own] = np.linalg.pinv(covariance[own], hermitian=True)
    return found


@dataclass(frozen=True, eq=False)
class Selected:
    """Some bins of a transform."""

    whole: Transform
    kept: Bins

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return int(self.kept.size)

    def __call__(self, outputs: Array) -> Prediction:
        """Return the prediction of these bins."""
        found = self.whole(outputs)
        return Prediction(found.mu[:, self.kept], found.jacobian[:, self.kept], None, found.interaction)


@runtime_checkable
class HasCovariance(Protocol):
    """A Gaussian statistic whose covariance depends on the prediction."""

    @property
    def data(self) -> Array:
        """The data, shape (n,)."""
        ...

    @property
    def log_determinant(self) -> bool:
        """Whether ln|M| is part of the value."""
        ...

    def covariance(self, prediction: Prediction) -> Array:
        """Return M, shape (P, n, n)."""
        ...


@dataclass(frozen=True, eq=False)
class Marginal:
    """Some bins of a Gaussian statistic whose covariance depends on the prediction."""

    whole: HasCovariance | CountsCovariance
    kept: Bins

    @property
    def kind(self) -> StatisticKind:
        """That of the whole."""
        return self.whole.kind if isinstance(self.whole, CountsCovariance) else "-2lnL"

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return int(self.kept.size)

    def value(self, prediction: Prediction) -> Array:
        """Return the value, shape (P,)."""
        kept, whole = self.kept, self.whole
        covariance = whole.covariance(prediction)[:, kept[:, None], kept]
        residual = whole.data[kept] - prediction.mu[:, kept]
        logarithm = False
        if isinstance(whole, CountsCovariance):
            counting = counting_variance(whole.data[kept], prediction.mu[:, kept], whole.statistical)
            covariance = covariance + counting[:, :, None] * np.eye(kept.size)
        else:
            logarithm = whole.log_determinant
        factor = np.linalg.cholesky(covariance)
        whitened = np.linalg.solve(factor, residual[:, :, None])[:, :, 0]
        found = np.einsum("pn,pn->p", whitened, whitened)
        if logarithm:
            found = found + 2.0 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
        return np.asarray(found)

    def quadratic(self, prediction: Prediction) -> None:
        """Return None: the covariance depends on the prediction."""
        return None
