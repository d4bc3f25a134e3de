"""A cache that is damaged is said to be damaged, by every command; a whole one serves without a network."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import nuanomaly
from nuanomaly.archive import release
from nuanomaly.archive.errors import IntegrityError
from nuanomaly.archive.fetch import FetchError, fetch
from nuanomaly.cli import main

from .conftest import write_release

TINY = "datasets/tiny/2020-r1"


def put(path: Path, content: bytes | None) -> None:
    """Put a file, or (None) a folder, in the place of what stands there."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    path.mkdir() if content is None else path.write_bytes(content)


def linked(path: Path) -> None:
    aside = path.with_name("aside")
    path.rename(aside)
    path.symlink_to(aside)


DAMAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no release.yaml": (lambda f: (f / "release.yaml").unlink(), "release.yaml is missing"),
    "half of release.yaml": (
        lambda f: put(f / "release.yaml", b'schema: "1"\nname: ti'),
        "the key 'version' is missing",
    ),
    "an open bracket": (lambda f: put(f / "release.yaml", b"tables: [\n"), "line "),
    "an empty release.yaml": (lambda f: put(f / "release.yaml", b""), "is not a mapping"),
    "garbage": (lambda f: put(f / "release.yaml", b"\x00\xff\x01: ["), "not UTF-8"),
    "a folder in place of release.yaml": (lambda f: put(f / "release.yaml", None), "no plain file"),
    "the release.yaml of another version": (
        lambda f: put(f / "release.yaml", (f / "release.yaml").read_bytes().replace(b"2020-r1", b"2021-r1")),
        "says it is tiny@2021-r1",
    ),
    "an empty folder": (lambda f: put(f, None), "release.yaml is missing"),
    "a file in place of the folder": (lambda f: put(f, b"x"), "it is no folder"),
    "a link in place of the folder": (linked, "it is a link"),
}
OF_TABLES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no table": (lambda f: (f / "ratios.csv").unlink(), "ratios.csv is missing"),
    "another table": (
        lambda f: put(f / "ratios.csv", b"ratio,label\n0.2,a\n"),
        "ratios.csv (has sha256|was)",
    ),
    "a folder in place of a table": (lambda f: put(f / "ratios.csv", None), "(missing or|is) no plain file"),
}


@pytest.fixture
def cached(machine: Path, archive: Path, monkeypatch: pytest.MonkeyPatch, known: bool) -> Path:
    """The folder of tiny@2020-r1 in the cache of a machine whose ledger knows it, or not."""
    shutil.copytree(archive / TINY, machine / TINY)
    if known:
        shutil.copyfile(archive / "catalog.yaml", Path.cwd() / "catalog.yaml")
        monkeypatch.delenv("NUANOMALY_UNLISTED")
    return machine / TINY


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


WAYS = [
    (name, more) for name in ("tiny", "tiny@2020", "tiny@2020-r1") for more in ("", "-o", "--format", "both")
]


def fetched(name: str, more: str, out: Path) -> tuple[int, str]:
    words: dict[str, list[object]] = {
        "-o": ["-o", out],
        "--format": ["--format", "csv"],
        "both": ["-o", out, "--format", "csv"],
    }
    return run("fetch", name, "--offline", *words.get(more, ()))


@pytest.mark.parametrize("known", [True, False], ids=["known", "unlisted"])
def test_a_whole_cache_gives_a_release_without_a_network_wherever_it_is_put(
    cached: Path, tmp_path: Path, known: bool
) -> None:
    for number, (name, more) in enumerate(WAYS):
        out = tmp_path / f"out {number}"
        code, said = fetched(name, more, out)
        assert (code, "tiny@2020-r1" in said) == (0, True), said
        if more == "-o":
            whole = release.read(out / "tiny" / "2020-r1")
            assert whole.table("ratios").equals(nuanomaly.load("tiny").table("ratios"))
    again = tmp_path / "out 1"
    shutil.rmtree(cached)
    assert run("fetch", "tiny", "--offline", "-o", again)[0] == 0  # it is there already


@pytest.mark.parametrize("known", [True, False], ids=["known", "unlisted"])
@pytest.mark.parametrize("damage", [*DAMAGES, *OF_TABLES])
def test_a_damaged_cache_is_said_to_be_damaged(
    cached: Path, tmp_path: Path, damage: str, known: bool, record_property: Callable[[str, object], None]
) -> None:
    record_property("tries", len(WAYS) + 2)
    make, reason = (DAMAGES | OF_TABLES)[damage]
    make(cached)
    for name, more in WAYS:
        with pytest.raises(FetchError, match=reason):
            fetch(name, tmp_path / "out" if more in ("-o", "both") else None, offline=True)
        code, said = fetched(name, more, tmp_path / "out")
        assert code == 1, said
        assert f"the copy in {cached} is damaged (" in said
    assert not (tmp_path / "out" / "tiny").exists()
    for name in ("tiny", "tiny@2020-r1"):
        with pytest.raises(
            IntegrityError, match=f"{reason}.*: get it again with `nuanomaly fetch tiny@2020-r1`"
        ):
            nuanomaly.load(name).table("ratios")
        for words in (["show"], ["chi2", "--model", "2nu-ee"]) if damage in DAMAGES else ():
            code, said = run(words[0], name, *words[1:])
            assert code == 1, said
            assert str(cached) in said


@pytest.mark.parametrize("known", [True], ids=["known"])
@pytest.mark.parametrize("damage", [*DAMAGES, *OF_TABLES])
def test_a_damaged_cache_is_repaired_by_a_source(
    cached: Path, archive: Path, damage: str, known: bool
) -> None:
    (DAMAGES | OF_TABLES)[damage][0](cached)
    assert run("fetch", "tiny@2020-r1", "--source", archive)[0] == 0
    assert not cached.is_symlink()
    assert nuanomaly.load("tiny").table("ratios")["ratio"][0] == 0.1


# --- drafts ---


@pytest.fixture
def drafted(archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A checkout with a released version, and a younger draft that cannot be read. Its release.yaml."""
    file = write_release(archive, version="2024-r1", state="draft") / "release.yaml"
    file.write_text(file.read_text("utf-8").replace("{name: ratio", "{nam: ratio"), "utf-8")
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(archive))
    monkeypatch.setenv("NUANOMALY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NUANOMALY_SOURCES", raising=False)
    return file


@pytest.mark.filterwarnings("default::nuanomaly.archive.loading.UnreadableReleaseWarning")
@pytest.mark.parametrize(
    "words", [["show"], ["fetch"], ["fetch", "--format", "csv"], ["cite"], ["lock"]], ids=" ".join
)
def test_a_draft_that_cannot_be_read_does_not_hide_what_is_released(
    drafted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, said = run(words[0], "tiny", *words[1:])
    assert code == 0, said
    assert f"tiny@2024-r1 is left out, as it cannot be read: {drafted}, line " in said
    code, said = run(words[0], "tiny@2020-r1", *words[1:])
    assert (code, "2024" in said) == (0, False), said
    younger = drafted.parents[1] / "2020-r2" / "release.yaml"  # of the label that is asked for
    shutil.copytree(younger.parents[1] / "2020-r1", younger.parent)
    younger.write_text("tables: [", "utf-8")
    code, said = run(words[0], "tiny@2020", *words[1:])
    assert (code, "2024" in said) == (0, False), said
    assert f"tiny@2020-r2 is left out, as it cannot be read: {younger}, line " in said
    for name in ("tiny@2024-r1", "tiny@2024"):
        code, said = run(words[0], name, *words[1:])
        assert code == 1, said
        assert f"{drafted}, line " in said


def test_what_was_released_and_cannot_be_read_is_not_passed_over(drafted: Path, archive: Path) -> None:
    ledger = archive / "catalog.yaml"
    ledger.write_text(ledger.read_text("utf-8") + f"  tiny@2024-r1: {'0' * 64}\n", "utf-8")
    drafted.write_text("tables: [", "utf-8")
    for words in (["show"], ["fetch"]):
        code, said = run(*words, "tiny")
        assert code, said
        assert str(drafted) in said


def test_a_link_in_place_of_a_dataset_is_not_written_through(
    machine: Path, archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (machine / "datasets").mkdir(parents=True)
    (machine / "datasets" / "tiny").symlink_to(tmp_path / "elsewhere")
    code, said = run("fetch", "tiny", "--source", archive)
    assert (code, f"{machine / 'datasets' / 'tiny'} is a link" in said) == (1, True), said
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("known", [True, False], ids=["known", "unlisted"])
@pytest.mark.parametrize("at", ["datasets/tiny", "datasets", ""])
@pytest.mark.parametrize("what", ["file", "loop"])
def test_what_stands_in_the_way_of_a_cache_is_named(
    cached: Path, machine: Path, archive: Path, tmp_path: Path, at: str, what: str, known: bool
) -> None:
    place = machine / at
    shutil.rmtree(place)
    place.symlink_to(place) if what == "loop" else place.write_bytes(b"x")
    for words in (["fetch", "--offline"], ["fetch", "--offline", "-o", tmp_path / "out"], ["show"]):
        code, said = run(words[0], "tiny", *words[1:])
        assert (code, f"{place} is " in said, "remove it" in said) == (1, True, True), said
    code, said = run("fetch", "tiny", "--source", archive)
    assert (code, str(machine) in said) == (1, True), said
    place.unlink()
    assert run("fetch", "tiny", "--source", archive, *(() if known else ("--unlisted",)))[0] == 0
    assert nuanomaly.load("tiny").id == "tiny@2020-r1"


@pytest.mark.parametrize("known", [True], ids=["known"])
@pytest.mark.parametrize("content", [b"::: [", b"amendments: 1\n", b"\xff", None])
def test_damaged_amendments_of_the_cache_are_removed_by_a_fetch(
    cached: Path, archive: Path, content: bytes | None, known: bool
) -> None:
    file = cached.parent / "amendments.yaml"
    file.mkdir() if content is None else file.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"amendments\.yaml"):
        nuanomaly.load("tiny")
    code, said = run("fetch", "tiny@2020-r1", "--source", archive)
    assert (code, f"{file} was damaged, and is removed" in said) == (0, True), said
    assert nuanomaly.load("tiny").id == "tiny@2020-r1"


@pytest.mark.parametrize("known", [True], ids=["known"])
def test_all_that_is_in_the_cache_is_all_there_is_without_a_network(
    cached: Path, tmp_path: Path, known: bool
) -> None:
    assert run("fetch", "--all", "--offline")[0] == 0
    assert run("fetch", "--all", "--offline", "-o", tmp_path / "out")[0] == 0
    assert (tmp_path / "out" / "tiny" / "2020-r1" / "release.yaml").is_file()


@pytest.mark.parametrize("format", ["json-ld", "rocrate", "datapackage", "croissant", "hepdata"])
def test_an_export_passes_on_nothing_that_was_changed_or_never_sealed(
    archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, format: str
) -> None:
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(archive))
    code, said = run("export", "tiny", "--to", format, "-o", tmp_path / "out")
    assert (code, "table 'ratios' is not sealed: `nuanomaly seal tiny@2020-r1`" in said) == (2, True), said
    folder = archive / TINY
    file = folder / "release.yaml"
    file.write_text(file.read_text("utf-8").replace("state: released", "state: draft"), "utf-8")
    assert run("seal", "tiny")[0] == 0
    file.write_text(file.read_text("utf-8").replace("state: draft", "state: released"), "utf-8")
    put(folder / "ratios.csv", b"ratio,label\n0.2,a\n")
    code, said = run("export", "tiny", "--to", format, "-o", tmp_path / "out")
    assert (code, "ratios.csv was changed" in said) == (1, True), said
    assert not (tmp_path / "out").exists()
