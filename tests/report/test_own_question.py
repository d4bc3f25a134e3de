"""A question of one's own: a folder anywhere, with its model and its releases, gives a page."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

import nuanomaly
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.cli import main
from nuanomaly.report import context, own, record

ROOT = Path(__file__).resolve().parents[2]
MODEL = '''\
import numpy as np

from nuanomaly import FunctionModel, Parameter


def weakened(initial, final, antineutrino, L, E, *, dm2, sin2_2theta, strength=1.0):
    """Appearance of one splitting; L in m, E in MeV."""
    moved = strength * sin2_2theta * np.sin(1.266933 * dm2 * L / E) ** 2
    return {("mu", "e"): moved, ("mu", "mu"): 1.0 - moved}.get((initial, final), float(initial == final))


ranged = FunctionModel(
    weakened,
    parameters=[
        Parameter("dm2", "eV**2", 0.0, 1e3, "Δm²", log=True, scan=(0.1, 10.0)),
        Parameter("sin2_2theta", "1", 0.0, 1.0, "sin²2θ", log=True, scan=(1e-3, 1.0), null=0.0),
    ],
)
'''
SMALL = {
    "dm2": {"low": 0.5, "high": 10, "points": 9, "scale": "log"},
    "sin2_2theta": {"low": 1e-3, "high": 1, "points": 9, "scale": "log"},
}


def question(folder: Path, **changed: Any) -> Path:
    """A question about KARMEN in a folder of its own, as a private release, and CDHS' of the archive."""
    folder.mkdir(parents=True)
    mine = folder / "my-karmen"
    shutil.copytree(ROOT / "datasets" / "karmen" / "2002-r1", mine)
    text = (mine / "release.yaml").read_text("utf-8")
    (mine / "release.yaml").write_text(text.replace("name: karmen\n", "name: my-karmen\n", 1), "utf-8")
    (folder / "my_model.py").write_text(MODEL, "utf-8")
    declared = {
        "title": "Is my reading of KARMEN compatible with MiniBooNE?",
        "model": "my_model.py:ranged",
        "parameters": SMALL,
        "datasets": {"mine": {"releases": ["./my-karmen"]}, "theirs": {"releases": ["miniboone-nue@2012"]}},
    }
    (folder / "comparison.yaml").write_text(yaml.safe_dump({**declared, **changed}), "utf-8")
    return folder


def test_a_folder_gives_a_page_that_names_what_is_private(tmp_path: Path) -> None:
    folder = question(tmp_path / "my-question")
    done = CliRunner().invoke(main, ["report", "build", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    result = json.loads((folder / "page" / "result.json").read_text("utf-8"))
    newest = nuanomaly.load("miniboone-nue@2012").id
    assert result["private"] == ["my-karmen@2002-r1"]
    assert {key: side["releases"] for key, side in result["datasets"].items()} == {
        "mine": ["my-karmen@2002-r1"],
        "theirs": [newest],
    }
    assert str(tmp_path) not in (folder / "page" / "result.json").read_text("utf-8")
    grid = {name: (spec["low"], spec["high"], 9, "log") for name, spec in SMALL.items()}
    expected = nuanomaly.compare(["karmen@2002-r1", newest], f"{folder}/my_model.py:ranged", grid=grid)
    assert result["results"]["pg.chi2"]["value"] == pytest.approx(expected.pg.delta, abs=1e-6)
    assert result["results"]["pg.dof"]["value"] == expected.pg.dof
    html = (folder / "page" / "report.html").read_text("utf-8")
    assert "my-karmen@2002-r1" in html
    assert "nobody but its owner can check" in html
    there = r"#|data:|https://|result\.json|provenance\.json|figures/|tables/"  # no site around it
    places = re.findall(r'href="([^"]*)"', html)
    assert [place for place in places if not re.match(there, place)] == []
    assert [place for place in places if place[0] != "#" and "://" not in place] != []
    for place in places:
        assert place[0] == "#" or "://" in place or (folder / "page" / place).is_file(), place
    again = CliRunner().invoke(main, ["report", "build", str(folder), "--json"])
    assert [row["state"] for row in json.loads(again.stdout)] == ["unchanged"]


def test_a_report_of_its_own_says_what_is_special(tmp_path: Path) -> None:
    folder = question(tmp_path / "my-question", datasets={"mine": {"releases": ["./my-karmen"]}})
    (folder / "report.py").write_text(
        "# %%\nfrom nuanomaly.report import context, figures\n\npage = context.here()\n"
        'mine = page.side("mine")\npage.result("mine.minimum", mine.fit.value)\n'
        "figure, axes = figures.new(4, 3)\n"
        'figures.plane(axes, "sin2_2theta", "dm2", (1e-3, 1.0), (0.5, 10.0))\n'
        'figures.scan(axes, mine.scan, page.levels, "mine", "blue")\n'
        'page.figure(figure, "regions", "Mine.", alt="A region.", shows=["mine"], regions=True)\n'
        'page.verdict("done", "It ran.")\n',
        "utf-8",
    )
    result = own.build(folder)
    assert (result.ok, result.verdict) == (True, "It ran."), result.problems


def test_ranges_are_those_of_the_model_unless_they_are_given(tmp_path: Path) -> None:
    folder = question(tmp_path / "my-question")
    declared = yaml.safe_load((folder / "comparison.yaml").read_text("utf-8"))
    del declared["parameters"]
    (folder / "comparison.yaml").write_text(yaml.safe_dump(declared), "utf-8")
    assert context.here(folder).grid == {"dm2": (0.1, 10.0, 61, "log"), "sin2_2theta": (1e-3, 1.0, 61, "log")}
    declared["model"] = "my_model.py:weakened"
    (folder / "comparison.yaml").write_text(yaml.safe_dump(declared), "utf-8")
    with pytest.raises(NuanomalyError, match=r"no range of dm2, sin2_2theta: say `parameters"):
        own.read(folder)


@pytest.mark.parametrize(
    ("changed", "kind", "said"),
    [
        ({"datasets": {"x": {"releases": ["karmem"]}}}, UnknownNameError, "did you mean 'karmen'"),
        ({"datasets": {"x": {"releases": ["./nothing"]}}}, NuanomalyError, "holds no release.yaml"),
        ({"model": "other.py:ranged"}, NuanomalyError, "does not exist"),
        ({"titel": "x"}, NuanomalyError, "'titel' was unexpected"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, changed: dict[str, Any], kind: Any, said: str) -> None:
    folder = question(tmp_path / "my-question", **changed)
    declared = yaml.safe_load((folder / "comparison.yaml").read_text("utf-8"))
    declared.pop("parameters")
    (folder / "comparison.yaml").write_text(yaml.safe_dump(declared), "utf-8")
    done = CliRunner().invoke(main, ["report", "build", str(folder)])
    assert done.exit_code != 0
    with pytest.raises(kind, match=said):
        own.read(folder)


def test_a_name_that_is_none_is_said_with_its_place(tmp_path: Path) -> None:
    folder = question(tmp_path / "my-question", parameters={"dm": SMALL["dm2"]})
    with pytest.raises(NuanomalyError, match=r"comparison\.yaml: parameters: Unknown parameter 'dm'"):
        own.build(folder)


def test_a_folder_without_a_question_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(NuanomalyError, match=r"holds no comparison.yaml: write the question there"):
        own.read(tmp_path)


def test_runs_of_a_question_are_done_in_its_folder_and_stand_on_its_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = question(tmp_path / "my-question", datasets={"mine": {"releases": ["./my-karmen"]}})
    grid = {name: [spec["low"], spec["high"], 5, "log"] for name, spec in SMALL.items()}
    run = {"kind": "significance", "datasets": ["./my-karmen"], "model": "my_model.py:ranged", "grid": grid}
    (folder / "runs.yaml").write_text(yaml.safe_dump({"runs": {"mine": {**run, "toys": 40}}}), "utf-8")
    done = CliRunner().invoke(main, ["runs", f"{folder}/mine"])
    assert done.exit_code == 0, done.output
    assert "written to my-question/runs/mine" in done.output
    assert "stored already" in CliRunner().invoke(main, ["runs", str(folder)]).output
    monkeypatch.chdir(folder)
    monkeypatch.setattr(record, "_display", lambda data: None)
    page = context.here()
    beside = page.standard(verdict=False).calibrated["mine"]
    assert beside.toys is not None
    assert beside.toys.toys == page.results["toys.mine.toys"]["value"] == 40
    unknown = CliRunner().invoke(main, ["runs", f"{folder}/their"])
    assert "did you mean 'mine'" in unknown.output or "mine" in unknown.output
    assert unknown.exit_code == 2
