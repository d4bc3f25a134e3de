"""A recorded cache is a DataLad dataset; a cache without git-annex is a cache."""

import json
import shutil
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nuanomaly.archive import loading, mirror
from nuanomaly.archive.datalad import programs
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.cli import main

TABLE = Path("datasets") / "tiny" / "2020-r1" / "tables" / "ratios.csv"


@pytest.fixture
def mirrored(make_archive: Callable[..., Path], tmp_path: Path) -> Path:
    """The mirror of the tiny archive."""
    mirror.mirror(make_archive(tmp_path / "archive"), tmp_path / "mirror")
    return tmp_path / "mirror"


@pytest.fixture
def cache(tmp_path: Path, user: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The empty cache of a user without a checkout."""
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "catalog.yaml").write_text('schema: "1"\nreleases: []\nledger: {}\n', "utf-8")
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(empty))
    user.environment["NUANOMALY_ARCHIVE"] = str(empty)
    user.environment["NUANOMALY_UNLISTED"] = "1"
    monkeypatch.setenv("NUANOMALY_UNLISTED", "1")
    monkeypatch.setenv("NUANOMALY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(user.home))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("NUANOMALY_SOURCES", raising=False)
    return tmp_path / "cache"


def fetch(*arguments: str) -> Result:
    done = CliRunner().invoke(main, ["fetch", *arguments])
    assert done.exit_code == 0, done.output
    return done


def test_datalad_drops_gets_and_fetches_anew_what_was_recorded(
    mirrored: Path, cache: Path, serve: Callable[[Path], str], user: Any, content: Callable[[Path], str]
) -> None:
    url = serve(mirrored)
    done = fetch("tiny@2020-r1", "--source", url, "--record")
    assert f"recorded in {cache}: tiny@2020-r1" in done.output
    table, whole = cache / TABLE, content(mirrored / TABLE)
    assert not table.is_symlink()
    user.datalad("drop", str(TABLE), cwd=cache)
    assert content(table) != whole
    user.datalad("get", str(TABLE), cwd=cache)
    assert content(table) == whole
    user.datalad("drop", str(TABLE), cwd=cache)
    user.datalad("rerun", cwd=cache)
    assert content(table) == whole
    assert user.run("git", "status", "--porcelain", cwd=cache) == ""


def test_what_was_dropped_is_fetched_again_without_datalad(
    mirrored: Path, cache: Path, user: Any, content: Callable[[Path], str]
) -> None:
    fetch("tiny@2020-r1", "--source", str(mirrored), "--record")
    user.run("git-annex", "drop", "--quiet", str(TABLE), cwd=cache)
    assert content(cache / TABLE) != content(mirrored / TABLE)
    with pytest.raises(NuanomalyError, match="its content is not here: `datalad get "):
        loading.load("tiny").table("ratios")
    assert "from " in fetch("tiny@2020-r1", "--source", str(mirrored)).output
    assert content(cache / TABLE) == content(mirrored / TABLE)


def test_each_fetch_is_one_commit_that_says_what_was_run(mirrored: Path, cache: Path, user: Any) -> None:
    fetch("tiny@2018-r1", "--source", str(mirrored))
    fetch("tiny", "small", "--source", str(mirrored), "--record")
    again = fetch("tiny", "small", "--source", str(mirrored), "--record")
    assert f"recorded in {cache}: nothing new" in again.output
    messages = user.run("git", "log", "--format=%B%x00", cwd=cache).split("\0")
    said = messages[0].partition("below ===\n")[2].partition("^^^")[0]
    assert json.loads(said) == {
        "chain": [],
        "cmd": "nuanomaly fetch tiny@2020-r1 small@1999-r1 "
        f"--source {mirrored.resolve().as_uri()} --output datasets",
        "dsid": user.run("git", "config", "-f", ".datalad/config", "datalad.dataset.id", cwd=cache).strip(),
        "exit": 0,
        "extra_inputs": [],
        "inputs": [],
        "outputs": ["datasets/tiny/2020-r1", "datasets/small/1999-r1"],
        "pwd": ".",
    }
    assert len([m for m in messages if m.strip()]) == 2
    tracked = user.run("git", "ls-files", "datasets", cwd=cache)
    assert "2018-r1" not in tracked
    assert ".nuanomaly" not in tracked


def test_without_git_annex_the_release_is_fetched_and_the_remedy_named(
    mirrored: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = shutil.which("git")
    assert git is not None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / "bin"))
    done = fetch("tiny@2020-r1", "--source", str(mirrored), "--record")
    assert (cache / TABLE).read_bytes() == (mirrored / TABLE).read_bytes()
    assert 'not recorded: git-annex is missing: pip install "nuanomaly[datalad]"' in done.output
    assert not (cache / ".git").exists()


def test_a_repository_of_someone_else_is_left_alone(mirrored: Path, cache: Path, user: Any) -> None:
    cache.mkdir()
    user.run("git", "init", "--quiet", cwd=cache)
    user.run("git", "commit", "--quiet", "--allow-empty", "--message", "mine", cwd=cache)
    done = CliRunner().invoke(main, ["fetch", "tiny", "--source", str(mirrored), "--record"])
    assert done.exit_code == 2
    assert "is a git repository already, and none made by `fetch --record`" in done.output
    assert (cache / TABLE).is_file()


def test_only_the_cache_can_be_recorded(cache: Path) -> None:
    done = CliRunner().invoke(main, ["fetch", "tiny", "--record", "--output", "here"])
    assert done.exit_code == 2
    assert "leave out --output" in done.output


def test_a_failing_program_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(programs.ProgramError, match=r"`git rev-parse HEAD …` failed in .*: fatal: "):
        programs.run(tmp_path, "git", "rev-parse", "HEAD")
