"""Results of long runs: tables as Parquet beside ``about.json`` with seed, versions and sha256."""

import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nuanomaly import __version__
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.runs import ABOUT, digest
from nuanomaly.archive.runs import about as read_about

if TYPE_CHECKING:
    import pandas as pd


def write(folder: Path, tables: "Mapping[str, pd.DataFrame]", about: Mapping[str, Any]) -> Path:
    """Write tables and what they are; return the folder.

    The files are the same to the byte for the same numbers and versions (they hold no date and no machine),
    except for ``cpu_seconds`` where ``about`` states it.
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

    about = read_about(folder)
    tables = {}
    for name, entry in about["files"].items():
        file = folder / name
        if not file.is_file() or digest(file) != entry["sha256"]:
            raise NuanomalyError(f"{file}: is not what {ABOUT} describes: compute the result again")
        tables[file.stem] = pd.read_parquet(file)
    return tables, about


__all__ = ["ABOUT", "digest", "read", "write"]
