"""Results of long runs: tables as Parquet beside ``about.json`` with seed, versions and sha256."""

import hashlib
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nuanomaly import __version__
from nuanomaly.archive.errors import NuanomalyError

if TYPE_CHECKING:
    import pandas as pd

ABOUT = "about.json"


def write(folder: Path, tables: "Mapping[str, pd.DataFrame]", about: Mapping[str, Any]) -> Path:
    """Write tables and what they are; return the folder.

    The files are the same to the byte for the same numbers and versions: they hold no time and no machine.
    """
    import numpy
    import pyarrow
    import scipy

    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, frame in tables.items():
        file = folder / f"{name}.parquet"
        frame.to_parquet(file, index=False)
        files[file.name] = {"sha256": digest(file), "rows": len(frame)}
    versions = {"nuanomaly": __version__, "numpy": numpy.__version__, "scipy": scipy.__version__}
    versions |= {"pyarrow": pyarrow.__version__, "python": platform.python_version()}
    text = json.dumps({**about, "files": files, "versions": versions}, indent=2, ensure_ascii=False)
    (folder / ABOUT).write_text(text + "\n", "utf-8")
    return folder


def read(folder: Path) -> "tuple[dict[str, pd.DataFrame], dict[str, Any]]":
    """Return the tables of a stored result, and what they are.

    Raises
    ------
    NuanomalyError
        If there is none, or a table is not the one that was written.
    """
    import pandas as pd

    try:
        about: dict[str, Any] = json.loads((folder / ABOUT).read_text("utf-8"))
    except (OSError, ValueError):
        raise NuanomalyError(f"{folder}: no stored result: there is no readable {ABOUT}") from None
    tables = {}
    for name, entry in about["files"].items():
        file = folder / name
        if not file.is_file() or digest(file) != entry["sha256"]:
            raise NuanomalyError(f"{file}: is not what {ABOUT} describes: compute the result again")
        tables[file.stem] = pd.read_parquet(file)
    return tables, about


def digest(file: Path) -> str:
    """Return a file's sha256."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
