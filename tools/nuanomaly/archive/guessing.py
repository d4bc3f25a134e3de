"""Tables of other people's text files: what the header says of the columns, and what it leaves open."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nuanomaly.archive import cells
from nuanomaly.archive.cells import Line
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.printed_units import TODO, is_open, unit

if TYPE_CHECKING:
    import pandas as pd

_UNIT = re.compile(r"^(?P<name>.*?)\s*[\[(](?P<unit>[^\])]+)[\])]\s*$")
_GREEK = {
    "ν": "nu",
    "μ": "mu",
    "τ": "tau",
    "θ": "theta",
    "Δ": "d",
    "χ": "chi",
    "σ": "sigma",
    "²": "2",
    "±": "",
}
_LARGEST_INTEGER = 2**63 - 1
_SIDES = {"plus": "error-plus", "up": "error-plus", "minus": "error-minus", "down": "error-minus"}
_ERRORS = {"error", "err", "uncertainty", "sigma", "unc", "stat", "syst", "sys"}


@dataclass(frozen=True, eq=False)
class Draft:
    """A table to be: its content, and as much of its declaration as is known.

    Attributes
    ----------
    name : str
    frame : pandas.DataFrame
        Its columns have the declared names.
    columns : list of dict
        Their declarations; what is not known says ``TODO``.
    kind : str
    declared : dict
        Other entries of the declaration (``title``, ``source``, ``status``, ``originals``, …).
    notes : list of str
        What whoever made the file should know of how it was read.
    """

    name: str
    frame: "pd.DataFrame"
    columns: list[dict[str, Any]]
    kind: str = "table"
    declared: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def identifier(text: str, separator: str = "_") -> str:
    """Return a text as a name of a column or table.

    Examples
    --------
    >>> identifier("E (true)"), identifier("Δm²"), identifier("Reconstructed Neutrino Energy", "-")
    ('E_true', 'dm2', 'Reconstructed-Neutrino-Energy')
    """
    plain = "".join(_GREEK.get(c, c) for c in text.replace("$", "").replace("\\", ""))
    words = re.findall(r"[A-Za-z0-9.+]+", plain)
    joined = separator.join(words)
    return joined if joined[:1].isalpha() else f"c{separator}{joined}" if joined else "column"


def dashed(text: str) -> str:
    """Return a text as a name of a table or an original: lower-case words joined by dashes.

    Examples
    --------
    >>> dashed("Table 1.b (left+right)"), dashed("2020")
    ('table-1-b-left-right', 'c-2020')
    """
    return "-".join(re.findall(r"[a-z0-9]+", identifier(text, "-").lower())) or "column"


def header(text: str) -> tuple[str, str]:
    """Return name and unit of a column's header; the unit is ``TODO`` if it says none.

    Examples
    --------
    >>> header("energy [MeV]"), header("E_MeV"), header("ratio")
    (('energy', 'MeV'), ('E_MeV', 'MeV'), ('ratio', 'TODO'))
    """
    match = _UNIT.match(text)
    if match and not is_open(unit(match["unit"])):
        return identifier(match["name"]), unit(match["unit"])
    end = text.rpartition("_")[2]
    known = end if "_" in text and end in ("eV", "keV", "MeV", "GeV", "cm", "km", "mm", "ns") else TODO
    return identifier(text), known


def read(path: Path) -> Draft | None:
    """Return a table of a text file (separated by commas, tabs, semicolons or blanks); None if it is none.

    Every number is the float64 nearest to its text. A file without a header gets columns c0, c1, …

    Raises
    ------
    NuanomalyError
        With line and column, for a number that is larger than any float64.
    """
    return from_rows(path, cells.rows(path))


def from_rows(path: Path, rows: Sequence[Line]) -> Draft | None:
    """Return a table of the cells of a text, named after a path; None if they are none (see :func:`read`)."""
    if len(rows) < 2 or len({len(row) for row in rows}) != 1:
        return None
    if all(cells.may_be_number(cell) for cell in rows[0]):
        return _headless(path, rows)
    if 2 * sum(map(cells.may_be_number, rows[0])) >= len(rows[0]):
        return None  # numbers of which some cannot be read: as a header they would be lost
    import pandas as pd

    items = [header(text) for text in rows[0]]
    names = _unique([name for name, _ in items])
    data: dict[str, list[Any]] = {}
    columns, notes = [], list[str]()
    for k, (name, (_, measured), text) in enumerate(zip(names, items, rows[0], strict=True)):
        for part, values in cells.with_errors(name, [row[k] for row in rows[1:]]):
            data[part], said = _typed(values, rows[1:], text)
            notes += said
            columns.append(_column(part, measured, data[part], text))
    matrix = _sparse_matrix(path, data, columns)
    if matrix is not None:
        return matrix
    _roles(columns)
    frame = pd.DataFrame(data)
    edges = {tuple(c.rpartition("_")[::2]) for c in names}
    binned = any((base, "low") in edges and (base, "high") in edges for base, _ in edges)
    return Draft(dashed(path.stem), frame, columns, "bins" if binned else "table", notes=notes)


#: Names of two columns that count the rows and columns of a matrix.
_INDICES = re.compile(r"(i j|row col(umn)?|bin_?i bin_?j|bin_?1 bin_?2)")


def _sparse_matrix(
    path: Path, data: Mapping[str, Sequence[Any]], columns: Sequence[dict[str, Any]]
) -> Draft | None:
    """Return a covariance or correlation that is written as i, j, value; None for any other table."""
    import numpy as np

    names = list(data)
    if len(names) != 3 or not _INDICES.fullmatch(" ".join(names[:2]).lower()):
        return None
    if not re.search("cov|corr|matrix", f"{names[2]} {path.stem}".lower()):
        return None
    if not all(isinstance(v, int) for name in names[:2] for v in data[name]):
        return None
    rows, cols = (np.array(data[name]) - min(data[name]) for name in names[:2])
    size = int(max(rows.max(), cols.max())) + 1
    if len(set(zip(rows.tolist(), cols.tolist(), strict=True))) != size * size or len(rows) != size * size:
        return None
    matrix = np.zeros((size, size))
    matrix[rows, cols] = np.array(data[names[2]], float)
    draft = of_matrix(dashed(path.stem), matrix, f"{TODO}: with {{i}}")
    if draft.kind != "correlation":
        draft.columns[0]["unit"] = columns[2]["unit"]
    return draft


def _headless(path: Path, rows: Sequence[Line]) -> Draft | None:
    import numpy as np

    columns, notes = [], list[str]()
    for k, column in enumerate(zip(*rows, strict=True)):
        values, said = _numbers(column, rows, f"c{k}")
        if values is None:
            return None
        columns.append(values)
        notes += said
    draft = of_matrix(dashed(path.stem), np.array(columns).T.copy())
    draft.notes.extend(notes)
    return draft


def _numbers(texts: Sequence[str], rows: Sequence[Line], column: str) -> tuple[list[float] | None, list[str]]:
    """Return the numbers of a column, and with its place what is to be said of it."""
    try:
        values, notes = cells.numbers(texts)
    except cells.OutOfRangeError as error:
        raise NuanomalyError(f"line {rows[error.position].number}, column {column!r}: {error}") from None
    return values, [f"column {column!r}: {note}" for note in notes]


def of_matrix(name: str, matrix: Any, meaning: str = f"{TODO}: column {{i}}") -> Draft:
    """Return a table of numbers whose columns have no names, by what kind of matrix they are."""
    import pandas as pd

    frame = pd.DataFrame(matrix, columns=[f"c{i}" for i in range(matrix.shape[1])])
    kind = matrix_kind(matrix)
    unit = "1" if kind == "correlation" else TODO
    return Draft(
        name, frame, [{"name": "c{i}", "count": matrix.shape[1], "unit": unit, "meaning": meaning}], kind
    )


def of_frame(name: str, frame: Any) -> Draft:
    """Return a frame with its columns declared: types as they are, units as their names say."""
    import pandas as pd

    data, columns = {}, []
    for position, text in enumerate(map(str, frame.columns)):
        column, unit = header(text)
        values = frame.iloc[:, position]
        kind = values.dtype.kind
        typed = {"f": "float64", "i": "int64", "u": "int64", "b": "bool"}.get(kind, "str")
        entry: dict[str, Any] = {"name": column}
        if typed != "float64":
            entry["type"] = "string" if typed == "str" else typed
        entry |= {"unit": "1" if typed in ("str", "bool") else unit, "meaning": f"{TODO}: {text}"}
        if kind == "u" and values.max() > _LARGEST_INTEGER:
            raise NuanomalyError(f"its column {text!r} holds whole numbers that are too large for int64")
        data[column] = values.astype(typed)
        columns.append(entry)
    if len(data) != len(columns):
        raise NuanomalyError("two of its columns have the same name")
    edges = {tuple(c.rpartition("_")[::2]) for c in data}
    binned = any((base, "low") in edges and (base, "high") in edges for base, _ in edges)
    return Draft(name, pd.DataFrame(data), columns, "bins" if binned else "table")


def matrix_kind(matrix: Any) -> str:
    """Return ``covariance`` or ``correlation`` for a square symmetric matrix, else ``matrix``.

    Examples
    --------
    >>> import numpy as np
    >>> matrix_kind(np.eye(2)), matrix_kind(2 * np.eye(2)), matrix_kind(np.ones((2, 3)))
    ('correlation', 'covariance', 'matrix')
    """
    import numpy as np

    square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1]
    if not square or not np.allclose(matrix, matrix.T, rtol=1e-6, atol=0) or (matrix.diagonal() < 0).any():
        return "matrix"
    return "correlation" if np.allclose(matrix.diagonal(), 1.0) else "covariance"


def _typed(texts: Sequence[str], rows: Sequence[Line], column: str) -> tuple[list[Any], list[str]]:
    """Return whole numbers, numbers (gaps are NaN), or the texts; and what is to be said of the column."""
    if all(re.fullmatch(r"[+-]?\d{1,18}", cell) for cell in texts):
        return [int(cell) for cell in texts], []
    values, notes = _numbers(texts, rows, column)
    return list(texts) if values is None else values, notes


def _column(name: str, unit: str, values: Sequence[Any], text: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": name}
    if all(isinstance(v, int) for v in values):
        entry["type"] = "int64"
    elif any(isinstance(v, str) for v in values):
        entry["type"] = "string"
    entry["unit"] = "1" if entry.get("type") == "string" else unit
    entry["meaning"] = f"{TODO}: {text}"
    return entry


def _roles(columns: Sequence[dict[str, Any]]) -> None:
    """Say of columns that are called errors whose they are: of the value before them."""
    value = None
    for entry in columns:
        words = re.split(r"[_.+-]", str(entry["name"]).lower())
        if set(words) & _ERRORS and value is not None:
            side = next((_SIDES[w] for w in words if w in _SIDES), "error")
            entry |= {"role": side, "of": value["name"]}
            if is_open(entry["unit"]):
                entry["unit"] = value["unit"]
            value["role"] = "value"
        elif entry.get("type") != "string" and not {"low", "high", "min", "max"} & set(words):
            value = entry


def _unique(names: Sequence[str]) -> list[str]:
    texts: list[str] = []
    for name in names:
        repeated = sum(n == name or n.rpartition("_")[0] == name for n in texts)
        texts.append(f"{name}_{repeated + 1}" if name in texts else name)
    return texts
