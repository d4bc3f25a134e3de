"""A release as a Research Object Crate (RO-Crate 1.1): its files, and what they are in JSON-LD."""

from typing import Any

from nuanomaly.archive.exporting import jsonld
from nuanomaly.archive.release import Release

_PROFILE = "https://w3id.org/ro/crate/1.1"


def files(release: Release) -> dict[str, bytes]:
    """Return the files of the crate."""
    contents = jsonld.content(release)
    described = jsonld.dataset(release)
    articles = [_article(p) for p in release.metadata["publications"]]
    parts = [_part(release, name, content) for name, content in contents.items()]
    root: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        **{k: described[k] for k in ("name", "description", "version", "identifier", "keywords")},
        # the profile asks for both; where upstream states none, the crate says so instead of guessing
        "datePublished": described.get("datePublished", articles[0]["datePublished"]),
        "license": described.get("license", "not stated"),
        "hasPart": [{"@id": part["@id"]} for part in parts],
        "citation": [{"@id": article["@id"]} for article in articles],
    }
    metadata = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": _PROFILE},
        "about": {"@id": "./"},
    }
    graph = [metadata, root, *parts, *articles]
    return {
        "ro-crate-metadata.json": jsonld.dumped({"@context": f"{_PROFILE}/context", "@graph": graph}),
        **contents,
    }


def _part(release: Release, name: str, content: bytes) -> dict[str, Any]:
    table = next((t for t in release.tables if release.declared(t)["file"] == name), None)
    entries = {
        "@id": name,
        "@type": "File",
        "name": name,
        "encodingFormat": jsonld.media(name),
        "contentSize": str(len(content)),
    }
    if table is not None:
        entry = release.declared(table)
        entries |= {
            "name": str(entry.get("title", table)),
            "description": f"{jsonld.line(entry['source'])} ({entry['status']})",
            "sha256": str(entry["sha256"]),
        }
    return entries


def _article(publication: Any) -> dict[str, Any]:
    entries = jsonld.article(publication)
    links = entries.pop("sameAs")
    for nested in ("author", "sourceOrganization"):  # a flat graph: names instead of nested entities
        if nested in entries:
            entries[nested] = entries[nested]["name"]
    return {"@id": links[0] if links else f"#{publication['key']}", **entries, "sameAs": links[1:]}
