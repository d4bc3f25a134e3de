"""Tables as CSV or Parquet, exact in float64, with their declared columns."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nuanomaly.archive.errors import NuanomalyError

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


def to_bytes(frame: pd.DataFrame, columns: Sequence[Column], format: str) -> bytes:
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
    if format == "csv":
        text = typed.to_csv(index=False, lineterminator="\n")
        return str(text).encode()
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = {"float64": pa.float64(), "int64": pa.int64(), "bool": pa.bool_(), "string": pa.string()}
    schema = pa.schema([(c.name, arrow[c.type]) for c in columns])
    table = pa.Table.from_pandas(typed, schema=schema, preserve_index=False).replace_schema_metadata(None)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", compression_level=15, write_statistics=False)
    return buffer.getvalue()


def read(path: Path, columns: Sequence[Column]) -> pd.DataFrame:
    """Return a table file as a DataFrame with the declared types.

    Raises
    ------
    NuanomalyError
        If the file is missing, is not a table, or its columns are not the declared ones.
    """
    types = {c.name: DTYPES[c.type] for c in columns}
    frame: pd.DataFrame
    try:
        if path.suffix == ".parquet":
            import pyarrow.parquet as pq

            frame = pq.read_table(path).to_pandas()
        else:
            options: dict[str, Any] = {"float_precision": "round_trip", "keep_default_na": False}
            strings = {c.name: str for c in columns if c.type == "string"}
            frame = pd.read_csv(path, na_values=[""], dtype=strings, **options)
    except FileNotFoundError:
        raise NuanomalyError(f"{path}: the file is missing: fetch the release again") from None
    except Exception as error:
        raise NuanomalyError(f"{path}: not a readable table ({error})") from None
    if list(frame.columns) != list(types):
        raise NuanomalyError(
            f"{path}: columns are {list(frame.columns)}, release.yaml declares {list(types)}"
        )
    if not isinstance(frame.index, pd.RangeIndex):
        raise NuanomalyError(f"{path}: its rows have more values than there are columns")
    for column in columns:
        if column.type == "string":
            frame[column.name] = frame[column.name].fillna("")
    try:
        return frame.astype(types)
    except (TypeError, ValueError) as error:
        raise NuanomalyError(f"{path}: a column does not have its declared type: {error}") from None


def as_matrix(frame: pd.DataFrame) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Return a wholly numeric table as a contiguous float64 array, shape (rows, columns)."""
    return np.ascontiguousarray(frame.to_numpy(dtype=np.float64))
