"""A p-value by toys depends on where the toys are drawn, and says where that was."""

import json

import pytest
from click.testing import CliRunner

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.cli import main
from nuanomaly.inference.montecarlo import toy_significance
from nuanomaly.inference.question import Question
from nuanomaly.inference.toy_tensions import tension_of, toy_compatibility

GRID = {"dm2_41": (0.1, 10.0, 12, "log"), "sin2_2theta_ee": (0.01, 0.9, 10, "lin")}
SIDES = ["gallium", "reactor-rates@2020:huber-mueller-short-baseline"]


def test_so_many_toys_are_made_as_are_wanted():
    found = toy_significance("cdhs", "2nu-mumu", grid={"dm2_41": (1.0, 10.0, 5, "log")}, toys=400, seed=1)
    more = toy_significance("cdhs", "2nu-mumu", grid={"dm2_41": (1.0, 10.0, 5, "log")}, toys=700, seed=1)
    assert (found.toys, more.toys) == (400, 700)
    assert found.deltas.tolist() == more.deltas[:400].tolist()


def test_each_truth_is_said_and_another_point():
    question = Question(SIDES, "2nu-ee", grid=GRID)
    drawn = {truth: tension_of(question, truth=truth) for truth in ("joint", "null", "first", "second")}
    places = {truth: what.drawn for truth, what in drawn.items()}
    assert places["null"] == drawn["null"].joint.null
    # gallium alone wants a larger mixing than both together
    amplitude = {t: float(w.joint.point(w.drawn)["sin2_2theta_ee"][0]) for t, w in drawn.items()}
    assert amplitude["first"] > amplitude["joint"] >= amplitude["second"] >= amplitude["null"] == 0.0
    said = [what.said for what in drawn.values()]
    assert said[:2] == ["the joint best fit", "no oscillation"]
    assert said[2].startswith("the best fit of gallium")


def test_the_p_value_names_its_truth():
    joint = toy_compatibility(SIDES, "2nu-ee", grid=GRID, toys=300, seed=2)
    null = toy_compatibility(SIDES, "2nu-ee", grid=GRID, toys=300, seed=2, truth="null")
    assert joint.delta == null.delta
    assert joint.how == "300 toys at the joint best fit, two-sided"
    assert null.to_dict()["truth"] == "no oscillation"
    assert joint.deltas.tolist() != null.deltas.tolist()


def test_a_model_without_a_null_point_has_no_such_toys():
    with pytest.raises(NuanomalyError, match="without oscillation"):
        tension_of(Question(["daya-bay@2016", "daya-bay@2022"], "3nu", allow_overlap=True), truth="null")


def test_the_command_takes_a_truth_and_goes_on_where_it_stopped(tmp_path):
    wanted = [
        "compare", *SIDES, "--model", "2nu-ee", "--toys", "300", "--truth", "first",
        "--grid", "dm2_41=0.1:10:12:log", "--grid", "sin2_2theta_ee=0.01:0.9:10", "--json",
        "--resume", str(tmp_path),
    ]  # fmt: skip
    first = CliRunner().invoke(main, wanted)
    assert first.exit_code == 0, first.output
    test = json.loads(first.stdout)["pg_toys"]
    assert test["toys"] == 300
    assert test["truth"].startswith("the best fit of gallium")
    kept = sorted(file.name for file in tmp_path.iterdir())
    assert kept
    again = CliRunner().invoke(main, wanted)
    assert json.loads(again.stdout)["pg_toys"] == test
    assert sorted(file.name for file in tmp_path.iterdir()) == kept
