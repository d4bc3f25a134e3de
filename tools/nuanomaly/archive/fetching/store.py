"""Where releases are put: one lock and one staging folder for each, published whole by a rename."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nuanomaly.archive import document
from nuanomaly.archive.durable import sync_folder
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.fetching import index
from nuanomaly.archive.fetching.download import StorageError, storing
from nuanomaly.archive.fetching.listing import FileEntry, ReleaseEntry

_HIDDEN = ".nuanomaly"


@dataclass(frozen=True)
class Store:
    """A folder of releases.

    Nothing below ``folder(entry)`` is ever seen half-written: files grow and are verified in
    ``.nuanomaly/NAME@VERSION/``, which becomes the release's folder in one rename. What a killed process left
    in there is continued by the next one.

    Attributes
    ----------
    root : pathlib.Path
        The cache, or the folder the user named.
    below : str
        ``datasets`` in a cache; empty in a folder the user named.
    """

    root: Path
    below: str = "datasets"

    def folder(self, name: str, version: str) -> Path:
        """Return the folder of a release, ``…/NAME/VERSION``."""
        return self.root / self.below / name / version

    @contextmanager
    def locked(
        self, entry: ReleaseEntry, waiting: Callable[[], object] = lambda: None
    ) -> "Iterator[Staging]":
        """Hold a release's lock and give its staging folder; call ``waiting`` if another process has it.

        Raises
        ------
        StorageError
            If nothing can be written here.
        """
        from filelock import FileLock, Timeout

        hidden = self.root / _HIDDEN
        with storing(hidden):
            hidden.mkdir(parents=True, exist_ok=True)
            lock = FileLock(hidden / f"{entry.id}.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                waiting()
                lock.acquire()
        try:
            yield Staging(hidden / entry.id)
        finally:
            lock.release()

    def publish(self, entry: ReleaseEntry, staging: "Staging") -> Path:
        """Make the staged files the release's folder, replacing what was there; return it.

        Raises
        ------
        StorageError
            If it cannot be written, or a folder that the user named holds files that are of no release.
        """
        target = self.folder(entry.name, entry.version)
        with storing(target):
            if not self.below:
                refuse_to_replace(target, {file.path for file in entry.files})
            if target.parent.is_symlink():
                raise StorageError(f"{target.parent} is a link, which no release is put behind: remove it")
            staging.prune(entry)
            target.parent.mkdir(parents=True, exist_ok=True)
            for folder in {staging.files, *((staging.files / f.path).parent for f in entry.files)}:
                sync_folder(folder)
            replace_folder(staging.files, target, staging.replaced)
            shutil.rmtree(staging.root, ignore_errors=True)
        return target


@dataclass(frozen=True)
class Staging:
    """The folder a release grows in."""

    root: Path

    @property
    def files(self) -> Path:
        """Where verified files are, as they will be in the release's folder."""
        return self.root / "files"

    @property
    def replaced(self) -> Path:
        """Where an older content of the release is put aside."""
        return self.root / "replaced"

    def part(self, entry: FileEntry) -> Path:
        """Return where a file grows: named by its sha256, no other content is ever continued in it."""
        return self.root / f"{entry.sha256}-{hashlib.sha256(entry.path.encode()).hexdigest()[:8]}.part"

    def missing(self, entry: ReleaseEntry) -> list[FileEntry]:
        """Return the files that are not here yet, removing wrong ones.

        Raises
        ------
        StorageError
            If this place cannot be written to.
        """
        with storing(self.root):
            self.files.mkdir(parents=True, exist_ok=True)
            wanted = []
            for file in entry.files:
                path = self.files / file.path
                if not path.is_symlink() and index.file_matches(path, file):
                    continue
                remove(path)
                path.parent.mkdir(parents=True, exist_ok=True)
                wanted.append(file)
        return wanted

    def accept(self, entry: FileEntry) -> None:
        """Move a verified part to its place among the files."""
        with storing(self.files):
            os.replace(self.part(entry), self.files / entry.path)

    def discard(self) -> None:
        """Remove everything: what was got is not what it should be."""
        shutil.rmtree(self.root, ignore_errors=True)

    def need_room(self, files: list[FileEntry]) -> None:
        """Raise if the files cannot fit on the disk.

        Raises
        ------
        StorageError
            With what is needed and what is free.
        """
        here = sum(self.part(f).stat().st_size for f in files if self.part(f).exists())
        need, free = sum(f.size for f in files) - here, shutil.disk_usage(self.root).free
        if need > free:
            raise StorageError(
                f"{need / 1e6:.1f} MB are needed in {self.root.parent.parent}, {free / 1e6:.1f} MB are free: "
                "make room, or fetch to another place with -o DIR"
            )

    def prune(self, entry: ReleaseEntry) -> None:
        """Remove files that are not of the release (left by an attempt at an earlier draft of it)."""
        keep = {self.files / f.path for f in entry.files}
        for path in sorted(self.files.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                if not any(path in k.parents for k in keep):
                    path.rmdir()
            elif path not in keep:
                path.unlink()


def refuse_to_replace(folder: Path, new: Collection[str]) -> None:
    """Raise if a folder holds files that are neither new nor of the release that was written there before.

    Raises
    ------
    StorageError
        With the first of them.
    """
    of_release = set(new)
    for file, read in _METADATA.items():
        if (folder / file).is_file():
            of_release.add(file)
            with suppress(NuanomalyError, ValueError, AttributeError, KeyError, TypeError):  # damaged
                of_release |= {str(entry["file"]) for entry in read(folder / file)["tables"].values()}
    found = sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    for path in found if folder.is_dir() and not folder.is_symlink() else ():
        if path.relative_to(folder).as_posix() not in of_release:
            raise StorageError(
                f"{folder} holds {path.relative_to(folder)}, which is not of the release: move it away, or "
                "name another folder"
            )


#: How a release says of what files it is, as published and converted.
_METADATA: Mapping[str, Callable[[Path], Any]] = {
    "release.yaml": lambda file: document.read(file).data,
    "release.json": lambda file: json.loads(file.read_text("utf-8")),
}


def replace_folder(new: Path, target: Path, aside: Path | None = None) -> None:
    """Rename a folder to ``target``; what was there is moved aside first, and removed."""
    aside = aside or new.with_name(f"{new.name}-replaced")
    shutil.rmtree(aside, ignore_errors=True)
    if target.is_symlink() or target.is_file():
        target.unlink()
    elif target.exists():
        os.replace(target, aside)
    os.replace(new, target)
    sync_folder(target.parent)
    shutil.rmtree(aside, ignore_errors=True)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with all that is in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
