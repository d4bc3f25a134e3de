"""A release in Croissant 1.0 (ML Commons): its files, and their columns as record sets."""

from typing import Any

from nuanomaly.archive.exporting import jsonld
from nuanomaly.archive.release import Release

_TYPES = {"float64": "sc:Float", "int64": "sc:Integer", "string": "sc:Text", "bool": "sc:Boolean"}
#: The context that the specification prints in its appendix, in the terms that are used here.
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "recordSet": "cr:recordSet",
    "source": "cr:source",
}


def files(release: Release) -> dict[str, bytes]:
    """Return the files of the format."""
    described = jsonld.dataset(release)
    kept = ("name", "description", "version", "keywords", "datePublished", "license")
    entries: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        **{key: described[key] for key in kept if key in described},
        "identifier": release.id,
        "citeAs": "; ".join(_cited(p) for p in release.metadata["publications"] if p["role"] == "primary"),
        "distribution": [_file(release, name) for name in release.tables],
        "recordSet": [_records(release, name) for name in release.tables],
    }
    return {"croissant.json": jsonld.dumped(entries), **jsonld.content(release)}


def _cited(publication: Any) -> str:
    who = publication.get("authors", publication.get("collaboration", ""))
    where = [f"doi:{publication['doi']}"] if "doi" in publication else []
    where += [f"arXiv:{publication['arxiv']}"] if "arxiv" in publication else []
    return ", ".join(filter(None, [str(who), str(publication["title"]), str(publication["year"]), *where]))


def _file(release: Release, table: str) -> dict[str, Any]:
    download = jsonld.download(release, table)
    file = str(release.declared(table)["file"])
    kept = ("description", "contentUrl", "encodingFormat", "contentSize", "sha256")
    return {"@type": "cr:FileObject", "@id": file, "name": file, **{key: download[key] for key in kept}}


def _records(release: Release, table: str) -> dict[str, Any]:
    file = str(release.declared(table)["file"])
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"{table}/{name}",
            "name": name,
            "description": f"{meaning} [{unit}]" if unit != "1" else meaning,
            "dataType": _TYPES[type],
            "source": {"fileObject": {"@id": file}, "extract": {"column": name}},
        }
        for name, type, unit, meaning in jsonld.columns(release, table)
    ]
    return {"@type": "cr:RecordSet", "@id": table, "name": table, "field": fields}
