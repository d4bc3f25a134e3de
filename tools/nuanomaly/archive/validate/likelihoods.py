"""The likelihood and the benchmarks of a release: modes, kinds and references."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from nuanomaly.archive import schemas
from nuanomaly.archive.document import Steps
from nuanomaly.archive.errors import nearest
from nuanomaly.archive.outside import in_archive, outside
from nuanomaly.archive.validate import structure, units
from nuanomaly.archive.validate.findings import Finding
from nuanomaly.archive.validate.metadata import repeated, table_reference, unknown
from nuanomaly.archive.validate.subject import ReleaseSubject

_TRIPLE = ("response", "transform", "statistic")


def check(subject: ReleaseSubject, broken: frozenset[str], folder: Path) -> Iterator[Finding]:
    """Yield the findings of likelihood, benchmarks and the modes of overlaps.

    Parameters
    ----------
    subject : ReleaseSubject
    broken : frozenset of str
        Entries of the top level that are not what the schema asks for; they are left alone.
    folder : pathlib.Path
        The schemas.
    """
    data = {k: v for k, v in subject.data.items() if k not in broken}
    modes = modes_of(data)
    if "likelihood" in data:
        yield from _likelihood(subject, data["likelihood"], folder)
        if not data.get("benchmarks") and "benchmarks" not in broken:
            yield subject.finding(
                "NO_BENCHMARK", "nothing shows that the likelihood is right", ["likelihood"]
            )
    for position, entry in enumerate(data.get("overlaps", ())):
        for k, mode in enumerate(entry.get("modes", ())):
            where: Steps = ["overlaps", position, "modes", k]
            yield from unknown(subject, "UNKNOWN_MODE", "mode", mode, modes, where)
    for position, entry in enumerate(data.get("benchmarks", ())):
        yield from benchmark(subject, entry, ["benchmarks", position], modes, folder)


def modes_of(data: Mapping[str, Any]) -> list[str]:
    """Return the modes of a release's likelihood; none if it has no likelihood."""
    return list((data.get("likelihood") or {}).get("modes") or ())


def nuisances_of(data: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the nuisances of each mode of a release."""
    declared = data.get("likelihood") or {}
    modes = declared.get("modes") or {}
    return {mode: {**declared, **entry}.get("nuisances", []) for mode, entry in modes.items()}


def _likelihood(subject: ReleaseSubject, declared: Mapping[str, Any], folder: Path) -> Iterator[Finding]:
    base: Steps = ["likelihood"]
    default = declared.get("default_mode")
    if default is not None:
        yield from unknown(
            subject, "UNKNOWN_MODE", "mode", default, declared["modes"], [*base, "default_mode"]
        )
    places = [(base, declared), *(([*base, "modes", m], entry) for m, entry in declared["modes"].items())]
    for steps, entry in places:
        yield from repeated(
            subject, [*steps, "nuisances"], [n["id"] for n in entry.get("nuisances", ())], "id"
        )
        for part in (*_TRIPLE, "surface"):
            if part in entry:
                yield from config(subject, part, entry[part], [*steps, part], folder)
        for name, block in entry.get("nuisance_blocks", {}).items():
            where = [*steps, "nuisance_blocks", name]
            yield from table_reference(subject, {"table": block["inverse_correlation"]}, where)
            yield from table_reference(subject, block["sigma"], [*where, "sigma"])
    for mode, entry in declared["modes"].items():
        yield from _mode(subject, {**declared, **entry}, mode)


def _mode(subject: ReleaseSubject, config: Mapping[str, Any], mode: str) -> Iterator[Finding]:
    """Yield the findings of one mode with all that is common to the modes."""
    steps = ["likelihood", "modes", mode]
    missing = [part for part in _TRIPLE if part not in config]
    if "surface" not in config and missing:
        message = f"mode {mode!r} has no surface, and lacks {', '.join(missing)}"
        yield subject.finding("LIKELIHOOD_INCOMPLETE", message, steps)
    blocks = config.get("nuisance_blocks", {})
    for nuisance in config.get("nuisances", ()):
        if "block" in nuisance and nuisance["block"] not in blocks:
            message = f"nuisance {nuisance['id']!r} belongs to a block {nuisance['block']!r}"
            near = tuple(nearest(nuisance["block"], blocks))
            yield subject.finding("UNKNOWN_NUISANCE_BLOCK", message, steps, suggestions=near)
        if nuisance.get("low", float("-inf")) >= nuisance.get("high", float("inf")):
            message = f"{nuisance['id']!r} lies between {nuisance['low']} and {nuisance['high']}"
            yield subject.finding("NUISANCE_BOUNDS_REVERSED", message, steps)


def config(
    subject: ReleaseSubject, part: str, declared: Any, steps: Steps, folder: Path
) -> Iterator[Finding]:
    """Yield the findings of the configuration of a kind; ``surface`` is the kind of one without any."""
    kind = str(declared.get("kind", part))
    known = schemas.kinds(part, folder)
    others = {} if kind in known else outside(part)
    if kind not in known and (kind not in others or in_archive(subject.folder)):
        message = f"schemas/kinds/{part} has no schema of the kind {kind!r}"
        if kind in others:
            message = f"{others[kind].said}: it serves releases of one's own folders alone"
        near = tuple(nearest(kind, known))
        yield subject.finding("KIND_WITHOUT_SCHEMA", message, [*steps, "kind"], suggestions=near)
    else:
        validator = (
            schemas.validator_of(others[kind].schema, folder)
            if kind in others
            else schemas.kind_validator(part, kind, folder)
        )
        schema: Any = validator.schema
        own = (
            declared
            if "kind" in schema.get("properties", {})
            else {k: v for k, v in declared.items() if k != "kind"}
        )
        yield from structure.schema_findings(subject, validator, own, steps)
        if kind in others or _names_tables(part, kind, folder):
            yield from _marked(subject, schema, own, steps)
    yield from _references(subject, declared, steps)


def _references(subject: ReleaseSubject, value: Any, steps: Steps) -> Iterator[Finding]:
    """Yield the findings of every ``{table, column}`` in a configuration."""
    if isinstance(value, dict):
        if isinstance(value.get("table"), str):
            yield from table_reference(subject, value, steps)
        for key, item in value.items():
            yield from _references(subject, item, [*steps, key])
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _references(subject, item, [*steps, position])


@lru_cache(maxsize=128)
def _names_tables(part: str, kind: str, folder: Path) -> bool:
    """Return whether the schema of a kind marks any text as the name of a table: most do not."""
    return '"x-table"' in json.dumps(schemas.kind_validator(part, kind, folder).schema)


def _marked(subject: ReleaseSubject, schema: Any, value: Any, steps: Steps) -> Iterator[Finding]:
    """Yield the findings of texts that a kind's schema marks as names of tables (``"x-table": true``)."""
    for name, where in marked(schema, value, steps, schema):
        yield from unknown(subject, "UNKNOWN_TABLE", "table", name, subject.declared, where)


def marked(schema: Any, value: Any, steps: Steps, whole: Any) -> Iterator[tuple[str, Steps]]:
    """Yield each text that a schema marks as the name of a table, and where it stands.

    Parameters
    ----------
    schema : Any
        The part of a kind's schema that is about the value.
    value : Any
    steps : Steps
        Where the value stands.
    whole : Any
        The schema of the kind, whose ``$defs`` its parts refer to.
    """
    if not isinstance(schema, dict):
        return
    if schema.get("x-table") and isinstance(value, str):
        yield value, steps
    reference = str(schema.get("$ref", ""))
    parts = [whole.get("$defs", {}).get(reference.removeprefix("#/$defs/"))] if reference else []
    parts += [part for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key, ())]
    parts += [schema[key] for key in ("then", "else") if key in schema]
    for part in parts:
        yield from marked(part, value, steps, whole)
    if isinstance(value, dict):
        named, others = schema.get("properties", {}), schema.get("additionalProperties")
        for key, item in value.items():
            yield from marked(named.get(key, others), item, [*steps, key], whole)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from marked(schema.get("items"), item, [*steps, position], whole)


def benchmark(
    subject: ReleaseSubject, entry: Mapping[str, Any], steps: Steps, modes: list[str], folder: Path
) -> Iterator[Finding]:
    """Yield the findings of one benchmark of a release, wherever it stands."""
    compute = entry["compute"]
    yield from config(subject, "benchmark", compute, [*steps, "compute"], folder)
    if isinstance(compute.get("mode"), str):
        yield from unknown(
            subject, "UNKNOWN_MODE", "mode", compute["mode"], modes, [*steps, "compute", "mode"]
        )
    error, tolerance = entry.get("uncertainty"), entry.get("tolerance")
    if isinstance(error, int | float) and isinstance(tolerance, int | float) and tolerance > error:
        message = f"{entry['id']}: the tolerance {tolerance} is above the quoted error {error}"
        yield subject.finding("TOLERANCE_ABOVE_ERROR", message, [*steps, "tolerance"])
    problem = units.problem(entry["unit"]) if "unit" in entry else ""
    if problem:
        yield subject.finding("UNIT_UNKNOWN", problem, [*steps, "unit"])
