"""Releases on this machine: a checkout, a cache, or any folder with releases below ``datasets/``."""

import lzma
import struct
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import Any

from nuanomaly.archive import amendments, anomalies, loading, release, shelves
from nuanomaly.archive.errors import IntegrityError, NuanomalyError
from nuanomaly.archive.fetching import index, signature
from nuanomaly.archive.fetching.http import SourceError, Stream
from nuanomaly.archive.fetching.listing import ReleaseEntry


class Local:
    """On this machine: nothing is kept open."""

    network = False

    def limited(self, seconds: float) -> AbstractContextManager[threading.Event]:
        """Set no limit: a disk is not waited for."""
        return nullcontext(threading.Event())

    def close(self) -> None:
        """Do nothing."""


class Checkout(Local):
    """A checkout of the archive, or anything else with releases below ``datasets/`` (a cache).

    Attributes
    ----------
    home : bool
        Whether it is the user's own checkout, the one that releases are loaded from.
    """

    def __init__(self, root: Path, home: bool = False) -> None:
        self.root, self.home = root, home
        self.label = f"the checkout {root}" if home else str(root)

    def folder(self, entry: ReleaseEntry) -> Path:
        """Return the folder of a release."""
        return self._folders[entry.name][entry.version]

    @cached_property
    def _folders(self) -> Mapping[str, Mapping[str, Path]]:
        return release.folders(self.root)

    def names(self) -> Sequence[str]:
        """Return the names of its datasets."""
        return list(self._folders)

    def states(self, name: str) -> Mapping[str, str]:
        """Return ``{version: state}`` of a dataset (:func:`loading.states`)."""
        return self._states(name)[0]

    def unreadable(self, name: str) -> Mapping[str, str]:
        """Return ``{version: reason}`` of what cannot be read of a dataset."""
        return self._states(name)[1]

    def _states(self, name: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        return loading.states(name, self.versions(name))

    def versions(self, name: str) -> Mapping[str, Path]:
        """Return ``{version: folder}`` of a dataset."""
        return self._folders.get(name, {})

    def entry(self, name: str, version: str) -> ReleaseEntry:
        """Return the files of a release, hashed now and compared with what the release was sealed with.

        Raises
        ------
        SourceError
            If it cannot be read.
        IntegrityError
            If it is not what it was sealed as.
        """
        try:
            return index.describe(self.versions(name)[version])
        except IntegrityError:
            raise
        except NuanomalyError as error:
            raise SourceError(str(error)) from None

    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Return the groups that the anomalies declare."""
        return anomalies.groups() if self.home else {}

    def amendments(self, name: str) -> bytes:
        """Return the file of a dataset's amendments."""
        file = self.root / "datasets" / name / amendments.FILE
        return file.read_bytes() if file.is_file() and not file.is_symlink() else b""

    def vouched(self, ledger: Mapping[str, str]) -> Mapping[str, str]:
        """Return nothing: a folder is signed by nobody."""
        return {}

    def signed(self) -> None:
        """Return nothing, as well."""

    @contextmanager
    def open(self, entry: ReleaseEntry, path: str, offset: int) -> Iterator[Stream]:
        """Open a file of a release from a byte on."""
        with opened(self.root / "datasets" / entry.name / entry.version / path, offset) as file:
            yield Stream(offset, file)


class Kept(Checkout):
    """What was fetched before: releases in a cache, or in a folder that the user named, which may be damaged.

    Parameters
    ----------
    root : pathlib.Path
        Holds releases below ``datasets/``; or, with ``below=""``, as they are.
    """

    def __init__(self, root: Path, label: str, below: str = "datasets") -> None:
        super().__init__(root)
        self.label, self._below = label, below

    def versions(self, name: str) -> Mapping[str, Path]:
        """Return ``{version: path}`` of what stands where versions of a dataset do."""
        return shelves.standing(self.root / self._below / name)

    def blocked(self, name: str) -> str:
        """Return what stands in the way to the versions of a dataset; empty if nothing does."""
        return shelves.blocked(self.root / self._below / name)

    def entry(self, name: str, version: str) -> ReleaseEntry:
        """Return the files of a release, which was compared with what it was sealed with.

        Raises
        ------
        IntegrityError
            If it is damaged.
        """
        folder = self.versions(name)[version]
        try:
            shelves.check(folder)
            return super().entry(name, version)
        except NuanomalyError as error:
            raise damaged(folder, error) from None

    def vouched(self, ledger: Mapping[str, str]) -> Mapping[str, str]:
        """Return what the signed indices that are kept here prove."""
        return signature.kept(self.root, ledger)


def damaged(folder: Path, reason: NuanomalyError) -> IntegrityError:
    """Return what to say of a copy that is not what was fetched."""
    return IntegrityError(f"the copy in {folder} is damaged ({reason}): fetch it again with a network")


def is_home(source: object) -> bool:
    """Return whether a source is the user's own checkout."""
    return isinstance(source, Checkout) and source.home


@contextmanager
def opened(path: Path, offset: int = 0, member: str | None = None) -> Iterator[Callable[[int], bytes]]:
    """Give the ``read`` of a file, or of a member of a zip file; what goes wrong becomes a SourceError."""
    with ExitStack() as stack:
        with _named(path):
            if member is None:
                file: Any = stack.enter_context(path.open("rb", buffering=0))
            else:
                file = stack.enter_context(stack.enter_context(zipfile.ZipFile(path)).open(member))
            file.seek(offset)

        def read(count: int) -> bytes:
            with _named(path):
                chunk: bytes = file.read(count)
                return chunk

        yield read


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}") from None
    except (RuntimeError, NotImplementedError) as error:  # encrypted, or packed by an unknown method
        raise SourceError(f"{path}: a member cannot be unpacked ({error})") from None
    except (KeyError, ValueError, OverflowError, struct.error) as error:
        raise SourceError(f"{path} is no bundle, or damaged ({error})") from None
    except (zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError) as error:
        raise SourceError(f"{path} is no bundle, or damaged ({error})") from None
