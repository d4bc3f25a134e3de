"""The originals of a release, from where their authors published them."""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nuanomaly.archive import names
from nuanomaly.archive.fetching import index
from nuanomaly.archive.fetching.download import Download, Policy, StoppedError, storing
from nuanomaly.archive.fetching.http import HttpClient, SourceError, Stream, limited
from nuanomaly.archive.fetching.watcher import Watcher
from nuanomaly.archive.release import Release

#: The bytes that an original whose size nobody knows is given time for.
_UNKNOWN = 1 << 30


@dataclass(frozen=True)
class Original:
    """What became of an original.

    Attributes
    ----------
    id : str
        As in ``release.yaml``.
    how : {"fetched", "present", "no-url", "transcription", "offline", "failed"}
    path : pathlib.Path or None
        Where it is.
    message : str
        A sentence for a person.
    """

    id: str
    how: str
    path: Path | None
    message: str

    @property
    def ok(self) -> bool:
        """Whether it is here, or there is nothing to get."""
        return self.how in ("fetched", "present", "no-url", "transcription")


def originals(
    release: Release, root: Path, *, offline: bool = False, policy: Policy, watcher: Watcher
) -> list[Original]:
    """Get the originals of a release into ``root``, below which they lie as importers expect them.

    Each is verified against the sha256 in ``release.yaml``; one without URLs is reported, not guessed.

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    client = HttpClient(policy.timeout)
    try:
        return [
            _one(client, entry, root, release.id, offline, policy, watcher)
            for entry in release.metadata.get("originals", ())
        ]
    finally:
        client.close()


def _one(
    client: HttpClient,
    entry: dict[str, Any],
    root: Path,
    release_id: str,
    offline: bool,
    policy: Policy,
    watcher: Watcher,
) -> Original:
    name, urls = (
        str(entry["id"]),
        [u for u in entry.get("urls", ()) if u.lower().startswith(("http://", "https://"))],
    )
    sha256, size = entry.get("sha256"), entry.get("size")
    path = root / names.safe_path(entry.get("file") or f"{release_id.replace('@', '/')}/{name}")
    if path.is_file() and sha256 and index.sha256_of(path) == sha256:
        return Original(name, "present", path, f"{name}: is here already, verified: {path}")
    where = f"its DOI is {entry['doi']}" if entry.get("doi") else f"it is: {entry['source']}"
    if entry.get("copy") == "transcription":
        return Original(
            name, "transcription", None, f"{name}: was typed in from a paper, there is no file; {where}"
        )
    if not urls:
        return Original(name, "no-url", None, f"{name}: no URL is known; {where}")
    if offline:
        return Original(name, "offline", None, f"{name}: is missing, and --offline was given: {urls[0]}")
    problems = []
    for url in urls:
        try:
            got = _download(client, url, path, sha256, size, policy, watcher)
        except SourceError as error:
            problems.append(f"{url}: {error}")
            continue
        verified = (
            "verified" if sha256 else f"not verified, as release.yaml has no sha256 for it (it is {got})"
        )
        return Original(name, "fetched", path, f"{name}: fetched, {verified}: {path}")
    return Original(name, "failed", None, f"{name}: could not be fetched: " + "; ".join(problems))


def _download(
    client: HttpClient,
    url: str,
    path: Path,
    sha256: str | None,
    size: int | None,
    policy: Policy,
    watcher: Watcher,
) -> str:
    """Get one file in one piece to its place; return its sha256."""
    part = path.with_name(f".{path.name}.part")
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if sha256 is None:
            part.unlink(missing_ok=True)  # nothing would tell that what is left belongs to this file

    def opener(offset: int) -> AbstractContextManager[Stream]:
        return client.get(url, offset)

    watcher.begin(path.name, size or 0)
    try:
        with limited(policy.allowed(size or _UNKNOWN), client.close) as stop:
            got = Download(part, sha256, size, watcher.advance, stop).run(opener, policy)
    except StoppedError:
        raise SourceError("was given up, as it took too long") from None
    finally:
        watcher.end()
    with storing(path):
        os.replace(part, path)
    return got


def summary(items: Sequence[Original]) -> str:
    """Return one line for all originals of a release."""
    here = sum(o.path is not None for o in items)
    without = sum(o.how in ("no-url", "transcription") for o in items)
    return f"{here} of {len(items)} originals are here, {without} have no URL"
