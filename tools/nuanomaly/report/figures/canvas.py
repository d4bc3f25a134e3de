"""Figures of the page's width, and what all kinds of figures share."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from nuanomaly.report.drawing import COLOURS, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


#: Axis labels of parameters, in matplotlib's own mathematics: Unicode has no subscript μ.
LABELS = {
    "sin2_2theta_ee": r"$\sin^2 2\theta_{ee}$",
    "sin2_2theta_mue": r"$\sin^2 2\theta_{\mu e}$",
    "sin2_2theta_mumu": r"$\sin^2 2\theta_{\mu\mu}$",
    "sin2_2theta": r"$\sin^2 2\theta$",
    "sin2_theta13": r"$\sin^2\theta_{13}$",
    "dm2_31": r"$\Delta m^2_{31}$ (eV²)",
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


def points(
    axes: "Axes",
    x: ArrayLike,
    y: ArrayLike,
    errors: ArrayLike | None,
    label: str,
    colour: str = "black",
    marker: str = "o",
) -> None:
    """Draw measured values with errors, shape (n,) or (2, n), or without."""
    with style():
        axes.errorbar(
            np.asarray(x, float),
            np.asarray(y, float),
            yerr=None if errors is None else np.asarray(errors, float),
            fmt=marker,
            label=label,
            color=COLOURS.get(colour, colour),
            markersize=5.0,
            linewidth=1.2,
            capsize=0.0,
            zorder=6,
        )


def band(
    axes: "Axes",
    centre: float,
    error: float | tuple[float, float],
    label: str,
    colour: str,
    vertical: bool = False,
) -> None:
    """Draw a value with its error, or its errors down and up, as a band across the axes."""
    tone = COLOURS.get(colour, colour)
    below, above = error if isinstance(error, tuple) else (error, error)
    with style():
        span, line = (axes.axvspan, axes.axvline) if vertical else (axes.axhspan, axes.axhline)
        span(centre - below, centre + above, color=tone, alpha=0.18, linewidth=0, zorder=0, label=label)
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
    entries: dict[str, Any] = {}
    for one in every:
        for handle, label in zip(*one.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    with style():
        renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
        for count in range(min(columns, len(entries)), 0, -1):
            made = figure.legend(
                list(entries.values()), list(entries), loc="outside lower center", ncols=count
            )
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
