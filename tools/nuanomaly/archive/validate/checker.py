"""Validation of the archive: which checks run on what, in which order."""

import gc
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from nuanomaly.archive import amendments, bounded, catalog, memory, names, paths, release, schemas
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.importing import importers
from nuanomaly.archive.validate import (
    bins,
    column_values,
    content,
    copies,
    covariance,
    explained,
    files,
    later,
    ledger,
    links,
    past,
    proofs,
    redundancy,
    retyped,
    runs,
    sequences,
    structure,
)
from nuanomaly.archive.validate.described import HARMLESS, broken_entries, of_sound_entries
from nuanomaly.archive.validate.findings import Finding, Report, finding, report
from nuanomaly.archive.validate.subject import (
    LinkError,
    ReleaseSubject,
    Subject,
    open_release,
    open_subject,
    relative,
)
from nuanomaly.archive.yamlio import YamlError

#: Findings after which the numbers of a table are not looked at together.
INCOMPLETE = frozenset({"VALUE_MISSING", "VALUE_INFINITE", "TABLE_EMPTY"})


def validate(
    references: Sequence[str] | None = None,
    root: Path | None = None,
    *,
    history: bool = False,
    fresh: bool = False,
    known: Collection[str] | None = None,
) -> Report:
    """Check releases, or the whole archive with its anomalies, comparisons and catalogue.

    Parameters
    ----------
    references : sequence of str, optional
        Releases, as ``NAME`` (all versions), ``NAME@LABEL`` or ``NAME@VERSION``; everything if left out.
    root : pathlib.Path, optional
        The archive; the checkout if left out.
    history : bool
        Check the ledger and the released folders against git's history too; where there is none, the report
        says so in a note.
    fresh : bool
        Check everything anew, also what was found without fault before (see :mod:`nuanomaly.archive.memory`).
    known : collection of str, optional
        The releases of which newer checks find notes and no errors; those of the ledger if left out. A
        contribution may write into that.

    Returns
    -------
    Report
        Its ``ok`` is True if there is no error.

    Raises
    ------
    UnknownNameError
        If a reference names no release.
    NuanomalyError
        If there is no checkout.

    Examples
    --------
    >>> validate(["best@2022"]).releases
    ('best@2022-r2',)
    """
    base = root or paths.checkout()
    if base is None:
        raise NuanomalyError(
            "there is no checkout of the archive here: run it inside one, or set $NUANOMALY_ARCHIVE"
        )
    folder = base / "schemas" if (base / "schemas").is_dir() else paths.schemas()
    with _uncollected():
        remembered = memory.opened(fresh)
        result = _Validation(base, folder, remembered, known).run(references)
        remembered.save()
    if not history:
        return result
    before, note = past.check(base)
    chosen = [f for f in before if references is None or f.release in result.releases]
    return report([*result.findings, *chosen], result.releases, [note] if note else [])


@contextmanager
def _uncollected() -> Iterator[None]:
    """Switch the garbage collector off: it walks over all YAML nodes again and again, half of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class _Validation:
    """One run over an archive."""

    def __init__(
        self, root: Path, schema_folder: Path, remembered: memory.Memory, known: Collection[str] | None
    ) -> None:
        self.root, self.schemas, self.memory = root, schema_folder, remembered
        self.schemas_digest = memory.folder_digest(schema_folder)
        self.folders = release.folders(root)
        self.ledger = catalog.ledger_of(root)
        self.known = self.ledger if known is None else known
        self.groups = proofs.declared_groups(root)

    def run(self, references: Sequence[str] | None) -> Report:
        """Return the report of some releases or of everything."""
        every = [f for versions in self.folders.values() for f in versions.values()]
        wanted = every if references is None else [f for r in references for f in self._named(r)]
        findings: list[Finding] = []
        subjects = []
        for folder in every:
            subject, items = self._release(folder, in_depth=folder in wanted)
            findings += items if folder in wanted else []
            subjects += [subject] if subject else []
        ids = {f"{f.parent.name}@{f.name}" for f in wanted}
        others = list(self._others("anomaly", "anomalies/*.yaml"))
        compared = list(self._others("comparison", "comparisons/*/comparison.yaml"))
        findings += self._copied([s for s in subjects if s.release in ids], subjects)
        archive = self._archive(subjects, others, compared)
        linked = list(links.check(archive))
        if references is None:
            findings += [f for _, items in (*others, *compared) for f in items]
            findings += [
                *linked,
                *runs.check(self.root, archive, self.schemas),
                *self._whole(every, subjects),
            ]
            findings += self._later(subjects, set(self.folders))
        else:
            findings += [f for f in linked if f.release in ids]
            findings += self._later(subjects, {name.partition("@")[0] for name in ids})
        return report(findings, sorted(ids))

    def _named(self, reference: str) -> list[Path]:
        """Return the folders of a reference."""
        name, wanted = names.split(reference)
        if name not in self.folders:
            raise UnknownNameError("dataset", name, self.folders)
        versions = self.folders[name]
        if wanted is None:
            return list(versions.values())
        return [versions[names.resolve(name, wanted, versions)]]

    def _release(self, folder: Path, in_depth: bool) -> tuple[ReleaseSubject | None, list[Finding]]:
        """Return a release (None if it is broken) and its findings, also what a parser stumbled over."""
        file = folder / "release.yaml"
        bounded.at(relative(file, self.root))
        try:
            return self._checked(folder, in_depth)
        except bounded.STUMBLES as error:
            message = f"a check stumbled over it: {type(error).__name__}: {error}"[:300]
            id = f"{folder.parent.name}@{folder.name}"
            return None, [finding("CHECK_STUMBLED", message, file=relative(file, self.root), release=id)]

    def _checked(self, folder: Path, in_depth: bool) -> tuple[ReleaseSubject | None, list[Finding]]:
        """Return a release whose metadata is what the schema asks for (else None), and its findings."""
        try:
            subject = open_release(folder, self.root)
        except NuanomalyError as error:
            return None, [
                _unreadable(error, folder / "release.yaml", self.root, f"{folder.parent.name}@{folder.name}")
            ]
        described = memory.key(subject.document.text, subject.release, self.schemas_digest, importers())
        items, broken = [], frozenset[str]()
        if not self.memory.knows(described) and (in_depth or not ledger.holds(subject, self.ledger)):
            items = list(structure.check(subject, schemas.validator("release", self.schemas)))
            if not isinstance(subject.data, dict) or any(structure.keys_that_are_no_text(subject.data)):
                return None, items
            broken = broken_entries(subject, items)
            if in_depth:
                items += of_sound_entries(subject, broken, self.schemas, importers())
                self.memory.keep("" if items else described)
        if in_depth:
            items += files.check(subject)
            items += _tables(subject, items, self.memory, subject.release in self.known)
            if not broken:
                items += self._unproven(subject)
            if "state" not in broken:
                items += ledger.check_release(subject, self.ledger)
        return (None if broken else subject), items

    def _unproven(self, subject: ReleaseSubject) -> list[Finding]:
        """Return the finding of tables that no benchmark reads, of the release or of its amendments."""
        folder = subject.folder
        try:
            later = amendments.of_version(amendments.of_dataset(folder, folder.parent.name), folder.name)
            added = [entry for amendment in later for entry in amendment.get("benchmarks", ())]
            known = subject.release in self.known
            return list(proofs.check(subject, added, self.groups, self.schemas, known))
        except NuanomalyError:  # the amendments or the anomalies have findings of their own
            return []

    def _copied(
        self, chosen: Sequence[ReleaseSubject], subjects: Sequence[ReleaseSubject]
    ) -> Iterator[Finding]:
        """Yield what releases have otherwise than others: of those that the ledger does not know."""
        shelf = copies.Shelf()
        for subject in chosen:
            if subject.release not in self.known:
                yield from copies.check(subject, subjects, shelf)

    def _others(self, schema: str, pattern: str) -> Iterator[tuple[Subject | None, list[Finding]]]:
        """Yield anomalies or comparisons (None if broken) with their findings."""
        for path in sorted(self.root.glob(pattern)):
            bounded.at(relative(path, self.root))
            try:
                subject = open_subject(path, self.root)
            except NuanomalyError as error:
                yield None, [_unreadable(error, path, self.root)]
                continue
            described = memory.key(subject.document.text, schema, self.schemas_digest)
            items = []
            if not self.memory.knows(described):
                items = list(structure.check(subject, schemas.validator(schema, self.schemas)))
                self.memory.keep("" if items else described)
            yield (None if any(f.code not in HARMLESS for f in items) else subject), items

    def _archive(
        self,
        subjects: Sequence[Subject],
        anomalies: Sequence[tuple[Subject | None, Any]],
        comparisons: Sequence[tuple[Subject | None, Any]],
    ) -> links.Archive:
        versions = {name: list(result) for name, result in self.folders.items()}
        sound = [[s for s, _ in group if s] for group in (anomalies, comparisons)]
        return links.Archive(versions, subjects, sound[0], sound[1])

    def _later(self, subjects: Sequence[ReleaseSubject], datasets: set[str]) -> Iterator[Finding]:
        """Yield the findings of the amendments of some datasets, and of what only they can supply."""
        said: dict[str, Mapping[str, Any]] = {}
        for path in sorted(self.root.glob(f"datasets/*/{amendments.FILE}")):
            name = path.parent.name
            if name not in datasets:
                continue
            try:
                subject = open_subject(path, self.root)
            except NuanomalyError as error:
                yield _unreadable(error, path, self.root)
                continue
            items = list(later.check(subject, subjects, self.schemas))
            yield from items
            said[name] = {} if items else subject.data
        for one in subjects:
            name = one.folder.parent.name
            if name in datasets:
                yield from later.unproven(one, amendments.of_version(said.get(name, {}), one.folder.name))

    def _whole(self, every: Sequence[Path], subjects: Sequence[ReleaseSubject]) -> Iterator[Finding]:
        """Yield the findings of the archive as a whole."""
        yield from files.stray(self.root, list(every))
        yield from files.total(list(subjects))
        yield from ledger.gone(self.root, [f"{f.parent.name}@{f.name}" for f in every])
        if len(subjects) == len(every):  # else a release is broken, which has its own findings
            yield from ledger.check_catalog(self.root, subjects)


def _unreadable(error: NuanomalyError, path: Path, root: Path, name: str = "") -> Finding:
    if isinstance(error, LinkError):
        return finding("FILE_IS_LINK", str(error), file=relative(path, root), release=name)
    line = error.line if isinstance(error, YamlError) else None
    message = error.problem if isinstance(error, YamlError) else str(error)
    return finding("YAML_UNREADABLE", message, file=relative(path, root), line=line, release=name)


def _tables(
    subject: ReleaseSubject, items: Sequence[Finding], remembered: memory.Memory, known: bool
) -> list[Finding]:
    """Return the findings of the content of every table that is declared properly and present.

    Parameters
    ----------
    subject, items, remembered
        The release, what was found in its declaration, and the checks that found nothing before.
    known : bool
        Whether the release was known before: what newer checks find in it is a note.
    """
    keys = {name: _key(subject, name) for name in _sound(subject, items)}
    unknown = {name for name, key in keys.items() if not remembered.knows(key)}
    together = memory.key("together", *keys.values())
    needed = (
        set(keys)
        if not remembered.knows(together)
        else unknown | {subject.declared[name].get("diagonal", {}).get("table") for name in unknown}
    )
    contents: dict[str, content.Content] = {}
    findings: dict[str, list[Finding]] = {}
    for name in keys:
        if name in needed:
            its, findings[name] = content.read(subject, name)
            if its is not None:
                contents[name] = its
                if name in unknown:
                    findings[name] += _notes(retyped.check(subject, name, its), known)
    finite = {}
    for name, its in contents.items():
        codes = {f.code for f in findings[name]}
        if not codes & INCOMPLETE:
            finite[name] = its
        if name in finite and name in unknown:
            findings[name] += of_numbers(subject, name, contents, known)
    for name in unknown:
        remembered.keep("" if findings[name] else keys[name])
    between = _notes(between_tables(subject, finite), known) if needed else []
    remembered.keep("" if between or not needed else together)
    return [*(f for each in findings.values() for f in each), *between]


def of_numbers(
    subject: ReleaseSubject, name: str, contents: Mapping[str, content.Content], known: bool = False
) -> list[Finding]:
    """Return the findings of the numbers of a table.

    Parameters
    ----------
    subject : ReleaseSubject
    name : str
    contents : mapping of str to Content
        This table, which is finite, and the one of the errors that its diagonal holds.
    known : bool
        Whether the release was known before: what newer checks find in it is a note.
    """
    its = contents[name]
    rules = chain(redundancy.check(subject, name, its), sequences.check(subject, name, its))
    return [*_inside(subject, name, contents), *_notes(explained.noted(subject, rules, its), known)]


def between_tables(subject: ReleaseSubject, contents: Mapping[str, content.Content]) -> Iterator[Finding]:
    """Yield the findings of tables of a release beside each other; all of them are finite."""
    yield from redundancy.between(subject, contents)
    yield from covariance.between(subject, contents)


def _notes(found: Iterable[Finding], known: bool) -> list[Finding]:
    """Return findings, as notes if they are of a release that was known before."""
    return [replace(f, note=True) if known else f for f in found]


def _sound(subject: ReleaseSubject, findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the tables that are declared properly and present."""
    bad = {f.table for f in findings if f.table and f.code in ("PATH_UNSAFE", "COLUMN_REPEATED")}
    lines = [f.line for f in findings if f.code not in HARMLESS and not f.table]
    for name, entry in subject.declared.items():
        span = _span(subject, name) if lines else range(0)
        if name in bad or any(n in span for n in lines):
            continue
        if isinstance(entry.get("file"), str) and entry["file"] in subject.facts:
            yield name


def _key(subject: ReleaseSubject, name: str) -> str:
    """Return what the findings of a table depend on: its file and declaration, and those of its errors."""
    parts = []
    for table in (name, subject.declared[name].get("diagonal", {}).get("table")):
        entry = subject.declared.get(table, {})
        facts = subject.facts.get(str(entry.get("file")))
        parts += [table, entry, facts.sha256 if facts else None]
    return memory.key(*parts)


def _inside(subject: ReleaseSubject, name: str, contents: Mapping[str, content.Content]) -> Iterator[Finding]:
    """Yield the findings of a table whose numbers are all there."""
    yield from bins.check(subject, name, contents[name])
    yield from column_values.check(subject, name, contents[name])
    if subject.declared[name]["kind"] in covariance.KINDS:
        yield from covariance.check(subject, name, contents[name], _errors(subject, name, contents))


def _span(subject: ReleaseSubject, table: str) -> range:
    """Return the lines of a table's declaration."""
    node = subject.document.node(["tables", table])
    first = subject.document.line(["tables", table])
    return range(first, (node.end_mark.line + 1 if node else first) + 1)


def _errors(
    subject: ReleaseSubject, name: str, contents: Mapping[str, content.Content]
) -> covariance.Array | None:
    """Return the errors that the diagonal of a covariance is declared to hold, or None."""
    declared = subject.declared[name].get("diagonal")
    if not declared or declared["table"] not in contents:
        return None
    return contents[declared["table"]].numbers(declared["column"])
