"""What ``catalog.yaml`` says, as it stands on disk or in the installed package."""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from nuanomaly.archive import paths, yamlio
from nuanomaly.archive.errors import NuanomalyError


def read(file: Path | None = None) -> Mapping[str, Any]:
    """Return the catalogue as it stands in ``catalog.yaml`` (the checkout's, else the shipped one).

    Raises
    ------
    NuanomalyError
        If it is missing or not a catalogue.
    """
    path = file or paths.catalog_file()
    if not path.is_file():
        raise NuanomalyError(f"{path}: the catalogue is missing: run `make catalog` in the checkout")
    return _read(path, path.stat().st_mtime_ns)


def ledger(file: Path) -> Mapping[str, str]:
    """Return the ledger of a ``catalog.yaml``, quickly: nothing else in it is parsed; empty without the file.

    Examples
    --------
    >>> "best@2022-r1" in ledger(paths.catalog_file())
    True
    """
    try:
        return _ledger(file, file.stat().st_mtime_ns)
    except OSError:
        return {}


def mentions(sha256: str) -> bool:
    """Return whether this program's catalogue lists a file with a sha256."""
    file = paths.catalog_file()
    try:
        return sha256 in _text(file, file.stat().st_mtime_ns)
    except OSError:
        return False


@lru_cache(maxsize=2)
def _text(file: Path, mtime_ns: int) -> str:
    return file.read_text("utf-8")


@lru_cache(maxsize=8)
def _ledger(file: Path, mtime_ns: int) -> Mapping[str, str]:
    _, _, text = file.read_text("utf-8").rpartition("\nledger:")
    return dict(re.findall(r"^  ([^\s:]+): ['\"]?([0-9a-f]{64})['\"]?$", text, re.MULTILINE))


@lru_cache(maxsize=8)
def _read(path: Path, mtime_ns: int) -> Mapping[str, Any]:
    content = yamlio.read(path)
    if not isinstance(content, dict) or "releases" not in content:
        raise NuanomalyError(f"{path}: is not a catalogue: run `make catalog`")
    return content
