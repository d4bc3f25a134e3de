"""A release as schema.org/Dataset in JSON-LD, which search engines for data read."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from nuanomaly.archive import amendments
from nuanomaly.archive.release import Release
from nuanomaly.archive.tables import expand_columns

_MEDIA = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet", "yaml": "application/yaml"}


def files(release: Release) -> dict[str, bytes]:
    """Return the one file of the format."""
    return {"dataset.jsonld": dumped({"@context": "https://schema.org/", **dataset(release)})}


def dumped(data: Mapping[str, Any]) -> bytes:
    """Return data as JSON text."""
    return (json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def dataset(release: Release) -> dict[str, Any]:
    """Return a release as a schema.org Dataset, without its context."""
    said = release.metadata
    entries: dict[str, Any] = {
        "@type": "Dataset",
        "name": said["title"],
        "alternateName": release.name,
        "description": line(said["summary"]),
        "version": release.version,
        "identifier": release.id,
        "keywords": ["neutrino physics", said["experiment"], said["sector"], *said["channels"]],
        "creativeWorkStatus": release.state,
        "isBasedOn": [article(p) for p in said["publications"]],
        "citation": [article(p) for p in said["publications"] if p["role"] == "primary"],
        "variableMeasured": [v for name in release.tables for v in variables(release, name)],
        "distribution": [download(release, name) for name in release.tables],
    }
    if "released" in said:
        entries["datePublished"] = str(said["released"])
    if "licence" in said:
        entries["license"] = said["licence"]
    if said.get("amendments"):
        entries["correction"] = [_correction(entry) for entry in said["amendments"]]
    period = said.get("data_taking", {})
    if "from" in period and "to" in period:
        entries["temporalCoverage"] = f"{period['from']}/{period['to']}"
    return entries


def _correction(amendment: Mapping[str, Any]) -> dict[str, Any]:
    """Return an amendment as a schema.org CorrectionComment."""
    issues = [f"{i['title']}: {i['text']}" for i in amendment.get("known_issues", ())]
    said = [amendment["reason"], *issues, f"Source: {amendment['source']}"]
    return {
        "@type": "CorrectionComment",
        "identifier": amendment["id"],
        "datePublished": str(amendment["date"]),
        "text": " ".join(line(text) for text in said),
    }


def article(publication: Mapping[str, Any]) -> dict[str, Any]:
    """Return a publication as a schema.org ScholarlyArticle."""
    entries: dict[str, Any] = {"@type": "ScholarlyArticle", "name": publication["title"]}
    if "authors" in publication:
        entries["author"] = {"@type": "Person", "name": publication["authors"]}
    if "collaboration" in publication:
        entries["sourceOrganization"] = {"@type": "Organization", "name": publication["collaboration"]}
    entries["datePublished"] = str(publication["year"])
    links = {"doi": "https://doi.org/", "arxiv": "https://arxiv.org/abs/"}
    entries["sameAs"] = [base + str(publication[key]) for key, base in links.items() if key in publication]
    return entries


def variables(release: Release, table: str) -> list[dict[str, Any]]:
    """Return the declared columns of a table as schema.org PropertyValues; repeated ones once."""
    return [
        {
            "@type": "PropertyValue",
            "name": f"{table}.{column['name']}",
            "description": line(column["meaning"]),
            "unitText": column.get("unit", "1"),
        }
        for column in release.declared(table)["columns"]
    ]


def download(release: Release, table: str) -> dict[str, Any]:
    """Return a table's file as a schema.org DataDownload."""
    entry = release.declared(table)
    return {
        "@type": "DataDownload",
        "name": entry.get("title", table),
        "description": f"{line(entry['source'])} ({entry['status']})",
        "contentUrl": entry["file"],
        "encodingFormat": media(str(entry["file"])),
        "contentSize": f"{entry['size']} B",
        "sha256": entry["sha256"],
    }


def media(file: str) -> str:
    """Return the media type of a file.

    Examples
    --------
    >>> media("rates.csv")
    'text/csv'
    """
    return _MEDIA[file.rpartition(".")[2]]


def line(text: object) -> str:
    """Return a text on one line."""
    return " ".join(str(text).split())


def content(release: Release) -> dict[str, bytes]:
    """Return the release's own files, as they are, and what was learned of it later."""
    names = ["release.yaml", *(str(release.declared(t)["file"]) for t in release.tables)]
    contents = {name: (release.folder / name).read_bytes() for name in names}
    if later := release.metadata.get("amendments"):
        said = {"schema": "1", "name": release.name, "amendments": later}
        contents[amendments.FILE] = yaml.safe_dump(
            said, sort_keys=False, allow_unicode=True, width=1_000_000
        ).encode()
    return contents


def columns(release: Release, table: str) -> list[tuple[str, str, str, str]]:
    """Return name, type, unit and meaning of every column of a table."""
    expanded = expand_columns(release.declared(table)["columns"])
    return [(c.name, c.type, c.unit, line(c.meaning)) for c in expanded]
