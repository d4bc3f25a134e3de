"""A release can be announced: the catalogue and the site know where its files are."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nuanomaly.archive import catalog, document, loading, paths, release, release_digest, yamlio
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.cli import main
from nuanomaly.likelihood import build

Archive = Any

TEXT = """schema: "1"
name: {name}
version: "2030-r1"
title: "A map that nobody here has seen"
state: announced
sector: other
experiment: TOY
summary: "A map of χ² that stands in a repository elsewhere. It would replace the toy."
channels: []
publications:
  - {{key: Toy2030, title: "A toy", year: "2030", role: primary}}
originals:
  - {{id: map, source: "map.json of a record", doi: "10.5281/zenodo.1", licence: not stated}}
tables: {{}}
changes:
  - {{kind: initial, reason: "Announced."}}
"""


def announce(archive: Archive, name: str = "toy", text: str = TEXT) -> Path:
    folder: Path = archive.root / "datasets" / name / "2030-r1"
    folder.mkdir(parents=True)
    (folder / "release.yaml").write_text(text.format(name=name), "utf-8")
    if text == TEXT:
        archive.catalogue()
    return folder


def codes(archive: Archive, reference: str) -> set[str]:
    return {f.code for f in archive.check(reference).findings}


def test_an_announced_release_is_whole_without_tables(archive: Archive) -> None:
    announce(archive)
    assert codes(archive, "toy@2030-r1") == set()
    listed = yamlio.read(archive.root / "catalog.yaml")["releases"][-1]
    assert (listed["state"], [f["path"] for f in listed["files"]]) == ("announced", ["release.yaml"])


def test_it_is_frozen_like_any_other(archive: Archive) -> None:
    folder = announce(archive)
    assert "toy@2030-r1" in catalog.ledger_of(archive.root)
    text = (folder / "release.yaml").read_text("utf-8")
    (folder / "release.yaml").write_text(text.replace("zenodo.1", "zenodo.2"), "utf-8")
    assert "RELEASED_CHANGED" in codes(archive, "toy@2030-r1")


@pytest.mark.parametrize(
    "wrong",
    [
        TEXT.replace("tables: {{}}", "tables: {{}}\nimport: {{importer: toy}}"),
        TEXT.replace("originals:\n  - {{id: map,", "originals: []\nbenchmarks:\n  - {{id: map,"),
        TEXT.replace("state: announced", "state: released"),
    ],
    ids=["an importer of a layout nobody has seen", "no original", "released without tables"],
)
def test_what_an_announcement_cannot_be(archive: Archive, wrong: str) -> None:
    announce(archive, text=wrong)
    assert codes(archive, "toy@2030-r1") & {"KEY_NOT_ALLOWED_HERE", "OUT_OF_RANGE"}


def test_the_newest_released_version_is_loaded_and_not_the_announced_one(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(archive)
    monkeypatch.setattr(paths, "checkout", lambda: archive.root)
    assert loading.load("toy").id == "toy@2018-r1"
    assert loading.load("toy@2030").state == "announced"


def test_its_numbers_are_refused_with_the_way_to_get_them(archive: Archive) -> None:
    found = release.read(announce(archive))
    for asked in (lambda: found.table("map"), lambda: build.declared_modes(found)):
        with pytest.raises(NuanomalyError, match=r"is announced.*fetch toy@2030-r1 --upstream"):
            asked()


def test_every_announcement_of_the_archive_names_a_home() -> None:
    names = catalog.find_datasets(state="announced")
    assert "katrin@2025-r1" in names
    for name in names:
        originals = loading.load(name).metadata["originals"]
        assert all({"doi", "urls", "note"} & set(o) for o in originals), name


def test_fetch_upstream_says_what_has_no_address() -> None:
    result = CliRunner().invoke(main, ["fetch", "stereo@2023-r1", "--upstream", "--offline"])
    assert result.exit_code == 0, result.output
    assert "no URL is known; its DOI is 10.17182/hepdata.132368.v2" in result.output


def test_what_it_says_is_read_as_any_release(archive: Archive) -> None:
    folder = announce(archive)
    digest = release_digest.digest_of(document.read(folder / "release.yaml"), catalog.list_files(folder))
    assert catalog.ledger_of(archive.root)["toy@2030-r1"] == digest
