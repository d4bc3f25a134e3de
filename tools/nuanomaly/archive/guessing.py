"""Tables of other people's text files: what the header says of the columns, and what it leaves open."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nuanomaly.archive import units
from nuanomaly.archive.errors import NuanomalyError

if TYPE_CHECKING:
    import pandas as pd

#: What a person has to fill in; validation finds every one of them.
TODO = "TODO"
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
_SIDES = {"plus": "error-plus", "up": "error-plus", "minus": "error-minus", "down": "error-minus"}
_ERRORS = {"error", "err", "uncertainty", "sigma", "unc", "stat", "syst", "sys"}
#: Where the text of another world is a unit of pint's.
_SPELLINGS = {
    "events": "event",
    "counts": "event",
    "counts per bin": "event",
    "entries": "event",
    "%": "percent",
}


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
    """

    name: str
    frame: "pd.DataFrame"
    columns: list[dict[str, Any]]
    kind: str = "table"
    declared: dict[str, Any] = field(default_factory=dict)


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


def header(text: str) -> tuple[str, str]:
    """Return name and unit of a column's header; the unit is ``TODO`` if it says none.

    Examples
    --------
    >>> header("energy [MeV]"), header("E_MeV"), header("ratio")
    (('energy', 'MeV'), ('E_MeV', 'MeV'), ('ratio', 'TODO'))
    """
    match = _UNIT.match(text)
    if match and unit(match["unit"]) != TODO:
        return identifier(match["name"]), unit(match["unit"])
    end = text.rpartition("_")[2]
    known = end if "_" in text and end in ("eV", "keV", "MeV", "GeV", "cm", "km", "mm", "ns") else TODO
    return identifier(text), known


def unit(text: str) -> str:
    """Return a unit as pint writes it; ``TODO`` for one that it does not know.

    Examples
    --------
    >>> unit("counts per bin"), unit("GeV"), unit("arb. units"), unit("")
    ('event', 'GeV', 'TODO', 'TODO')
    """
    written = _SPELLINGS.get(text.strip().lower(), text.strip().replace("^", "**"))
    if not written:
        return TODO
    try:
        units.check(written)
    except NuanomalyError:
        return TODO
    return written


def read(path: Path) -> Draft | None:
    """Return a table of a text file (separated by commas, tabs, semicolons or blanks); None if it is none.

    Every number is the float64 nearest to its text. A file without a header gets columns c0, c1, …
    """
    rows = _rows(path)
    if len(rows) < 2 or len({len(row) for row in rows}) != 1:
        return None
    if all(_is_number(cell) for cell in rows[0]):
        return _headless(path, rows)
    import pandas as pd

    found = [header(text) for text in rows[0]]
    names = _unique([name for name, _ in found])
    data = {name: _typed([row[k] for row in rows[1:]]) for k, name in enumerate(names)}
    columns = [
        _column(name, unit, data[name], text)
        for name, (_, unit), text in zip(names, found, rows[0], strict=True)
    ]
    _roles(columns)
    frame = pd.DataFrame(data)
    edges = {tuple(c.rpartition("_")[::2]) for c in names}
    binned = any((base, "low") in edges and (base, "high") in edges for base, _ in edges)
    return Draft(identifier(path.stem, "-").lower(), frame, columns, "bins" if binned else "table")


def _rows(path: Path) -> list[list[str]]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return []
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for separator in (",", "\t", ";"):
        if lines and all(separator in line for line in lines):
            return [[c.strip() for c in row] for row in csv.reader(lines, delimiter=separator)]
    return [line.split() for line in lines]


def _headless(path: Path, rows: Sequence[Sequence[str]]) -> Draft:
    import numpy as np
    import pandas as pd

    matrix = np.array([[float(cell) for cell in row] for row in rows])
    frame = pd.DataFrame(matrix, columns=[f"c{i}" for i in range(matrix.shape[1])])
    entry = {"name": "c{i}", "count": matrix.shape[1], "unit": TODO, "meaning": f"{TODO}: column {{i}}"}
    kind = matrix_kind(matrix)
    if kind == "correlation":
        entry["unit"] = "1"
    return Draft(identifier(path.stem, "-").lower(), frame, [entry], kind)


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


def _typed(cells: Sequence[str]) -> list[Any]:
    if all(re.fullmatch(r"[+-]?\d{1,18}", cell) for cell in cells):
        return [int(cell) for cell in cells]
    if all(_is_number(cell) or not cell for cell in cells):
        return [float(cell) if cell else float("nan") for cell in cells]
    return list(cells)


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
            if entry["unit"] == TODO:
                entry["unit"] = value["unit"]
            value["role"] = "value"
        elif entry.get("type") != "string" and not {"low", "high", "min", "max"} & set(words):
            value = entry


def _unique(names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        repeated = sum(n == name or n.rpartition("_")[0] == name for n in found)
        found.append(f"{name}_{repeated + 1}" if name in found else name)
    return found


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell
