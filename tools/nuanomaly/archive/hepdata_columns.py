"""Columns of a HEPData table as they are read: names that no other one has, and one type for each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from nuanomaly.archive import hepdata_errors
from nuanomaly.archive.hepdata_errors import GAP

if TYPE_CHECKING:
    import pandas as pd

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_INFINITY = re.compile(r"(?P<sign>[+-]?)\.?inf(inity)?", re.IGNORECASE)
#: A number that YAML 1.1 takes for a text, as it has no point.
_BARE = re.compile(r"[+-]?\d+[eE][+-]?\d+")


@dataclass
class Columns:
    """The columns of a table of a HEPData table, as they are read."""

    data: dict[str, list[Any]] = field(default_factory=dict)
    declared: list[dict[str, Any]] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    texts: frozenset[str] = frozenset()

    def add(self, name: str, values: Sequence[Any], **entry: Any) -> str:
        """Add a column under a name that is not taken, and return the name."""
        free, number = name, 2
        while free in self.data:
            free, number = f"{name}_{number}", number + 1
        typed, kind = ([str(v) for v in values], "string") if free in self.texts else _typed(values)
        if any(v != v for v in typed):
            self.missing[free] = "no value in the submission"
        types = {} if kind == "float64" else {"type": kind}
        unit = "1" if kind in ("string", "bool") else entry.pop("unit")
        entry.pop("unit", None)
        self.data[free] = typed
        self.declared.append({"name": free, **types, "unit": unit, **entry})
        return free

    def frame(self) -> "pd.DataFrame":
        """Return the content."""
        import pandas as pd

        return pd.DataFrame(self.data)


def _written(value: Any) -> Any:
    """Return a date as the text it is written as, and an infinity in quotes as one; anything else as it is.

    Examples
    --------
    >>> _written(date(2020, 2, 1)), _written("+Inf"), _written(2.5)
    ('2020-02-01', inf, 2.5)
    """
    if isinstance(value, date):  # a time is one, too
        return str(value)
    infinite = _INFINITY.fullmatch(value.strip()) if isinstance(value, str) else None
    return float(f"{infinite['sign']}inf") if infinite else value


def _typed(values: Sequence[Any]) -> tuple[list[Any], str]:
    """Return values of one type, and the type; what is missing is NaN."""
    values = [_written(v) for v in values]
    present = [v for v in values if not (isinstance(v, str) and v == GAP) and v is not None]
    whole = bool(present) and len(present) == len(values)
    if whole and all(isinstance(v, bool) or v in ("True", "False") for v in present):
        return [str(v) == "True" for v in values], "bool"
    plain = [hepdata_errors.plain(v) for v in present]
    if plain and not any(isinstance(v, str) for v in plain):
        values, present = [hepdata_errors.plain(v) for v in values], plain
    texts = [v for v in present if isinstance(v, str)]
    if texts and not (len(texts) < len(present) or all(_BARE.fullmatch(t) for t in texts)):
        return ["" if v is None else str(v) for v in values], "string"
    if any(not _NUMBER.fullmatch(t) for t in texts):
        return ["" if v is None else str(v) for v in values], "string"
    if whole and all(type(v) is int for v in values):
        return list(values), "int64"
    return [float("nan") if v is None or v == GAP else float(v) for v in values], "float64"


__all__ = ["GAP", "Columns"]
