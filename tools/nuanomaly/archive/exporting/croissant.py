"""A release in Croissant 1.0 (ML Commons): its files, and their columns as record sets."""

import hashlib
import io
from typing import Any

from nuanomaly.archive.exporting import jsonld
from nuanomaly.archive.release import Release
from nuanomaly.archive.tables import expand_columns, to_bytes

_TYPES = {"float64": "sc:Float", "int64": "sc:Integer", "string": "sc:Text", "bool": "sc:Boolean"}
#: The context that the specification prints in its appendix: readers warn of any other.
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "equivalentProperty": "cr:equivalentProperty",
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
#: mlcroissant reads Parquet under this name alone, not under the registered application/vnd.apache.parquet.
_PARQUET = "application/x-parquet"


def files(release: Release) -> dict[str, bytes]:
    """Return the files of the format.

    A table is the archive's own file where the usual reader of CSV gives what the table holds, to the last
    bit and letter. Where it does not (it takes 2003.10630 for a number and an empty text for a gap, and may
    miss a float64 by its last bit), the table is written as Parquet.
    """
    written = {name: _written(release, name) for name in release.tables}
    described = jsonld.dataset(release)
    kept = ("name", "description", "version", "keywords", "datePublished", "license")
    entries: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        **{key: described[key] for key in kept if key in described},
        "identifier": release.id,
        "citeAs": "; ".join(_cited(p) for p in release.metadata["publications"] if p["role"] == "primary"),
        "distribution": [_file(release, name, *written[name]) for name in release.tables],
        "recordSet": [_records(release, name, written[name][0]) for name in release.tables],
    }
    own = {str(release.declared(name)["file"]) for name in release.tables}
    others = {file: content for file, content in jsonld.content(release).items() if file not in own}
    return {"croissant.json": jsonld.dumped(entries), **others, **dict(written.values())}


def _written(release: Release, table: str) -> tuple[str, bytes]:
    """Return name and content of a table's file, as CSV only where no reader will take it for another."""
    file = str(release.declared(table)["file"])
    content = (release.folder / file).read_bytes()
    if not file.endswith(".csv") or _read_as_it_is(release, table, content):
        return file, content
    columns = expand_columns(release.declared(table)["columns"])
    return f"{file.removesuffix('.csv')}.parquet", to_bytes(release.table(table), columns, "parquet")


def _read_as_it_is(release: Release, table: str, content: bytes) -> bool:
    """Return whether pandas, left alone, reads what a CSV file holds: the same texts, the same bits."""
    import pandas as pd

    frame, guessed = release.table(table), pd.read_csv(io.BytesIO(content))
    for column in expand_columns(release.declared(table)["columns"]):
        values, others = frame[column.name], guessed[column.name]
        if column.type == "string":
            same = list(map(str, values)) == others.tolist()
        elif column.type == "float64":
            same = pd.api.types.is_numeric_dtype(others) and values.equals(others.astype("float64"))
        else:
            same = values.tolist() == others.tolist()
        if not same:
            return False
    return True


def _cited(publication: Any) -> str:
    who = publication.get("authors", publication.get("collaboration", ""))
    where = [f"doi:{publication['doi']}"] if "doi" in publication else []
    where += [f"arXiv:{publication['arxiv']}"] if "arxiv" in publication else []
    return ", ".join(filter(None, [str(who), str(publication["title"]), str(publication["year"]), *where]))


def _file(release: Release, table: str, file: str, content: bytes) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file,
        "name": file,
        "description": jsonld.download(release, table)["description"],
        "contentUrl": file,
        "encodingFormat": _PARQUET if file.endswith(".parquet") else jsonld.media(file),
        "contentSize": f"{len(content)} B",
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _records(release: Release, table: str, file: str) -> dict[str, Any]:
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
