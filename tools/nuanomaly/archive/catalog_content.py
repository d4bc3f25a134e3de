"""What ``catalog.yaml`` says, as it stands on disk or in the installed package."""

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


@lru_cache(maxsize=8)
def _read(path: Path, mtime_ns: int) -> Mapping[str, Any]:
    content = yamlio.read(path)
    if not isinstance(content, dict) or "releases" not in content:
        raise NuanomalyError(f"{path}: is not a catalogue: run `make catalog`")
    return content
