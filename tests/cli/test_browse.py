"""list, show, anomalies, cite, models: what a physicist finds in the archive."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Run = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
RELEASES = sorted(f"{p.parent.parent.name}@{p.parent.name}" for p in ROOT.glob("datasets/*/*/release.yaml"))


def test_list_as_json_has_exactly_the_promised_keys(run: Run) -> None:
    rows = run("list", "--json").json
    assert {tuple(row) for row in rows} == {("name", "version", "sector", "title", "state")}
    assert sorted(f"{r['name']}@{r['version']}" for r in rows) == RELEASES


def test_list_as_text_has_a_line_for_each_release(run: Run) -> None:
    lines = run("list").out.splitlines()[2:]
    assert [line.split()[0] for line in lines] == [
        f"{r['name']}@{r['version']}" for r in run("list", "--json").json
    ]


def test_list_is_filtered(run: Run) -> None:
    assert {r["name"] for r in run("list", "--sector", "source", "--json").json} == {"gallex", "sage", "best"}
    assert [r["name"] for r in run("list", "--experiment", "lsnd", "--json").json] == ["lsnd", "lsnd-counts"]
    names = {r["name"] for r in run("list", "--channel", "numu->nue", "--text", "miniboone", "--json").json}
    assert "miniboone-nue" in names
    assert all(name.startswith("miniboone") for name in names)


@pytest.mark.parametrize("reference", RELEASES)
def test_show_tells_all_that_is_declared(run: Run, reference: str) -> None:
    name, _, version = reference.partition("@")
    declared = yaml.safe_load((ROOT / "datasets" / name / version / "release.yaml").read_text("utf-8"))
    text = run("show", reference).out
    assert text.startswith(reference)
    assert " ".join(declared["summary"].split()) in text
    for table, entry in declared["tables"].items():
        assert re.search(rf"^  {table}(:|$)", text, re.MULTILINE)
        for column in entry["columns"]:
            assert " ".join(column["meaning"].split()) in text
    for issue in declared.get("known_issues", ()):
        assert issue["title"] in text
    for benchmark in declared.get("benchmarks", ()):
        assert benchmark["quantity"] in text
    for mode in declared.get("likelihood", {}).get("modes", {}):
        assert mode == "default" or f"- {mode}" in text


def test_show_as_json_is_the_whole_release(run: Run) -> None:
    found = run("show", "best@2022-r1", "--json").json
    declared = yaml.safe_load((ROOT / "datasets" / "best" / "2022-r1" / "release.yaml").read_text("utf-8"))
    assert found.pop("release") == "best@2022-r1"
    assert Path(found.pop("folder")) == ROOT / "datasets" / "best" / "2022-r1"
    amended = {"amendments", "disjoint", "further_modes", "tables"}
    assert {k: v for k, v in found.items() if k not in amended} == {
        k: v for k, v in declared.items() if k not in amended
    }
    assert [entry["id"] for entry in found["amendments"]] == ["energies"]
    for table, entry in found["tables"].items():
        columns = [{k: v for k, v in c.items() if k != "energy"} for c in entry["columns"]]
        assert {**entry, "columns": columns} == declared["tables"][table]


def test_a_column_that_stands_for_many_is_shown_once(run: Run) -> None:
    text = run("show", "reactor-rates").out
    assert re.search(r"c0 … c\d+", text) or "{i}" not in text


def test_anomalies_are_listed_and_shown(run: Run) -> None:
    assert {"gallium", "lsnd", "miniboone", "reactor"} <= {a["name"] for a in run("anomalies", "--json").json}
    text = run("anomalies", "gallium").out
    assert text.startswith("Gallium")
    assert "gallium = gallex@2010-r1 + sage@2006-r1 + best@2022-r1" in text
    assert "0.79 ± 0.05, 4σ" in text


@pytest.mark.parametrize("name", sorted(p.stem for p in ROOT.glob("anomalies/*.yaml")))
def test_every_anomaly_can_be_shown(run: Run, name: str) -> None:
    assert run("anomalies", name).code == 0
    assert run("anomalies", name, "--json").json["name"] == name


def test_cite_prints_exactly_what_is_named(run: Run) -> None:
    text = run("cite", "lsnd").out
    assert "@article{LSND2001," in text
    assert "BEST" not in text
    group = run("cite", "gallium", "--archive").out
    assert {"BEST2022PRL", "GALLEX2010", "nuanomaly"} <= set(re.findall(r"^@\w+\{(.*),", group, re.MULTILINE))


def test_models_have_units_and_meanings(run: Run) -> None:
    rows = {m["name"]: m["parameters"] for m in run("models", "--json").json}
    assert {"3nu", "3+1", "2nu-ee", "2nu-mumu", "2nu-mue"} <= set(rows)
    assert rows["2nu-mue"][0] | {"low": 0, "high": 0} == {
        "name": "dm2_41",
        "unit": "eV**2",
        "low": 0,
        "high": 0,
        "default": None,
        "meaning": "Δm²_41",
    }
    assert "sin2_2theta_mue" in run("models").out


def test_control_characters_of_a_release_are_written_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from nuanomaly.archive.release import Release

    declared = Release.declared

    def hostile(self: Release, table: str) -> Any:
        entry = {**declared(self, table)}
        entry["columns"] = [{**column, "name": "E\x1b]0;title\a"} for column in entry["columns"]]
        return entry

    monkeypatch.setattr(Release, "declared", hostile)
    out = run("show", "best@2022-r2").out
    assert "\x1b" not in out
    assert "\a" not in out
    assert "E\\x1b]0;title\\x07" in out
