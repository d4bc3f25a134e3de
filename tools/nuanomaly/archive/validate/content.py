"""What stands in a table, against what is declared of it: columns, types, rows, NaN and infinity."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nuanomaly.archive import tables
from nuanomaly.archive.errors import NuanomalyError, nearest
from nuanomaly.archive.tables import Column
from nuanomaly.archive.validate.findings import Finding
from nuanomaly.archive.validate.structure import text_problem
from nuanomaly.archive.validate.subject import ReleaseSubject, some

Array = np.ndarray[Any, np.dtype[np.float64]]
#: How many places of one kind are reported in one table.
_MOST = 5
_INTEGER = re.compile(r"\s*[+-]?[0-9]+\s*")


@dataclass(frozen=True, eq=False)
class Content:
    """The columns of a table by name, as arrays; NaN where a float64 is missing.

    (Without pandas: importing it takes longer than validating ten releases.)
    """

    columns: Mapping[str, "np.ndarray[Any, Any]"]
    rows: int

    def __contains__(self, column: str) -> bool:
        return column in self.columns

    def __getitem__(self, column: str) -> "np.ndarray[Any, Any]":
        return self.columns[column]

    def numbers(self, column: str) -> Array | None:
        """Return a column as float64; None if there is none of that name, or it holds no numbers."""
        values = self.columns.get(column)
        return None if values is None or values.dtype.kind not in "fi" else np.asarray(values, np.float64)

    def matrix(self, names: Sequence[str]) -> Array:
        """Return columns of numbers side by side, shape (rows, len(names))."""
        if not names:
            return np.zeros((self.rows, 0))
        return np.column_stack([np.asarray(self.columns[name], np.float64) for name in names])


def read(subject: ReleaseSubject, table: str) -> tuple[Content | None, list[Finding]]:
    """Return a table, or None and why it cannot be read."""
    entry = subject.declared[table]
    path = subject.folder / entry["file"]
    columns = tables.expand_columns(entry["columns"])
    try:
        arrow = tables.read_arrow(path, columns)
    except NuanomalyError as error:
        located = list(_diagnose(subject, table, path, columns))
        reason = str(error).removeprefix(f"{path}: ")
        return None, located or [subject.finding("TABLE_UNREADABLE", reason, ["tables", table], table=table)]
    content = Content({c.name: _array(arrow.column(c.name), c.type) for c in columns}, arrow.num_rows)
    return content, list(_values(subject, table, content, columns))


def _array(column: Any, type: str) -> "np.ndarray[Any, Any]":
    """Return a pyarrow column as an array; from its buffers, as pyarrow's own conversions import pandas."""
    if type == "string":
        return np.array([*column.to_pylist(), None], dtype=object)[:-1]
    parts = [_chunk(chunk, type) for chunk in column.chunks]
    return np.concatenate(parts) if parts else np.zeros(0)


def _chunk(chunk: Any, type: str) -> "np.ndarray[Any, Any]":
    valid, data = chunk.buffers()
    rows = slice(chunk.offset, chunk.offset + len(chunk))
    if type == "bool":
        return np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")[rows].astype(bool)
    values = np.frombuffer(data, type)[rows]
    if not chunk.null_count:
        return values
    present = np.unpackbits(np.frombuffer(valid, np.uint8), bitorder="little")[rows].astype(bool)
    return np.where(present, values, np.nan)


def _values(
    subject: ReleaseSubject, table: str, content: Content, columns: Sequence[Column]
) -> Iterator[Finding]:
    entry = subject.declared[table]
    if entry.get("rows") not in (None, content.rows):
        message = f"table {table!r} has {content.rows} rows, release.yaml says {entry['rows']}"
        yield subject.finding("ROWS_DIFFER", message, ["tables", table, "rows"], table=table)
    if not content.rows:
        yield subject.finding("TABLE_EMPTY", f"table {table!r} has no rows", ["tables", table], table=table)
        return
    yield from _finite(subject, table, content, [c.name for c in columns if c.type == "float64"])
    for column in columns:
        if column.type == "string":
            yield from _texts(subject, table, content, column.name)
    for declared in entry["columns"]:
        values = content.numbers(declared["name"])
        if values is not None and str(declared.get("role", "")).startswith("error"):
            negative = np.flatnonzero(values < 0)
            if negative.size:
                message = f"{_places(content, negative, declared['name'])} negative"
                where = {"row": int(negative[0]), "column": declared["name"]}
                yield subject.in_table("ERROR_NEGATIVE", table, message, **where)


def _finite(subject: ReleaseSubject, table: str, content: Content, names: Sequence[str]) -> Iterator[Finding]:
    """Yield the findings of NaN and infinity."""
    allowed = subject.declared[table].get("missing", {})
    for name in names:
        values = content[name]
        finite = np.isfinite(values)
        missing = np.isnan(values) if not finite.all() else ~finite
        gaps, infinite = np.flatnonzero(missing), np.flatnonzero(~finite & ~missing)
        if gaps.size and name not in allowed:
            message = f"{_places(content, gaps, name)} missing"
            yield subject.in_table("VALUE_MISSING", table, message, row=int(gaps[0]), column=name)
        if infinite.size:
            message = f"{_places(content, infinite, name)} infinite"
            yield subject.in_table("VALUE_INFINITE", table, message, row=int(infinite[0]), column=name)
        if name in allowed and not gaps.size:
            steps = ["tables", table, "missing", name]
            message = f"column {name!r} has no gap"
            yield subject.finding("NOTHING_MISSING", message, steps, table=table, column=name)


def _places(content: Content, rows: "np.ndarray[Any, Any]", column: str) -> str:
    """Return how often something is so in a column, as the beginning of a sentence."""
    if rows.size == 1:
        return f"column {column!r}: the value in row {rows[0]} is"
    return f"column {column!r}: {rows.size} of {content.rows} values, the first in row {rows[0]}, are"


def _texts(subject: ReleaseSubject, table: str, content: Content, column: str) -> Iterator[Finding]:
    values = content[column]
    for value in dict.fromkeys(values.tolist()):
        problem = text_problem(value)
        if problem:
            row = int(np.flatnonzero(values == value)[0])
            yield subject.in_table(problem[0], table, problem[1], row=row, column=column)
            return


# --- why a table cannot be read -----------------------------------------------------------------------------


def _diagnose(
    subject: ReleaseSubject, table: str, path: Path, columns: Sequence[Column]
) -> Iterator[Finding]:
    """Yield where a file is not what is declared; nothing if it cannot be told."""
    if path.suffix == ".parquet":
        yield from _diagnose_parquet(subject, table, path, columns)
        return
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
    except (OSError, UnicodeDecodeError, csv.Error):
        return
    if not rows:
        return
    differ = list(_names_differ(subject, table, rows[0], columns))
    yield from differ or _diagnose_rows(subject, table, rows[1:], columns)


def _names_differ(
    subject: ReleaseSubject, table: str, texts: Sequence[str], columns: Sequence[Column]
) -> Iterator[Finding]:
    """Yield the finding of other columns than declared."""
    declared = [c.name for c in columns]
    if list(texts) == declared:
        return
    missing = [n for n in declared if n not in texts]
    extra = [n for n in texts if n not in declared]
    parts = [f"the file has no {some(missing)}"] if missing else []
    parts += [f"{some(extra)} in the file is not declared"] if extra else []
    first = next((k for k, (a, b) in enumerate(zip(texts, declared, strict=False)) if a != b), 0)
    if not parts and len(texts) == len(declared):
        parts = [f"column {first} of the file is {texts[first]!r}, declared is {declared[first]!r}"]
    near = tuple(nearest(missing[0], extra)) if missing and extra else ()
    message = f"table {table!r}: {'; '.join(parts) or 'a column stands twice in the file'}"
    yield subject.finding(
        "COLUMNS_DIFFER", message, ["tables", table, "columns"], table=table, suggestions=near
    )


def _diagnose_rows(
    subject: ReleaseSubject, table: str, rows: Sequence[Sequence[str]], columns: Sequence[Column]
) -> Iterator[Finding]:
    """Yield the first rows of the wrong length, and the first values of the wrong type."""
    value = 0
    for number, row in enumerate(rows):
        if len(row) != len(columns):
            message = f"row {number} has {len(row)} values, there are {len(columns)} columns"
            yield subject.in_table("ROW_LENGTH", table, message, row=number)
            value += 1
        else:
            for cell, column in zip(row, columns, strict=True):
                if not _is(cell, column.type):
                    message = f"{cell[:60]!r} is no {column.type}"
                    yield subject.in_table("CELL_NOT_OF_TYPE", table, message, row=number, column=column.name)
                    value += 1
        if value >= _MOST:
            return


def _is(cell: str, type: str) -> bool:
    """Return whether a cell of a CSV file can be read as a type."""
    if type == "string" or (type == "float64" and not cell):
        return True
    if type == "bool":
        return cell in ("True", "False")
    if type == "int64":
        return bool(_INTEGER.fullmatch(cell)) and -(2**63) <= int(cell) < 2**63
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def _diagnose_parquet(
    subject: ReleaseSubject, table: str, path: Path, columns: Sequence[Column]
) -> Iterator[Finding]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
    except (OSError, pa.ArrowException):
        return
    differ = list(_names_differ(subject, table, schema.names, columns))
    yield from differ
    expected: Mapping[str, str] = {"float64": "double", "int64": "int64", "bool": "bool", "string": "string"}
    for column, field in zip(columns, schema, strict=False) if not differ else ():
        if str(field.type) != expected[column.type]:
            message = f"column {column.name!r} is {field.type} in the file, declared {column.type}"
            yield subject.finding(
                "COLUMN_TYPE_DIFFERS",
                message,
                ["tables", table, "columns"],
                table=table,
                column=column.name,
            )
