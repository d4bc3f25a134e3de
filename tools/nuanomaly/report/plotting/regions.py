"""Allowed and excluded regions of one or several data sets, by Wilks' theorem or by toys."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.archive.catalog import entries
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.archive.release import Release
from nuanomaly.inference.feldman_cousins import FeldmanCousins
from nuanomaly.inference.grid import Axis
from nuanomaly.inference.runs import StoredRun
from nuanomaly.inference.scan import Scan
from nuanomaly.model.probabilities import Array
from nuanomaly.report import figures
from nuanomaly.report.figures.planes import upright
from nuanomaly.report.plotting.picture import TOGETHER, Picture, frame
from nuanomaly.report.published import DATASET, TABLES, contour

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DASHES = ("dashed", "dotted", "dashdot")
#: Colours of regions by toys, which are drawn as lines over those of Wilks' theorem.
_TOYS = ("black", "purple", "orange")


def regions(
    scans: Sequence[tuple[str, Scan, str]],
    levels: Sequence[float],
    contours: Sequence[str] = (),
    stored: Sequence[StoredRun] = (),
    least: Mapping[str, float] | None = None,
) -> Picture:
    """Draw the regions of scans (name, scan, colour) over one plane, and what is to be seen beside them.

    Parameters
    ----------
    least : mapping of str to float, optional
        The smallest value by name, that of a fit; where it is left out, the smallest on the grid.
    """
    least = least or {}
    figure, axes, x, y, turn = plane_of_axes(scans[0][1].axes)
    frames = []
    for name, scan, tone in scans:
        chosen: figures.Kind | None = "lines" if name == TOGETHER else None
        above = least.get(name)
        if figures.scan(axes, scan, levels, name, tone, chosen, above) != "excluded":
            figures.best_fit(axes, scan.best[x.name], scan.best[y.name], f"lowest point, {name}", tone)
        frames.append(frame(scan.axes, name, delta=scan.delta(above)))
    whole = scans[-1][1]
    delta = whole.delta(least.get(scans[-1][0]))
    for k, run in enumerate(stored):
        for cl in levels:
            critical = critical_values(run, whole.axes, cl)
            excess = delta - critical
            label = f"{run.name} (toys)"
            figures.region(axes, x.values, y.values, turn(excess), {cl: 0.0}, label, _TOYS[k % 3], "lines")
            frames.append(frame(whole.axes, label, delta=delta, critical=critical, level=_full(whole, cl)))
    return _finished(figure, axes, frames, x.name, contours)


def _full(scan: Scan, value: float) -> Array:
    return np.full(scan.delta().shape, value)


def by_toys(result: FeldmanCousins, contours: Sequence[str]) -> Picture:
    """Draw regions whose level differs from point to point."""
    name = " + ".join(result.datasets)
    figure, axes, x, y, turn = plane_of_axes(result.axes)
    delta = result.delta[: int(np.prod(result.shape))].reshape(result.shape)
    frames = []
    for cl in result.levels:
        excess = delta - result.critical_map(cl)
        figures.region(axes, x.values, y.values, turn(excess), {cl: 0.0}, name, "blue", "lines")
        frames.append(frame(result.axes, name, critical_minus=excess, level=np.full(result.shape, cl)))
    return _finished(figure, axes, frames, x.name, contours)


def critical_values(run: StoredRun, axes: Sequence[Axis], cl: float) -> Array:
    """Return stored critical values on a grid: linear between the points of the toys, else the nearest.

    Raises
    ------
    NuanomalyError
        If the run is no map of critical values, not of these parameters, or of other levels.
    """
    from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator

    table = run.tables.get("critical")
    column = f"critical_{100 * cl:.6g}"
    names = [a.name for a in axes]
    if table is None or not set(names) <= set(table.columns):
        raise NuanomalyError(f"run {run.name!r} holds no critical values over {', '.join(names)}")
    if column not in table.columns:
        known = [c.removeprefix("critical_") for c in table.columns if c.startswith("critical_")]
        raise NuanomalyError(f"run {run.name!r} has no level of {100 * cl:g} %: it has {', '.join(known)} %")
    at = [a.internal(table[a.name].to_numpy(float)) for a in axes]
    grid = np.meshgrid(*(a.internal(a.values) for a in axes), indexing="ij")
    values = table[column].to_numpy(float)
    if len(axes) == 1:
        order = np.argsort(at[0])
        return np.asarray(np.interp(grid[0], at[0][order], values[order]))
    if len(values) < 16:
        raise NuanomalyError(
            f"run {run.name!r} has toys at {len(values)} points: too few for a map of the plane"
        )
    where, wanted = np.column_stack(at), np.column_stack([g.ravel() for g in grid])
    between = LinearNDInterpolator(where, values)(wanted)
    nearest = NearestNDInterpolator(where, values)(wanted)
    return np.asarray(np.where(np.isfinite(between), between, nearest)).reshape(grid[0].shape)


def plane_of_axes(items: Sequence[Axis]) -> tuple[Any, ...]:
    """Return a figure with the axes of a plane, the splitting upright, and how to turn a grid to them."""
    x, y, turn = upright(items)
    figure, axes = figures.new(5.6, 5.2)
    figures.plane(axes, x.name, y.name, (x.low, x.high), (y.low, y.high))
    for axis, scale in ((x, axes.set_xscale), (y, axes.set_yscale)):
        if not axis.log:
            scale("linear")
    for axis, bounds in ((x, axes.set_xlim), (y, axes.set_ylim)):
        bounds(axis.low, axis.high)
    _labels(axes, x, y)
    return figure, axes, x, y, turn


def _labels(axes: "Axes", x: Axis, y: Axis) -> None:
    axes.set(xlabel=axis_label(x), ylabel=axis_label(y))


def axis_label(axis: Axis) -> str:
    """Return what stands at an axis: the symbol of a parameter, or its name with its unit."""
    if axis.name in figures.LABELS:
        return figures.LABELS[axis.name]
    return axis.name if axis.unit == "1" else f"{axis.name} ({axis.unit.replace('**2', '²')})"


def _finished(
    figure: "Figure", axes: "Axes", frames: "list[pd.DataFrame]", x: str, contours: Sequence[str]
) -> Picture:
    import pandas as pd

    for k, name in enumerate(contours):
        drawn = contour(name, _contour_releases(), x=x)
        figures.published(axes, drawn.pieces, f"{name}: {drawn.label}", "grey", _DASHES[k % len(_DASHES)])
    figures.legend(figure, axes, columns=2)
    return Picture(figure, pd.concat(frames, ignore_index=True))


def published_contours() -> Mapping[str, tuple[str, ...]]:
    """Return the names of all published contours by the amplitude of their plane.

    Examples
    --------
    >>> "gallium-2011" in published_contours()["sin2_2theta_ee"]
    True
    """
    names: dict[str, dict[str, None]] = {x: {} for x in TABLES}
    for release in _contour_releases():
        for x, table in TABLES.items():
            if table in release.tables:
                names[x] |= dict.fromkeys(release.table(table)["contour"].astype(str))
    return {x: tuple(entries) for x, entries in names.items()}


def _contour_releases() -> list[Release]:
    return [load(e.id) for e in entries() if e.name == DATASET and e.state == "released"]
