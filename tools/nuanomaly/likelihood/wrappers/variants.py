"""The same data and predictions with another definition of χ², or with the priors of nuisances left out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import scipy

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood.algebra.ensemble import GaussianForm, gaussian_noise
from nuanomaly.likelihood.algebra.gaussian_tables import Table
from nuanomaly.likelihood.breakdown import Breakdown
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.wrappers.delegating import DelegatingLikelihood, described
from nuanomaly.likelihood.wrappers.joint import JointLikelihood
from nuanomaly.likelihood.wrappers.named import NamedNuisances, with_named
from nuanomaly.model.probabilities import Array, Model, NotApplicableError

Side = Literal["mean", "plus", "minus"]


@dataclass(frozen=True, eq=False)
class FixedLikelihood(DelegatingLikelihood):
    """A likelihood's predictions with one covariance for all hypotheses, its nuisances in it.

    Attributes
    ----------
    inverse : array, shape (n, n)
    observed : array, shape (n,)
    """

    inverse: Array = field(kw_only=True)
    observed: Array = field(kw_only=True)

    @property
    def data(self) -> Array:
        """The data, shape (n,)."""
        return self.observed

    def given(self, data: Array) -> "FixedLikelihood":
        """Return the same likelihood with other data; the covariance stays."""
        return replace(self, observed=data)

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

    def breakdown(
        self, model: Model, points: Mapping[str, Array], nuisances: Mapping[str, Array]
    ) -> tuple[Breakdown, ...]:
        """Return what each bin adds at one complete point."""
        residual = (self.observed - self.observables(model, points))[0]
        errors = np.sqrt((gaussian_noise(self.inverse) ** 2).sum(axis=1))
        shares, pulls = residual * (residual @ self.inverse), residual / errors
        return (Breakdown(self.release, shares, pulls, errors=errors),)

    def quadratic(self, model: Model, points: Mapping[str, Array]) -> None:
        """Return None: no nuisance is left."""

    def local(self, model: Model, points: Mapping[str, Array]) -> None:
        """Return None: no nuisance is left."""

    def moments(self, model: Model, points: Mapping[str, Array]) -> None:
        """Return None: the covariance follows nothing."""

    def nuisance_effects(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return an array without nuisances, shape (P, n, 0)."""
        return np.zeros((*self.observables(model, points).shape, 0))

    def means(self, model: Model, points: Mapping[str, Array], nuisances: Mapping[str, Array]) -> Array:
        """Return the means of data at complete points, shape (P, n)."""
        return self.observables(model, points)

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


def _fixed(likelihood: Likelihood, inverse: Array, observed: Array) -> FixedLikelihood:
    """Return a likelihood with a covariance for all hypotheses, given by its inverse, and data."""
    said = {**described(likelihood), "statistic": "chi2", "nuisances": Nuisances()}
    return FixedLikelihood(**said, base=likelihood, inverse=inverse, observed=observed)


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
    return _fixed(likelihood, inverse, form.data)


def with_covariance_of(
    likelihood: ResponseLikelihood,
    model: Model,
    points: Mapping[str, Array],
    at: Literal["data", "prediction"] = "prediction",
) -> FixedLikelihood:
    """Return a likelihood whose covariance, that of one prediction, is the same everywhere.

    Parameters
    ----------
    points : mapping of arrays, shape (1,)
        The complete point whose covariance M it is.
    at : {"data", "prediction"}
        ``data`` takes M_ij d_i d_j / (μ_i μ_j): fractional errors of the data.

    Raises
    ------
    NotApplicableError
        If the statistic has no covariance that depends on the prediction.
    """
    prediction = likelihood.prediction(model, points)
    moments = likelihood.measure.moments(prediction)
    if moments is None:
        raise NotApplicableError(f"not applicable: {likelihood.release} has no covariance of its prediction")
    covariance = np.asarray(scipy.linalg.block_diag(*(part[0] for part in moments.covariances)), float)
    if at == "data":
        ratio = likelihood.data / prediction.mu[0]
        covariance = covariance * np.outer(ratio, ratio)
    elif at != "prediction":
        raise NuanomalyError(f"a covariance is taken at data or prediction, not at {at!r}")
    return _fixed(likelihood, np.linalg.inv(covariance), likelihood.data)


def _symmetric(item: Nuisance, side: Side) -> Nuisance:
    chosen = {"plus": item.plus, "minus": item.minus, "mean": 0.5 * (item.plus + item.minus)}[side]
    return Nuisance(item.id, item.meaning, chosen, chosen, block=item.block)


# --- without priors -----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class WithoutPrior(DelegatingLikelihood):
    """A likelihood some of whose nuisances have their prior elsewhere: ``nuisances`` are without it."""

    def value(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the statistic, nuisances profiled, shape (P,)."""
        return self.base.profiled(model, points, self.nuisances)[0]

    def toys(
        self,
        model: Model,
        points: Mapping[str, Array],
        count: int,
        random: np.random.Generator,
        nuisances: Mapping[str, Array] | None = None,
    ) -> Array:
        """Return data (count, n_bins) of one complete point; a nuisance without a prior is not drawn."""
        true = self.nuisances.draw(count, random) if nuisances is None else nuisances
        return self.base.toys(model, points, count, random, true)

    def gaussian(self, model: Model, points: Mapping[str, Array]) -> GaussianForm | None:
        """Return the χ² of a fixed covariance, or None if it is not one."""
        form = self.base.gaussian(model, points)
        return None if form is None else replace(form, nuisances=self.nuisances)

    def tabulate(self, model: Model, points: Mapping[str, Array]) -> Table:
        """Return what turns data (T, n_bins) into the statistic, shape (T, P)."""
        form = self.gaussian(model, points)
        return super().tabulate(model, points) if form is None else form.table()


def without_prior(likelihood: Likelihood, ids: Sequence[str]) -> Likelihood:
    """Return a likelihood without the prior of some nuisances; a correlated block goes as a whole.

    A prior that several data sets share counts once, beside them: each alone is minimised without it.
    """
    if isinstance(likelihood, NamedNuisances):
        return with_named(without_prior(likelihood.base, ids), likelihood.named)
    return _with_priors(likelihood, ids, lambda nuisances: nuisances.without_prior(ids))


def freed(likelihood: Likelihood, ids: Sequence[str]) -> Likelihood:
    """Return a likelihood without the prior of some nuisances; the others of a block keep theirs."""
    return _with_priors(likelihood, ids, lambda nuisances: nuisances.freed(ids))


def _with_priors(
    likelihood: Likelihood, ids: Sequence[str], change: Callable[[Nuisances], Nuisances]
) -> Likelihood:
    """Return a likelihood with other priors of some nuisances, each member of a joint one for itself."""
    if not set(ids) & set(likelihood.nuisances.ids):
        return likelihood
    left = change(likelihood.nuisances)
    if isinstance(likelihood, JointLikelihood):
        members = tuple(_with_priors(member, ids, change) for member in likelihood.members)
        return replace(likelihood, members=members, nuisances=left)
    return WithoutPrior(**{**described(likelihood), "nuisances": left}, base=likelihood)
