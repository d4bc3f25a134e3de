"""Data with errors beside the predictions without oscillation and at the lowest point of a scan."""

import textwrap
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.archive.release import Release
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model import registry
from nuanomaly.model.probabilities import Array, Model
from nuanomaly.report import figures
from nuanomaly.report.drawing import COLOURS, style
from nuanomaly.report.plotting.bins import NUMBER, Bins, bins
from nuanomaly.report.plotting.projections import projections
from nuanomaly.report.portrait.picture import Drawn, drawn
from nuanomaly.report.portrait.plane import Scanned
from nuanomaly.report.words import number, parameter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A spectrum over more decades than this has a logarithmic axis.
_DECADES = 1.7
#: So many rows of bins stand in two columns, more in three; more than the second number are one of numbers.
_FEW, _MANY = 6, 24
#: So many bins without edges are called by their names.
_NAMED = 30
#: Letters in a line above and below a panel, by columns.
_WIDE = {1: 80, 2: 36, 3: 24}


def spectrum(release: Release, likelihood: Likelihood, plane: Scanned | None) -> Drawn | None:
    """Draw the data of a likelihood; None if it has no data but a table of values."""
    import pandas as pd

    data = likelihood.data
    if data is None or not likelihood.n_bins:
        return None
    free = registry.model(registry.THREE_NEUTRINOS)
    none, errors = _at(likelihood, free, {})
    lines = {"without oscillation": none}
    if plane is not None:
        lines["at the lowest point of the scan"] = _at(
            likelihood, registry.model(plane.model), plane.scan.best
        )[0]
    runs, data, added = _runs(likelihood), np.asarray(data, float), ""
    if along := projections(likelihood):
        added = f" Each panel shows the {data.size} cells added up over the other quantities."
        data = np.concatenate([one.sums(data) for one in along])
        errors = np.concatenate([one.errors(errors) for one in along])
        lines = {k: np.concatenate([one.sums(v) for one in along]) for k, v in lines.items()}
        runs = [one.bins for one in along]
    figure = _figure(runs, data, errors, lines)
    point = f" and at the lowest point of the scan ({_point(plane)}, `{plane.model}`)" if plane else ""
    caption = (
        f"Data of {release.metadata['experiment']} with the error of each bin alone, and predictions without "
        f"oscillation beyond three neutrinos{point}, with the nuisances that fit best.{added}"
    )
    low, high = _edges(runs)
    columns = {k.replace(" ", "_"): v for k, v in lines.items()}
    frame = pd.DataFrame(
        {"bin": np.arange(data.size), "low": low, "high": high, "data": data, "error": errors}
    )
    return drawn(figure, "data", f"Data and predictions of {release.id}", caption, frame.assign(**columns))


def _runs(likelihood: Likelihood) -> list[Bins]:
    """Return the rows of bins that are drawn each in a panel: one of numbers if there are too many."""
    found = bins(likelihood)
    if len(found) <= _MANY:
        return found
    names = tuple(name for own in found for name in own.names)
    return [Bins("", "", names, None, NUMBER, found[0].unit, found[0].value)]


def _at(likelihood: Likelihood, model: Model, point: dict[str, float]) -> tuple[Array, Array]:
    """Return means and errors of the bins at a point, with the nuisances that fit best there.

    Pulls that a statistic profiles itself are among them.
    """
    points = likelihood.points(model, point)
    nuisances = likelihood.profiled(model, points)[1]
    data = np.asarray(likelihood.data, float)
    shares = likelihood.breakdown(model, points, nuisances)
    pulls, errors = (np.concatenate([getattr(s, name) for s in shares]) for name in ("pulls", "errors"))
    if pulls.size != data.size:  # a statistic that is known as a whole only
        return np.asarray(likelihood.means(model, points, nuisances)[0]), np.full(data.size, np.nan)
    known = np.isfinite(errors)
    means = data - np.where(known, pulls * np.where(known, errors, 0.0), 0.0)
    return means, np.where(known, errors, np.nan)


def _are_named(run: Bins) -> bool:
    """Say whether bins stand by their names, in place of edges."""
    return run.edges is None and 1 < len(run.labels) <= _NAMED


def _edges(runs: list[Bins]) -> tuple[Array, Array]:
    return (
        np.concatenate([run.borders[:-1] for run in runs]),
        np.concatenate([run.borders[1:] for run in runs]),
    )


def _point(plane: Scanned) -> str:
    return ", ".join(
        f"{parameter(a.name)} = {number(plane.scan.best[a.name], 2)}{' eV²' if a.unit == 'eV**2' else ''}"
        for a in plane.scan.axes
    )


def _figure(runs: list[Bins], data: Array, errors: Array, lines: dict[str, Array]) -> Any:
    across = min(2 if len(runs) <= _FEW else 3, len(runs))
    rows = -(-len(runs) // across)
    height = 4.6 if rows == 1 else 0.6 + 2.3 * rows
    figure, grid = figures.new(7.3, height, rows, across, squeeze=False)
    spans = _spans(runs)
    decades = logarithmic(runs, [data[span] for span in spans])
    for k, (run, span, axes) in enumerate(zip(runs, spans, grid.ravel(), strict=False)):
        own = {name: line[span] for name, line in lines.items()}
        _panel(axes, run, data[span], errors[span], own, logarithmic=decades[k])
        below = k + across < len(runs) and rows > 2  # what the panel below says is not said twice
        with style():
            axes.set_xlabel("" if below or _are_named(run) else textwrap.fill(run.quantity, _WIDE[across]))
            if len(runs) > 1:
                axes.set_title(textwrap.fill(run.title, _WIDE[across]))
            if across > 2 and k % across:
                axes.set_ylabel("")
    for axes in grid.ravel()[len(runs) :]:
        axes.set_visible(False)
    figures.legend(figure, grid.ravel()[: len(runs)].tolist())
    return figure


def _spans(runs: Sequence[Bins]) -> list[slice]:
    """Return the bins of each row among all."""
    ends = np.cumsum([0, *(len(run.names) for run in runs)]).tolist()
    return [slice(first, last) for first, last in pairwise(ends)]


def logarithmic(runs: Sequence[Bins], data: Sequence[Array]) -> list[bool]:
    """Say for each row of bins whether its axis is logarithmic: of rows of one kind all are, or none."""
    kinds = [(run.quantity, run.value) for run in runs]
    wide = [
        float(own.min()) > 0.0 and own.size > 3 and float(np.log10(own.max() / own.min())) > _DECADES
        for own in data
    ]
    return [all(w for w, other in zip(wide, kinds, strict=True) if other == kind) for kind in kinds]


def _panel(
    axes: "Axes", run: Bins, data: Array, errors: Array, lines: dict[str, Array], logarithmic: bool
) -> None:
    borders = run.borders
    tones = (("blue", "dashed"), ("vermillion", "solid"))
    with style():
        for (label, line), (tone, dash) in zip(lines.items(), tones, strict=False):
            axes.stairs(
                line, borders, baseline=None, color=COLOURS[tone], linestyle=dash, linewidth=1.6, label=label
            )
        if logarithmic:
            axes.set_yscale("log")
            axes.set_ylim(bottom=0.5 * float(data.min()))
        axes.set(ylabel=run.value, xlim=(borders[0], borders[-1]))
        if _are_named(run):
            steep = len(run.labels) > _FEW
            axes.set_xticks(range(len(run.labels)), run.labels, rotation=90.0 if steep else 0.0)
        elif run.edges is None:  # between two numbers of bins there is nothing
            axes.locator_params(axis="x", integer=True, nbins=8)
    middle = 0.5 * (borders[1:] + borders[:-1])
    small = {"markersize": 2.5 if data.size > 40 else 4.0}
    figures.points(axes, middle, data, np.nan_to_num(errors), "data")
    with style():
        for container in axes.containers:
            container[0].set_markersize(small["markersize"])
        axes.margins(y=0.12)
