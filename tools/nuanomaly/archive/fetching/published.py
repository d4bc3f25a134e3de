"""What has an ``index.json``, signed or not."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from nuanomaly.archive.amendments import FILE, LARGEST
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.fetching import index, signature
from nuanomaly.archive.fetching.http import SourceError, Stream
from nuanomaly.archive.fetching.index import Index
from nuanomaly.archive.fetching.listing import ReleaseEntry
from nuanomaly.archive.names import safe_path

LARGEST_INDEX = 64 << 20


class Published:
    """What has an ``index.json``."""

    label: str

    _problem: SourceError | None = None
    _signed: Mapping[str, str] | None = None
    _proof: tuple[bytes, bytes] | None = None

    @property
    def index(self) -> Index:
        """The index, read once; one that could not be read is not asked for again."""
        if self._problem is not None:
            raise self._problem
        try:
            return self._index
        except SourceError as error:
            self._problem = error
            raise

    @cached_property
    def _index(self) -> Index:
        files = signature.key_files()
        return self._read_signed(files) if files else self._read_index()

    def _read_signed(self, files: Sequence[Path]) -> Index:
        """Return the index after its signature was compared with the user's keys; without one, as it is.

        Raises
        ------
        SourceError
            If it is signed by none of the keys.
        """
        try:
            proof = self._read_whole(signature.FILE)
        except SourceError:
            return self._read_index()
        content = self._read_whole(index.INDEX_FILE, LARGEST_INDEX)
        try:
            signature.verify(content, proof, files)
            made = index.from_json(content)
        except (NuanomalyError, ValueError) as error:
            raise SourceError(f"{self.label}: {error}") from None
        self._signed, self._proof = made.ledger, (content, proof)
        return made

    def signed(self) -> tuple[bytes, bytes] | None:
        """Return the index and its signature, if one of the user's keys signed it."""
        return self._proof

    def _read_index(self) -> Index:
        raise NotImplementedError

    def names(self) -> Sequence[str]:
        """Return the names of its datasets."""
        return list(self.index.releases)

    def states(self, name: str) -> Mapping[str, str]:
        """Return ``{version: state}`` of a dataset."""
        return {version: entry.state for version, entry in self.index.releases.get(name, {}).items()}

    def unreadable(self, name: str) -> Mapping[str, str]:
        """Return nothing: what is in the index was read when it was made."""
        return {}

    def entry(self, name: str, version: str) -> ReleaseEntry:
        """Return the files of a release."""
        return self.index.releases[name][version]

    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Return the groups it declares."""
        return self.index.groups

    def amendments(self, name: str) -> bytes:
        """Return the file of a dataset's amendments, compared with its sha256.

        Raises
        ------
        SourceError
            If it is not there, or another one than the index says.
        """
        entry = self.index.amendments.get(name)
        if entry is None:
            return b""
        content = self._read_whole(f"datasets/{safe_path(name)}/{FILE}")
        if hashlib.sha256(content).hexdigest() != entry.sha256:
            raise SourceError(f"the amendments of {name} have another sha256 than {index.INDEX_FILE} says")
        return content

    def _read_whole(self, path: str, most: int = LARGEST) -> bytes:
        raise NotImplementedError

    def vouched(self, ledger: Mapping[str, str]) -> Mapping[str, str]:
        """Return the ledger that came with an index which one of the user's keys signed; else nothing.

        Raises
        ------
        SourceError
            If that ledger says another thing of a release than ours, or leaves one out.
        """
        _ = self.index  # which is read with its signature
        if self._signed is None:
            return {}
        other = signature.extends(self._signed, ledger)
        if other:
            raise SourceError(
                f"{self.label}: its signed ledger does not say of {other} what this program knows"
            )
        return self._signed


def small(stream: Stream, path: str, most: int) -> bytes:
    """Return a file, refused above the size that one of its kind can have."""
    content = bytearray()
    while chunk := stream.read(index.CHUNK):
        content += chunk
        if len(content) > most:
            raise SourceError(f"{path} is larger than {most >> 20} MiB: it is no such file")
    return bytes(content)


def parsed(stream: Stream, label: str) -> Index:
    """Return the index a stream carries; one that was cut short may be whole the next time."""
    text = bytearray()
    while chunk := stream.read(index.CHUNK):
        text += chunk
        if len(text) > LARGEST_INDEX:
            raise SourceError(
                f"{label}: {index.INDEX_FILE} is larger than {LARGEST_INDEX >> 20} MiB: it is no index"
            )
    try:
        return index.from_json(bytes(text))
    except NuanomalyError as error:
        raise SourceError(f"{label}: {error}") from None
    except ValueError as error:
        raise SourceError(
            f"{label}: {index.INDEX_FILE} is cut short or no JSON ({error})", passing=True
        ) from None
