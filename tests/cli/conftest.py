"""The command line, run in this process (fast) or in one of its own."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nuanomaly.cli import main


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
    """Run a command with an empty cache and no sources; an exception that is no exit is not caught."""
    monkeypatch.setenv("NUANOMALY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NUANOMALY_SOURCES", raising=False)

    def command(*arguments: object) -> Ran:
        done = CliRunner().invoke(main, [str(a) for a in arguments])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ran(done.exit_code, done.stdout, done.stderr)

    return command


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., Ran]:
    """Run a command in a process of its own."""

    def command(*arguments: object, **options: Any) -> Ran:
        words = [sys.executable, "-m", "nuanomaly", *map(str, arguments)]
        done = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", **options)
        return Ran(done.returncode, done.stdout, done.stderr)

    return command
