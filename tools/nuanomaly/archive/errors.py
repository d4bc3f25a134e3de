"""Errors that a user can act on: what is wrong, where, and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class NuanomalyError(Exception):
    """Base of every error this package raises for bad input; the message is one sentence for a person.

    Attributes
    ----------
    exit_code : int
        What the command line exits with (2, usage, unless a subclass says otherwise).
    """

    exit_code = 2


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
    found = [lower[m] for m in get_close_matches(name.lower(), lower, n=3, cutoff=0.6)]
    begins = [c for c in choices if c.lower().startswith(name.lower()) or name.lower().startswith(c.lower())]
    return list(dict.fromkeys([*found, *begins]))[:3]
