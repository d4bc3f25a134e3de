"""Data beside predictions, with pulls below; and as a ladder of ratios to three neutrinos."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.datasets import atoms, shown
from nuanomaly.inference.question import Question
from nuanomaly.likelihood.breakdown import Breakdown
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Array
from nuanomaly.model.registry import THREE_NEUTRINOS
from nuanomaly.report import figures
from nuanomaly.report.drawing import COLOURS, style
from nuanomaly.report.plotting.bins import Bins, bins
from nuanomaly.report.plotting.picture import TONES, Picture

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

#: More rows than this are no ladder any more.
_RUNGS = 80
#: So many rows of bins stand beside each other.
_ACROSS = 4


@dataclass(frozen=True, eq=False)
class Drawn:
    """One data set, or one table of its data, at a point.

    Attributes
    ----------
    name : str
    bins : Bins
    observed, predicted, fitted, three_neutrinos, errors, pulls : arrays, shape (n,)
        Data; the prediction at nominal nuisances, and with those that fit best at the point; that of three
        neutrinos; standard deviations of the data; residuals of the fitted prediction in these.
    """

    name: str
    bins: Bins
    observed: Array
    predicted: Array
    fitted: Array
    three_neutrinos: Array
    errors: Array
    pulls: Array

    def table(self) -> "pd.DataFrame":
        """Return all numbers, one row per bin."""
        import pandas as pd

        borders = self.bins.edges
        edges = {} if borders is None else {"low": borders[:-1], "high": borders[1:]}
        return pd.DataFrame(
            {
                "data": self.name,
                "bin": np.arange(self.observed.size),
                "name": self.bins.names,
                **edges,
                "observed": self.observed,
                "error": self.errors,
                "predicted": self.predicted,
                "fitted": self.fitted,
                "three_neutrinos": self.three_neutrinos,
                "pull": self.pulls,
            }
        )


def spectrum(what: Question, at: Mapping[str, float]) -> Picture:
    """Draw data beside predictions at a point and without oscillation, and the pulls at the point below.

    The prediction at the point has the nuisances that fit best there, and pulls are data less this
    prediction, in standard deviations of the datum alone; that of three neutrinos has nominal ones.
    """
    import pandas as pd

    items = _drawn(what, at)
    across = min(_ACROSS, len(items))
    bands = -(-len(items) // across)
    size = (max(7.3, 3.6 * across), 4.4 * bands, 2 * bands, across)
    figure, every = figures.new(*size, squeeze=False, height_ratios=(3, 1) * bands)
    for axes in every.ravel():
        axes.set_visible(False)
    for k, item in enumerate(items):
        band, column = divmod(k, across)
        upper, lower = every[2 * band][column], every[2 * band + 1][column]
        lower.sharex(upper)
        upper.tick_params(labelbottom=False)
        upper.set_visible(True)
        lower.set_visible(True)
        _panel(upper, lower, item, first=column == 0)
    figures.legend(figure, every[0][0], columns=3)
    return Picture(figure, pd.concat([item.table() for item in items], ignore_index=True))


def _panel(upper: "Axes", lower: "Axes", item: Drawn, first: bool) -> None:
    borders = item.bins.borders
    middles, widths = 0.5 * (borders[1:] + borders[:-1]), np.diff(borders)
    with style():
        upper.stairs(
            item.fitted, borders, color=COLOURS["vermillion"], label="prediction at the point", baseline=None
        )
        upper.stairs(
            item.three_neutrinos,
            borders,
            color=COLOURS["blue"],
            label="three neutrinos",
            linestyle="--",
            baseline=None,
        )
        upper.set_title(item.name)
        lower.bar(middles, item.pulls, color=COLOURS["vermillion"], width=0.8 * widths)
        lower.axhline(0.0, color=COLOURS["grey"], linewidth=0.8)
        lower.set(xlabel=item.bins.quantity, xlim=(borders[0], borders[-1]))
        reach = max(3.0, 1.1 * float(np.nanmax(np.abs(item.pulls))))
        lower.set_ylim(-reach, reach)
        if first:
            lower.set_ylabel("pull (σ)")
            upper.set_ylabel(item.bins.value)
    figures.points(upper, middles, item.observed, item.errors, "data")


def ladder(what: Question, at: Mapping[str, float]) -> Picture:
    """Draw data over what three neutrinos predict, one below the other, and the prediction at a point.

    Raises
    ------
    NuanomalyError
        If there are too many rows for a ladder.
    """
    import pandas as pd

    items = _drawn(what, at)
    rows = sum(item.observed.size for item in items)
    if rows > _RUNGS:
        raise NuanomalyError(f"{rows} bins are too many for a ladder: draw a spectrum, or fewer data sets")
    frames = []
    for k, item in enumerate(items):
        frame = item.table()
        with np.errstate(divide="ignore", invalid="ignore"):
            for column, of in (("ratio", "observed"), ("ratio_error", "error"), ("model_ratio", "fitted")):
                frame[column] = frame[of] / frame["three_neutrinos"]
        frames.append(frame[np.isfinite(frame["ratio"])].assign(tone=TONES[k % len(TONES)]))
    table = pd.concat(frames, ignore_index=True)
    figure, axes = figures.new(7.3, 1.2 + 0.24 * len(table))
    several = len(items) > 1
    labels = [
        f"{row.data.partition('@')[0]} {row.name_}" if several else row.name_
        for row in table.rename(columns={"name": "name_"}).itertuples()
    ]
    figures.ladder(
        axes, labels, table["ratio"], table["ratio_error"], table["tone"].tolist(),
        xlabel="measured / expected of three neutrinos",
    )  # fmt: skip
    with style():
        axes.plot(
            table["model_ratio"],
            np.arange(len(table))[::-1],
            marker="|",
            markersize=11,
            markeredgewidth=2.0,
            linestyle="none",
            color=COLOURS["black"],
            label=f"{what.model.name} at the point",
            zorder=5,
        )
    figures.legend(figure, axes)
    return Picture(figure, table.drop(columns="tone"))


def _drawn(what: Question, at: Mapping[str, float]) -> list[Drawn]:
    """Return the data sets of a question that have bins, at a point.

    Raises
    ------
    NuanomalyError
        If none has.
    """
    members = [m for m in atoms(what.likelihood) if m.data is not None]
    if not members:
        raise NuanomalyError(f"{' + '.join(what.names)}: a tabulated surface has no spectrum to draw")
    known = {p.name for p in (*what.model.parameters, *what.likelihood.interaction_parameters)}
    given = {n: v for n, v in {**what.fixed, **at}.items() if n in known}
    points = what.likelihood.points(what.model, given)
    places = what.likelihood.profiled(what.model, points)[1]
    shares = {
        share.release: share
        for share in what.likelihood.breakdown(what.model, points, places)
        if share.pulls.size
    }
    return [part for m in members for part in _parts(what, m, given, shares[m.release])]


def _parts(what: Question, member: Likelihood, given: Mapping[str, float], share: Breakdown) -> list[Drawn]:
    """Return what a data set shows at a point, table by table."""
    names = {p.name for p in (*what.model.parameters, *member.interaction_parameters)}
    interaction = {p.name: given[p.name] for p in member.interaction_parameters if p.name in given}
    observed = np.asarray(member.data, float)
    columns = (
        observed,
        member.predict(what.model, **{n: v for n, v in given.items() if n in names}),
        observed - share.pulls * share.errors,
        member.predict(THREE_NEUTRINOS, **interaction),
        share.errors,
        share.pulls,
    )
    parts, start = [], 0
    for own in bins(member):
        rows = slice(start, start + len(own.names))
        name = f"{shown(member)} {own.part}".strip()
        parts.append(Drawn(name, own, *(column[rows] for column in columns)))
        start = rows.stop
    return parts
