"""Spectra over stacked backgrounds, and values one below the other."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from nuanomaly.report.drawing import COLOURS, style
from nuanomaly.report.figures.canvas import points

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
            points(axes, 0.5 * (borders[1:] + borders[:-1]), np.asarray(data, float) * scale, bars, "data")
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
