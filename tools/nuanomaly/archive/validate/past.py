"""The ledger and the released folders against git's history.

The ledger in ``catalog.yaml`` says what was released; it is itself a file that can be edited. History cannot:
the digest that counts is the one the ledger had in the commit that entered it.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nuanomaly.archive import catalog, document, history, names, release_digest, yamlio
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.history import Commit, History
from nuanomaly.archive.validate.findings import Finding, finding

_LEDGER = re.compile(r"^ledger:.*(?:\n(?![^\s#]).*)*", re.MULTILINE)


@dataclass(frozen=True)
class Entered:
    """A release as the ledger first had it."""

    release: str
    digest: str
    commit: Commit

    @property
    def folder(self) -> str:
        """Its folder, relative to the root of the archive."""
        return f"datasets/{self.release.replace('@', '/')}"


def check(root: Path) -> tuple[list[Finding], str]:
    """Return the findings of the past, and, if it cannot be read, why not.

    Parameters
    ----------
    root : pathlib.Path
        The archive.
    """
    try:
        past = history.history(root)
        ledgers = list(_ledgers(past))
    except history.NoHistoryError as error:
        return [], f"history was not checked: {error}"
    entered = first_entries(ledgers)
    findings = list(_edited(root, ledgers, entered))
    for entry in entered.values():
        findings += _folder(root, past, entry)
    return findings, ""


def first_entries(ledgers: list[tuple[Commit, Mapping[str, str]]]) -> dict[str, Entered]:
    """Return each release as the ledger first had it, from ledgers by commit, from old to new."""
    entries: dict[str, Entered] = {}
    for commit, ledger in ledgers:
        for name, digest in ledger.items():
            entries.setdefault(name, Entered(name, digest, commit))
    return entries


def _ledgers(past: History) -> Iterator[tuple[Commit, Mapping[str, str]]]:
    """Yield the ledger of each commit that changed catalog.yaml, from old to new."""
    commits = past.commits("catalog.yaml")
    contents = past.contents([(c.id, "catalog.yaml") for c in commits])
    for commit, content in zip(commits, contents, strict=True):
        yield commit, ledger_in(content or b"")


def ledger_in(content: bytes) -> dict[str, str]:
    """Return the ledger of a catalogue, of which nothing else is read; empty if it has none.

    Examples
    --------
    >>> ledger_in(b"releases: []\\nledger:\\n  best@2022-r1: abc\\n")
    {'best@2022-r1': 'abc'}
    """
    match = _LEDGER.search(content.decode("utf-8", "replace"))
    try:
        data = yamlio.parse(match[0], "catalog.yaml") if match else {}
    except NuanomalyError:
        return {}
    entries = data.get("ledger") or {}
    items = entries.items() if isinstance(entries, dict) else ()
    return {str(k): str(v) for k, v in items if _is_release(str(k))}


def _is_release(text: str) -> bool:
    name, _, version = text.partition("@")
    return bool(names.NAME.fullmatch(name) and names.VERSION.fullmatch(version))


def _edited(
    root: Path, ledgers: list[tuple[Commit, Mapping[str, str]]], entered: Mapping[str, Entered]
) -> Iterator[Finding]:
    """Yield the findings of ledger entries that are not what they were."""
    path = root / "catalog.yaml"
    present = ledger_in(path.read_bytes()) if path.is_file() else {}
    for name, first in entered.items():
        if present.get(name) == first.digest:
            continue
        later = (commit for commit, ledger in ledgers if _differs(ledger, first, commit, ledgers))
        commit = next(later, None)
        said = "is gone from" if name not in present else "was changed in"
        when = f"by commit {commit}" if commit else "and is not committed"
        yield finding(
            "LEDGER_EDITED",
            f"the entry of {name} {said} the ledger {when}; commit {first.commit} entered it",
            remedy=f"Restore the line `{name}: {first.digest}` under `ledger` in catalog.yaml.",
            file="catalog.yaml",
            line=_line(path, name),
            release=name,
        )


def _differs(
    ledger: Mapping[str, str],
    first: Entered,
    commit: Commit,
    ledgers: list[tuple[Commit, Mapping[str, str]]],
) -> bool:
    """Return whether a ledger that is later than the first entry has lost or changed it."""
    order = [c.id for c, _ in ledgers]
    later = order.index(commit.id) > order.index(first.commit.id)
    return later and ledger.get(first.release) != first.digest


def _line(path: Path, name: str) -> int | None:
    """Return the line of a ledger entry; that of the ledger if there is none."""
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    for wanted in (f"  {name}:", "ledger:"):
        for number, line in enumerate(lines, 1):
            if line.startswith(wanted):
                return number
    return None


def _folder(root: Path, past: History, first: Entered) -> Iterator[Finding]:
    """Yield the findings of a released folder that is, or was for a while, not what was released."""
    since = [first.commit, *past.commits(first.folder, first.commit)]
    states = [(commit, _digest_at(past, commit, first)) for commit in since]
    matching = [k for k, (_, digest) in enumerate(states) if digest == first.digest]
    now = _digest_now(root / first.folder)
    if now != first.digest:
        start = matching[0] if matching else 0
        broke = next((c for c, digest in states[start:] if digest != first.digest), None)
        yield _changed(root, past, first, states[start][0] if matching else None, broke, gone=now is None)
    elif matching:
        for commit, digest in states[matching[0] :]:
            if digest != first.digest:
                message = f"commit {commit} changed {first.release}, and a later one restored it"
                yield finding(
                    "RELEASED_CHANGED_FOR_A_WHILE", message, file=first.folder, release=first.release
                )


def _changed(
    root: Path, past: History, first: Entered, good: Commit | None, broke: Commit | None, *, gone: bool
) -> Finding:
    """Return the finding of a folder that is not what was released: which files, by which commit."""
    files = _files_that_differ(root, past, first, good) if good and not gone else []
    where = f"{first.folder}/{files[0]}" if files else first.folder
    said = "is gone" if gone else f"has changed ({', '.join(files)})" if files else "has changed"
    by = f"by commit {broke}" if broke else "and that is not committed"
    if good is None:
        message = f"{first.release} was never committed as commit {first.commit} entered it in the ledger"
        remedy = "Commit the folder as it was released; a correction becomes the next revision."
    else:
        message = f"{first.release} {said} {by}; commit {first.commit} entered it in the ledger"
        paths = " ".join(f"{first.folder}/{f}" for f in files) or first.folder
        remedy = (
            f"Restore it: `git checkout {good.id[:10]} -- {paths}`; a correction becomes the next revision."
        )
    return finding("RELEASED_HISTORY_CHANGED", message, remedy, file=where, release=first.release)


def _files_that_differ(root: Path, past: History, first: Entered, good: Commit) -> list[str]:
    """Return the files that are not as they were in a commit, or not there."""
    was = past.tree(good.id, first.folder)
    items = []
    for name, blob in was.items():
        path = root / first.folder / name
        content = path.read_bytes() if path.is_file() else None
        if content is None or hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest() != blob:
            items.append(name)
    return sorted(items)


def _digest_at(past: History, commit: Commit, first: Entered) -> str | None:
    """Return the digest of a release at a commit; None if it was not whole then."""
    [metadata] = past.contents([(commit.id, f"{first.folder}/release.yaml")])
    try:
        result = document.parse((metadata or b"").decode(), first.folder)
        files = sorted({names.safe_path(entry["file"]) for entry in result.data["tables"].values()})
    except (NuanomalyError, UnicodeDecodeError, TypeError, KeyError):
        return None
    listed = [{"path": "release.yaml", "sha256": ""}]
    for name, content in zip(
        files, past.contents([(commit.id, f"{first.folder}/{f}") for f in files]), strict=True
    ):
        if content is None:
            return None
        listed.append({"path": name, "sha256": hashlib.sha256(content).hexdigest()})
    return release_digest.digest_of(result, listed)


def _digest_now(folder: Path) -> str | None:
    """Return the digest of a folder as it stands; None if it is not whole."""
    try:
        return release_digest.digest(folder, catalog.list_files(folder))
    except (NuanomalyError, KeyError, TypeError, AttributeError):
        return None
