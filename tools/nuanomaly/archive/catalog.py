"""The catalogue: all releases with their files, and the ledger of those that are frozen.

``catalog.yaml`` is written from the release folders and committed. The ledger in it holds a digest of every
release that was ever released; writing the catalogue adds to it and never changes it.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nuanomaly.archive import catalog_content, durable, loading, names, paths, release, yamlio
from nuanomaly.archive.errors import IntegrityError, NuanomalyError, UnknownNameError
from nuanomaly.archive.release_digest import digest

#: A key of the top level begins its line, whatever else a release.yaml holds.
_DRAFT, _RELEASED = (
    re.compile(rf"^state:[ \t]*{state}[ \t]*$", re.MULTILINE) for state in ("draft", "released")
)
HEADER = "# Written by `make catalog` from the releases; its ledger is for good. Do not edit.\n"


@dataclass(frozen=True)
class Entry:
    """What lists say of a release."""

    name: str
    version: str
    state: str
    sector: str
    experiment: str
    title: str
    summary: str
    channels: tuple[str, ...]

    @property
    def id(self) -> str:
        """``NAME@VERSION``."""
        return f"{self.name}@{self.version}"


def entries(root: Path | None = None) -> list[Entry]:
    """Return all releases, by name and from old to new: the checkout's, else the shipped catalogue's.

    Warns
    -----
    loading.UnreadableReleaseWarning
        Of each that cannot be read, with its place: a draft that is being written does not hide the others.
    """
    base = root or paths.checkout()
    if base is None:
        listed = [_entry(item) for item in catalog_content.read()["releases"]]
    else:
        items = [folder for versions in release.folders(base).values() for folder in versions.values()]
        listed = [entry for folder in items if (entry := _readable(folder))]
    return sorted(listed, key=lambda e: (e.name, names.sort_key(e.version)))


def _readable(folder: Path) -> Entry | None:
    try:
        return _entry(release.read(folder).metadata)
    except NuanomalyError as error:
        loading.warn_left_out(folder.parent.name, folder.name, error)
        return None


def newest_released(entry: str) -> list[release.Release]:
    """Return the newest released version of every dataset that has one, by name, if it has some entry.

    Of a checkout nothing else is parsed: neither older versions, nor a draft, which would have to be checked
    first, nor what does not have the entry.

    Parameters
    ----------
    entry : str
        A key of the top level, such as ``likelihood``.

    Examples
    --------
    >>> ids = {one.id for one in newest_released("likelihood")}
    >>> {"best@2022-r2", "lsnd@2001-r1"} <= ids, any(name.startswith("contours@") for name in ids)
    (True, False)
    """
    base = paths.checkout()
    if base is None:
        listed = dict.fromkeys(entry.name for entry in entries() if entry.state == "released")
        return [one for one in map(loading.load, listed) if one.metadata.get(entry)]
    ledger = catalog_content.ledger(base / "catalog.yaml")
    newest = []
    for name, versions in sorted(release.folders(base).items()):
        for version in sorted(versions, key=names.sort_key, reverse=True):
            try:
                one = _released(versions[version], entry, f"{name}@{version}" in ledger)
            except NuanomalyError as error:
                if f"{name}@{version}" in ledger:
                    raise
                loading.warn_left_out(name, version, error)
                continue
            if one is not None:
                newest.extend([one] if one.metadata.get(entry) else [])
                break
    return newest


def _released(folder: Path, entry: str, known: bool) -> release.Release | None:
    """Return the release in a folder if it is released; of one without the entry nothing is parsed."""
    text = yamlio.read_text(folder / "release.yaml")
    if not known and _DRAFT.search(text):
        return None
    if _RELEASED.search(text) and f"\n{entry}:" not in text:
        return release.Release(folder.parent.name, folder.name, folder, {"state": "released"})
    one = release.read(folder)
    return one if one.state == "released" else None


def find_datasets(
    *,
    sector: str | None = None,
    experiment: str | None = None,
    channel: str | None = None,
    state: str | None = None,
    text: str | None = None,
) -> list[str]:
    """Return the releases, as ``NAME@VERSION``, that fit everything that is asked for.

    Parameters
    ----------
    sector : str, optional
        ``source``, ``reactor``, ``decay-at-rest``, ``decay-in-flight``, ``cevns`` or ``other``.
    experiment : str, optional
        As the collaboration writes it; upper and lower case are the same.
    channel : str, optional
        Such as ``numu->nue``.
    state : str, optional
        ``draft``, ``announced``, ``released`` or ``retracted``.
    text : str, optional
        Words that stand in name, title or summary.

    Raises
    ------
    UnknownNameError
        If no release at all has that sector, experiment, channel or state, with the nearest ones.

    Examples
    --------
    >>> find_datasets(text="no release is about this")
    []
    """
    return [e.id for e in find_entries(sector, experiment, channel, state, text)]


def find_entries(
    sector: str | None = None,
    experiment: str | None = None,
    channel: str | None = None,
    state: str | None = None,
    text: str | None = None,
) -> list[Entry]:
    """Return what lists say of the releases that :func:`find_datasets` finds."""
    items = every = entries()
    for attribute, wanted in (("sector", sector), ("experiment", experiment), ("state", state)):
        if wanted is not None:
            known = {getattr(e, attribute) for e in every}
            _must_be_known(attribute, wanted, known)
            items = [e for e in items if getattr(e, attribute).lower() == wanted.lower()]
    if channel is not None:
        _must_be_known("channel", channel, {c for e in every for c in e.channels})
        items = [e for e in items if channel in e.channels]
    if text is not None:
        words = text.lower().split()
        items = [e for e in items if all(w in f"{e.name} {e.title} {e.summary}".lower() for w in words)]
    return items


def build(root: Path) -> bytes:
    """Return the content of ``catalog.yaml``; the same releases below ``root`` give the same bytes.

    Raises
    ------
    NuanomalyError
        If a release cannot be read or lacks a file.
    """
    folders = [folder for versions in release.folders(root).values() for folder in versions.values()]
    return render((collect(folder) for folder in folders), ledger_of(root))


@dataclass(frozen=True)
class Collected:
    """What the catalogue needs of a release: its metadata, its files, and its digest for the ledger."""

    metadata: Mapping[str, Any]
    files: list[dict[str, Any]]
    digest: str


def collect(folder: Path) -> Collected:
    """Return what the catalogue needs of the release in a folder."""
    files = list_files(folder)
    return Collected(release.read(folder).metadata, files, digest(folder, files))


def render(collected: Iterable[Collected], ledger: Mapping[str, str]) -> bytes:
    """Return the content of ``catalog.yaml`` for some releases and the ledger there was."""
    frozen, items = dict(ledger), []
    for one in collected:
        items.append(_describe(one.metadata, one.files))
        if items[-1]["state"] != "draft":
            frozen.setdefault(f"{items[-1]['name']}@{items[-1]['version']}", one.digest)
    items.sort(key=lambda item: (item["name"], names.sort_key(item["version"])))
    content = {"schema": "1", "releases": items, "ledger": dict(sorted(frozen.items()))}
    text = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000)
    return (HEADER + str(text)).encode()


def write(root: Path) -> bool:
    """Write ``catalog.yaml``; return whether it changed."""
    content, path = build(root), root / "catalog.yaml"
    if path.is_file() and path.read_bytes() == content:
        return False
    durable.write_atomically(path, content)
    return True


def check(root: Path, content: bytes | None = None) -> list[str]:
    """Return what ``catalog.yaml`` says wrongly, one sentence per release; empty if it is up to date.

    Parameters
    ----------
    root : pathlib.Path
    content : bytes, optional
        What it should be, if that is known already.
    """
    path = root / "catalog.yaml"
    content = content or build(root)
    if not path.is_file():
        return ["catalog.yaml is missing"]
    if path.read_bytes() == content:
        return []
    old, new = (_by_id(yamlio.parse(text.decode(), "catalog.yaml")) for text in (path.read_bytes(), content))
    texts = [f"{i} is not in the catalogue" for i in new if i not in old]
    texts += [f"{i} is in the catalogue, but its folder is not there" for i in old if i not in new]
    texts += [
        f"{i} has changed: {', '.join(_changed(old[i], new[i]))}"
        for i in new
        if i in old and old[i] != new[i]
    ]
    return texts or ["catalog.yaml is not as it would be written (ledger, order or layout)"]


def ledger_of(root: Path) -> dict[str, str]:
    """Return the ledger that stands in ``root/catalog.yaml``; empty without one."""
    path = root / "catalog.yaml"
    content = yamlio.read(path) if path.is_file() else None
    return dict((content or {}).get("ledger") or {})


def list_files(folder: Path) -> list[dict[str, Any]]:
    """Return path, size and sha256 of ``release.yaml`` and of each declared table, as they are on disk.

    Raises
    ------
    NuanomalyError
        If one is missing.
    """
    declared = {str(entry["file"]) for entry in release.read(folder).metadata["tables"].values()}
    items = []
    for path in ["release.yaml", *sorted(declared)]:
        try:
            content = (folder / path).read_bytes()
        except OSError as error:
            raise IntegrityError(
                f"{folder / path}: cannot be read ({error.strerror}): see `nuanomaly validate`"
            ) from None
        items.append({"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    return items


def _describe(metadata: Mapping[str, Any], files: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the catalogue's entry of a release."""
    entry = _entry(metadata)
    item: dict[str, Any] = {
        key: getattr(entry, key) for key in ("name", "version", "state", "sector", "experiment")
    }
    item |= {"title": entry.title, "summary": entry.summary}
    if "released" in metadata:
        item["released"] = str(metadata["released"])
    item["channels"] = list(entry.channels)
    if metadata.get("likelihood"):
        item["modes"] = list(metadata["likelihood"]["modes"])
    item["licences"] = list(dict.fromkeys(str(o["licence"]) for o in metadata.get("originals", ())))
    item["publications"] = [
        {key: p[key] for key in ("key", "doi", "arxiv") if key in p} for p in metadata.get("publications", ())
    ]
    item["files"] = files
    return item


def _entry(metadata: Mapping[str, Any]) -> Entry:
    """Return what lists say, of a ``release.yaml`` or an item of the catalogue."""
    text = {
        k: str(metadata.get(k, "")) for k in ("name", "version", "state", "sector", "experiment", "title")
    }
    summary = first_sentence(str(metadata.get("summary", "")))
    return Entry(**text, summary=summary, channels=tuple(metadata.get("channels", ())))


def first_sentence(text: str) -> str:
    """Return the first sentence of a text, on one line.

    Examples
    --------
    >>> first_sentence("Rates of V. V. Barinov et al. (2022) in\\ntwo volumes. The tables hold more.")
    'Rates of V. V. Barinov et al. (2022) in two volumes.'
    """
    line = " ".join(text.split())
    end = re.search(r"(?:\w{3}|[\d%)\]])[.!?](?= [A-Zν])", line)
    return line[: end.end()] if end else line


def _must_be_known(kind: str, wanted: str, known: Iterable[str]) -> None:
    names_known = list(known)
    if wanted.lower() not in {k.lower() for k in names_known}:
        raise UnknownNameError(kind, wanted, names_known)


def _by_id(content: Any) -> dict[str, Mapping[str, Any]]:
    items = content.get("releases") or [] if isinstance(content, dict) else []
    return {f"{item['name']}@{item['version']}": item for item in items}


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return the files and keys that differ between two entries."""
    files = [{f["path"]: f for f in item.get("files", ())} for item in (old, new)]
    keys = [k for k in {**old, **new} if k != "files" and old.get(k) != new.get(k)]
    return keys + [p for p in {**files[0], **files[1]} if files[0].get(p) != files[1].get(p)]


class _Dumper(yaml.SafeDumper):
    """Files on one line each; no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _mapping(dumper: _Dumper, data: dict[str, Any]) -> yaml.MappingNode:
    flow = "sha256" in data or set(data) <= {"key", "doi", "arxiv"}
    return dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=flow)


_Dumper.add_representer(dict, _mapping)
