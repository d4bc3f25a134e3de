"""Pictures of what has no likelihood: contours, a panel each, and columns of numbers along the first."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.archive.release import Release
from nuanomaly.archive.tables import expand_columns
from nuanomaly.report import figures
from nuanomaly.report.drawing import COLOURS, style
from nuanomaly.report.portrait.picture import Drawn, drawn
from nuanomaly.report.portrait.plane import pieces_of
from nuanomaly.report.words import unit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_TABLES = 4
_LINES = 5
#: Units of what a spectrum is a spectrum of.
_ALONG = ("MeV", "GeV", "keV", "eV", "photoelectron", "m", "m/MeV", "km/GeV")
#: More points than this are drawn as an image within the figure.
_MANY = 400
#: Kinds of tables whose columns are drawn, those that look like a measurement first.
_PLAIN = ("bins", "spectrum", "table", "surface", "events")
#: Those that are drawn where a release has nothing else.
_BULKY = ("surface", "events")
_ERRORS = ("error", "uncertainty", "sigma", "err")


def contours(release: Release) -> list[Drawn]:
    """Draw each table of contours: a panel for each contour, all others of the table in grey."""
    items = []
    for name, table in release.metadata["tables"].items():
        columns = [c["name"] for c in table["columns"]]
        amplitude = next((c for c in columns if c.startswith("sin2_2theta")), None)
        if table["kind"] == "contour" and amplitude and "dm2_41" in columns:
            items.append(_contours(release, name, amplitude))
    return items


def _contours(release: Release, name: str, amplitude: str) -> Drawn:
    curves = dict(pieces_of(release.table(name), amplitude, name))
    across = min(3, len(curves))
    rows = -(-len(curves) // across)
    figure, grid = figures.new(7.3, max(3.2, 2.4 * rows), rows, across, squeeze=False)
    for axes, (title, pieces) in zip(grid.ravel(), curves.items(), strict=False):
        x_all, y_all = (np.concatenate([np.asarray(piece[k], float) for piece in pieces]) for k in (0, 1))
        figures.plane(axes, amplitude, "dm2_41", _around(x_all), _around(y_all), title)
        with style():
            for other in curves.values():
                for x, y in other:
                    axes.plot(x, y, color="#cfcfcf", linewidth=0.6, zorder=1)
        figures.published(axes, pieces, title, "blue", "solid")
    for axes in grid.ravel()[len(curves) :]:
        axes.set_visible(False)
    caption = (
        f"The {len(curves)} contours of the table `{name}`, each in its panel with all others in grey. "
        "Contours that were read off figures are pictures, never terms of a χ²."
        if len(curves) > 1
        else f"The contour of the table `{name}`."
    )
    return drawn(figure, f"contours-{name}", f"Contours of {name} of {release.id}", caption)


def _around(values: Any) -> tuple[float, float]:
    """Return the range of a contour with some room, so that what is near to it is seen too."""
    good = values[values > 0.0]
    return 0.5 * float(good.min()), 2.0 * float(good.max())


def plain(release: Release) -> Drawn | None:
    """Draw the columns of the first tables along their bins, energies or first numbers."""
    tables = sorted(
        (n for n, t in release.metadata["tables"].items() if t["kind"] in _PLAIN),
        key=lambda n: _PLAIN.index(release.metadata["tables"][n]["kind"]),
    )
    readable = [(n, frame) for n in tables if (frame := _numbers(release, n)) is not None][:_TABLES]
    if not readable:
        return None
    measured = [(n, f) for n, f in readable if release.metadata["tables"][n]["kind"] not in _BULKY]
    readable = measured or readable
    across = min(2, len(readable))
    rows = -(-len(readable) // across)
    figure, grid = figures.new(7.3, 0.4 + 3.0 * rows, rows, across, squeeze=False)
    for axes, (name, frame) in zip(grid.ravel(), readable, strict=False):
        _columns(axes, release, name, frame)
    for axes in grid.ravel()[len(readable) :]:
        axes.set_visible(False)
    listed = ", ".join(f"`{n}`" for n, _ in readable)
    caption = f"Numbers of the tables {listed}, along their first column; the tables below say what each is."
    return drawn(figure, "tables", f"Columns of tables of {release.id}", caption)


def _numbers(release: Release, name: str) -> "pd.DataFrame | None":
    frame = release.table(name).select_dtypes("number")
    good = frame.shape[0] > 2 and frame.shape[1] > 1
    return frame if good else None


def _columns(axes: "Axes", release: Release, name: str, frame: "pd.DataFrame") -> None:
    units = {c.name: c.unit for c in expand_columns(release.metadata["tables"][name]["columns"])}
    pair = edges_of(units)
    first = pair[0] if pair else str(frame.columns[0])
    x = frame[first].to_numpy(float)
    if pair:
        x = 0.5 * (x + frame[pair[1]].to_numpy(float))
    left = [c for c in frame.columns if c not in (pair or (first,))]
    values = [c for c in left if not any(word in c for word in _ERRORS)][:_LINES] or left[:1]
    dense = len(x) > 60
    with style():
        for k, column in enumerate(values):
            y = frame[column].to_numpy(float)
            error = next((c for c in left if c.startswith(column) and c != column and _is_error(c)), None)
            tone = list(COLOURS.values())[k]
            bars: Any = None if error is None or dense else np.abs(frame[error].to_numpy(float))
            axes.errorbar(
                x, y, yerr=bars, label=column.replace("_", " "), color=tone,
                fmt="." if dense else "o", markersize=2.0 if dense else 3.5, linewidth=1.0,
                rasterized=len(x) > _MANY,
            )  # fmt: skip
        along = unit(units.get(first, "1"))
        axes.set(xlabel=axis_name(first) + (f" ({along})" if along else ""), title=name)
        shared = {units.get(c, "1") for c in values}
        axes.set_ylabel(unit(shared.pop()) if len(shared) == 1 else "")
        finite = [frame[c].to_numpy(float) for c in values]
        positive = np.concatenate(finite)
        if np.all(positive > 0.0) and positive.max() > 300.0 * positive.min():
            axes.set_yscale("log")
        if np.all(x > 0.0) and x.max() > 300.0 * x.min():
            axes.set_xscale("log")
        axes.legend(fontsize=7.5, loc="best")


def _is_error(column: str) -> bool:
    return any(word in column for word in _ERRORS)


def edges_of(units: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the columns of the lower and upper edges of bins, if a table with these units has them.

    Examples
    --------
    >>> edges_of({"energy_low": "MeV", "energy_high": "MeV"})
    ('energy_low', 'energy_high')
    """
    for low, one in units.items():
        for a, b in (("low", "high"), ("lower", "upper"), ("min", "max")):
            high = low.replace(a, b)
            if a in low.split("_") and high in units and one in _ALONG and units[high] == one:
                return low, high
    return None


def axis_name(column: str) -> str:
    """Return what an axis is called by its column.

    Examples
    --------
    >>> axis_name("energy_low"), axis_name("low"), axis_name("positron_energy")
    ('energy', 'energy', 'positron energy')
    """
    kept = [part for part in column.split("_") if part not in ("low", "high", "lower", "upper", "min", "max")]
    return " ".join(kept) or "energy"
