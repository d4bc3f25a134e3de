"""What is validated: a YAML file with its marks, and a release with its files."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from nuanomaly.archive import document, tables
from nuanomaly.archive.document import Document, Steps
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.validate.findings import Finding, finding


@dataclass(frozen=True, eq=False)
class Subject:
    """A YAML file under validation.

    Attributes
    ----------
    root : pathlib.Path
        The archive.
    path : pathlib.Path
        The file.
    document : Document
    release : str
        ``NAME@VERSION`` by its path; empty for anything but a release.
    """

    root: Path
    path: Path
    document: Document
    release: str = ""

    @property
    def data(self) -> Any:
        """What the file says."""
        return self.document.data

    @cached_property
    def file(self) -> str:
        """The path relative to the root of the archive."""
        return relative(self.path, self.root)

    def finding(self, code: str, message: str, steps: Steps = (), **where: Any) -> Finding:
        """Return a finding at an entry of the file."""
        line = self.document.line(steps)
        return finding(code, message, **{"file": self.file, "line": line, "release": self.release, **where})


@dataclass(frozen=True)
class FileFacts:
    """Size and sha256 of a file as it is on disk."""

    size: int
    sha256: str


@dataclass(frozen=True, eq=False)
class ReleaseSubject(Subject):
    """A release under validation."""

    @property
    def folder(self) -> Path:
        """Where release.yaml and the tables are."""
        return self.path.parent

    @cached_property
    def declared(self) -> Mapping[str, Any]:
        """The declared tables that are mappings, by name."""
        content = self.data.get("tables") if isinstance(self.data, dict) else None
        return {k: v for k, v in content.items() if isinstance(v, dict)} if isinstance(content, dict) else {}

    @cached_property
    def present(self) -> Mapping[str, Path]:
        """All files and links below the folder, by their path relative to it."""
        entries = {}
        for base, folders, files in os.walk(self.folder):
            links = [name for name in folders if (Path(base) / name).is_symlink()]
            for name in sorted([*files, *links]):
                path = Path(base) / name
                entries[path.relative_to(self.folder).as_posix()] = path
        return entries

    @cached_property
    def facts(self) -> Mapping[str, FileFacts]:
        """Size and sha256 of every plain file below the folder."""
        entries = {}
        for name, path in self.present.items():
            if path.is_file() and not path.is_symlink():
                content = path.read_bytes()
                entries[name] = FileFacts(len(content), hashlib.sha256(content).hexdigest())
        return entries

    def column_names(self, table: str) -> list[str]:
        """Return the names of a table's declared columns; empty if they are not declared properly."""
        try:
            return [c.name for c in tables.expand_columns(self.declared[table]["columns"])]
        except (KeyError, TypeError, ValueError, AttributeError):
            return []

    def in_table(
        self, code: str, table: str, message: str, *, row: int | None = None, **where: Any
    ) -> Finding:
        """Return a finding in a table: at the line of a CSV file, else at the entry in release.yaml."""
        place = {"table": table, "row": row, **where}
        name = str(self.declared[table]["file"])
        if not name.endswith(".csv") or row is None:
            return self.finding(code, message, ["tables", table], **place)
        file = relative(self.folder / PurePosixPath(name), self.root)
        return finding(code, message, file=file, line=row + 2, release=self.release, **place)


def relative(path: Path, root: Path) -> str:
    """Return a path relative to the archive where it lies in it."""
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return str(path)


def open_subject(path: Path, root: Path) -> Subject:
    """Return a YAML file to be validated.

    Raises
    ------
    NuanomalyError
        If it cannot be read as YAML.
    """
    return Subject(root, path, document.read(_no_link(path)))


def open_release(folder: Path, root: Path) -> ReleaseSubject:
    """Return a release to be validated.

    Raises
    ------
    NuanomalyError
        If release.yaml cannot be read as YAML.
    """
    path = folder / "release.yaml"
    return ReleaseSubject(root, path, document.read(_no_link(path)), f"{folder.parent.name}@{folder.name}")


class LinkError(NuanomalyError):
    """A file is a link; what it leads to is not read, as it may be any file of the machine."""


def _no_link(path: Path) -> Path:
    if path.is_symlink():
        raise LinkError(f"{path.name} is a link")
    return path


def some(names: Sequence[str], most: int = 5) -> str:
    """Return names as a list in a sentence, cut off after some.

    Examples
    --------
    >>> some(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    listed = ", ".join(names[:most])
    return f"{listed} and {len(names) - most} more" if len(names) > most else listed
