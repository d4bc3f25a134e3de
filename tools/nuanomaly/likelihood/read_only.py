"""What a cache hands out belongs to everybody who asks, so that nobody may change it."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np
import scipy

_T = TypeVar("_T")


def read_only(held: _T) -> _T:
    """Make every array inside an object read-only, and return the object.

    Dataclasses, tuples, lists, mappings and sparse matrices are followed.

    Examples
    --------
    >>> array = read_only({"data": np.zeros(2)})["data"]
    >>> array[0] = 1.0
    Traceback (most recent call last):
    ...
    ValueError: assignment destination is read-only
    """
    _close(held, set())
    return held


def _close(held: Any, seen: set[int]) -> None:
    if id(held) in seen:
        return
    seen.add(id(held))
    for part in _parts(held):
        _close(part, seen)


def _parts(held: Any) -> list[Any]:
    """Return what is inside an object; an array is closed."""
    if isinstance(held, np.ndarray):
        held.flags.writeable = False
        return [] if held.base is None else [held.base]
    if type(held).__module__.startswith("scipy.sparse"):
        if isinstance(held, scipy.sparse.csr_array | scipy.sparse.csc_array):
            held.sum_duplicates()  # it sorts its indices in place otherwise, when it is first read
        return [array for name, array in vars(held).items() if isinstance(array, np.ndarray)]
    if isinstance(held, Mapping):
        return list(held.values())
    if isinstance(held, tuple | list | set | frozenset):
        return list(held)
    if is_dataclass(held) and not isinstance(held, type):
        return [vars(held)[f.name] for f in fields(held) if f.name in vars(held)]
    return []
