"""Where the archive, its schemas and its catalogue are: a checkout, or the copy in the installed package."""

import os
import sys
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path

from nuanomaly.archive.errors import NuanomalyError

_PACKAGE = Path(__file__).resolve().parent.parent


def checkout() -> Path | None:
    """Return the root of the archive's checkout, or None.

    Looked for in this order: ``$NUANOMALY_ARCHIVE``, the working directory and its parents, the folder
    this package was installed from (an editable install).

    Raises
    ------
    NuanomalyError
        If ``$NUANOMALY_ARCHIVE`` is set to a folder that has no ``catalog.yaml``.
    """
    named = os.environ.get("NUANOMALY_ARCHIVE")
    if named:
        root = Path(named).expanduser().resolve()
        if not (root / "catalog.yaml").is_file():
            raise NuanomalyError(
                f"$NUANOMALY_ARCHIVE is {root}, which has no catalog.yaml: point it at a checkout"
            )
        return root
    here = Path.cwd()
    for folder in (here, *here.parents, _PACKAGE.parent.parent):
        if (folder / "catalog.yaml").is_file() and (folder / "schemas").is_dir():
            return folder
    return None


def cache() -> Path:
    """Return the folder fetched releases are kept in (``$NUANOMALY_CACHE`` or the user's cache folder)."""
    named = os.environ.get("NUANOMALY_CACHE")
    if named:
        return Path(named).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "nuanomaly"


def schemas() -> Path:
    """Return the folder of JSON Schemas: the checkout's, else the one shipped in the package."""
    root = checkout()
    return root / "schemas" if root else _PACKAGE / "_schemas"


def unlisted() -> bool:
    """Return whether the user takes releases that no ledger knows (``$NUANOMALY_UNLISTED=1``)."""
    return os.environ.get("NUANOMALY_UNLISTED", "") == "1"


def own_schemas() -> Path:
    """Return the folder of the JSON Schemas of this program, whatever archive it works on.

    The archive may be somebody else's (a contribution under review), and its schemas with it.
    """
    beside = _PACKAGE.parent.parent / "schemas"
    return beside if beside.is_dir() else _PACKAGE / "_schemas"


def anomalies() -> Path:
    """Return the folder of anomalies: the checkout's, else the one shipped in the package."""
    root = checkout()
    return root / "anomalies" if root else _PACKAGE / "_anomalies"


def catalog_file() -> Path:
    """Return ``catalog.yaml``: the checkout's, else the one shipped in the package."""
    root = checkout()
    return root / "catalog.yaml" if root else _PACKAGE / "_catalog.yaml"


def amendments(name: str) -> Path:
    """Return the file of a dataset's amendments: the checkout's, else the one shipped in the package."""
    root = checkout()
    return root / "datasets" / name / "amendments.yaml" if root else _PACKAGE / "_amendments" / f"{name}.yaml"


#: The entry points by which packages of releases are found: each names a top-level package.
DATA = "nuanomaly.data"


def data_packages() -> tuple[Path, ...]:
    """Return the folders of installed packages that hold releases below ``datasets/`` (`nuanomaly-data`).

    Nothing of such a package is imported: it is a folder, and what is in it passes the same gate as a cache.
    """
    return _data_packages(tuple(sys.path))


@lru_cache(maxsize=2)
def _data_packages(where: tuple[str, ...]) -> tuple[Path, ...]:
    from importlib.metadata import entry_points  # with all of `email`: no likelihood of a checkout needs it

    names = sorted({entry.value for entry in entry_points(group=DATA) if entry.value.isidentifier()})
    specs = [PathFinder.find_spec(name) for name in names]
    folders = [Path(place) for spec in specs if spec for place in spec.submodule_search_locations or ()]
    return tuple(folder for folder in folders if (folder / "datasets").is_dir())
