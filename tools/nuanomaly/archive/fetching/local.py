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

from nuanomaly.archive import amendments, anomalies, release
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.fetching import index
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
        """Return ``{version: state}`` of a dataset."""
        try:
            return {
                version: release.read(folder).state for version, folder in self._folders.get(name, {}).items()
            }
        except NuanomalyError as error:
            raise SourceError(str(error)) from None

    def entry(self, name: str, version: str) -> ReleaseEntry:
        """Return the files of a release, hashed now and compared with what the release was sealed with."""
        return index.describe(self._folders[name][version])

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
