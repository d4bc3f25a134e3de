"""The numbers behind a figure: every line, step, bar, point and border that is drawn, as one table."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = ("panel", "kind", "label", "piece", "x", "y", "y_error_low", "y_error_high")
#: Labels that matplotlib gives to what has none.
_HIDDEN = "_"


def numbers(figure: "Figure") -> "pd.DataFrame":
    """Return what is drawn in data coordinates, a row for each point.

    Returns
    -------
    pandas.DataFrame
        ``panel`` counts the axes from 1; ``kind`` is ``line``, ``steps``, ``points``, ``bars`` or ``border``
        (of a region); ``piece`` tells apart what has one label. Steps give the left edge of each, and the
        last edge without a value.

    Examples
    --------
    >>> from nuanomaly.report import figures
    >>> figure, axes = figures.new(3, 2)
    >>> figures.curve(axes, [1.0, 2.0], [3.0, 4.0], "a line")
    >>> numbers(figure)[["kind", "label", "x", "y"]].values.tolist()
    [['line', 'a line', 1.0, 3.0], ['line', 'a line', 2.0, 4.0]]
    """
    import pandas as pd

    rows: list[tuple[Any, ...]] = []
    for panel, axes in enumerate(figure.axes, 1):
        for kind, label, piece, x, y, low, high in _drawn(axes):
            parts = np.broadcast_arrays(*(np.asarray(v, float) for v in (x, y, low, high)))
            rows += [
                (panel, kind, label, piece, *values)
                for values in zip(*(p.tolist() for p in parts), strict=True)
            ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


_Piece = tuple[str, str, int, ArrayLike, ArrayLike, ArrayLike, ArrayLike]


def _drawn(axes: "Axes") -> Iterator[_Piece]:
    from matplotlib.container import BarContainer, ErrorbarContainer

    within = set()
    for container in axes.containers:
        label = _shown(container.get_label())
        if isinstance(container, ErrorbarContainer):
            line = container.lines[0]
            within.add(id(line))
            if line is not None:
                yield _points(container, label)
        elif isinstance(container, BarContainer):
            boxes = [(p.get_x() + 0.5 * p.get_width(), p.get_y() + p.get_height()) for p in container.patches]
            if boxes:
                x, y = np.array(boxes, float).T
                yield "bars", label, 0, x, y, np.nan, np.nan
    for number, line in enumerate(axes.lines):
        x, y = (np.asarray(v, float) for v in line.get_data())
        if id(line) not in within and line.get_transform().contains_branch(axes.transData) and x.size > 1:
            yield "line", _shown(line.get_label()), number, x, y, np.nan, np.nan
    yield from _steps(axes)
    yield from _borders(axes)


def _points(container: Any, label: str) -> _Piece:
    """Return points with the ends of their vertical errors, if they have some."""
    x, y = (np.asarray(v, float) for v in container.lines[0].get_data())
    low = high = np.full(y.shape, np.nan)
    for bars in container.lines[2]:
        ends = np.array([segment for segment in bars.get_segments() if len(segment) == 2], float)
        if len(ends) == len(y) and np.all(ends[:, 0, 0] == ends[:, 1, 0]):
            low, high = y - ends[:, :, 1].min(axis=1), ends[:, :, 1].max(axis=1) - y
    return "points", label, 0, x, y, low, high


def _steps(axes: "Axes") -> Iterator[_Piece]:
    from matplotlib.patches import StepPatch

    for number, patch in enumerate(p for p in axes.patches if isinstance(p, StepPatch)):
        values, edges, _ = patch.get_data()
        yield "steps", _shown(patch.get_label()), number, edges, np.append(values, np.nan), np.nan, np.nan


def _borders(axes: "Axes") -> Iterator[_Piece]:
    """Yield the lines of contours; the filled ones have the same borders."""
    from matplotlib.contour import ContourSet

    for number, contour in enumerate(c for c in axes.collections if isinstance(c, ContourSet)):
        if contour.filled:
            continue
        for level, drawn in zip(contour.levels, contour.get_paths(), strict=True):
            path = drawn.deepcopy()
            path.should_simplify = False  # what is left out for pixels would be left out in units of the axes
            for k, polygon in enumerate(path.to_polygons(closed_only=False)):
                x, y = np.asarray(polygon, float).T
                yield "border", f"level {level:.6g} of set {number + 1}", k, x, y, np.nan, np.nan


def _shown(label: object) -> str:
    text = str(label or "")
    return "" if text.startswith(_HIDDEN) else text
