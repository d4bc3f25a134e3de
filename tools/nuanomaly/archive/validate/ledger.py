"""Frozen releases against the ledger, and the catalogue against the releases."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nuanomaly.archive import catalog, release_digest
from nuanomaly.archive.validate.findings import Finding, finding
from nuanomaly.archive.validate.subject import ReleaseSubject


def check_release(subject: ReleaseSubject, ledger: dict[str, str]) -> Iterator[Finding]:
    """Yield the findings of one release: changed, reopened, or not yet in the ledger.

    Parameters
    ----------
    subject : ReleaseSubject
    ledger : dict
        Digest by ``NAME@VERSION``.
    """
    state = subject.data.get("state")
    entered = ledger.get(subject.release)
    if entered is None:
        if state in ("announced", "released", "retracted"):
            message = f"{subject.release} is {state}, but the ledger in catalog.yaml does not know it"
            yield subject.finding("RELEASED_NOT_IN_LEDGER", message, ["state"])
        return
    if state == "draft":
        message = f"{subject.release} was released, and now says draft"
        yield subject.finding("RELEASED_REOPENED", message, ["state"])
    if release_digest.digest_of(subject.document, list_files(subject)) != entered:
        changed = changed_files(subject)
        message = f"{subject.release} is not what was released: {', '.join(changed)} changed"
        yield subject.finding("RELEASED_CHANGED", message, ["state"], remedy=_remedy(subject, changed))


def holds(subject: ReleaseSubject, ledger: Mapping[str, str]) -> bool:
    """Return whether a release.yaml, with the hashes that it declares, is the one that the ledger froze.

    Every release in the ledger was what its schema asks for. Nothing of its tables is read, and a release
    that was withdrawn since is left out: the ledger does not cover what it says of that.

    Parameters
    ----------
    subject : ReleaseSubject
    ledger : mapping of str to str
        Digest by ``NAME@VERSION``.
    """
    entered, data = ledger.get(subject.release), subject.data
    if entered is None or subject.document.duplicates or not isinstance(data, dict):
        return False
    if data.get("state") not in ("announced", "released") or "retracted" in data:
        return False
    files = [{"path": e.get("file"), "sha256": e.get("sha256")} for e in subject.declared.values()]
    return release_digest.digest_of(subject.document, files) == entered


def changed_files(subject: ReleaseSubject) -> list[str]:
    """Return the tables that are not as sealed; if they all are, it is release.yaml that changed."""
    wrong = [
        str(entry["file"])
        for entry in subject.declared.values()
        if isinstance(entry.get("file"), str)
        and (entry["file"] not in subject.facts or subject.facts[entry["file"]].sha256 != entry.get("sha256"))
    ]
    return wrong or ["release.yaml"]


def gone(root: Path, present: Sequence[str]) -> Iterator[Finding]:
    """Yield the findings of releases in the ledger that have no folder."""
    for name in catalog.ledger_of(root):
        if name not in present:
            path = name.replace("@", "/")
            message = f"{name} was released, and its folder is not there"
            yield finding("RELEASED_MISSING", message, file=f"datasets/{path}", release=name)


def check_catalog(root: Path, subjects: Sequence[ReleaseSubject]) -> Iterator[Finding]:
    """Yield the findings of a catalogue that is not what would be written of these releases."""
    collected = []
    for subject in subjects:
        files = list_files(subject)
        collected.append(
            catalog.Collected(subject.data, files, release_digest.digest_of(subject.document, files))
        )
    for difference in catalog.check(root, catalog.render(collected, catalog.ledger_of(root))):
        yield finding("CATALOG_OUT_OF_DATE", difference, file="catalog.yaml")


def list_files(subject: ReleaseSubject) -> list[dict[str, Any]]:
    """Return path, size and sha256 of release.yaml and the declared tables that are there."""
    declared = sorted({str(entry.get("file")) for entry in subject.declared.values()})
    known = subject.facts
    texts = [path for path in ["release.yaml", *declared] if path in known]
    return [{"path": path, "size": known[path].size, "sha256": known[path].sha256} for path in texts]


def _remedy(subject: ReleaseSubject, changed: Sequence[str]) -> str:
    name, _, version = subject.release.partition("@")
    label, _, revision = version.rpartition("-r")
    following = f"{label}-r{int(revision) + 1}" if revision.isdigit() else "the next revision"
    files = ", ".join(f"datasets/{name}/{version}/{path}" for path in changed)
    return f"Restore {files}; a correction becomes datasets/{name}/{following}, with a reason in `changes`."
