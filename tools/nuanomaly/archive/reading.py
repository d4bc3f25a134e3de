"""Tables of the files that physicists have: text, free format, numpy, Parquet, ROOT; or why there is none."""

import math
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nuanomaly.archive import cells, guessing
from nuanomaly.archive.bounded import STUMBLES
from nuanomaly.archive.cells import Line
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.guessing import Draft, dashed
from nuanomaly.archive.limits import MOST_NUMBERS
from nuanomaly.archive.unpacking import DAMAGED

_SIGNATURES = {b"root\0": "root", b"\x93NUMPY": "numpy", b"PAR1": "parquet", b"PK\x03\x04": "zip"}
_OTHERS = {b"%PDF": "a PDF", b"\x1f\x8b": "compressed: unpack it first", b"\x89HDF": "HDF5"}


def drafts(path: Path) -> list[Draft]:
    """Return the tables of a file.

    Text becomes a table for each block of it, a numpy file (``npy``, ``npz``) one for each array, a ROOT file
    one for each histogram, graph, matrix, vector and flat tree. No pickle is opened.

    Raises
    ------
    NuanomalyError
        With the reason, if there is none.
    """
    with path.open("rb") as stream:
        beginning = stream.read(8)
    for signature, said in _OTHERS.items():
        if beginning.startswith(signature):
            raise NuanomalyError(f"is {said}")
    format = next((f for signature, f in _SIGNATURES.items() if beginning.startswith(signature)), "text")
    readers = {"root": _root, "numpy": _numpy, "zip": _npz, "parquet": _parquet, "text": _text}
    try:
        return readers[format](path)
    except (*STUMBLES, *DAMAGED) as error:  # of a library, on a file that is damaged or was made to be
        said = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
        raise NuanomalyError(f"cannot be read as {format} ({said[:200]})") from None


def _root(path: Path) -> list[Draft]:
    from nuanomaly.archive import root_files

    return root_files.drafts(path)


def _name(path: Path, part: str = "") -> str:
    return dashed(f"{path.stem} {part}")


# --- text ---------------------------------------------------------------------------------------------------


def _text(path: Path) -> list[Draft]:
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise NuanomalyError("is no text, and no format that is read") from None
    rows = cells.rows_of(text)
    if not rows:
        raise NuanomalyError("holds nothing but comments" if text.strip() else "is empty")
    draft = guessing.from_rows(path, rows)
    if draft is not None:
        return [draft]
    parts = [_block(path, number, block) for number, block in enumerate(_blocks(text), 1)]
    if len(parts) > 1 and all(part is not None for part in parts):
        return [part for part in parts if part is not None]
    wrapped = _wrapped(path, rows)
    if wrapped is not None:
        return [wrapped]
    raise NuanomalyError(_why(rows))


def _blocks(text: str) -> list[str]:
    """Return the blocks of a text, between empty lines and lines of comment; a comment is no block.

    Each begins with as many empty lines as there are lines before it, so that its lines keep their numbers.
    """
    blocks, lines = [], list[str]()
    for number, line in enumerate([*text.splitlines(), ""]):
        if line.strip() and line.strip()[0] not in cells.COMMENTS:
            lines.append(line)
        elif lines:
            blocks.append("\n" * (number - len(lines)) + "\n".join(lines))
            lines = []
    return blocks


def _block(path: Path, number: int, block: str) -> Draft | None:
    rows = cells.rows_of(block)
    named = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return guessing.from_rows(named, rows) or _wrapped(named, rows)


def _wrapped(path: Path, rows: Sequence[Line]) -> Draft | None:
    """Return numbers that are written on from line to line: all lines equally long but for the last.

    If they are as many as a symmetric matrix has, they are one; else a vector. Which it is, is noted.
    """
    lengths = [len(row) for row in rows]
    if len(rows) < 2 or len(set(lengths[:-1])) != 1 or not 0 < lengths[-1] < lengths[0]:
        return None
    if not all(cells.may_be_number(cell) for row in rows for cell in row):
        return None
    draft = guessing.from_rows(path, [Line(row.number, [cell]) for row in rows for cell in row])
    if draft is None:
        return None
    numbers, notes = draft.frame["c0"].to_numpy(), draft.notes
    size = math.isqrt(len(numbers))
    matrix = numbers.reshape(size, size) if size > 1 and size * size == len(numbers) else None
    if matrix is not None and guessing.matrix_kind(matrix) != "matrix":
        draft = guessing.of_matrix(_name(path), matrix)
    said = f"line {rows[-1].number} has {_several(rows[-1])} where line {rows[0].number} has {lengths[0]}"
    read_as = "one column" if draft.kind == "matrix" else f"a {draft.kind} of {size} rows"
    draft.notes[:] = [
        *notes,
        f"{said}: its {len(numbers)} numbers are read on from line to line, as {read_as}",
    ]
    return draft


def _several(row: Line) -> str:
    return f"{len(row)} cell{'' if len(row) == 1 else 's'}"


def _why(rows: Sequence[Line]) -> str:
    """Return why rows are no table."""
    if len(rows) == 1:
        return (
            "has a header and no rows" if not all(map(cells.is_number, rows[0])) else "holds a single number"
        )
    first = rows[0]
    begin = f"line {first.number}" if all(map(cells.may_be_number, first)) else "the header"
    for row in rows[1:]:
        if len(row) != len(first):
            return f"line {row.number} has {_several(row)} where {begin} has {len(first)}"
    short = [cell for row in rows for cell in row if cells.may_be_number(cell) > cells.is_number(cell)]
    if short and all(map(cells.may_be_number, first)):
        said = f"{short[0]!r} may be a range, or a number that lacks the letter of its exponent"
        return f"{said}: write {cells.lettered(short[0])}, or a header"
    if any(map(cells.is_number, first)):
        return "its first row is part numbers, part text, neither a header nor data: mend it, or add a header"
    return "its cells are texts and numbers without a header"


# --- numpy and Parquet --------------------------------------------------------------------------------------


def _numpy(path: Path) -> list[Draft]:
    import numpy as np

    # mapped into memory, an array is never larger than its file, whatever the header says
    return _of_arrays(path, lambda: {"": np.load(path, mmap_mode="r", allow_pickle=False)})


def _npz(path: Path) -> list[Draft]:
    import numpy as np

    with zipfile.ZipFile(path) as packed:
        if sum(member.file_size for member in packed.infolist()) > 8 * MOST_NUMBERS:
            raise NuanomalyError(f"says that it holds more than {MOST_NUMBERS} values")

    def load() -> dict[str, Any]:
        with np.load(path, allow_pickle=False) as loaded:
            return {name: loaded[name] for name in loaded.files}

    return _of_arrays(path, load)


def _of_arrays(path: Path, load: Callable[[], Mapping[str, Any]]) -> list[Draft]:
    try:
        arrays = load()
    except ValueError as error:
        if "pickle" in str(error).lower() or "Python objects" in str(error):
            raise NuanomalyError("holds a pickle, which is never opened") from None
        raise
    found = [(name, _of_array(_name(path, name), array)) for name, array in arrays.items()]
    tables = [draft for _, draft in found if draft is not None]
    if not tables:
        shapes = ", ".join(f"{name or 'the array'} {a.dtype} {a.shape}" for name, a in arrays.items())
        raise NuanomalyError(f"holds no column, matrix or table of numbers ({shapes})")
    return tables


def _of_array(name: str, array: Any) -> Draft | None:
    """Return an array as a table; None if it is no column, matrix, or table with names."""
    import numpy as np
    import pandas as pd

    if array.dtype.names:
        plain = all(array.dtype[n].kind in "fiub" and not array.dtype[n].shape for n in array.dtype.names)
        return (
            guessing.of_frame(name, pd.DataFrame(array)) if plain and array.ndim == 1 and array.size else None
        )
    if array.dtype.kind not in "fiub" or array.ndim not in (1, 2) or not array.size:
        return None
    matrix = np.asarray(array, np.float64)
    if array.dtype.kind in "iu" and (matrix.astype(array.dtype) != array).any():
        return None  # an integer that no float64 is
    return guessing.of_matrix(name, matrix[:, None] if array.ndim == 1 else matrix)


def _parquet(path: Path) -> list[Draft]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if file.metadata.num_rows * file.metadata.num_columns > MOST_NUMBERS:
                raise NuanomalyError(f"says that it holds more than {MOST_NUMBERS} values")
            frame = file.read(use_threads=False).to_pandas()
    except (pa.ArrowException, OSError) as error:
        raise NuanomalyError(f"is no Parquet that can be read ({str(error).splitlines()[0]})") from None
    if frame.empty:
        raise NuanomalyError("has no rows")
    names = [str(column) for column in frame.columns]
    if names == [f"c{i}" for i in range(len(names))] and all(d.kind == "f" for d in frame.dtypes):
        return [guessing.of_matrix(_name(path), frame.to_numpy())]
    return [guessing.of_frame(_name(path), frame)]
