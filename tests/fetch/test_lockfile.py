"""nuanomaly.lock: an analysis gets exactly the releases it was made with."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nuanomaly.archive import lockfile
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.fetch import FetchError, fetch, lock

Make = Callable[..., Path]


@pytest.fixture
def locked(machine: Path, archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An analysis that has locked tiny@2020-r1. Its folder, which is the working directory."""
    analysis = tmp_path / "analysis"
    analysis.mkdir()
    monkeypatch.chdir(analysis)
    monkeypatch.setenv("NUANOMALY_SOURCES", str(archive))
    lock(["tiny"])
    return analysis


def test_a_lock_file_names_version_and_hashes(locked: Path, archive: Path) -> None:
    text = (locked / "nuanomaly.lock").read_text("utf-8")
    assert "tiny@2020-r1:" in text
    assert text.count("sha256") == 3
    (entry,) = lockfile.read(locked / "nuanomaly.lock").values()
    assert {f.path for f in entry.files} == {"release.yaml", "ratios.csv", "big/events.csv"}
    assert all((archive / "datasets/tiny/2020-r1" / f.path).stat().st_size == f.size for f in entry.files)


def test_locking_twice_gives_the_same_bytes(locked: Path) -> None:
    before = (locked / "nuanomaly.lock").read_bytes()
    lock(["tiny@2020"])
    assert (locked / "nuanomaly.lock").read_bytes() == before


def test_locking_more_keeps_what_is_locked(locked: Path, archive: Path, make_release: Make) -> None:
    make_release(archive, "other", "1-r1")
    make_release(archive, "tiny", "2018-r1")
    make_release(archive, "tiny", "2020-r2")
    lock(["other", "tiny@2018"])
    assert list(lockfile.read(Path("nuanomaly.lock"))) == ["other@1-r1", "tiny@2018-r1", "tiny@2020-r1"]
    lock(["tiny@2020-r2"])  # a new revision takes the place of the old one
    assert list(lockfile.read(Path("nuanomaly.lock"))) == ["other@1-r1", "tiny@2018-r1", "tiny@2020-r2"]


def test_a_locked_fetch_stays_with_the_locked_version(
    locked: Path, archive: Path, make_release: Make
) -> None:
    make_release(archive, "tiny", "2022-r1")
    assert fetch("tiny", locked=True).name == "2020-r1"
    assert fetch("tiny").name == "2022-r1"


def test_a_locked_fetch_works_below_the_folder_of_the_lock_file(
    locked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (locked / "plots").mkdir()
    monkeypatch.chdir(locked / "plots")
    assert fetch("tiny", locked=True).name == "2020-r1"


@pytest.mark.parametrize("reference", ["tiny@2022", "other"])
def test_a_locked_fetch_refuses_what_is_not_locked(
    locked: Path, archive: Path, make_release: Make, reference: str
) -> None:
    make_release(archive, "tiny", "2022-r1")
    make_release(archive, "other", "1-r1")
    with pytest.raises(UnknownNameError, match=r"locked release .* in nuanomaly\.lock"):
        fetch(reference, locked=True)


def test_a_locked_fetch_refuses_another_content(
    locked: Path, machine: Path, tmp_path: Path, make_release: Make
) -> None:
    make_release(tmp_path / "forged", events="7.5")
    with pytest.raises(FetchError, match=r"other files than nuanomaly\.lock pins"):
        fetch("tiny", tmp_path / "out", locked=True, sources=[str(tmp_path / "forged")])
    assert not (tmp_path / "out").exists()


def test_a_locked_fetch_passes_over_a_source_with_another_content(
    locked: Path, archive: Path, tmp_path: Path, make_release: Make
) -> None:
    make_release(tmp_path / "forged", events="7.5")
    sources = [str(tmp_path / "forged"), str(archive)]
    folder = fetch("tiny", tmp_path / "out", locked=True, sources=sources)
    assert (folder / "big" / "events.csv").stat().st_size > 1000


def test_without_a_lock_file_it_says_how_to_write_one(machine: Path) -> None:
    with pytest.raises(NuanomalyError, match=r"there is no nuanomaly\.lock in .*nuanomaly lock"):
        fetch("tiny", locked=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "schema: '2'\nreleases: {}\n",
        "schema: '1'\n",
        "schema: '1'\nreleases: [tiny]\n",
        "schema: '1'\nreleases: {tiny: {}}\n",
        "schema: '1'\nreleases: {tiny@2020-r1: [x]}\n",
        "schema: '1'\nreleases: {tiny@2020-r1: {../x: {sha256: a, size: 1}}}\n",
        "schema: '1'\nreleases: {../x@2020-r1: {}}\n",
        "schema: '1'\nschema: '1'\n",
        "[",
    ],
)
def test_a_damaged_lock_file_is_named(machine: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "nuanomaly.lock").write_text(text, "utf-8")
    with pytest.raises(NuanomalyError, match=r"nuanomaly\.lock"):
        lockfile.read(tmp_path / "nuanomaly.lock")
