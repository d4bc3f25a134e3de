"""Every table that a likelihood reads is read by a benchmark of its own release."""

from pathlib import Path
from typing import Any

import mutate  # tools/ is on the path, as the package in it is installed from there
import pytest

from nuanomaly.archive import release, yamlio
from nuanomaly.archive.validate import proofs, validate

ROOT = Path(__file__).resolve().parents[2]
Archive = Any  # the one of conftest.py


def test_a_table_without_a_benchmark_is_an_error_of_a_new_release(archive: Archive) -> None:
    assert archive.check().findings == ()
    archive.edit("compute: {kind: toy-value, mode: surface}", "compute: {kind: toy-value, mode: blocks}")
    (finding,) = (f for f in archive.check().findings if f.code == "TABLE_NOT_PROVEN")
    assert finding.severity == "error"
    assert "spectrum is read by the likelihood" in finding.message


def test_no_table_of_a_likelihood_is_without_a_benchmark() -> None:
    findings = [f for f in validate(root=ROOT).findings if f.code == "TABLE_NOT_PROVEN"]
    assert findings == []


@pytest.mark.parametrize(
    "name", ["gallex@2010-r2", "karmen@2002-r1", "miniboone-numu@2009-r1", "stereo@2019-r1"]
)
def test_what_declarations_say_is_what_is_read(name: str) -> None:
    dataset, _, version = name.partition("@")
    folder = ROOT / "datasets" / dataset / version
    result, data = release.read(folder), yamlio.read(folder / "release.yaml")
    read = mutate.readers(result)
    declared = proofs.tables_by_mode(data, ROOT / "schemas", set(data["tables"]))
    assert {table: set(who.modes) for table, who in read.items()} == {
        table: {mode for mode, tables in declared.items() if table in tables} for table in read
    }
    added = [b for b in result.metadata["benchmarks"] if "amended" in b]
    groups = proofs.declared_groups(ROOT)
    unread = {table for table, who in read.items() if not who.benchmarks}
    assert proofs.unproven(data, added, groups, ROOT / "schemas", set(data["tables"])) == unread
