"""Output that is closed, full or limited ends a command in one sentence, and never in a traceback."""

import os
import resource
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")


def run(*arguments: str, shell: str = "", **options: object) -> subprocess.CompletedProcess[str]:
    line = f"{shlex.join([sys.executable, '-m', 'nuanomaly', *arguments])} {shell}"
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, **options)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["models"]])
def test_a_full_disk_behind_the_output_is_named(arguments: list[str]) -> None:
    if not FULL.exists():
        pytest.fail("this system has no /dev/full")
    done = run(*arguments, shell=">/dev/full")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: the output could not be written: ")
    assert done.stderr.count("\n") == 1


def test_a_closed_output_ends_nothing() -> None:
    done = run("models", shell=">&-")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_limit_of_file_sizes_is_named_with_the_file_and_the_old_one_stands(tmp_path: Path) -> None:
    old = tmp_path / "scan.csv"
    old.write_text("what stood there\n")
    grid = "best --model 2nu-ee --grid dm2_41=1:2:20 --grid sin2_2theta_ee=0.1:0.9:20 -o scan.csv"

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    environment = {**os.environ, "NUANOMALY_CACHE": str(tmp_path / "cache")}
    done = run("scan", *grid.split(), cwd=tmp_path, preexec_fn=limited, env=environment)
    assert done.returncode == 2
    assert "scan.csv" in done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert old.read_text() == "what stood there\n"
