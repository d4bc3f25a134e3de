"""Two words for two things: a number is *reproduced*, or it is only *consistent* with the published one.

Reproduced: equal to the printed digits, or within a tolerance that has a source and is far below the quoted
error (at most a third of it; where no error is quoted, at most a twentieth of the number). Consistent: within
the quoted error, or within a wider tolerance. A coarse measurement that is hit within its own error proves
little, and is never called reproduced.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any, Literal

Word = Literal["reproduced", "consistent", "not reproduced", "not computed"]
WORDS: tuple[Word, ...] = ("reproduced", "consistent", "not reproduced", "not computed")
#: A tolerance is far below the quoted error if it is at most this part of it; without error, of the number.
OF_ERROR, OF_NUMBER = 1.0 / 3.0, 0.05
#: How the sources of tolerances say that it is the error itself.
_ERRORS = ("quoted error", "published error", "its error")


def digit(value: float) -> float:
    """Return the unit of the last printed digit of a number.

    Examples
    --------
    >>> digit(0.81), digit(638.0), digit(29.0), digit(1e-4)
    (0.01, 1.0, 1.0, 0.0001)
    """
    exponent = Decimal(repr(float(value))).normalize().as_tuple().exponent
    return float(Decimal(1).scaleb(min(0, exponent if isinstance(exponent, int) else 0)))


@dataclass(frozen=True)
class Agreement:
    """A published number and the recomputed one.

    Attributes
    ----------
    expected, found : float, bool, str or None
    uncertainty : float or None
        The quoted error.
    tolerance : float or None
    between : tuple of two floats, optional
        What is found lies between these, by choices that the source does not fix: inside is consistent.
    """

    expected: float | bool | str
    found: float | bool | str | None
    uncertainty: float | None = None
    tolerance: float | None = None
    between: tuple[float, float] | None = None

    @property
    def difference(self) -> float | None:
        """Found less expected; None unless both are numbers."""
        if isinstance(self.expected, bool | str) or self.found is None or isinstance(self.found, bool | str):
            return None
        return float(self.found) - float(self.expected)

    @property
    def pull(self) -> float | None:
        """The difference in units of the quoted error."""
        if self.difference is None or not self.uncertainty:
            return None
        return self.difference / self.uncertainty

    @property
    def digits(self) -> float | None:
        """The difference in units of the last printed digit."""
        return None if self.difference is None else self.difference / digit(float(self.expected))

    @property
    def word(self) -> Word:
        """What the difference is called.

        Examples
        --------
        >>> Agreement(0.81, 0.808, 0.03, 0.005).word, Agreement(11.9, 9.25, 4.2, 4.2).word
        ('reproduced', 'consistent')
        >>> Agreement(29.0, 31.0, None, 1.0).word, Agreement(True, True).word
        ('not reproduced', 'reproduced')
        """
        if self.found is None:
            return "not computed"
        if self.difference is None:
            return "reproduced" if self.found == self.expected else "not reproduced"
        off = abs(self.difference) * (1.0 - 1e-12)  # a difference that is the tolerance as printed counts
        if off <= 0.5 * digit(float(self.expected)) and not self._coarse:
            return "reproduced"
        if self.tolerance is not None and off <= self.tolerance and self._sharp:
            return "reproduced"
        if off <= max(self.tolerance or 0.0, self.uncertainty or 0.0):
            return "consistent"
        if self.between is not None and min(self.between) <= float(self.expected) <= max(self.between):
            return "consistent"
        return "not reproduced"

    @property
    def _coarse(self) -> bool:
        """Whether the printed digit is no sharper than the quoted error."""
        return bool(self.uncertainty) and 0.5 * digit(float(self.expected)) > OF_ERROR * float(
            self.uncertainty or 0.0
        )

    @property
    def _sharp(self) -> bool:
        """Whether the tolerance is far below the quoted error, or, where none is quoted, the number."""
        tolerance = float(self.tolerance or 0.0)
        if not isfinite(tolerance):
            return False
        if self.uncertainty:
            return tolerance <= OF_ERROR * self.uncertainty
        return tolerance <= OF_NUMBER * abs(float(self.expected)) or tolerance <= digit(float(self.expected))


def of_benchmark(row: Mapping[str, Any]) -> Agreement:
    """Return the agreement of a recomputed benchmark; a tolerance that is the quoted error is taken as "
    "one."""
    return _agreement(row, row.get("recomputed"))


def of_expectation(row: Mapping[str, Any]) -> Agreement:
    """Return the agreement of an expectation of a comparison."""
    return _agreement(row, row.get("found"))


def _agreement(row: Mapping[str, Any], content: Any) -> Agreement:
    expected, tolerance = row["expected"], row.get("tolerance")
    if isinstance(tolerance, Mapping):  # another error up than down; without bound on one side
        up = not isinstance(expected, str) and content is not None and float(content) > float(expected)
        side = tolerance["plus" if up else "minus"]
        tolerance = float("inf") if side is None else float(side)
    error = row.get("uncertainty")
    if error is None and str(row.get("tolerance_source", "")).startswith(_ERRORS):
        error = tolerance
    return Agreement(expected, content, error, tolerance)
