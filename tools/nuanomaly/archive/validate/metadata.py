"""release.yaml beyond its schema: names, dates, ids and references inside one release."""

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nuanomaly.archive.document import Steps
from nuanomaly.archive.errors import nearest
from nuanomaly.archive.printed_units import TODO
from nuanomaly.archive.validate import units
from nuanomaly.archive.validate.column_values import columns_named
from nuanomaly.archive.validate.findings import Finding
from nuanomaly.archive.validate.subject import ReleaseSubject, Subject

#: Statuses of tables that are made from originals.
_FROM_ORIGINALS = ("official", "transcribed", "digitised")
#: Units that stand at the end of column names; letters that also mean something else (m, s, g) are left out.
_UNITS_IN_NAMES = {"eV", "keV", "MeV", "GeV", "eV2", "mm", "cm", "km", "ns", "percent"}


def check(
    subject: ReleaseSubject, broken: frozenset[str], importers: Sequence[str] | None
) -> Iterator[Finding]:
    """Yield the findings of everything but the likelihood.

    Parameters
    ----------
    subject : ReleaseSubject
    broken : frozenset of str
        Entries of the top level that are not what the schema asks for; they are left alone.
    importers : sequence of str or None
        Names of the importers there are; None where they are not at hand, and cannot be checked.
    """
    data = {k: v for k, v in subject.data.items() if k not in broken}
    yield from _path(subject, data)
    yield from _dates(subject, data)
    yield from _ids(subject, data)
    if "tables" in data:
        yield from _table_names(subject, data)
        for name, entry in data["tables"].items():
            yield from _table(subject, name, entry)
        yield from _provenance(subject, data)
    if importers is not None and "import" in data and data["import"]["importer"] not in importers:
        wanted = data["import"]["importer"]
        near = tuple(nearest(wanted, importers))
        yield subject.finding(
            "UNKNOWN_IMPORTER", f"no importer is called {wanted!r}", ["import", "importer"], suggestions=near
        )


def _path(subject: ReleaseSubject, data: Mapping[str, Any]) -> Iterator[Finding]:
    expected = {"name": subject.folder.parent.name, "version": subject.folder.name}
    for key, value in expected.items():
        if key in data and data[key] != value:
            message = f"{key} is {data[key]!r}, but the folder is called {value!r}"
            yield subject.finding("NAME_NOT_PATH", message, [key])


def _dates(subject: ReleaseSubject, data: Mapping[str, Any]) -> Iterator[Finding]:
    period = data.get("data_taking", {})
    dated: list[tuple[Steps, str]] = [(["data_taking", k], period[k]) for k in ("from", "to") if k in period]
    if "released" in data:
        dated.append((["released"], data["released"]))
    wrong = [(steps, text) for steps, text in dated if not is_date(text)]
    for steps, text in wrong:
        yield subject.finding("NO_SUCH_DATE", f"{text} is not in the calendar", steps)
    if not wrong and {"from", "to"} <= set(period):
        size = min(len(period["from"]), len(period["to"]))
        if period["from"][:size] > period["to"][:size]:
            message = f"data taking ends ({period['to']}) before it begins ({period['from']})"
            yield subject.finding("DATES_REVERSED", message, ["data_taking", "to"])


def is_date(text: str) -> bool:
    """Return whether year, year and month, or year, month and day are in the calendar.

    Examples
    --------
    >>> is_date("2018-06"), is_date("2018-02-30")
    (True, False)
    """
    try:
        datetime.date.fromisoformat(text + "-01-01"[: 3 * (2 - text.count("-"))] if len(text) < 10 else text)
    except ValueError:
        return False
    return True


def _ids(subject: ReleaseSubject, data: Mapping[str, Any]) -> Iterator[Finding]:
    for section, key in (("originals", "id"), ("publications", "key"), ("benchmarks", "id")):
        yield from repeated(subject, [section], [entry[key] for entry in data.get(section, ())], key)


def repeated(subject: Subject, steps: Steps, ids: Sequence[str], key: str) -> Iterator[Finding]:
    """Yield a finding for every id of a list that stood before."""
    seen: Counter[str] = Counter()
    for position, name in enumerate(ids):
        if seen[name]:
            message = f"{key} {name!r} stands twice in {steps[-1]}"
            yield subject.finding("REPEATED_ID", message, [*steps, position, key])
        seen[name] += 1


def unknown(
    subject: Subject, code: str, kind: str, name: Any, known: Iterable[str], steps: Steps
) -> Iterator[Finding]:
    """Yield a finding if a name is not a known one."""
    names = list(known)
    if name not in names:
        near = tuple(nearest(str(name), names))
        remedy = (
            "" if near or not names else f"Known: {', '.join(names[:12])}{', …' if len(names) > 12 else ''}"
        )
        message = f"there is no {kind} {name!r}"
        yield subject.finding(code, message, steps, remedy=remedy, suggestions=near)


def _table_names(subject: ReleaseSubject, data: Mapping[str, Any]) -> Iterator[Finding]:
    for section in ("known_issues", "changes"):
        for position, entry in enumerate(data.get(section, ())):
            for k, name in enumerate(entry.get("tables", ())):
                steps: Steps = [section, position, "tables", k]
                yield from unknown(subject, "UNKNOWN_TABLE", "table", name, data["tables"], steps)


def _table(subject: ReleaseSubject, name: str, entry: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the findings of the declaration of one table."""
    steps = ["tables", name]
    columns = subject.column_names(name)
    for column, count in Counter(columns).items():
        if count > 1:
            message = f"column {column!r} of table {name!r} is declared {count} times"
            yield subject.finding("COLUMN_REPEATED", message, [*steps, "columns"], table=name, column=column)
    for position, column in enumerate(entry["columns"]):
        yield from _column(subject, name, columns, [*steps, "columns", position], column)
    edges = entry.get("edges", {})
    named: list[tuple[Steps, str]]
    named = [(["edges", k], edges[k]) for k in ("low", "high", "at") if k in edges]
    named += [(["edges", "within", k], c) for k, c in enumerate(edges.get("within", ()))]
    named += [(["missing", c], c) for c in entry.get("missing", {})]
    for more, column in named:
        kind = f"column of table {name!r} called"
        yield from unknown(subject, "UNKNOWN_COLUMN", kind, column, columns, [*steps, *more])
    yield from _covariance_unit(subject, name, entry)
    if "diagonal" in entry:
        yield from table_reference(subject, entry["diagonal"], [*steps, "diagonal"])


def _column(
    subject: ReleaseSubject,
    table: str,
    columns: Sequence[str],
    steps: Sequence[str | int],
    entry: Mapping[str, Any],
) -> Iterator[Finding]:
    if entry["unit"].startswith(TODO):  # a finding already
        return
    problem = units.problem(entry["unit"])
    place = {"table": table, "column": entry["name"]}
    if problem:
        yield subject.finding("UNIT_UNKNOWN", problem, [*steps, "unit"], **place)
    elif _unit_in_name(entry["name"]) and not units.equal(_unit_in_name(entry["name"]), entry["unit"]):
        message = (
            f"the name {entry['name']!r} says {_unit_in_name(entry['name'])}, the unit is {entry['unit']}"
        )
        yield subject.finding("NAME_UNIT_DIFFERS", message, [*steps, "unit"], **place)
    for column in columns_named(entry.get("normalised", {})):
        kind = f"column of table {table!r} called"
        yield from unknown(subject, "UNKNOWN_COLUMN", kind, column, columns, [*steps, "normalised"])
    if "of" not in entry:
        if str(entry.get("role", "")).startswith("error"):
            message = f"column {entry['name']!r} of table {table!r} is the error of no column"
            yield subject.finding("ERROR_WITHOUT_VALUE", message, [*steps, "role"], **place)
        return
    kind = f"column of table {table!r} called"
    yield from unknown(subject, "UNKNOWN_COLUMN", kind, entry["of"], columns, [*steps, "of"])
    value = next((c for c in subject.declared[table]["columns"] if c["name"] == entry["of"]), None)
    if value and (str(value.get("role", "value")) != "value" or value.get("type") in ("string", "bool")):
        message = f"{entry['name']!r} is the error of {entry['of']!r}, which is no value"
        yield subject.finding("ERROR_OF_WHAT", message, [*steps, "of"], **place)
    if not value or problem or units.problem(value["unit"]):
        return
    if not units.same_dimension(entry["unit"], value["unit"]):
        message = f"error in {entry['unit']}, value {entry['of']!r} in {value['unit']}"
        yield subject.finding("ERROR_UNIT_DIFFERS", message, [*steps, "unit"], **place)


def _unit_in_name(name: str) -> str:
    """Return the unit that the end of a column's name says; empty if it says none.

    Examples
    --------
    >>> _unit_in_name("energy_MeV"), _unit_in_name("c{i}"), _unit_in_name("E_low")
    ('MeV', '', '')
    """
    end = name.rpartition("_")[2] if "_" in name else ""
    return end if end in _UNITS_IN_NAMES else ""


def _covariance_unit(subject: ReleaseSubject, name: str, entry: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the finding of a covariance whose unit is not that of the errors squared."""
    power = {"covariance": 2, "inverse-covariance": -2, "correlation": 0}.get(entry["kind"])
    if power is None:
        return
    unit = "1" if power == 0 else None
    diagonal = entry.get("diagonal")
    if unit is None and diagonal and diagonal["table"] in subject.declared:
        columns = subject.declared[diagonal["table"]].get("columns", ())
        unit = next((c["unit"] for c in columns if c["name"] == diagonal["column"]), None)
    if unit is None or units.problem(unit):
        return
    for position, column in enumerate(entry["columns"]):
        if not units.problem(column["unit"]) and not units.is_power(column["unit"], unit, power or 1):
            wanted = unit if power == 0 else f"({unit})**{power}"
            message = f"table {name!r} is in {column['unit']}, it must be in {wanted}"
            steps: Steps = ["tables", name, "columns", position, "unit"]
            yield subject.finding("COVARIANCE_UNIT_DIFFERS", message, steps, table=name)
            return


def table_reference(subject: ReleaseSubject, reference: Mapping[str, Any], steps: Steps) -> Iterator[Finding]:
    """Yield the findings of ``{table, column}``."""
    table = reference["table"]
    findings = list(unknown(subject, "UNKNOWN_TABLE", "table", table, subject.declared, [*steps, "table"]))
    yield from findings
    if not findings and isinstance(reference.get("column"), str):
        kind = f"column of table {table!r} called"
        known = subject.column_names(table)
        yield from unknown(subject, "UNKNOWN_COLUMN", kind, reference["column"], known, [*steps, "column"])


def _provenance(subject: ReleaseSubject, data: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is wrong between tables and originals."""
    if "originals" not in data:
        return
    ids = [original["id"] for original in data["originals"]]
    used = set()
    for name, entry in data["tables"].items():
        for k, original in enumerate(entry.get("originals", ())):
            used.add(original)
            steps = ["tables", name, "originals", k]
            yield from unknown(subject, "UNKNOWN_ORIGINAL", "original", original, ids, steps)
        imported = "import" in data and not entry.get("by_hand")
        if imported and not entry.get("originals") and entry["status"] in _FROM_ORIGINALS:
            message = f"table {name!r} was imported, but names no original"
            yield subject.finding("TABLE_WITHOUT_ORIGINAL", message, ["tables", name], table=name)
    if data.get("state") == "announced":
        return  # its originals are all there is
    for position, name in enumerate(ids):
        if name not in used:
            message = f"no table was made from {name!r}"
            yield subject.finding("ORIGINAL_UNUSED", message, ["originals", position])
