"""Whose word is taken: ledger and catalogue of this program, signatures, lock files, the user's own say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nuanomaly.archive import names
from nuanomaly.archive.errors import IntegrityError, UnknownNameError
from nuanomaly.archive.fetching import index
from nuanomaly.archive.fetching.listing import ReleaseEntry
from nuanomaly.archive.fetching.local import is_home
from nuanomaly.archive.fetching.sources import Source


@dataclass(frozen=True)
class Trust:
    """What is known for sure of releases, and what the user takes without.

    Attributes
    ----------
    ledger : mapping
        ``{NAME@VERSION: digest}`` of the releases this program knows for sure.
    listed : mapping
        ``{name: {version: entry}}`` of the catalogue of this program.
    groups : mapping
        ``{name: releases}`` of the groups this program knows.
    unlisted : bool
        Take releases and groups from a source although neither the ledger of this program nor one that is
        signed with a key of the user knows them.
    pins : mapping, optional
        Entries of a lock file: nothing else is accepted.

    Examples
    --------
    >>> Trust(pins={}).pinned("best", None)
    Traceback (most recent call last):
    nuanomaly.archive.errors.UnknownNameError: Unknown locked release 'best' in nuanomaly.lock: none is known
    """

    ledger: Mapping[str, str] = field(default_factory=dict)
    listed: Mapping[str, Mapping[str, ReleaseEntry]] = field(default_factory=dict)
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unlisted: bool = False
    pins: Mapping[str, ReleaseEntry] | None = None

    def pinned(self, name: str, wanted: str | None) -> str | None:
        """Return the version that the lock file has; what is wanted, if there is none.

        Raises
        ------
        UnknownNameError
            If it pins no such release.
        """
        if self.pins is None:
            return wanted
        versions = [e.version for e in self.pins.values() if e.name == name]
        if not names.has(name, wanted, versions):
            asked = f"{name}@{wanted}" if wanted else name
            raise UnknownNameError("locked release", asked, self.pins, "nuanomaly.lock")
        return names.choose(name, wanted, dict.fromkeys(versions, ""))

    def whole(self, source: Source) -> bool:
        """Say whether a source is believed in what has no digest: groups, and amendments of releases."""
        return self.unlisted or is_home(source) or bool(source.vouched(self.ledger))

    def taken(self, source: Source, name: str, states: Mapping[str, str]) -> Mapping[str, str]:
        """Return the versions of a source, ``{version: state}``, that somebody whom the user trusts knows."""
        if self.unlisted or self.pins is not None or is_home(source):
            return states
        known = self.known(source)
        return {version: state for version, state in states.items() if f"{name}@{version}" in known}

    def known(self, source: Source) -> Mapping[str, str]:
        """Return the ledger of this program, with what a source proves beyond it."""
        return {**self.ledger, **source.vouched(self.ledger)}

    def strange(
        self,
        source: Source,
        name: str,
        wanted: str | None,
        states: Mapping[str, str],
        taken: Mapping[str, str],
    ) -> str:
        """Return what to say if a source has a newer version than what is taken; empty if it has not."""
        if not names.has(name, wanted, states):
            return ""
        newest = names.choose(name, wanted, states)
        if newest in taken:
            return ""
        return (
            f"{source.label} has {name}@{newest}, which the ledger of this program does not know: take "
            "it with --unlisted if you trust that source, or update the program"
        )

    def check(self, entry: ReleaseEntry, folder: Path | None = None) -> None:
        """Refuse what is not as the lock file, or (when it lies in ``folder``) the ledger, says.

        Raises
        ------
        IntegrityError
        """
        if self.pins is not None and set(self.pins[entry.id].files) != set(entry.files):
            raise IntegrityError(f"{entry.id} has other files than nuanomaly.lock pins")
        known = self.ledger.get(entry.id)
        if folder is not None and known is not None and known != index.digest(folder, entry):
            raise IntegrityError(f"{entry.id} has other files than the ledger of released releases says")
