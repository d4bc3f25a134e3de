"""What a run gives: results that can be stored."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd


class Tabled(Protocol):
    """A result that can be stored: what it says, and the tables beside it."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result for a file."""

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return the tables that are stored beside it, by name."""


class RunResult(ABC):
    """The result of a run, as it is stored.

    Attributes
    ----------
    cpu_seconds : float or None
        What its pieces took, where they know it.
    """

    cpu_seconds: float | None

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return the result for a file."""

    @abstractmethod
    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return the tables that are stored beside it, by name."""
