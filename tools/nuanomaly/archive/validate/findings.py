"""Findings and reports as data, and their renderings for people, scripts and forges."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nuanomaly.archive.errors import printable
from nuanomaly.archive.validate.codes import CATALOGUE, Severity


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, where it is, and what to do.

    Attributes
    ----------
    code : str
        One of :data:`nuanomaly.archive.validate.codes.CATALOGUE`.
    message : str
        What is wrong here, in one sentence.
    remedy : str
        What to do; the catalogue's remedy unless something nearer is known.
    file : str
        Relative to the root of the archive.
    line : int or None
        Counted from 1.
    release : str
        ``NAME@VERSION``; empty for a finding about something else.
    table, column : str
    row : int or None
        Row of the table, counted from 0 as in a DataFrame.
    suggestions : tuple of str
        Names that may have been meant.
    note : bool
        Whether it is a note whatever its code: of a release that the ledger knew before the check existed.
    """

    code: str
    message: str
    remedy: str
    file: str = ""
    line: int | None = None
    release: str = ""
    table: str = ""
    row: int | None = None
    column: str = ""
    suggestions: tuple[str, ...] = ()
    note: bool = False

    @property
    def severity(self) -> Severity:
        """``error``, ``warning`` or ``note``."""
        return "note" if self.note else CATALOGUE[self.code].severity

    @property
    def title(self) -> str:
        """What kind of finding it is."""
        return CATALOGUE[self.code].title

    @property
    def place(self) -> str:
        """File and line, table, row and column, as text."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        cell = [f"table {self.table}" if self.table else ""]
        cell += [
            f"row {self.row}" if self.row is not None else "",
            f"column {self.column}" if self.column else "",
        ]
        inside = ", ".join(part for part in cell if part)
        return f"{where} ({inside})" if inside else where

    @property
    def sentence(self) -> str:
        """Message and, where there is one, what may have been meant."""
        if not self.suggestions:
            return self.message
        return f"{self.message}; did you mean {' or '.join(map(repr, self.suggestions))}?"

    def as_dict(self) -> dict[str, Any]:
        """Return everything, for JSON."""
        return {
            "severity": self.severity,
            "title": self.title,
            **asdict(self),
            "suggestions": [*self.suggestions],
        }


def finding(code: str, message: str, remedy: str = "", **where: Any) -> Finding:
    """Return a finding, with the catalogue's remedy unless another one is given.

    What it says may be the words of a contributor: control characters, and bytes that are no text, are
    written out.
    """
    for key in ("file", "release", "table", "column"):
        if key in where:
            where[key] = _told(where[key]).replace("\n", "\\n")
    return Finding(code, _told(message), _told(remedy) or CATALOGUE[code].remedy, **where)


def _told(text: str) -> str:
    return printable(text.encode("utf-8", "backslashreplace").decode())


@dataclass(frozen=True)
class Report:
    """All findings of one validation.

    Attributes
    ----------
    findings : tuple of Finding
        By file and line, errors before warnings.
    releases : tuple of str
        What was validated.
    notes : tuple of str
        What was not checked, and why.
    """

    findings: tuple[Finding, ...]
    releases: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that must be mended."""
        return tuple(f for f in self.findings if f.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that should be looked at."""
        return tuple(f for f in self.findings if f.severity == "warning")

    @property
    def ok(self) -> bool:
        """True if there is no error."""
        return not self.errors

    @property
    def summary(self) -> str:
        """One line: how much was checked and found."""
        counts = [_count(len(self.errors), "error"), _count(len(self.warnings), "warning")]
        return f"{_count(len(self.releases), 'release')} checked: {', '.join(counts)}"

    def as_text(self) -> str:
        """Return the report for people: a paragraph per finding and a line of summary."""
        parts = [f"{f.severity} {f.code} {f.place}\n  {f.sentence}\n  → {f.remedy}" for f in self.findings]
        return "\n".join([*parts, *(f"note: {note}" for note in self.notes), self.summary])

    def as_dict(self) -> dict[str, Any]:
        """Return the report for scripts."""
        return {
            "ok": self.ok,
            "releases": list(self.releases),
            "errors": len(self.errors),
            "warnings": len(self.warnings),
            "findings": [f.as_dict() for f in self.findings],
            "notes": list(self.notes),
        }

    def as_json(self) -> str:
        """Return :meth:`as_dict` as JSON text."""
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False)

    def as_annotations(self) -> str:
        """Return a workflow command per finding, which forges show beside the line."""
        return "\n".join(_annotation(f) for f in self.findings)


def report(findings: Sequence[Finding], releases: Sequence[str], notes: Sequence[str] = ()) -> Report:
    """Return a report with its findings in order, each once."""
    order = {"error": 0, "warning": 1, "note": 2}
    unique = dict.fromkeys(findings)
    ordered = sorted(unique, key=lambda f: (order[f.severity], f.file, f.line or 0, f.code, f.message))
    return Report(tuple(ordered), tuple(releases), tuple(notes))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _annotation(result: Finding) -> str:
    properties = {
        "file": result.file,
        "line": str(result.line or 1),
        "title": f"{result.code}: {result.title}",
    }
    listed = ",".join(f"{key}={_escape(value, ':,')}" for key, value in properties.items())
    kind = "notice" if result.severity == "note" else result.severity
    return f"::{kind} {listed}::{_escape(f'{result.sentence}. {result.remedy}')}"


def _escape(text: str, more: str = "") -> str:
    """Escape what ends a workflow command or one of its properties."""
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
