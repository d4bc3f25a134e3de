"""Data with errors beside the predictions without oscillation and at the lowest point of a scan."""

from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.archive.release import Release
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model import registry
from nuanomaly.model.probabilities import Array, Model
from nuanomaly.report import figures
from nuanomaly.report.drawing import COLOURS, style
from nuanomaly.report.portrait.bins import Panel, panels
from nuanomaly.report.portrait.picture import Drawn, drawn
from nuanomaly.report.portrait.plane import Scanned
from nuanomaly.report.words import number, parameter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A spectrum over more decades than this has a logarithmic axis.
_DECADES = 1.7
_COLUMNS = 2


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
    runs = panels(release, declared(release, likelihood.mode), data.size)
    figure = _figure(runs, np.asarray(data, float), errors, lines)
    point = f" and at the lowest point of the scan ({_point(plane)}, `{plane.model}`)" if plane else ""
    caption = (
        f"Data of {release.metadata['experiment']} with the error of each bin alone, and predictions without "
        f"oscillation beyond three neutrinos{point}, with the nuisances that fit best."
    )
    low, high = _edges(runs)
    columns = {k.replace(" ", "_"): v for k, v in lines.items()}
    frame = pd.DataFrame(
        {"bin": np.arange(data.size), "low": low, "high": high, "data": data, "error": errors}
    )
    return drawn(figure, "data", f"Data and predictions of {release.id}", caption, frame.assign(**columns))


def declared(release: Release, mode: str | None) -> dict[str, Any]:
    """Return the declaration of a likelihood in a mode."""
    likelihood = dict(release.metadata["likelihood"])
    modes = likelihood.pop("modes", {})
    return {**likelihood, **(modes.get(mode or likelihood.get("default_mode", next(iter(modes), ""))) or {})}


def _at(likelihood: Likelihood, model: Model, point: dict[str, float]) -> tuple[Array, Array]:
    """Return means and errors of the bins at a point, with the nuisances that fit best there."""
    points = likelihood.points(model, point)
    nuisances = likelihood.profiled(model, points)[1]
    data = np.asarray(likelihood.data, float)
    pulls = np.concatenate([part.pulls for part in likelihood.breakdown(model, points, nuisances)])
    means = likelihood.means(model, points, nuisances)[0]
    if pulls.size != data.size:  # a statistic that is known as a whole only
        return np.asarray(means), np.full(data.size, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.abs((data - means) / pulls)
    return np.asarray(means), np.where(np.isfinite(errors), errors, np.nan)


def _edges(runs: list[Panel]) -> tuple[Array, Array]:
    return (
        np.concatenate([run.borders[:-1] for run in runs]),
        np.concatenate([run.borders[1:] for run in runs]),
    )


def _point(plane: Scanned) -> str:
    return ", ".join(
        f"{parameter(a.name)} = {number(plane.scan.best[a.name], 2)}{' eV²' if a.unit == 'eV**2' else ''}"
        for a in plane.scan.axes
    )


def _figure(runs: list[Panel], data: Array, errors: Array, lines: dict[str, Array]) -> Any:
    across = min(_COLUMNS, len(runs))
    rows = -(-len(runs) // across)
    height = 4.6 if rows == 1 else 0.6 + 2.3 * rows
    figure, grid = figures.new(7.3, height, rows, across, squeeze=False)
    for run, axes in zip(runs, grid.ravel(), strict=False):
        _panel(axes, run, data[run.span], errors[run.span], {k: v[run.span] for k, v in lines.items()})
        if len(runs) > 1:
            with style():
                axes.set_title(run.title)
    for axes in grid.ravel()[len(runs) :]:
        axes.set_visible(False)
    for k, axes in enumerate(grid.ravel()[: len(runs)]):
        if k + across < len(runs) and rows > 2:
            axes.set_xlabel("")
    figures.legend(figure, grid.ravel()[: len(runs)].tolist())
    return figure


def _panel(axes: "Axes", run: Panel, data: Array, errors: Array, lines: dict[str, Array]) -> None:
    borders = run.borders
    tones = (("blue", "dashed"), ("vermillion", "solid"))
    with style():
        for (label, line), (tone, dash) in zip(lines.items(), tones, strict=False):
            axes.stairs(
                line, borders, baseline=None, color=COLOURS[tone], linestyle=dash, linewidth=1.6, label=label
            )
        positive = data[data > 0.0]
        if positive.size > 3 and np.log10(positive.max() / positive.min()) > _DECADES:
            axes.set_yscale("log")
            axes.set_ylim(bottom=0.5 * float(positive.min()))
        axes.set(xlabel=run.label, ylabel=run.value, xlim=(borders[0], borders[-1]))
        if run.edges is None:  # between two numbers of bins there is nothing
            axes.locator_params(axis="x", integer=True, nbins=8)
    middle = 0.5 * (borders[1:] + borders[:-1])
    small = {"markersize": 2.5 if data.size > 40 else 4.0}
    figures.points(axes, middle, data, np.nan_to_num(errors), "data")
    with style():
        for container in axes.containers:
            container[0].set_markersize(small["markersize"])
        axes.margins(y=0.12)
