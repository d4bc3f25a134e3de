"""Wilks' theorem beside stored toys: what a page says of them, and which runs it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.runs import StoredRun, stored_run
from nuanomaly.inference.significance import Significance
from nuanomaly.inference.toys import ToyTest
from nuanomaly.report import context, verdicts
from nuanomaly.report.calibration import HEADER, Calibrated, calibrated, note
from nuanomaly.report.pages import build


def run(delta: float, above: int, toys: int) -> StoredRun:
    about = {"result": ToyTest(delta, above, toys).to_dict(), "cpu_seconds": 12.0}
    return StoredRun("run", {"seed": 3}, about, {})


@pytest.mark.parametrize(
    ("delta", "above", "toys", "said"),
    [
        (9.21, 100, 10_000, "they agree"),  # both 1 %
        (9.21, 300, 10_000, "Wilks too optimistic by 0.4σ"),
        (9.21, 20, 10_000, "Wilks too pessimistic by 0.5σ"),
        (9.21, 12, 1_000, "they agree"),  # 1.2 ± 0.3 %
        (30.0, 0, 10_000, "no toy reaches the data, which does not contradict Wilks"),
        (6.0, 0, 10_000, "Wilks too pessimistic by at least 1.7σ"),
    ],
)
def test_words_follow_the_rule(delta: float, above: int, toys: int, said: str) -> None:
    found = calibrated("x", Significance(delta, 2), run(delta, above, toys))
    assert found.sentence == said
    assert len(found.row()) == len(HEADER)


def test_the_number_to_trust_is_that_of_the_toys() -> None:
    found = calibrated("x", 2, run(9.21, 300, 10_000))
    assert verdicts.compatibility(found) == "in tension"
    assert found.said == "p = 3 %, 2.2σ by Monte Carlo; by Wilks' theorem 1 %, 2.6σ"
    none = calibrated("x", 2, run(41.0, 0, 4_000_000))
    assert none.sigma == pytest.approx(5.0, abs=0.05)
    assert none.said.startswith("more than 5.0σ by Monte Carlo, none of 4\u202f000\u202f000 toys; by Wilks")
    assert none.as_dict()["lower-limit"] is True
    assert "12 s of CPU time" in note({"run": none}, "page")


def test_what_makes_no_toys_is_not_applicable() -> None:
    found = Calibrated("LSND", Significance(29.0, 2), None, "a surface")
    assert found.sentence == "not applicable: a surface"
    assert found.sigma == Significance(29.0, 2).sigma
    assert found.row()[-3:-1] == ["–", "–"]


# --- pages and stored runs ----------------------------------------------------------------------------------

DECLARED = (
    "runs:\n  small:\n    kind: significance\n    datasets: [toy@2020-r1]\n    toys: 500\n    seed: 1\n"
)


def store(archive: Path, **changed: Any) -> Path:
    """A declared run and its result, as if it had been computed."""
    from nuanomaly.archive.runs import declared_runs, digest

    folder = archive / "comparisons" / "toy-counts"
    (folder / "runs.yaml").write_text(DECLARED)
    declared = dict(declared_runs(folder)["small"])
    inputs = {"toy@2020-r1": digest(archive / "datasets/toy/2020-r1/release.yaml")}
    result = ToyTest(9.21, 5, 500).to_dict()
    about = {"run": declared, "inputs": inputs, "result": result, "files": {}} | changed
    stored = folder / "runs" / "small"
    stored.mkdir(parents=True)
    (stored / "about.json").write_text(json.dumps(about))
    return folder


def test_a_page_gets_a_run_that_is_current(archive: Path) -> None:
    folder = store(archive)
    assert context.here(folder).toys("small").test.above == 5
    assert context.here(folder).toys("toy-counts/small").test.toys == 500
    with pytest.raises(UnknownNameError, match="small"):
        stored_run(folder, "smal")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"run": {"kind": "significance", "toys": 10}}, "another datasets and toys and seed"),
        ({"inputs": {"toy@2020-r1": "0" * 64}}, "other data of toy@2020-r1"),
        ({"files": {"critical.parquet": {"sha256": "0" * 64}}}, "is not the table that was stored"),
    ],
)
def test_a_page_refuses_a_run_that_is_not_current(archive: Path, changed: Any, why: str) -> None:
    folder = store(archive, **changed)
    with pytest.raises(NuanomalyError, match="nuanomaly runs toy-counts") as caught:
        context.here(folder).toys("small")
    assert why in str(caught.value)


def test_a_page_shows_both_and_records_both(archive: Path) -> None:
    folder = store(archive)
    report = folder / "report.py"
    added = 'found = page.side_by_side({"small": ("counts", 2), "lsnd": ("LSND", None)}, lsnd="a surface")\n'
    report.write_text(report.read_text("utf-8") + added, "utf-8")
    (result,) = build()
    assert result.ok, result.problems
    document = json.loads((result.page.parent / "result.json").read_text("utf-8"))
    assert document["results"]["toys.small.p_value"]["value"] == 0.01
    assert "500 toys, seed 1" in document["results"]["toys.small.p_value"]["method"]
    assert document["results"]["toys.lsnd.verdict"]["value"] == "not applicable"
    page = result.page.read_text("utf-8")
    assert "they agree" in page
    assert "not applicable: a surface" in page
    provenance = json.loads((result.page.parent / "provenance.json").read_text("utf-8"))
    assert list(provenance["toys"]) == ["toy-counts/small"]
