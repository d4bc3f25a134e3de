"""A small archive under git, to which releases are contributed."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from nuanomaly.archive import catalog, seal, tables
from nuanomaly.archive.validate import Report, validate
from nuanomaly.cli import main

ROOT = Path(__file__).resolve().parents[2]
TOY = ROOT / "tests" / "data" / "toy-archive"
WHO = {
    "GIT_AUTHOR_NAME": "A. Author",
    "GIT_AUTHOR_EMAIL": "author@example.org",
    "GIT_COMMITTER_NAME": "A. Author",
    "GIT_COMMITTER_EMAIL": "author@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


@dataclass
class Clone:
    """An archive in a temporary folder, under git."""

    root: Path

    def git(self, *words: str, given: str | None = None) -> str:
        """Run git, and return what it prints."""
        done = subprocess.run(
            ["git", "-C", str(self.root), *words],
            input=given,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **WHO},
        )
        return done.stdout.strip()

    def commit(self, message: str) -> str:
        """Commit everything, and return the hash."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a text that stands once in a file."""
        path = self.root / file
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), "utf-8")

    def edit_first(self, file: str, old: str, new: str) -> None:
        """Replace the first of the texts that stand in a file."""
        path = self.root / file
        text = path.read_text("utf-8")
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), "utf-8")

    def catalogue(self) -> None:
        """Write the catalogue anew."""
        catalog.write(self.root)

    def check(self, *references: str, history: bool = True) -> Report:
        """Validate, with the history."""
        return validate(list(references) or None, self.root, history=history)


@pytest.fixture(scope="session")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """An archive of two toy releases, one of them released, in two commits; it is only read."""
    root = tmp_path_factory.mktemp("committed")
    shutil.copytree(ROOT / "schemas", root / "schemas")
    shutil.copytree(TOY, root, dirs_exist_ok=True)
    clone = Clone(root)
    columns = [tables.Column("E", "float64", "MeV", ""), tables.Column("flux", "float64", "1", "")]
    frame = pd.DataFrame({"E": [1.0, 2.0, 3.0], "flux": [0.1, np.nan, 0.3]})
    spectrum = root / "datasets" / "toy" / "2020-r1" / "spectrum.parquet"
    spectrum.write_bytes(tables.to_bytes(frame, columns, "parquet"))
    for version in ("2018-r1", "2020-r1"):
        seal.seal(root / "datasets" / "toy" / version)
    clone.git("init", "--quiet", "--initial-branch=main")
    clone.catalogue()
    clone.commit("Two drafts")
    clone.edit("datasets/toy/2018-r1/release.yaml", "state: draft", "state: released")
    clone.catalogue()
    clone.commit("Release the first toy")
    return clone


@pytest.fixture
def clone(committed: Clone, tmp_path: Path) -> Clone:
    """A copy of the archive, to be changed."""
    shutil.copytree(committed.root, tmp_path / "clone", symlinks=True)
    return Clone(tmp_path / "clone")


@pytest.fixture
def clone_of() -> Callable[[Path], Clone]:
    """Make a clone of a folder that a test has filled."""
    return Clone


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run a command; an exception that is no exit is not caught."""
    monkeypatch.setenv("NUANOMALY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NUANOMALY_SOURCES", raising=False)

    def command(*arguments: object, archive: Path | None = None) -> Ran:
        if archive is not None:
            monkeypatch.setenv("NUANOMALY_ARCHIVE", str(archive))
        done = CliRunner().invoke(main, [str(a) for a in arguments])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ran(done.exit_code, done.stdout, done.stderr)

    return command
