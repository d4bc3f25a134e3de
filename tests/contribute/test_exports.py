"""export: RO-Crate, Data Package, Croissant, JSON-LD; the files as they are, and every column described."""

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nuanomaly.archive import exporting, release
from nuanomaly.archive.tables import expand_columns

ROOT = Path(__file__).resolve().parents[2]
BEST = release.read(ROOT / "datasets/best/2022-r1")


def written(tmp_path: Path, format: str) -> Path:
    exporting.write(BEST, format, tmp_path / format)
    return tmp_path / format


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text("utf-8"))


@pytest.mark.parametrize("format", ["rocrate", "datapackage"])
def test_the_files_are_as_they_are_in_the_archive(tmp_path: Path, format: str) -> None:
    folder = written(tmp_path, format)
    for table in BEST.tables:
        entry = BEST.declared(table)
        content = (folder / entry["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert (folder / "release.yaml").read_bytes() == (BEST.folder / "release.yaml").read_bytes()


def test_the_crate_is_flat_and_every_reference_leads_somewhere(tmp_path: Path) -> None:
    folder = written(tmp_path, "rocrate")
    crate = read(folder, "ro-crate-metadata.json")
    context, added = crate["@context"]
    assert context == "https://w3id.org/ro/crate/1.1/context"
    assert added == {"sha256": "http://schema.org/sha256"}, "which that context lacks"
    entities = {e["@id"]: e for e in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    assert entities["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    assert {"name", "description", "datePublished", "license"} <= set(entities["./"])
    for entity in crate["@graph"]:
        for value in entity.values():
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict):
                    assert set(item) == {"@id"}, "flat: entities refer to one another by id alone"
                    assert item["@id"] in entities or item["@id"].startswith("https://w3id.org/ro/crate")
    files = {e["@id"] for e in crate["@graph"] if e["@type"] == "File"}
    assert files == {p.name for p in folder.iterdir()} - {"ro-crate-metadata.json"}


def test_the_package_describes_each_column_in_the_order_of_the_file(tmp_path: Path) -> None:
    folder = written(tmp_path, "datapackage")
    package = read(folder, "datapackage.json")
    assert package["name"] == "best"
    for resource in package["resources"]:
        path = folder / resource["path"]
        assert resource["bytes"] == path.stat().st_size
        assert resource["hash"] == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        fields = [f["name"] for f in resource["schema"]["fields"]]
        if path.suffix == ".csv":
            with path.open(newline="") as stream:
                assert next(csv.reader(stream)) == fields


def test_croissant_takes_every_field_from_a_file_of_the_distribution(tmp_path: Path) -> None:
    found = read(written(tmp_path, "croissant"), "croissant.json")
    assert found["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    files = {f["@id"] for f in found["distribution"]}
    fields = [field for records in found["recordSet"] for field in records["field"]]
    assert {f["source"]["fileObject"]["@id"] for f in fields} == files
    assert len({f["@id"] for f in fields}) == len(fields)
    declared = sum(len(expand_columns(BEST.declared(t)["columns"])) for t in BEST.tables)
    assert len(fields) == declared
    used = {key for f in fields for key in f} | set(found)
    known = set(found["@context"]) | {"@context", "@type", "@id"}
    schema_org = {
        "name",
        "description",
        "version",
        "keywords",
        "datePublished",
        "license",
        "identifier",
        "distribution",
    }
    assert used <= known | schema_org


def test_json_ld_is_a_dataset_with_its_papers(tmp_path: Path) -> None:
    found = read(written(tmp_path, "json-ld"), "dataset.jsonld")
    assert (found["@context"], found["@type"]) == ("https://schema.org/", "Dataset")
    assert found["identifier"] == "best@2022-r1"
    assert "https://doi.org/10.1103/PhysRevLett.128.232501" in found["citation"][0]["sameAs"]
    assert len(found["distribution"]) == len(BEST.tables)
    assert 50 <= len(found["description"]) <= 5000


def test_the_command_refuses_what_it_does_not_know_and_a_full_folder(
    tmp_path: Path, run: Callable[..., Any]
) -> None:
    done = run("export", "best", "--to", "hepdat", "-o", tmp_path / "x")
    assert done.code == 2
    assert "hepdata" in done.err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    assert run("export", "best", "--to", "json-ld", "-o", tmp_path / "full").code == 2
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["mine.txt"]
