"""check-pr: what the forge says of a contribution, and what it refuses to run."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nuanomaly.archive import contribution, seal
from nuanomaly.archive.history import NoHistoryError
from nuanomaly.cli import reviewing
from nuanomaly.inference.review import review

ROOT = Path(__file__).resolve().parents[2]
RATES = "datasets/toy/2020-r1/rates.csv"


@pytest.fixture
def branch(clone: Any) -> Any:
    """The toy archive on a branch of its own."""
    clone.git("switch", "--quiet", "--create", "branch")
    return clone


@pytest.fixture
def karmen(tmp_path: Path, clone_of: Callable[[Path], Any]) -> Any:
    """A clone with KARMEN, whose next revision has one event more."""
    root = tmp_path / "karmen"
    shutil.copytree(ROOT / "schemas", root / "schemas")
    shutil.copytree(ROOT / "datasets/karmen", root / "datasets/karmen")
    (root / "catalog.yaml").write_text('schema: "1"\nreleases: []\nledger: {}\n', "utf-8")
    clone = clone_of(root)
    clone.git("init", "--quiet", "--initial-branch=main")
    clone.catalogue()
    clone.commit("KARMEN")
    clone.git("switch", "--quiet", "--create", "branch")
    new = root / "datasets/karmen/2002-r2"
    shutil.copytree(root / "datasets/karmen/2002-r1", new)
    text = (new / "release.yaml").read_text("utf-8").replace('"2002-r1"', '"2002-r2"')
    (new / "release.yaml").write_text(text.replace("state: released", "state: draft"), "utf-8")
    clone.edit("datasets/karmen/2002-r2/spectrum.csv", "16.0,20.0,3,", "16.0,20.0,4,")
    seal.seal(new)
    clone.catalogue()
    return clone


def test_nothing_changed_is_not_green(branch: Any) -> None:
    found = review(branch.root)
    assert found.contribution.kind == "empty"
    assert not found.ok


def test_uncommitted_and_committed_changes_count_alike(branch: Any) -> None:
    branch.edit(RATES, "0.97", "0.98")
    first = contribution.contribution(branch.root).changes
    branch.commit("Change")
    assert contribution.contribution(branch.root).changes == first
    assert [c.path for c in first] == [RATES]


def test_a_contribution_of_data_is_computed(karmen: Any) -> None:
    found = review(karmen.root)
    assert found.contribution.kind == "data"
    assert found.computed
    [one] = found.releases
    assert (one.release, one.before) == ("karmen@2002-r2", "karmen@2002-r1")
    assert one.difference
    assert one.physics
    assert one.physics.changes
    failed = {row["id"] for row in found.disagreeing}
    assert "candidates" in failed
    assert not found.ok, "a benchmark does not hold"
    text = reviewing.markdown(found)
    assert "✗" in text
    assert "column observed: 1 values" in text


@pytest.mark.parametrize(
    "file",
    [
        "tools/x.py",
        "Makefile",
        "comparisons/toy-vs-toy/report.py",
        "datasets/toy/2020-r1/conftest.py",
        ".github/workflows/x.yml",
        "schemas/release.schema.json",
        "datasets/.gitattributes",
    ],
)
def test_anything_that_could_be_run_is_labelled_and_nothing_is_computed(branch: Any, file: str) -> None:
    path = branch.root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + "\n")
    branch.edit(RATES, "0.97", "0.98")
    found = review(branch.root)
    assert found.contribution.kind == "code"
    assert [c.path for c in found.contribution.other_changes] == [file]
    assert not found.computed
    assert found.releases == ()
    assert not found.ok
    assert "needs a reader" in reviewing.markdown(found)


def test_a_release_with_errors_is_not_computed(branch: Any) -> None:
    """A path could lead anywhere on the machine that reviews it."""
    branch.edit("datasets/toy/2020-r1/release.yaml", "file: rates.csv", "file: ../../../secret.csv")
    (branch.root / "secret.csv").write_text("password\nhunter2\n")
    branch.commit("Curious")
    found = review(branch.root, trusted=True)
    assert "PATH_UNSAFE" in {f.code for f in found.errors}
    assert "hunter2" not in reviewing.markdown(found)
    assert all(one.difference is None and one.benchmarks == () for one in found.releases)


def test_findings_elsewhere_are_not_held_against_it(branch: Any) -> None:
    branch.git("switch", "--quiet", "main")
    branch.edit("datasets/toy/2018-r1/release.yaml", "of the first toy paper", "of a paper")
    branch.commit("A mistake on main")
    branch.git("switch", "--quiet", "--create", "later")
    branch.edit("datasets/toy/2020-r1/release.yaml", "Rates in three bins", "Three bins")
    found = review(branch.root)
    assert "RELEASED_CHANGED" in {f.code for f in found.elsewhere}
    assert "RELEASED_CHANGED" not in {f.code for f in found.findings}
    assert "CATALOG_OUT_OF_DATE" in {f.code for f in found.findings}


def test_a_changed_release_is_an_error_of_the_contribution(branch: Any) -> None:
    branch.edit("datasets/toy/2018-r1/rates.csv", "0.93", "0.94")
    found = review(branch.root)
    assert {"RELEASED_CHANGED", "RELEASED_HISTORY_CHANGED"} <= {f.code for f in found.errors}


def test_what_contributors_write_is_text_and_no_markup(branch: Any) -> None:
    branch.edit("datasets/toy/2020-r1/release.yaml", "sector: reactor", 'sector: "@all ](http://x) <b>|"')
    text = reviewing.markdown(review(branch.root))
    assert "\\@all" in text
    assert not any(s in text for s in (" @all", "](http", "<b>"))


def test_the_command_gives_json_and_an_exit_code(karmen: Any, run: Callable[..., Any]) -> None:
    done = run("check-pr", "--json", "--no-physics", archive=karmen.root)
    assert done.code == 1
    assert done.json["kind"] == "data"
    assert done.json["releases"][0]["physics"] is None
    assert done.json["releases"][0]["benchmarks"]


def test_without_a_base_it_says_so(clone: Any) -> None:
    clone.git("branch", "--move", "main", "other")
    with pytest.raises(NoHistoryError, match="--base"):
        contribution.contribution(clone.root)
    with pytest.raises(NoHistoryError):
        contribution.contribution(clone.root, "--output=/tmp/x")
