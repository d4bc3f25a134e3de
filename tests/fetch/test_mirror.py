"""The static mirror and the bundle: the same bytes every time, and never a broken one."""

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nuanomaly.archive import mirror, release
from nuanomaly.archive.errors import IntegrityError, NuanomalyError
from nuanomaly.archive.fetch import FetchError, Watcher, fetch

Make = Callable[..., Path]
TINY = "datasets/tiny/2020-r1"


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_mirror_is_an_index_and_the_releases(archive: Path, mirrored: Path) -> None:
    index = json.loads((mirrored / "index.json").read_text("utf-8"))
    assert (index["kind"], index["schema"]) == ("nuanomaly-mirror", "1")
    (entry,) = index["releases"]
    assert (entry["name"], entry["version"], entry["state"]) == ("tiny", "2020-r1", "released")
    assert (entry["sector"], entry["title"]) == ("source", "A tiny release")
    assert [f["path"] for f in entry["files"]] == ["big/events.csv", "ratios.csv", "release.yaml"]
    for file in entry["files"]:
        assert (mirrored / TINY / file["path"]).stat().st_size == file["size"]
    assert set(snapshot(mirrored)) == {"index.json", *(f"{TINY}/{f['path']}" for f in entry["files"])}


def test_mirroring_twice_gives_the_same_bytes(archive: Path, mirrored: Path, tmp_path: Path) -> None:
    mirror.mirror(archive, tmp_path / "again")
    assert snapshot(tmp_path / "again") == snapshot(mirrored)
    mirror.bundle(archive, tmp_path / "one.zip")
    mirror.bundle(archive, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_a_mirror_is_brought_up_to_date(archive: Path, mirrored: Path, make_release: Make) -> None:
    before = (mirrored / TINY / "ratios.csv").stat().st_mtime_ns
    make_release(archive, "tiny", "2022-r1")
    make_release(archive, "gone", "1-r1")
    mirror.mirror(archive, mirrored)
    assert (mirrored / "datasets" / "gone" / "1-r1" / "release.yaml").exists()
    for file in (archive / "datasets" / "gone" / "1-r1").rglob("*.*"):
        file.unlink()
    mirror.mirror(archive, mirrored)
    assert not (mirrored / "datasets" / "gone").exists()
    assert (mirrored / "datasets" / "tiny" / "2022-r1" / "release.yaml").exists()
    assert (mirrored / TINY / "ratios.csv").stat().st_mtime_ns == before


def test_a_damaged_mirror_is_repaired(archive: Path, mirrored: Path) -> None:
    (mirrored / TINY / "ratios.csv").write_text("damaged")
    mirror.mirror(archive, mirrored)
    assert snapshot(mirrored / TINY) == snapshot(archive / TINY)


def test_a_folder_that_is_no_mirror_is_left_alone(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "home" / "datasets").mkdir(parents=True)
    (tmp_path / "home" / "datasets" / "thesis.txt").write_text("")
    with pytest.raises(NuanomalyError, match="neither empty nor a mirror"):
        mirror.mirror(archive, tmp_path / "home")
    assert snapshot(tmp_path / "home") == {"datasets/thesis.txt": b""}


def test_an_altered_table_is_not_mirrored(archive: Path, tmp_path: Path) -> None:
    (archive / TINY / "ratios.csv").write_text("ratio,label\n")
    for write in (
        lambda: mirror.mirror(archive, tmp_path / "m"),
        lambda: mirror.bundle(archive, tmp_path / "b.zip"),
    ):
        with pytest.raises(IntegrityError, match="altered"):
            write()
    assert not (tmp_path / "m").exists()
    assert not (tmp_path / "b.zip").exists()


def test_files_beside_the_declared_ones_stay_at_home(archive: Path, tmp_path: Path) -> None:
    (archive / TINY / "notes.txt").write_text("private")
    mirror.mirror(archive, tmp_path / "m")
    assert f"{TINY}/notes.txt" not in snapshot(tmp_path / "m")


def test_groups_are_in_the_index(archive: Path, tmp_path: Path) -> None:
    (archive / "anomalies").mkdir()
    (archive / "anomalies" / "all.yaml").write_text("groups: {both: [tiny, other]}\n", "utf-8")
    assert mirror.mirror(archive, tmp_path / "m").groups == {"both": ("tiny", "other")}


def test_a_release_comes_from_a_bundle(machine: Path, archive: Path, tmp_path: Path) -> None:
    mirror.bundle(archive, tmp_path / "all.zip")
    folder = fetch("tiny", sources=[(tmp_path / "all.zip").as_uri()])
    assert snapshot(folder) == snapshot(archive / TINY)


def test_a_bundle_is_a_mirror_when_unpacked(archive: Path, mirrored: Path, tmp_path: Path) -> None:
    mirror.bundle(archive, tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as bundle:
        bundle.extractall(tmp_path / "unpacked")
    assert snapshot(tmp_path / "unpacked") == snapshot(mirrored)


@pytest.mark.parametrize("name", ["", ".", "..", "/"])
def test_a_place_without_a_name_is_no_bundle(archive: Path, name: str) -> None:
    with pytest.raises(NuanomalyError, match=r"a bundle is a zip file: name it archive\.zip"):
        mirror.bundle(archive, Path(name))


def test_a_bundle_is_named_zip(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(NuanomalyError, match=r"name it all\.zip"):
        mirror.bundle(archive, tmp_path / "all.tar")


@pytest.mark.parametrize("damage", ["cut", "member", "empty", "text", "missing", "no index"])
def test_a_damaged_bundle_is_one_sentence(machine: Path, archive: Path, tmp_path: Path, damage: str) -> None:
    file = tmp_path / "all.zip"
    mirror.bundle(archive, file)
    content = file.read_bytes()
    if damage == "cut":
        os.truncate(file, len(content) // 2)
    elif damage == "member":
        middle = content.index(b"big/events.csv") + 500
        file.write_bytes(content[:middle] + b"garbage!" + content[middle + 8 :])
    elif damage == "missing":
        file.unlink()
    elif damage == "no index":
        with zipfile.ZipFile(file, "w") as empty:
            empty.writestr("x", "")
    else:
        file.write_bytes(b"" if damage == "empty" else b"text")
    with pytest.raises(FetchError, match=r"tiny could not be fetched: .*all\.zip"):
        fetch("tiny", sources=[str(file)])
    assert not (machine / "datasets").exists()


def test_members_of_a_bundle_are_never_unpacked_by_their_own_paths(
    machine: Path, archive: Path, tmp_path: Path
) -> None:
    file = tmp_path / "all.zip"
    mirror.bundle(archive, file)
    with zipfile.ZipFile(file, "a") as bundle:
        bundle.writestr("../../escaped.txt", "x")
        bundle.writestr("/tmp/escaped.txt", "x")
    assert fetch("tiny", sources=[str(file)]).is_dir()
    assert not list(tmp_path.rglob("escaped.txt"))


def test_a_symbolic_link_in_a_mirror_gives_nothing_but_the_right_content(
    machine: Path, mirrored: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    file = mirrored / TINY / "ratios.csv"
    file.unlink()
    file.symlink_to(tmp_path / "secret")
    with pytest.raises(FetchError, match=r"ratios\.csv: sends other content|ratios\.csv: broke off"):
        fetch("tiny", sources=[str(mirrored)])


AMENDED = """\
schema: "1"
name: tiny
amendments:
  - id: units
    versions: ["2020-r1"]
    date: "{date}"
    reason: They were asked for.
    source: the authors
    known_issues: [{{title: Units, text: "{text}"}}]
"""


def amend(archive: Path, text: str, date: str = "2026-01-02") -> None:
    file = archive / "datasets" / "tiny" / "amendments.yaml"
    file.write_text(AMENDED.format(text=text, date=date), "utf-8")


@pytest.fixture
def schemas(machine: Path) -> None:
    """The schemas of the program, which an installed one carries."""
    shutil.copytree(Path(__file__).parents[2] / "schemas", machine.parent / "empty" / "schemas")


def issues(folder: Path) -> list[str]:
    return [issue["text"] for issue in release.read(folder).metadata.get("known_issues", ())]


@pytest.mark.parametrize("how", ["folder", "bundle", "server", "checkout"])
def test_amendments_come_with_the_release(
    archive: Path, schemas: None, tmp_path: Path, how: str, serve: Callable[[Path], Any]
) -> None:
    amend(archive, "They are MeV.")
    mirror.mirror(archive, tmp_path / "mirror")
    mirror.bundle(archive, tmp_path / "bundle.zip")
    sources = {"folder": tmp_path / "mirror", "bundle": tmp_path / "bundle.zip", "checkout": archive}
    source = serve(tmp_path / "mirror").url if how == "server" else str(sources[how])
    assert issues(fetch("tiny", sources=[source])) == ["They are MeV."]
    assert issues(fetch("tiny", tmp_path / "own", sources=[source])) == ["They are MeV."]
    # newer ones are brought, older ones never take their place
    amend(archive, "They are keV.", "2026-03-04")
    newer = tmp_path / "newer"
    mirror.mirror(archive, newer)
    assert issues(fetch("tiny", sources=[str(newer)])) == ["They are keV."]
    assert issues(fetch("tiny", sources=[str(tmp_path / "mirror")])) == ["They are keV."]


@pytest.mark.parametrize("text", ["<script>x</script>", "They are keV."])
def test_amendments_that_are_wrong_are_left_out_and_said(
    archive: Path, schemas: None, tmp_path: Path, text: str
) -> None:
    amend(archive, text)
    mirror.mirror(archive, tmp_path / "mirror")
    if "<" not in text:  # altered on the way
        file = tmp_path / "mirror" / "datasets" / "tiny" / "amendments.yaml"
        file.write_text(file.read_text("utf-8").replace("keV", "GeV"), "utf-8")
    heard: list[str] = []

    class Listener(Watcher):
        def note(self, text: str) -> None:
            heard.append(text)

    assert issues(fetch("tiny", sources=[str(tmp_path / "mirror")], watcher=Listener())) == []
    assert len(heard) == 1
    assert "tiny@2020-r1 itself is complete" in heard[0]
