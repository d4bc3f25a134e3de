"""What a likelihood can be asked, whatever it is made of."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood.algebra.convex import Local, profile
from nuanomaly.likelihood.algebra.ensemble import GaussianForm
from nuanomaly.likelihood.algebra.gaussian_tables import Table
from nuanomaly.likelihood.breakdown import Breakdown
from nuanomaly.likelihood.families.moments import Moments
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Overlap, StatisticKind
from nuanomaly.likelihood.quadratic import Quadratic
from nuanomaly.model.probabilities import Array, Model, NotApplicableError, Parameter, complete
from nuanomaly.model.registry import model as make_model

AnyModel = str | Model | Callable[..., Any]

#: How many prediction entries are held at once while a scan is evaluated.
_CHUNK = 1_000_000


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
    private : bool
        Whether it is of a folder of one's own, which nobody else has.
    """

    release: str
    mode: str | None
    statistic: StatisticKind
    n_bins: int | None
    nuisances: Nuisances = field(default_factory=Nuisances)
    approximate: str = ""
    overlaps: tuple[Overlap, ...] = ()
    private: bool = False

    @property
    def independent(self) -> "tuple[Likelihood, ...]":
        """Parts that share no nuisance, whose values add up; a likelihood of one release is one."""
        return (self,)

    @property
    def name(self) -> str:
        """The release's name without its version."""
        return self.release.partition("@")[0]

    @property
    def interaction_parameters(self) -> tuple[Parameter, ...]:
        """Parameters besides the model's (CEvNS strength, sin²θ_W …)."""
        return ()

    def ranges(self, model: Model) -> dict[str, tuple[float, float]]:
        """Return the range of each parameter that the data know no more than a range of, such as a table's.

        Raises
        ------
        NuanomalyError
            If the data know no value in common.
        """
        return {}

    @property
    def max_L_over_E(self) -> float | None:
        """The largest L/E in m/MeV that probabilities are asked for; None if none are."""
        return None

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
        """Return the statistic's expansion about any nuisances of some points, priors left out, or None.

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
            Nuisances that are kept at these values; what their priors add alone is not counted.

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

    def breakdown(
        self, model: Model, points: Mapping[str, Array], nuisances: Mapping[str, Array]
    ) -> tuple[Breakdown, ...]:
        """Return what the statistic is made of at one complete point, for each release that it holds.

        Together with the priors of the nuisances they add up to the value. What is known as a whole only, as
        a tabulated surface, has no bins.

        Parameters
        ----------
        points : mapping of arrays, shape (1,)
        nuisances : mapping of arrays, shape (1,)
            All nuisances, by id.
        """
        value = self.profiled(model, points, given=nuisances)[0]
        none = np.zeros(0)
        return (Breakdown(self.release, none, none, {"as a whole": float(value[0])}),)

    def moments(self, model: Model, points: Mapping[str, Array]) -> Moments | None:
        """Return mean and covariance of the data at complete points, if the covariance follows them, or None.

        Moments hold a covariance for each point: ask for as many points at a time as memory takes.
        """
        return None

    def nuisance_effects(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return ∂(observables)/∂ξ, shape (P, n, K), nuisances in order; zero where they act otherwise."""
        n = self.observables(model, points).shape
        return np.zeros((*n, len(self.nuisances)))

    def averaging_error(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the stated error of averages over intervals of L/E, shape (P,); zero in closed form.

        See :mod:`nuanomaly.likelihood.averaging`.
        """
        return np.zeros(max((v.size for v in points.values()), default=1))

    def points(self, model: Model, given: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """Return complete parameter points, model's and interaction's, as arrays of one shape (P,).

        Raises
        ------
        UnknownNameError, NuanomalyError
            See :func:`nuanomaly.model.probabilities.complete`.
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
        alone = all(isinstance(v, float | int) for v in parameters.values())
        shape = () if alone else np.broadcast_shapes(*(np.shape(v) for v in parameters.values()))
        if shape:
            parameters = {
                k: np.broadcast_to(np.asarray(v, float), shape).ravel() for k, v in parameters.items()
            }
        points = self.points(chosen, parameters)
        chosen.refuse_impossible(points)
        values = in_chunks(lambda part: self.value(chosen, part), points, self.n_bins or 1)
        return float(values[0]) if shape == () else values.reshape(shape)

    def predict(self, model: AnyModel, **parameters: ArrayLike) -> Array:
        """Return the prediction per bin at nominal nuisances, shape (n,) or (P, n)."""
        chosen = make_model(model)
        points = self.points(chosen, parameters)
        chosen.refuse_impossible(points)
        values = self.observables(chosen, points)
        scalar = all(np.ndim(v) == 0 for v in parameters.values())
        return np.asarray(values[0] if scalar else values)


def solved(
    form: Quadratic, nuisances: Nuisances, given: Mapping[str, Array]
) -> tuple[Array, dict[str, Array]]:
    """Return the minimum of a quadratic form with some nuisances given, and where each is."""
    inside = {name: value for name, value in given.items() if name in form.ids}
    left = form.substituted(inside)
    if inside and nuisances.blocks:  # a correlated prior pulls the others towards their conditional mean
        rows, columns = ([nuisances.ids.index(name) for name in names] for names in (left.ids, inside))
        pulled = np.array(list(inside.values())).T @ nuisances.prior()[np.ix_(columns, rows)]
        left = replace(left, gradient=left.gradient + pulled)
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
