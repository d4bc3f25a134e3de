"""What a page was made from: hashes of data, declarations and code, and versions of packages."""

import hashlib
import json
import platform
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from nuanomaly import __version__
from nuanomaly.archive import amendments, paths
from nuanomaly.archive.release import Release
from nuanomaly.archive.runs import ABOUT, STORED
from nuanomaly.report.declaration import Comparison

#: What numbers and pages depend on.
PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "iminuit",
    "matplotlib",
    "nbclient",
    "nbconvert",
    "nbformat",
    "jupytext",
    "ipykernel",
    "jinja2",
    "mistune",
)
_PACKAGE = Path(__file__).resolve().parent.parent
#: Parts of these layers that no number depends on: how tables came here, whether they are in order.
NO_NUMBERS = {"validate", "fetching"}
#: The layers that numbers depend on.
NUMBERS = ("archive", "model", "likelihood", "inference")


def provenance(comparison: Comparison) -> dict[str, Any]:
    """Return everything a comparison's page is made from, as ``provenance.json`` says it."""
    return {
        "schema": "1",
        "comparison": comparison.name,
        "files": {f.name: sha256(f) for f in sorted(comparison.folder.iterdir()) if _counts(f)},
        "releases": {release.id: release_files(release) for release in comparison.releases()},
        "toys": stored_toys(comparison.folder),
        "anomalies": {f.name: sha256(f) for f in sorted(paths.anomalies().glob("*.yaml"))},
        "code": {"nuanomaly": __version__, "sha256": code((*NUMBERS, "report"))},
        "python": platform.python_version(),
        "machine": platform.machine(),
        "packages": packages(),
    }


def stored_toys(folder: Path) -> dict[str, str]:
    """Return the sha256 of what every stored run beside a comparison says of itself (its tables' among it).

    By ``PAGE/RUN``: pages may show runs of others.
    """
    files = sorted(folder.parent.glob(f"*/{STORED}/*/{ABOUT}"))
    return {f"{f.parents[2].name}/{f.parent.name}": sha256(f) for f in files}


def release_files(release: Release) -> dict[str, str]:
    """Return the sha256 of every file of a release, by name, and of what amendments add to it."""
    files = sorted(f for f in release.folder.rglob("*") if _counts(f))
    entries = {f.relative_to(release.folder).as_posix(): sha256(f) for f in files}
    if later := release.metadata.get("amendments"):
        entries[amendments.FILE] = fingerprint(later)
    return entries


@lru_cache(maxsize=8)
def code(layers: tuple[str, ...]) -> str:
    """Return one sha256 of the source of some layers of this package."""
    files = (
        f
        for layer in layers
        for f in sorted((_PACKAGE / layer).rglob("*"))
        if _counts(f) and not NO_NUMBERS & set(f.relative_to(_PACKAGE).parts)
    )
    return combined(f"{f.relative_to(_PACKAGE).as_posix()} {sha256(f)}" for f in files)


def packages() -> dict[str, str]:
    """Return the versions of the packages that numbers and pages depend on."""
    return {name: _version(name) for name in PACKAGES}


@lru_cache(maxsize=64)
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def combined(lines: Iterable[str]) -> str:
    """Return one sha256 of several lines."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def fingerprint(document: Any) -> str:
    """Return the sha256 of a JSON document, whatever the order of its keys."""
    return combined([json.dumps(document, sort_keys=True, ensure_ascii=False)])


def sha256(file: Path) -> str:
    """Return the sha256 of a file (remembered while size and time of change stay the same)."""
    status = file.stat()
    return _sha256(file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8192)
def _sha256(file: Path, mtime_ns: int, size: int) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _counts(file: Path) -> bool:
    """Say whether a file is part of what is built, and not a by-product or an editor's."""
    hidden = any(part.startswith((".", "__pycache__")) for part in file.parts[-2:])
    return (
        file.is_file()
        and not hidden
        and file.suffix not in {".pyc", ".ipynb", ".svg"}
        and not file.name.endswith("~")
    )
