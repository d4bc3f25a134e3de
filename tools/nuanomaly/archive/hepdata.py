"""HEPData submissions: tables with errors, units and correlations, as a first form of a release.

The format is that of https://hepdata-submission.readthedocs.io: ``submission.yaml`` names the tables, one
YAML file each holds independent and dependent variables.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from nuanomaly.archive import guessing, hepdata_errors, hepdata_files, hepdata_parts, names, scaffold
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.guessing import Draft
from nuanomaly.archive.hepdata_columns import GAP, Columns
from nuanomaly.archive.hepdata_files import documents
from nuanomaly.archive.hepdata_shape import refuse_other_shapes, refuse_out_of_range
from nuanomaly.archive.printed_units import TODO, is_open
from nuanomaly.archive.printed_units import unit as printed_unit

#: How an export says which columns the errors of a variable were.
ERROR_COLUMNS = "columns of errors"
#: How it says what the columns of a matrix are called, {i} being their number.
COLUMN_NAMES = "columns"
#: How it says which columns are texts that a reader would take for numbers, such as 2003.10630.
TEXT_COLUMNS = "columns of text"
#: How it names bins whose columns are not NAME_low and NAME_high.
_EDGES = re.compile(r"(?P<low>[A-Za-z][\w.+-]*) to (?P<high>[A-Za-z][\w.+-]*)")
#: What may be the name of a table as it is, as in our exports, and of a column.
_TABLE = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")
_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_.+-]*")
#: What an export names the variable that only counts rows, of a table that has nothing to tell them apart.
ROW_NUMBER = "row number"


@dataclass(frozen=True)
class Submission:
    """A submission: its tables as drafts, and what it says of itself.

    Attributes
    ----------
    tables : list of Draft
    originals : list of dict
        Its files, as entries of ``originals``.
    comment : str
    missing : tuple of str
        Files that it names and that are not there.
    """

    tables: list[Draft]
    originals: list[dict[str, Any]]
    comment: str = ""
    missing: tuple[str, ...] = ()


def write(root: Path, name: str, version: str, source: str) -> tuple[Path, tuple[str, ...]]:
    """Write a release from a submission; return its folder, and the tables whose files are not there.

    Parameters
    ----------
    root : pathlib.Path
        The archive.
    source : str
        A folder, a ``submission.yaml``, an archive (zip, tar), or the address of one.

    Raises
    ------
    NuanomalyError
        If it is no submission, or the release exists.
    """
    submission = read(source)
    known: dict[str, Any] = {"originals": submission.originals}
    if submission.comment:
        known["summary"] = f"{TODO}: {' '.join(submission.comment.split())}"
    return scaffold.write(root, name, version, submission.tables, known), submission.missing


def read(source: str) -> Submission:
    """Return a submission.

    Raises
    ------
    NuanomalyError
        With the file, if something is missing or not of the format.
    """
    files = hepdata_files.files(source)
    listed = documents(files, "submission.yaml")
    head: dict[str, Any] = next((d for d in listed if "data_file" not in d and "name" not in d), {})
    tables, missing, taken, known = [], [], set[str](), set[str]()
    originals = [_original("submission.yaml", files, "the list of tables", known, licence=_licence(head))]
    with_data = [d for d in listed if "name" in d and ("data_file" in d or "independent_variables" in d)]
    for title, parts in hepdata_parts.whole_tables(with_data):
        used = [str(part.get("data_file", "submission.yaml")) for part in parts]
        if absent := [file for file in used if file not in files]:
            missing += absent
            continue
        contents = [
            documents(files, f)[0] if "data_file" in part else part
            for f, part in zip(used, parts, strict=True)
        ]
        name = _table_name(used[0] if len(parts) == 1 and "data_file" in parts[0] else title, taken)
        ids = []
        for part, file in zip(parts, used, strict=True):
            if "data_file" in part:
                about, doi = f"table “{part['name']}”", part.get("table_doi")
                originals.append(_original(file, files, about, known, doi, _licence(part, head)))
            ids.append(str(originals[-1]["id"]))
        for content, file in zip(contents, used, strict=True):
            refuse_other_shapes(content, file)
            refuse_out_of_range(content, file)
        try:
            content = hepdata_parts.joined(contents)
        except ValueError as error:
            raise NuanomalyError(f"{used[0]}: is a part of {title!r}, but {error}") from None
        tables.append(_draft(name, {**parts[0], "name": title}, content, ids, used[0]))
    if not tables:
        raise NuanomalyError(f"{source}: submission.yaml names no table that is there")
    return Submission(tables, originals, str(head.get("comment") or ""), tuple(missing))


def _licence(*entries: Mapping[str, Any]) -> str:
    """Return the licence that the first of some documents states; empty if none does."""
    for entry in entries:
        stated = entry.get("data_license") or entry.get("license")
        if isinstance(stated, dict) and (stated.get("name") or stated.get("url")):
            return " ".join(str(stated.get("name") or stated.get("url")).split())
    return ""


def _original(
    file: str, files: Mapping[str, bytes], about: str, taken: set[str], doi: object = None, licence: str = ""
) -> dict[str, Any]:
    source = f"HEPData submission, {about}"
    entry = scaffold.original(file, files[file], taken, source, licence or TODO)
    return {**entry, "doi": str(doi)} if doi else entry


def _table_name(text: str, taken: set[str]) -> str:
    """Return a name for a table that no other one has."""
    stem = PurePosixPath(text).name.removesuffix(".yaml")
    words = guessing.dashed(stem)
    return names.free(stem if _TABLE.fullmatch(stem) else words, taken)


# --- tables -------------------------------------------------------------------------------------------------


def _draft(
    name: str, entry: Mapping[str, Any], content: Mapping[str, Any], originals: Sequence[str], file: str
) -> Draft:
    """Return a table of a submission."""
    try:
        independent = list(content.get("independent_variables") or ())
        dependent = list(content["dependent_variables"])
        lengths = {len(v["values"]) for v in (*independent, *dependent)}
    except (KeyError, TypeError) as error:
        raise NuanomalyError(f"{file}: is no HEPData table ({error} is missing)") from None
    if len(lengths) != 1:
        raise NuanomalyError(f"{file}: its variables have {sorted(lengths)} values, not equally many")
    declared: dict[str, Any] = {
        "title": " ".join(str(entry["name"]).split()),
        "status": "official",
        "source": f"HEPData table “{' '.join(str(entry['name']).split())}”",
        "originals": list(dict.fromkeys([*originals, "submission"])),
    }
    if entry.get("description"):
        declared["note"] = " ".join(str(entry["description"]).split())
    matrix = _matrix(name, independent, dependent, declared)
    if matrix is not None:
        return matrix
    if len(independent) == 1 and _counts_rows(independent[0]):
        independent = []
    columns = Columns(texts=_text_columns(dependent))
    binned = any([_independent(columns, variable) for variable in independent])
    for variable in dependent:
        _dependent(columns, variable, file)
    if columns.missing:
        declared["missing"] = columns.missing
    if binned and len(independent) == 1:
        return Draft(name, columns.frame(), columns.declared, "bins", declared)
    return Draft(name, columns.frame(), columns.declared, "table", declared)


def _counts_rows(variable: Mapping[str, Any]) -> bool:
    """Return whether an independent variable says nothing but 0, 1, 2, …"""
    name = (variable.get("header") or {}).get("name")
    numbers = [v.get("value") for v in variable["values"]]
    return name == ROW_NUMBER and numbers == list(range(len(numbers)))


def _text_columns(dependent: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Return the columns that an export says are texts."""
    said = [
        q.get("value") for v in dependent for q in v.get("qualifiers") or () if q.get("name") == TEXT_COLUMNS
    ]
    return frozenset(name for value in said for name in str(value).split(", "))


def _header(variable: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return name, unit and meaning of a variable."""
    header = variable.get("header") or {}
    text = " ".join(str(header.get("name", "value")).split())
    name, inside = guessing.header(text)
    name = text if _COLUMN.fullmatch(text) else name
    units = str(header.get("units") or "")
    unit = ("1" if units == "1" else printed_unit(units, text)) if units else inside
    said = [text] if not is_open(unit) or not units else [f"{text} ({units})"]
    for qualifier in variable.get("qualifiers") or ():
        if qualifier.get("name") == "meaning":  # of an export: it says what the name only means
            said = [str(qualifier.get("value", ""))]
        elif qualifier.get("name") not in (ERROR_COLUMNS, COLUMN_NAMES, TEXT_COLUMNS):
            value = f"{qualifier.get('value', '')} {qualifier.get('units', '')}".strip()
            said.append(f"{qualifier.get('name')}: {value}")
    return name, unit, "; ".join(said)


def _independent(columns: Columns, variable: Mapping[str, Any]) -> bool:
    """Add the columns of an independent variable; return whether it has bins."""
    name, unit, meaning = _header(variable)
    values = variable["values"]
    binned = all("low" in v and "high" in v for v in values)
    if any("low" in v and "high" in v for v in values):
        edges = _EDGES.fullmatch(str((variable.get("header") or {}).get("name")))
        low, high = (edges["low"], edges["high"]) if edges else (f"{name}_low", f"{name}_high")
        columns.add(low, [v.get("low", GAP) for v in values], unit=unit, meaning=f"{meaning}, lower edge")
        columns.add(high, [v.get("high", GAP) for v in values], unit=unit, meaning=f"{meaning}, upper edge")
    if not binned or any("value" in v for v in values):
        columns.add(name, [v.get("value", GAP) for v in values], unit=unit, meaning=meaning)
    return binned


def _dependent(columns: Columns, variable: Mapping[str, Any], file: str) -> None:
    """Add the columns of a dependent variable: values, then each error."""
    name, unit, meaning = _header(variable)
    values = variable["values"]
    errors = [_by_label(v.get("errors") or ()) for v in values]
    labels = dict.fromkeys(label for row in errors for label in row)
    role = {"role": "value"} if labels else {}
    value = columns.add(name, [v.get("value", GAP) for v in values], unit=unit, meaning=meaning, **role)
    said = [q["value"] for q in variable.get("qualifiers") or () if q.get("name") == ERROR_COLUMNS]
    given = iter(str(said[0]).split(", ")) if said else iter(())
    sizes = [hepdata_errors.plain(v.get("value", GAP)) for v in values]
    for label in labels:
        column = [row.get(label, {}) for row in errors]
        if hepdata_errors.mixed(column):
            column = [hepdata_errors.absolute(e, s) for e, s in zip(column, sizes, strict=True)]
        before = len(columns.declared)
        _error(columns, column, (value, unit, label), given, file)
        for entry in columns.declared[before:] if column != [row.get(label, {}) for row in errors] else ():
            entry["meaning"] += "; some are given as percentages of the value, and converted"


def _by_label(errors: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the errors of a value by their labels; those without one, or with the same, are numbered."""
    entries: dict[str, Mapping[str, Any]] = {}
    for error in errors:
        label, number = str(error.get("label") or "error"), 2
        free = label
        while free in entries:
            free, number = f"{label} {number}", number + 1
        entries[free] = error
    return entries


def _error(
    columns: Columns,
    column: Sequence[Mapping[str, Any]],
    about: tuple[str, str, str],
    given: Iterator[str],
    file: str,
) -> None:
    """Add the column or columns of one error; the lower one as a magnitude."""
    value, unit, label = about
    base = f"{value}_{guessing.identifier(label)}"
    if not any("asymerror" in e for e in column):
        sizes = [e.get("symerror", GAP) for e in column]
        _sided(columns, next(given, base), sizes, about, "error", file)
        return
    sides = [e.get("asymerror") or {k: e.get("symerror", GAP) for k in ("plus", "minus")} for e in column]
    plus = [s.get("plus", GAP) for s in sides]
    minus = [_negated(s.get("minus", GAP), "asymerror" in e) for s, e in zip(sides, column, strict=True)]
    _sided(columns, next(given, f"{base}_plus"), plus, (value, unit, label), "error-plus", file)
    _sided(columns, next(given, f"{base}_minus"), minus, (value, unit, label), "error-minus", file)


def _negated(size: Any, signed: bool) -> Any:
    """Return the magnitude of a lower error; −0.0 becomes 0."""
    if not signed or size == GAP:
        return size
    size = hepdata_errors.plain(size)
    if isinstance(size, str):
        return size if size == GAP else size.removeprefix("-")
    return abs(size) if size == 0 else -size


def _sided(
    columns: Columns, name: str, sizes: Sequence[Any], about: tuple[str, str, str], role: str, file: str
) -> None:
    value, unit, label = about
    sizes = [hepdata_errors.plain(s) for s in sizes]
    texts = [s for s in sizes if isinstance(s, str) and s not in (GAP, "")]
    if texts and all(s.endswith("%") for s in texts) and len(texts) == sum(s != GAP for s in sizes):
        numbers = [float(s[:-1]) if s != GAP else GAP for s in sizes]
        columns.add(name, numbers, unit="percent", meaning=f"{label} error of {value}, of its value")
        return
    if wrong := [s for s in texts if not s.endswith("%")]:
        raise NuanomalyError(f"{file}: the error {wrong[0]!r} of {value} is no number and no percentage")
    if texts:  # percentages, beside numbers, of what is no number
        columns.add(name, sizes, unit=unit, meaning=f"{label} error of {value}, as it is written")
        return
    side = {"error-plus": "upper ", "error-minus": "lower "}.get(role, "")
    meaning = f"{side}{label} error of {value}" if label != "error" else f"{side}error of {value}"
    columns.add(name, sizes, unit=unit, meaning=meaning, role=role, of=value)


def _matrix(
    name: str,
    independent: Sequence[Mapping[str, Any]],
    dependent: Sequence[Mapping[str, Any]],
    declared: dict[str, Any],
) -> Draft | None:
    """Return a matrix that is written as value by row and column number; None for any other table."""
    import numpy as np
    import pandas as pd

    if len(independent) != 2 or len(dependent) != 1 or any("errors" in v for v in dependent[0]["values"]):
        return None
    numbers = hepdata_errors.indices(independent)
    values = [hepdata_errors.plain(v.get("value")) for v in dependent[0]["values"]]
    if numbers is None or not values or not all(isinstance(v, int | float) for v in values):
        return None
    order = sorted((0, 1), key=lambda k: "row" not in str(independent[k].get("header")).lower())
    rows, columns = ([n - min(numbers[k]) for n in numbers[k]] for k in order)
    shape = max(rows) + 1, max(columns) + 1
    if not len(values) == len(set(zip(rows, columns, strict=True))) == shape[0] * shape[1]:
        return None
    matrix = np.full(shape, np.nan)
    matrix[rows, columns] = np.array(values, float)
    _, unit, meaning = _header(dependent[0])
    kind = guessing.matrix_kind(matrix)
    if kind == "covariance" and "inverse" in f"{declared['title']} {meaning}".lower():
        kind = "inverse-covariance"
    called = [q["value"] for q in dependent[0].get("qualifiers") or () if q.get("name") == COLUMN_NAMES]
    pattern = str(called[0]) if called and "{i}" in str(called[0]) else "c{i}"
    frame = pd.DataFrame(matrix, columns=[pattern.replace("{i}", str(i)) for i in range(shape[1])])
    entry = {"name": pattern, "count": shape[1], "unit": "1" if kind == "correlation" else unit}
    if kind != "matrix":
        declared |= _precision(matrix, values)
    column = [{**entry, "meaning": meaning if "{i}" in meaning else f"{meaning}, column {{i}}"}]
    return Draft(name, frame, column, kind, declared)


def _precision(matrix: Any, values: Sequence[float]) -> dict[str, Any]:
    """Return the precision that the printed digits leave, if the matrix needs it to be one of variances."""
    import numpy as np

    from nuanomaly.archive.validate.covariance import PRECISION, scale

    smallest = float(np.linalg.eigvalsh(0.5 * (scale(matrix) + scale(matrix).T))[0])
    diagonal = matrix.diagonal()[matrix.diagonal() > 0]
    if smallest >= -len(matrix) * PRECISION or not diagonal.size:
        return {}
    decimals = max(len(repr(float(v)).partition(".")[2].partition("e")[0]) for v in values)
    precision = float(0.5 * 10.0**-decimals / diagonal.min())
    return {"precision": float(f"{precision:.2g}")} if precision <= 0.1 else {}
