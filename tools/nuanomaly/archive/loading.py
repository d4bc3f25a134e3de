"""Which release is meant by a name, where it lies, and whether it is what was released."""

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from nuanomaly.archive import (
    catalog_content,
    document,
    names,
    paths,
    references,
    release_digest,
    shelves,
)
from nuanomaly.archive.errors import IntegrityError, NuanomalyError, UnknownNameError
from nuanomaly.archive.release import Release, read, vouched
from nuanomaly.archive.shelves import folders, places


class RetractedReleaseWarning(UserWarning):
    """A retracted release was loaded."""


class UnlistedReleaseWarning(UserWarning):
    """A fetched release was loaded that the ledger of this program does not know."""


class UnreadableReleaseWarning(UserWarning):
    """A release of the checkout is left out, as it cannot be read."""


def load(reference: str) -> Release:
    """Return a release by ``NAME`` (newest released version), ``NAME@LABEL``, ``NAME@VERSION`` or its folder.

    Looked for in the checkout, then among the releases that were fetched or came in a package. A folder is
    named by a path with a slash (``./my-release``); if it is none of the archive's, it is marked private.

    Raises
    ------
    UnknownNameError
        If there is no such dataset or version, with the nearest names.

    Warns
    -----
    RetractedReleaseWarning
        If the release is retracted, with the reason and its successor.

    Examples
    --------
    >>> load("best").id
    'best@2022-r2'
    """
    if references.is_folder(reference):
        return _in_folder(Path(reference))
    name, wanted = names.split(reference)
    versions: set[str] = set()
    root = paths.checkout()
    for elsewhere in (False, True):
        shelf = shelves.elsewhere() if elsewhere else [root] if root else []
        entries, origins = shelves.gathered(shelf, name, fetched=elsewhere)
        versions |= set(entries)
        if not names.has(name, wanted, entries):
            continue
        folder = _newest(entries, name, wanted)
        release = _fetched(folder, name, origins[folder]) if elsewhere else read(folder)
        if release.state == "retracted":
            said = release.metadata.get("retracted", {})
            successor = f"; use {said['successor']}" if said.get("successor") else ""
            message = f"{release.id} is retracted: {said.get('reason', 'no reason given')}{successor}"
            warnings.warn(message, RetractedReleaseWarning, stacklevel=2)
        return release
    if blocked := next(filter(None, map(shelves.blocked, shelves.homes(name))), ""):
        raise IntegrityError(f"{name} cannot be looked for: {blocked}")
    known = {one for place in places() for one in folders(place)}
    raise _absent(name, wanted, known, versions)


def _in_folder(folder: Path) -> Release:
    """Return the release in a folder, private unless the folder is the archive's.

    Raises
    ------
    NuanomalyError
        If there is none.
    """
    if not (folder / "release.yaml").is_file():
        raise NuanomalyError(f"{folder} holds no release.yaml: name the folder of one version of a dataset")
    home = folder.resolve()
    archived = any(home.is_relative_to((place / "datasets").resolve()) for place in places())
    return replace(read(folder), private=not archived)


def _absent(name: str, wanted: str | None, known: set[str], versions: set[str]) -> NuanomalyError:
    """Return what to say of a release that is not on this machine: it may only have to be fetched."""
    from nuanomaly.archive import catalog_content

    asked = f"{name}@{wanted}" if wanted else name
    listed: dict[str, list[str]] = {}
    if paths.checkout() is None and paths.catalog_file().is_file():
        for item in catalog_content.read()["releases"]:
            listed.setdefault(str(item["name"]), []).append(str(item["version"]))
    if name in listed and names.has(name, wanted, listed[name]):
        return NuanomalyError(f"{asked} is not on this machine yet: get it with `nuanomaly fetch {asked}`")
    if versions | set(listed.get(name, ())):
        every = sorted(versions | set(listed.get(name, ())), key=names.sort_key)
        return UnknownNameError("version", asked, [f"{name}@{v}" for v in every])
    return UnknownNameError("dataset", name, known | set(listed))


def _fetched(folder: Path, name: str, place: Path) -> Release:
    """Return a release that was fetched, as its publisher had it.

    Raises
    ------
    IntegrityError
        If its folder is damaged, or it is not the one that the ledger knows.
    """
    try:
        shelves.check(folder)
        release = read(folder)
    except NuanomalyError as error:
        said = f"the copy in {folder} is damaged ({error})"
        raise IntegrityError(f"{said}: {shelves.repair(folder, f'{name}@{folder.name}')}") from None
    _prove(release, name, place)
    return release


def _prove(release: Release, name: str, place: Path) -> None:
    """Refuse a fetched release that is not the one the ledger knows, and say so of one it does not know.

    The ledger is that of the program, and beyond it those of the signed indices that lie in the place. Tables
    are compared when they are read.
    """
    from nuanomaly.archive.fetching import signature

    file = release.folder / "release.yaml"
    if release.name != name or release.version != release.folder.name:
        repair = shelves.repair(release.folder, f"{name}@{release.folder.name}")
        raise IntegrityError(f"{file}: says it is {release.id}, which is not its place: {repair}")
    if catalog_content.mentions(hashlib.sha256(file.read_bytes()).hexdigest()):
        return
    ours = catalog_content.ledger(paths.catalog_file())
    known = ours.get(release.id) or signature.kept(place, ours).get(release.id)
    if known is None:
        if not paths.unlisted():
            message = (
                f"{release.id} is not in the ledger of this program: nobody vouches for it ({release.folder})"
            )
            warnings.warn(message, UnlistedReleaseWarning, stacklevel=3)
        return
    files = {str(entry["file"]): str(entry.get("sha256")) for entry in release.metadata["tables"].values()}
    listed = [{"path": path, "sha256": sha256} for path, sha256 in {"release.yaml": "", **files}.items()]
    if release_digest.digest_of(document.read(file), listed) != known:
        repair = shelves.repair(release.folder, release.id)
        raise IntegrityError(f"{release.id} is not what was released, {file} was changed: {repair}")


def states(name: str, versions: Mapping[str, Path]) -> tuple[dict[str, str], dict[str, str]]:
    """Return ``{version: state}`` of a dataset, and ``{version: reason}`` of those that cannot be read.

    Of these the ledger says which were released; any other is taken for a draft, which is never the version
    that is meant where there is a released one.
    """
    known, unreadable = dict[str, str](), dict[str, str]()
    for version, folder in versions.items():
        try:
            known[version] = read(folder).state
        except NuanomalyError as error:
            known[version] = "released" if f"{name}@{version}" in vouched(folder) else "draft"
            unreadable[version] = str(error)
    return known, unreadable


def _newest(versions: Mapping[str, Path], name: str, wanted: str | None) -> Path:
    """Return the newest version asked for: the newest that is released, if there is any.

    Warns
    -----
    UnreadableReleaseWarning
        Of a version that would do as well, and cannot be read.
    """
    meant = {version: folder for version, folder in versions.items() if names.fits(wanted, version)}
    if len(meant) == 1:
        return next(iter(meant.values()))
    known, unreadable = states(name, meant)
    chosen = names.choose(name, wanted, known)
    for version, said in unreadable.items():
        if version != chosen:
            warn_left_out(name, version, said)
    return versions[chosen]


def warn_left_out(name: str, version: str, reason: object) -> None:
    """Warn of a version that is left out, as it cannot be read."""
    warnings.warn(left_out(name, version, reason), UnreadableReleaseWarning, stacklevel=4)


def left_out(name: str, version: str, reason: object) -> str:
    """Return what to say of a version that is left out, as it cannot be read."""
    return f"{name}@{version} is left out, as it cannot be read: {reason}"
