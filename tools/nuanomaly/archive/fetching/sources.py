"""Where releases come from: a folder (checkout or mirror), a one-file bundle, a web server."""

import hashlib
import lzma
import os
import re
import struct
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

from nuanomaly.archive import amendments, anomalies, paths, release
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.fetching import index, signature
from nuanomaly.archive.fetching.download import Policy, patiently
from nuanomaly.archive.fetching.http import HttpClient, SourceError, Stream, limited
from nuanomaly.archive.fetching.index import Index, ReleaseEntry
from nuanomaly.archive.names import safe_path

BUNDLE_FILE = "nuanomaly-archive.zip"
_MAX_INDEX, _MAX_AMENDMENTS = 64 << 20, amendments.LARGEST


class Source(Protocol):
    """Something that holds releases."""

    #: What to call it in a message.
    label: str
    #: Whether asking it touches the network.
    network: bool

    def names(self) -> Sequence[str]:
        """Return the names of its datasets."""
        ...

    def states(self, name: str) -> Mapping[str, str]:
        """Return ``{version: state}`` of a dataset; empty if it has none of that name."""
        ...

    def entry(self, name: str, version: str) -> ReleaseEntry:
        """Return the files of a release."""
        ...

    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Return the groups of releases it declares."""
        ...

    def amendments(self, name: str) -> bytes:
        """Return the file of a dataset's amendments as it is there; empty if there is none."""
        ...

    def vouched(self, ledger: Mapping[str, str]) -> Mapping[str, str]:
        """Return the ledger it proves by a signature the user trusts, if it extends ours; else nothing."""
        ...

    def signed(self) -> tuple[bytes, bytes] | None:
        """Return its index and the signature of it that the user trusts, as they were read; else None."""
        ...

    def open(self, entry: ReleaseEntry, path: str, offset: int) -> AbstractContextManager[Stream]:
        """Open a file of a release from a byte on."""
        ...

    def limited(self, seconds: float) -> AbstractContextManager[threading.Event]:
        """Give up what is not finished in time; the event says that it was."""
        ...

    def close(self) -> None:
        """Let go of connections; what is being read ends with an error."""
        ...


class _Local:
    """On this machine: nothing is kept open."""

    network = False

    def limited(self, seconds: float) -> AbstractContextManager[threading.Event]:
        """Set no limit: a disk is not waited for."""
        return nullcontext(threading.Event())

    def close(self) -> None:
        """Do nothing."""


class Checkout(_Local):
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
        return {
            version: release.read(folder).state for version, folder in self._folders.get(name, {}).items()
        }

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
        with _opened(self.root / "datasets" / entry.name / entry.version / path, offset) as file:
            yield Stream(offset, file)


class _Published:
    """What has an ``index.json``."""

    label: str

    _problem: SourceError | None = None
    _signed: Mapping[str, str] | None = None
    _proof: tuple[bytes, bytes] | None = None

    @property
    def index(self) -> Index:
        """The index, read once; one that could not be read is not asked for again."""
        if self._problem is not None:
            raise self._problem
        try:
            return self._index
        except SourceError as error:
            self._problem = error
            raise

    @cached_property
    def _index(self) -> Index:
        files = signature.key_files()
        return self._read_signed(files) if files else self._read_index()

    def _read_signed(self, files: Sequence[Path]) -> Index:
        """Return the index after its signature was compared with the user's keys; without one, as it is.

        Raises
        ------
        SourceError
            If it is signed by none of the keys.
        """
        try:
            proof = self._read_whole(signature.FILE)
        except SourceError:
            return self._read_index()
        content = self._read_whole(index.INDEX_FILE, _MAX_INDEX)
        try:
            signature.verify(content, proof, files)
            made = index.from_json(content)
        except (NuanomalyError, ValueError) as error:
            raise SourceError(f"{self.label}: {error}") from None
        self._signed, self._proof = made.ledger, (content, proof)
        return made

    def signed(self) -> tuple[bytes, bytes] | None:
        """Return the index and its signature, if one of the user's keys signed it."""
        return self._proof

    def _read_index(self) -> Index:
        raise NotImplementedError

    def names(self) -> Sequence[str]:
        """Return the names of its datasets."""
        return list(self.index.releases)

    def states(self, name: str) -> Mapping[str, str]:
        """Return ``{version: state}`` of a dataset."""
        return {version: entry.state for version, entry in self.index.releases.get(name, {}).items()}

    def entry(self, name: str, version: str) -> ReleaseEntry:
        """Return the files of a release."""
        return self.index.releases[name][version]

    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Return the groups it declares."""
        return self.index.groups

    def amendments(self, name: str) -> bytes:
        """Return the file of a dataset's amendments, compared with its sha256.

        Raises
        ------
        SourceError
            If it is not there, or another one than the index says.
        """
        entry = self.index.amendments.get(name)
        if entry is None:
            return b""
        content = self._read_whole(f"datasets/{safe_path(name)}/{amendments.FILE}")
        if hashlib.sha256(content).hexdigest() != entry.sha256:
            raise SourceError(f"the amendments of {name} have another sha256 than {index.INDEX_FILE} says")
        return content

    def _read_whole(self, path: str, most: int = _MAX_AMENDMENTS) -> bytes:
        raise NotImplementedError

    def vouched(self, ledger: Mapping[str, str]) -> Mapping[str, str]:
        """Return the ledger that came with an index which one of the user's keys signed; else nothing.

        Raises
        ------
        SourceError
            If that ledger says another thing of a release than ours, or leaves one out.
        """
        _ = self.index  # which is read with its signature
        if self._signed is None:
            return {}
        other = signature.extends(self._signed, ledger)
        if other:
            raise SourceError(
                f"{self.label}: its signed ledger does not say of {other} what this program knows"
            )
        return self._signed


class MirrorFolder(_Local, _Published):
    """A mirror in a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root, self.label = root, str(root)

    def _read_index(self) -> Index:
        with _opened(self.root / index.INDEX_FILE) as file:
            return _parsed(Stream(0, file), self.label)

    def _read_whole(self, path: str, most: int = _MAX_AMENDMENTS) -> bytes:
        with _opened(self.root / path) as file:
            return _small(Stream(0, file), path, most)

    @contextmanager
    def open(self, entry: ReleaseEntry, path: str, offset: int) -> Iterator[Stream]:
        """Open a file of a release from a byte on."""
        with _opened(self.root / "datasets" / entry.name / entry.version / path, offset) as file:
            yield Stream(offset, file)


class Bundle(_Local, _Published):
    """A mirror in one zip file. Its members are read by name; nothing is ever unpacked by their own paths."""

    def __init__(self, file: Path) -> None:
        self.file, self.label = file, str(file)

    def _read_index(self) -> Index:
        with _opened(self.file, member=index.INDEX_FILE) as member:
            return _parsed(Stream(0, member), self.label)

    def _read_whole(self, path: str, most: int = _MAX_AMENDMENTS) -> bytes:
        with _opened(self.file, member=path) as member:
            return _small(Stream(0, member), path, most)

    @contextmanager
    def open(self, entry: ReleaseEntry, path: str, offset: int) -> Iterator[Stream]:
        """Open a file of a release from a byte on."""
        with _opened(self.file, offset, f"datasets/{entry.name}/{entry.version}/{path}") as member:
            yield Stream(offset, member)


class MirrorServer(_Published):
    """A mirror behind a web server."""

    network = True

    def __init__(self, url: str, policy: Policy) -> None:
        self.label = url.rstrip("/")
        self._policy = policy
        self._clients: list[HttpClient] = []
        self._idle: list[HttpClient] = []

    @contextmanager
    def _get(self, path: str, offset: int) -> Iterator[Stream]:
        """Open a path with a client no other thread is using; its connection is kept for the next one."""
        try:
            client = self._idle.pop()
        except IndexError:
            client = HttpClient(self._policy.timeout)
            self._clients.append(client)
        try:
            with client.get(f"{self.label}/{path}", offset) as stream:
                yield stream
        finally:
            self._idle.append(client)

    def _read_index(self) -> Index:
        def attempt() -> Index:
            with self._get(index.INDEX_FILE, 0) as stream:
                return _parsed(stream, self.label)

        with self.limited(self._policy.deadline) as expired:
            return patiently(attempt, self._policy, expired)

    def _read_whole(self, path: str, most: int = _MAX_AMENDMENTS) -> bytes:
        def attempt() -> bytes:
            with self._get(path, 0) as stream:
                return _small(stream, path, most)

        with self.limited(self._policy.deadline) as expired:
            return patiently(attempt, self._policy, expired)

    def limited(self, seconds: float) -> AbstractContextManager[threading.Event]:
        """Give up what is not finished in time."""
        return limited(seconds, self.close)

    def open(self, entry: ReleaseEntry, path: str, offset: int) -> AbstractContextManager[Stream]:
        """Open a file of a release from a byte on."""
        return self._get(f"datasets/{entry.name}/{entry.version}/{path}", offset)

    def close(self) -> None:
        """Close all connections, also those that other threads wait for."""
        for client in self._clients:
            client.close()


def named(text: str, policy: Policy) -> Source:
    """Return the source of a URL (``http://``, ``https://``, ``file://``) or path.

    Raises
    ------
    NuanomalyError
        If it is none of these.
    """
    if text.lower().startswith(("http://", "https://")):
        return MirrorServer(text, policy)  # one that is no address says so when it is asked
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise NuanomalyError(f"source {text!r} is no address ({error})") from None
    if parts.scheme == "file":
        path = Path(url2pathname(parts.path))
    elif "://" in text:
        raise NuanomalyError(f"source {text!r}: write a path, file://, http:// or https://")
    else:
        path = Path(text).expanduser()
    if path.suffix == ".zip":
        return Bundle(path)
    if (path / index.INDEX_FILE).exists() or not (path / "datasets").is_dir():
        return MirrorFolder(path)
    return Checkout(path)


def configured(given: Sequence[str] | None, policy: Policy) -> list[Source]:
    """Return the sources in the order they are asked.

    They are the checkout, ``$NUANOMALY_SOURCES``, a bundle beside them, and installed packages of releases.

    Parameters
    ----------
    given : sequence of str, optional
        URLs or paths to use instead.
    """
    if given is not None:
        return [named(text, policy) for text in given]
    root = paths.checkout()
    sources: list[Source] = [Checkout(root, home=True)] if root else []
    listed = re.split(r"[\s;]+", os.environ.get("NUANOMALY_SOURCES", "").strip())
    sources += [named(text, policy) for text in listed if text]
    beside = [Path.cwd(), *([root] if root else []), paths.cache(), Path(__file__).parents[2]]
    sources += [
        Bundle(folder / BUNDLE_FILE) for folder in dict.fromkeys(beside) if (folder / BUNDLE_FILE).is_file()
    ]
    return [*sources, *map(Checkout, paths.data_packages())]


@contextmanager
def _opened(path: Path, offset: int = 0, member: str | None = None) -> Iterator[Callable[[int], bytes]]:
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


def _small(stream: Stream, path: str, most: int) -> bytes:
    """Return a file, refused above the size that one of its kind can have."""
    content = bytearray()
    while chunk := stream.read(index.CHUNK):
        content += chunk
        if len(content) > most:
            raise SourceError(f"{path} is larger than {most >> 20} MiB: it is no such file")
    return bytes(content)


def _parsed(stream: Stream, label: str) -> Index:
    """Return the index a stream carries; one that was cut short may be whole the next time."""
    text = bytearray()
    while chunk := stream.read(index.CHUNK):
        text += chunk
        if len(text) > _MAX_INDEX:
            raise SourceError(
                f"{label}: {index.INDEX_FILE} is larger than {_MAX_INDEX >> 20} MiB: it is no index"
            )
    try:
        return index.from_json(bytes(text))
    except NuanomalyError as error:
        raise SourceError(f"{label}: {error}") from None
    except ValueError as error:
        raise SourceError(
            f"{label}: {index.INDEX_FILE} is cut short or no JSON ({error})", passing=True
        ) from None
