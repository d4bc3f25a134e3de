"""What the bins of a likelihood are, as far as the tables of its data say it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.archive.validate.bins import edge_columns
from nuanomaly.likelihood.build import configuration
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Array
from nuanomaly.report import words

if TYPE_CHECKING:
    import pandas as pd

#: What the axis of bins without edges is called.
NUMBER = "number of the bin"


@dataclass(frozen=True, eq=False)
class Bins:
    """A row of bins of a data set.

    Attributes
    ----------
    part : str
        The table of the data if there are several, and the row in it if it has several.
    title : str
        What that table is called; what the row in it is, if it has several.
    names : tuple of str
        What each bin is.
    edges : array, shape (n + 1,), or None
        If the bins are one unbroken row in one quantity.
    quantity : str
        The quantity of the edges and its unit; else that numbers are shown.
    unit : str
        Of the data.
    value : str
        What an axis of the data is called.
    labels : tuple of str
        Short names of bins without edges, each another; none if only numbers tell them apart.
    """

    part: str
    title: str
    names: tuple[str, ...]
    edges: Array | None
    quantity: str
    unit: str
    value: str
    labels: tuple[str, ...] = ()

    @property
    def borders(self) -> Array:
        """Edges to draw at: those of the quantity, or whole numbers around the number of each bin."""
        numbers = np.arange(len(self.names) + 1) - 0.5
        return np.asarray(numbers if self.edges is None else self.edges, float)


def bins(member: Likelihood) -> list[Bins]:
    """Return the bins of a likelihood of one release by table; numbers where the tables do not say more.

    A table whose edges begin anew, as at the next detector, has a row of bins for each time.
    """
    count = member.n_bins or 0
    numbered = [Bins("", "", tuple(str(k) for k in range(count)), None, NUMBER, "", "value")]
    try:
        release = load(member.release)
        parts = sources(configuration(release, member.mode)[1]["statistic"])
    except (NuanomalyError, KeyError, TypeError):
        return numbered  # a likelihood that was made by hand, or variants of one
    if not all(isinstance(part, Mapping) and "table" in part for part in parts):
        return numbered
    tables = [release.table(part["table"]) for part in parts]
    if sum(map(len, tables)) != count:
        return numbered
    several = len(parts) > 1
    about = [release.metadata["tables"][part["table"]] for part in parts]
    return [
        own
        for part, entry, table in zip(parts, about, tables, strict=True)
        for own in _of_table(part["table"] if several else "", entry, table, str(part.get("column", "")))
    ]


def sources(statistic: Mapping[str, Any]) -> list[Any]:
    """Return where a statistic says that its data are, part by part in the order of the bins, or None.

    Examples
    --------
    >>> sources({"blocks": [{"data": {"table": "far"}}, {"data": [{"table": "near"}, {"table": "nc"}]}]})
    [{'table': 'far'}, {'table': 'near'}, {'table': 'nc'}]
    """
    declared = [block.get("data") for block in statistic.get("blocks", (statistic,))]
    return [one for data in declared for one in (data if isinstance(data, list) else [data])]


def _of_table(part: str, entry: Mapping[str, Any], table: "pd.DataFrame", column: str) -> list[Bins]:
    """Return the rows of bins that a table is, as it is declared."""
    names, unit = tuple(_names(table)), table.attrs["units"].get(column, "")
    value, title = axis_of(column, unit), str(entry.get("title", ""))
    edges = entry.get("edges", {})
    pairs = edge_columns(list(table.columns), edges)
    within = [name for name in edges.get("within", ()) if name in table]
    spans = _spans(table, pairs[0], within) if len(pairs) == 1 else []
    if not spans:
        return _without_edges(table, Bins(part, title, names, None, NUMBER, unit, value))
    low, high = (table[name].to_numpy(float) for name in pairs[0])
    axis = axis_along(table, pairs[0][0])
    made = []
    for number, (first, last) in enumerate(spans, 1):
        texts = [str(table[name].iloc[first]) for name in within]
        own = f"{part} {' '.join(texts) or number}".strip() if len(spans) > 1 else part
        called = " ".join(_called(text) for text in texts) or f"{title}, part {number}"
        borders = np.append(low[first:last], high[last - 1])
        shown = called if len(spans) > 1 else title
        made.append(Bins(own, shown, names[first:last], borders, axis, unit, value))
    return made


def _without_edges(table: "pd.DataFrame", whole: Bins) -> list[Bins]:
    """Return bins without edges: as they are called, or a row for each text that several of them share."""
    texts = _texts(table)
    called = table[texts[0]].astype(str).tolist() if texts else []
    if not called or len(set(called)) == len(called):
        return [replace(whole, labels=tuple(called))]
    ends = [0, *(k for k in range(1, len(called)) if called[k] != called[k - 1]), len(called)]
    groups = list(pairwise(ends))
    if len(groups) == 1 or len(groups) > len(set(called)) or min(b - a for a, b in groups) < 2:
        return [whole]
    return [
        replace(
            whole, part=f"{whole.part} {called[a]}".strip(), title=_called(called[a]), names=whole.names[a:b]
        )
        for a, b in groups
    ]


def _spans(table: "pd.DataFrame", pair: tuple[str, str], within: Sequence[str]) -> list[tuple[int, int]]:
    """Return where the rows of bins that touch begin and end; none if there are bins that touch none."""
    low, high = (table[column].to_numpy(float) for column in pair)
    apart = ~np.isclose(low[1:], high[:-1])
    for name in within:
        texts = table[name].to_numpy()
        apart |= texts[1:] != texts[:-1]
    ends = [0, *(np.flatnonzero(apart) + 1).tolist(), len(low)]
    spans = list(pairwise(ends))
    whole = bool((high > low).all()) and all(last - first > 1 for first, last in spans)
    return spans if whole else []


def _called(text: str) -> str:
    """Return what a group of rows is called, its number apart.

    Examples
    --------
    >>> _called("baseline-10"), _called("EH1-6AD")
    ('baseline 10', 'EH1-6AD')
    """
    return re.sub(r"(?<=[a-z])-(?=\d+$)", " ", text)


def axis_of(column: str, unit: str) -> str:
    """Return what an axis of data is called; a column's first word says what a number without unit is.

    Examples
    --------
    >>> axis_of("observed", "event"), axis_of("ratio_bahcall", "1"), axis_of("yield", "cm**2")
    ('events per bin', 'ratio', 'yield (cm²)')
    """
    if unit in ("", "1"):
        return column.partition("_")[0] or "value"
    return "events per bin" if unit == "event" else f"{column.replace('_', ' ')} ({words.unit(unit)})"


def axis_along(table: "pd.DataFrame", low: str) -> str:
    """Return what an axis along a column of lower edges is called, with its unit."""
    quantity = _quantity(low, table.attrs.get("energies", {}).get(low, ""))
    of = table.attrs["units"].get(low, "1")
    return quantity if of == "1" else f"{quantity} ({words.unit(of)})"


def _quantity(column: str, energy: str) -> str:
    """Return what a column of lower edges is of; ``energy`` is the kind of energy it holds, if it says so.

    Examples
    --------
    >>> _quantity("energy_low", ""), _quantity("low", "prompt-reconstructed"), _quantity("low", "")
    ('energy', 'prompt energy, reconstructed', 'bin edges')
    """
    if energy:
        kind, reconstructed, _ = energy.partition("-reconstructed")
        return f"{kind} energy{', reconstructed' if reconstructed else ''}"
    return column.rpartition("_")[0].replace("_", " ") or "bin edges"


def _names(frame: "pd.DataFrame") -> Sequence[str]:
    """Return a name for each row: its texts and its edges, or its number."""
    texts, pairs = _texts(frame), edge_columns(list(frame.columns), {})
    items: list[str] = []
    for number, row in enumerate(frame.itertuples(index=False)):
        cells: Mapping[str, Any] = dict(zip(frame.columns, row, strict=True))
        words = [str(cells[c]) for c in texts[:2]]
        spans = [f"{cells[low]:g}–{cells[high]:g}" for low, high in pairs]
        items.append(" ".join([*words, *spans]) or str(number))
    return items


def _texts(frame: "pd.DataFrame") -> list[str]:
    """Return the columns that hold texts."""
    return [c for c in frame.columns if frame[c].dtype == object or str(frame[c].dtype).startswith("str")]
