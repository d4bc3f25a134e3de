"""Figures for a paper or a notebook: regions, profiles, spectra with pulls, a survey as a chart.

The same building blocks as on the pages, so that a figure looks the same in both places. A :class:`Picture`
holds the figure and the numbers behind it, shows itself in a notebook, and is saved as PDF, PNG or SVG beside
a CSV.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.archive.catalog import entries
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.release import load
from nuanomaly.inference.analysis import Analysis
from nuanomaly.inference.datasets import atoms, shown
from nuanomaly.inference.feldman_cousins import FeldmanCousins
from nuanomaly.inference.fit import Fit, fit_of, profile_of
from nuanomaly.inference.grid import Axis
from nuanomaly.inference.question import Question
from nuanomaly.inference.scan import Scan, scan_of
from nuanomaly.inference.survey import Verdict
from nuanomaly.report import figures
from nuanomaly.report.drawing import COLOURS, style
from nuanomaly.report.figures.planes import upright
from nuanomaly.report.published import DATASET, contour

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: What can be drawn of an analysis.
KINDS = ("regions", "profile", "spectrum")
#: Formats of a saved figure.
FORMATS = ("pdf", "png", "svg")
#: Colours of data sets, in the order they are drawn, and of all of them together.
_TONES, _JOINT = ("blue", "vermillion", "green", "orange", "purple", "sky"), "black"


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure and the numbers behind it.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
    table : pandas.DataFrame
        What was drawn.
    """

    figure: "Figure"
    table: "pd.DataFrame"

    def save(self, path: str | Path) -> tuple[Path, Path]:
        """Write the figure (the suffix says the format) and, beside it, the numbers as CSV.

        Raises
        ------
        NuanomalyError
            For a suffix that is none of ``.pdf``, ``.png``, ``.svg``.
        """
        file = Path(path)
        if file.suffix.lstrip(".") not in FORMATS:
            raise NuanomalyError(f"{file.name}: a figure is saved as .pdf, .png or .svg")
        file.parent.mkdir(parents=True, exist_ok=True)
        dates = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}
        with style():
            self.figure.savefig(file, dpi=200, metadata=dates.get(file.suffix))
        numbers = file.with_suffix(".csv")
        self.table.to_csv(numbers, index=False)
        return file, numbers

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        with style():
            self.figure.savefig(buffer, format="png", dpi=110)
        return buffer.getvalue()


def plot(
    what: "Analysis | Scan | FeldmanCousins | Fit | Sequence[Verdict]",
    *,
    kind: str = "",
    parameter: str = "",
    at: Mapping[str, float] | None = None,
    levels: Sequence[float] = (0.90, 0.99),
    contours: Sequence[str] = (),
) -> Picture:
    """Draw an analysis or a result.

    Parameters
    ----------
    what : Analysis, Scan, FeldmanCousins, Fit or list of Verdict
        Of an analysis of several sides each side is drawn, and all together.
    kind : {"regions", "profile", "spectrum"}, optional
        What to draw of an analysis: regions if two parameters are free, else the profile.
    parameter : str, optional
        Of a profile; the first free one if left out.
    at : mapping, optional
        The point of a spectrum; the best fit if left out.
    levels : sequence of float
        Confidence levels (Wilks' theorem, two degrees of freedom in a plane and one in a profile; critical
        values by toys for a :class:`FeldmanCousins`).
    contours : sequence of str
        Published contours to draw over regions, by their names in the releases ``contours``.

    Raises
    ------
    UnknownNameError
        For an unknown kind or contour.
    NuanomalyError
        If it cannot be drawn that way.

    Examples
    --------
    >>> from nuanomaly.inference.analysis import Analysis
    >>> grid = {"dm2_41": (0.1, 10.0, 21, "log"), "sin2_2theta_ee": (0.01, 1.0, 15, "log")}
    >>> picture = plot(Analysis("gallex", "2nu-ee", grid=grid), contours=["gallium-2011"])
    >>> sorted(set(picture.table["data"]))
    ['gallex@2010-r2']
    """
    if find_spec("matplotlib") is None:
        raise NuanomalyError('figures need matplotlib: install it with pip install "nuanomaly[report]"')
    if isinstance(what, Scan | FeldmanCousins):
        return _of_result(what, levels, contours)
    if isinstance(what, Fit) and what.question is not None:
        return _spectrum(what.question, what.parameters)
    if isinstance(what, Question):
        chosen = kind or ("regions" if len(what.free) == 2 else "profile")
        if chosen not in KINDS:
            raise UnknownNameError("kind of figure", chosen, KINDS)
        if chosen == "spectrum":
            return _spectrum(what, at or fit_of(what).parameters)
        if chosen == "profile":
            return _profiles(what, parameter or what.free[0], levels)
        return _regions(_scans(what), levels, contours)
    if isinstance(what, Sequence) and what and all(isinstance(one, Verdict) for one in what):
        return _chart(what)
    raise NuanomalyError(f"{type(what).__name__} cannot be drawn: give an Analysis, a result or a survey")


def _parts(what: Question) -> list[tuple[str, Question, str]]:
    """Return name, question and colour of each side, and of all together if there are several."""
    sides = [(name, what.side(k), _TONES[k % len(_TONES)]) for k, name in enumerate(what.names)]
    return [*sides, ("all together", what, _JOINT)] if len(sides) > 1 else sides


def _scans(what: Question) -> list[tuple[str, Scan, str]]:
    return [(name, scan_of(part), tone) for name, part, tone in _parts(what)]


def _of_result(result: Scan | FeldmanCousins, levels: Sequence[float], contours: Sequence[str]) -> Picture:
    name = " + ".join(result.datasets)
    if isinstance(result, Scan):
        if len(result.axes) == 1:
            return _lines([(name, result, _TONES[0])], levels)
        return _regions([(name, result, _TONES[0])], levels, contours)
    figure, axes, x, y, turn = _plane(result.axes)
    delta = result.delta[: int(np.prod(result.shape))].reshape(result.shape)
    frames = []
    for cl in result.levels:  # a region whose level differs from point to point: Δ less the critical value
        excess = delta - result.critical_map(cl)
        figures.region(axes, x.values, y.values, turn(excess), {cl: 0.0}, name, _TONES[0], "lines")
        frames.append(_frame(result.axes, name, critical_minus=excess, level=np.full(result.shape, cl)))
    return _finished(figure, axes, frames, x.name, contours)


def _regions(
    scans: Sequence[tuple[str, Scan, str]], levels: Sequence[float], contours: Sequence[str]
) -> Picture:
    figure, axes, x, y, _ = _plane(scans[0][1].axes)
    frames = []
    for name, scan, tone in scans:
        chosen: figures.Kind | None = "lines" if name == "all together" else None
        if figures.scan(axes, scan, levels, name, tone, chosen) != "excluded":
            figures.best_fit(axes, scan.best[x.name], scan.best[y.name], f"lowest point, {name}", tone)
        frames.append(_frame(scan.axes, name, delta=scan.delta()))
    return _finished(figure, axes, frames, x.name, contours)


def _plane(items: Sequence[Axis]) -> tuple[Any, ...]:
    """Return a figure with the axes of a plane, the splitting upright, and how to turn a grid to them."""
    x, y, turn = upright(items)
    figure, axes = figures.new(5.6, 5.2)
    figures.plane(axes, x.name, y.name, (x.low, x.high), (y.low, y.high))
    return figure, axes, x, y, turn


def _finished(
    figure: "Figure", axes: "Axes", frames: "list[pd.DataFrame]", x: str, contours: Sequence[str]
) -> Picture:
    import pandas as pd

    for k, name in enumerate(contours):
        known = [load(e.id) for e in entries() if e.name == DATASET and e.state == "released"]
        drawn = contour(name, known, x=x)
        figures.published(axes, drawn.pieces, f"{name}: {drawn.label}", "grey", _DASHES[k % len(_DASHES)])
    figures.legend(figure, axes, columns=2)
    return Picture(figure, pd.concat(frames, ignore_index=True))


_DASHES = ("dashed", "dotted", "dashdot")


def _frame(axes: Sequence[Any], name: str, **columns: Any) -> "pd.DataFrame":
    import pandas as pd

    mesh = np.meshgrid(*(a.values for a in axes), indexing="ij")
    points = {a.name: m.ravel() for a, m in zip(axes, mesh, strict=True)}
    return pd.DataFrame({"data": name, **points, **{key: v.ravel() for key, v in columns.items()}})


def _profiles(what: Question, parameter: str, levels: Sequence[float]) -> Picture:
    return _lines([(name, profile_of(part, parameter), tone) for name, part, tone in _parts(what)], levels)


def _lines(scans: Sequence[tuple[str, Scan, str]], levels: Sequence[float]) -> Picture:
    """Draw Δ of one parameter, with the levels of one degree of freedom."""
    import pandas as pd

    figure, axes = figures.new(5.6, 4.2)
    axis = scans[0][1].axes[0]
    for name, scan, tone in scans:
        figures.curve(axes, scan.axes[0].values, scan.delta(), name, tone)
    top = figures.wilks(max(levels), 1)
    with style():
        for cl in levels:
            limit = figures.wilks(cl, 1)
            axes.axhline(limit, color=COLOURS["grey"], linewidth=0.8, linestyle="dotted")
            axes.annotate(f"{100 * cl:g} %", (1.0, limit), xycoords=("axes fraction", "data"), fontsize=8.5)
        label = figures.LABELS.get(axis.name, axis.name)
        axes.set(xlabel=label, ylabel="Δ above the minimum", ylim=(0.0, 2.0 * top))
        axes.set_xscale("log" if axis.log else "linear")
    figures.legend(figure, axes, columns=2)
    frames = [_frame(scan.axes, name, delta=scan.delta()) for name, scan, _ in scans]
    return Picture(figure, pd.concat(frames, ignore_index=True))


def _spectrum(what: Question, at: Mapping[str, float]) -> Picture:
    """Draw data beside predictions at a point and without oscillation, and the pulls at the point below.

    Predictions are those at nominal nuisances; pulls (data less prediction, in standard deviations of the
    datum alone) those with the nuisances that fit best at the point.
    """
    import pandas as pd

    drawn = [m for m in atoms(what.likelihood) if m.data is not None]
    if not drawn:
        raise NuanomalyError(f"{' + '.join(what.names)}: a tabulated surface has no spectrum to draw")
    figure, every = figures.new(7.3, 3.9, 2, len(drawn), squeeze=False, height_ratios=(3, 1), sharex="col")
    pulls = _pulls(what, at)
    frames = []
    for k, member in enumerate(drawn):
        names = {p.name for p in (*what.model.parameters, *member.interaction_parameters)}
        point = {n: v for n, v in {**what.fixed, **at}.items() if n in names}
        data, there = np.asarray(member.data), np.asarray(member.predict(what.model, **point))
        none = np.asarray(member.predict("3nu", **_interactions(member, point)))
        bins, edges = np.arange(data.size), np.arange(data.size + 1) - 0.5
        upper, lower = every[0][k], every[1][k]
        with style():
            upper.stairs(there, edges, color=COLOURS["vermillion"], label="prediction at the point")
            upper.stairs(none, edges, color=COLOURS["blue"], label="three neutrinos", linestyle="--")
            upper.set_title(shown(member))
            lower.bar(bins, pulls[member.release], color=COLOURS["vermillion"], width=0.8)
            lower.axhline(0.0, color=COLOURS["grey"], linewidth=0.8)
            lower.set(xlabel="bin", ylabel="pull (σ)" if k == 0 else "")
        figures.points(upper, bins, data, None, "data")
        columns = {"bin": bins, "observed": data, "predicted": there, "three_neutrinos": none}
        frames.append(pd.DataFrame({"data": shown(member), **columns, "pull": pulls[member.release]}))
    figures.legend(figure, every[0][0], columns=3)
    return Picture(figure, pd.concat(frames, ignore_index=True))


def _pulls(what: Question, at: Mapping[str, float]) -> dict[str, Any]:
    """Return the residuals of each release at a point, its nuisances where they fit best."""
    names = {p.name for p in (*what.model.parameters, *what.likelihood.interaction_parameters)}
    given = {n: v for n, v in {**what.fixed, **at}.items() if n in names}
    points = what.likelihood.points(what.model, given)
    where = what.likelihood.profiled(what.model, points)[1]
    return {part.release: part.pulls for part in what.likelihood.breakdown(what.model, points, where)}


def _interactions(member: Any, point: Mapping[str, float]) -> dict[str, float]:
    return {p.name: point[p.name] for p in member.interaction_parameters if p.name in point}


def _chart(verdicts: Sequence[Verdict]) -> Picture:
    """Draw the differences of a survey to three neutrinos as bars, those that prefer the model first."""
    import pandas as pd

    known = sorted((v for v in verdicts if v.delta is not None), key=lambda v: v.delta or 0.0)
    if not known:
        raise NuanomalyError("no release could be evaluated: there is nothing to draw")
    figure, axes = figures.new(7.3, 1.0 + 0.26 * len(known))
    deltas = np.array([v.delta or 0.0 for v in known])
    with style():
        tones = [COLOURS["blue" if d < 0 else "vermillion"] for d in deltas]
        axes.barh(np.arange(len(known)), deltas, color=tones)
        axes.set_yticks(np.arange(len(known)), [v.release for v in known])
        axes.invert_yaxis()
        axes.set_xscale("symlog", linthresh=1.0)
        axes.axvline(0.0, color=COLOURS["black"], linewidth=0.8)
        axes.set_xlabel("Δ to three neutrinos (blue: the release prefers the model)")
    rows = [{"data": v.release, "delta": v.delta, "status": v.status, "reason": v.reason} for v in verdicts]
    return Picture(figure, pd.DataFrame(rows))
