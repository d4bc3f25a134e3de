"""Zip and tar archives of somebody else, in bounded memory; nothing is written, no link followed."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nuanomaly.archive.errors import NuanomalyError

#: Bytes that an archive may unpack to, more than any submission has, and files that it may hold.
LARGEST, MOST_MEMBERS = 500_000_000, 10_000
#: What the libraries raise on an archive that is damaged, encrypted, or packed by a method they do not know.
DAMAGED = (
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
_PACKED: Mapping[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}


def unpacked(content: bytes, source: str) -> dict[str, bytes]:
    """Return the plain files of a zip or tar archive (also one packed by gzip, bzip2 or xz), by their names.

    Parameters
    ----------
    content : bytes
        The archive.
    source : str
        Named in the error.

    Raises
    ------
    NuanomalyError
        If it is no such archive, is damaged or encrypted, or holds more than any submission.

    Examples
    --------
    >>> unpacked(b"PK", "a.zip")
    Traceback (most recent call last):
    nuanomaly.archive.errors.NuanomalyError: a.zip: is no zip or tar archive (truncated header)
    """
    try:
        entries = _zipped if zipfile.is_zipfile(io.BytesIO(content)) else _tarred
        return dict(entries(content, source))
    except DAMAGED as error:
        said = str(error) or type(error).__name__
        raise NuanomalyError(f"{source}: is no zip or tar archive ({said})") from None


def _zipped(content: bytes, source: str) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        members = [member for member in packed.infolist() if not member.is_dir()]
        _limit(sum(member.file_size for member in members), len(members), source)
        for member in members:
            yield member.filename, packed.read(member)


def _tarred(content: bytes, source: str) -> Iterator[tuple[str, bytes]]:
    size = 0
    with tarfile.open(fileobj=io.BytesIO(_plain(content, source)), mode="r:") as packed:
        for number, member in enumerate(packed, 1):
            size += member.size
            _limit(size, number, source)
            stream = packed.extractfile(member) if member.isfile() else None
            if stream is not None:
                yield member.name, stream.read()


def _plain(content: bytes, source: str) -> bytes:
    """Return what a compressed file holds; its size is known only once it is unpacked."""
    opener = next((o for mark, o in _PACKED.items() if content.startswith(mark)), None)
    if opener is None:
        return content
    with opener(io.BytesIO(content)) as packed:
        plain: bytes = packed.read(LARGEST + 1)
    _limit(len(plain), 0, source)
    return plain


def _limit(size: int, members: int, source: str) -> None:
    if size > LARGEST:
        raise NuanomalyError(f"{source}: unpacks to more than {LARGEST} bytes")
    if members > MOST_MEMBERS:
        raise NuanomalyError(f"{source}: holds more than {MOST_MEMBERS} files")
