"""Bins in several quantities at once, seen along each: sums over the others, as papers show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.archive.validate.bins import edge_columns
from nuanomaly.likelihood.build import configuration
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Array
from nuanomaly.report.plotting.bins import Bins, axis_along, axis_of, sources

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Projection:
    """A row of bins, each the sum of the cells in it.

    Attributes
    ----------
    bins : Bins
    inside : array of int, shape (n_cells,)
        The number of the bin that each cell is in.
    """

    bins: Bins
    inside: "np.ndarray[tuple[int], np.dtype[np.intp]]"

    def sums(self, cells: Array) -> Array:
        """Return the sums of values of cells (n_cells,) by bin."""
        return np.bincount(self.inside, cells, len(self.bins.names)).astype(float)

    def errors(self, cells: Array) -> Array:
        """Return the errors of the sums, for errors of cells that are independent."""
        return np.sqrt(self.sums(cells**2))


def projections(member: Likelihood) -> list[Projection]:
    """Return the counts of one table, in cells of several quantities, along each; none for other data.

    Examples
    --------
    >>> import nuanomaly
    >>> energy, time = projections(nuanomaly.likelihood("coherent-csi@2021-r1"))
    >>> energy.bins.quantity, len(energy.bins.names), time.bins.quantity, len(time.bins.names)
    ('light energy (photoelectrons)', 9, 'time (µs)', 11)
    """
    try:
        release = load(member.release)
        (part,) = sources(configuration(release, member.mode)[1]["statistic"])
    except (NuanomalyError, KeyError, TypeError, ValueError):
        return []
    if not isinstance(part, Mapping) or "table" not in part:
        return []
    table = release.table(part["table"])
    column = str(part.get("column", ""))
    pairs = edge_columns(list(table.columns), release.metadata["tables"][part["table"]].get("edges", {}))
    if len(pairs) < 2 or len(table) != member.n_bins or table.attrs["units"].get(column) != "event":
        return []
    along = [_along(table, low, high, axis_of(column, "event")) for low, high in pairs]
    return [one for one in along if one] if all(along) else []


def _along(table: "pd.DataFrame", low: str, high: str, value: str) -> Projection | None:
    """Return the projection on one quantity, or None if its intervals are no unbroken row."""
    intervals, inside = np.unique(table[[low, high]].to_numpy(float), axis=0, return_inverse=True)
    if not np.allclose(intervals[1:, 0], intervals[:-1, 1]):
        return None
    borders = np.append(intervals[:, 0], intervals[-1, 1])
    names = tuple(f"{first:g}–{last:g}" for first, last in intervals)
    axis = axis_along(table, low)
    return Projection(Bins("", "", names, borders, axis, "event", value), inside.ravel())
