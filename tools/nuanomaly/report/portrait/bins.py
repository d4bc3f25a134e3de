"""Which bins the data of a likelihood stand in: their edges, read from the tables that hold the data."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.archive.release import Release
from nuanomaly.archive.tables import expand_columns
from nuanomaly.model.probabilities import Array
from nuanomaly.report.plotting.bins import axis_of, sources
from nuanomaly.report.words import unit

if TYPE_CHECKING:
    import pandas as pd

#: Units of what a spectrum is a spectrum of.
_ALONG = ("MeV", "GeV", "keV", "eV", "photoelectron", "m", "m/MeV", "km/GeV")

#: More runs of bins than this are drawn one after the other.
_PANELS = 6
#: Letters in a line above a panel.
_WIDE = 36


@dataclass(frozen=True, eq=False)
class Panel:
    """A run of bins with ascending edges.

    Attributes
    ----------
    span : slice
        Its bins among all.
    edges : array, shape (n + 1,), or None
        None where bins have numbers only.
    label : str
        Of the axis.
    title : str
    value : str
        What the axis of the data is called.
    """

    span: slice
    edges: Array | None
    label: str
    title: str
    value: str

    @property
    def borders(self) -> Array:
        """Edges, or those of the numbers of the bins."""
        count = self.span.stop - self.span.start
        return np.arange(count + 1) - 0.5 if self.edges is None else self.edges


def panels(release: Release, declared: Mapping[str, Any], count: int) -> list[Panel]:
    """Return the bins of a likelihood with ``count`` data, in panels whose edges ascend.

    ``declared`` is the likelihood in its mode. Data that are not rows of tables are one panel of numbers.
    """
    items: list[Panel] = []
    start = 0
    for source in sources(declared.get("statistic", {})):
        if not isinstance(source, Mapping) or source.get("table") not in release.metadata["tables"]:
            return [Panel(slice(0, count), None, "number of the bin", "", "value")]
        frame = release.table(str(source["table"]))
        items += _of_table(release, str(source["table"]), str(source.get("column", "")), frame, start)
        start += len(frame)
    if start != count or len(items) > _PANELS:
        return [Panel(slice(0, count), None, "number of the bin", "", "value")]
    return items


def _of_table(release: Release, name: str, column: str, frame: "pd.DataFrame", start: int) -> list[Panel]:
    about = release.metadata["tables"][name]
    units = {c.name: c.unit for c in expand_columns(about["columns"])}
    called = textwrap.fill(str(about.get("title") or name), _WIDE)
    value = axis_of(column, units.get(column, ""))
    pair = edges_of(units)
    if pair is None:
        return [Panel(slice(start, start + len(frame)), None, "number of the bin", called, value)]
    low, high = (frame[column].to_numpy(float) for column in pair)
    label = f"{axis_name(pair[0])} ({unit(units[pair[0]])})"
    breaks = [0, *(np.flatnonzero(np.abs(low[1:] - high[:-1]) > 1e-9 * np.abs(high[:-1])) + 1), len(frame)]
    items = []
    for k, (a, b) in enumerate(pairwise(breaks), 1):
        title = called if len(breaks) == 2 else f"{called}, part {k}"
        items.append(
            Panel(slice(start + a, start + b), np.append(low[a:b], high[b - 1]), label, title, value)
        )
    return items


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
