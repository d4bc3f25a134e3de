"""Results of long runs: tables as Parquet beside ``about.json`` with seed, versions and sha256."""

import hashlib
import io
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nuanomaly import __version__
from nuanomaly.archive.bounded import STUMBLES
from nuanomaly.archive.durable import write_atomically
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.runs import ABOUT, digest
from nuanomaly.archive.runs import about as read_about
from nuanomaly.archive.tables import refuse_vast

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
        file, content = folder / f"{name}.parquet", io.BytesIO()
        frame.to_parquet(content, index=False)
        write_atomically(file, content.getvalue())
        files[file.name] = {"sha256": digest(file), "rows": len(frame)}
    versions = {"nuanomaly": __version__, "numpy": numpy.__version__, "scipy": scipy.__version__}
    versions |= {"pyarrow": pyarrow.__version__, "python": platform.python_version()}
    text = json.dumps({**about, "files": files, "versions": versions}, indent=2, ensure_ascii=False)
    write_atomically(folder / ABOUT, f"{text}\n".encode())
    return folder


def read(folder: Path) -> "tuple[dict[str, pd.DataFrame], dict[str, Any]]":
    """Return the tables of a stored result, and what they are.

    Raises
    ------
    NuanomalyError
        If there is none, or a table is not the one that was written.
    """
    about = read_about(folder)
    tables = {}
    for name, entry in about["files"].items():
        file = folder / name
        content = file.read_bytes() if file.is_file() else b""
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise NuanomalyError(f"{file}: is not what {ABOUT} describes: compute the result again")
        tables[file.stem] = _frame(content, file)
    return tables, about


def _frame(content: bytes, file: Path) -> "pd.DataFrame":
    """Return a stored table; its hash is right, and both may be somebody else's."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        refuse_vast(pq.read_metadata(pa.BufferReader(content)))
        return pd.read_parquet(io.BytesIO(content))
    except (pa.ArrowException, *STUMBLES) as error:
        said = next(iter(str(error).splitlines()), type(error).__name__)
        raise NuanomalyError(f"{file}: is no table that can be read ({said})") from None


__all__ = ["ABOUT", "digest", "read", "write"]
