"""What is said of a kind of finding."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Code:
    """One kind of finding.

    Attributes
    ----------
    code : str
        Stable name; it never changes its meaning.
    severity : {"error", "warning"}
        Errors must be mended before a release is merged.
    title, explanation, remedy : str
        What it is, why it matters, what to do.
    """

    code: str
    severity: Severity
    title: str
    explanation: str
    remedy: str


def errors(*rows: tuple[str, str, str, str]) -> list[Code]:
    """Return errors, each from its code, title, explanation and remedy."""
    return [Code(code, "error", title, explanation, remedy) for code, title, explanation, remedy in rows]


def warnings(*rows: tuple[str, str, str, str]) -> list[Code]:
    """Return warnings, each from its code, title, explanation and remedy."""
    return [Code(code, "warning", title, explanation, remedy) for code, title, explanation, remedy in rows]
