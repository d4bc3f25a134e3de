"""The same data and predictions with another definition of χ², to see how much a result depends on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood.base import Likelihood
from nuanomaly.likelihood.ensemble import GaussianForm, Table, gaussian_noise
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.model.base import Array, Model, NotApplicableError

Side = Literal["mean", "plus", "minus"]


@dataclass(frozen=True, eq=False)
class FixedLikelihood(Likelihood):
    """A likelihood's predictions with one covariance for all hypotheses, its nuisances in it.

    Attributes
    ----------
    base : Likelihood
    inverse : array, shape (n, n)
    observed : array, shape (n,)
    """

    base: Likelihood = field(kw_only=True)
    inverse: Array = field(kw_only=True)
    observed: Array = field(kw_only=True)

    @property
    def data(self) -> Array:
        """The data, shape (n,)."""
        return self.observed

    def given(self, data: Array) -> "FixedLikelihood":
        """Return the same likelihood with other data; the covariance stays."""
        return FixedLikelihood(
            release=self.release,
            mode=self.mode,
            statistic="chi2",
            n_bins=self.n_bins,
            approximate=self.approximate,
            overlaps=self.overlaps,
            base=self.base,
            inverse=self.inverse,
            observed=data,
        )

    def gaussian(self, model: Model, points: Mapping[str, Array]) -> GaussianForm:
        """Return data, covariance and predictions."""
        mu = self.observables(model, points)
        return GaussianForm(self.observed, self.inverse, mu, np.zeros((*mu.shape, 0)), Nuisances())

    def tabulate(self, model: Model, points: Mapping[str, Array]) -> Table:
        """Return what turns data (T, n) into χ², shape (T, P)."""
        return self.gaussian(model, points).table()

    def value(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return χ², shape (P,)."""
        residual = self.observed - self.observables(model, points)
        return np.asarray(np.einsum("pn,pn->p", residual @ self.inverse, residual))

    def observables(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the prediction at nominal nuisances, shape (P, n)."""
        return self.base.observables(model, points)

    def toys(
        self,
        model: Model,
        points: Mapping[str, Array],
        count: int,
        random: np.random.Generator,
        nuisances: Mapping[str, Array] | None = None,
    ) -> Array:
        """Return data (count, n) of one complete point."""
        z = random.standard_normal((count, self.observed.size))
        return np.asarray(self.observables(model, points) + z @ gaussian_noise(self.inverse).T)


def with_fixed_covariance(
    likelihood: Likelihood,
    model: Model,
    points: Mapping[str, Array],
    at: Literal["data", "prediction"] = "prediction",
    side: Side = "mean",
) -> FixedLikelihood:
    """Return a likelihood whose nuisances are in a covariance V + J S Jᵀ that is the same everywhere.

    Parameters
    ----------
    points : mapping of arrays, shape (1,)
        The complete point at which the effects J of the nuisances are taken.
    at : {"data", "prediction"}
        ``data`` scales each effect by data over prediction: a relative error of the measurement, the
        convention of many published fits, which biases towards low values (Peelle's pertinent puzzle).
    side : {"mean", "plus", "minus"}
        Which error stands for one with two sides; bounds are dropped.

    Raises
    ------
    NotApplicableError
        If the likelihood is not a χ² of a fixed covariance with linear nuisances.
    """
    form = likelihood.gaussian(model, points)
    if form is None:
        raise NotApplicableError(f"not applicable: {likelihood.release} is no χ² of a fixed covariance")
    effects = form.jacobian
    if at == "data":
        effects = effects * (form.data / form.mu)[:, :, None]
    elif at != "prediction":
        raise NuanomalyError(f"a covariance is taken at data or prediction, not at {at!r}")
    items = tuple(_symmetric(n, side) for n in form.nuisances.items)
    plain = Nuisances(items, form.nuisances.blocks)
    inverse = GaussianForm(form.data, form.inverse, form.mu, effects, plain).profiled_inverse()
    assert inverse is not None  # one point, symmetric priors
    return FixedLikelihood(
        release=likelihood.release,
        mode=likelihood.mode,
        statistic="chi2",
        n_bins=likelihood.n_bins,
        approximate=likelihood.approximate,
        overlaps=likelihood.overlaps,
        base=likelihood,
        inverse=inverse,
        observed=form.data,
    )


def _symmetric(item: Nuisance, side: Side) -> Nuisance:
    chosen = {"plus": item.plus, "minus": item.minus, "mean": 0.5 * (item.plus + item.minus)}[side]
    return Nuisance(item.id, item.meaning, chosen, chosen, block=item.block)
