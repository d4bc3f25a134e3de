"""A released table of Δ(−2 ln L) or Δχ² over (Δm², sin²2θ), read between its grid points.

Between grid points the value is bilinear in (log Δm², log sin²2θ), so it never overshoots the table. Below
the smallest amplitude it is linear in sin²2θ down to ``no_oscillation``, as for any small signal. Outside
the table there is no likelihood: the surface says so instead of extrapolating.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import (
    Positive,
    completed,
)
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.channel import flavours
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Array, Model, NotApplicableError, Parameter
from nuanomaly.model.vacuum import DM2_41

if TYPE_CHECKING:
    import pandas as pd


class Options(TypedDict):
    """Options of the surface."""

    table: Annotated[str, "The table: one row per point of a complete grid, in any order, with any spacing."]
    dm2: Annotated[str, "Its column of Δm² in eV²."]
    amplitude: Annotated[str, "Its column of sin²2θ."]
    value: Annotated[str, "Its column of the tabulated difference."]
    channel: Annotated[str, {"pattern": "->"}, "What sin²2θ belongs to, such as numubar->nuebar."]
    no_oscillation: NotRequired[
        Annotated[
            Literal["edge"] | float,
            "The value where nothing oscillates: a number, which it becomes as sin²2θ → 0, or edge if the "
            "column of "
            "the smallest amplitude is that value at every Δm² (which is checked). Left out if the table "
            "does not "
            "tell: then smaller amplitudes are not applicable.",
        ]
    ]
    smallest_amplitude: NotRequired[
        Annotated[Positive, "Columns of smaller sin²2θ hold no likelihood (fillers) and are left out."]
    ]
    restrictions: NotRequired[
        Annotated[
            list[str],
            {"default": []},
            "What else one must know before a value of this surface is used, one sentence each.",
        ]
    ]


#: A coordinate this far (in grid steps) beyond the edge is at the edge: tables print few digits
#: (an upper edge of 0.9999938 stands for 1).
_EDGE = 0.02


@dataclass(frozen=True, eq=False)
class SurfaceLikelihood(Likelihood):
    """A tabulated surface.

    Attributes
    ----------
    channel : (str, str)
        Initial and final flavour of the two-flavour view.
    dm2, amplitude : arrays, shapes (I,) and (J,)
        The grid: Δm² in eV² and sin²2θ, increasing and positive.
    table : array, shape (I, J)
        The tabulated differences.
    null : float or None
        The value at sin²2θ = 0; None if the table does not tell.
    restrictions : tuple of str
    """

    channel: tuple[str, str] = field(kw_only=True)
    dm2: Array = field(kw_only=True)
    amplitude: Array = field(kw_only=True)
    table: Array = field(kw_only=True)
    null: float | None = field(kw_only=True, default=None)
    restrictions: tuple[str, ...] = field(kw_only=True, default=())

    def coordinates(self, model: Model, points: Mapping[str, Array]) -> tuple[Array, Array]:
        """Return Δm² in eV² and sin²2θ of the channel, each of shape (P,).

        Raises
        ------
        NotApplicableError
            If the model has no such coordinates.
        """
        try:
            return model.two_flavour(*self.channel, points)
        except NotApplicableError as error:
            raise NotApplicableError(f"{self.release} is a tabulated surface: {error}") from None

    def ranges(self, model: Model) -> dict[str, tuple[float, float]]:
        """Return the table's range of the parameters that are its coordinates in a model.

        A parameter that is scanned up to where the table's last printed digit ends is not cut off.
        """
        point = {p.name: np.full(2, _typical(p)) for p in model.parameters}
        entries = {}
        for parameter in model.parameters:
            if parameter.scan is None:
                continue
            moved = {**point, parameter.name: np.array(parameter.scan)}
            try:
                coordinates = model.two_flavour(*self.channel, moved)
            except NuanomalyError:
                return {}
            for grid, value in zip((self.dm2, self.amplitude), coordinates, strict=True):
                if np.array_equal(value, moved[parameter.name]):
                    low = 0.0 if grid is self.amplitude and self.null is not None else None
                    entries[parameter.name] = _known(grid, parameter.scan, low)
        return entries

    def value(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the tabulated difference at complete points, shape (P,)."""
        return self.read(*self.coordinates(model, points))

    def observables(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return Δm² and sin²2θ side by side, shape (P, 2)."""
        return np.stack(self.coordinates(model, points), axis=1)

    def read(self, dm2: Array, amplitude: Array) -> Array:
        """Return the surface at Δm² in eV² and sin²2θ, arrays of shape (P,).

        Raises
        ------
        NotApplicableError
            Outside the table.
        """
        dm2, amplitude = np.broadcast_arrays(np.asarray(dm2, float), np.asarray(amplitude, float))
        self._refuse_outside(dm2, amplitude)
        smallest = self.amplitude[0]
        i, t = _cell(np.log(self.dm2), np.log(np.clip(dm2, self.dm2[0], self.dm2[-1])))
        j, u = _cell(np.log(self.amplitude), np.log(np.clip(amplitude, smallest, self.amplitude[-1])))
        near = (1.0 - u) * self.table[i, j] + u * self.table[i, j + 1]
        far = (1.0 - u) * self.table[i + 1, j] + u * self.table[i + 1, j + 1]
        content = (1.0 - t) * near + t * far
        if self.null is not None:
            share = np.minimum(amplitude / smallest, 1.0)
            content = share * content + (1.0 - share) * self.null
        return np.asarray(content)

    def _refuse_outside(self, dm2: Array, amplitude: Array) -> None:
        """Refuse points outside the table; without an amplitude, Δm² does not matter."""
        low, high = _edges(self.amplitude)
        if self.null is not None:
            low = 0.0
        inside = (amplitude >= low) & (amplitude <= high)
        if not inside.all():
            self._refuse("sin²2θ", amplitude[~inside][0], 0.0 if low == 0.0 else self.amplitude[0], "")
        low, high = _edges(self.dm2)
        inside = ((dm2 >= low) & (dm2 <= high)) | (amplitude == 0.0)
        if not inside.all():
            self._refuse("Δm²", dm2[~inside][0], self.dm2[0], " eV²")

    def _refuse(self, name: str, value: float, low: float, unit: str) -> None:
        high = self.dm2[-1] if unit else self.amplitude[-1]
        raise NotApplicableError(
            f"not applicable: the surface of {self.release} is tabulated for {name} from {low:.4g} to "
            f"{high:.4g}{unit}, and {value:.6g}{unit} is outside: keep to that range"
        )


def _cell(grid: Array, at: Array) -> tuple["np.ndarray[Any, np.dtype[np.intp]]", Array]:
    """Return for each point the lower node of its cell and where in the cell it is, from 0 to 1."""
    index = np.clip(np.searchsorted(grid, at, side="right") - 1, 0, grid.size - 2)
    return index, (at - grid[index]) / (grid[index + 1] - grid[index])


def _typical(parameter: Parameter) -> float:
    """Return a value inside what is scanned of a parameter, its default if it has one."""
    if parameter.default is not None:
        return parameter.default
    low, high = parameter.scan or (1.0, 1.0)
    return float(np.sqrt(low * high)) if low > 0.0 else 0.5 * (low + high)


def _known(grid: Array, scan: tuple[float, float], low: float | None) -> tuple[float, float]:
    """Return the range of a coordinate, ends of the scan inside the table's edges left where they are."""
    edges = _edges(grid)
    first = low if low is not None else scan[0] if edges[0] <= scan[0] <= grid[0] else float(grid[0])
    return first, scan[1] if grid[-1] <= scan[1] <= edges[1] else float(grid[-1])


def _edges(grid: Array) -> tuple[float, float]:
    """Return the ends of a grid, widened by what its printed digits may have cut off."""
    return (
        float(grid[0] * (grid[0] / grid[1]) ** _EDGE),
        float(grid[-1] * (grid[-1] / grid[-2]) ** _EDGE),
    )


@completed
def build(config: Options, release: Release, mode: str | None, approximate: str) -> SurfaceLikelihood:
    """Build from a declaration (see the module).

    Raises
    ------
    UnknownNameError
        For a column that the table does not have.
    NuanomalyError
        If the table is not a complete grid, or its edge is not one value where it is said to be.

    Examples
    --------
    >>> from nuanomaly.likelihood.build import likelihood
    >>> lsnd = likelihood("lsnd")
    >>> round(lsnd.chi2("2nu-mue", dm2_41=1.2, sin2_2theta_mue=0.003), 2)
    0.38
    """
    return _built(config, release.arrays(config["table"]), release.id, mode, approximate)


def private_surface(
    table: "pd.DataFrame",
    name: str,
    *,
    channel: str,
    dm2: str = DM2_41.name,
    amplitude: str = "sin2_2theta",
    value: str = "delta",
    no_oscillation: float | Literal["edge"] | None = None,
) -> SurfaceLikelihood:
    """Return a χ² table of a fit of your own, or of another code, as a data set.

    It can be given wherever a data set goes, is compared and combined like any released surface, and is
    marked private in every result.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per point of a complete grid, in any order: Δm² in eV², the effective sin²2θ, Δχ² or
        Δ(−2 ln L).
    name : str
        What it is called.
    channel : str
        What sin²2θ belongs to, such as ``numubar->nuebar``.
    dm2, amplitude, value : str
        The columns.
    no_oscillation : float or "edge", optional
        The value where nothing oscillates; ``edge``: that of the smallest amplitude. Without it smaller
        amplitudes than the table's are not applicable.

    Raises
    ------
    UnknownNameError
        For a column that the table does not have.
    NuanomalyError
        If the table is not a complete grid.

    Examples
    --------
    >>> import nuanomaly
    >>> released = nuanomaly.load("lsnd").table("likelihood")
    >>> columns = {"amplitude": "sin2_2theta_mue", "no_oscillation": "edge"}
    >>> mine = private_surface(released, "mine", channel="numubar->nuebar", **columns)
    >>> round(mine.chi2("2nu-mue", dm2_41=1.2, sin2_2theta_mue=0.003), 2)
    0.38
    """
    config: Options = {
        "table": "table",
        "channel": channel,
        "dm2": dm2,
        "amplitude": amplitude,
        "value": value,
        "restrictions": [],
    }
    if no_oscillation is not None:
        config["no_oscillation"] = no_oscillation
    columns = {str(column): table[column].to_numpy() for column in table}
    return replace(_built(config, columns, name, None, ""), private=True)


def _built(
    config: Options, frame: Mapping[str, NDArray[Any]], name: str, mode: str | None, approximate: str
) -> SurfaceLikelihood:
    dm2, amplitude, table = _grid(config, frame, name)
    keep = amplitude >= config.get("smallest_amplitude", 0.0)
    amplitude, table = amplitude[keep], np.ascontiguousarray(table[:, keep])
    null = config.get("no_oscillation")
    if null == "edge":
        null = _edge_value(table, name, config["table"])
    if amplitude[0] == 0.0:
        amplitude, table = amplitude[1:], np.ascontiguousarray(table[:, 1:])
    if min(dm2.size, amplitude.size) < 2 or dm2[0] <= 0.0:
        raise NuanomalyError(f"{name} {config['table']}: a surface needs two positive values per axis")
    return SurfaceLikelihood(
        release=name,
        mode=mode,
        statistic="delta",
        n_bins=None,
        approximate=approximate,
        channel=flavours(config["channel"])[:2],
        dm2=dm2,
        amplitude=amplitude,
        table=table,
        null=None if null is None else float(null),
        restrictions=tuple(config["restrictions"]),
    )


def _grid(config: Options, frame: Mapping[str, NDArray[Any]], id: str) -> tuple[Array, Array, Array]:
    """Return Δm² (I,), sin²2θ (J,) and the values (I, J) of a table with one row per grid point."""
    name = config["table"]
    names: tuple[Literal["dm2", "amplitude", "value"], ...] = ("dm2", "amplitude", "value")
    for key in names:
        if config[key] not in frame:
            raise UnknownNameError("column", config[key], frame, f"{id} {name}")
    dm2, i = np.unique(frame[config["dm2"]].astype(float), return_inverse=True)
    amplitude, j = np.unique(frame[config["amplitude"]].astype(float), return_inverse=True)
    table = np.full((dm2.size, amplitude.size), np.nan)
    values = frame[config["value"]].astype(float)
    table[i, j] = values
    if values.size != table.size or not np.isfinite(table).all():
        raise NuanomalyError(
            f"{id} {name}: {values.size} rows do not fill a grid of {dm2.size} × {amplitude.size}"
        )
    return dm2, amplitude, table


def _edge_value(table: Array, id: str, name: str) -> float:
    edge = table[:, 0]
    if np.ptp(edge) > 1e-6 * max(1.0, float(np.abs(edge).max())):
        raise NuanomalyError(
            f"{id} {name}: the smallest amplitude has values from {edge.min():g} to {edge.max():g}, "
            "so it is not the value of no oscillation: give no_oscillation as a number, or leave it out"
        )
    return float(edge[0])
