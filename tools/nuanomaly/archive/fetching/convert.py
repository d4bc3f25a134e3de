"""Tables of a release in another format, every number exactly as it was."""

import json
import math
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nuanomaly.archive import paths, release
from nuanomaly.archive.durable import write_atomically
from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.fetching import FORMATS
from nuanomaly.archive.fetching.download import StorageError, storing
from nuanomaly.archive.fetching.store import refuse_to_replace, replace_folder

if TYPE_CHECKING:
    import pandas as pd


def converted(folder: Path, format: str, output: Path | None) -> Path:
    """Write a release's tables in a format below ``output`` (the cache if left out); return their folder.

    Raises
    ------
    UnknownNameError
        For an unknown format.
    """
    return write(folder, format, output or paths.cache() / "converted" / format)


def write(folder: Path, format: str, output: Path) -> Path:
    """Write every table of a release as ``output/NAME/VERSION/TABLE.FORMAT``, and what is known of it.

    ``release.json`` beside them holds the whole of ``release.yaml``, with the new names of the files.
    Floating point numbers survive bit for bit; as JSON has none of them, NaN is written as null there and
    infinities as ``"Infinity"`` and ``"-Infinity"``.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of the release.
    format : {"csv", "parquet", "json"}

    Raises
    ------
    UnknownNameError
        For another format.
    StorageError
        If it cannot be written, or the folder holds the release as published, or files of no release.
    """
    from nuanomaly.archive import tables

    if format not in FORMATS:
        raise UnknownNameError("format", format, FORMATS)
    result = release.read(folder)
    target = output.expanduser() / result.name / result.version
    with storing(target):
        if (target / "release.yaml").exists():
            raise StorageError(
                f"{target} holds the release as it was published: name another folder for it as {format}"
            )
        refuse_to_replace(target, [f"{table}.{format}" for table in result.tables])
        target.parent.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=f".{result.version}-", dir=target.parent))
        try:
            for table in result.tables:
                frame = result.table(table)
                if format == "json":
                    content = _json(result, table, frame)
                else:
                    columns = tables.expand_columns(result.declared(table)["columns"])
                    content = tables.to_bytes(frame, columns, format)
                write_atomically(staged / f"{table}.{format}", content)
            write_atomically(staged / "release.json", _about(result, format))
            staged.chmod(0o755)
            replace_folder(staged, target)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    return target


def _about(result: release.Release, format: str) -> bytes:
    """Return the metadata of a converted release; hashes and sizes of the original files are left out."""
    about = dict(result.metadata)
    about["tables"] = {
        name: {k: v for k, v in result.declared(name).items() if k not in ("sha256", "size")}
        | {"file": f"{name}.{format}"}
        for name in result.tables
    }
    return (json.dumps(about, indent=1, ensure_ascii=False, default=str) + "\n").encode()


def _json(result: release.Release, table: str, frame: "pd.DataFrame") -> bytes:
    """Return a table as JSON: its columns with units and meanings, and the data by column."""
    from nuanomaly.archive import tables

    declared = result.declared(table)
    columns = tables.expand_columns(declared["columns"])
    content = {
        "release": result.id,
        "table": table,
        **{key: declared[key] for key in ("title", "kind", "status", "source", "note") if key in declared},
        "columns": [{"name": c.name, "type": c.type, "unit": c.unit, "meaning": c.meaning} for c in columns],
        "rows": len(frame),
        "data": {c.name: [_plain(v) for v in frame[c.name].tolist()] for c in columns},
    }
    return (json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value
