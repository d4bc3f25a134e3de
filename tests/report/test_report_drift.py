"""What differs between two built sites: found, sized, sorted, and said by exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.cli import main
from nuanomaly.report.drift import Change, drift
from nuanomaly.report.pages import Result

RESULT = {
    "comparison": "toy",
    "verdict": {"word": "agree", "sentence": "They agree."},
    "results": {
        "pg.chi2": {"value": 13.904, "unit": "1"},
        "fit.dm2": {"value": 1.25},
        "tiny": {"value": 1e-9},
        "dof": {"value": 2},
        "limit": {"value": None},
    },
    "expectations": [{"key": "pg.chi2", "ok": True}, {"key": "dof", "ok": True}],
}
ROWS = {"inputs": "aa", "rows": [{"id": "total", "recomputed": 50.0}, {"id": "mean", "recomputed": 3.0}]}
PROVENANCE = {
    "files": {"report.py": "aa"},
    "releases": {"toy@2020-r1": {"counts.csv": "aa"}},
    "packages": {"numpy": "2.4.6"},
    "code": "aa",
    "outputs": {"result.json": "aa"},
}


def copied(document: Any) -> Any:
    return json.loads(json.dumps(document))


def write(site: Path, result: Any = RESULT, rows: Any = ROWS, provenance: Any = PROVENANCE) -> Path:
    """A site with one comparison and the benchmarks of one release."""
    files = {
        "comparisons/toy/result.json": result,
        "comparisons/toy/provenance.json": provenance,
        "benchmarks/toy@2020-r1.json": rows,
    }
    for name, document in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(json.dumps(document), "utf-8")
    return site


def moved(**values: Any) -> dict[str, Any]:
    result = copied(RESULT)
    for key, value in values.items():
        result["results"][key.replace("__", ".")]["value"] = value
    return result


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["report", "drift", *(str(a) for a in arguments)])
    return done.exit_code, done.output


def test_a_site_does_not_differ_from_itself(tmp_path: Path) -> None:
    site = write(tmp_path / "site")
    found = drift(site, site)
    assert found.equal
    assert found.compared == 13 + 4  # values of the result, and of two benchmarks
    assert run(site, site)[0] == 0


def test_a_site_as_it_is_built_does_not_differ_from_itself(built: tuple[Path, list[Result]]) -> None:
    found = drift(built[0], built[0])
    assert found.equal
    assert found.compared > 20


def test_numbers_are_sorted_by_the_relative_or_the_absolute_size_of_their_change(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old"), write(tmp_path / "new", moved(pg__chi2=14.033, tiny=3e-9))
    assert [c.key for c in drift(old, new).changes] == ["results.tiny", "results.pg.chi2"]
    by_size = drift(old, new, order="absolute").changes
    assert [c.key for c in by_size] == ["results.pg.chi2", "results.tiny"]
    assert by_size[0].absolute == pytest.approx(0.129)
    assert by_size[0].relative == pytest.approx(0.129 / 14.033)


def test_a_change_of_sign_is_larger_than_any_other_and_zero_is_no_trouble() -> None:
    assert Change("f", "k", "number", 1.0, -1.0).relative == 2.0
    assert Change("f", "k", "number", 0.0, 1e-30).relative == 1.0


def test_texts_and_what_appears_or_vanishes_are_changes(tmp_path: Path) -> None:
    result = moved(limit=2.0)
    result["verdict"]["word"] = "incompatible"
    del result["results"]["dof"]
    result["results"]["new"] = {"value": 7.0}
    result["expectations"][1]["ok"] = False
    found = drift(write(tmp_path / "old"), write(tmp_path / "new", result))
    assert {(c.kind, c.key) for c in found.changes} == {
        ("text", "verdict.word"),
        ("text", "results.limit"),
        ("text", "expectations.dof.ok"),
        ("vanished", "results.dof"),
        ("appeared", "results.new"),
    }
    assert [c.kind for c in found.changes] == ["text", "text", "text", "appeared", "vanished"]


def test_an_entry_of_a_list_is_known_by_its_name_and_not_by_its_place(tmp_path: Path) -> None:
    rows = copied(ROWS)
    rows["rows"].insert(0, {"id": "first", "recomputed": 1.0})
    rows["rows"][2]["recomputed"] = 4.0
    found = drift(write(tmp_path / "old"), write(tmp_path / "new", rows=rows))
    number = next(c for c in found.changes if c.kind == "number")
    assert (number.key, number.old, number.new) == ("rows.mean.recomputed", 3.0, 4.0)
    assert {c.key for c in found.changes if c.kind == "appeared"} == {
        "rows.first.id",
        "rows.first.recomputed",
    }


def test_other_inputs_code_and_outputs_are_no_difference_but_other_sources_are_named(tmp_path: Path) -> None:
    provenance = copied(PROVENANCE)
    provenance |= {"code": "bb", "outputs": {"result.json": "bb"}, "packages": {"numpy": "2.5.0"}}
    provenance["releases"]["toy@2020-r1"]["counts.csv"] = "bb"
    rows = {**ROWS, "inputs": "bb"}
    old, new = write(tmp_path / "old"), write(tmp_path / "new", rows=rows, provenance=provenance)
    found = drift(old, new)
    assert found.equal
    assert found.sources == {
        "comparisons/toy/provenance.json": ("toy@2020-r1.counts.csv", "numpy 2.4.6 → 2.5.0")
    }
    assert "made from other toy@2020-r1.counts.csv, numpy 2.4.6 → 2.5.0" in run(old, new)[1]


@pytest.mark.parametrize(
    ("thresholds", "left"),
    [
        ({}, 2),
        ({"absolute": 1e-6}, 1),
        ({"relative": 0.1}, 1),
        ({"absolute": 1e-6, "relative": 0.1}, 0),
        ({"absolute": 0.2}, 0),
    ],
)
def test_a_number_counts_if_it_moved_by_more_than_both_thresholds(
    tmp_path: Path, thresholds: dict[str, float], left: int
) -> None:
    old, new = write(tmp_path / "old"), write(tmp_path / "new", moved(pg__chi2=14.033, tiny=3e-9))
    found = drift(old, new, **thresholds)
    assert (len(found.changes), found.below) == (left, 2 - left)
    options = [f"--{name}={value}" for name, value in thresholds.items()]
    assert run(old, new, *options)[0] == (1 if left else 0)


def test_a_page_in_one_site_alone_is_a_difference(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old"), write(tmp_path / "new")
    (new / "comparisons/toy/result.json").rename(new / "comparisons/toy/other.json")
    found = drift(old, new)
    assert found.vanished == ("comparisons/toy/result.json",)
    assert found.appeared == ("comparisons/toy/other.json",)
    code, text = run(old, new)
    assert code == 1
    assert "only in OLD: comparisons/toy/result.json" in text


def test_the_mirror_below_a_site_is_no_page(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old"), write(tmp_path / "new")
    (new / "mirror").mkdir()
    (new / "mirror" / "index.json").write_text('{"files": 3}', "utf-8")
    assert drift(old, new).equal


def test_the_command_prints_numbers_texts_and_json(tmp_path: Path) -> None:
    result = moved(pg__chi2=14.033)
    result["verdict"]["sentence"] = "They do not agree."
    old, new = write(tmp_path / "old"), write(tmp_path / "new", result)
    code, text = run(old, new)
    assert code == 1
    assert "toy: pg.chi2" in text
    assert "0.129" in text
    assert "old: They agree." in text
    assert "17 values compared: 2 changes" in text
    code, text = run(old, new, "--json")
    assert code == 1
    assert json.loads(text)["changes"][0]["absolute"] == pytest.approx(0.129)


def test_what_is_no_site_is_refused_with_what_to_do(tmp_path: Path) -> None:
    site, empty = write(tmp_path / "site"), tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(NuanomalyError, match="build the site first"):
        drift(site, empty)
    with pytest.raises(NuanomalyError, match="is no folder"):
        drift(tmp_path / "nowhere", site)
    with pytest.raises(NuanomalyError, match="at least 0"):
        drift(site, site, absolute=-1.0)
    assert run(site, empty)[0] == 2
    assert run(site)[0] == 2
    (empty / "broken.json").write_text("{", "utf-8")
    (site / "broken.json").write_text("{", "utf-8")
    with pytest.raises(NuanomalyError, match="is no JSON"):
        drift(site, empty)
