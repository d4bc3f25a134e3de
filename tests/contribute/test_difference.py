"""log and diff: what changed between two versions, in the tables and in the physics."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nuanomaly.archive import comparisons, seal
from nuanomaly.archive.difference import difference
from nuanomaly.archive.release import read
from nuanomaly.inference.difference import Pair, physics

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def revised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with a second revision of KARMEN: one event more in the first bin, and a new title."""
    root = tmp_path_factory.mktemp("revised")
    for folder in ("schemas", "anomalies"):
        shutil.copytree(ROOT / folder, root / folder)
    shutil.copytree(ROOT / "datasets/karmen", root / "datasets/karmen")
    (root / "catalog.yaml").write_text('schema: "1"\nreleases: []\nledger: {}\n')
    old, new = root / "datasets/karmen/2002-r1", root / "datasets/karmen/2002-r2"
    shutil.copytree(old, new)
    text = (new / "release.yaml").read_text("utf-8")
    text = text.replace('"2002-r1"', '"2002-r2"').replace("state: released", "state: draft")
    text = text.replace(
        "- {kind: initial, reason:",
        "- {kind: correction, reason: an event was lost}\n  - {kind: initial, reason:",
    )
    (new / "release.yaml").write_text(text, "utf-8")
    table = next(n for n in read(new).tables if "observed" in read(new).table(n).columns)
    frame = read(new).table(table)
    column = "observed"
    frame.loc[0, column] += 1
    frame.to_csv(new / read(new).declared(table)["file"], index=False, lineterminator="\n")
    seal.seal(new)
    comparison = root / "comparisons/karmen-alone/comparison.yaml"
    comparison.parent.mkdir(parents=True)
    comparison.write_text(
        "model: 2nu-mue\nparameters:\n  dm2_41: {low: 0.1, high: 10, points: 21, scale: log}\n"
        "datasets:\n  karmen: {title: K, releases: ['karmen@2002-r1']}\n"
    )
    return root


def test_equal_releases_do_not_differ() -> None:
    release = read(ROOT / "datasets/best/2022-r1")
    assert not difference(release, release)


def test_a_changed_cell_is_named_with_row_and_size(revised: Path) -> None:
    old, new = (read(revised / f"datasets/karmen/2002-r{n}") for n in (1, 2))
    found = difference(old, new)
    [table] = found.tables
    [column] = table.columns
    assert (table.status, column.column, column.changed, column.first.row) == ("changed", "observed", 1, 0)
    assert column.first.new == column.first.old + 1
    assert column.largest == pytest.approx(1 / column.first.old)
    assert "version" in {e.path for e in found.metadata}
    assert not any("sha256" in e.path and e.path.startswith("tables") for e in found.metadata)


def test_the_effect_on_the_physics_is_that_of_the_likelihood(revised: Path) -> None:
    old, new = (read(revised / f"datasets/karmen/2002-r{n}") for n in (1, 2))
    effect = physics(old, new, comparisons.declared(revised))
    assert effect.changes
    assert effect.points or effect.modes
    from nuanomaly.likelihood.build import likelihood

    for point in effect.points:
        values = [likelihood(r, None).chi2(point.model, **point.parameters) for r in (old, new)]
        assert (point.value.old, point.value.new) == (values[0], values[1])
    for mode in effect.modes:
        assert {"best fit", "significance (σ)"} <= set(mode.values)
    [used] = effect.comparisons
    assert used.name == "karmen-alone"
    assert used.changes
    assert not used.problems


def test_the_same_release_changes_no_physics(revised: Path) -> None:
    old = read(revised / "datasets/karmen/2002-r1")
    effect = physics(old, old, comparisons.declared(revised))
    assert not effect.changes


def test_a_number_that_appears_or_vanishes_is_a_change() -> None:
    assert Pair(None, 1.0).changes
    assert not Pair(100.0, 100.000001).changes
    assert Pair(100.0, 100.1).changes


def test_the_commands_print_reasons_and_differences(revised: Path, run: Callable[..., Any]) -> None:
    listed = run("log", "karmen", archive=revised)
    assert listed.code == 0
    assert listed.out.index("karmen@2002-r2") < listed.out.index("karmen@2002-r1")
    assert "correction: an event was lost" in listed.out
    shown = run("diff", "karmen@2002-r1", "karmen@2002-r2", "--no-physics", archive=revised)
    assert "column observed: 1 values" in shown.out
    assert "Physics" not in shown.out
    data = run("diff", "karmen@2002-r1", "karmen@2002-r2", "--json", archive=revised).json
    assert data["physics"]["changes"] is True
    assert data["tables"][0]["columns"][0]["column"] == "observed"
    assert run("log", "karman", archive=revised).code == 2
