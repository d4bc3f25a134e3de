"""Allowed and excluded regions in the plane of an amplitude and a mass splitting."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.grid import Axis
from nuanomaly.inference.scan import Scan
from nuanomaly.model.probabilities import Array
from nuanomaly.report.drawing import COLOURS, between, style
from nuanomaly.report.figures.canvas import LABELS, power, wilks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: How a region is drawn.
Kind = Literal["allowed", "excluded", "lines"]


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
            axis.set_minor_formatter(
                FuncFormatter(between if limits and limits[1] < 30.0 * limits[0] else _none)
            )
            if limits:
                change(*limits)
        axes.grid(True, which="major", color="#e4e4e4", linewidth=0.6, zorder=0)
        axes.set_axisbelow(True)
        if title:
            axes.set_title(title)


def _none(value: float, position: int | None = None) -> str:
    return ""


def upright(items: Sequence[Axis]) -> tuple[Axis, Axis, Callable[[Array], Array]]:
    """Return the axes of a plane across and up, the mass splitting upright, and how to turn a grid to them.

    Raises
    ------
    NuanomalyError
        If there are not two axes.
    """
    if len(items) != 2:
        names = ", ".join(a.name for a in items)
        raise NuanomalyError(f"regions are drawn in a plane, and {len(items)} parameters are free ({names})")
    up = 0 if items[0].unit == "eV**2" else 1
    return items[1 - up], items[up], (lambda grid: grid if up == 0 else grid.T)


def kind_of(delta: ArrayLike, levels: Sequence[float]) -> Kind:
    """Return how a region is drawn: ``excluded`` if it holds all the smallest amplitudes, else ``allowed``.

    Where no amplitude is allowed as well, what is not allowed is the smaller part of the plane.

    Parameters
    ----------
    delta : array, shape (Y, X)
        Difference of the statistic from its minimum, amplitudes across.

    Examples
    --------
    >>> kind_of([[0.1, 20.0], [0.0, 30.0]], (0.90, 0.99)), kind_of([[9.0, 0.0], [1.0, 4.0]], (0.90, 0.99))
    ('excluded', 'allowed')
    """
    left = np.asarray(delta, float)[:, 0]
    return "excluded" if bool((left < wilks(min(levels))).all()) else "allowed"


def scan(
    axes: "Axes",
    result: Scan,
    levels: Mapping[float, float] | Sequence[float],
    label: str,
    colour: str,
    kind: Kind | None = None,
    above: float | None = None,
) -> Kind:
    """Draw the regions of a scan of two parameters, and return the kind of region that was drawn.

    Parameters
    ----------
    result : Scan
        Its axes may stand in any order: the mass splitting is drawn upright.
    levels, label, colour
        As for :func:`region`.
    kind : {"allowed", "excluded", "lines"}, optional
        As :func:`kind_of` says if left out.
    above : float, optional
        The smallest value, such as that of a fit, which may lie between the points of the grid.

    Raises
    ------
    NuanomalyError
        If the scan has not two axes.
    """
    x, y, turn = upright(result.axes)
    delta = turn(result.delta(above))
    drawn = kind or kind_of(delta, tuple(levels))
    region(axes, x.values, y.values, delta, levels, label, colour, drawn)
    return drawn


def region(
    axes: "Axes",
    x: ArrayLike,
    y: ArrayLike,
    delta: ArrayLike,
    levels: Mapping[float, float] | Sequence[float],
    label: str,
    colour: str,
    kind: Kind = "allowed",
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


def ellipse(
    axes: "Axes",
    x: ArrayLike,
    y: ArrayLike,
    centre: ArrayLike,
    covariance: ArrayLike,
    levels: Mapping[float, float] | Sequence[float],
    label: str,
    colour: str,
) -> None:
    """Draw the regions of two parameters with Gaussian errors.

    Parameters
    ----------
    x, y : array, shape (X,) and (Y,)
        The grid.
    centre : array, shape (2,)
    covariance : array, shape (2, 2)
    levels, label, colour
        As for :func:`region`.
    """
    at, weight = np.asarray(centre, float), np.linalg.inv(np.asarray(covariance, float))
    across, up = np.meshgrid(np.asarray(x, float) - at[0], np.asarray(y, float) - at[1])
    delta = weight[0, 0] * across**2 + 2.0 * weight[0, 1] * across * up + weight[1, 1] * up**2
    region(axes, x, y, delta, levels, label, colour)


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
    """Overlay a published contour, in pieces of (x, y); say in the label if it is official or digitised.

    Points that were read off a figure in no order are joined as :func:`in_order` finds them. A line whose
    stroke is on these axes already takes another one: colours alone do not tell lines apart.
    """
    linestyle = _unused(axes, linestyle, _STROKES)
    pieces = [piece for x, y in curves for piece in in_order(x, y)]
    with style():
        for number, (x, y) in enumerate(pieces):
            axes.plot(
                np.asarray(x, float),
                np.asarray(y, float),
                color=COLOURS.get(colour, colour),
                linestyle=linestyle,
                linewidth=1.3,
                zorder=5,
                label=label if number == 0 else None,
            )


#: Strokes of published curves and shapes of best fits, in the order in which they are taken.
_STROKES = (
    "dashed",
    "dotted",
    "dashdot",
    (0, (8, 2)),
    (0, (5, 1, 1, 1, 1, 1)),
    (0, (1, 3)),
    (0, (9, 2, 3, 2)),
)
_MARKS = ("*", "D", "s", "^", "v", "p", "h")
_used: "WeakKeyDictionary[Axes, set[object]]" = WeakKeyDictionary()


def _unused(axes: "Axes", wanted: Any, known: Sequence[Any]) -> Any:
    """Return a stroke or shape that is not on axes yet: the wanted one, or the next that is free.

    Examples
    --------
    >>> from nuanomaly.report import figures
    >>> _, axes = figures.new(3, 2)
    >>> [_unused(axes, "dashed", _STROKES) for _ in range(3)]
    ['dashed', 'dotted', 'dashdot']
    """
    taken = _used.setdefault(axes, set())
    chosen = wanted
    if wanted in taken:
        chosen = next((one for one in known if one not in taken), wanted)
    taken.add(chosen)
    return chosen


def in_order(x: ArrayLike, y: ArrayLike, gap: float = 0.3) -> list[tuple[ArrayLike, ArrayLike]]:
    """Return a curve as it is given, or its pieces by :func:`chains` if its points are in no order.

    They are in none if a path from each to its nearest neighbour is less than half as long as the one given.

    Examples
    --------
    >>> curve = np.geomspace(1.0, 2.0, 9)
    >>> [(piece, _)] = in_order(curve, curve)
    >>> piece is curve
    True
    >>> [(piece, _)] = in_order(curve[[0, 8, 1, 7, 2, 6, 3, 5, 4]], curve[[0, 8, 1, 7, 2, 6, 3, 5, 4]])
    >>> bool((np.diff(piece) > 0.0).all() or (np.diff(piece) < 0.0).all())
    True
    """
    given = np.column_stack([np.asarray(x, float), np.asarray(y, float)])
    if len(given) < 3 or not (given > 0.0).all():
        return [(x, y)]
    walked = chains(given[:, 0], given[:, 1], np.inf)
    if _length(given) <= 2.0 * sum(_length(np.column_stack(piece)) for piece in walked):
        return [(x, y)]
    return [(one, other) for one, other in chains(given[:, 0], given[:, 1], gap)]


def _length(points: Array) -> float:
    """Return the length of a path in decades."""
    return float(np.hypot(*np.diff(np.log10(points), axis=0).T).sum())


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
    """Mark a best fit: a star, open if it is a published one; further ones of these axes differ in shape."""
    tone = COLOURS.get(colour, colour)
    marker = marker if published else _unused(axes, marker, _MARKS)
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
