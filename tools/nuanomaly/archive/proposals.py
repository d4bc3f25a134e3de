"""Sanity benchmarks for a draft: counts of rows and sums of columns, which papers print.

What a table gives is no published number. It stands in a proposal for comparison alone; where the number is
printed, and what it is there, only a reader of the paper can say. So every proposal is to be filled in, and
validation asks for it, until it is confirmed, replaced by the printed number, or taken out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nuanomaly.archive.printed_units import TODO
from nuanomaly.archive.tables import expand_columns

if TYPE_CHECKING:
    from nuanomaly.archive.guessing import Draft

#: Kinds of tables that have no rows or sums that anybody prints.
_WITHOUT = ("covariance", "inverse-covariance", "correlation", "surface", "contour")
#: What columns are called that papers add up.
_SUMMED = {
    *(
        "count",
        "counts",
        "event",
        "events",
        "observed",
        "obs",
        "data",
        "background",
        "bkg",
        "signal",
        "excess",
    ),
    *("expected", "exp", "predicted", "prediction", "candidates", "unoscillated", "total", "n"),
}
#: Places of a bin, numbers of rows, and errors: sums of these say nothing.
_NEVER = {
    *("low", "high", "min", "max", "edge", "center", "centre", "index", "id", "bin", "run", "year"),
    *("error", "err", "stat", "syst", "sys", "uncertainty", "unc", "sigma"),
}
#: So many sums of a table, and so many proposals of a release: more would be read by nobody.
_MOST_SUMS, _MOST = 4, 24


def proposed(drafts: Sequence["Draft"]) -> list[dict[str, Any]]:
    """Return the benchmarks that a draft of tables lets one propose, each to be filled in.

    Parameters
    ----------
    drafts : sequence of Draft

    Returns
    -------
    list of dict
        Entries of ``benchmarks``: the rows of each table, and the sums of its columns of counts.
    """
    entries: dict[str, dict[str, Any]] = {}
    for draft in drafts:
        for entry in _of_table(draft) if draft.kind not in _WITHOUT else ():
            entries.setdefault(entry["id"], entry)
    return list(entries.values())[:_MOST]


def _of_table(draft: "Draft") -> Iterator[dict[str, Any]]:
    rows = len(draft.frame)
    what = {"bins": "bins", "spectrum": "bins", "events": "events"}.get(draft.kind, "rows")
    compute: dict[str, Any] = {"kind": "row-count", "tables": [draft.name]}
    yield _entry(f"{draft.name}-rows", f"Number of {what} in {draft.name}", compute, rows)
    for column in list(_summed(draft))[:_MOST_SUMS]:
        terms = [{"table": draft.name, "column": column}]
        total = float(draft.frame[column].sum())
        compute = {"kind": "table-ratio", "numerator": {"terms": terms}}
        yield _entry(f"{draft.name}-{column}-sum", f"Sum of {column} in {draft.name}", compute, total)


def _summed(draft: "Draft") -> Iterator[str]:
    """Yield the columns of a table whose sum a paper may print."""
    declared = {str(entry["name"]): entry for entry in draft.columns}
    for column in expand_columns(draft.columns):
        entry: Mapping[str, Any] = declared.get(column.name, {})
        words = set(re.split(r"[_.+\-0-9]+", column.name.lower()))
        if column.type not in ("float64", "int64") or words & _NEVER:
            continue
        if str(entry.get("role", "value")) != "value":
            continue
        counted = column.unit in ("event", "events", "count") or words & _SUMMED
        if counted and bool(draft.frame[column.name].notna().all()):
            yield column.name


def _entry(ident: str, quantity: str, compute: Mapping[str, Any], given: float) -> dict[str, Any]:
    return {
        "id": re.sub(r"[^a-z0-9]+", "-", ident.lower()).strip("-"),
        "quantity": quantity,
        "kind": TODO,
        "compute": dict(compute),
        "expected": f"{TODO}: the number that is printed (the table gives {given:.10g})",
        "tolerance": f"{TODO}: half of its last printed digit",
        "tolerance_source": TODO,
        "source": f"{TODO}: where it is printed; take this benchmark out if it is printed nowhere",
    }
