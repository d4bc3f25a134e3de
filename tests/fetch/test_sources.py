"""Which source is asked, which version is meant, and what is accepted."""

import hashlib
import os
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nuanomaly
from nuanomaly.archive import catalog, mirror, paths
from nuanomaly.archive.errors import IntegrityError, NuanomalyError, UnknownNameError
from nuanomaly.archive.fetch import FetchError, fetch, fetcher
from nuanomaly.archive.fetching import index, store
from nuanomaly.archive.fetching.convert import write
from nuanomaly.archive.fetching.download import Policy

Make = Callable[..., Path]


def test_in_a_checkout_a_release_is_used_where_it_is(
    machine: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(archive))
    assert fetch("tiny") == archive / "datasets" / "tiny" / "2020-r1"
    # nothing is copied; what is kept is that its metadata were looked at
    assert not (machine / "datasets").exists()
    assert {file.name for file in machine.glob("*")} <= {"validated"}


def test_from_a_checkout_a_release_is_copied_to_a_named_folder(
    machine: Path, archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(archive))
    folder = fetch("tiny@2020", tmp_path / "out")
    assert folder == tmp_path / "out" / "tiny" / "2020-r1"
    assert sorted(p.name for p in folder.rglob("*")) == ["big", "events.csv", "ratios.csv", "release.yaml"]


def test_installed_packages_are_looked_for_when_nothing_else_has_a_release(
    machine: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(archive))
    looked: list[str] = []

    def packages() -> tuple[Path, ...]:
        looked.append("here")
        return ()

    monkeypatch.setattr(paths, "data_packages", packages)
    with fetcher(machine / "named") as getting:
        getting.get("tiny")
        assert not looked
        with pytest.raises(UnknownNameError):
            getting.get("nothing-of-that-name")
        with pytest.raises(UnknownNameError):
            getting.get("nor-of-this-one")
    assert looked == ["here"]


def test_an_altered_table_in_the_checkout_is_refused(
    machine: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(archive))
    (archive / "datasets" / "tiny" / "2020-r1" / "ratios.csv").write_text("ratio,label\n")
    with pytest.raises(FetchError, match=r"tiny could not be fetched: .*ratios\.csv.*altered"):
        fetch("tiny")


@pytest.mark.parametrize("separator", [" ", ";", "\n", " ; "])
def test_sources_are_named_in_the_environment(
    machine: Path, mirrored: Path, monkeypatch: pytest.MonkeyPatch, separator: str, tmp_path: Path
) -> None:
    monkeypatch.setenv("NUANOMALY_SOURCES", separator.join([str(tmp_path / "none"), mirrored.as_uri()]))
    assert fetch("tiny") == machine / "datasets" / "tiny" / "2020-r1"
    assert nuanomaly.load("tiny").table("ratios")["ratio"][1] == 0.1 + 0.2


def test_a_file_url_may_have_spaces(
    machine: Path, mirrored: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    there = mirrored.rename(tmp_path / "a mirror")
    monkeypatch.setenv("NUANOMALY_SOURCES", there.as_uri())
    assert "%20" in os.environ["NUANOMALY_SOURCES"]
    assert fetch("tiny").is_dir()


def test_a_source_of_another_kind_is_refused(machine: Path) -> None:
    with pytest.raises(NuanomalyError, match="write a path, file://, http:// or https://"):
        fetch("tiny", sources=["s3://bucket/x"])


def test_a_bundle_beside_the_cache_is_found(machine: Path, archive: Path) -> None:
    mirror.bundle(archive, machine / "nuanomaly-archive.zip")
    assert fetch("tiny", offline=True).is_dir()


def test_a_folder_of_releases_is_a_source_too(machine: Path, archive: Path) -> None:
    assert fetch("tiny", sources=[str(archive)]) == machine / "datasets" / "tiny" / "2020-r1"


def test_without_a_version_the_newest_released_one_is_meant(
    machine: Path, tmp_path: Path, make_archive: Make, make_release: Make
) -> None:
    root = make_archive(tmp_path / "a", tiny="2018-r1 released")
    for version, state in {"2020-r1": "released", "2020-r2": "released", "2022-r1": "draft"}.items():
        make_release(root, "tiny", version, state)
    sources = [str(root)]
    assert fetch("tiny", sources=sources).name == "2020-r2"
    assert fetch("tiny@2022", sources=sources).name == "2022-r1"
    assert fetch("tiny@2020", sources=sources).name == "2020-r2"
    assert fetch("tiny@2020-r1", sources=sources).name == "2020-r1"


def test_a_version_the_first_source_lacks_comes_from_the_next(
    machine: Path, tmp_path: Path, make_archive: Make
) -> None:
    old = make_archive(tmp_path / "old", tiny="2018-r1 released")
    new = make_archive(tmp_path / "new", tiny="2020-r1 released")
    assert fetch("tiny@2020", sources=[str(old), str(new)]).name == "2020-r1"


def test_unknown_names_name_the_nearest(machine: Path, mirrored: Path) -> None:
    with pytest.raises(UnknownNameError, match="Unknown dataset 'tinny': did you mean 'tiny'"):
        fetch("tinny", sources=[str(mirrored)])
    with pytest.raises(UnknownNameError, match="Unknown version 'tiny@2021': did you mean 'tiny@2020-r1'"):
        fetch("tiny@2021", sources=[str(mirrored)])


@pytest.mark.parametrize("reference", ["../x", "a/b", "tiny@../x", "tiny@", "Tiny", "", "tiny@2020-r1/.."])
def test_a_reference_is_no_path(machine: Path, mirrored: Path, reference: str) -> None:
    with pytest.raises(NuanomalyError, match="is not a release"):
        fetch(reference, sources=[str(mirrored)])


def test_a_changed_draft_replaces_the_cached_one(machine: Path, tmp_path: Path, make_release: Make) -> None:
    make_release(tmp_path / "a", state="draft")
    make_release(tmp_path / "b", state="draft", events="7.5")
    old = fetch("tiny", sources=[str(tmp_path / "a")])
    (old / "leftover.txt").write_text("")
    new = fetch("tiny@2020-r1", sources=[str(tmp_path / "b")])
    assert new == old
    assert (new / "big" / "events.csv").read_text() == "E\n7.5\n"
    assert not (new / "leftover.txt").exists()


def test_a_mirror_cannot_serve_another_content_of_a_released_release(
    machine: Path, archive: Path, tmp_path: Path, make_release: Make
) -> None:
    """The catalogue that came with the program has the digest of every released release."""
    ledger = catalog.ledger_of(archive)
    assert list(ledger) == ["tiny@2020-r1"]
    (Path(os.environ["NUANOMALY_ARCHIVE"]) / "catalog.yaml").write_bytes(
        (archive / "catalog.yaml").read_bytes()
    )
    forged = tmp_path / "forged"
    make_release(forged, events="7.5")
    with pytest.raises(FetchError, match="other files than the ledger"):
        fetch("tiny", sources=[str(forged)])
    assert not (machine / "datasets").exists()
    assert fetch("tiny", sources=[str(forged), str(archive)]).is_dir()


def test_a_forged_release_in_the_cache_is_fetched_again(
    machine: Path, archive: Path, make_release: Make
) -> None:
    (Path(os.environ["NUANOMALY_ARCHIVE"]) / "catalog.yaml").write_bytes(
        (archive / "catalog.yaml").read_bytes()
    )
    make_release(machine, events="7.5")
    folder = fetch("tiny@2020-r1", sources=[str(archive)])
    assert index.describe(folder) == index.describe(archive / "datasets" / "tiny" / "2020-r1")


def test_a_retracted_release_is_fetched_with_a_word(
    machine: Path, tmp_path: Path, make_release: Make
) -> None:
    from nuanomaly.archive.fetching.watcher import Watcher

    class Notes(Watcher):
        def __init__(self) -> None:
            self.notes: list[str] = []

        def note(self, text: str) -> None:
            self.notes.append(text)

    make_release(tmp_path / "a", state="retracted")
    notes = Notes()
    fetch("tiny", sources=[str(tmp_path / "a")], watcher=notes)
    assert notes.notes == ["tiny@2020-r1 is retracted: see `nuanomaly show tiny@2020-r1`"]


def test_everything_available_leaves_out_retracted_releases(
    machine: Path, tmp_path: Path, make_archive: Make
) -> None:
    root = make_archive(tmp_path / "a", one="1-r1 draft", two="1-r1 released", three="1-r1 retracted")
    with fetcher(sources=["http://127.0.0.1:9", str(root)], policy=Policy(tries=1, timeout=1.0)) as made:
        assert made.available() == ["one@1-r1", "two@1-r1"]


def test_what_was_loaded_is_not_parsed_again(
    machine: Path, mirrored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch("tiny", sources=[str(mirrored)])
    first = nuanomaly.load("tiny")
    monkeypatch.setattr("nuanomaly.archive.yamlio.parse", None)
    assert nuanomaly.load("tiny").metadata is first.metadata


def test_two_files_of_the_same_content_are_two_files(machine: Path, archive: Path) -> None:
    folder = archive / "datasets" / "tiny" / "2020-r1"
    shutil.copyfile(folder / "ratios.csv", folder / "big" / "events.csv")
    same = hashlib.sha256((folder / "ratios.csv").read_bytes()).hexdigest()
    text = (folder / "release.yaml").read_text("utf-8")
    old = index._SHA256.findall(text)[1]
    (folder / "release.yaml").write_text(text.replace(old, same), "utf-8")
    got = fetch("tiny", sources=[str(archive)])
    assert (got / "ratios.csv").read_bytes() == (got / "big" / "events.csv").read_bytes()


def test_the_public_name_is_the_same(machine: Path, mirrored: Path) -> None:
    found: Any = nuanomaly.fetch("tiny", sources=[str(mirrored)])
    assert found.is_dir()


def test_a_named_folder_with_files_of_somebody_else_is_not_replaced(
    machine: Path, archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(archive))
    notes = tmp_path / "out" / "tiny" / "2020-r1" / "notes" / "mine.txt"
    notes.parent.mkdir(parents=True)
    notes.write_text("a day's work")
    with pytest.raises(NuanomalyError, match=r"holds notes/mine\.txt, which is not of the release"):
        fetch("tiny@2020", tmp_path / "out")
    assert notes.read_text() == "a day's work"
    notes.unlink()
    folder = fetch("tiny@2020", tmp_path / "out")
    # what is of the release may be replaced, also where it is damaged
    (folder / "ratios.csv").write_text("ratio,label\n")
    assert (fetch("tiny@2020", tmp_path / "out") / "ratios.csv").read_text() != "ratio,label\n"
    with pytest.raises(NuanomalyError, match="holds the release as it was published"):
        write(folder, "csv", tmp_path / "out")
    # a table that an earlier draft had is of the release that was written there
    store.refuse_to_replace(folder, [])
    other = write(folder, "csv", tmp_path / "other")
    assert write(folder, "json", tmp_path / "other") == other
    (other / "analysis.py").write_text("print(1)\n")
    with pytest.raises(NuanomalyError, match=r"holds analysis\.py"):
        write(folder, "csv", tmp_path / "other")
    assert (other / "analysis.py").is_file()


@pytest.mark.parametrize("file", ["ratios.csv", "release.yaml"])
@pytest.mark.parametrize("bad", ["pipe", "link", "folder"])
def test_a_source_with_what_is_no_plain_file_is_passed_over(
    machine: Path, archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: str, bad: str
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(archive, broken)
    at = broken / "datasets" / "tiny" / "2020-r1" / file
    at.unlink()
    if bad == "pipe":
        os.mkfifo(at)
    elif bad == "folder":
        at.mkdir()
    else:
        at.symlink_to(archive / "datasets" / "tiny" / "2020-r1" / file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = fetch("tiny@2020", tmp_path / "out", sources=[str(broken), str(archive)])
        assert (folder / "ratios.csv").read_bytes() == (
            archive / "datasets" / "tiny" / "2020-r1" / "ratios.csv"
        ).read_bytes()


def test_a_pipe_in_place_of_a_table_is_named_and_not_waited_for(
    machine: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(archive))
    at = archive / "datasets" / "tiny" / "2020-r1" / "ratios.csv"
    at.unlink()
    os.mkfifo(at)
    with pytest.raises(IntegrityError, match="no plain file"):
        nuanomaly.load("tiny").table("ratios")
