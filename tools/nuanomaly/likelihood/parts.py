"""Response, transform and statistic: what a likelihood is made of."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nuanomaly.likelihood.channel import Channel
from nuanomaly.model.probabilities import Array, Model, Parameter
from nuanomaly.model.recoil import RecoilInteraction

#: A χ² that may be added up for a goodness of fit, −2 ln L up to a constant, or a difference.
StatisticKind = Literal["chi2", "-2lnL", "delta"]


@dataclass(frozen=True, eq=False)
class Response:
    """Channels that add up to ``n_out`` outputs, and the interaction parameters their strengths depend on."""

    channels: tuple[Channel, ...]
    n_out: int
    interaction_parameters: tuple[Parameter, ...] = ()

    @property
    def n_nominal(self) -> int:
        """How many of the outputs are the prediction itself; others may be its variations."""
        return self.n_out

    def __call__(
        self, model: Model, parameters: Mapping[str, Array], interaction: Mapping[str, Array]
    ) -> Array:
        """Return the outputs, shape (P, n_out)."""
        points = max((v.size for v in (*parameters.values(), *interaction.values())), default=1)
        total = np.zeros((points, self.n_out))
        for channel in self.channels:
            total += channel.outputs(model, parameters, interaction)
        return total

    def recoils(
        self, new: RecoilInteraction, points: Mapping[str, Array], interaction: Mapping[str, Array]
    ) -> Array | None:
        """Return what a new interaction with nuclei adds, shape (P, n_out); None without such recoils."""
        return None


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

    def rows(self, part: slice) -> "Prediction":
        """Return the prediction at some of the points."""
        return Prediction(
            self.mu[part],
            self.jacobian[part],
            None if self.components is None else self.components[part],
            {name: value[part] for name, value in self.interaction.items()} if self.interaction else {},
        )

    def at(self, xi: Array) -> "Prediction":
        """Return the prediction with the nuisances at ξ (P, K), which then are no nuisances any more."""
        there = self if self.moved is None else self.moved(xi, np.arange(len(self.mu)))
        mu = there.mu + np.einsum("pnk,pk->pn", there.jacobian, xi)
        return replace(self, mu=mu, jacobian=np.zeros((*mu.shape, 0)), moved=None)

    def bins(self, kept: "Index") -> "Prediction":
        """Return the prediction of some bins; the components are all kept."""
        moved = self.moved
        some = None if moved is None else lambda xi, rows: moved(xi, rows).bins(kept)
        return replace(self, mu=self.mu[:, kept], jacobian=self.jacobian[:, kept], moved=some)


Index = NDArray[np.intp]
Moved = Callable[[Array, Index], Prediction]


class Shares(NamedTuple):
    """Predictions that share out totals of the data: μ_i = share_i × total of the data in the group of i.

    Attributes
    ----------
    shares : array, shape (P, n)
    groups : array of int, shape (n,)
        The group of each datum.
    """

    shares: Array
    groups: Index


class Transform(ABC):
    """Outputs of a response → prediction."""

    @property
    @abstractmethod
    def n_bins(self) -> int:
        """Number of bins of the prediction."""

    @abstractmethod
    def __call__(self, outputs: Array) -> Prediction:
        """Return the prediction for outputs of shape (P, n_out)."""

    @property
    def follows_data(self) -> bool:
        """True if the prediction is normalised to the data, and moves with them."""
        return False

    def with_data(self, data: Array) -> "Transform":
        """Return the transform for other data (n,); the same one unless it follows them."""
        return self

    def shared(self, outputs: Array) -> Shares | None:
        """Return how totals of the data are shared out, if that is all the prediction is."""
        return None


@dataclass(frozen=True, eq=False)
class Selected(Transform):
    """Some bins of a transform; what is normalised to the data still is normalised to all of them.

    Attributes
    ----------
    whole : Transform
    kept : array of int
    observed : array, shape (n,)
        The data of all bins.
    """

    whole: Transform
    kept: Index
    observed: Array

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return int(self.kept.size)

    @property
    def follows_data(self) -> bool:
        """As the whole."""
        return self.whole.follows_data

    def with_data(self, data: Array) -> "Selected":
        """Return the transform for other data of these bins."""
        every = self.observed.copy()
        every[self.kept] = data
        return Selected(self.whole.with_data(every), self.kept, every)

    def __call__(self, outputs: Array) -> Prediction:
        """Return the prediction of these bins."""
        return self.whole(outputs).bins(self.kept)


@dataclass(frozen=True)
class Overlap:
    """A release that shares data with this one: ``relation`` is subset, superset or shares.

    ``disjoint`` are modes of the other release that share nothing.
    """

    release: str
    relation: str
    reason: str
    disjoint: tuple[str, ...] = ()
