"""Sealing fills in three fields of each table, and changes no other byte."""

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from nuanomaly.archive import seal
from nuanomaly.archive.errors import IntegrityError, NuanomalyError

Archive = Any
LAYOUTS = """\
# a comment
name:   toy   # kept as it is
version: "1"
state: draft
notes: [ 1.10,
         2 ]
tables:
    flow: {file: a.csv, kind: table,   # inside
           columns: [{name: x}]}

    block:
        # before
        file: b.csv    # after
        columns:
        - {name: x}
    sealed: {rows: 7, file: c.csv, size: 1, sha256: "00", columns: [{name: x}]}
last: 'quoted'
"""
SEALED = re.compile(r'(?:, |\n +)(?:sha256: "[0-9a-f]{64}"|size: \d+|rows: \d+)')


def write_layouts(folder: Path, text: str = LAYOUTS) -> Path:
    for name in "abc":
        (folder / f"{name}.csv").write_text("x\n1.0\n2.0\n")
    path = folder / "release.yaml"
    path.write_bytes(text.encode())
    return path


def test_the_fields_are_those_of_the_files(archive: Archive) -> None:
    from nuanomaly.archive import yamlio

    declared = yamlio.read(archive.yaml)["tables"]
    for entry in declared.values():
        content = (archive.folder / entry["file"]).read_bytes()
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert entry["size"] == len(content)
    assert {name: e["rows"] for name, e in declared.items()} == {**dict.fromkeys(declared, 3), "density": 4}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_layout_of_yaml_is_kept(tmp_path: Path, newline: str) -> None:
    path = write_layouts(tmp_path, LAYOUTS.replace("\n", newline))
    assert seal.seal(tmp_path) == ["flow", "block", "sealed"]
    text = path.read_bytes().decode().replace("\r\n", "\n") if newline == "\r\n" else path.read_text()
    unsealed = LAYOUTS.replace("rows: 7", "rows: 2").replace("size: 1,", "size: 10,")
    lines = SEALED.sub("", text.replace("{rows: 2, ", "{"))
    assert lines == SEALED.sub("", unsealed.replace("{rows: 2, ", "{").replace(', sha256: "00"', ""))
    assert path.read_bytes().count(b"\r\n") == (path.read_bytes().count(b"\n") if newline == "\r\n" else 0)


def test_sealing_twice_changes_nothing(tmp_path: Path) -> None:
    path = write_layouts(tmp_path)
    seal.seal(tmp_path)
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert seal.seal(tmp_path) == []
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_a_released_table_that_changed_is_not_sealed(archive: Archive) -> None:
    archive.edit("state: draft", "state: released")
    assert archive.seal() == []
    archive.edit("0.97", "0.98", "datasets/toy/2020-r1/rates.csv")
    with pytest.raises(IntegrityError, match="toy@2020-r1 is released, but rates changed"):
        archive.seal()


def test_a_table_without_its_declared_columns_is_not_sealed(archive: Archive) -> None:
    archive.edit("ratio,error", "ratios,error", "datasets/toy/2020-r1/rates.csv")
    before = archive.yaml.read_bytes()
    with pytest.raises(NuanomalyError, match=r"rates\.csv: columns are .*'ratios'"):
        archive.seal()
    assert archive.yaml.read_bytes() == before


def test_a_release_without_tables_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "release.yaml").write_text("name: toy\n")
    with pytest.raises(NuanomalyError, match=r"release\.yaml: has no tables"):
        seal.seal(tmp_path)
