"""One dataset of the store: a bare repository with a branch for each version, and the contents beside it."""

import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nuanomaly.archive import amendments
from nuanomaly.archive.datalad import keys, programs
from nuanomaly.archive.fetching import index
from nuanomaly.archive.names import safe_path

#: All identifiers are derived from names in this space, so that every export gives the same ones.
_SPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "nuanomaly.invalid")
#: git-annex's name for the web, and the time at which everything is said to have happened: any later
#: statement of a user's git-annex wins over it.
_WEB, _CLOCK = "00000000-0000-0000-0000-000000000001", "1s"
#: The date of what has none.
_UNDATED = "2000-01-01"
_AUTHOR = "nuanomaly <archive@nuanomaly.invalid>"
_ATTRIBUTES = (
    b"* annex.backend=SHA256\n**/.git* annex.largefiles=nothing\nrelease.yaml annex.largefiles=nothing\n"
)


@dataclass(frozen=True)
class Version:
    """One version of a dataset: a commit without parents, so that it depends on nothing but itself.

    Attributes
    ----------
    version : str
        The name of its branch.
    date : str
        ``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYY``: the date of the commit, or the first day of it.
    small : mapping
        Path → content of what lies in git itself.
    large : mapping
        Path → key of what lies in the annex.
    urls : mapping
        Key → URLs, of contents that others publish.
    stored : mapping
        Key → file, of contents that the store holds.
    later : tuple of str and bytes, optional
        Date and content of amendments: a second commit, so that the one of the release stays what it was.
    """

    version: str
    date: str
    small: Mapping[str, bytes]
    large: Mapping[str, str]
    urls: Mapping[str, Sequence[str]] = field(default_factory=dict)
    stored: Mapping[str, Path] = field(default_factory=dict)
    later: tuple[str, bytes] | None = None


def dataset_id(name: str) -> str:
    """Return the identifier of the dataset of a name."""
    return str(uuid.uuid5(_SPACE, f"dataset/{name}"))


def store_id(name: str) -> str:
    """Return the identifier that git-annex knows the store's copy of a dataset by."""
    return str(uuid.uuid5(_SPACE, f"store/{name}"))


def version(name: str, version: str, folder: Path, metadata: Mapping[str, Any]) -> Version:
    """Return a version as it will lie in the store, from the folder of the release."""
    entry = index.describe(folder)
    large, stored = {}, {}
    for file in entry.files:
        if file.path != "release.yaml":
            key = keys.key(file.sha256, file.size)
            large[file.path], stored[key] = key, folder / file.path
    urls: dict[str, list[str]] = {}
    for original in metadata.get("originals", ()):
        items = [u for u in original.get("urls") or () if u.startswith(("http://", "https://", "ftp://"))]
        if items and original.get("sha256") and original.get("size") is not None:
            key = keys.key(original["sha256"], original["size"])
            path = f"originals/{safe_path(original.get('file') or original['id'])}"
            large.setdefault(path, key)
            urls.setdefault(key, []).extend(u for u in items if u not in urls[key])
    small = {
        "release.yaml": (folder / "release.yaml").read_bytes(),
        ".gitattributes": _ATTRIBUTES,
        ".datalad/config": f'[datalad "dataset"]\n\tid = {dataset_id(name)}\n'.encode(),
    }
    amended, later = folder.parent / amendments.FILE, None
    if metadata.get("amendments") and amended.is_file():
        later = (max(str(entry["date"]) for entry in metadata["amendments"]), amended.read_bytes())
    return Version(version, str(metadata.get("released") or _UNDATED), small, large, urls, stored, later)


def write(
    folder: Path,
    name: str,
    versions: Sequence[Version],
    newest: str,
    url: str | None,
    partial: Mapping[str, str] | None = None,
) -> None:
    """Write the repository of a dataset, with a copy of the contents it holds, into a new folder.

    Parameters
    ----------
    partial : mapping, optional
        What is asked for in part → the version that is meant: ``2022`` → ``2022-r2``; a branch of its own.
    """
    env = programs.environment(**programs.unconfigured())
    folder.mkdir(parents=True)
    programs.run(folder, "git", "init", "--quiet", "--bare", "--template=", ".", env=env)
    (folder / "config").write_text(_config(name), "utf-8")
    (folder / "HEAD").write_text(f"ref: refs/heads/{newest}\n", "utf-8")
    (folder / "ria-layout-version").write_text("1\n", "utf-8")
    stream = b"".join(commit for v in versions for commit in _commits(name, v))
    for label, meant in (partial or {}).items():
        stream += f"reset refs/heads/{label}\nfrom refs/heads/{meant}\n\n".encode()
    stream += _commit("git-annex", _UNDATED, "the archive's store", _annex(name, versions, url)) + b"done\n"
    # one pack, also of few objects: over plain http, each object would be a request of its own
    packed = ("-c", "fastimport.unpackLimit=1", "-c", "pack.threads=1")
    programs.run(folder, "git", *packed, "fast-import", "--quiet", "--done", stdin=stream, env=env)
    programs.run(folder, "git", "update-server-info", env=env)
    for v in versions:
        for key, source in v.stored.items():
            _store(folder / "annex" / "objects" / keys.lower(key) / key / key, source)


def _config(name: str) -> str:
    """Return the configuration: identifiers of annex and store are one, as the contents are there once."""
    return (
        "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"
        f"[annex]\n\tuuid = {store_id(name)}\n\tversion = 10\n"
        f'[datalad "ora-remote"]\n\tuuid = {store_id(name)}\n'
    )


def _store(target: Path, source: Path) -> None:
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(0o444)


def _files(v: Version) -> dict[str, tuple[str, bytes]]:
    """Return path → (mode, content) of a version's tree."""
    links = {path: ("120000", keys.link(key, path).encode()) for path, key in v.large.items()}
    return {**{path: ("100644", content) for path, content in v.small.items()}, **links}


def _annex(name: str, versions: Iterable[Version], url: str | None) -> dict[str, tuple[str, bytes]]:
    """Return the tree of the git-annex branch: which remotes there are, and which of them has what.

    Source of the formats: https://git-annex.branchable.com/internals/
    """
    store = store_id(name)
    remote = (
        f"{store} archive-id={dataset_id(name)} autoenable={'true' if url else 'false'} encryption=none "
        f"externaltype=ora name=store type=external url=ria+{url or 'file:///'} timestamp={_CLOCK}\n"
    )
    logs = {"uuid.log": f"{store} the archive's store timestamp={_CLOCK}\n", "remote.log": remote}
    for v in versions:
        for key in v.stored:
            logs[f"{keys.lower(key)}/{key}.log"] = f"{_CLOCK} 1 {store}\n"
    for v in versions:
        for key, urls in v.urls.items():
            base = f"{keys.lower(key)}/{key}.log"
            line = f"{_CLOCK} 1 {_WEB}\n"
            logs[base] = logs.get(base, "").replace(line, "") + line
            known = logs.get(f"{base}.web", "")
            logs[f"{base}.web"] = known + "".join(f"{_CLOCK} 1 {u}\n" for u in urls if f" {u}\n" not in known)
    return {path: ("100644", text.encode()) for path, text in logs.items()}


def _commit(branch: str, date: str, message: str, files: Mapping[str, tuple[str, bytes]]) -> bytes:
    """Return the commands that make ``git fast-import`` write a commit; a branch's first has no parent."""
    day = date + "-01-01"[len(date) - 10 :] if len(date) < 10 else date  # some releases have but a year
    when = f"{int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())} +0000"
    parts = [f"commit refs/heads/{branch}\ncommitter {_AUTHOR} {when}\n".encode(), _data(message.encode())]
    for path, (mode, content) in sorted(files.items()):
        parts += [f"M {mode} inline {path}\n".encode(), _data(content)]
    return b"".join(parts) + b"\n"


def _commits(name: str, v: Version) -> list[bytes]:
    """Return the commit of a release, and of what was learned later the one that follows it."""
    items = [_commit(v.version, v.date, f"{name}@{v.version}", _files(v))]
    if v.later is not None:
        date, content = v.later
        files = {amendments.FILE: ("100644", content)}
        items.append(_commit(v.version, date, f"{name}@{v.version}: amendments", files))
    return items


def _data(content: bytes) -> bytes:
    return f"data {len(content)}\n".encode() + content + b"\n"
