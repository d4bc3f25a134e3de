"""Numbers that were found, against those a comparison declares to expect."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Value = float | int | str | bool | None


@dataclass(frozen=True)
class Verified:
    """One expectation and what was found."""

    key: str
    kind: str
    expected: Value
    found: Value
    tolerance: float | Mapping[str, float | None] | None
    tolerance_source: str
    source: str

    @property
    def difference(self) -> float | None:
        """Found less expected; None unless both are numbers."""
        if _is_number(self.found) and _is_number(self.expected):
            return float(self.found) - float(self.expected)  # type: ignore[arg-type]
        return None

    @property
    def ok(self) -> bool:
        """Whether what was found is what was expected."""
        if not _is_number(self.expected):
            return type(self.found) is type(self.expected) and self.found == self.expected
        if self.difference is None:
            return False
        minus, plus = self.range
        return -minus <= self.difference <= plus

    @property
    def range(self) -> tuple[float, float]:
        """How far below and above the expected number the found one may lie."""
        if isinstance(self.tolerance, Mapping):
            minus, plus = self.tolerance["minus"], self.tolerance["plus"]
            return (float("inf") if minus is None else minus, float("inf") if plus is None else plus)
        return (self.tolerance or 0.0, self.tolerance or 0.0)

    @property
    def allowed(self) -> str:
        """The tolerance as text.

        Examples
        --------
        >>> Verified("a", "published", 1.25, 1.3, {"minus": 0.25, "plus": None}, "", "").allowed
        '−0.25, +∞'
        """
        if not _is_number(self.expected):
            return "exactly"
        minus, plus = self.range
        if minus == plus:
            return f"±{minus:g}"
        return f"−{minus:g}, +{plus:g}".replace("inf", "∞")

    @property
    def problem(self) -> str:
        """What is wrong, in one sentence with the number, the expectation and the difference."""
        if self.found is None:
            return f"{self.key} was not recorded by report.py: expected {self.expected} ({self.source})"
        if self.difference is None:
            return f"{self.key} is {self.found!r}, expected {self.expected!r} ({self.source})"
        return (
            f"{self.key} = {self.found:.6g}, expected {self.expected:g} ({self.allowed}): "
            f"it differs by {self.difference:+.4g} ({self.source})"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the row of ``result.json``."""
        return {
            "key": self.key,
            "kind": self.kind,
            "expected": self.expected,
            "found": self.found,
            "difference": self.difference,
            "tolerance": self.tolerance,
            "tolerance_source": self.tolerance_source,
            "ok": self.ok,
            "source": self.source,
        }


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def verify(declared: list[Mapping[str, Any]], results: Mapping[str, Mapping[str, Any]]) -> list[Verified]:
    """Return every declared expectation with what was found under its key.

    Examples
    --------
    >>> null = {"key": "null", "expected": 29.0, "tolerance": 0.1, "kind": "reference", "source": "a table"}
    >>> [v.ok for v in verify([null], {"null": {"value": 28.8}})]
    [False]
    >>> verify([null], {"null": {"value": 28.8}})[0].problem
    'null = 28.8, expected 29 (±0.1): it differs by -0.2 (a table)'
    """
    return [
        Verified(
            entry["key"],
            entry["kind"],
            entry["expected"],
            results.get(entry["key"], {}).get("value"),
            entry.get("tolerance"),
            entry.get("tolerance_source", ""),
            entry["source"],
        )
        for entry in declared
    ]
