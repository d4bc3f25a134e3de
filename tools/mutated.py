"""Ask validation about a changed number, without writing a file: what a new check notices comes quickly."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from mutations import Change

from nuanomaly.archive import release
from nuanomaly.archive.validate import checker, content, copies
from nuanomaly.archive.validate.content import Content
from nuanomaly.archive.validate.findings import Finding
from nuanomaly.archive.validate.subject import ReleaseSubject, open_release

Found = set[tuple[str, str, str]]


class Numbers:
    """The tables of an archive, of which one number at a time is another.

    Parameters
    ----------
    root : pathlib.Path
        The archive.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._shelf = copies.Shelf()
        self._contents: dict[str, dict[str, Content]] = {}
        self._usual: dict[tuple[str, str], Found] = {}

    @cached_property
    def _releases(self) -> dict[str, ReleaseSubject]:
        folders = (f for versions in release.folders(self._root).values() for f in versions.values())
        return {one.release: one for one in (open_release(f, self._root) for f in folders)}

    def noticed(self, change: Change) -> str:
        """Return the code of the first finding that a change makes; empty if it makes none.

        The release is taken for one that the ledger does not know, sealed anew.
        """
        subject = self._releases[change.release]
        contents = self._read(subject)
        usual = (change.release, change.table)
        if usual not in self._usual:
            self._usual[usual] = _found(self._findings(subject, change.table, contents))
        altered = {**contents, change.table: altered_content(contents[change.table], change)}
        new = _found(self._findings(sealed(subject, change.table), change.table, altered))
        return min(new - self._usual[usual], default=("",))[0]

    def _read(self, subject: ReleaseSubject) -> dict[str, Content]:
        if subject.release not in self._contents:
            read = {name: content.read(subject, name) for name in subject.declared}
            self._contents[subject.release] = {
                name: its
                for name, (its, found) in read.items()
                if its and not checker.INCOMPLETE & {f.code for f in found}
            }
        return self._contents[subject.release]

    def _findings(
        self, subject: ReleaseSubject, table: str, contents: dict[str, Content]
    ) -> Iterator[Finding]:
        releases = list(self._releases.values())
        self._shelf.hold(subject.release, table, contents[table])
        yield from checker.of_numbers(subject, table, contents)
        yield from checker.between_tables(subject, contents)
        yield from copies.revised(subject, releases)
        yield from copies.of_table(subject, table, releases, self._shelf)
        self._shelf.forget(subject.release)


def _found(findings: Iterator[Finding]) -> Found:
    return {(f.code, f.table, f.column) for f in findings if f.severity == "error"}


def altered_content(its: Content, change: Change) -> Content:
    """Return a table with one number replaced."""
    column = its.columns[change.column].copy()
    column[change.row] = int(change.new) if column.dtype.kind == "i" else float(change.new)
    return Content({**its.columns, change.column: column}, its.rows)


def sealed(subject: ReleaseSubject, table: str) -> ReleaseSubject:
    """Return a release whose declaration says that a table is another one."""
    entry = {**subject.data["tables"][table], "sha256": "0" * 64}
    data = {**subject.data, "tables": {**subject.data["tables"], table: entry}}
    return replace(subject, document=replace(subject.document, data=data))
