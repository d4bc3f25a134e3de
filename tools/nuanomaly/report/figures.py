"""Figures as this field draws them: allowed regions, spectra over stacked backgrounds, ratios.

Every function draws on axes that :func:`new` made and returns nothing; captions, which say what the regions
are and when the data were taken, are added by :meth:`nuanomaly.report.context.Page.figure`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from nuanomaly.model.base import Array
from nuanomaly.report.drawing import COLOURS, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Axis labels of parameters, in matplotlib's own mathematics: Unicode has no subscript μ.
LABELS = {
    "sin2_2theta_ee": r"$\sin^2 2\theta_{ee}$",
    "sin2_2theta_mue": r"$\sin^2 2\theta_{\mu e}$",
    "sin2_2theta_mumu": r"$\sin^2 2\theta_{\mu\mu}$",
    "dm2_41": r"$\Delta m^2_{41}$ (eV²)",
    "Ue4_sq": r"$|U_{e4}|^2$",
    "Umu4_sq": r"$|U_{\mu 4}|^2$",
    "Utau4_sq": r"$|U_{\tau 4}|^2$",
}
_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def new(
    width: float = 7.3, height: float = 4.8, rows: int = 1, columns: int = 1, **keywords: Any
) -> "tuple[Figure, Any]":
    """Return a figure of the page's width and its axes (as :func:`matplotlib.pyplot.subplots` does).

    Parameters
    ----------
    width, height : float
        In inches; 7.3 is the width of a page's text (700 pixels).
    """
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(width, height))
        return figure, figure.subplots(rows, columns, **keywords)


def wilks(confidence: float, dof: int = 2) -> float:
    """Return the Δχ² of a confidence level by Wilks' theorem.

    Examples
    --------
    >>> round(wilks(0.90), 3)
    4.605
    """
    return float(stats.chi2.ppf(confidence, dof))


def percent(confidence: float) -> str:
    """Return a confidence level as it is written: ``0.9973`` → ``99.73 %``."""
    return f"{100.0 * confidence:.6g} %"


def power(value: float, _position: int | None = None) -> str:
    """Return a tick label: 0.01 to 100 written out, else a power of ten."""
    if value <= 0.0:
        return f"{value:g}"
    exponent = round(float(np.log10(value)))
    if not np.isclose(value, 10.0**exponent):
        return ""
    return f"{value:g}" if -2 <= exponent <= 2 else f"10{str(exponent).translate(_SUPERSCRIPT)}"


def plane(
    axes: "Axes",
    x: str = "sin2_2theta_ee",
    y: str = "dm2_41",
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    title: str = "",
) -> None:
    """Make log-log axes of an oscillation plane; ``x`` and ``y`` are names of parameters."""
    from matplotlib.ticker import FuncFormatter, LogLocator

    with style():
        axes.set(xscale="log", yscale="log", xlabel=LABELS.get(x, x), ylabel=LABELS.get(y, y))
        for axis, limits, change in ((axes.xaxis, xlim, axes.set_xlim), (axes.yaxis, ylim, axes.set_ylim)):
            axis.set_major_locator(LogLocator(numticks=12))
            axis.set_major_formatter(FuncFormatter(power))
            axis.set_minor_formatter(FuncFormatter(lambda value, position: ""))
            if limits:
                change(*limits)
        axes.grid(True, which="major", color="#e4e4e4", linewidth=0.6, zorder=0)
        axes.set_axisbelow(True)
        if title:
            axes.set_title(title)


def region(
    axes: "Axes",
    x: ArrayLike,
    y: ArrayLike,
    delta: ArrayLike,
    levels: Mapping[float, float] | Sequence[float],
    label: str,
    colour: str,
    kind: Literal["allowed", "excluded", "lines"] = "allowed",
) -> None:
    """Draw the regions of a scan at several confidence levels, the innermost darkest.

    Parameters
    ----------
    x, y : array, shape (X,) and (Y,)
        The grid.
    delta : array, shape (Y, X)
        Difference of the statistic from its minimum.
    levels : mapping or sequence
        Critical Δ by confidence level, or confidence levels (Wilks, 2 dof).
    kind : {"allowed", "excluded", "lines"}
        Allowed regions are filled; ``excluded`` shades what the lowest level excludes; ``lines`` draws the
        borders alone: solid, dashed, dotted from the lowest level up.
    """
    critical = dict(levels) if isinstance(levels, Mapping) else {cl: wilks(cl) for cl in levels}
    tone = COLOURS.get(colour, colour)
    values, grid_x, grid_y = np.asarray(delta, float), np.asarray(x, float), np.asarray(y, float)
    values = np.where(np.isfinite(values), values, 1e6)
    with style():
        for depth, (_, level) in enumerate(sorted(critical.items())):
            if kind == "allowed":
                axes.contourf(
                    grid_x, grid_y, values, levels=[-1e9, level], colors=[tone], alpha=_alpha(depth), zorder=2
                )
            elif kind == "excluded" and depth == 0:
                axes.contourf(
                    grid_x, grid_y, values, levels=[level, 1e9], colors=[tone], alpha=0.10, zorder=1
                )
            line = "solid" if kind == "allowed" else _DASHES[min(depth, 2)]
            width = 1.7 - 0.4 * min(depth, 2)
            axes.contour(
                grid_x, grid_y, values, [level], colors=[tone], linewidths=width, linestyles=[line], zorder=3
            )
        levels_text = ", ".join(f"{100 * cl:.6g}" for cl in sorted(critical)) + " % CL"
        _region_entry(axes, f"{label}, {levels_text}", tone, kind)


_DASHES = ("solid", "dashed", "dotted")


def _alpha(depth: int) -> float:
    return (0.50, 0.22, 0.12)[min(depth, 2)]


def _region_entry(axes: "Axes", label: str, tone: str, kind: str) -> None:
    """Add an empty patch or line that stands in the legend for a region."""
    from matplotlib.colors import to_rgba

    if kind == "lines":
        axes.plot([], [], color=tone, label=label)
        return
    face = to_rgba(tone, _alpha(0) if kind == "allowed" else 0.10)
    axes.fill([np.nan], [np.nan], facecolor=face, edgecolor=tone, linewidth=1.5, label=label)


def published(
    axes: "Axes",
    curves: Sequence[tuple[ArrayLike, ArrayLike]],
    label: str,
    colour: str = "black",
    linestyle: str = "dashed",
) -> None:
    """Overlay a published contour, in pieces of (x, y); say in the label if it is official or digitised."""
    with style():
        for number, (x, y) in enumerate(curves):
            axes.plot(
                np.asarray(x, float),
                np.asarray(y, float),
                color=COLOURS.get(colour, colour),
                linestyle=linestyle,
                linewidth=1.3,
                zorder=5,
                label=label if number == 0 else None,
            )


def chains(x: ArrayLike, y: ArrayLike, gap: float = 0.05) -> list[tuple[Array, Array]]:
    """Return points of curves, given in no order, as connected pieces.

    Each piece grows at both ends to the nearest point that is left, as long as it is nearer than ``gap``.

    Parameters
    ----------
    x, y : array, shape (n,)
        Positive: distances are taken in their decimal logarithms.
    gap : float
        In decades.

    Examples
    --------
    >>> pieces = chains([1.0, 1.2, 1.1, 9.0, 9.5], [1.0, 1.0, 1.0, 1.0, 1.0])
    >>> sorted(sorted(piece.tolist()) for piece, _ in pieces)
    [[1.0, 1.1, 1.2], [9.0, 9.5]]
    """
    given = np.column_stack([np.asarray(x, float), np.asarray(y, float)])
    where = np.log10(given)
    left = set(range(len(where)))
    pieces = []
    while left:
        piece = [left.pop()]
        for end in (-1, 0):
            while left:
                rest = np.fromiter(sorted(left), int)
                distance = np.hypot(*(where[rest] - where[piece[end]]).T)
                if distance.min() > gap:
                    break
                nearest = int(rest[np.argmin(distance)])
                left.remove(nearest)
                piece.insert(0 if end == 0 else len(piece), nearest)
        pieces.append(given[piece])
    return [(piece[:, 0], piece[:, 1]) for piece in pieces if len(piece) > 1]


def best_fit(
    axes: "Axes", x: float, y: float, label: str, colour: str, marker: str = "*", published: bool = False
) -> None:
    """Mark a best fit: a star, open if it is a published one."""
    tone = COLOURS.get(colour, colour)
    size = 13.0 if marker == "*" else 7.5
    with style():
        axes.plot(
            [x],
            [y],
            marker=marker,
            markersize=size,
            linestyle="none",
            label=label,
            zorder=7,
            clip_on=False,
            markerfacecolor="white" if published else tone,
            markeredgecolor=tone if published else "#1a1a1a",
            markeredgewidth=1.2 if published else 0.8,
        )


def spectrum(
    axes: "Axes",
    edges: ArrayLike,
    parts: Mapping[str, ArrayLike],
    data: ArrayLike | None = None,
    errors: ArrayLike | None = None,
    added: Mapping[str, ArrayLike] | None = None,
    xlabel: str = "",
    ylabel: str = "events",
    per: float | None = None,
) -> None:
    """Draw a spectrum: stacked parts, data with errors, and signals added on top of the stack as lines.

    Parameters
    ----------
    edges : array, shape (n + 1,)
    parts : mapping of str to array, shape (n,)
        Stacked from below, by label.
    data, errors : array, shape (n,)
        Errors are (n,) or (2, n).
    added : mapping
        Expectations drawn as steps on top of the summed parts, such as a best fit.
    per : float, optional
        Contents are divided by the bin width and multiplied by this (events per ``per`` units).
    """
    borders = np.asarray(edges, float)
    scale = np.ones(borders.size - 1) if per is None else per / np.diff(borders)
    shades = ("#cfd8dc", "#b0c4d8", "#d9cfe3", "#e3dccb", "#c8dcc9", "#e0c8c8", "#bdbdbd")
    lines = (COLOURS["vermillion"], COLOURS["blue"], COLOURS["green"], COLOURS["purple"])
    total = np.zeros(borders.size - 1)
    with style():
        for number, (label, part) in enumerate(parts.items()):
            below, total = total, total + np.asarray(part, float) * scale
            axes.stairs(
                total,
                borders,
                baseline=below,
                fill=True,
                label=label,
                facecolor=shades[number % len(shades)],
                edgecolor="#8a8a8a",
                linewidth=0.4,
                zorder=1,
            )
        if parts:
            axes.stairs(total, borders, baseline=None, color="#555555", linewidth=1.0, zorder=2)
        for number, (label, signal) in enumerate((added or {}).items()):
            axes.stairs(
                total + np.asarray(signal, float) * scale,
                borders,
                baseline=None,
                label=label,
                linewidth=1.8,
                color=lines[number % len(lines)],
                linestyle=("solid", "dashed", "dashdot", "dotted")[number % 4],
                zorder=3,
            )
        if data is not None:
            bars = None if errors is None else np.asarray(errors, float) * scale
            _points(axes, 0.5 * (borders[1:] + borders[:-1]), np.asarray(data, float) * scale, bars, "data")
        axes.set(xlabel=xlabel, ylabel=ylabel, xlim=(borders[0], borders[-1]))
        axes.margins(y=0.12)


def uncertainty(
    axes: "Axes", edges: ArrayLike, centre: ArrayLike, error: ArrayLike, label: str, per: float | None = None
) -> None:
    """Hatch the error of a stacked prediction, shape (n,), bin by bin (``per`` as for :func:`spectrum`)."""
    borders = np.asarray(edges, float)
    scale = np.ones(borders.size - 1) if per is None else per / np.diff(borders)
    middle, half = np.asarray(centre, float) * scale, np.asarray(error, float) * scale
    with style():
        axes.stairs(
            middle + half,
            borders,
            baseline=middle - half,
            fill=True,
            facecolor="none",
            edgecolor="#555555",
            hatch="////",
            linewidth=0.0,
            label=label,
            zorder=4,
        )


def _points(axes: "Axes", x: Array, y: Array, bars: Array | None, label: str, colour: str = "black") -> None:
    tone = COLOURS.get(colour, colour)
    axes.errorbar(
        x,
        y,
        yerr=bars,
        fmt="o",
        color=tone,
        markersize=4.5,
        linewidth=1.2,
        capsize=0.0,
        label=label,
        zorder=6,
    )


def points(
    axes: "Axes",
    x: ArrayLike,
    y: ArrayLike,
    errors: ArrayLike,
    label: str,
    colour: str = "black",
    marker: str = "o",
) -> None:
    """Draw measured values with errors, shape (n,) or (2, n)."""
    with style():
        axes.errorbar(
            np.asarray(x, float),
            np.asarray(y, float),
            yerr=np.asarray(errors, float),
            fmt=marker,
            label=label,
            color=COLOURS.get(colour, colour),
            markersize=5.0,
            linewidth=1.2,
            capsize=0.0,
            zorder=5,
        )


def ladder(
    axes: "Axes",
    labels: Sequence[str],
    values: ArrayLike,
    errors: ArrayLike,
    colours: Sequence[str] | str = "blue",
    outer: ArrayLike | None = None,
    reference: float | None = 1.0,
    xlabel: str = "measured / expected",
) -> None:
    """Draw values one below the other with horizontal errors, ``outer`` as a second, thinner error."""
    centre, bars = np.asarray(values, float), np.asarray(errors, float)
    rows = np.arange(len(labels))[::-1]
    tones = [colours] * len(labels) if isinstance(colours, str) else list(colours)
    with style():
        if reference is not None:
            axes.axvline(reference, color="#767676", linewidth=1.0, zorder=1)
        for number, row in enumerate(rows):
            tone = COLOURS.get(tones[number], tones[number])
            if outer is not None:
                wide = np.asarray(outer, float)[..., [number]]
                axes.errorbar(
                    centre[[number]], [row], xerr=wide, fmt="none", ecolor=tone, elinewidth=1.0, zorder=3
                )
            axes.errorbar(
                centre[[number]],
                [row],
                xerr=bars[..., [number]],
                fmt="o",
                color=tone,
                markersize=5.5,
                linewidth=2.4,
                zorder=4,
            )
        axes.set_yticks(rows, labels)
        axes.set_ylim(-0.7, len(labels) - 0.3)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(xlabel)


def band(axes: "Axes", centre: float, error: float, label: str, colour: str, vertical: bool = False) -> None:
    """Draw a value with its error as a band across the axes."""
    tone = COLOURS.get(colour, colour)
    with style():
        span, line = (axes.axvspan, axes.axvline) if vertical else (axes.axhspan, axes.axhline)
        span(centre - error, centre + error, color=tone, alpha=0.18, linewidth=0, zorder=0, label=label)
        line(centre, color=tone, linewidth=1.0, zorder=1)


def curve(
    axes: "Axes", x: ArrayLike, y: ArrayLike, label: str, colour: str = "blue", linestyle: str = "solid"
) -> None:
    """Draw a line."""
    with style():
        axes.plot(
            np.asarray(x, float),
            np.asarray(y, float),
            label=label,
            color=COLOURS.get(colour, colour),
            linestyle=linestyle,
            zorder=3,
        )


def legend(figure: "Figure", axes: "Axes | Sequence[Axes]", columns: int = 3) -> None:
    """Put one legend below all axes, where it hides nothing, in as many columns as there is room for."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    every = list(axes) if isinstance(axes, Sequence | np.ndarray) else [axes]
    found: dict[str, Any] = {}
    for one in every:
        for handle, label in zip(*one.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    with style():
        renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
        for count in range(min(columns, len(found)), 0, -1):
            made = figure.legend(list(found.values()), list(found), loc="outside lower center", ncols=count)
            if made.get_window_extent(renderer).width < 0.97 * figure.bbox.width or count == 1:
                break
            made.remove()


def note(axes: "Axes", text: str, x: float = 0.03, y: float = 0.04, colour: str = "black") -> None:
    """Write a few words into the axes, at a fraction of their width and height."""
    with style():
        axes.text(
            x,
            y,
            text,
            transform=axes.transAxes,
            fontsize=9,
            color=COLOURS.get(colour, colour),
            zorder=8,
            ha="left" if x < 0.5 else "right",
            va="bottom" if y < 0.5 else "top",
        )
