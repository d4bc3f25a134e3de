"""What a statistic answers: every fit, toy, bin left out and share of a χ² asks nothing else."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from nuanomaly.likelihood.algebra.convex import Local
from nuanomaly.likelihood.algebra.gaussian_tables import Table
from nuanomaly.likelihood.families.moments import Moments
from nuanomaly.likelihood.parts import Index, Prediction, StatisticKind
from nuanomaly.likelihood.quadratic import Quadratic
from nuanomaly.model.probabilities import Array


@dataclass(frozen=True, eq=False)
class Statistic(ABC):
    """Prediction → value. It says what its value is, how its data fluctuate, and what each bin adds to it.

    A statistic answers by the methods it defines, never by how its fields are called. What a class has to
    define is abstract; what it may define besides, where there is a quicker or a fuller answer, returns None
    or nothing here. Most statistics belong to a family, which defines all but a formula:
    :class:`~nuanomaly.likelihood.families.independent.IndependentBins` and
    :class:`~nuanomaly.likelihood.families.following.FollowingCovariance`.

    Attributes
    ----------
    data : array, shape (n,)
    """

    data: Array

    @property
    @abstractmethod
    def kind(self) -> StatisticKind:
        """What the value is."""

    @abstractmethod
    def value(self, prediction: Prediction) -> Array:
        """Return the value with all nuisances profiled, shape (P,)."""

    @abstractmethod
    def contributions(self, prediction: Prediction) -> Array:
        """Return what each bin adds to the value, its nuisances kept where they are, shape (P, n).

        They may be negative where bins are correlated. Together with :meth:`other_terms` they add up to the
        value of a prediction without nuisances.
        """

    @abstractmethod
    def errors(self, prediction: Prediction) -> Array:
        """Return the standard deviations of the data under the prediction, shape (P, n)."""

    @abstractmethod
    def sample(self, prediction: Prediction, means: Array, random: np.random.Generator) -> Array:
        """Return data (T, n) with the means (T, n); the prediction (of one point) gives the covariance."""

    @abstractmethod
    def without(self, gone: Sequence[int]) -> "Statistic":
        """Return the statistic of the other bins, for predictions of these (:meth:`Prediction.bins`)."""

    @property
    def n_bins(self) -> int:
        """Number of data."""
        return int(self.data.size)

    def kept(self, gone: Sequence[int]) -> Index:
        """Return the numbers of the bins that are not gone."""
        return np.setdiff1d(np.arange(self.n_bins), np.asarray(gone, np.intp))

    def with_data(self, data: Array) -> Self:
        """Return the same statistic of other data (n,)."""
        return replace(self, data=data)

    def fitted(self, prediction: Prediction) -> Array:
        """Return what the data are compared with, shape (P, n): the prediction at the pulls of its own."""
        return prediction.mu

    def pulls(self, prediction: Prediction) -> Array:
        """Return the residuals in standard deviations, shape (P, n)."""
        return np.asarray((self.data - self.fitted(prediction)) / self.errors(prediction))

    def other_terms(self, prediction: Prediction) -> Mapping[str, Array]:
        """Return the terms of the value that belong to no bin (ln det, pulls of its own), by name; (P,)."""
        return {}

    def own_pulls(self, prediction: Prediction) -> Mapping[str, Array]:
        """Return the pulls that the statistic profiles itself, in units of their priors, by name; (P,)."""
        return {}

    def quadratic(self, prediction: Prediction) -> Quadratic | None:
        """Return the value as a quadratic form in the nuisances, priors left out; None if it is not one."""
        return None

    def local(self, prediction: Prediction) -> Local | None:
        """Return the expansion about any nuisances of some points, priors left out, if not quadratic."""
        return None

    def table(self, prediction: Prediction) -> Table:
        """Return what turns data (T, n) into values (T, P): one evaluation per data set."""
        return one_by_one(self, prediction)

    def inverse_covariance(self) -> Array | None:
        """Return W (n, n) of a value (d − μ)ᵀ W (d − μ) whose W is the same everywhere; None of another."""
        return None

    def moments(self, prediction: Prediction) -> Moments | None:
        """Return mean and covariance at every point, if the value is Gaussian in the data; else None."""
        return None

    def definitions(self) -> "Iterator[tuple[str, Statistic]]":
        """Give other definitions of the statistic of the same data that make sense, by what they say."""
        return iter(())


def one_by_one(measure: Statistic, prediction: Prediction) -> Table:
    """Return the table of any statistic: one evaluation per data set."""

    def values(data: Array) -> Array:
        return np.array([measure.with_data(row).value(prediction) for row in data])

    return values


def in_parts(evaluate: Callable[[Prediction], Array], prediction: Prediction, step: int) -> Array:
    """Return ``evaluate`` at all points of a prediction, ``step`` of them at a time, shape (P, …)."""
    total = len(prediction.mu)
    if total <= step:
        return evaluate(prediction)
    parts = [evaluate(prediction.rows(slice(i, i + step))) for i in range(0, total, step)]
    return np.concatenate(parts)
