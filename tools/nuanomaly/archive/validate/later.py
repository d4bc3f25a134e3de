"""Amendments of datasets: what they name is there, and what they add could stand in the release itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from nuanomaly.archive import schemas
from nuanomaly.archive.document import Steps
from nuanomaly.archive.validate import likelihoods, structure
from nuanomaly.archive.validate.findings import Finding
from nuanomaly.archive.validate.metadata import is_date, repeated, unknown
from nuanomaly.archive.validate.subject import ReleaseSubject, Subject


@dataclass(frozen=True, eq=False)
class _Amended(ReleaseSubject):
    """The amendments of a release under validation: its tables, the lines of the other file."""

    tables: Mapping[str, Any] = None  # type: ignore[assignment]

    @cached_property
    def declared(self) -> Mapping[str, Any]:
        """The tables that the release declares."""
        return self.tables


def check(subject: Subject, releases: Sequence[ReleaseSubject], folder: Path) -> Iterator[Finding]:
    """Yield the findings of one ``amendments.yaml``.

    Parameters
    ----------
    subject : Subject
        The file.
    releases : sequence of ReleaseSubject
        All sound releases of the archive.
    folder : pathlib.Path
        The schemas.
    """
    findings = list(structure.check(subject, schemas.validator("amendments", folder)))
    yield from findings
    if findings or not isinstance(subject.data, dict):
        return
    name = subject.path.parent.name
    if subject.data["name"] != name:
        yield subject.finding(
            "NAME_NOT_PATH", f"name is {subject.data['name']!r}, but the folder is called {name!r}", ["name"]
        )
        return
    entries = subject.data["amendments"]
    yield from repeated(subject, ["amendments"], [entry["id"] for entry in entries], "id")
    known = {s.folder.name: s for s in releases if s.folder.parent.name == name}
    for position, entry in enumerate(entries):
        steps: Steps = ["amendments", position]
        if not is_date(entry["date"]):
            message = f"{entry['date']} is not in the calendar"
            yield subject.finding("NO_SUCH_DATE", message, [*steps, "date"])
        for k, version in enumerate(entry["versions"]):
            kind = f"version of {name} called"
            yield from unknown(subject, "UNKNOWN_RELEASE", kind, version, known, [*steps, "versions", k])
            if version in known:
                yield from _of_version(subject, known[version], entry, steps, folder)
        yield from _disjoint(subject, releases, entry, steps)
    for version, release in known.items():
        yield from _ids(subject, release, version)


def _of_version(
    subject: Subject,
    release: ReleaseSubject,
    entry: Mapping[str, Any],
    steps: Sequence[str | int],
    folder: Path,
) -> Iterator[Finding]:
    """Yield what is wrong with an amendment as one of a version it names."""
    amended = _Amended(subject.root, subject.path, subject.document, release.release, tables=release.declared)
    for k, issue in enumerate(entry.get("known_issues", ())):
        for n, table in enumerate(issue.get("tables", ())):
            where = [*steps, "known_issues", k, "tables", n]
            yield from unknown(amended, "UNKNOWN_TABLE", "table", table, release.declared, where)
    said = [(key, t, columns) for key in ("columns", "energies") for t, columns in entry.get(key, {}).items()]
    for key, table, columns in said:
        where = [*steps, key, table]
        yield from unknown(amended, "UNKNOWN_TABLE", "table", table, release.declared, where)
        declared = [c["name"] for c in release.declared.get(table, {}).get("columns", ())]
        for column in columns if declared else ():
            kind = f"column of table {table!r} called"
            yield from unknown(amended, "UNKNOWN_COLUMN", kind, column, declared, [*where, column])
    own = likelihoods.modes_of(release.data)
    for mode, declared in entry.get("modes", {}).items():
        where = [*steps, "modes", mode]
        if mode in own:
            yield subject.finding("REPEATED_ID", f"{release.release} has a mode {mode!r} already", where)
        yield from likelihoods.config(amended, "surface", declared["surface"], [*where, "surface"], folder)
    modes = [*own, *entry.get("modes", {})]
    for k, benchmark in enumerate(entry.get("benchmarks", ())):
        yield from likelihoods.benchmark(amended, benchmark, [*steps, "benchmarks", k], modes, folder)


def _disjoint(
    subject: Subject, releases: Sequence[ReleaseSubject], entry: Mapping[str, Any], steps: Steps
) -> Iterator[Finding]:
    """Yield what is wrong with the modes of other releases that are said to share nothing."""
    known = {s.release: s for s in releases}
    for k, item in enumerate(entry.get("disjoint", ())):
        where = [*steps, "disjoint", k]
        other = item["with"]
        yield from unknown(subject, "UNKNOWN_RELEASE", "release", other, known, [*where, "with"])
        modes = likelihoods.modes_of(known[other].data) if other in known else ()
        for n, mode in enumerate(item["modes"] if modes else ()):
            yield from unknown(subject, "UNKNOWN_MODE", "mode", mode, modes, [*where, "modes", n])


def _ids(subject: Subject, release: ReleaseSubject, version: str) -> Iterator[Finding]:
    """Yield a finding for each added benchmark whose id the release, or another amendment of it, has."""
    taken = {entry["id"] for entry in release.data.get("benchmarks", ())}
    for position, entry in enumerate(subject.data["amendments"]):
        for k, benchmark in enumerate(entry.get("benchmarks", ()) if version in entry["versions"] else ()):
            if benchmark["id"] in taken:
                message = f"{release.release} has a benchmark {benchmark['id']!r} already"
                yield subject.finding("REPEATED_ID", message, ["amendments", position, "benchmarks", k, "id"])
            taken.add(benchmark["id"])


def unproven(release: ReleaseSubject, entries: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Yield a finding if a release has no published benchmark and nothing says why, or the reverse.

    Parameters
    ----------
    release : ReleaseSubject
        A sound release.
    entries : sequence of dict
        The amendments of it.
    """
    if release.data.get("state") != "released":
        return
    added = [benchmark for entry in entries for benchmark in entry.get("benchmarks", ())]
    published = any(b.get("kind") == "published" for b in (*release.data.get("benchmarks", ()), *added))
    said = any("no_published_benchmark" in entry for entry in entries)
    if not published and not said:
        message = "no published number is recomputed, and amendments.yaml does not say what was searched"
        yield release.finding("NO_PUBLISHED_BENCHMARK", message, ["name"])
    if published and said:
        message = "amendments.yaml says that no published benchmark is to be had, and there is one"
        yield release.finding("BENCHMARK_SAID_MISSING", message, ["name"])
