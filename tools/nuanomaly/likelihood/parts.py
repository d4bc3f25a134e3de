"""Response, transform and statistic: what a likelihood is made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nuanomaly.likelihood.algebra.convex import Local
from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.nuisance import Quadratic
from nuanomaly.model.probabilities import Array, Model, Parameter

#: A χ² that may be added up for a goodness of fit, −2 ln L up to a constant, or a difference.
StatisticKind = Literal["chi2", "-2lnL", "delta"]


@dataclass(frozen=True, eq=False)
class Response:
    """Channels that add up to ``n_out`` outputs, and the interaction parameters their strengths depend on."""

    channels: tuple[Channel, ...]
    n_out: int
    interaction_parameters: tuple[Parameter, ...] = ()

    def __call__(
        self, model: Model, parameters: Mapping[str, Array], interaction: Mapping[str, Array]
    ) -> Array:
        """Return the outputs, shape (P, n_out)."""
        points = max((v.size for v in (*parameters.values(), *interaction.values())), default=1)
        total = np.zeros((points, self.n_out))
        for channel in self.channels:
            total += channel.outputs(model, parameters, interaction)
        return total


@dataclass(frozen=True)
class Prediction:
    """What a transform gives to a statistic.

    Attributes
    ----------
    mu : array, shape (P, n)
        The prediction per bin.
    jacobian : array, shape (P, n, K)
        ∂mu/∂ξ for the declared nuisances, in the order of ``Nuisances.ids``; K may be 0.
    components : array, shape (P, m), or None
        What mu is the sum of, for statistics that scale a covariance by the components.
    interaction : mapping of arrays, shape (P,)
        The interaction parameters, for a statistic whose covariance depends on one.
    moved : callable, or None
        For a prediction that is not linear in its nuisances: ``moved(ξ, rows)`` is the prediction of some of
        the points, linearised where their nuisances are ξ, shape (rows, K): mu + jacobian·ξ is exact there.
    """

    mu: Array
    jacobian: Array
    components: Array | None = None
    interaction: Mapping[str, Array] = field(default_factory=dict)
    moved: "Moved | None" = None


Moved = Callable[[Array, NDArray[np.intp]], Prediction]


class Transform(Protocol):
    """Outputs of a response → prediction."""

    @property
    def n_bins(self) -> int:
        """Number of bins of the prediction."""
        ...

    def __call__(self, outputs: Array) -> Prediction:
        """Return the prediction for outputs of shape (P, n_out)."""
        ...


class Statistic(Protocol):
    """Prediction → value. It says what its value is."""

    @property
    def kind(self) -> StatisticKind:
        """What the value is."""
        ...

    @property
    def n_bins(self) -> int:
        """Number of data."""
        ...

    def value(self, prediction: Prediction) -> Array:
        """Return the value with all nuisances profiled, shape (P,)."""
        ...

    def quadratic(self, prediction: Prediction) -> Quadratic | None:
        """Return the value as a quadratic form in the nuisances, priors left out; None if it is not one."""
        ...


@runtime_checkable
class Convex(Protocol):
    """A statistic that is not quadratic in its nuisances, but convex, and known with its derivatives."""

    def local(self, prediction: Prediction) -> Local:
        """Return its expansion about any values of the nuisances (P, K), priors left out."""
        ...


@dataclass(frozen=True)
class Overlap:
    """A release that shares data with this one: ``relation`` is subset, superset or shares."""

    release: str
    relation: str
    reason: str
