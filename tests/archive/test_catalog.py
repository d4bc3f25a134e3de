"""The catalogue follows the releases byte for byte; its ledger never forgets."""

import hashlib
import json
import random
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from nuanomaly.archive import catalog, document, loading, release, release_digest, schemas, yamlio
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.validate import ledger
from nuanomaly.archive.validate.subject import open_release
from nuanomaly.cli import main

Archive = Any
ROOT = Path(__file__).resolve().parents[2]
OLDER = "datasets/toy/2018-r1"


def read(archive: Archive) -> dict[str, Any]:
    found: dict[str, Any] = yamlio.read(archive.root / "catalog.yaml")
    return found


def test_the_catalogue_is_what_its_schema_asks_for(pristine: Archive) -> None:
    content = read(pristine)
    assert list(schemas.validator("catalog").iter_errors(content)) == []
    assert [f"{r['name']}@{r['version']}" for r in content["releases"]] == ["toy@2018-r1", "toy@2020-r1"]


def test_files_stand_with_size_and_hash_release_yaml_first(pristine: Archive) -> None:
    entry = read(pristine)["releases"][1]
    assert [f["path"] for f in entry["files"]][:3] == ["release.yaml", "correlation.csv", "covariance.csv"]
    for file in entry["files"]:
        content = (pristine.folder / file["path"]).read_bytes()
        assert (file["size"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())


def test_the_same_releases_give_the_same_bytes(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (archive.root / "catalog.yaml").read_bytes()
    assert not archive.catalogue()
    folders = release.folders(archive.root)
    shuffled = {n: dict(random.Random(1).sample(sorted(v.items()), len(v))) for n, v in folders.items()}
    monkeypatch.setattr(release, "folders", lambda root: shuffled)
    assert catalog.build(archive.root) == before


def test_an_up_to_date_catalogue_has_no_drift(pristine: Archive) -> None:
    assert catalog.check(pristine.root) == []


def test_drift_names_the_release_and_what_changed(archive: Archive) -> None:
    archive.edit("three bins of a", "3 bins of a")
    assert catalog.check(archive.root) == ["toy@2020-r1 has changed: title, release.yaml"]
    archive.catalogue()
    archive.edit("0.97", "0.98", "datasets/toy/2020-r1/rates.csv")
    assert catalog.check(archive.root) == ["toy@2020-r1 has changed: rates.csv"]


def test_new_and_removed_releases_are_drift(archive: Archive) -> None:
    shutil.copytree(archive.folder, archive.folder.parent / "2022-r1")
    archive.edit('"2020-r1"\ntitle', '"2022-r1"\ntitle', "datasets/toy/2022-r1/release.yaml")
    shutil.rmtree(archive.folder)
    assert catalog.check(archive.root) == [
        "toy@2022-r1 is not in the catalogue",
        "toy@2020-r1 is in the catalogue, but its folder is not there",
    ]


def test_a_catalogue_edited_by_hand_is_drift(archive: Archive) -> None:
    path = archive.root / "catalog.yaml"
    path.write_text(path.read_text() + "# a remark\n")
    assert "not as it would be written" in catalog.check(archive.root)[0]


def test_a_missing_table_is_an_error_with_its_path(archive: Archive) -> None:
    (archive.folder / "edges.csv").unlink()
    with pytest.raises(NuanomalyError, match=r"2020-r1/edges\.csv"):
        archive.catalogue()


# --- ledger -------------------------------------------------------------------------------------------------


def test_only_released_releases_enter_the_ledger(archive: Archive) -> None:
    assert list(read(archive)["ledger"]) == ["toy@2018-r1"]
    archive.edit("state: draft", "state: released")
    archive.catalogue()
    assert list(read(archive)["ledger"]) == ["toy@2018-r1", "toy@2020-r1"]


def test_the_ledger_keeps_the_digest_of_what_was_released(archive: Archive) -> None:
    before = read(archive)["ledger"]
    archive.edit("of the first toy paper", "of the paper", f"{OLDER}/release.yaml")
    archive.catalogue()
    assert read(archive)["ledger"] == before
    assert "RELEASED_CHANGED" in {f.code for f in archive.check().findings}


def test_a_release_that_was_removed_stays_in_the_ledger(archive: Archive) -> None:
    before = read(archive)["ledger"]
    shutil.rmtree(archive.root / OLDER)
    archive.catalogue()
    assert read(archive)["ledger"] == before


def test_a_retraction_is_no_change(archive: Archive) -> None:
    retracted = 'state: retracted\nretracted: {reason: "a wrong sign", successor: "toy@2020-r1"}'
    archive.edit("state: released", retracted, f"{OLDER}/release.yaml")
    archive.catalogue()
    assert archive.check().findings == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("of the first toy paper", "of the paper"),
        ("state: released", "state: draft"),
        ("state: released", "state: [released]"),
        ("state: released", "state: released\nstate: released"),
        ("state: released", "state: retracted\nretracted: 5"),
    ],
)
def test_only_what_the_ledger_froze_is_taken_for_sound_where_another_release_is_asked_for(
    archive: Archive, old: str, new: str
) -> None:
    def held() -> bool:
        folder = archive.root / OLDER
        return ledger.holds(open_release(folder, archive.root), catalog.ledger_of(archive.root))

    before = archive.check("toy@2020-r1").findings
    assert held()
    archive.edit(old, new, f"{OLDER}/release.yaml")
    assert not held()
    assert archive.check("toy@2020-r1").findings == before


def test_a_change_under_cover_of_a_retraction_is_found(archive: Archive) -> None:
    file = f"{OLDER}/release.yaml"
    archive.edit("state: released", "state: retracted\nretracted: {reason: x}", file)
    archive.edit("0.93", "0.94", f"{OLDER}/rates.csv")
    codes = {f.code for f in archive.check().findings}
    assert "RELEASED_CHANGED" in codes


def test_a_changed_released_release_names_file_and_next_revision(archive: Archive) -> None:
    archive.edit("0.93", "0.94", f"{OLDER}/rates.csv")
    (finding,) = (f for f in archive.check().findings if f.code == "RELEASED_CHANGED")
    assert finding.message == "toy@2018-r1 is not what was released: rates.csv changed"
    assert "Restore datasets/toy/2018-r1/rates.csv" in finding.remedy
    assert "datasets/toy/2018-r2" in finding.remedy


@given(position=st.integers(0, 10_000), character=st.sampled_from("aZ0 #\n"))
def test_the_digest_of_a_release_sees_every_byte_but_state(
    pristine: Archive, position: int, character: str
) -> None:
    text = (pristine.root / OLDER / "release.yaml").read_text("utf-8")
    position %= len(text)
    changed = text[:position] + character + text[position + 1 :]
    try:
        damaged = document.parse(changed)
    except NuanomalyError:
        return
    same = document.parse(text).remainder(release_digest.REVOCABLE) == damaged.remainder(
        release_digest.REVOCABLE
    )
    start, end = text.index("state:") + len("state:"), text.index("sector:")
    assert same == (changed == text or start <= position < end)


def test_the_digest_can_be_recomputed_by_hand(pristine: Archive) -> None:
    folder = pristine.root / OLDER
    text = (folder / "release.yaml").read_text("utf-8").replace("state: released\n", "")
    lines = f"{hashlib.sha256((folder / 'rates.csv').read_bytes()).hexdigest()}  rates.csv\n"
    lines += f"{hashlib.sha256(text.encode()).hexdigest()}  release.yaml\n"
    assert read(pristine)["ledger"]["toy@2018-r1"] == hashlib.sha256(lines.encode()).hexdigest()


# --- looking for datasets -----------------------------------------------------------------------------------


@pytest.fixture
def here(pristine: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(pristine.root))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["toy@2018-r1", "toy@2020-r1"]),
        ({"sector": "reactor"}, ["toy@2018-r1", "toy@2020-r1"]),
        ({"experiment": "Toy", "state": "released"}, ["toy@2018-r1"]),
        ({"channel": "nuebar->nuebar", "state": "draft"}, ["toy@2020-r1"]),
        ({"text": "three BINS"}, ["toy@2020-r1"]),
        ({"text": "nothing like it"}, []),
    ],
)
@pytest.mark.usefixtures("here")
def test_datasets_are_found_by_what_they_are(asked: dict[str, str], found: list[str]) -> None:
    assert catalog.find_datasets(**asked) == found


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("state: drfat", "release.yaml, line [0-9]+: 'drfat' is no state"),
        ("state: [draft", "release.yaml, line [0-9]+"),
        ("sttae: draft", "release.yaml, line [0-9]+: the key 'state' is missing"),
    ],
)
@pytest.mark.filterwarnings("default::nuanomaly.archive.loading.UnreadableReleaseWarning")
def test_a_draft_that_cannot_be_read_is_named_with_its_place_and_hides_no_other(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, written: str, said: str
) -> None:
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(archive.root))
    archive.edit("state: draft", written)
    listed = CliRunner().invoke(main, ["list", "--json", "--sector", "reactor"])
    assert [(row["name"], row["version"]) for row in json.loads(listed.stdout)] == [("toy", "2018-r1")]
    assert listed.exit_code == 0
    assert listed.stderr.count("Warning") == 1
    assert re.search(f"Warning: toy@2020-r1 is left out, as it cannot be read: .*{said}", listed.stderr)
    with pytest.raises(NuanomalyError):
        catalog.build(archive.root)


@pytest.mark.usefixtures("here")
def test_a_sector_that_no_release_has_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'reactor'"):
        catalog.find_datasets(sector="reactors")


def test_without_a_checkout_the_shipped_catalogue_answers(
    pristine: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "_catalog.yaml"
    shutil.copy(pristine.root / "catalog.yaml", shipped)
    live = catalog.entries(pristine.root)
    monkeypatch.setattr(catalog.paths, "checkout", lambda: None)
    monkeypatch.setattr(catalog.paths, "catalog_file", lambda: shipped)
    assert catalog.entries() == live
    assert yaml.safe_load(shipped.read_text())["releases"][0]["modes"] == ["plain"]


def test_a_survey_reads_neither_a_broken_draft_nor_what_has_no_likelihood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "catalog.yaml").write_bytes((ROOT / "catalog.yaml").read_bytes())
    for name in ("best", "contours"):
        shutil.copytree(ROOT / "datasets" / name, tmp_path / "datasets" / name)
    for version, text in {"2030-r1": "state: draft\n]", "2031-r1": "state: draft\nlikelihood: {}\n"}.items():
        (tmp_path / "datasets" / "best" / version).mkdir()
        (tmp_path / "datasets" / "best" / version / "release.yaml").write_text(text)
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(tmp_path))
    assert [release.id for release in catalog.newest_released("likelihood")] == ["best@2022-r2"]
    assert [release.name for release in catalog.newest_released("tables")] == ["best", "contours"]
    with pytest.warns(loading.UnreadableReleaseWarning, match="best@203[01]-r1 is left out") as said:
        assert {entry.name for entry in catalog.entries()} == {"best", "contours"}
    assert len(said) == 2


def test_no_draft_of_the_archive_is_the_default_where_a_release_is() -> None:
    listed = catalog.entries()
    drafted = {(e.name, e.version.rpartition("-r")[0]) for e in listed if e.state == "draft"}
    released = {(e.name, e.version.rpartition("-r")[0]) for e in listed if e.state == "released"}
    for name, label in drafted & released:
        assert loading.load(f"{name}@{label}").state == "released"
    for name in {name for name, _ in drafted} & {name for name, _ in released}:
        assert loading.load(name).state == "released"
