"""Tables that stand in several releases: what a revision leaves alone, what another release has as well.

A revision names the tables that it changes (``changes``); all others are those of the revision before it,
byte for byte. And fluxes, distances, events and older ratios are handed from one release to the next: where a
table agrees with one of another release but for a number or two, one of them is probably copied wrongly.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from nuanomaly.archive import names
from nuanomaly.archive.tables import expand_columns
from nuanomaly.archive.validate import content, explained
from nuanomaly.archive.validate.content import Content
from nuanomaly.archive.validate.findings import Finding
from nuanomaly.archive.validate.redundancy import exceptions
from nuanomaly.archive.validate.subject import ReleaseSubject

#: So many different numbers must agree before one that does not is strange.
_DISTINCT = 6
#: One number in so many of a whole table may differ, and two at most.
_ONE_IN, _FEW = 8, 2
#: A column of texts names the rows of both tables if so much of it stands in both.
_NAMED = 0.9

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Rows = np.ndarray[Any, np.dtype[np.intp]]


class Shelf:
    """Tables of releases, each read once."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], Content | None] = {}

    def __call__(self, subject: ReleaseSubject, table: str) -> Content | None:
        """Return a table; None if it cannot be read, or is damaged, which has findings of its own."""
        key = (subject.release, table)
        if key not in self._read:
            try:
                self._read[key] = content.read(subject, table)[0]
            except (KeyError, TypeError, ValueError, AttributeError):
                self._read[key] = None
        return self._read[key]

    def hold(self, release: str, table: str, content: Content) -> None:
        """Take a table as it is given, in place of the one that lies in its folder."""
        self._read[release, table] = content

    def forget(self, release: str) -> None:
        """Read the tables of a release anew when they are asked for again."""
        self._read = {key: its for key, its in self._read.items() if key[0] != release}


def check(
    subject: ReleaseSubject, releases: Sequence[ReleaseSubject], shelf: Shelf | None = None
) -> Iterator[Finding]:
    """Yield the findings of a release beside all others.

    Parameters
    ----------
    subject : ReleaseSubject
        A sound release.
    releases : sequence of ReleaseSubject
        All sound releases of the archive.
    shelf : Shelf, optional
        Where tables are kept that were read before.
    """
    yield from revised(subject, releases)
    yield from shared(subject, releases, shelf or Shelf())


def revised(subject: ReleaseSubject, releases: Sequence[ReleaseSubject]) -> Iterator[Finding]:
    """Yield the tables that differ from those of the revision before, though ``changes`` does not name them.

    Parameters
    ----------
    subject : ReleaseSubject
        A sound release.
    releases : sequence of ReleaseSubject
        All sound releases of the archive.
    """
    before = _before(subject, releases)
    if before is None:
        return
    named = {table for change in subject.data["changes"] for table in change.get("tables", ())}
    for table, entry in subject.declared.items():
        old = before.declared.get(table)
        if old is not None and table not in named and old.get("sha256") != entry.get("sha256"):
            message = f"table {table!r} is not that of {before.release}, and `changes` does not name it"
            yield subject.finding("REVISION_DIFFERS", message, ["tables", table], table=table)


def _before(subject: ReleaseSubject, releases: Sequence[ReleaseSubject]) -> ReleaseSubject | None:
    """Return the revision before: the newest of the same upstream release that is older."""
    name, _, version = subject.release.partition("@")
    label = version.rpartition("-r")[0]
    older = [
        one
        for one in releases
        if one.release.startswith(f"{name}@{label}-r")
        and names.sort_key(one.release.partition("@")[2]) < names.sort_key(version)
    ]
    return max(older, key=lambda one: names.sort_key(one.release.partition("@")[2]), default=None)


def upstream(release: str) -> str:
    """Return a release without its revision.

    Examples
    --------
    >>> upstream("best@2022-r2")
    'best@2022'
    """
    return release.rpartition("-r")[0]


def shared(subject: ReleaseSubject, releases: Sequence[ReleaseSubject], shelf: Shelf) -> Iterator[Finding]:
    """Yield the first number of each table that a table of another release has otherwise.

    Parameters
    ----------
    subject, releases, shelf
        As in :func:`check`; revisions of the same release are left out.
    """
    for table in subject.declared:
        yield from of_table(subject, table, releases, shelf)


def of_table(
    subject: ReleaseSubject, table: str, releases: Sequence[ReleaseSubject], shelf: Shelf
) -> Iterator[Finding]:
    """Yield the first number of one table that a table of another release has otherwise.

    A table that stands in another release byte for byte is a right copy of that one.
    """
    strangers = [one for one in releases if upstream(one.release) != upstream(subject.release)]
    sha256 = subject.declared[table].get("sha256")
    if any(entry.get("sha256") == sha256 for other in strangers for entry in other.declared.values()):
        return
    pairs = ((other, name) for other in strangers for name in other.declared)
    found = (_compared(subject, table, other, name, shelf) for other, name in pairs)
    first = list(islice((one for one in found if one), 1))
    its = shelf(subject, table) if first else None
    yield from explained.noted(subject, first, its) if its else ()


def _compared(
    subject: ReleaseSubject, table: str, other: ReleaseSubject, name: str, shelf: Shelf
) -> Finding | None:
    """Return the finding of two tables that are the same but for a number or two."""
    mine, theirs = subject.declared[table], other.declared[name]
    common = _common(mine, theirs) if mine.get("sha256") != theirs.get("sha256") else []
    first = shelf(subject, table) if common else None
    second = shelf(other, name) if first else None
    place = differing(first, second, common) if first and second else None
    if first is None or place is None:
        return None
    row, column, value = place
    message = (
        f"{first.columns[column][row]:.10g}: {other.release} has {value:.10g} here in its table {name!r}, "
        "which is the same otherwise"
    )
    return subject.in_table("COPY_DIFFERS", table, message, row=row, column=column)


def _common(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return the columns of numbers that two declarations share, if their rows may be the same."""
    first, second = _columns(one), _columns(other)
    shared = [n for n, c in first.items() if n in second and second[n] == c]
    texts = [n for n in shared if first[n][0] == "string"]
    if not texts and one.get("rows") != other.get("rows"):
        return []
    return [n for n in shared if first[n][0] in ("float64", "int64")]


def _columns(entry: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    try:
        return {c.name: (c.type, c.unit) for c in expand_columns(entry["columns"])}
    except (KeyError, TypeError, ValueError, AttributeError):  # a broken declaration has findings of its own
        return {}


def differing(first: Content, second: Content, columns: Sequence[str]) -> tuple[int, str, float] | None:
    """Return the first number that differs between two tables that agree otherwise, else None.

    Parameters
    ----------
    first, second : Content
    columns : sequence of str
        Of numbers, in both.

    Returns
    -------
    tuple of int, str and float, or None
        Row in the first table, column, and the number of the second.
    """
    rows = _rows(first, second)
    if rows is None:
        return None
    one, two = first.matrix(columns)[rows[0]], second.matrix(columns)[rows[1]]
    differ = one != two
    few = differ.sum(0)
    for k in np.flatnonzero((few > 0) & (few <= _FEW)):
        places = exceptions(one[:, k], two[:, k], 0.0)
        if places and len(np.unique(one[~differ[:, k], k])) >= _DISTINCT:
            return int(rows[0][places[0]]), columns[int(k)], float(two[places[0], k])
    alike = np.flatnonzero(2 * few <= len(differ))
    odd = np.argwhere(differ[:, alike])
    if not 0 < len(odd) <= min(_FEW, differ[:, alike].size // _ONE_IN):
        return None
    if len(np.unique(one[:, alike][~differ[:, alike]])) < _DISTINCT:
        return None
    row, place = int(odd[0][0]), int(alike[odd[0][1]])
    return int(rows[0][row]), columns[place], float(two[row, place])


def _rows(first: Content, second: Content) -> tuple[Rows, Rows] | None:
    """Return which rows of two tables belong together: by what texts name them, else by their order."""
    texts = [n for n, v in first.columns.items() if v.dtype.kind == "O" and n in second]
    if first.rows == second.rows and all((first[n] == second[n]).all() for n in texts):
        return np.arange(first.rows), np.arange(first.rows)
    known = {n: set(second[n].tolist()) for n in texts}
    texts = [n for n in texts if sum(v in known[n] for v in first[n].tolist()) >= _NAMED * first.rows]
    if not texts:
        return None
    places: dict[tuple[Any, ...], int] = {}
    for row, key in enumerate(zip(*(second[n].tolist() for n in texts), strict=True)):
        places.setdefault(key, row)
    keys = list(zip(*(first[n].tolist() for n in texts), strict=True))
    mine = [row for row, key in enumerate(keys) if key in places]
    return np.array(mine, int), np.array([places[keys[row]] for row in mine], int)
