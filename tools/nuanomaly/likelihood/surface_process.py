"""A released map of Δχ² as a Gaussian process: on the data it is the map, and it says how the map fluctuates.

At each Δm² the map is a parabola in a monotone function u of the amplitude s = sin²2θ,

    Δ(s) = Δ₀ + A u² − 2 B u,      u = s/(1 − k s),

as for a prediction that is linear in u, with A the square of a template in units of its errors and B its
product with the data. A, B and k are fitted to the map. Templates of two Δm² overlap by a correlation ρ,
which the map does not say: it comes from a simple response of the experiment. With unit vectors e_i, e_i·e_j
= ρ_ij, the templates are b_i = √A_i e_i and χ² = |x − u b|² for data x in the space of the templates; those
of the experiment are the x with b_i·x = B_i at all Δm², so that the map is reproduced whatever ρ, and toys
are u b + noise of unit variance.

Several waves, as of two sterile neutrinos, are a sum of templates: with amplitudes s_k

    u_k = s_k / (1 − Σ_j k_j s_j),      Δ = Δ₀ + |Σ u_k b_k|² − 2 Σ u_k B_k,

as where a normalisation that the data leave free makes the bends. What each does with the data alone is that
of the map; what two of them have in common is ρ, and no better known than that.

Between nodes unit vectors are read by cubic splines in log Δm² and scaled to length one, A by its logarithm.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated, Literal, NotRequired, TypedDict

import numpy as np
import scipy

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import (
    TableName,
    completed,
)
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.algebra.ensemble import GaussianForm
from nuanomaly.likelihood.algebra.gaussian_tables import Table
from nuanomaly.likelihood.channel import flavours
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Array, Model, NotApplicableError

#: Up to which L/E in m/MeV waves of a model are asked for: maps are of short baselines.
_NEAR = 10.0


class Nodes(TypedDict):
    """Parabolas Δ₀ + A u² − 2 B u in u = s/(1 − k s), one for each Δm²."""

    table: Annotated[TableName, "Their table."]
    dm2: Annotated[str, "Its column of Δm² in eV², which increases."]
    curvature: Annotated[str, "Its column of A."]
    slope: Annotated[str, "Its column of B."]
    bend: Annotated[str, "Its column of k."]


class Options(TypedDict):
    """Options of the surface."""

    nodes: Nodes
    correlation: Annotated[
        TableName, "The correlation ρ of the templates, a matrix in the order of the nodes."
    ]
    channel: Annotated[str, {"pattern": "->"}, "What sin²2θ belongs to, such as nuebar->nuebar."]
    no_oscillation: Annotated[float, "The value Δ₀ where nothing oscillates."]
    beyond: NotRequired[
        Annotated[
            Literal["no-oscillation"],
            "The value where the map has no Δm² is that without oscillation. Left out, such points are not "
            "applicable.",
        ]
    ]


@dataclass(frozen=True, eq=False)
class SurfaceProcess(Likelihood):
    """A map as a Gaussian process; N nodes.

    Attributes
    ----------
    channel : (str, str)
        Initial and final flavour of the two-flavour view.
    dm2, curvature, bend : arrays, shape (N,)
        Δm² in eV², A and k of the nodes.
    units : array, shape (N, N)
        The unit vector of each node.
    observed : array, shape (N,)
        x.
    null : float
        Δ₀.
    beyond : bool
        Whether points outside the nodes have the value without oscillation.
    """

    channel: tuple[str, str] = field(kw_only=True)
    dm2: Array = field(kw_only=True)
    curvature: Array = field(kw_only=True)
    bend: Array = field(kw_only=True)
    units: Array = field(kw_only=True)
    observed: Array = field(kw_only=True)
    null: float = field(kw_only=True)
    beyond: bool = field(kw_only=True, default=False)

    @cached_property
    def _spline(self) -> "scipy.interpolate.CubicSpline":
        return scipy.interpolate.CubicSpline(np.log(self.dm2), self.units, axis=0)

    def observables(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return u b at complete points, shape (P, N).

        Raises
        ------
        NotApplicableError
            If the model has neither an amplitude of two flavours nor plane waves, or Δm² is outside the map.
        """
        dm2, amplitude = self._waves(model, points)
        inside = (dm2 >= self.dm2[0] * (1 - 1e-9)) & (dm2 <= self.dm2[-1] * (1 + 1e-9))
        outside = ~inside & (amplitude > 0.0)
        if outside.any() and not self.beyond:
            raise NotApplicableError(
                f"not applicable: the map of {self.release} has Δm² from {self.dm2[0]:.4g} to "
                f"{self.dm2[-1]:.4g} eV², and {dm2[outside][0]:.6g} eV² is outside: keep to that range"
            )
        nodes = np.log(self.dm2)
        # many points share a Δm²: its template is read once
        own, place = np.unique(
            np.clip(np.log(np.where(inside, dm2, self.dm2[0])), nodes[0], nodes[-1]), return_inverse=True
        )
        place = place.reshape(dm2.shape)
        templates = np.asarray(self._spline(own))
        size = np.exp(0.5 * np.interp(own, nodes, np.log(self.curvature)))
        templates *= (size / np.sqrt((templates**2).sum(axis=1)))[:, None]
        bend = np.interp(own, nodes, self.bend)[place]
        seen = np.where(inside, amplitude, 0.0)
        u = seen / (1.0 - (bend * seen).sum(axis=0))
        return np.asarray(sum(one[:, None] * templates[at] for one, at in zip(u, place, strict=True)))

    def _waves(self, model: Model, points: Mapping[str, Array]) -> tuple[Array, Array]:
        """Return Δm² and sin²2θ of every wave of the channel, shape (K, P)."""
        try:
            dm2, amplitude = np.broadcast_arrays(*model.two_flavour(*self.channel, points))
        except NotApplicableError as error:
            initial, final = self.channel
            waves = model.expansion(initial, final, False, _NEAR, points)
            if waves is None or waves.damped or initial != final:
                raise NotApplicableError(f"{self.release} is a tabulated surface: {error}") from None
            return np.abs(waves.dm2), -waves.sin2
        return dm2[None], amplitude[None]

    def value(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return Δ₀ + |x − u b|² − |x|², shape (P,)."""
        mu = self.observables(model, points)
        return np.asarray(self.null + (mu * mu).sum(axis=1) - 2.0 * (mu @ self.observed))

    @property
    def data(self) -> Array:
        """x, shape (N,)."""
        return self.observed

    def given(self, data: Array) -> "SurfaceProcess":
        """Return the same likelihood with other data (N,)."""
        return replace(self, observed=data)

    def toys(
        self,
        model: Model,
        points: Mapping[str, Array],
        count: int,
        random: np.random.Generator,
        nuisances: Mapping[str, Array] | None = None,
    ) -> Array:
        """Return data (count, N) that could have been observed at one complete point."""
        mu = self.observables(model, points)
        return np.asarray(mu + random.standard_normal((count, mu.shape[1])))

    def means(self, model: Model, points: Mapping[str, Array], nuisances: Mapping[str, Array]) -> Array:
        """Return u b, shape (P, N)."""
        return self.observables(model, points)

    def tabulate(self, model: Model, points: Mapping[str, Array]) -> Table:
        """Return what turns data (T, N) into values, shape (T, P)."""
        mu = self.observables(model, points)
        own = self.null + (mu * mu).sum(axis=1)

        def values(data: Array) -> Array:
            return np.asarray(own - 2.0 * (data @ mu.T))

        return values

    def gaussian(self, model: Model, points: Mapping[str, Array]) -> GaussianForm:
        """Return the form |x − u b|²: differences are those of the map."""
        mu = self.observables(model, points)
        n = mu.shape[1]
        return GaussianForm(self.observed, np.eye(n), mu, np.zeros((*mu.shape, 0)), self.nuisances)


@completed
def build(config: Options, release: Release, mode: str | None, approximate: str) -> SurfaceProcess:
    """Build from a declaration (see the module).

    Raises
    ------
    NuanomalyError
        If the matrix is no correlation matrix of the nodes, or Δm² does not increase.
    """
    columns = config["nodes"]
    frame = release.arrays(columns["table"])
    dm2, curvature, slope, bend = (
        frame[columns[name]].astype(float) for name in ("dm2", "curvature", "slope", "bend")
    )
    matrix = release.matrix(config["correlation"])
    if (np.diff(dm2) <= 0.0).any() or (curvature <= 0.0).any():
        raise NuanomalyError(f"{release.id} {columns['table']}: Δm² must increase, curvatures be positive")
    if matrix.shape != (dm2.size, dm2.size) or np.abs(np.diagonal(matrix) - 1.0).max() > 1e-9:
        raise NuanomalyError(
            f"{release.id} {config['correlation']}: a correlation of {dm2.size} nodes is needed"
        )
    try:
        units = np.linalg.cholesky(0.5 * (matrix + matrix.T))
    except np.linalg.LinAlgError:
        raise NuanomalyError(f"{release.id} {config['correlation']}: it is not positive definite") from None
    return SurfaceProcess(
        release=release.id,
        mode=mode,
        statistic="delta",
        n_bins=dm2.size,
        approximate=approximate,
        channel=flavours(config["channel"])[:2],
        dm2=dm2,
        curvature=curvature,
        bend=bend,
        units=np.asarray(units, float),
        observed=np.linalg.solve(units, slope / np.sqrt(curvature)),
        null=float(config["no_oscillation"]),
        beyond=config.get("beyond") == "no-oscillation",
    )
