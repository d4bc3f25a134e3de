"""A likelihood made from another one, which answers whatever the new one does not answer otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from nuanomaly.likelihood.algebra.convex import Local
from nuanomaly.likelihood.breakdown import Breakdown
from nuanomaly.likelihood.families.moments import Moments
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.quadratic import Quadratic
from nuanomaly.model.probabilities import Array, Model, Parameter


def described(likelihood: Likelihood) -> dict[str, Any]:
    """Return what a likelihood made from another one takes over of its description."""
    names = ("release", "mode", "statistic", "n_bins", "nuisances", "approximate", "overlaps", "private")
    return {name: getattr(likelihood, name) for name in names}


@dataclass(frozen=True, eq=False)
class DelegatingLikelihood(Likelihood):
    """A likelihood that asks another one.

    Attributes
    ----------
    base : Likelihood
    """

    base: Likelihood = field(kw_only=True)

    def inner(self, points: Mapping[str, Array]) -> dict[str, Array]:
        """Return the points that the likelihood is asked at."""
        return dict(points)

    @property
    def interaction_parameters(self) -> tuple[Parameter, ...]:
        """Those of the likelihood."""
        return self.base.interaction_parameters

    def ranges(self, model: Model) -> dict[str, tuple[float, float]]:
        """Return the ranges that the likelihood knows."""
        return self.base.ranges(model)

    @property
    def max_L_over_E(self) -> float | None:
        """The largest L/E of the likelihood in m/MeV."""
        return self.base.max_L_over_E

    @property
    def data(self) -> Array | None:
        """The data, shape (n_bins,)."""
        return self.base.data

    def given(self, data: Array) -> Self:
        """Return the same likelihood with other data (n_bins,)."""
        return replace(self, base=self.base.given(data))

    def quadratic(self, model: Model, points: Mapping[str, Array]) -> Quadratic | None:
        """Return the quadratic form in the nuisances, which has no priors."""
        return self.base.quadratic(model, self.inner(points))

    def local(self, model: Model, points: Mapping[str, Array]) -> Local | None:
        """Return the expansion about any nuisances, which has no priors."""
        return self.base.local(model, self.inner(points))

    def observables(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return what the data constrain, shape (P, n)."""
        return self.base.observables(model, self.inner(points))

    def nuisance_effects(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return ∂(observables)/∂ξ, shape (P, n, K)."""
        return self.base.nuisance_effects(model, self.inner(points))

    def averaging_error(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the stated error of averages over intervals of L/E, shape (P,)."""
        return self.base.averaging_error(model, self.inner(points))

    def breakdown(
        self, model: Model, points: Mapping[str, Array], nuisances: Mapping[str, Array]
    ) -> tuple[Breakdown, ...]:
        """Return what the statistic is made of at one complete point."""
        return self.base.breakdown(model, self.inner(points), nuisances)

    def moments(self, model: Model, points: Mapping[str, Array]) -> Moments | None:
        """Return mean and covariance of the data at complete points, or None."""
        return self.base.moments(model, self.inner(points))

    def means(self, model: Model, points: Mapping[str, Array], nuisances: Mapping[str, Array]) -> Array:
        """Return the means of data at complete points, shape (P, n_bins), with all nuisances by id."""
        return self.base.means(model, self.inner(points), nuisances)
