"""One release from the first source that can give it, into the store."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from nuanomaly.archive import amendments, gate, loading, names, paths
from nuanomaly.archive.durable import write_atomically
from nuanomaly.archive.errors import IntegrityError, NuanomalyError, UnknownNameError
from nuanomaly.archive.fetching import index, signature
from nuanomaly.archive.fetching.download import Policy, StorageError, storing
from nuanomaly.archive.fetching.http import SourceError
from nuanomaly.archive.fetching.listing import ReleaseEntry
from nuanomaly.archive.fetching.local import Checkout, Kept, damaged, is_home
from nuanomaly.archive.fetching.sources import Source, Sources
from nuanomaly.archive.fetching.store import Store, remove
from nuanomaly.archive.fetching.transfer import Transfer
from nuanomaly.archive.fetching.trust import Trust
from nuanomaly.archive.fetching.watcher import Watcher


class FetchError(NuanomalyError):
    """No source gave the release; the message has the reason of each."""

    exit_code = 1


@dataclass(frozen=True)
class Fetched:
    """A release that is here now.

    Attributes
    ----------
    release : str
        ``NAME@VERSION``.
    folder : pathlib.Path
    origin : str
        The source it came from.
    how : {"fetched", "present", "checkout"}
        Got now; was here, and was verified again; lies in the checkout, which is used as it is.
    size : int
        Bytes of all files.
    """

    release: str
    folder: Path
    origin: str
    how: str
    size: int


@dataclass(frozen=True)
class Fetcher:
    """Gets releases; used with ``with``, it closes its connections at the end.

    Attributes
    ----------
    sources : Sources
        Asked in their order.
    store : Store
    in_place : bool
        Whether a release in the user's checkout is used there (else it is copied to the store).
    offline : bool
        Leave out all sources behind a network.
    trust : Trust
        Whose word is taken.
    """

    sources: Sources
    store: Store
    in_place: bool = False
    offline: bool = False
    policy: Policy = field(default_factory=Policy)
    watcher: Watcher = field(default_factory=Watcher)
    trust: Trust = field(default_factory=Trust)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.sources.close()

    def get(self, reference: str) -> Fetched:
        """Get a release by ``NAME`` or ``NAME@VERSION``, whole and verified.

        Raises
        ------
        UnknownNameError
            If no source has it.
        FetchError
            If a source that may have it fails, with every reason.
        StorageError
            If it cannot be written.
        """
        name, wanted = names.split(reference)
        wanted = self.trust.pinned(name, wanted)
        here = self._settled(name, wanted)
        if here:
            return here
        problems: list[str] = []
        versions: set[str] = set()
        for source in self._asked():
            try:
                states = source.states(name)
                versions |= set(states)
                taken = self.trust.taken(source, name, states)
                strange = self.trust.strange(source, name, wanted, states, taken)
                if strange:
                    problems.append(strange)
                    self.watcher.note(strange)
                if not names.has(name, wanted, taken):
                    continue
                chosen = names.choose(name, wanted, taken)
                self._note_unreadable(source, name, wanted, chosen)
                fetched = self._from(source, source.entry(name, chosen))
                self._amend(source, name, fetched)
                return fetched
            except (SourceError, IntegrityError) as error:
                problems.append(f"{source.label}: {error}")
                self.watcher.note(f"{source.label}: {error}")
        return self._fallback(name, wanted, problems, versions)

    def available(self) -> list[str]:
        """Return all releases of all sources that answer, retracted ones left out."""
        entries: dict[str, None] = {}
        for source in (*self._asked(), self._kept):
            try:
                for name in source.names():
                    states = self.trust.taken(source, name, source.states(name))
                    kept = [v for v, state in states.items() if state != "retracted"]
                    entries |= dict.fromkeys(f"{name}@{v}" for v in sorted(kept, key=names.sort_key))
            except SourceError as error:
                self.watcher.note(f"{source.label}: {error}")
        return sorted(entries)

    def members(self, reference: str) -> tuple[str, ...]:
        """Return the releases of a group, or the reference itself if it is none."""
        name, at, _ = reference.partition("@")
        if name in self.trust.groups:
            return tuple(self.trust.groups[name])
        for source in self._asked() if not at else ():
            try:
                if name in source.groups():
                    if not self.trust.whole(source):
                        raise FetchError(
                            f"{name} is a group of {source.label} that this program does not know: take it "
                            "with --unlisted, if you trust that source, or name its releases: "
                            + ", ".join(source.groups()[name])
                        )
                    return tuple(source.groups()[name])
                if source.states(name):
                    break
            except SourceError:
                continue  # it is heard of when the release is asked for
        return (reference,)

    def _note_unreadable(self, source: Source, name: str, wanted: str | None, chosen: str) -> None:
        """Say which versions would do as well as the one that is chosen, but cannot be read."""
        for version, said in source.unreadable(name).items() if wanted != chosen else ():
            if version != chosen and names.fits(wanted, version):
                self.watcher.note(loading.left_out(name, version, said))

    def _asked(self) -> Iterator[Source]:
        return (s for s in self.sources if not (self.offline and s.network))

    def _settled(self, name: str, wanted: str | None) -> Fetched | None:
        """Return a released version that is here already: it never changes, so nobody needs to be asked."""
        if wanted is None or not names.VERSION.fullmatch(wanted):
            return None
        release_entry, _ = self._stored(name, wanted)
        if release_entry is None or (release_entry.state != "released" and self.trust.pins is None):
            return None
        return self._present(release_entry, "the cache")

    def _stored(self, name: str, version: str) -> tuple[ReleaseEntry | None, str]:
        """Return the entry of a release in the store if it is whole and right, else why it is not."""
        if version not in self._kept.versions(name):
            return None, ""
        try:
            entry = self._kept.entry(name, version)
        except IntegrityError as error:
            return None, str(error)
        folder = self.store.folder(name, version)
        try:
            self.trust.check(entry, folder)
        except IntegrityError as error:
            return None, str(damaged(folder, error))
        return entry, ""

    @property
    def _kept(self) -> Kept:
        """What the store has."""
        return Kept(self.store.root, "the cache", self.store.below)

    def _present(self, entry: ReleaseEntry, origin: str) -> Fetched:
        return Fetched(entry.id, self.store.folder(entry.name, entry.version), origin, "present", entry.size)

    def _from(self, source: Source, entry: ReleaseEntry) -> Fetched:
        """Get a release from one source."""
        self.trust.check(entry)
        if entry.state == "retracted":
            self.watcher.note(f"{entry.id} is retracted: see `nuanomaly show {entry.id}`")
        if self.in_place and isinstance(source, Checkout) and is_home(source):
            self.trust.check(entry, source.folder(entry))
            return Fetched(entry.id, source.folder(entry), source.label, "checkout", entry.size)
        if self._whole(entry):
            return self._present(entry, source.label)
        waiting = f"another process is fetching {entry.id}: waiting for it"
        with self.store.locked(entry, lambda: self.watcher.note(waiting)) as staging:
            if self._whole(entry):  # the other process has done it
                return self._present(entry, source.label)
            missing = staging.missing(entry)
            staging.need_room(missing)
            Transfer(source, entry, staging, self.policy, self.watcher).run(missing)
            try:
                listed = self.trust.listed.get(entry.name, {}).get(entry.version)
                vouched = source.vouched(self.trust.ledger)
                gate.admitted(staging.files, entry, {**self.trust.ledger, **vouched}, listed)
            except IntegrityError:
                staging.discard()
                raise
            folder = self.store.publish(entry, staging)
            self._keep_proof(source, entry, vouched)
        return Fetched(entry.id, folder, source.label, "fetched", entry.size)

    def _keep_proof(self, source: Source, entry: ReleaseEntry, vouched: Mapping[str, str]) -> None:
        """Keep the signed index of a source that alone proves a release, for whoever loads it later.

        Raises
        ------
        StorageError
            If it cannot be written.
        """
        proof = source.signed()
        if proof and entry.id in vouched and entry.id not in self.trust.ledger:
            with storing(self.store.root):
                signature.keep(self.store.root, *proof)

    def _amend(self, source: Source, name: str, fetched: Fetched) -> None:
        """Put the amendments that a source has beside the release, unless newer ones lie there.

        What is wrong with them is said; the release is as good without.
        """
        if fetched.how == "checkout":
            return
        try:
            kept = fetched.folder.parent / amendments.FILE
            if amendments.is_damaged(kept):
                remove(kept)
                self.watcher.note(f"{kept} was damaged, and is removed")
            content = source.amendments(name)
            if not content or _is_shipped(name, content):
                return
            if not self.trust.whole(source):
                self.watcher.note(
                    f"{source.label} has amendments of {name}, which nobody vouches for: they are left out; "
                    "take them with --unlisted, if you trust that source"
                )
                return
            date = amendments.newest(amendments.parse(content, name))
            if date >= amendments.newest_of(fetched.folder, name):
                write_atomically(kept, content)
        except (NuanomalyError, OSError) as error:
            self.watcher.note(f"{source.label}: {error}; {fetched.release} itself is complete")

    def _whole(self, entry: ReleaseEntry) -> bool:
        """Say whether the store has exactly this release."""
        folder = self.store.folder(entry.name, entry.version)
        return not folder.is_symlink() and index.matches(folder, entry)

    def _fallback(self, name: str, wanted: str | None, problems: list[str], versions: set[str]) -> Fetched:
        """Return what the store has, or raise what explains best why there is nothing."""
        states = self._kept.states(name)
        if names.has(name, wanted, states):
            release_entry, why = self._stored(name, names.choose(name, wanted, states))
            if release_entry:
                self._note_unreadable(self._kept, name, wanted, release_entry.version)
                self.watcher.note(f"{release_entry.id} is taken from the cache: no other source gives it now")
                return self._present(release_entry, "the cache")
            problems.append(why)
        kept = (self._kept, *(source for source in self.sources if isinstance(source, Kept)))
        problems += dict.fromkeys(filter(None, (one.blocked(name) for one in kept)))
        asked = f"{name}@{wanted}" if wanted else name
        if problems:
            raise FetchError(
                f"{asked} could not be fetched: {'; '.join(problems)} "
                "(sources are named in $NUANOMALY_SOURCES or with --source)"
            )
        listed = self.trust.listed.get(name, {})
        left_out = [s.label for s in self.sources if s.network] if self.offline else []
        if left_out or names.has(name, wanted, listed):
            raise FetchError(self._absent(name, wanted, left_out))
        every = sorted({*versions, *listed}, key=names.sort_key)
        if every:
            raise UnknownNameError("version", asked, [f"{name}@{v}" for v in every])
        raise UnknownNameError(
            "dataset", name, {*self.trust.listed, *(n for s in self._asked() for n in s.names())}
        )

    def _absent(self, name: str, wanted: str | None, left_out: Sequence[str]) -> str:
        """Return what to say of a release that may well exist, but that no source here has."""
        listed = self.trust.listed.get(name, {})
        asked = f"{name}@{wanted}" if wanted else name
        if names.has(name, wanted, listed):
            entry = listed[names.choose(name, wanted, {v: e.state for v, e in listed.items()})]
            asked = f"{entry.id} ({len(entry.files)} files, {entry.size / 1e6:.2f} MB)"
        if left_out:
            return (
                f"{asked} is not on this machine, and --offline leaves out {', '.join(left_out)}: fetch it "
                "once with a network, or name a folder or a bundle that has it in $NUANOMALY_SOURCES"
            )
        where = "name a mirror, a folder or a bundle that has it in $NUANOMALY_SOURCES"
        return f"no source here has {asked}: {where}"


def _is_shipped(name: str, content: bytes) -> bool:
    """Say whether amendments that a source sent are those that came with the program."""
    try:
        return paths.amendments(name).read_bytes() == content
    except OSError:
        return False


__all__ = ["FetchError", "Fetched", "Fetcher", "StorageError"]
