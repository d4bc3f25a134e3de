"""Numbers of HEPData tables: in quotes, as percentages, and as places in a matrix."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

#: How HEPData writes that there is no value.
GAP = "-"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_INDEX = re.compile(r"\b(row|column|col|bin|index|element|i|j|number)\b")
_LAST = re.compile(r"[\W\d_]+$")


def plain(value: Any) -> Any:
    """Return a number that is written as a text as the number, and an empty text as a gap.

    Examples
    --------
    >>> plain("1e-4"), plain("0.3"), plain(""), plain("5%"), plain("run 2")
    (0.0001, 0.3, '-', '5%', 'run 2')
    """
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return GAP
        if _NUMBER.fullmatch(text):
            return int(text) if re.fullmatch(r"[+-]?\d{1,15}", text) else float(text)
    return value


def mixed(errors: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether some errors of a column are percentages and others are not."""
    sizes = [size for error in errors for size in _sizes(error) if plain(size) != GAP]
    given = [_is_percent(size) for size in sizes]
    return any(given) and not all(given)


def absolute(error: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    """Return an error whose percentages are written out as what they are of the value.

    Examples
    --------
    >>> absolute({"symerror": "5%", "label": "sys"}, 0.4)
    {'symerror': 0.02, 'label': 'sys'}
    """

    def size(given: Any) -> Any:
        if not _is_percent(given) or not isinstance(value, int | float):
            return given
        return abs(value) * float(given.strip()[:-1]) / 100.0

    entries = dict(error)
    if "symerror" in error:
        entries["symerror"] = size(error["symerror"])
    if error.get("asymerror"):
        entries["asymerror"] = {side: size(given) for side, given in error["asymerror"].items()}
    return entries


def indices(independent: Sequence[Mapping[str, Any]]) -> list[list[int]] | None:
    """Return the row and the column of each value of a matrix; None if the two axes are no such counts.

    They are if both have the same name and unit (then bins count by their order too), or say that they count.
    Two axes of whole numbers in different quantities are the axes of a grid.
    """
    if not _count_alike(independent):
        return None
    values = [variable["values"] for variable in independent]
    if all("low" in v and "high" in v for axis in values for v in axis):
        order: dict[tuple[Any, Any], int] = {}
        for v in values[0]:
            order.setdefault((v["low"], v["high"]), len(order))
        places = [[order.get((v["low"], v["high"]), -1) for v in axis] for axis in values]
        return None if any(k < 0 for axis in places for k in axis) else places
    numbers = [[plain(v.get("value")) for v in axis] for axis in values]
    if not all(isinstance(n, int | float) and math.isfinite(n) and n == int(n) for a in numbers for n in a):
        return None
    return [[int(n) for n in axis] for axis in numbers]


def _count_alike(independent: Sequence[Mapping[str, Any]]) -> bool:
    headers = [variable.get("header") or {} for variable in independent]
    names = [str(header.get("name", "")).lower() for header in headers]
    counted = all(_INDEX.search(name) for name in names) and not any(h.get("units") for h in headers)
    same = _LAST.sub("", names[0]) == _LAST.sub("", names[1])
    return counted or (same and headers[0].get("units") == headers[1].get("units"))


def _sizes(error: Mapping[str, Any]) -> list[Any]:
    sides = error.get("asymerror") or {}
    return [*([error["symerror"]] if "symerror" in error else []), *sides.values()]


def _is_percent(size: Any) -> bool:
    return isinstance(size, str) and size.strip().endswith("%")
