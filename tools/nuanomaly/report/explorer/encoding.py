"""Arrays as text inside a page: bytes sorted by place, deflated, in base64; a browser undoes it by itself."""

import base64
import zlib
from typing import Any

import numpy as np

#: Types a page can read, by numpy's name.
TYPES = {"float32": "f4", "uint16": "u2"}


def encoded(array: "np.ndarray[Any, Any]") -> dict[str, Any]:
    """Return an array as a document: its type, shape and bytes.

    All first bytes come first, then all second ones, and so on: neighbours are alike, and deflate to less.
    Of whole numbers the steps along the first axis are kept, for the same reason.

    Raises
    ------
    KeyError
        For a type that pages do not read.

    Examples
    --------
    >>> decoded(encoded(np.array([[1.5, 2.0]], np.float32))).tolist()
    [[1.5, 2.0]]
    >>> decoded(encoded(np.array([[7], [3]], np.uint16))).tolist()
    [[7], [3]]
    """
    kind = TYPES[array.dtype.name]
    steps = np.diff(array, axis=0, prepend=array[:1] * 0) if array.dtype.kind == "u" else array
    flat = np.ascontiguousarray(steps, f"<{kind}").reshape(-1, 1).view(np.uint8)
    data = zlib.compress(np.ascontiguousarray(flat.T).tobytes(), 9)
    return {"type": kind, "shape": list(array.shape), "data": base64.b64encode(data).decode("ascii")}


def decoded(document: dict[str, Any]) -> "np.ndarray[Any, Any]":
    """Return the array of a document, as a page reads it."""
    size = int(document["type"][1])
    planes = np.frombuffer(zlib.decompress(base64.b64decode(document["data"])), np.uint8).reshape(size, -1)
    array = np.ascontiguousarray(planes.T).view(f"<{document['type']}").reshape(document["shape"])
    return np.cumsum(array, axis=0, dtype=array.dtype) if array.dtype.kind == "u" else array
