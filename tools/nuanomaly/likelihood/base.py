"""Response → Transform → Statistic: the parts of every likelihood, and what a likelihood can be asked."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.convex import Local, profile
from nuanomaly.likelihood.ensemble import (
    FixedCovariance,
    GaussianForm,
    Generates,
    SharesOut,
    Table,
    Tabulates,
    one_by_one,
    shared_table,
)
from nuanomaly.likelihood.nuisance import Nuisances, Quadratic
from nuanomaly.likelihood.parts import (
    Convex,
    Moved,
    Overlap,
    Prediction,
    Response,
    Statistic,
    StatisticKind,
    Transform,
)
from nuanomaly.likelihood.penalty import Penalty
from nuanomaly.model.base import Array, Model, NotApplicableError, Parameter, complete
from nuanomaly.model.registry import model as make_model

AnyModel = str | Model | Callable[..., Any]

#: How many prediction entries are held at once while a scan is evaluated.
_CHUNK = 4_000_000


@dataclass(frozen=True, eq=False)
class Likelihood(ABC):
    """What inference needs of a release, whatever it is made of.

    Attributes
    ----------
    release : str
        ``NAME@VERSION`` (or the group's name).
    mode : str or None
        The analysis variant.
    statistic : {"chi2", "-2lnL", "delta"}
    n_bins : int or None
        Number of bins; None for a surface.
    nuisances : Nuisances
        Ids, priors and bounds of the linear nuisances.
    approximate : str
        Why this likelihood is an approximation; empty if it is the collaboration's own construction.
    overlaps : tuple of Overlap
        Releases that share data with this one.
    """

    release: str
    mode: str | None
    statistic: StatisticKind
    n_bins: int | None
    nuisances: Nuisances = field(default_factory=Nuisances)
    approximate: str = ""
    overlaps: tuple[Overlap, ...] = ()

    @property
    def name(self) -> str:
        """The release's name without its version."""
        return self.release.partition("@")[0]

    @property
    def interaction_parameters(self) -> tuple[Parameter, ...]:
        """Parameters besides the model's (CEvNS strength, sin²θ_W …)."""
        return ()

    @abstractmethod
    def value(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the statistic at complete points (arrays of shape (P,)), nuisances profiled; shape (P,)."""

    @abstractmethod
    def observables(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return what the data constrain, shape (P, n): predictions, or a surface's coordinates."""

    def quadratic(self, model: Model, points: Mapping[str, Array]) -> Quadratic | None:
        """Return the statistic as a quadratic form in its nuisances, priors left out, or None."""
        return None

    def local(self, model: Model, points: Mapping[str, Array]) -> Local | None:
        """Return the statistic's expansion about any nuisances (P, K), priors left out, or None.

        Nuisances are in the order of ``nuisances.ids``.
        """
        form = self.quadratic(model, points)
        return None if form is None else form.on(self.nuisances.ids).about

    def profiled(
        self,
        model: Model,
        points: Mapping[str, Array],
        nuisances: Nuisances | None = None,
        given: Mapping[str, Array] | None = None,
    ) -> tuple[Array, dict[str, Array]]:
        """Return the minimum over the nuisances, shape (P,), and where each is, arrays (P,) by id.

        Parameters
        ----------
        nuisances : Nuisances
            Priors in place of the likelihood's own.
        given : mapping of arrays, shape (P,)
            Nuisances that are kept at these values; their priors are not counted.

        Raises
        ------
        NuanomalyError
            If the statistic is known with all nuisances profiled only.
        """
        chosen, fixed = nuisances or self.nuisances, dict(given or {})
        form = self.quadratic(model, points)
        if form is not None:
            return solved(form, chosen, fixed)
        if not len(self.nuisances):
            return self.value(model, points), {}
        local = self.local(model, points)
        if local is None:
            raise NuanomalyError(f"{self.release}: its nuisances cannot be told apart, so not be shared")
        size = max((v.size for v in points.values()), default=1)
        return profile(local, size, self.nuisances.ids, chosen, fixed)

    @property
    def data(self) -> Array | None:
        """The data, shape (n_bins,), if toys can stand in for them; None otherwise."""
        return None

    def given(self, data: Array) -> "Likelihood":
        """Return the same likelihood with other data (n_bins,).

        Raises
        ------
        NotApplicableError
            If it holds no data, as a tabulated surface.
        """
        raise NotApplicableError(f"not applicable: {self.release} {self._no_toys}")

    def toys(
        self,
        model: Model,
        points: Mapping[str, Array],
        count: int,
        random: np.random.Generator,
        nuisances: Mapping[str, Array] | None = None,
    ) -> Array:
        """Return data (count, n_bins) that could have been observed at one complete point.

        Parameters
        ----------
        points : mapping of arrays, shape (1,)
        count : int
        random : numpy.random.Generator
        nuisances : mapping of arrays, shape (count,), optional
            The true value of each nuisance in each toy; drawn from the priors if left out (see
            :meth:`Nuisances.draw`). A nuisance that moves the prediction by a fixed amount, drawn around the
            prior's centre, is the same as an auxiliary measurement that fluctuates around its true value.

        Raises
        ------
        NotApplicableError
            If it is not known how the data fluctuate.
        """
        raise NotApplicableError(f"not applicable: {self.release} {self._no_toys}")

    def means(self, model: Model, points: Mapping[str, Array], nuisances: Mapping[str, Array]) -> Array:
        """Return the means of data at complete points, shape (P, n_bins), with all nuisances (P,) by id.

        Raises
        ------
        NotApplicableError
            If it is not known how the data fluctuate.
        """
        raise NotApplicableError(f"not applicable: {self.release} {self._no_toys}")

    _no_toys = "is a tabulated surface, which says nothing of other data: no toys can be made of it"

    def tabulate(self, model: Model, points: Mapping[str, Array]) -> Table:
        """Return what turns data sets (T, n_bins) into the statistic at complete points, shape (T, P)."""

        def values(data: Array) -> Array:
            return np.array([self.given(row).value(model, points) for row in data])

        return values

    def gaussian(self, model: Model, points: Mapping[str, Array]) -> GaussianForm | None:
        """Return data, covariance and predictions if the statistic is a χ² of a fixed covariance, or None."""
        return None

    def nuisance_effects(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return ∂(observables)/∂ξ, shape (P, n, K), nuisances in order; zero where they act otherwise."""
        n = self.observables(model, points).shape
        return np.zeros((*n, len(self.nuisances)))

    def points(self, model: Model, given: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """Return complete parameter points, model's and interaction's, as arrays of one shape (P,).

        Raises
        ------
        UnknownNameError, NuanomalyError
            See :func:`nuanomaly.model.base.complete`.
        """
        return complete(_With(model.name, (*model.parameters, *self.interaction_parameters)), given)  # type: ignore[arg-type]

    def chi2(self, model: AnyModel, **parameters: ArrayLike) -> Any:
        """Return the statistic (``statistic`` says which) for a model at scalars or arrays of parameters.

        Returns
        -------
        float, or array of the broadcast shape of the parameters

        Raises
        ------
        NotApplicableError
            If the model cannot be evaluated on this release.
        """
        chosen = make_model(model)
        shape = np.broadcast_shapes(*(np.shape(v) for v in parameters.values())) if parameters else ()
        flat = {k: np.broadcast_to(np.asarray(v, float), shape).ravel() for k, v in parameters.items()}
        points = self.points(chosen, flat)
        values = in_chunks(lambda part: self.value(chosen, part), points, self.n_bins or 1)
        return float(values[0]) if shape == () else values.reshape(shape)

    def predict(self, model: AnyModel, **parameters: ArrayLike) -> Array:
        """Return the prediction per bin at nominal nuisances, shape (n,) or (P, n)."""
        chosen = make_model(model)
        found = self.observables(chosen, self.points(chosen, parameters))
        scalar = all(np.ndim(v) == 0 for v in parameters.values())
        return np.asarray(found[0] if scalar else found)


def solved(
    form: Quadratic, nuisances: Nuisances, given: Mapping[str, Array]
) -> tuple[Array, dict[str, Array]]:
    """Return the minimum of a quadratic form with some nuisances given, and where each is."""
    inside = {name: value for name, value in given.items() if name in form.ids}
    left = form.at(inside)
    if not left.ids:
        return left.constant, inside
    value, where = left.profile(nuisances)
    return value, {**inside, **dict(zip(left.ids, where.T, strict=True))}


@dataclass(frozen=True)
class _With:
    """Only the two attributes that completing a point needs."""

    name: str
    parameters: tuple[Parameter, ...]


def in_chunks(
    evaluate: Callable[[dict[str, Array]], Array], points: Mapping[str, Array], width: int
) -> Array:
    """Return ``evaluate`` over all points, so many at a time that no array outgrows the cache of memory."""
    total = max((v.size for v in points.values()), default=1)
    step = max(1, _CHUNK // max(1, width))
    parts = [evaluate({k: v[i : i + step] for k, v in points.items()}) for i in range(0, total, step)]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


@dataclass(frozen=True, eq=False)
class ResponseLikelihood(Likelihood):
    """Response → Transform → Statistic, and the terms the release adds for parameters of the model."""

    response: Response = field(kw_only=True)
    transform: Transform = field(kw_only=True)
    measure: Statistic = field(kw_only=True)
    penalties: tuple[Penalty, ...] = field(kw_only=True, default=())

    @property
    def interaction_parameters(self) -> tuple[Parameter, ...]:
        """The response's interaction parameters."""
        return self.response.interaction_parameters

    def prediction(self, model: Model, points: Mapping[str, Array]) -> Prediction:
        """Return the prediction at complete points."""
        interaction = {p.name: points[p.name] for p in self.interaction_parameters}
        found = self.transform(self._outputs(model, points))
        return replace(found, interaction=interaction) if interaction else found

    def _outputs(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the response's outputs at complete points, shape (P, n_out)."""
        own = {p.name for p in model.parameters}
        physics = {k: v for k, v in points.items() if k in own}
        interaction = {p.name: points[p.name] for p in self.interaction_parameters}
        return self.response(model, physics, interaction)

    def value(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the statistic, nuisances profiled, and the penalties, shape (P,)."""
        return self.measure.value(self.prediction(model, points)) + self._penalty(points)

    def quadratic(self, model: Model, points: Mapping[str, Array]) -> Quadratic | None:
        """Return the statistic and the penalties as a quadratic form in the nuisances, priors left out."""
        if isinstance(self.measure, Convex):
            return None
        form = self.measure.quadratic(self.prediction(model, points))
        return None if form is None else self._raised(form, points)

    def local(self, model: Model, points: Mapping[str, Array]) -> Local | None:
        """Return the expansion of both about any values (P, K) of the nuisances, priors left out."""
        if not isinstance(self.measure, Convex):
            return super().local(model, points)
        local = self.measure.local(self.prediction(model, points))
        return lambda xi: self._raised(local(xi), points)

    def _penalty(self, points: Mapping[str, Array]) -> Array | float:
        return sum((penalty(points) for penalty in self.penalties), 0.0)

    def _raised(self, form: Quadratic, points: Mapping[str, Array]) -> Quadratic:
        return replace(form, constant=form.constant + self._penalty(points)) if self.penalties else form

    @property
    def data(self) -> Array | None:
        """The data, shape (n_bins,); None if it is not known how they fluctuate."""
        return self.measure.data if isinstance(self.measure, Generates) else None

    def given(self, data: Array) -> "ResponseLikelihood":
        """Return the same likelihood with other data (n_bins,)."""
        if self.data is None:
            raise NotApplicableError(f"not applicable: {self.release} {self._no_toys}")
        measure: Statistic = replace(self.measure, data=data)  # type: ignore[type-var]
        if not hasattr(self.transform, "data"):
            return replace(self, measure=measure)
        # a prediction that is normalised to the data moves with them
        shape = self.transform.data.shape
        moved: Transform = replace(self.transform, data=data.reshape(shape))  # type: ignore[type-var]
        return replace(self, measure=measure, transform=moved)

    def toys(
        self,
        model: Model,
        points: Mapping[str, Array],
        count: int,
        random: np.random.Generator,
        nuisances: Mapping[str, Array] | None = None,
    ) -> Array:
        """Return data (count, n_bins) that could have been observed at one complete point."""
        if not isinstance(self.measure, Generates):
            raise NotApplicableError(f"not applicable: {self.release} {self._no_toys}")
        prediction = self.prediction(model, points)
        true = self.nuisances.draw(count, random) if nuisances is None else nuisances
        drawn = self._side_by_side(true, count)
        if prediction.moved is None:
            means = prediction.mu + drawn @ prediction.jacobian[0].T
        else:
            moved = prediction.moved(drawn, np.zeros(len(drawn), np.intp))
            means = moved.mu + np.einsum("tnk,tk->tn", moved.jacobian, drawn)
        means = np.broadcast_to(means, (count, self.measure.data.size))
        return self.measure.sample(prediction, means, random)

    def means(self, model: Model, points: Mapping[str, Array], nuisances: Mapping[str, Array]) -> Array:
        """Return the means of data at complete points, shape (P, n_bins), with all nuisances by id."""
        prediction = self.prediction(model, points)
        count = len(prediction.mu)
        at = self._side_by_side(nuisances, count)
        found = prediction if prediction.moved is None else prediction.moved(at, np.arange(count))
        return np.asarray(found.mu + np.einsum("pnk,pk->pn", found.jacobian, at))

    def _side_by_side(self, nuisances: Mapping[str, Array], count: int) -> Array:
        found = np.array([nuisances[name] for name in self.nuisances.ids])
        return found.reshape(len(self.nuisances), count).T

    _no_toys = "has a statistic that does not say how its data fluctuate: no toys can be made of it"

    def tabulate(self, model: Model, points: Mapping[str, Array]) -> Table:
        """Return what turns data sets (T, n_bins) into the statistic at complete points, shape (T, P)."""
        measure, transform = self.measure, self.transform
        if isinstance(transform, SharesOut) and isinstance(measure, FixedCovariance):
            shares = transform.shares(self._outputs(model, points))
            table: Table = shared_table(measure.inverse, shares, transform.groups)
        elif hasattr(transform, "data"):
            return super().tabulate(model, points)
        elif isinstance(measure, Tabulates):
            table = measure.table(self.prediction(model, points))
        else:
            table = one_by_one(measure, self.prediction(model, points))
        penalty = self._penalty(points)
        return (lambda data: table(data) + penalty) if self.penalties else table

    def gaussian(self, model: Model, points: Mapping[str, Array]) -> GaussianForm | None:
        """Return data, covariance and predictions if the statistic is a χ² of a fixed covariance, or None."""
        measure = self.measure
        if not isinstance(measure, FixedCovariance) or self.penalties or hasattr(self.transform, "data"):
            return None
        prediction = self.prediction(model, points)
        if prediction.moved is not None:
            return None
        return GaussianForm(measure.data, measure.inverse, prediction.mu, prediction.jacobian, self.nuisances)

    def observables(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the prediction at nominal nuisances, shape (P, n)."""
        return self.prediction(model, points).mu

    def nuisance_effects(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return ∂mu/∂ξ, shape (P, n, K)."""
        return self.prediction(model, points).jacobian


def mode_name(modes: Sequence[str], default: str | None, wanted: str | None, release: str) -> str | None:
    """Return the mode to use.

    Raises
    ------
    UnknownNameError
        If ``wanted`` is none of the modes.
    """
    if wanted is None:
        return default
    if wanted not in modes:
        raise UnknownNameError("mode", wanted, modes, release)
    return wanted


__all__ = [
    "AnyModel",
    "Channel",
    "Convex",
    "Likelihood",
    "Moved",
    "NotApplicableError",
    "Overlap",
    "Prediction",
    "Response",
    "ResponseLikelihood",
    "Statistic",
    "StatisticKind",
    "Transform",
    "in_chunks",
    "mode_name",
    "solved",
]
