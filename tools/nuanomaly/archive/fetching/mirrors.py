"""Mirrors: in a folder, in one zip file, behind a web server."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from nuanomaly.archive.amendments import LARGEST
from nuanomaly.archive.fetching import index
from nuanomaly.archive.fetching.download import Policy, patiently
from nuanomaly.archive.fetching.http import HttpClient, Stream, limited
from nuanomaly.archive.fetching.index import Index
from nuanomaly.archive.fetching.listing import ReleaseEntry
from nuanomaly.archive.fetching.local import Local, opened
from nuanomaly.archive.fetching.published import Published, parsed, small


class MirrorFolder(Local, Published):
    """A mirror in a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root, self.label = root, str(root)

    def _read_index(self) -> Index:
        with opened(self.root / index.INDEX_FILE) as file:
            return parsed(Stream(0, file), self.label)

    def _read_whole(self, path: str, most: int = LARGEST) -> bytes:
        with opened(self.root / path) as file:
            return small(Stream(0, file), path, most)

    @contextmanager
    def open(self, entry: ReleaseEntry, path: str, offset: int) -> Iterator[Stream]:
        """Open a file of a release from a byte on."""
        with opened(self.root / "datasets" / entry.name / entry.version / path, offset) as file:
            yield Stream(offset, file)


class Bundle(Local, Published):
    """A mirror in one zip file. Its members are read by name; nothing is ever unpacked by their own paths."""

    def __init__(self, file: Path) -> None:
        self.file, self.label = file, str(file)

    def _read_index(self) -> Index:
        with opened(self.file, member=index.INDEX_FILE) as member:
            return parsed(Stream(0, member), self.label)

    def _read_whole(self, path: str, most: int = LARGEST) -> bytes:
        with opened(self.file, member=path) as member:
            return small(Stream(0, member), path, most)

    @contextmanager
    def open(self, entry: ReleaseEntry, path: str, offset: int) -> Iterator[Stream]:
        """Open a file of a release from a byte on."""
        with opened(self.file, offset, f"datasets/{entry.name}/{entry.version}/{path}") as member:
            yield Stream(offset, member)


class MirrorServer(Published):
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
                return parsed(stream, self.label)

        with self.limited(self._policy.deadline) as expired:
            return patiently(attempt, self._policy, expired)

    def _read_whole(self, path: str, most: int = LARGEST) -> bytes:
        def attempt() -> bytes:
            with self._get(path, 0) as stream:
                return small(stream, path, most)

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
