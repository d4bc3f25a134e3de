"""Every table that a likelihood reads is read by a benchmark of its own release: else nothing proves it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nuanomaly.archive import document, schemas
from nuanomaly.archive.amendments import texts_in
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.names import split
from nuanomaly.archive.references import split_mode, terms
from nuanomaly.archive.validate.findings import Finding
from nuanomaly.archive.validate.likelihoods import marked
from nuanomaly.archive.validate.subject import ReleaseSubject, some

#: Kinds of benchmark that read tables of the response alone: all of them, or those under some of its keys.
_OF_THE_RESPONSE: Mapping[str, tuple[str, ...]] = {"response-total": (), "target-geometry": ("solids",)}
_PARTS = ("response", "transform", "statistic", "surface")


def check(
    subject: ReleaseSubject,
    added: Sequence[Mapping[str, Any]],
    groups: Mapping[str, Sequence[str]],
    folder: Path,
    note: bool,
) -> Iterator[Finding]:
    """Yield the finding of tables that no benchmark reads.

    Parameters
    ----------
    subject : ReleaseSubject
        Sound otherwise.
    added : sequence of mapping
        The benchmarks that amendments add.
    groups : mapping of str to sequence of str
        The releases of each group by its name.
    folder : pathlib.Path
        The schemas.
    note : bool
        Whether it is a note: of a release that was released before the check existed.
    """
    unread = unproven(subject.data, added, groups, folder, set(subject.declared))
    if unread:
        verb = "is" if len(unread) == 1 else "are"
        message = f"{some(sorted(unread))} {verb} read by the likelihood and by no benchmark"
        yield subject.finding("TABLE_NOT_PROVEN", message, ["likelihood"], note=note)


def declared_groups(root: Path) -> dict[str, tuple[str, ...]]:
    """Return the releases of each group that the anomalies declare; what is no group is left out."""
    groups: dict[str, tuple[str, ...]] = {}
    for file in sorted(root.glob("anomalies/*.yaml")):
        try:
            content = document.bounded(file)
        except NuanomalyError:  # it has a finding of its own
            continue
        declared = content.get("groups") if isinstance(content, dict) else None
        for name, members in declared.items() if isinstance(declared, dict) else ():
            if isinstance(members, list) and all(isinstance(member, str) for member in members):
                groups[str(name)] = tuple(members)
    return groups


def unproven(
    data: Mapping[str, Any],
    added: Sequence[Mapping[str, Any]],
    groups: Mapping[str, Sequence[str]],
    folder: Path,
    declared: Collection[str],
) -> set[str]:
    """Return the tables that modes of the likelihood read and no benchmark does."""
    by_mode = tables_by_mode(data, folder, declared)
    read: set[str] = set()
    for entry in (*data.get("benchmarks", ()), *added):
        compute = entry["compute"]
        kind = str(compute.get("kind"))
        if kind not in schemas.kinds("benchmark", folder):
            continue
        schema: Any = schemas.kind_validator("benchmark", kind, folder).schema
        read |= named(schema, compute) & set(declared)
        if kind in _OF_THE_RESPONSE:
            read |= _of_the_response(compute, data, folder, _OF_THE_RESPONSE[kind]) & set(declared)
            continue
        for mode in evaluated(compute, schema, data, groups, list(by_mode)):
            read |= by_mode.get(mode, set())
    return set().union(*by_mode.values()) - read if by_mode else set()


def tables_by_mode(data: Mapping[str, Any], folder: Path, declared: Collection[str]) -> dict[str, set[str]]:
    """Return the tables that each mode of a release's likelihood reads."""
    likelihood = data.get("likelihood") or {}
    result = {}
    for mode, own in likelihood.get("modes", {}).items():
        config = {**likelihood, **own}
        used: set[str] = set()
        # a mode that is a released map reads nothing else
        for part in ("surface",) if "surface" in config else _PARTS[:3]:
            entry = config.get(part, {})
            kind = str(entry.get("kind", part))
            if kind in schemas.kinds(part, folder):
                used |= named(schemas.kind_validator(part, kind, folder).schema, entry)
        for block in config.get("nuisance_blocks", {}).values():
            used |= {block["inverse_correlation"], block["sigma"]["table"]}
        result[mode] = used & set(declared)
    return result


def _of_the_response(
    compute: Mapping[str, Any], data: Mapping[str, Any], folder: Path, keys: Sequence[str]
) -> set[str]:
    """Return the tables of the response, or those that stand under some of its keys."""
    likelihood = data.get("likelihood") or {}
    modes = likelihood.get("modes", {})
    mode = compute.get("mode", likelihood.get("default_mode", next(iter(modes), "")))
    response = {**likelihood, **modes.get(mode, {})}.get("response", {})
    if keys:
        return {str(response[key]) for key in keys if key in response}
    kind = str(response.get("kind"))
    if kind not in schemas.kinds("response", folder):
        return set()
    return named(schemas.kind_validator("response", kind, folder).schema, response)


def named(schema: Any, value: Any) -> set[str]:
    """Return the tables in a configuration: under ``table``, or where its schema says ``x-table``."""
    return {*(name for name, _ in marked(schema, value, [], schema)), *_referred(value)}


def _referred(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("table"), str):
            yield value["table"]
        for item in value.values():
            yield from _referred(item)
    elif isinstance(value, list):
        for item in value:
            yield from _referred(item)


def evaluated(
    compute: Mapping[str, Any],
    schema: Mapping[str, Any],
    data: Mapping[str, Any],
    groups: Mapping[str, Sequence[str]],
    modes: Sequence[str],
) -> set[str]:
    """Return the modes of a release that a benchmark evaluates.

    Parameters
    ----------
    compute : mapping
        The declaration of the benchmark.
    schema : mapping
        Of its kind; one that knows a mode or several data sets evaluates likelihoods.
    data : mapping
        The release.
    groups : mapping of str to sequence of str
    modes : sequence of str
        The modes of the release.
    """
    likelihood = data.get("likelihood") or {}
    default = str(likelihood.get("default_mode", modes[0] if modes else ""))
    properties = schema.get("properties", {})
    wanted = [str(c["mode"]) for c in (compute, compute.get("minus", {})) if "mode" in c]
    if "datasets" in compute or "sides" in compute:
        texts = [*compute.get("datasets", ()), *texts_in(compute.get("sides", ()))]
        return {
            mode or (wanted[0] if wanted and wanted[0] in modes else default)
            for text in texts
            for name, mode in _members(text, groups)
            if name in (data.get("name"), f"{data.get('name')}@{data.get('version')}")
        }
    if "mode" not in properties and "model" not in properties:
        return set()
    return set(wanted) | (set() if "mode" in compute else {default})


def _members(text: str, groups: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str | None]]:
    """Yield the data sets of a text, groups written out, each by its release or dataset and mode."""
    for term in terms(text):
        name, mode = split_mode(term)
        for member in groups.get(name, (name,)):
            plain, own = split_mode(member)
            dataset, version = split(plain)
            revision = version and "-r" in version
            yield plain if revision else dataset, own or mode
