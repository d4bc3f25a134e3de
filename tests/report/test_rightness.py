"""The page that says how right the archive is: what is counted, and as what."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from nuanomaly.inference import benchmarks
from nuanomaly.report import declaration, rightness
from nuanomaly.report.rightness import Line

ROW = {
    "quantity": "a number",
    "kind": "published",
    "expected": 10.0,
    "uncertainty": 1.0,
    "recomputed": 10.01,
    "tolerance": 0.1,
    "tolerance_source": "printed digits",
    "source": "Table 1",
    "reason": "",
}


def lines(rows: dict[str, list[dict[str, Any]]]) -> list[Line]:
    return list(rightness.of_releases(rows))


def test_a_revision_is_not_counted_twice() -> None:
    found = lines({"best@2022-r1": [ROW], "best@2022-r2": [ROW, ROW], "best@2020-r1": [ROW]})
    assert [line.where for line in found] == ["best@2022-r2", "best@2022-r2", "best@2020-r1"]
    assert rightness.counts(found)["reproduced"] == 3


def test_independent_computations_are_no_published_numbers() -> None:
    assert lines({"best@2022-r1": [{**ROW, "kind": "reference"}]}) == []


def cited(read: str, value: float, **more: Any) -> list[Line]:
    entry = {"key": "x", "quantity": "q", "value": value, "reference": "A", "where": "Table", "read": read}
    comparison: Any = SimpleNamespace(name="toy", metadata={"cited": [{**entry, "recomputed": "y", **more}]})
    results = {"y": {"value": 9.65}, "low": {"value": 8.0}, "high": {"value": 11.7}}
    result = {"comparison": "toy", "title": "Toy", "results": results, "expectations": []}
    return list(rightness.of_comparisons([result], [comparison]))


def test_a_recalled_number_is_shown_and_not_counted() -> None:
    (line,) = cited("recalled", 9.6, tolerance=0.1, tolerance_source="printed digits")
    assert line.agreement.word == "reproduced"
    assert sum(rightness.counts([line]).values()) == 0


def test_a_number_between_choices_is_consistent() -> None:
    (line,) = cited("transcription", 9.1, between=["low", "high"], because="a correlation was not read")
    assert line.agreement.word == "consistent"
    assert "a correlation was not read" in line.why
    (line,) = cited("transcription", 12.9, between=["low", "high"])
    assert line.agreement.word == "not reproduced"


def test_the_site_has_the_page_and_the_start_page_counts(built: tuple[Path, Any]) -> None:
    site, _ = built
    page, start = ((site / name).read_text("utf-8") for name in ("rightness.html", "index.html"))
    assert "2 published numbers are reproduced, 0 are only consistent, 0 are not reproduced" in page
    assert "2 published numbers are <b>reproduced</b>, 0 are only <b>consistent</b>" in start
    assert "<svg" in page
    assert "Total of the counts" in page


def test_every_release_meets_a_published_number_or_says_what_was_searched() -> None:
    said = dict(rightness.without(benchmarks.every_release()))
    assert all(entry.get("because") and entry.get("searched") for entry in said.values())
    assert {release.id for release in said} <= {
        "ccfr@1984-r1",
        "coherent-csi-dark-matter@2021-r1",
        "coherent-nsi-toys@2020-r1",
        "coherent-programme@2018-r2",
        "exo-200-nucleon-decay@2017-r2",
        "exo-200-nucleon-decay@2018-r1",
        "icarus@2014-r1",
        "neutrino-fog@2021-r1",
        "reactor-rates@2017-r1",
        "recoil-imaging@2022-r1",
        "reno@2018-r1",
        "sciboone-miniboone-numubar@2012-r1",
    }, "a release that is new on this list needs a published benchmark"


def test_every_comparison_meets_a_published_number_or_says_what_was_searched() -> None:
    said = {comparison.name: text for comparison, text in rightness.silent(declaration.comparisons())}
    assert all(said.values())
