"""What a source has: its releases, and for each file of a release the path, sha256 and size."""

import errno
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nuanomaly.archive import gate, names, release, release_digest
from nuanomaly.archive.errors import IntegrityError, NuanomalyError, printable
from nuanomaly.archive.fetching.listing import FileEntry, ReleaseEntry
from nuanomaly.archive.names import safe_path

INDEX_FILE = "index.json"
KIND, SCHEMA = "nuanomaly-mirror", "1"
CHUNK = 1 << 20

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Index:
    """The releases of a source, ``{name: {version: entry}}``, and the groups of releases it declares.

    ``amendments`` are the files of later knowledge, ``{name: entry}``, paths from the root of the source;
    ``ledger`` is that of the archive it was made from, ``{release: digest}``, believed if it is signed.
    """

    releases: Mapping[str, Mapping[str, ReleaseEntry]] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    amendments: Mapping[str, FileEntry] = field(default_factory=dict)
    ledger: Mapping[str, str] = field(default_factory=dict)


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe(folder: Path) -> ReleaseEntry:
    """Return the entry of a release's folder: ``release.yaml`` and the declared tables, hashed.

    Raises
    ------
    IntegrityError
        If it is not the release of this place, or a table is not the one ``release.yaml`` was sealed with.
    NuanomalyError
        If a declared file is missing, is a link, or has an unsafe name.
    """
    result = release.read(folder)
    if (result.name, result.version) != (folder.parent.name, folder.name):
        raise IntegrityError(f"{folder / 'release.yaml'}: says it is {result.id}, which is not its place")
    sealed: dict[str, str | None] = {"release.yaml": None}
    for table in result.tables:
        entry = result.declared(table)
        sealed[safe_path(entry["file"])] = entry.get("sha256")
    files = []
    for path, expected in sealed.items():
        file = folder / path
        if file.is_symlink() or not file.is_file():
            raise IntegrityError(f"{result.id}: {file} is missing or no plain file")
        actual = sha256_of(file)
        if expected not in (None, actual):
            raise IntegrityError(
                f"{result.id}: {file} has sha256 {actual[:12]}…, release.yaml says {str(expected)[:12]}…: "
                "the file was altered; fetch the release again, or seal it if the change is meant"
            )
        files.append(FileEntry(path, actual, file.stat().st_size))
    _check_paths(result.id, files)
    about = {key: str(result.metadata.get(key, "")) for key in ("title", "sector", "experiment")}
    return ReleaseEntry(
        result.name, result.version, result.state, tuple(sorted(files, key=lambda f: f.path)), about
    )


def digest(folder: Path, entry: ReleaseEntry) -> str:
    """Return the digest of the release in a folder, as the ledger keeps it."""
    return release_digest.digest(folder, [{"path": f.path, "sha256": f.sha256} for f in entry.files])


def matches(folder: Path, entry: ReleaseEntry) -> bool:
    """Return whether a folder holds every file of an entry, of the right size and sha256."""
    return all(file_matches(folder / f.path, f) for f in entry.files)


def file_matches(path: Path, entry: FileEntry) -> bool:
    """Return whether a file is there, with the right size and sha256."""
    try:
        return path.stat().st_size == entry.size and sha256_of(path) == entry.sha256
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP):
            return False
        raise


def to_json(index: Index) -> bytes:
    """Return the bytes of ``index.json``; the same index gives the same bytes."""
    entries = [e for versions in index.releases.values() for e in versions.values()]
    entries.sort(key=lambda e: (e.name, names.sort_key(e.version)))
    listing = [
        {
            **{"name": e.name, "version": e.version, "state": e.state},
            **e.about,
            "files": [{"path": f.path, "sha256": f.sha256, "size": f.size} for f in e.files],
        }
        for e in entries
    ]
    groups = {name: list(members) for name, members in sorted(index.groups.items())}
    later = {
        name: {"path": f.path, "sha256": f.sha256, "size": f.size}
        for name, f in sorted(index.amendments.items())
    }
    content = {"kind": KIND, "schema": SCHEMA, "groups": groups, "releases": listing, "amendments": later}
    if index.ledger:
        content["ledger"] = dict(sorted(index.ledger.items()))
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def from_json(text: bytes | str) -> Index:
    """Return the index that a source published, every name and path in it checked.

    Raises
    ------
    ValueError
        If the text is not JSON at all (it may have been cut short).
    NuanomalyError
        If it is not an index this program understands, or names anything unsafe.
    """
    try:
        content = json.loads(text)
    except RecursionError:
        raise NuanomalyError(f"{INDEX_FILE} is nested too deeply: it is no index") from None
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise NuanomalyError(f"{INDEX_FILE} is not the index of a mirror (made by `nuanomaly mirror`)")
    if content.get("schema") != SCHEMA:
        raise NuanomalyError(
            f"{INDEX_FILE} has format {content.get('schema')!r}, this program reads {SCHEMA!r}: update it"
        )
    try:
        entries = [release_entry(item) for item in content["releases"]]
        groups = {str(name): tuple(map(str, members)) for name, members in content.get("groups", {}).items()}
        later = {str(name): file_entry(item) for name, item in content.get("amendments", {}).items()}
        ledger = {str(name): str(digest) for name, digest in content.get("ledger", {}).items()}
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise NuanomalyError(f"{INDEX_FILE} is damaged ({type(error).__name__}: {error})") from None
    return assembled(entries, groups, later, ledger)


def assembled(
    entries: Iterable[ReleaseEntry],
    groups: Mapping[str, tuple[str, ...]] | None = None,
    amendments: Mapping[str, FileEntry] | None = None,
    ledger: Mapping[str, str] | None = None,
) -> Index:
    """Return an index of entries."""
    releases: dict[str, dict[str, ReleaseEntry]] = {}
    for entry in entries:
        if entry.version in releases.setdefault(entry.name, {}):
            raise NuanomalyError(f"{INDEX_FILE} lists {entry.id} twice")
        releases[entry.name][entry.version] = entry
    return Index(releases, groups or {}, amendments or {}, ledger or {})


def release_entry(item: Mapping[str, Any]) -> ReleaseEntry:
    """Return the checked entry of one item of an index (or of the catalogue, which has the same form).

    Raises
    ------
    NuanomalyError
        If a name, version or path in it is unsafe, or a sha256 or size is none.
    """
    name, version, state = item["name"], item["version"], item["state"]
    if not names.NAME.fullmatch(name) or not names.VERSION.fullmatch(version) or state not in gate.STATES:
        raise NuanomalyError(
            f"{INDEX_FILE} lists {name!r}, version {version!r}, state {state!r}: no such release"
        )
    safe_path(name), safe_path(version)
    files = tuple(file_entry(f) for f in item["files"])
    gate.sized(f"{name}@{version}", {f.path: f.size for f in files})
    _check_paths(f"{name}@{version}", files)
    about = {
        key: printable(value) if isinstance(value, str) else value
        for key, value in item.items()
        if key not in ("name", "version", "state", "files")
    }
    return ReleaseEntry(name, version, state, files, about)


def file_entry(item: Mapping[str, Any]) -> FileEntry:
    """Return the checked entry of ``{path, sha256, size}``.

    Raises
    ------
    NuanomalyError
        If the path is unsafe, or the sha256 or size is none.
    """
    path, sha256, size = safe_path(item["path"]), item["sha256"], item["size"]
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise NuanomalyError(f"{path}: {sha256!r} is no sha256")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 1 << 44:
        raise NuanomalyError(f"{path}: {size!r} is no size in bytes")
    return FileEntry(path, sha256, size)


def _check_paths(release_id: str, files: Iterable[FileEntry]) -> None:
    """Refuse a release without ``release.yaml``, or with two files that are one on some systems."""
    paths = [f.path.lower() for f in files]
    folders = {"/".join(p.split("/")[:n]) for p in paths for n in range(1, p.count("/") + 1)}
    if "release.yaml" not in paths or len(set(paths)) != len(paths) or folders & set(paths):
        raise NuanomalyError(f"{release_id}: its files need a release.yaml and different names (case aside)")
