"""Errors that a user can act on: what is wrong, where, and what to do."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Self

#: C0 and C1 controls but for line ends and tabs, and what reorders or hides text (bidi marks, zero widths).
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def has_control(text: str) -> bool:
    """Return whether a text holds a character that steers a terminal, or reorders or hides what is read."""
    return CONTROL.search(text) is not None


def printable(text: str) -> str:
    """Return a text whose control characters are written out: it may be somebody else's words.

    Examples
    --------
    >>> print(printable("404 \\x1b[2J"))
    404 \\x1b[2J
    """
    return CONTROL.sub(lambda content: ascii(content[0])[1:-1], text)


class NuanomalyError(Exception):
    """Base of every error this package raises for bad input; the message is one sentence for a person.

    Control characters in it are written out, as parts of it may be the words of a server or of a file.

    Attributes
    ----------
    exit_code : int
        What the command line exits with (2, usage, unless a subclass says otherwise).
    """

    exit_code = 2
    #: The message for who typed a command, where what to do is written differently there.
    command_line = ""

    def typed(self, message: str) -> Self:
        """Return the error with what the command line says instead."""
        self.command_line = message
        return self

    def at(self, place: str) -> "NuanomalyError":
        """Return the error with a place before its message; a command ends with the same code.

        Examples
        --------
        >>> IntegrityError("was changed").at("a.csv").exit_code
        1
        """
        placed = NuanomalyError(f"{place}: {self}")
        placed.exit_code = self.exit_code
        return placed

    def __init__(self, message: object = "") -> None:
        super().__init__(printable(str(message)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Say how to make it again from what it holds: other processes send theirs, whatever made them."""
        return _made_again, (type(self), self.args), vars(self)


def _made_again(kind: type[NuanomalyError], arguments: tuple[Any, ...]) -> NuanomalyError:
    return kind.__new__(kind, *arguments)


class UnknownNameError(NuanomalyError):
    """A dataset, version, model, parameter, table, column or unit that does not exist."""

    def __init__(self, kind: str, name: str, known: Iterable[str], where: str = "") -> None:
        self.kind, self.name = kind, name
        self.known = choices = sorted(set(known))
        self.nearest = nearest(name, choices)
        place = f" in {where}" if where else ""
        if self.nearest:
            hint = "did you mean " + " or ".join(repr(c) for c in self.nearest) + "?"
        elif choices:
            hint = "known: " + ", ".join(choices[:12]) + (", …" if len(choices) > 12 else "")
        else:
            hint = "none is known"
        super().__init__(f"Unknown {kind} {name!r}{place}: {hint}")


class IntegrityError(NuanomalyError):
    """A file is not the one that its release names (size or sha256)."""

    exit_code = 1


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in the middle of long work; the message says what is finished, and how to go on."""


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return up to three known names that look like ``name``, best first.

    Examples
    --------
    >>> nearest("miniboone", ["miniboone-nue", "lsnd"])
    ['miniboone-nue']
    """
    choices = list(known)
    lower = {c.lower(): c for c in choices}
    texts = [lower[m] for m in get_close_matches(name.lower(), lower, n=3, cutoff=0.6)]
    begins = [c for c in choices if c.lower().startswith(name.lower()) or name.lower().startswith(c.lower())]
    return list(dict.fromkeys([*texts, *begins]))[:3]
