"""What was found to be without any finding before: the same bytes need not be checked twice.

A check is named by the sha256 of all that it depends on: the content of the files (hashed anew in each run),
their declaration, the schemas, and the program itself. Only checks that found nothing are kept, as lines of
64 hexadecimal digits; a file that cannot be read or written, or holds anything else, is as good as none.
"""

import hashlib
import json
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from nuanomaly.archive import paths

_LINE = re.compile(rb"^[0-9a-f]{64}$", re.MULTILINE)
#: Above this the file is begun anew: old keys are never asked for again.
_LARGEST = 4_000_000


class Memory:
    """The checks that found nothing.

    Parameters
    ----------
    file : pathlib.Path or None
        Where they are kept; None to remember nothing.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._new: list[str] = []
        self._known: set[bytes] = set()
        try:
            if file and file.stat().st_size < _LARGEST:
                self._known = set(_LINE.findall(file.read_bytes()))
        except OSError:
            pass

    def knows(self, key: str) -> bool:
        """Return whether the check was without finding."""
        return bool(key) and key.encode() in self._known

    def keep(self, key: str) -> None:
        """Remember that a check found nothing."""
        if self._file and key:
            self._new.append(key)

    def save(self) -> None:
        """Write what is new; in vain where that is not possible."""
        if not self._file or not self._new:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            large = self._file.exists() and self._file.stat().st_size >= _LARGEST
            # one write of whole lines at the end of the file: processes at the same time do not mix them
            flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if large else os.O_APPEND)
            handle = os.open(self._file, flags, 0o644)
            try:
                os.write(handle, ("\n" + "\n".join(self._new) + "\n").encode())
            finally:
                os.close(handle)
        except OSError:
            pass


def opened(fresh: bool = False) -> Memory:
    """Return the memory in the user's cache, or one that remembers nothing."""
    if fresh:
        return Memory(None)
    return Memory(paths.cache() / "validated" / f"{program()[:16]}.txt")


def key(*parts: Any) -> str:
    """Return the name of a check that depends on the parts.

    Examples
    --------
    >>> key("a", {"b": 1}) == key("a", {"b": 1}), key("a") == key("b")
    (True, False)
    """
    text = json.dumps([program(), *parts], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=1)
def program() -> str:
    """Return the digest of the modules that decide whether something is found."""
    folder = Path(__file__).parent
    modules = [*sorted((folder / "validate").glob("*.py")), *sorted(folder.glob("*.py"))]
    digest = hashlib.sha256()
    for path in modules:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for package in ("numpy", "pyarrow", "pint", "jsonschema"):
        digest.update(_version(package).encode())
    return digest.hexdigest()


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return package


def folder_digest(folder: Path) -> str:
    """Return the digest of all JSON files below a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.json")):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
