"""Small HDF5 files are read without the HDF5 library; what is not of the simple kind is refused."""

import struct
from pathlib import Path

import numpy as np
import pytest

from nuanomaly.archive import hdf5
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError


def _message(kind: int, body: bytes) -> bytes:
    body = body.ljust(-(-len(body) // 8) * 8, b"\0")
    return struct.pack("<HHB3x", kind, len(body), 0) + body


def _header(*messages: bytes) -> bytes:
    body = b"".join(messages)
    return struct.pack("<BxHII4x", 1, len(messages), 1, len(body)) + body


def small_file(values: np.ndarray, datatype: int = 0x11) -> bytes:
    """One array called ``numbers`` in the root group, written by the specification."""
    tree, heap, node, names, member, data = 256, 320, 384, 448, 512, 768
    root = _header(_message(0x11, struct.pack("<QQ", tree, heap)))
    start = b"\x89HDF\r\n\x1a\n" + bytes([0, 0, 0, 0, 0, 8, 8, 0]) + struct.pack("<HHI", 4, 16, 0)
    start += struct.pack("<QQQQ", 0, 2**64 - 1, 0, 2**64 - 1) + struct.pack("<QQ", 0, 96)
    shape = struct.pack("<BBB5x", 1, values.ndim, 0) + struct.pack(f"<{values.ndim}Q", *values.shape)
    kind = struct.pack("<B3xI", datatype, 8) + bytes(16)
    layout = struct.pack("<BBQQ", 3, 1, data, values.nbytes)
    parts = {
        0: start,
        96: root,
        tree: b"TREE" + struct.pack("<BBHQQ", 0, 0, 1, 0, 0) + struct.pack("<QQ", 0, node),
        heap: b"HEAP" + struct.pack("<B3xQQQ", 0, 16, 16, names),
        node: b"SNOD" + struct.pack("<BxH", 1, 1) + struct.pack("<QQ24x", 0, member),
        names: b"numbers\0",
        member: _header(_message(1, shape), _message(3, kind), _message(8, layout)),
        data: values.astype("<f8").tobytes(),
    }
    made = bytearray(data + values.nbytes)
    for at, part in parts.items():
        made[at : at + len(part)] = part
    return bytes(made)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "small.h5"
    file.write_bytes(small_file(np.arange(12.0).reshape(3, 4) / 7.0))
    return file


def test_numbers_come_back_as_they_are(path: Path) -> None:
    assert np.array_equal(hdf5.read(path, "numbers"), np.arange(12.0).reshape(3, 4) / 7.0)


def test_a_missing_dataset_is_named(path: Path) -> None:
    with pytest.raises(UnknownNameError, match="numbers"):
        hdf5.read(path, "templates")


def test_another_type_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "whole.h5"
    file.write_bytes(small_file(np.arange(3.0), datatype=0x10))
    with pytest.raises(NuanomalyError, match="contiguous array"):
        hdf5.read(file, "numbers")


@pytest.mark.parametrize("content", [b"", b"run,events\n1,2\n"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.h5"
    file.write_bytes(content)
    with pytest.raises(NuanomalyError, match="not an HDF5 file"):
        hdf5.read(file, "numbers")


def test_a_cut_file_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(NuanomalyError, match=r"bytes|ends"):
        hdf5.read(path, "numbers")
