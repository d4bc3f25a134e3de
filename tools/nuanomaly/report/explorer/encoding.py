"""Arrays as text inside a page: bytes sorted by place, deflated, in base64; a browser undoes it by itself."""

import base64
import zlib
from typing import Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError

#: Types a page can read, by the kind of number: 32 bits of a float, and whole numbers with their signs last.
FLOATS, WHOLE = "f4", "i4"


def encoded(array: "np.ndarray[Any, Any]", differences: tuple[int, ...] = ()) -> dict[str, Any]:
    """Return an array as a document: its type, shape and bytes.

    All first bytes come first, then all second ones, and so on: neighbours are alike, and deflate to less.

    Parameters
    ----------
    array : array
        Of floats, which are kept in 32 bits, or of whole numbers.
    differences : tuple of int
        How often the differences along each of the first axes are taken of whole numbers: those of a smooth
        function are small.

    Raises
    ------
    NuanomalyError
        For whole numbers of more than 31 bits.

    Examples
    --------
    >>> decoded(encoded(np.array([[1.5, 2.0]], np.float32))).tolist()
    [[1.5, 2.0]]
    >>> decoded(encoded(np.array([[7], [3]], np.uint16), (2,))).tolist()
    [[7], [3]]
    """
    if array.dtype.kind == "f":
        content, kind = array.astype("<f4"), FLOATS
    else:
        if array.size and max(-int(array.min()), int(array.max())) >= 2**31:
            raise NuanomalyError("a page reads whole numbers below 2³¹: a table has larger ones")
        steps = array.astype(np.int32)
        for axis, times in enumerate(differences):
            for _ in range(times):
                steps = np.diff(steps, axis=axis, prepend=np.int32(0))
        # the sign as the last bit: small numbers of both signs have no high bits
        content, kind = ((steps << 1) ^ (steps >> 31)).astype("<u4"), WHOLE
    flat = np.ascontiguousarray(content).reshape(-1, 1).view(np.uint8)
    data = base64.b64encode(zlib.compress(np.ascontiguousarray(flat.T).tobytes(), 9)).decode("ascii")
    about = {"type": kind, "shape": list(array.shape), "data": data}
    return {**about, "differences": list(differences)} if kind == WHOLE else about


def decoded(document: dict[str, Any]) -> "np.ndarray[Any, Any]":
    """Return the array of a document, as a page reads it: of 32-bit floats or of 32-bit whole numbers."""
    planes = np.frombuffer(zlib.decompress(base64.b64decode(document["data"])), np.uint8).reshape(4, -1)
    raw = np.ascontiguousarray(planes.T)
    if document["type"] == FLOATS:
        return raw.view("<f4").reshape(document["shape"])
    signed = raw.view("<u4").reshape(document["shape"])
    array = ((signed >> 1) ^ -(signed & 1)).astype(np.int32)
    for axis, times in enumerate(document["differences"]):
        for _ in range(times):
            array = np.cumsum(array, axis=axis, dtype=np.int32)
    return array
