"""A release as a HEPData submission."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from nuanomaly.archive import hepdata_parts
from nuanomaly.archive.hepdata import COLUMN_NAMES, ERROR_COLUMNS, ROW_NUMBER, TEXT_COLUMNS
from nuanomaly.archive.hepdata_errors import GAP, plain
from nuanomaly.archive.release import Release
from nuanomaly.archive.tables import Column, expand_columns
from nuanomaly.archive.validate.bins import edge_columns

_MATRICES = ("covariance", "inverse-covariance", "correlation", "matrix")
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def files(release: Release) -> dict[str, bytes]:
    """Return the files of a submission, by name; every float64 is read back as it is.

    HEPData takes no data file above 10 MiB: a larger table is written in parts, which say which rows they
    hold, and which our importer joins again.
    """
    documents: list[dict[str, Any]] = [{"comment": _comment(release)}]
    contents: dict[str, bytes] = {}
    for name in release.tables:
        entry = release.declared(name)
        parts = hepdata_parts.split(_table(release, name), lambda table: _dump([table]))
        for number, (content, rows) in enumerate(parts, 1):
            file = f"{name}.yaml" if len(parts) == 1 else f"{name}-{number}-of-{len(parts)}.yaml"
            documents.append(
                {
                    "name": hepdata_parts.name(name, number, len(parts)),
                    "description": _description(entry) + (f" This part has {rows}." if rows else ""),
                    "keywords": [{"name": "phrases", "values": ["Neutrino oscillations"]}],
                    "data_file": file,
                }
            )
            contents[file] = content
    return {"submission.yaml": _dump(documents), **contents}


def _comment(release: Release) -> str:
    """Return the summary, and what was learned after the release."""
    said = [str(release.metadata["summary"])]
    for issue in release.metadata.get("known_issues", ()):
        if "amended" in issue:
            said.append(f"Known issue, added {issue['amended']}: {issue['title']}. {issue['text']}")
    return " ".join(" ".join(said).split())


def _description(entry: Mapping[str, Any]) -> str:
    where = f"Source: {entry['source']} ({entry['status']})."
    said = [f"{entry.get('title', '')}.", where, entry.get("note", "")]
    return " ".join(" ".join(str(s) for s in said if s and s != ".").split())


def _dump(documents: Sequence[Any]) -> bytes:
    text = yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000)
    return str(text).encode()


def _table(release: Release, name: str) -> dict[str, Any]:
    entry = release.declared(name)
    if entry["kind"] in _MATRICES and len(entry["columns"]) == 1 and "count" in entry["columns"][0]:
        return _matrix(release, name)
    columns = expand_columns(entry["columns"])
    frame = release.table(name)
    data = {c.name: frame[c.name].tolist() for c in columns}
    numeric = [c.name for c in columns if c.type in ("float64", "int64")]
    pairs = edge_columns(numeric, entry.get("edges", {}))
    edges = {edge for pair in pairs for edge in pair}
    if all(c.type == "string" or c.name in edges for c in columns):  # something must depend on the rest
        pairs, edges = [], set()
    texts = [c for c in columns if c.type == "string"]
    if len(texts) == len(columns):
        texts = texts[:-1]
    owned = _errors(entry, data)
    errors = {column for mine in owned.values() for group in mine for column in group}
    independent = [_bins(columns, data, low, high) for low, high in pairs]
    independent += [_variable(c, data) for c in texts]
    if not independent:
        rows = [{"value": k} for k in range(len(frame))]
        independent = [{"header": {"name": ROW_NUMBER}, "values": rows}]
    measured = [c for c in columns if c not in texts and c.name not in edges | errors]
    dependent = [_with_errors(c, data, owned.get(c.name, [])) for c in measured]
    if numerals := [c.name for c in columns if c.type == "string" and _would_be_numbers(data[c.name])]:
        dependent[0]["qualifiers"].append({"name": TEXT_COLUMNS, "value": ", ".join(numerals)})
    return {"independent_variables": independent, "dependent_variables": dependent}


def _would_be_numbers(texts: Sequence[Any]) -> bool:
    """Return whether who reads numbers in quotes takes all texts of a column for numbers: 2003.10630."""
    return all(not isinstance(plain(text), str) or plain(text) == GAP for text in texts)


def _errors(entry: Mapping[str, Any], data: Mapping[str, list[Any]]) -> dict[str, list[tuple[str, ...]]]:
    """Return the errors of each value: single columns, or pairs of an upper and a lower one."""
    entries: dict[str, list[tuple[str, ...]]] = {}
    upper: dict[str, list[str]] = {}
    for column in entry["columns"]:
        role, of = str(column.get("role", "")), str(column.get("of", ""))
        if not of or not role.startswith("error") or column.get("type", "float64") == "string":
            continue
        if role == "error":
            entries.setdefault(of, []).append((str(column["name"]),))
        elif role == "error-plus":
            upper.setdefault(of, []).append(str(column["name"]))
        elif upper.get(of):
            pair = upper[of].pop(0), str(column["name"])
            gaps = [{_is_gap(a), _is_gap(b)} for a, b in zip(*(data[c] for c in pair), strict=True)]
            if {True, False} not in gaps:  # the format has no error with one side
                entries.setdefault(of, []).append(pair)
    # an upper error without a lower one stays a variable of its own, and so do errors that are all zero in
    # some row, which the format does not have
    return {of: groups for of, groups in entries.items() if not _all_zero(groups, data)}


def _all_zero(groups: Sequence[tuple[str, ...]], data: Mapping[str, list[Any]]) -> bool:
    """Return whether all errors of a value are zero in some row."""
    return any(
        all(size == 0 or _is_gap(size) for size in row) and not all(_is_gap(size) for size in row)
        for row in zip(*(data[name] for group in groups for name in group), strict=True)
    )


def _bins(columns: Sequence[Column], data: Mapping[str, list[Any]], low: str, high: str) -> dict[str, Any]:
    unit = next(c.unit for c in columns if c.name == low)
    base = low.removesuffix("_low")
    name = base if (low, high) == (f"{base}_low", f"{base}_high") else f"{low} to {high}"
    values = [{"low": _value(a), "high": _value(b)} for a, b in zip(data[low], data[high], strict=True)]
    return {"header": {"name": name, "units": unit}, "values": values}


def _variable(column: Column, data: Mapping[str, list[Any]]) -> dict[str, Any]:
    values = [{"value": _value(v)} for v in data[column.name]]
    header = {"name": column.name} if column.type == "string" else {"name": column.name, "units": column.unit}
    return {"header": header, "values": values}


def _with_errors(
    column: Column, data: Mapping[str, list[Any]], errors: Sequence[tuple[str, ...]]
) -> dict[str, Any]:
    entries = _variable(column, data)
    if column.type == "bool":
        entries["header"] = {"name": column.name}
    entries["qualifiers"] = [{"name": "meaning", "value": " ".join(column.meaning.split())}]
    if errors:
        names = ", ".join(name for group in errors for name in group)
        entries["qualifiers"].append({"name": ERROR_COLUMNS, "value": names})
        for row, value in enumerate(entries["values"]):
            value["errors"] = list(_of_row(errors, data, row))
    return entries


def _of_row(
    errors: Sequence[tuple[str, ...]], data: Mapping[str, list[Any]], row: int
) -> Iterator[dict[str, Any]]:
    for group in errors:
        sizes = [data[name][row] for name in group]
        if _is_gap(sizes[0]):
            continue
        if len(group) == 1:
            yield {"symerror": sizes[0], "label": group[0]}
        else:
            yield {"asymerror": {"plus": sizes[0], "minus": -sizes[1]}, "label": group[0]}


def _matrix(release: Release, name: str) -> dict[str, Any]:
    entry = release.declared(name)
    matrix = release.matrix(name)
    rows, columns = matrix.shape
    column = entry["columns"][0]
    numbers = [
        [{"value": r + 1} for r in range(rows) for _ in range(columns)],
        [{"value": c + 1} for _ in range(rows) for c in range(columns)],
    ]
    independent = [
        {"header": {"name": label}, "values": values}
        for label, values in zip(("row number", "column number"), numbers, strict=True)
    ]
    values = [{"value": _value(v)} for v in matrix.ravel().tolist()]
    header = {"name": entry["kind"], "units": str(column.get("unit", "1"))}
    qualifiers = [
        {"name": COLUMN_NAMES, "value": str(column["name"])},
        {"name": "meaning", "value": " ".join(str(column["meaning"]).split())},
    ]
    dependent = {"header": header, "qualifiers": qualifiers, "values": values}
    return {"independent_variables": independent, "dependent_variables": [dependent]}


def _value(value: Any) -> Any:
    """Return a value as the format has it: a gap is a dash, a truth value a text."""
    if isinstance(value, bool):
        return str(value)
    return "-" if _is_gap(value) else value


def _is_gap(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)
