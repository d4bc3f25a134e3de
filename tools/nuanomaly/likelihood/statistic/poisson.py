"""Poisson counts: −2 ln of the likelihood over that of a perfect prediction, linear nuisances profiled.

The ratio of likelihoods is that of Baker and Cousins (Nucl. Instrum. Meth. 221 (1984) 437).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, NotRequired, TypedDict

import numpy as np
import scipy

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import Column, completed
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.algebra.convex import CACHED, Local, taken
from nuanomaly.likelihood.algebra.count_tables import WALL, profiled_table
from nuanomaly.likelihood.algebra.drawing import poisson_counts
from nuanomaly.likelihood.algebra.gaussian_tables import Table
from nuanomaly.likelihood.families.contract import Statistic, one_by_one
from nuanomaly.likelihood.families.count_chi2 import ChiSquareOfCounts
from nuanomaly.likelihood.families.definitions import COUNTING
from nuanomaly.likelihood.families.independent import IndependentBins
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Index, Prediction, StatisticKind, Transform
from nuanomaly.likelihood.quadratic import Quadratic
from nuanomaly.model.probabilities import Array


class Options(TypedDict):
    """Options of the statistic."""

    data: Annotated[Column, "Counts."]
    effective: NotRequired[
        Annotated[
            bool,
            {"default": False},
            "True if the numbers were fitted to a published likelihood and not counted: they need not be "
            "whole.",
        ]
    ]
    goodness_of_fit: NotRequired[
        Annotated[
            bool,
            {"default": False},
            "True if every bin expects enough events for the value to follow a χ² distribution. The ratio of "
            "likelihoods does so only where all bins expect several events: with few it is −2 ln L up to a "
            "constant.",
        ]
    ]


#: The part of the expected curvature that is left where nothing was counted.
_TRACE = 1e-6


@dataclass(frozen=True, eq=False)
class Poisson(IndependentBins):
    """Counts (n,), the nuisances, and what the value may be called."""

    called: StatisticKind

    @property
    def kind(self) -> StatisticKind:
        """What the value is."""
        return self.called

    def terms(self, mu: Array) -> Array:
        """Return 2 (μ − n + n ln(n/μ)), shape (P, n), infinite where μ cannot be.

        A bin without prediction is only possible if nothing was counted in it.
        """
        possible = (mu > 0.0) | ((mu == 0.0) & (self.data == 0.0))
        safe = np.where(mu > 0.0, mu, 1.0)
        values = 2.0 * (mu - self.data + scipy.special.xlogy(self.data, self.data / safe))
        return np.asarray(np.where(possible, values, np.inf), float)

    def deviance(self, mu: Array) -> Array:
        """Return the sum of all bins, shape (P,), for μ of shape (P, n)."""
        possible = ((mu > 0.0) | ((mu == 0.0) & (self.data == 0.0))).all(axis=1)
        safe = np.where(mu > 0.0, mu, 1.0)
        terms = mu - self.data + scipy.special.xlogy(self.data, self.data / safe)
        return np.asarray(np.where(possible, 2.0 * terms.sum(axis=1), np.inf), float)

    def value(self, prediction: Prediction) -> Array:
        """Return the deviance with the nuisances profiled, shape (P,)."""
        return super().value(prediction) if len(self.nuisances) else self.deviance(prediction.mu)

    def deviations(self, mu: Array) -> Array:
        """Return √μ, shape (P, n)."""
        return np.sqrt(np.maximum(mu, 0.0))

    def sample(self, prediction: Prediction, means: Array, random: np.random.Generator) -> Array:
        """Return counts (T, n) with the means (T, n)."""
        return poisson_counts(means, random)

    def without(self, gone: Sequence[int]) -> "Poisson":
        """Return the statistic of the other bins."""
        return replace(self, data=self.data[self.kept(gone)])

    def table(self, prediction: Prediction) -> Table:
        """Return what turns counts (T, n) into the deviance, nuisances profiled, shape (T, P)."""
        mu = prediction.mu
        if len(self.nuisances):
            array = profiled_table(mu, prediction.jacobian, self.nuisances, partial(self._alone, prediction))
            return one_by_one(self, prediction) if array is None else array
        empty, logs = (mu <= 0.0).astype(float), np.log(np.where(mu > 0.0, mu, 1.0))
        total = np.where((mu >= 0.0).all(axis=1), mu.sum(axis=1), np.inf)

        def values(counts: Array) -> Array:
            own = (scipy.special.xlogy(counts, counts) - counts).sum(axis=1)
            array = 2.0 * (total + own[:, None] - counts @ logs.T)
            return np.where(counts @ empty.T > 0.0, np.inf, array) if empty.any() else np.asarray(array)

        return values

    def _alone(self, prediction: Prediction, counts: Array, point: int) -> Array:
        """Return the profiled deviance of other counts (T, n) at one point of a prediction, shape (T,)."""
        step = max(1, CACHED // prediction.jacobian[0].size)
        parts = []
        for i in range(0, len(counts), step):
            some = counts[i : i + step]
            mu = np.broadcast_to(prediction.mu[point], some.shape)
            jacobian = np.broadcast_to(prediction.jacobian[point], (*some.shape, len(self.nuisances)))
            parts.append(self.with_data(some)._profiled(Prediction(mu, jacobian)))
        return np.concatenate(parts)

    def local(self, prediction: Prediction) -> Local:
        """Return the expansion about any nuisances: the deviance is convex in those that are linear.

        A bin without counts that would hold less than nothing is driven back by a steep wall, so that the
        minimum at the edge of what is possible is found, and not a point where steps got stuck.
        """

        def about(xi: Array, rows: Index) -> Quadratic:
            measure, jacobian = self.rows(rows), taken(prediction.jacobian, rows)
            mu = taken(prediction.mu, rows) + np.matmul(jacobian, xi[:, :, None])[:, :, 0]
            below = (measure.data == 0.0) & (mu < 0.0)
            safe = np.maximum(mu, 1e-100)
            slope = np.where(below, 1.0 + WALL * mu, 1.0 - measure.data / safe)
            gradient = np.matmul(slope[:, None, :], jacobian)[:, 0]
            # empty bins have no curvature: a trace of the expected one keeps the matrix regular
            curvature = np.where(below, WALL, np.maximum(measure.data / safe**2, _TRACE / safe))
            hessian = np.matmul(np.swapaxes(jacobian, 1, 2), jacobian * curvature[:, :, None])
            value = measure.deviance(np.where(below, 0.0, mu))
            value = value + np.where(below, (2.0 + WALL * mu) * mu, 0.0).sum(axis=1)
            return Quadratic(self.nuisances.ids, value, gradient, hessian)

        return about

    def definitions(self) -> Iterator[tuple[str, Statistic]]:
        """Give χ² of the same counts with each variance."""
        for choice, said in COUNTING.items():
            yield said, ChiSquareOfCounts(self.data, self.nuisances, choice)


@completed
def build(config: Options, release: Release, transform: Transform, nuisances: Nuisances) -> Poisson:
    """Build from a declaration (see the module).

    Raises
    ------
    NuanomalyError
        If the data are no counts, are not as many as the predictions, or a nuisance is not Gaussian or free.
    """
    data = release.numbers(config["data"])
    if data.size != transform.n_bins:
        raise NuanomalyError(
            f"{release.id}: {transform.n_bins} predictions, but {data.size} data: they must agree"
        )
    whole = config["effective"] or bool((data == np.round(data)).all())
    if (data < 0.0).any() or not whole:
        raise NuanomalyError(f"{release.id} {config['data']['table']}: counts must be whole numbers ≥ 0")
    special = [n.id for n in nuisances.items if n.piecewise]
    if special:
        raise NuanomalyError(
            f"{release.id}: with counts a nuisance is Gaussian or free, {', '.join(special)} is neither"
        )
    return Poisson(data, nuisances, "chi2" if config["goodness_of_fit"] else "-2lnL")
