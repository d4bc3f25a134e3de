"""The yardstick: a script on two commits, alternately, in fresh processes."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import against  # tools/ is on the path, as the package in it is installed from there
import pytest

# An environment without packages: the script needs none, and nothing is downloaded.
MAKEFILE = '.venv/report.stamp:\n\t@"$(PYTHON)" -m venv --without-pip .venv\n\t@touch $@\n'
SCRIPT = """\
from pathlib import Path

work = int(Path("work.txt").read_text())
with open(Path(__file__).parent / "order.txt", "a") as order:
    order.write(f"{work} ")


def time_sum():
    return {"sum": [sum(k * k for k in range(200_000)) for _ in range(work)][-1], "work": 1.0 * work}


def time_nothing():
    pass
"""


def git(folder: Path, *arguments: str) -> None:
    author = ["-c", "user.name=A. Toy", "-c", "user.email=toy@example.org"]
    subprocess.run(["git", *author, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository in a folder with a space, whose first commit does four times the work of its last."""
    root = tmp_path / "a checkout"
    root.mkdir()
    git(root, "init", "--quiet")
    (root / "Makefile").write_text(MAKEFILE, "utf-8")
    for work in ("24", "6"):
        (root / "work.txt").write_text(work, "utf-8")
        git(root, "add", "Makefile", "work.txt")
        git(root, "commit", "--quiet", "--message", f"Work {work}")
    (tmp_path / "script.py").write_text(SCRIPT, "utf-8")
    subprocess.run(["make", ".venv/report.stamp", f"PYTHON={sys.executable}"], cwd=root, check=True)
    return root


def compare(root: Path, *arguments: str) -> int:
    script = str(root.parent / "script.py")
    return against.main([script, "--python", sys.executable, *arguments], root)


def test_a_commit_that_did_more_is_slower_and_both_sides_take_turns(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(checkout, "--base", "HEAD~1", "--rounds", "3", "--json") == 0
    report = json.loads(capsys.readouterr().out.partition("\n")[2])
    by_name = {row["name"]: row for row in report["comparisons"]}
    assert by_name["sum"]["speed"] > 1.0
    assert by_name["sum"]["difference"] == 18.0
    assert by_name["nothing"]["difference"] is None
    assert (checkout.parent / "order.txt").read_text("utf-8") == "24 6 24 6 24 6 "
    assert (checkout / "build/against" / report["base"][:12] / ".venv/bin/python").exists()


def test_a_second_comparison_uses_what_is_installed(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(checkout, "--base", "HEAD~1", "--rounds", "1") == 0
    assert "Installing" in capsys.readouterr().out
    assert compare(checkout, "--base", "HEAD~1", "--rounds", "1") == 0
    said = capsys.readouterr().out
    assert "Installing" not in said
    assert "VALUES DIFFER by up to 18" in said


def test_mistakes_are_said_and_have_exit_codes(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(checkout, "--base", "nowhere") == 2
    assert "there is no commit 'nowhere' here" in capsys.readouterr().err
    (checkout.parent / "script.py").write_text("raise ValueError('no data')", "utf-8")
    assert compare(checkout, "--base", "HEAD~1", "--rounds", "1") == 1
    assert "no data" in capsys.readouterr().err
    for wrong in ([], ["--base", "HEAD", "--rounds", "0"]):
        with pytest.raises(SystemExit) as stopped:
            compare(checkout, *wrong)
        assert stopped.value.code == 2


def test_a_script_without_functions_is_timed_as_a_whole(tmp_path: Path) -> None:
    script = tmp_path / "whole.py"
    script.write_text("sum(k * k for k in range(100_000))", "utf-8")
    (name,) = against.measured(script)
    assert name == against.WHOLE
    assert against.measured(script)[name]["seconds"] > 0.0


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        (1.0, 1.0, 0.0),
        (1.0, 1.5, 0.5),
        (math.nan, math.nan, 0.0),
        (1.0, math.nan, math.inf),
        ([1, [2.0]], [1, [2.25]], 0.25),
        ({"a": 1}, {"b": 1}, math.inf),
        ([1], [1, 2], math.inf),
        ("a", "b", math.inf),
        (None, 1.0, math.inf),
        ([], [], 0.0),
    ],
)
def test_values_of_both_sides_are_compared(old: Any, new: Any, difference: float) -> None:
    assert against.largest_difference(old, new) == difference


def test_the_spread_of_the_speed_is_that_of_pairs() -> None:
    seconds = [(2.0, 1.0), (3.0, 1.0), (8.0, 2.0)]
    pairs = [({"f": {"seconds": a, "value": None}}, {"f": {"seconds": b, "value": None}}) for a, b in seconds]
    (found,) = against.compared(pairs)
    assert found.ratios == (2.0, 3.0, 4.0)
    assert "speed × 3 (2 to 4)" in str(found)
