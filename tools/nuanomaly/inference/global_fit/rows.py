"""A data set's statistic at many hypotheses as rows that multiply features of its data."""

from collections.abc import Mapping

import numpy as np
from scipy.special import xlogy

from nuanomaly.inference.engine.lowrank import Linear, quadratic_rows, side_by_side
from nuanomaly.likelihood.algebra.gaussian_tables import GaussianTable, SharedTable
from nuanomaly.likelihood.families.following import FollowingCovariance
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.parts import Prediction
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.poisson import Poisson
from nuanomaly.model.probabilities import Array, Model


def linear(likelihood: Likelihood, model: Model, points: Mapping[str, Array]) -> Linear | None:
    """Return the statistic at complete points as rows times features, exactly; None if it has no such form.

    It has none where nuisances have bounds or two-sided errors, or act on counts.
    """
    if isinstance(likelihood, ResponseLikelihood):
        measure = likelihood.measure
        if isinstance(measure, Poisson) and not len(measure.nuisances):
            return of_counts(likelihood.prediction(model, points).mu)
        if isinstance(measure, FollowingCovariance) and not measure.follows_data:
            result = following(measure, likelihood.prediction(model, points))
            for penalty in likelihood.penalties:
                result.rows[:, -1] += penalty(model, points)  # the last feature is one
            return result
    form = likelihood.gaussian(model, points)
    table = likelihood.tabulate(model, points) if form is None else form.table()
    if isinstance(table, GaussianTable) and table.gains is None and (table.counts == 1).all():
        return of_gaussian(table)
    return of_shares(table) if isinstance(table, SharedTable) else None


def of_counts(mu: Array) -> Linear:
    """Return −2 ln L of counts over that of a perfect prediction, for means (P, n)."""

    def features(counts: Array) -> Array:
        own = 2.0 * (xlogy(counts, counts) - counts).sum(axis=1, keepdims=True)
        return np.hstack([counts, np.ones((len(counts), 1)), own])

    total = 2.0 * mu.sum(axis=1, keepdims=True)
    return Linear(features, np.hstack([-2.0 * np.log(mu), total, np.ones_like(total)]))


def of_gaussian(table: GaussianTable) -> Linear:
    """Return χ² of a fixed covariance, linear nuisances profiled: their pulls are squares of functionals."""
    if len(table.vectors) == 1:
        return _without_pulls(table)
    n = table.middle.size
    first, second = np.triu_indices(n)
    twice = np.where(first == second, 1.0, 2.0)
    rows = np.zeros((table.vectors.shape[1], first.size + n + 1))
    rows[:, : first.size] = table.inverse[first, second] * twice
    rows[:, first.size : -1] = table.vectors[0]
    rows[:, -1] = table.constants[0]
    for v, a in zip(table.vectors[1:], table.constants[1:], strict=True):
        rows[:, : first.size] -= v[:, first] * v[:, second] * twice
        rows[:, first.size : -1] -= 2.0 * a[:, None] * v
        rows[:, -1] -= a * a

    def features(data: Array) -> Array:
        d = data - table.middle
        return np.hstack([d[:, first] * d[:, second], d, np.ones((len(d), 1))])

    return Linear(features, rows)


def _without_pulls(table: GaussianTable) -> Linear:
    def features(data: Array) -> Array:
        return np.hstack([table.own(data)[:, None], data - table.middle, np.ones((len(data), 1))])

    ones = np.ones((table.vectors.shape[1], 1))
    return Linear(features, np.hstack([ones, table.vectors[0], table.constants[0][:, None]]))


def of_shares(table: SharedTable) -> Linear:
    """Return χ² with totals of the data shared out: linear in products of pulls and totals, and of totals."""
    groups = np.equal.outer(table.groups, np.arange(table.groups.max() + 1)).astype(float)
    first, second = np.triu_indices(groups.shape[1])

    def features(data: Array) -> Array:
        pulled, totals = data @ table.inverse, data @ groups
        own = np.einsum("tn,tn->t", pulled, data)[:, None]
        return np.hstack([pulled * totals[:, table.groups], totals[:, first] * totals[:, second], own])

    return Linear(
        features, np.hstack([-2.0 * table.shares, table.quadratic, np.ones((len(table.shares), 1))])
    )


def following(measure: FollowingCovariance, prediction: Prediction) -> Linear:
    """Return a statistic whose covariance follows the prediction, its blocks side by side."""
    return side_by_side([(block, _block(measure, prediction, k)) for k, block in enumerate(measure.blocks)])


def _block(measure: FollowingCovariance, prediction: Prediction, k: int) -> Linear:
    def covariance(part: slice) -> Array:
        components = prediction.components
        cut = Prediction(
            prediction.mu[part],
            prediction.jacobian[part],
            None if components is None else components[part],
        )
        return measure.covariances(cut)[k]

    mean = prediction.mu[:, measure.blocks[k]]
    return quadratic_rows(covariance, mean, log_determinant=measure.with_determinant)
