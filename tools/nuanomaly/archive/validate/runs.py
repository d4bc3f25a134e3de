"""Stored runs: each that a comparison declares is there, current and unharmed."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nuanomaly.archive import runs, schemas
from nuanomaly.archive.document import Steps
from nuanomaly.archive.errors import NuanomalyError, nearest
from nuanomaly.archive.validate.findings import Finding, finding
from nuanomaly.archive.validate.links import Archive
from nuanomaly.archive.validate.structure import schema_findings
from nuanomaly.archive.validate.subject import Subject, open_subject, relative


def check(root: Path, archive: Archive, folder: Path) -> Iterator[Finding]:
    """Yield the findings of all runs that comparisons declare, and of results that none declares."""
    for path in sorted(root.glob(f"comparisons/*/{runs.DECLARATION}")):
        try:
            subject = open_subject(path, root)
            declared = runs.declared_runs(path.parent)
        except NuanomalyError as error:
            yield finding("YAML_UNREADABLE", str(error), file=relative(path, root))
            continue
        for name in declared:
            yield from _declared(subject, declared[name], ["runs", name], folder)
            yield from _run(root, archive, subject, name)
    for path in sorted(root.glob(f"comparisons/*/{runs.STORED}/*/{runs.ABOUT}")):
        page = path.parents[2]
        if path.parent.name not in _known(page):
            message = f"{runs.DECLARATION} of {page.name} declares no run {path.parent.name!r}"
            yield finding("RUN_OUT_OF_DATE", message, file=relative(path, root))


def _known(folder: Path) -> set[str]:
    try:
        return set(runs.declared_runs(folder))
    except NuanomalyError:  # found already
        return {path.name for path in (folder / runs.STORED).iterdir()}


def _run(root: Path, archive: Archive, subject: Subject, name: str) -> Iterator[Finding]:
    """Yield what is wrong with one run and its stored result."""
    steps = ["runs", name]
    declared = subject.data["runs"][name]
    groups = {g: m for anomaly in archive.anomalies for g, m in anomaly.data.get("groups", {}).items()}
    named = list(runs.references(declared, groups))
    entries = {reference: archive.resolve(reference) for reference in named}
    for reference, release in entries.items():
        if not release:
            message = f"the archive has no release {reference!r}"
            yield subject.finding("UNKNOWN_RELEASE", message, [*steps, "datasets"])
    if not named or not all(entries.values()):
        return
    now = {release: runs.digest(_metadata(root, release)) for release in sorted(set(entries.values()))}
    now |= runs.model_file(declared, subject.path.parent)
    wrong = runs.trouble(subject.path.parent / runs.STORED / name, declared, now)
    if wrong is not None:
        page = subject.path.parent.name
        yield subject.finding(
            wrong.code,
            f"run {name}: {wrong.reason}",
            steps,
            remedy=f"Run `nuanomaly runs {page}/{name}` and commit what it writes.",
        )


def _declared(subject: Subject, run: Mapping[str, Any], steps: Steps, folder: Path) -> Iterator[Finding]:
    """Yield what is wrong with the declaration of a run, by the schema of its kind."""
    kind, known = str(run.get("kind")), schemas.kinds("run", folder)
    if kind not in known:
        message = f"schemas/kinds/run has no schema of the kind {kind!r}"
        yield subject.finding(
            "KIND_WITHOUT_SCHEMA", message, [*steps, "kind"], suggestions=tuple(nearest(kind, known))
        )
        return
    yield from schema_findings(subject, schemas.kind_validator("run", kind, folder), run, steps)


def _metadata(root: Path, release: str) -> Path:
    name, _, version = release.partition("@")
    return root / "datasets" / name / version / "release.yaml"
