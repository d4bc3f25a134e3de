"""Tables as CSV or Parquet, exact in float64, with their declared columns."""

import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nuanomaly.archive.errors import IntegrityError, NuanomalyError
from nuanomaly.archive.limits import MOST_NUMBERS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: What git-annex leaves in place of a content, at the beginning of a file or in a link.
_ANNEX = b"/annex/objects"
#: The tables that were read last, and how many are kept: a likelihood asks for each of its own several times.
_LATEST: "dict[tuple[str, int, int, tuple[Column, ...]], tuple[Any, dict[str, np.ndarray[Any, Any]]]]" = {}
_MOST = 32
DTYPES = {"float64": "float64", "int64": "int64", "bool": "bool", "string": "str"}


@dataclass(frozen=True)
class Column:
    """A declared column: its name, type, unit (``"1"`` for none) and meaning."""

    name: str
    type: str
    unit: str
    meaning: str


def expand_columns(declared: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Return every column of a declaration; ``{name: "c{i}", count: 60}`` stands for c0 … c59.

    Examples
    --------
    >>> [c.name for c in expand_columns([{"name": "c{i}", "count": 2, "unit": "1", "meaning": "bin {i}"}])]
    ['c0', 'c1']
    """
    columns = []
    for entry in declared:
        numbers = range(entry["count"]) if "count" in entry else [None]
        for i in numbers:
            name, meaning = str(entry["name"]), str(entry.get("meaning", ""))
            if i is not None:
                name, meaning = name.replace("{i}", str(i)), meaning.replace("{i}", str(i))
            columns.append(Column(name, entry.get("type", "float64"), str(entry.get("unit", "1")), meaning))
    return columns


def to_bytes(frame: "pd.DataFrame", columns: Sequence[Column], format: str) -> bytes:
    """Return the file content of a table; the same frame gives the same bytes, and every float64 survives.

    Raises
    ------
    NuanomalyError
        If the frame's columns are not the declared ones, in order, or cannot take the declared types.
    """
    names = [c.name for c in columns]
    if list(map(str, frame.columns)) != names:
        raise NuanomalyError(
            f"columns are {list(frame.columns)}, declared are {names}: make them agree, in order"
        )
    try:
        typed = frame.astype({c.name: DTYPES[c.type] for c in columns}).reset_index(drop=True)
    except (TypeError, ValueError) as error:
        raise NuanomalyError(f"a column does not have its declared type: {error}") from None
    for column in columns:
        if (
            column.type in ("int64", "bool")
            and not (typed[column.name] == frame[column.name].to_numpy()).all()
        ):
            raise NuanomalyError(f"column {column.name!r} is declared {column.type}, but holds other values")
    if format == "csv":
        text = typed.to_csv(index=False, lineterminator="\n")
        return str(text).encode()
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(c.name, _arrow_types()[c.type]) for c in columns])
    table = pa.Table.from_pandas(typed, schema=schema, preserve_index=False).replace_schema_metadata(None)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", compression_level=15, write_statistics=False)
    return buffer.getvalue()


def read(path: Path, columns: Sequence[Column], content: bytes | None = None) -> "pd.DataFrame":
    """Return a table file as a DataFrame with the declared types; every float64 is the nearest to its text.

    An empty cell is NaN in a float64 column and the empty text in a string column; elsewhere it is an error.

    Raises
    ------
    NuanomalyError
        See :func:`read_arrow`.
    """
    frame: pd.DataFrame = _once(path, columns, content)[0].to_pandas()
    other = {
        column.name: DTYPES[column.type]
        for column, dtype in zip(columns, frame.dtypes, strict=True)
        if dtype != DTYPES[column.type]
    }
    return frame.astype(other) if other else frame


def arrays(
    path: Path, columns: Sequence[Column], content: bytes | None = None, only: str | None = None
) -> "dict[str, np.ndarray[Any, Any]]":
    """Return the columns (or the ``only`` one) of a table file as read-only arrays, an empty float64 as NaN.

    Columns of text are arrays of objects. Pandas is not loaded: its import takes longer than many a command.

    Raises
    ------
    NuanomalyError
        See :func:`read_arrow`.
    """
    table, made = _once(path, columns, content)
    names = [c.name for c in columns if only in (None, c.name)]
    for name in names:
        if name not in made:
            made[name] = _array(table.column(name).combine_chunks())
    return {name: made[name] for name in names}


def _once(
    path: Path, columns: Sequence[Column], content: bytes | None
) -> "tuple[Any, dict[str, np.ndarray[Any, Any]]]":
    """Return what :func:`read_arrow` does, and the arrays that were made of it; the last files are kept.

    The time stamp and size make a changed file a new one; what is handed out cannot be changed.
    """
    try:
        status = path.stat()
    except OSError:
        return read_arrow(path, columns, content), {}
    key = (str(path), status.st_mtime_ns, status.st_size, tuple(columns))
    if key not in _LATEST:
        _LATEST[key] = read_arrow(path, columns, content), {}
        while len(_LATEST) > _MOST:
            del _LATEST[next(iter(_LATEST))]
    return _LATEST[key]


def _array(column: Any) -> "np.ndarray[Any, Any]":
    """Return a column of pyarrow as an array; ``to_numpy`` would load pandas."""
    import numpy as np
    import pyarrow as pa

    if pa.types.is_boolean(column.type):
        array = np.array(column.to_pylist(), bool)
    elif pa.types.is_string(column.type):
        array = np.array(column.to_pylist(), object)
    elif column.null_count:
        array = np.array(column.to_pylist(), float)
    else:
        array = np.from_dlpack(column)
    array.flags.writeable = False
    return array


def read_arrow(path: Path, columns: Sequence[Column], content: bytes | None = None) -> Any:
    """Return a table file as a pyarrow table with the declared types; an empty float64 cell is null.

    Parameters
    ----------
    path : pathlib.Path
    columns : sequence of Column
    content : bytes, optional
        What the file holds, if that has been read already.

    Raises
    ------
    IntegrityError
        If the file is missing, is not a table, or its columns are not the declared ones, by name and type.
    """
    import pyarrow as pa

    types = {c.name: _arrow_types()[c.type] for c in columns}
    try:
        if content is None:
            content = path.read_bytes()
        table = _read_parquet(content) if path.suffix == ".parquet" else _read_csv(content, types)
        names = table.column_names
    except FileNotFoundError:
        raise IntegrityError(
            _dropped(path) or f"{path}: the file is missing: put it there, or fetch the release again"
        ) from None
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        unreadable = f"{path}: not a readable table ({str(error).splitlines()[0]})"
        raise IntegrityError(_dropped(path) or unreadable) from None
    if names != list(types):
        if dropped := _dropped(path):
            raise IntegrityError(dropped)
        raise IntegrityError(f"{path}: columns are {names}, release.yaml declares {list(types)}")
    for column, field in zip(columns, table.schema, strict=True):
        if field.type != types[column.name]:
            raise IntegrityError(f"{path}: column {column.name!r} is {field.type}, declared {column.type}")
        if column.type != "float64" and table.column(column.name).null_count:
            raise IntegrityError(f"{path}: column {column.name!r} ({column.type}) has empty cells")
    return table


def is_pointer(content: bytes) -> bool:
    """Return whether a content is what git-annex leaves in place of the real one."""
    return _ANNEX in content[: len(_ANNEX) + 1]


def _dropped(path: Path) -> str | None:
    """Return what to say of a file of a DataLad dataset whose content is not here; None of any other."""
    pointer = b""
    if path.is_file():
        with path.open("rb") as file:
            pointer = file.read(len(_ANNEX) + 1)
    elif path.is_symlink():
        pointer = os.readlink(path).encode()
    if _ANNEX not in pointer:
        return None
    return f"{path}: its content is not here: `datalad get {path}`, or fetch the release again"


def refuse_vast(metadata: Any) -> None:
    """Refuse Parquet that says of itself that it holds more than any table may.

    Parameters
    ----------
    metadata : pyarrow.parquet.FileMetaData

    Raises
    ------
    pyarrow.ArrowInvalid
    """
    import pyarrow as pa

    numbers = metadata.num_rows * metadata.num_columns
    if numbers > MOST_NUMBERS:  # a few bytes may say that they stand for more than fits into memory
        raise pa.ArrowInvalid(f"it says that it holds {numbers} values, more than any table may")


def _read_parquet(content: bytes) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # pq.read_table does the same by way of pyarrow.dataset and pandas
    with pq.ParquetFile(pa.BufferReader(content)) as file:
        refuse_vast(file.metadata)
        return file.read(use_threads=False)


def _read_csv(content: bytes, types: Mapping[str, Any]) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    return csv.read_csv(
        pa.BufferReader(content),
        # one block for the whole file: no row may be longer than one, and a larger one is slow to allocate
        csv.ReadOptions(use_threads=False, block_size=max(1 << 12, len(content) + 1)),
        csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            strings_can_be_null=False,
            true_values=["True"],
            false_values=["False"],
        ),
    )


def _arrow_types() -> dict[str, Any]:
    import pyarrow as pa

    return {"float64": pa.float64(), "int64": pa.int64(), "bool": pa.bool_(), "string": pa.string()}
