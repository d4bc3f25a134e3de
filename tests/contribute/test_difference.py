"""log and diff: what changed between two versions, in the tables and in the physics."""

import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from nuanomaly.archive import comparisons, seal
from nuanomaly.archive.difference import difference
from nuanomaly.archive.loading import load
from nuanomaly.archive.release import read
from nuanomaly.cli import output, versions
from nuanomaly.inference import page_test, physics_difference
from nuanomaly.inference.compatibility import compare
from nuanomaly.inference.physics_difference import Pair, physics
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.wrappers.joint import combine

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
    steps: list[tuple[int, int]] = []
    effect = physics(old, new, comparisons.declared(revised), progress=lambda *done: steps.append(done))
    assert steps == [(0, 2), (1, 2)]
    assert effect.changes
    assert effect.points or effect.modes
    for point in effect.points:
        values = [likelihood(r, None).chi2(point.model, **point.parameters) for r in (old, new)]
        assert (point.value.old, point.value.new) == (values[0], values[1])
    for mode in effect.modes:
        assert {"best fit", "significance (σ)"} <= set(mode.values)
    [used] = effect.comparisons
    assert used.name == "karmen-alone"
    assert used.changes
    assert not used.problems


def test_a_terminal_is_told_what_is_fitted_before_it_is(
    revised: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = (read(revised / f"datasets/karmen/2002-r{n}") for n in (1, 2))
    told = []
    monkeypatch.setattr(output, "progress", lambda what: nullcontext(print))
    monkeypatch.setattr(physics_difference, "physics", lambda *_, **__: told.append(capsys.readouterr().err))
    versions._refitted(old, new, comparisons.declared(revised))
    assert told == ["Fitting with both versions: default (2nu-mue), karmen-alone (not with --no-physics)\n"]


def test_the_same_release_changes_no_physics(revised: Path) -> None:
    old = read(revised / "datasets/karmen/2002-r1")
    effect = physics(old, old, comparisons.declared(revised))
    assert not effect.changes


THREE = {"low": 1e-5, "high": 0.3, "points": 31, "scale": "log"}
GLOBAL: dict[str, Any] = {
    "model": "3+1-sbl",
    "parameters": {
        "dm2_41": {"low": 0.3, "high": 9.0, "points": 81, "scale": "log"},
        "Ue4_sq": THREE,
        "Umu4_sq": THREE,
    },
    "datasets": {
        "karmen": {"releases": ["karmen@2002-r1"]},
        "danss": {"releases": ["danss@2018-r1"]},
        "cdhs": {"releases": ["cdhs@1984-r1"]},
    },
    "tested": {"appearance": ["karmen"], "disappearance": ["danss", "cdhs"]},
}


def test_sides_of_a_group_are_fitted_together_as_on_the_page() -> None:
    found = page_test.numbers(GLOBAL, load, set())
    assert found["PG dof"] == 2, "2 for appearance and 3 for disappearance less 3 for all"
    groups = [likelihood("karmen"), combine([likelihood("danss"), likelihood("cdhs")])]
    grid = {k: (v["low"], v["high"], 21, "log") for k, v in GLOBAL["parameters"].items()}
    general = compare(groups, "3+1-sbl", grid=grid)
    assert found["PG dof"] == general.pg.dof
    # the general fit may go below the grid, to no mixing at all: worth 0.002 here
    assert found["joint best fit"] == pytest.approx(general.value, abs=0.005)
    assert found["PG χ²"] == pytest.approx(general.pg.delta, abs=0.02)


def test_what_does_not_change_is_computed_once() -> None:
    memory: page_test.Memory = {}
    first = page_test.numbers(GLOBAL, load, set(), memory)
    kept = dict(memory)
    assert page_test.numbers(GLOBAL, load, set(), memory) == first
    assert memory == kept


def test_sides_that_are_not_tested_are_fitted_where_the_release_is() -> None:
    found = page_test.numbers({**GLOBAL, "tested": {}}, load, {"cdhs@1984-r1"})
    assert set(found) == {"cdhs: best fit", "cdhs: dm2_41", "cdhs: Ue4_sq", "cdhs: Umu4_sq"}
    two = {"dm2_41": GLOBAL["parameters"]["dm2_41"], "sin2_2theta_mumu": THREE}
    side = {"releases": ["cdhs@1984-r1"], "model": "2nu-mumu"}
    own = {
        "model": "2nu-ee",
        "parameters": two,
        "datasets": {"cdhs": side, "karmen": GLOBAL["datasets"]["karmen"]},
    }
    again = page_test.numbers(own, load, {"cdhs@1984-r1"})
    assert again["cdhs: best fit"] <= found["cdhs: best fit"] + 1e-3
    assert again["cdhs: significance (σ)"] > 0.0


@pytest.mark.parametrize(
    ("change", "groups"),
    [
        ({}, {"a": ("a",), "b": ("b",)}),
        ({"tested": {}}, {}),
        ({"tested": {"all": ["a", "b"]}}, {"all": ("a", "b")}),
        ({"datasets": {"a": {"releases": ["x@1-r1"]}, "b": {"releases": ["x@2-r1"]}}}, {}),
        ({"datasets": {"a": {"releases": ["x@1-r1"]}, "b": {"releases": ["y@2-r1"], "model": "3nu"}}}, {}),
        ({"datasets": {"a": {"releases": ["x@1-r1"]}}}, {}),
    ],
)
def test_sides_are_tested_unless_they_share_a_dataset_or_a_model_is_their_own(
    change: dict[str, Any], groups: dict[str, Any]
) -> None:
    two = {"a": {"releases": ["x@1-r1"]}, "b": {"releases": ["y@1-r1"]}}
    assert comparisons.tested({"model": "2nu-ee", "datasets": two, **change}) == groups


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
