"""What a source lists: a release, and path, sha256 and size of each of its files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FileEntry:
    """A file of a release: its path below the release's folder, its sha256 and its size in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class ReleaseEntry:
    """A release as a source lists it; ``about`` is what else it says (title, sector …)."""

    name: str
    version: str
    state: str
    files: tuple[FileEntry, ...]
    about: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def id(self) -> str:
        """``NAME@VERSION``."""
        return f"{self.name}@{self.version}"

    @property
    def size(self) -> int:
        """The size of all files, in bytes."""
        return sum(f.size for f in self.files)

    @property
    def sha256(self) -> str:
        """The sha256 of ``release.yaml``, which names those of all tables: it pins the whole release."""
        return next(f.sha256 for f in self.files if f.path == "release.yaml")
