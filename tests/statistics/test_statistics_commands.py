"""Statistics through the command line, and long runs that are declared."""

import json
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.cli import main
from nuanomaly.inference.fit import Fit
from nuanomaly.inference.runs import compute, declared_runs, is_current, record, stored_run
from nuanomaly.inference.toys import ToyTest

GRID = ["--model", "2nu-ee", "--grid", "dm2_41=0.3:10:9", "--grid", "sin2_2theta_ee=0.02:0.9:8"]


def run(*arguments: str) -> str:
    done = CliRunner().invoke(main, list(arguments))
    assert done.exit_code == 0, done.output
    return done.output


def test_significance_shows_toys_beside_wilks_and_says_whether_they_agree() -> None:
    text = run("significance", "best:prc", *GRID, "--toys", "500", "--seed", "3")
    assert "none of 500 toys" in text
    assert "Wilks, dof 2" in text
    assert "agree as far as so few toys can tell" in text
    found = json.loads(run("significance", "gallex:prc", *GRID, "--toys", "500", "--json"))
    assert found["toys"]["toys"] == 500
    assert found["wilks"]["dof"] == 2


def test_feldman_cousins_is_saved(tmp_path: Path) -> None:
    folder = tmp_path / "found"
    text = run("feldman-cousins", "best:prc", *GRID, "--toys", "500", "--every", "3", "-o", str(folder))
    assert "90 %" in text
    assert sorted(f.name for f in folder.iterdir()) == ["about.json", "critical.parquet"]
    again = json.loads(
        run("feldman-cousins", "best:prc", *GRID, "--toys", "500", "--every", "3", "--cl", "0.9", "--json")
    )
    assert again["levels"] == [0.9]
    assert again["allowed_grid_points"]["90 %"] > 0


def test_coverage_is_stated_at_points() -> None:
    at = ["--at", "dm2_41=1.0,sin2_2theta_ee=0.3"]
    rows = json.loads(run("coverage", "best:prc", *GRID, "--toys", "500", *at, "--json"))
    assert [row["point"]["sin2_2theta_ee"] for row in rows][::2] == [0.0, 0.3]
    assert "true point" in run("coverage", "best:prc", *GRID, "--toys", "500")


def test_compare_by_toys() -> None:
    found = json.loads(run("compare", "gallex:prc", "best:prc", *GRID, "--toys", "500", "--json"))
    assert 0.0 < found["pg_toys"]["p_value"] <= 1.0
    assert "by toys" in run("compare", "gallex:prc", "best:prc", *GRID, "--toys", "500")


def test_mistakes_are_one_sentence() -> None:
    done = CliRunner().invoke(main, ["significance", "lsnd", "--model", "2nu-mue", "--toys", "500"])
    assert done.exit_code != 0
    assert "no toys can be made" in done.output
    both = ["significance", "best", *GRID, "--workers", "2", "--scheduler", "tcp://127.0.0.1:9"]
    assert "give one" in CliRunner().invoke(main, both).output


# --- declared runs ------------------------------------------------------------------------------------------

DECLARED = """
runs:
  small:
    kind: coverage
    datasets: ["best@2022-r1:prc"]
    model: 2nu-ee
    grid: {dm2_41: [0.3, 10.0, 6, log], sin2_2theta_ee: [0.02, 0.9, 5, log]}
    toys: 500
    seed: 4
"""


def test_a_declared_run_is_done_once(tmp_path: Path) -> None:
    folder = tmp_path / "comparisons" / "x"
    folder.mkdir(parents=True)
    (folder / "runs.yaml").write_text(DECLARED)
    declared = declared_runs(folder)["small"]
    stored = record(folder / "runs" / "small", declared, compute(declared))
    assert is_current(stored, declared)
    assert not is_current(stored, {**declared, "seed": 5})
    about = json.loads((stored / "about.json").read_text())
    assert list(about["inputs"]) == ["best@2022-r1"]
    (stored / "critical.parquet").write_bytes(b"")
    assert not is_current(stored, declared)


def test_points_of_a_run_are_lists_or_the_mesh_of_axes() -> None:
    declared = {
        "kind": "feldman-cousins",
        "datasets": ["gallex"],
        "model": "2nu-ee",
        "grid": {"dm2_41": [0.1, 10.0, 4, "log"], "sin2_2theta_ee": [0.01, 1.0, 3, "log"]},
        "toys": 500,
    }
    lists = {"dm2_41": [1.0, 2.0], "sin2_2theta_ee": [0.1, 0.3]}
    mesh = {"dm2_41": [0.1, 10.0, 3, "log"], "sin2_2theta_ee": [0.0, 1.0, 2, "lin"]}
    frame = compute({**declared, "points": lists}).to_frame()
    assert frame[list(lists)].to_dict("list") == lists
    frame = compute({**declared, "points": mesh, "independent": True}).to_frame()
    assert frame["sin2_2theta_ee"].tolist() == [0.0, 1.0] * 3
    assert frame["dm2_41"].tolist() == pytest.approx([0.1, 0.1, 1.0, 1.0, 10.0, 10.0])


def test_a_stored_test_is_read_as_it_was_found(tmp_path: Path) -> None:
    """A list in the list of data sets is one of them; the table says how many toys reach so much."""
    folder = tmp_path / "comparisons" / "x"
    folder.mkdir(parents=True)
    text = DECLARED.replace("coverage", "significance").replace(
        '["best@2022-r1:prc"]', '[["best@2022-r1:prc", "gallex@2010-r1:prc"]]'
    )
    (folder / "runs.yaml").write_text(text)
    declared = declared_runs(folder)["small"]
    found = compute(declared)
    assert isinstance(found, ToyTest)
    record(folder / "runs" / "small", declared, found, cpu_seconds=1.2345)
    run = stored_run(folder, "small")
    assert run.test == found
    assert run.how == "500 toys, seed 4, two-sided, 1.2 s of CPU time"
    assert sorted(run.about["inputs"]) == ["best@2022-r1", "gallex@2010-r1"]
    table = run.tables["distribution"]
    for above, delta in zip(table["above"], table["delta"], strict=True):
        assert (found.deltas >= delta).sum() >= above
        assert (found.deltas > delta).sum() < above
    (folder / "runs.yaml").write_text(text.replace("seed: 4", "seed: 5"))
    with pytest.raises(NuanomalyError, match="another seed: run `nuanomaly runs x`"):
        stored_run(folder, "small")


@pytest.mark.parametrize(
    ("kind", "more", "table"),
    [
        ("fit", "errors: hesse", "parameters"),
        ("scan", "profile: [dm2_41]", "scan"),
        ("comparison", "seed: 2", "sides"),
    ],
)
def test_fits_scans_and_comparisons_are_runs_too(tmp_path: Path, kind: str, more: str, table: str) -> None:
    folder = tmp_path / "comparisons" / "x"
    folder.mkdir(parents=True)
    declared = f"""\
runs:
  small:
    kind: {kind}
    datasets: ["best@2022-r1:prc", "gallex@2010-r1:prc"]
    model: 2nu-ee
    grid: {{dm2_41: [0.1, 10, 11, log], sin2_2theta_ee: [0.01, 0.9, 9, log]}}
    {more}
"""
    (folder / "runs.yaml").write_text(declared)
    run = declared_runs(folder)["small"]
    if kind == "scan":
        run = {**run, "grid": {"sin2_2theta_ee": [0.01, 0.9, 9, "log"]}}
        (folder / "runs.yaml").write_text(
            declared.replace("{dm2_41: [0.1, 10, 11, log], sin2_2theta_ee", "{sin2_2theta_ee")
        )
    found = compute(run)
    record(folder / "runs" / "small", run, found, cpu_seconds=7.0)
    again = stored_run(folder, "small")
    assert again.result == json.loads(json.dumps(found.to_dict()))
    assert again.how == f"stored {kind}, 7 s of CPU time"
    assert list(again.tables) == [table]
    if kind == "scan":
        assert (again.scan.values == found.values).all()
        assert again.scan.best == found.best
        assert again.scan.axes[0].log
    else:
        with pytest.raises(NuanomalyError, match=f"of kind {kind}, no scan"):
            assert again.scan
        with pytest.raises(NuanomalyError, match="no test"):
            assert again.test
    with pytest.raises(UnknownNameError, match="toys"):
        compute({**run, "toys": 100})


def test_a_run_says_how_hard_it_searches(tmp_path: Path) -> None:
    """One search agrees with itself alone, which is no convergence."""
    declared = {
        "kind": "fit",
        "datasets": ["gallex@2010-r1"],
        "model": "3+1/decay",
        "fixed": {"Umu4_sq": 0.0},
        "grid": {k: [lo, hi, 3, "log"] for k, lo, hi in (("dm2_41", 0.1, 10.0), ("Ue4_sq", 0.01, 0.3))},
        "starts": 16,
    }
    few = compute({**declared, "searches": 1})
    enough = compute(declared)
    assert isinstance(few, Fit)
    assert isinstance(enough, Fit)
    assert (few.searches, few.converged) == (1, False)
    assert enough.searches >= 3
    assert enough.value <= few.value + 1e-3


def test_a_run_is_out_of_date_when_its_model_file_changes(tmp_path: Path) -> None:
    folder = tmp_path / "comparisons" / "x"
    folder.mkdir(parents=True)
    (folder / "own.py").write_text(
        "def lost(initial, final, antineutrino, L, E, share):\n    return (1 - share) * (initial == final)\n"
    )
    text = (
        "runs:\n  small: {kind: fit, datasets: [gallex@2010-r1], model: 'own.py:lost', "
        "grid: {share: [0.0, 0.5, 5, lin]}}\n"
    )
    (folder / "runs.yaml").write_text(text)
    run = declared_runs(folder)["small"]
    with chdir(folder):
        record(folder / "runs" / "small", run, compute(run))
    assert sorted(stored_run(folder, "small").about["inputs"]) == ["gallex@2010-r1", "own.py"]
    (folder / "own.py").write_text((folder / "own.py").read_text().replace("1 - share", "1 - share**2"))
    with pytest.raises(NuanomalyError, match=r"other data of own\.py: run `nuanomaly runs x`"):
        stored_run(folder, "small")


def test_a_single_run_of_the_archive_is_named_by_its_comparison() -> None:
    """`COMPARISON/RUN` has a slash, as the folder of a question of one's own has."""
    done = CliRunner().invoke(main, ["runs", "gallium-vs-carbon/compatibility"])
    assert done.exit_code == 0, done.output
    assert "gallium-vs-carbon/compatibility: stored already" in done.output
    unknown = CliRunner().invoke(main, ["runs", "gallium-vs-carbon/compatibilty"])
    assert unknown.exit_code == 2
    assert "compatibility" in unknown.output


def test_wrong_declarations_are_refused(tmp_path: Path) -> None:
    assert declared_runs(tmp_path) == {}
    (tmp_path / "runs.yaml").write_text("small: {}\n")
    with pytest.raises(NuanomalyError, match="write `runs:`"):
        declared_runs(tmp_path)
    with pytest.raises(UnknownNameError, match="significance"):
        compute({"kind": "significanse"})
    with pytest.raises(UnknownNameError, match="toys"):
        compute({"kind": "significance", "datasets": ["best"], "model": "2nu-ee", "toyz": 3})


def test_stored_toys_of_comparisons_are_those_of_their_declarations() -> None:
    comparisons = Path(__file__).parents[2] / "comparisons"
    found = [(f.parent, name, run) for f in comparisons.glob("*/runs.yaml")
             for name, run in declared_runs(f.parent).items()]  # fmt: skip
    assert found
    for folder, name, declared in found:
        assert is_current(folder / "runs" / name, declared), f"{folder.name}/{name}: run `make runs`"


def test_a_run_of_a_comparison_is_named_with_it_and_no_folder_of_ones_own(tmp_path: Path) -> None:
    """COMPARISON/RUN has a slash, as a folder has; it is one only if it is there."""
    done = CliRunner().invoke(main, ["runs", "cost-of-nothing/small"])
    assert done.exit_code == 2
    assert "comparison with runs.yaml" in done.output
    done = CliRunner().invoke(main, ["runs", "appearance-vs-disappearance/smal"])
    assert done.exit_code == 2
    assert "appearance-vs-disappearance/runs.yaml" in done.output
    done = CliRunner().invoke(main, ["runs", str(tmp_path)])
    assert done.exit_code != 0
    assert "holds no runs.yaml" in done.output
