"""The static mirror of the archive, a folder any web server can serve, and the same in one file."""

import io
import os
import shutil
import zipfile
from pathlib import Path

from nuanomaly.archive import amendments, anomalies, catalog, release, yamlio
from nuanomaly.archive.durable import write_atomically, write_output
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.fetching import index, signature
from nuanomaly.archive.fetching.download import storing
from nuanomaly.archive.fetching.index import INDEX_FILE, Index
from nuanomaly.archive.fetching.listing import FileEntry, ReleaseEntry


def mirror(root: Path, output: Path, key: Path | None = None) -> Index:
    """Write the mirror of a checkout into a folder, or bring one up to date.

    Whoever fetches from it meanwhile sees the old mirror or the new one: the files come first, then the
    index, and what no release needs any more is removed last. The same releases give the same bytes.

    Parameters
    ----------
    root : pathlib.Path
        The checkout.
    output : pathlib.Path
        A new or empty folder, or an earlier mirror.
    key : pathlib.Path, optional
        The private key that the index is signed with (see :mod:`.fetching.signature`).

    Returns
    -------
    Index
        What the mirror has.

    Raises
    ------
    IntegrityError
        If a table is not the one its release was sealed with.
    NuanomalyError
        If the folder holds something else than a mirror.
    """
    made, folders = contents(root)
    with storing(output):
        output.mkdir(parents=True, exist_ok=True)
        if not (output / INDEX_FILE).exists() and any(output.iterdir()):
            raise NuanomalyError(f"{output} is neither empty nor a mirror: name a new folder")
        wanted = {}
        for entry in entries(made):
            for file in entry.files:
                wanted[output / _path(entry, file.path)] = (folders[entry.id] / file.path, file)
        for file in made.amendments.values():
            wanted[output / file.path] = (root / file.path, file)
        for target, (source, file) in wanted.items():
            if target.is_symlink() or not index.file_matches(target, file):
                _copy(source, target)
        content = index.to_json(made)
        proof = signature.sign(content, key) if key else b""
        # for a moment the signature is not that of the index: nobody trusts either meanwhile
        (output / signature.FILE).unlink(missing_ok=True)
        write_atomically(output / INDEX_FILE, content)
        if proof:
            write_atomically(output / signature.FILE, proof)
        _remove_others(output / "datasets", set(wanted))
    return made


def bundle(root: Path, file: Path, key: Path | None = None) -> Index:
    """Write the mirror of a checkout as one zip file, for machines without a network.

    The same releases give the same bytes (with the same version of zlib).

    Parameters
    ----------
    root : pathlib.Path
        The checkout.
    file : pathlib.Path
    key : pathlib.Path, optional
        The private key that the index is signed with, as in :func:`mirror`.

    Raises
    ------
    IntegrityError
        If a table is not the one its release was sealed with.
    NuanomalyError
        If the name does not end in ``.zip``.
    """
    if file.suffix != ".zip":
        name = file.stem.strip(".") or "archive"
        raise NuanomalyError(f"{file}: a bundle is a zip file: name it {name}.zip")
    made, folders = contents(root)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        content = index.to_json(made)
        _add(archive, INDEX_FILE, content)
        if key:
            _add(archive, signature.FILE, signature.sign(content, key))
        for entry in entries(made):
            for part in entry.files:
                _add(archive, _path(entry, part.path), (folders[entry.id] / part.path).read_bytes())
        for part in made.amendments.values():
            _add(archive, part.path, (root / part.path).read_bytes())
    with storing(file):
        write_output(file, buffer.getvalue())
    return made


def contents(root: Path) -> tuple[Index, dict[str, Path]]:
    """Return the index of all releases of a checkout, and the folder of each.

    Raises
    ------
    IntegrityError
        If a table is not the one its release was sealed with.
    """
    listed = {f"{item['name']}@{item['version']}": item for item in _catalogue(root)}
    items, folders = [], {}
    for versions in release.folders(root).values():
        for folder in versions.values():
            entry = index.describe(folder)
            about = {
                k: v for k, v in listed[entry.id].items() if k not in ("name", "version", "state", "files")
            }
            items.append(ReleaseEntry(entry.name, entry.version, entry.state, entry.files, about))
            folders[entry.id] = folder
    groups = {
        name: tuple(members)
        for anomaly in anomalies.anomalies(root).values()
        for name, members in (anomaly.get("groups") or {}).items()
    }
    return index.assembled(items, groups, _amendments(root), catalog.ledger_of(root)), folders


def entries(made: Index) -> list[ReleaseEntry]:
    """Return the releases of an index, one after the other."""
    return [entry for versions in made.releases.values() for entry in versions.values()]


def _catalogue(root: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = yamlio.parse(catalog.build(root).decode(), "catalog.yaml")["releases"]
    return rows


def _amendments(root: Path) -> dict[str, FileEntry]:
    """Return the amendments of every dataset that has some; their paths begin at the root."""
    files = (path for path in sorted(root.glob(f"datasets/*/{amendments.FILE}")) if not path.is_symlink())
    return {
        path.parent.name: FileEntry(
            path.relative_to(root).as_posix(), index.sha256_of(path), path.stat().st_size
        )
        for path in files
    }


def _path(entry: ReleaseEntry, path: str) -> str:
    return f"datasets/{entry.name}/{entry.version}/{path}"


def _copy(source: Path, target: Path) -> None:
    """Copy a file so that it is there whole or not at all, readable for a web server."""
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.with_name(f".{target.name}.new")
    staged.unlink(missing_ok=True)  # a link would be followed
    shutil.copyfile(source, staged)
    staged.chmod(0o644)
    os.replace(staged, target)


def _remove_others(folder: Path, wanted: set[Path]) -> None:
    """Remove every file below a folder that is not wanted, and the folders that become empty."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in wanted:
            path.unlink()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add a member with nothing in it that changes from one run to the next."""
    member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    member.external_attr, member.create_system = 0o644 << 16, 3
    member.compress_type = zipfile.ZIP_STORED if name.endswith(".parquet") else zipfile.ZIP_DEFLATED
    archive.writestr(member, content)


__all__ = ["bundle", "contents", "entries", "mirror"]
