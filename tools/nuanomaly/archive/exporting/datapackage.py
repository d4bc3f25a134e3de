"""A release as a Frictionless Data Package (v1): its files, with a table schema for each."""

from typing import Any

from nuanomaly.archive.exporting import jsonld
from nuanomaly.archive.release import Release

_TYPES = {"float64": "number", "int64": "integer", "string": "string", "bool": "boolean"}


def files(release: Release) -> dict[str, bytes]:
    """Return the files of the package."""
    said = release.metadata
    package: dict[str, Any] = {
        "profile": "data-package",
        "name": release.name,
        "id": release.id,
        "version": release.version,
        "title": said["title"],
        "description": jsonld.line(said["summary"]),
        "keywords": [said["experiment"], said["sector"], *said["channels"]],
        "sources": [_source(p) for p in said["publications"]],
        "resources": [_resource(release, name) for name in release.tables],
    }
    return {"datapackage.json": jsonld.dumped(package), **jsonld.content(release)}


def _source(publication: Any) -> dict[str, str]:
    links = jsonld.article(publication)["sameAs"]
    return {"title": str(publication["title"]), **({"path": links[0]} if links else {})}


def _resource(release: Release, table: str) -> dict[str, Any]:
    entry = release.declared(table)
    file = str(entry["file"])
    resource: dict[str, Any] = {
        "name": table,
        "path": file,
        "title": entry.get("title", table),
        "description": f"{jsonld.line(entry['source'])} ({entry['status']})",
        "format": file.rpartition(".")[2],
        "mediatype": jsonld.media(file),
        "hash": f"sha256:{entry['sha256']}",
        "schema": {"fields": [_field(*c) for c in jsonld.columns(release, table)], "missingValues": [""]},
    }
    if file.endswith(".csv"):
        # frictionless never counts the bytes of Parquet, and calls any number that is given a wrong one
        resource |= {"bytes": entry["size"], "profile": "tabular-data-resource", "encoding": "utf-8"}
    return resource


def _field(name: str, type: str, unit: str, meaning: str) -> dict[str, Any]:
    field: dict[str, Any] = {"name": name, "type": _TYPES[type], "description": meaning, "unit": unit}
    if type == "bool":
        field |= {"trueValues": ["True"], "falseValues": ["False"]}
    return field
