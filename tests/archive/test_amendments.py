"""Amendments: later knowledge beside a frozen release, checked, and never a change of a number."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from nuanomaly.archive import amendments, catalog, exporting, release, release_digest
from nuanomaly.archive.errors import NuanomalyError

Archive = Any  # the one of conftest.py

SAID: dict[str, Any] = {
    "schema": "1",
    "name": "toy",
    "amendments": [
        {
            "id": "energy-of-the-edges",
            "versions": ["2020-r1"],
            "date": "2026-03-01",
            "reason": "Readers asked which energy it is.",
            "source": "section 2 of the paper",
            "known_issues": [{"title": "An energy", "text": "It is visible energy.", "tables": ["rates"]}],
            "columns": {"rates": {"ratio": "The expectation is that of 2018."}},
            "benchmarks": [
                {
                    "id": "last-edge",
                    "quantity": "upper end of the spectrum",
                    "kind": "published",
                    "compute": {
                        "kind": "table-ratio",
                        "numerator": {"terms": [{"table": "rates", "column": "ratio"}]},
                    },
                    "expected": 2.9,
                    "tolerance": 0.2,
                    "tolerance_source": "printed digits",
                    "source": "Table 1",
                }
            ],
        }
    ],
}


def write(archive: Archive, content: Any) -> Path:
    file: Path = archive.root / "datasets" / "toy" / amendments.FILE
    file.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), "utf-8")
    return file


def test_an_amended_release_shows_what_was_learned_and_keeps_its_digest(archive: Archive) -> None:
    before, files = release.read(archive.folder), catalog.list_files(archive.folder)
    listed, frozen = catalog.build(archive.root), release_digest.digest(archive.folder, files)
    write(archive, SAID)
    found = release.read(archive.folder)
    assert found.metadata["known_issues"][-1] == {
        "title": "An energy",
        "text": "It is visible energy.",
        "tables": ["rates"],
        "amended": "2026-03-01",
    }
    assert found.metadata["benchmarks"][-1]["id"] == "last-edge"
    column = next(c for c in found.declared("rates")["columns"] if c["name"] == "ratio")
    assert column["meaning"].endswith(". The expectation is that of 2018.")
    assert found.table("rates").attrs["meanings"]["ratio"] == column["meaning"]
    # nothing that a number depends on
    assert found.metadata["likelihood"] == before.metadata["likelihood"]
    assert found.table("rates").equals(before.table("rates"))
    assert catalog.build(archive.root) == listed
    assert release_digest.digest(archive.folder, catalog.list_files(archive.folder)) == frozen
    assert [f.code for f in archive.check().findings] == []


def test_a_version_that_is_not_named_stays_as_it_was(archive: Archive) -> None:
    older = archive.root / "datasets" / "toy" / "2018-r1"
    before = release.read(older).metadata
    write(archive, SAID)
    assert release.read(older).metadata == before


DAMAGES: dict[str, tuple[Any, str]] = {
    "another version": (("versions", ["2019-r1"]), "UNKNOWN_RELEASE"),
    "a day that is none": (("date", "2026-02-30"), "NO_SUCH_DATE"),
    "no source": (("source", None), "MISSING_KEY"),
    "a table that is none": (("columns", {"rats": {"ratio": "x"}}), "UNKNOWN_TABLE"),
    "a column that is none": (("columns", {"rates": {"ration": "x"}}), "UNKNOWN_COLUMN"),
    "markup": (("reason", "<script>alert(1)</script>"), "TEXT_RUNS_IN_PAGE"),
    "a mode": (("likelihood", {"modes": {}}), "UNKNOWN_KEY"),
    "nothing added": (("known_issues", None, "columns", None, "benchmarks", None), "SCHEMA_VIOLATION"),
}


@pytest.mark.parametrize(("change", "code"), DAMAGES.values(), ids=DAMAGES)
def test_what_is_wrong_is_found(archive: Archive, change: tuple[Any, ...], code: str) -> None:
    content = copy.deepcopy(SAID)
    (entry,) = content["amendments"]
    for key, value in zip(change[::2], change[1::2], strict=True):
        entry.pop(key, None)
        entry |= {} if value is None else {key: value}
    write(archive, content)
    found = [f for f in archive.check().findings if f.file.endswith(amendments.FILE)]
    assert code in {f.code for f in found}


def test_a_benchmark_is_checked_as_in_the_release(archive: Archive) -> None:
    taken = release.read(archive.folder).metadata["benchmarks"][0]["id"]
    content = copy.deepcopy(SAID)
    (benchmark,) = content["amendments"][0]["benchmarks"]
    benchmark |= {"id": taken, "uncertainty": 0.1, "compute": {"kind": "table-ration"}}
    write(archive, content)
    codes = {f.code for f in archive.check("toy@2020-r1").findings}
    assert {"REPEATED_ID", "TOLERANCE_ABOVE_ERROR", "KIND_WITHOUT_SCHEMA"} <= codes


def test_another_folder_s_amendments_are_refused(archive: Archive) -> None:
    write(archive, {**SAID, "name": "toys"})
    assert [f.code for f in archive.check().findings] == ["NAME_NOT_PATH"]


def test_text_from_outside_passes_a_gate() -> None:
    text = yaml.safe_dump(SAID, allow_unicode=True).encode()
    assert amendments.parse(text, "toy") == SAID
    for wrong, what in (
        (b"a: [", "toy"),
        (b"\xff\xfe", "no text"),
        (b"x" * (amendments.LARGEST + 1), "larger"),
        (b"schema: '1'\nname: toy\namendments: []\n", "amendments"),
        (text.replace(b"name: toy", b"name: tov"), "those of 'tov'"),
        (text.replace(b"section 2", b"<iframe src=x> section 2"), "iframe"),
    ):
        with pytest.raises(NuanomalyError, match=what):
            amendments.parse(wrong, "toy")


@pytest.mark.parametrize("format", sorted(exporting.FORMATS))
def test_every_export_says_what_was_learned(archive: Archive, format: str) -> None:
    write(archive, SAID)
    written = exporting.files(release.read(archive.folder), format)
    assert any(b"It is visible energy." in content for content in written.values())
