"""A released table of Δ(−2 ln L) or Δχ² over parameters of a model, in as many dimensions as it has.

A table knows oscillation of three neutrinos and a fourth, in the matter it was made with if any, and what its
axes stand for. A hypothesis with more than that (extra events, a fifth neutrino, damping, new interactions, a
function of one's own) is not applicable, also where it has the coordinates by name: what it does to the
experiment is not in the table.

Between grid points the value is multilinear, so it never overshoots the table, unless splines are asked for.
Outside there is no likelihood: the table says so instead of extrapolating.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Annotated, Literal, NotRequired, TypedDict

import numpy as np
import scipy
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import (
    TableName,
    completed,
)
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.on_oscillation import OnOscillation
from nuanomaly.model.probabilities import Array, Model, NotApplicableError
from nuanomaly.model.registry import FOUR_NEUTRINOS, TWO_FLAVOUR
from nuanomaly.model.vacuum import DM2_41


class AxisOptions(TypedDict):
    """An axis of the table."""

    column: Annotated[str, "Column of the table."]
    coordinate: Annotated[
        str,
        "A parameter of the model; sin2_2theta_ee or sin2_2theta_mumu, the effective amplitude of a "
        "disappearance "
        "on the branch |U_α4|² ≤ 1/2; or g2, the squared coupling by which ν4 decays with the rate g² m4 / "
        "16π: that "
        "of 3+1/decay is 16π α4 / Δm²41 where ν1 is massless.",
    ]
    scale: NotRequired[
        Annotated[
            Literal["log", "linear"],
            {"default": "log"},
            "The coordinate in which the table is straight between its points.",
        ]
    ]
    vanishing: NotRequired[
        Annotated[
            bool,
            {"default": False},
            "True for the amplitude without which nothing oscillates: below its smallest value the table "
            "goes "
            "straight to no_oscillation, and there the other axes do not matter.",
        ]
    ]


class Options(TypedDict):
    """Options of the surface."""

    table: Annotated[
        TableName, "The table: one row per point of a complete grid, in any order, with any spacing."
    ]
    value: Annotated[str, "Its column of the tabulated difference."]
    axes: Annotated[list[AxisOptions], {"minItems": 1}, "The axes of the table."]
    absent: NotRequired[
        Annotated[
            dict[str, float],
            {"default": {}},
            "What a coordinate is for models that do not have it, such as a coupling that is zero for stable "
            "neutrinos.",
        ]
    ]
    fixed: NotRequired[
        Annotated[
            dict[str, float],
            {"default": {}},
            "Parameters that had this value when the table was made: models that have them must have it too.",
        ]
    ]
    statistic: NotRequired[
        Annotated[Literal["delta", "chi2"], {"default": "delta"}, "What the value is: a difference, or χ²."]
    ]
    interpolation: NotRequired[
        Annotated[
            Literal["linear", "cubic"],
            {"default": "linear"},
            "Between the points: multilinear, or cubic splines in the scales of a table with two axes. Far "
            "above the "
            "smallest value, where rows differ by thousands, splines swing and make up minima: from 15 to 35 "
            "above "
            "it splines of the table compressed (by the inverse hyperbolic sine) take their place.",
        ]
    ]
    no_oscillation: NotRequired[
        Annotated[
            Literal["edge"] | float,
            "The value at a vanishing amplitude, towards which the table goes straight; edge if it is read "
            "at its "
            "smallest amplitude instead, below which nothing oscillates. Left out if the table does not "
            "tell: then "
            "smaller amplitudes are not applicable.",
        ]
    ]
    restrictions: NotRequired[
        Annotated[
            list[str],
            {"default": []},
            "What else one must know before a value of this table is used, one sentence each.",
        ]
    ]


#: Effective amplitudes: the flavour that disappears, and the parameter that has a large branch.
_AMPLITUDES = {
    view.amplitude: (initial, view.element)
    for (initial, final), view in TWO_FLAVOUR.items()
    if initial == final
}
#: The model of a ν4 that decays, and the coordinate of its coupling.
_DECAYING, _COUPLING = f"{FOUR_NEUTRINOS}/decay", "g2"
#: What oscillation of three neutrinos and a fourth is described by: a table was made for no other physics.
_OSCILLATION = re.compile(
    r"sin2_theta(12|13|23)|delta_(cp|[12]4)|dm2_(21|31|41)|U(e|mu|tau)4_sq|sin2_2theta_.*"
)
#: A coordinate this far (in grid steps) beyond the edge is at the edge: tables print few digits.
_EDGE = 0.02
#: Where, above the smallest value of a table, its compressed splines begin to count, and where they alone do.
_SEEN, _FAR = 15.0, 35.0


@dataclass(frozen=True, eq=False)
class Axis:
    """One axis of a table.

    Attributes
    ----------
    coordinate : str
    grid : array, shape (N,)
        Its values, increasing; in the scale in which the table is read.
    log : bool
        Whether that scale is the logarithm.
    vanishing : bool
    """

    coordinate: str
    grid: Array
    log: bool
    vanishing: bool

    @property
    def values(self) -> Array:
        """The coordinate at the points of the grid, shape (N,)."""
        return np.exp(self.grid) if self.log else self.grid

    def cells(self, at: Array) -> tuple[NDArray[np.intp], Array]:
        """Return the lower node of the cell of each coordinate, and where in the cell it is, from 0 to 1."""
        low, high = (np.exp(self.grid[[0, -1]]) if self.log else self.grid[[0, -1]]).tolist()
        clipped = np.clip(at, low, high)
        scaled = np.log(clipped) if self.log else clipped
        index = np.clip(np.searchsorted(self.grid, scaled, side="right") - 1, 0, self.grid.size - 2)
        share = (scaled - self.grid[index]) / (self.grid[index + 1] - self.grid[index])
        return index, np.clip(share, 0.0, 1.0)

    def ends(self) -> tuple[float, float]:
        """Return the first and last value, widened by what printed digits may have cut off."""
        low = self.grid[0] - _EDGE * (self.grid[1] - self.grid[0])
        high = self.grid[-1] + _EDGE * (self.grid[-1] - self.grid[-2])
        return (float(np.exp(low)), float(np.exp(high))) if self.log else (float(low), float(high))


@dataclass(frozen=True, eq=False)
class ParameterSurface(Likelihood):
    """A tabulated difference over coordinates of a model.

    Attributes
    ----------
    axes : tuple of Axis
    table : array, one dimension per axis
    null : float or None
        The value where the vanishing amplitude is zero.
    edge : bool
        Below the smallest amplitude the table is read at it.
    cubic : bool
        Splines between the points.
    absent, fixed : mappings
    restrictions : tuple of str
    """

    axes: tuple[Axis, ...] = field(kw_only=True)
    table: Array = field(kw_only=True)
    null: float | None = field(kw_only=True, default=None)
    edge: bool = field(kw_only=True, default=False)
    cubic: bool = field(kw_only=True, default=False)
    absent: Mapping[str, float] = field(kw_only=True, default_factory=dict)
    fixed: Mapping[str, float] = field(kw_only=True, default_factory=dict)
    restrictions: tuple[str, ...] = field(kw_only=True, default=())

    def coordinates(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the coordinates of complete points, shape (P, axes).

        Raises
        ------
        NotApplicableError
            If the model has no such coordinate or more physics than the table, or a parameter is not at the
            value the table was made with.
        """
        self._refuse_more(model)
        for name, value in self.fixed.items():
            if name in points and (np.asarray(points[name]) != value).any():
                raise NotApplicableError(
                    f"not applicable: the table of {self.release} was made with {name} = {value:g}: "
                    "keep it there"
                )
        arrays = [np.asarray(self._coordinate(axis.coordinate, model, points), float) for axis in self.axes]
        size = max((v.size for v in points.values()), default=1)
        return np.stack([np.broadcast_to(values, (size,)) for values in arrays], axis=1)

    def _refuse_more(self, model: Model) -> None:
        """Refuse a hypothesis whose effect on the experiment the table cannot know."""
        known = {axis.coordinate for axis in self.axes} | set(self.absent) | set(self.fixed)
        if _COUPLING in known and model.name == _DECAYING:
            known.add("alpha_4")
        more = [
            p.name for p in model.parameters if p.name not in known and not _OSCILLATION.fullmatch(p.name)
        ]
        own = isinstance(model, OnOscillation | FunctionModel)
        if more or own:
            said = f"its {', '.join(more)}" if more else "what it does"
            raise NotApplicableError(
                f"not applicable: the table of {self.release} was made for oscillation of three neutrinos "
                f"and a fourth: {said} in model {model.name!r} is not in it"
            )

    def _coordinate(self, name: str, model: Model, points: Mapping[str, Array]) -> Array | float:
        if name in points:
            return points[name]
        decays = model.name == _DECAYING and any(axis.coordinate == _COUPLING for axis in self.axes)
        if decays and name == _COUPLING:
            some = np.asarray(points[DM2_41.name], float)
            return 16.0 * np.pi * points["alpha_4"] / np.where(some > 0.0, some, 1.0)
        if name in _AMPLITUDES:
            flavour, element = _AMPLITUDES[name]
            if element in points and (points[element] > 0.5).any():
                raise NotApplicableError(
                    f"not applicable: the table of {self.release} is known for {element} up to 1/2, the "
                    f"small branch of {name}: keep to it"
                )
            if decays:
                return 4.0 * points[element] * (1.0 - points[element])
            return self._two_flavour(flavour, model, points)[1]
        if name in self.absent:
            return self.absent[name]
        seen = next((a.coordinate for a in self.axes if a.coordinate in _AMPLITUDES), None)
        if name == DM2_41.name and seen is not None:
            return self._two_flavour(_AMPLITUDES[seen][0], model, points)[0]
        raise NotApplicableError(
            f"not applicable: {self.release} is a table over "
            f"{', '.join(a.coordinate for a in self.axes)}, and model {model.name!r} has no {name}"
        )

    def _two_flavour(self, flavour: str, model: Model, points: Mapping[str, Array]) -> tuple[Array, Array]:
        try:
            return model.two_flavour(flavour, flavour, points)
        except NotApplicableError as error:
            raise NotApplicableError(f"{self.release} is a tabulated surface: {error}") from None

    def ranges(self, model: Model) -> dict[str, tuple[float, float]]:
        """Return the table's range of the coordinates that are parameters of a model."""
        known = {p.name: p.scan for p in model.parameters}
        return {
            axis.coordinate: _inside(axis, scan, self.null is not None or self.edge)
            for axis in self.axes
            if (scan := known.get(axis.coordinate)) is not None
        }

    def value(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the tabulated difference at complete points, shape (P,)."""
        return self.read(self.coordinates(model, points))

    def observables(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the coordinates side by side, shape (P, axes)."""
        return self.coordinates(model, points)

    def read(self, at: Array) -> Array:
        """Return the table at coordinates (P, axes), in the order of the axes; shape (P,).

        Raises
        ------
        NotApplicableError
            Outside the table.
        """
        columns = dict(zip((axis.coordinate for axis in self.axes), np.atleast_2d(at).T, strict=True))
        share = self._share(columns)
        for axis in self.axes:
            self._refuse_outside(axis, columns[axis.coordinate], share)
        if self.cubic:
            total = self._spline(columns)
            return total if self.null is None else share * total + (1.0 - share) * self.null
        cells = [axis.cells(columns[axis.coordinate]) for axis in self.axes]
        total = np.zeros(share.size)
        for corner in product((0, 1), repeat=len(self.axes)):
            weight = np.prod([u if c else 1.0 - u for c, (_, u) in zip(corner, cells, strict=True)], axis=0)
            total += weight * self.table[tuple(i + c for c, (i, _) in zip(corner, cells, strict=True))]
        return total if self.null is None else share * total + (1.0 - share) * self.null

    @cached_property
    def _splines(
        self,
    ) -> "tuple[scipy.interpolate.RectBivariateSpline, scipy.interpolate.RectBivariateSpline]":
        """Splines through the table, and through the table compressed."""
        first, second = (axis.grid for axis in self.axes)
        compressed = np.arcsinh((self.table - self.table.min()) / _SEEN)
        spline = scipy.interpolate.RectBivariateSpline
        return spline(first, second, self.table), spline(first, second, compressed)

    def _spline(self, columns: Mapping[str, Array]) -> Array:
        """Return the table between its points by splines in the scales of its axes, shape (P,)."""
        scaled = []
        for axis in self.axes:
            low, high = axis.values[[0, -1]].tolist()
            clipped = np.clip(columns[axis.coordinate], low, high)
            scaled.append(np.log(clipped) if axis.log else clipped)
        plain, compressed = (spline(scaled[0], scaled[1], grid=False) for spline in self._splines)
        far = _SEEN * np.sinh(compressed)
        share = np.clip((far - _SEEN) / (_FAR - _SEEN), 0.0, 1.0)
        share = share * share * (3.0 - 2.0 * share)
        return np.asarray((1.0 - share) * plain + share * (float(self.table.min()) + far))

    def _share(self, columns: Mapping[str, Array]) -> Array:
        """Return how much of the table counts, the rest being no oscillation; shape (P,)."""
        share = np.ones(len(next(iter(columns.values()))))
        for axis in self.axes:
            if axis.vanishing and self.null is not None:
                smallest = np.exp(axis.grid[0]) if axis.log else axis.grid[0]
                share = np.minimum(share, columns[axis.coordinate] / smallest)
        return share

    def _refuse_outside(self, axis: Axis, at: Array, share: Array) -> None:
        low, high = axis.ends()
        if axis.vanishing and (self.null is not None or self.edge):
            low = 0.0
        outside = ~((at >= low) & (at <= high)) & ((share > 0.0) | axis.vanishing)
        if outside.any():
            raise NotApplicableError(
                f"not applicable: the table of {self.release} is known for {axis.coordinate} from "
                f"{low:.4g} to {high:.4g}, and {at[outside][0]:.6g} is outside: keep to that range"
            )


@completed
def build(config: Options, release: Release, mode: str | None, approximate: str) -> ParameterSurface:
    """Build from a declaration (see the module).

    Raises
    ------
    UnknownNameError
        For a column that the table does not have.
    NuanomalyError
        If the table is not a complete grid.

    Examples
    --------
    >>> from nuanomaly.likelihood.build import likelihood
    >>> icecube = likelihood("icecube-sterile")
    >>> round(icecube.chi2("3+1", dm2_41=4.466836, Ue4_sq=0.0, Umu4_sq=0.0256582), 2)
    0.0
    """
    name = config["table"]
    frame = release.arrays(name)
    for column in (config["value"], *(axis["column"] for axis in config["axes"])):
        if column not in frame:
            raise UnknownNameError("column", column, frame, f"{release.id} {name}")
    grids, places = zip(
        *(np.unique(frame[axis["column"]].astype(float), return_inverse=True) for axis in config["axes"]),
        strict=True,
    )
    table = np.full([grid.size for grid in grids], np.nan)
    values = frame[config["value"]].astype(float)
    table[places] = values
    if values.size != table.size or not np.isfinite(table).all():
        shape = " × ".join(str(size) for size in table.shape)
        raise NuanomalyError(f"{release.id} {name}: {values.size} rows do not fill a grid of {shape}")
    null = config.get("no_oscillation")
    cubic = config["interpolation"] == "cubic"
    if cubic and len(grids) != 2:
        raise NuanomalyError(f"{release.id} {name}: splines need two axes, not {len(grids)}")
    return ParameterSurface(
        release=release.id,
        mode=mode,
        statistic=config["statistic"],
        n_bins=None,
        approximate=approximate,
        axes=tuple(_axis(a, g, release) for a, g in zip(config["axes"], grids, strict=True)),
        table=table,
        null=None if null is None or null == "edge" else float(null),
        edge=null == "edge",
        cubic=cubic,
        absent={k: float(v) for k, v in config["absent"].items()},
        fixed={k: float(v) for k, v in config["fixed"].items()},
        restrictions=tuple(config["restrictions"]),
    )


def _inside(axis: Axis, scan: tuple[float, float], vanishes: bool) -> tuple[float, float]:
    """Return the range of a coordinate, ends of the scan inside the table's edges left where they are."""
    (first, last), (low, high) = axis.values[[0, -1]].tolist(), axis.ends()
    if axis.vanishing and vanishes:
        low, first = 0.0, 0.0
    return scan[0] if low <= scan[0] <= first else first, scan[1] if last <= scan[1] <= high else last


def _axis(entry: AxisOptions, grid: Array, release: Release) -> Axis:
    log = entry["scale"] == "log"
    if grid.size < 2 or (log and grid[0] <= 0.0):
        raise NuanomalyError(
            f"{release.id}: the axis {entry['column']} needs two values, positive ones if it is logarithmic"
        )
    scaled = np.log(grid) if log else grid
    return Axis(entry["coordinate"], scaled, log, entry["vanishing"])
