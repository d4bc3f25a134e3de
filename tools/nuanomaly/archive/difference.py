"""What differs between two releases: metadata by entry, tables by row and column."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from nuanomaly.archive.release import Release

Status = Literal["added", "removed", "changed"]
#: What a list's entries are known by.
_KEYS = ("id", "key", "name", "with", "title")
#: What follows from the content of a table.
_SEALED = ("sha256", "size", "rows")


@dataclass(frozen=True)
class Entry:
    """An entry of release.yaml that differs.

    Attributes
    ----------
    path : str
        Such as ``benchmarks[null].expected``.
    old, new : object
        None on the side that has no such entry.
    """

    path: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Cell:
    """A value of a table that differs."""

    row: int
    old: Any
    new: Any


@dataclass(frozen=True)
class ColumnDifference:
    """A column whose values differ.

    Attributes
    ----------
    column : str
    changed : int
        How many values, of the rows that both tables have.
    first : Cell
    largest : float or None
        The largest \\|new - old\\| / \\|old\\|; None for a text, infinite where the old value is zero.
    """

    column: str
    changed: int
    first: Cell
    largest: float | None


@dataclass(frozen=True)
class TableDifference:
    """A table that differs; rows are compared by their place."""

    table: str
    status: Status
    rows: tuple[int | None, int | None]
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    columns: tuple[ColumnDifference, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Difference:
    """All that differs between two releases."""

    old: str
    new: str
    metadata: tuple[Entry, ...] = field(default=())
    tables: tuple[TableDifference, ...] = field(default=())

    def __bool__(self) -> bool:
        return bool(self.metadata or self.tables)

    def as_dict(self) -> dict[str, Any]:
        """Return everything, for JSON."""
        return asdict(self)


def difference(old: Release, new: Release) -> Difference:
    """Return what differs between two releases.

    Raises
    ------
    NuanomalyError
        If a table cannot be read.
    """
    metadata = tuple(_entries(_bare(old.metadata), _bare(new.metadata), ""))
    names = dict.fromkeys([*old.tables, *new.tables])
    tables = tuple(t for name in names for t in _table(old, new, name))
    return Difference(old.id, new.id, metadata, tables)


def _bare(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata without what only repeats the content of tables."""
    tables = {
        name: {k: v for k, v in entry.items() if k not in _SEALED}
        for name, entry in metadata["tables"].items()
    }
    return {**metadata, "tables": tables}


def _entries(old: Any, new: Any, path: str) -> Iterator[Entry]:
    """Yield the smallest entries that differ."""
    if type(old) is type(new) and isinstance(old, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _entries(old.get(key), new.get(key), f"{path}.{key}".lstrip("."))
        return
    keyed = _keyed(old), _keyed(new)
    if keyed[0] is not None and keyed[1] is not None:
        for key in dict.fromkeys([*keyed[0], *keyed[1]]):
            yield from _entries(keyed[0].get(key), keyed[1].get(key), f"{path}[{key}]")
    elif old != new:
        yield Entry(path, old, new)


def _keyed(value: Any) -> dict[str, Any] | None:
    """Return a list of mappings by what they are known by; None if that does not tell them apart."""
    if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
        return None
    for key in _KEYS:
        names = [str(v.get(key)) for v in value]
        if all(key in v for v in value) and len(set(names)) == len(names):
            return dict(zip(names, value, strict=True))
    return None


def _table(old: Release, new: Release, name: str) -> Iterator[TableDifference]:
    sides = [name in release.tables for release in (old, new)]
    counts = [
        release.declared(name).get("rows") if name in release.tables else None for release in (old, new)
    ]
    if not all(sides):
        yield TableDifference(name, "removed" if sides[0] else "added", (counts[0], counts[1]))
        return
    if old.declared(name).get("sha256") == new.declared(name).get("sha256"):
        return
    first, second = old.table(name), new.table(name)
    common = [str(c) for c in first.columns if c in second.columns]
    table_difference = TableDifference(
        name,
        "changed",
        (len(first), len(second)),
        tuple(str(c) for c in second.columns if c not in first.columns),
        tuple(str(c) for c in first.columns if c not in second.columns),
        tuple(d for c in common for d in _column(c, first[c].to_numpy(), second[c].to_numpy())),
    )
    rows_differ = len(first) != len(second)
    if (
        table_difference.columns
        or table_difference.columns_added
        or table_difference.columns_removed
        or rows_differ
    ):
        yield table_difference


def _column(
    name: str, old: "np.ndarray[Any, Any]", new: "np.ndarray[Any, Any]"
) -> Iterator[ColumnDifference]:
    rows = min(len(old), len(new))
    old, new = old[:rows], new[:rows]
    numeric = old.dtype.kind in "fi" and new.dtype.kind in "fi"
    same = old == new
    if numeric:
        same = same | (np.isnan(old.astype(float)) & np.isnan(new.astype(float)))
    changed = np.flatnonzero(~np.asarray(same, bool))
    if not changed.size:
        return
    row = int(changed[0])
    first = Cell(row, _plain(old[row]), _plain(new[row]))
    yield ColumnDifference(name, int(changed.size), first, _largest(old, new, changed) if numeric else None)


def _largest(old: Any, new: Any, rows: Any) -> float:
    """Return the largest relative difference of some rows."""
    before, after = old[rows].astype(float), new[rows].astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.abs(after - before) / np.abs(before)
    return float(np.nanmax(np.where(np.isnan(relative), np.inf, relative)))


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


@dataclass(frozen=True)
class Version:
    """A version of a dataset, and why it exists."""

    id: str
    state: str
    released: str
    changes: tuple[Mapping[str, Any], ...]
    retracted: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return everything, for JSON."""
        return {**asdict(self), "changes": [dict(c) for c in self.changes], "retracted": dict(self.retracted)}


def versions(releases: Sequence[Release]) -> list[Version]:
    """Return what the releases say of themselves, in the order given."""
    items = []
    for release in releases:
        said = release.metadata
        changes = tuple(said.get("changes", ()))
        date = str(said.get("released", ""))
        items.append(Version(release.id, release.state, date, changes, said.get("retracted", {})))
    return items
