"""A release as a Research Object Crate (RO-Crate 1.1): its files, and what they are in JSON-LD."""

from collections.abc import Mapping, Sequence
from typing import Any

from nuanomaly.archive.exporting import jsonld
from nuanomaly.archive.release import Release

_PROFILE = "https://w3id.org/ro/crate/1.1"
#: The context of RO-Crate 1.1 (of schema.org 10) has no hash of a file yet; that of 1.3 says it like this.
_ADDED = {"sha256": "http://schema.org/sha256"}
_PUBLISHER = {"@id": "#archive", "@type": "Organization", "name": "nuanomaly, the anomaly archive"}


def files(release: Release) -> dict[str, bytes]:
    """Return the files of the crate."""
    contents = jsonld.content(release)
    described = jsonld.dataset(release)
    articles = [_article(p) for p in release.metadata["publications"]]
    parts = [_part(release, name, content) for name, content in contents.items()]
    licence = _named("#licence", "CreativeWork", described.get("license", "not stated"))
    authors = _authors(release)
    date = str(described.get("datePublished", articles[0]["datePublished"]))
    root: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        **{k: described[k] for k in ("name", "version", "identifier", "keywords")},
        # the profile asks for a day and a licence; what upstream does not state, the crate says it does not
        "description": described["description"]
        + ("" if len(date) == 10 else f" Published {date}; no day stated."),
        "datePublished": _day(date),
        "license": {"@id": licence["@id"]},
        "author": _references(authors),
        "publisher": {"@id": _PUBLISHER["@id"]},
        "hasPart": [{"@id": part["@id"]} for part in parts],
        "citation": _references(articles),
    }
    metadata = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": _PROFILE},
        "about": {"@id": "./"},
    }
    graph = [metadata, root, *parts, *articles, licence, *authors, _PUBLISHER]
    return {
        "ro-crate-metadata.json": jsonld.dumped(
            {"@context": [f"{_PROFILE}/context", _ADDED], "@graph": graph}
        ),
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


def _authors(release: Release) -> list[dict[str, Any]]:
    """Return who made the measurement: the collaborations of its papers, or else the experiment."""
    papers = [p for p in release.metadata["publications"] if p["role"] == "primary"]
    unique = dict.fromkeys(str(p["collaboration"]) for p in papers if "collaboration" in p)
    names = list(unique) or [str(release.metadata["experiment"])]
    return [_named(f"#author-{n}", "Organization", name) for n, name in enumerate(names, 1)]


def _day(date: str) -> str:
    """Return the day of a date, as the profile asks for one; the first one of a year or month.

    Examples
    --------
    >>> _day("1995"), _day("2020-02"), _day("2022-06-09")
    ('1995-01-01', '2020-02-01', '2022-06-09')
    """
    return date + "-01-01"[len(date) - 10 :] if len(date) < 10 else date


def _named(id: str, type: str, name: str) -> dict[str, Any]:
    return {"@id": id, "@type": type, "name": jsonld.line(name)}


def _references(entities: Sequence[Mapping[str, Any]]) -> Any:
    """Return references to entities; a single one is no list, as the specification recommends."""
    references = [{"@id": entity["@id"]} for entity in entities]
    return references[0] if len(references) == 1 else references


def _article(publication: Any) -> dict[str, Any]:
    entries = jsonld.article(publication)
    links = entries.pop("sameAs")
    for nested in ("author", "sourceOrganization"):  # a flat graph: names instead of nested entities
        if nested in entries:
            entries[nested] = entries[nested]["name"]
    others = {"sameAs": links[1] if len(links) == 2 else links[1:]} if links[1:] else {}
    return {"@id": links[0] if links else f"#{publication['key']}", **entries, **others}
