"""Arrays of small HDF5 files, without the HDF5 library: the oldest layout, contiguous numbers of eight bytes.

Releases of templates come as files of a few kilobytes; a compiled library for them would be a dependency of
everybody. What is not of this simple kind is refused. Reference: the HDF5 File Format Specification 3.0
(superblock 0, symbol tables, object headers 1).
"""

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError

_SIGNATURE = b"\x89HDF\r\n\x1a\n\x00"
_DATASPACE, _DATATYPE, _LAYOUT, _CONTINUATION, _SYMBOLS = 0x01, 0x03, 0x08, 0x10, 0x11
#: Class 1 (floating point) of version 1, little endian.
_FLOAT = (0x11, 8)


def read(path: Path, name: str) -> NDArray[np.float64]:
    """Return a dataset of a file by its full name, such as ``templates/template``.

    Raises
    ------
    NuanomalyError
        If the file cannot be read, or is of another kind.
    UnknownNameError
        If it has no dataset of that name.
    """
    try:
        file = _File(path, path.read_bytes())
    except OSError as error:
        raise NuanomalyError(f"{path}: cannot be read ({error.strerror})") from None
    if not file.data.startswith(_SIGNATURE) or file.number(13, 1) != 8:
        raise NuanomalyError(f"{path}: is not an HDF5 file of superblock version 0 with addresses of 8 bytes")
    at = file.number(64, 8)
    for part in name.split("/"):
        members = file.members(at)
        if part not in members:
            raise UnknownNameError("dataset", name, members, str(path))
        at = members[part]
    return file.array(at, name)


class _File:
    def __init__(self, path: Path, data: bytes) -> None:
        self.path, self.data = path, data

    def number(self, at: int, size: int) -> int:
        if at + size > len(self.data):
            raise NuanomalyError(f"{self.path}: ends before byte {at + size}: is it complete?")
        return int.from_bytes(self.data[at : at + size], "little")

    def messages(self, at: int) -> dict[int, int]:
        """Return where each kind of message of an object header stands."""
        left, blocks, entries = self.number(at + 2, 2), [(at + 16, self.number(at + 8, 4))], dict[int, int]()
        for start, length in blocks:
            place = start
            while place + 8 <= start + length and left > 0:
                kind, size, left = self.number(place, 2), self.number(place + 2, 2), left - 1
                if kind == _CONTINUATION:
                    blocks.append((self.number(place + 8, 8), self.number(place + 16, 8)))
                entries.setdefault(kind, place + 8)
                place += 8 + size
        return entries

    def members(self, at: int) -> dict[str, int]:
        """Return the object headers of a group's members by name."""
        place = self.messages(at).get(_SYMBOLS)
        if place is None:
            return {}
        tree, heap = self.number(place, 8), self.number(place + 8, 8)
        names = self.number(heap + 24, 8)
        entries: dict[str, int] = {}
        nodes = [tree]
        for node in nodes:
            if len(nodes) > len(self.data):
                raise NuanomalyError(f"{self.path}: its tree of names has no end")
            count = self.number(node + 6, 2)
            if self.data[node : node + 4] == b"TREE":
                nodes += [self.number(node + 32 + 16 * k, 8) for k in range(count)]
                continue
            for entry in range(node + 8, node + 8 + 40 * count, 40):
                start = names + self.number(entry, 8)
                name = self.data[start:].partition(b"\0")[0].decode("utf-8", "replace")
                entries[name] = self.number(entry + 8, 8)
        return entries

    def array(self, at: int, name: str) -> NDArray[np.float64]:
        """Return the numbers of a dataset."""
        messages = self.messages(at)
        space, kind, layout = (messages.get(k) for k in (_DATASPACE, _DATATYPE, _LAYOUT))
        if (
            space is None
            or kind is None
            or layout is None
            or (self.number(kind, 1), self.number(kind + 4, 4)) != _FLOAT
            or (self.number(layout, 1), self.number(layout + 1, 1)) != (3, 1)
        ):
            raise NuanomalyError(f"{self.path}: {name} is not a contiguous array of floats of eight bytes")
        shape = [self.number(space + 8 + 8 * k, 8) for k in range(self.number(space + 1, 1))]
        start, size = self.number(layout + 2, 8), self.number(layout + 10, 8)
        if size != 8 * math.prod(shape) or start + size > len(self.data):
            raise NuanomalyError(f"{self.path}: {name} has {size} bytes, expected {shape} numbers")
        return np.frombuffer(self.data, "<f8", size // 8, start).reshape(shape).astype(np.float64)
