"""One file, verified: streamed, resumed where it broke off, tried again, never longer than it should be."""

import errno
import hashlib
import io
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.fetching.http import HttpClient, RangeError, SourceError, Stream, limited
from nuanomaly.archive.fetching.index import CHUNK

T = TypeVar("T")
Opener = Callable[[int], AbstractContextManager[Stream]]
_MAX_TRIES = 1000  # of one file, however much each of them brings
_WORTH_A_THREAD = 1 << 15
_SLOWEST = 50_000  # bytes per second: a mirror that sends less is given up
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}


class StorageError(NuanomalyError):
    """The place that files are written to does not take them (full, read-only, not a folder)."""

    exit_code = 1


class StoppedError(NuanomalyError):
    """Another part of the same fetch failed, or the user interrupted it."""

    exit_code = 1


class WrongContentError(SourceError):
    """A source gave a file, but not the one that was asked for."""

    def __init__(self, message: str) -> None:
        super().__init__(message, passing=True)


def _seconds(variable: str, usual: float) -> float:
    text = os.environ.get(variable, str(usual))
    try:
        return float(text)
    except ValueError:
        raise NuanomalyError(
            f"${variable} is {text!r}: make it a number of seconds, such as {usual:g}"
        ) from None


@dataclass(frozen=True)
class Policy:
    """How patient to be.

    Attributes
    ----------
    tries : int
        How often a source may fail in a row without having brought anything.
    backoff : float
        Seconds to wait after the first failure; doubled after each, varied at random, at most 30.
    timeout : float
        Seconds to wait for a connection or for more data (``$NUANOMALY_TIMEOUT``, else 30).
    deadline : float
        Seconds that a server may cost in all before the next one is asked (``$NUANOMALY_DEADLINE``, else 60),
        besides one second for every 50 kB that it is to send.
    """

    tries: int = 4
    backoff: float = 0.25
    timeout: float = field(default_factory=lambda: _seconds("NUANOMALY_TIMEOUT", 30.0))
    deadline: float = field(default_factory=lambda: _seconds("NUANOMALY_DEADLINE", 60.0))

    def pause(self, failures: int, asked: float = 0.0) -> float:
        """Return the seconds to wait after so many failures in a row."""
        own = self.backoff * 2.0 ** (failures - 1) * random.uniform(0.5, 1.5)
        return min(max(own, asked), 30.0)

    def allowed(self, size: int) -> float:
        """Return the seconds that so many bytes may take in all."""
        return self.deadline + size / _SLOWEST


def patiently(attempt: Callable[[], T], policy: Policy, expired: threading.Event) -> T:
    """Return what ``attempt`` returns, tried again while its failures may pass and time is left."""
    for failures in range(1, policy.tries + 1):
        try:
            return attempt()
        except SourceError as error:
            if not error.passing or failures == policy.tries:
                raise
            if expired.wait(policy.pause(failures, error.wait)):
                raise
    raise AssertionError("tries is at least 1")


@dataclass
class Download:
    """A file on its way here.

    Attributes
    ----------
    part : pathlib.Path
        Where the content grows; what an earlier run left there is continued.
    sha256, size : str and int, or None
        What the file must be, where that is known.
    advance : callable
        Called with the number of bytes gained (or, negative, given up).
    stop : threading.Event
        Set from outside to give up.
    """

    part: Path
    sha256: str | None
    size: int | None
    advance: Callable[[int], object] = lambda count: None
    stop: threading.Event = field(default_factory=threading.Event)
    _seen: int = 0

    def run(self, opener: Opener, policy: Policy) -> str:
        """Get the file into ``part`` and return its sha256.

        Raises
        ------
        SourceError
            If the source does not give this file, however patiently asked.
        StorageError
            If it cannot be written.
        """
        failures = wrong = 0
        leftover = _length(self.part) > 0
        for _ in range(_MAX_TRIES):
            before = _length(self.part)
            try:
                return self._once(opener)
            except SourceError as error:
                after = _length(self.part)
                failures = 1 if after > before else failures + 1
                if isinstance(error, WrongContentError):
                    wrong += 1  # an error page may be sent once, and what was left here may have been wrong
                if not error.passing or failures >= policy.tries or wrong > 1 + leftover:
                    raise
                if self.stop.wait(policy.pause(failures, error.wait)):
                    raise StoppedError("stopped") from None
        raise SourceError(f"the connection broke off {_MAX_TRIES} times")

    def _once(self, opener: Opener) -> str:
        """Append what is missing; return the sha256 of the whole if it is right."""
        with storing(self.part), _open_part(self.part) as file:
            digest, offset = _hash_of(file)
            if self.size is not None and offset > self.size:
                digest, offset = _emptied(file)
            self._reached(offset)
            if self.sha256 and digest.hexdigest() == self.sha256 and self.size not in (None, offset):
                raise SourceError(f"has {offset} bytes by its sha256, and is listed with {self.size}")
            if offset == self.size or (self.sha256 and digest.hexdigest() == self.sha256):
                return self._verified(file, digest.hexdigest())
            try:
                with opener(offset) as stream:
                    if stream.offset != offset:  # the source knows no ranges: it begins at the beginning
                        digest, offset = _emptied(file)
                    self._copy(stream, file, digest, offset)
            except (RangeError, WrongContentError):
                _emptied(file)
                self._reached(0)
                raise
            return self._verified(file, digest.hexdigest())

    def _copy(self, stream: Stream, file: io.FileIO, digest: "hashlib._Hash", offset: int) -> None:
        """Copy a stream to the end of a file, hashing it."""
        size = stream.total if self.size is None else self.size
        if stream.total not in (None, size):
            raise WrongContentError(f"has {stream.total} bytes where there should be {size}")
        with ThreadPoolExecutor(1) as hashing:  # one chunk is hashed while the next one is read and written
            hashed: Future[None] | None = None
            while chunk := stream.read(CHUNK):
                if self.stop.is_set():
                    raise StoppedError("stopped")
                offset += len(chunk)
                if size is not None and offset > size:
                    raise WrongContentError(f"sends more than the {size} bytes there should be")
                if hashed is not None:
                    hashed.result()
                if len(chunk) < _WORTH_A_THREAD:
                    digest.update(chunk)
                else:
                    hashed = hashing.submit(digest.update, chunk)
                _write(file, chunk)
                self._reached(offset)
        if size is not None and offset < size:
            raise SourceError(f"broke off after {offset} of {size} bytes", passing=True)

    def _verified(self, file: io.FileIO, sha256: str) -> str:
        """Return the sha256 of the complete file; empty a file that is not the right one."""
        if self.sha256 not in (None, sha256):
            _emptied(file)
            self._reached(0)
            raise WrongContentError(
                f"sends other content: sha256 {sha256[:12]}…, not {str(self.sha256)[:12]}…"
            )
        os.fsync(file.fileno())  # before anything has its name
        return sha256

    def _reached(self, offset: int) -> None:
        """Report that so many bytes are here."""
        self.advance(offset - self._seen)
        self._seen = offset


def content(address: str, policy: Policy, most: int) -> bytes:
    """Return what an address holds, in bounded time and memory.

    Raises
    ------
    SourceError
        If a server does not give it: it leads where nobody should follow, does not answer in time,
        sends more than ``most`` bytes, or less than 50 kB a second.
    """
    client, begun, got = HttpClient(policy.timeout), time.monotonic(), bytearray()
    given_up = SourceError(f"was given up after {policy.deadline:.0f} s")
    try:
        with ExitStack() as stack:
            with limited(policy.deadline, client.close) as late:
                stream = stack.enter_context(client.get(address))
            with limited(policy.allowed(most), client.close) as later:
                while chunk := stream.read(CHUNK):
                    got += chunk
                    if len(got) > most:
                        raise SourceError(f"sends more than {most} bytes")
                    if time.monotonic() - begun > policy.allowed(len(got)):
                        raise given_up
        if late.is_set() or later.is_set():  # what is closed while it is read may look like its end
            raise given_up
        if stream.total not in (None, len(got)):
            raise SourceError(f"broke off after {len(got)} of {stream.total} bytes", passing=True)
    except SourceError:
        if time.monotonic() - begun > policy.allowed(len(got)):
            raise given_up from None
        raise
    finally:
        client.close()
    return bytes(got)


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Turn what the file system raises on writing to ``path`` into one sentence.

    Raises
    ------
    StorageError
        For every OSError within.
    """
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in _FULL:
            remedy = "make room, or fetch to another place with -o DIR, or set $NUANOMALY_CACHE"
        elif error.errno in _CLOSED:
            remedy = "fetch to a place you may write to with -o DIR, or set $NUANOMALY_CACHE"
        else:
            remedy = "fetch to another place with -o DIR, or set $NUANOMALY_CACHE"
        raise StorageError(f"cannot write {error.filename or path}: {why}; {remedy}") from None


def _open_part(part: Path) -> io.FileIO:
    """Open a file to continue it; never through a link that someone else put in its place."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return io.FileIO(os.open(part, flags, 0o644), "r+")


def _hash_of(file: io.FileIO) -> "tuple[hashlib._Hash, int]":
    """Return the sha256 so far and the length, leaving the file at its end."""
    digest, length = hashlib.sha256(), 0
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        length += len(chunk)
    return digest, length


def _emptied(file: io.FileIO) -> "tuple[hashlib._Hash, int]":
    file.seek(0)
    file.truncate()
    return hashlib.sha256(), 0


def _write(file: io.FileIO, chunk: bytes) -> None:
    """Write all of a chunk: an unbuffered file may take less at a time."""
    done = file.write(chunk)
    while done < len(chunk):
        done += file.write(memoryview(chunk)[done:])


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
