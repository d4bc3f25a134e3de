"""Frozen releases against the ledger, and the catalogue against the releases."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from nuanomaly.archive import catalog
from nuanomaly.archive.errors import NuanomalyError
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
        if state in ("released", "retracted"):
            message = f"{subject.release} is {state}, but the ledger in catalog.yaml does not know it"
            yield subject.finding("RELEASED_NOT_IN_LEDGER", message, ["state"])
        return
    if state == "draft":
        message = f"{subject.release} was released, and now says draft"
        yield subject.finding("RELEASED_REOPENED", message, ["state"])
    paths = sorted({str(e["file"]) for e in subject.declared.values() if isinstance(e.get("file"), str)})
    files = [{"path": "release.yaml"}] + [
        {"path": p, "sha256": subject.facts[p].sha256} for p in paths if p in subject.facts
    ]
    if _digest(subject, files) != entered:
        changed = changed_files(subject)
        message = f"{subject.release} is not what was released: {', '.join(changed)} changed"
        yield subject.finding("RELEASED_CHANGED", message, ["state"], remedy=_remedy(subject, changed))


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


def check_catalog(root: Path) -> Iterator[Finding]:
    """Yield the findings of a catalogue that is not what would be written."""
    try:
        differences = catalog.check(root)
    except (NuanomalyError, KeyError, TypeError, AttributeError, ValueError):
        return  # a release is broken, which has its own findings
    for difference in differences:
        yield finding("CATALOG_OUT_OF_DATE", difference, file="catalog.yaml")


def _digest(subject: ReleaseSubject, files: list[dict[str, str]]) -> str:
    """Return the digest of a release for the ledger (see :func:`nuanomaly.archive.catalog.digest`)."""
    return catalog.digest(subject.folder, [{"sha256": "", **f} for f in files])


def _remedy(subject: ReleaseSubject, changed: Sequence[str]) -> str:
    name, _, version = subject.release.partition("@")
    label, _, revision = version.rpartition("-r")
    following = f"{label}-r{int(revision) + 1}" if revision.isdigit() else "the next revision"
    files = ", ".join(f"datasets/{name}/{version}/{path}" for path in changed)
    return f"Restore {files}; a correction becomes datasets/{name}/{following}, with a reason in `changes`."
