"""The start page shows results of the pages: Monte Carlo before Wilks, words by threshold."""

import re
from typing import Any

import pytest

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.report import declaration, overview, start, words

DECLARED: dict[str, Any] = {
    "schema": "1",
    "sectors": [{"key": "s", "title": "a sector", "test": "both"}],
    "data": [{"key": "a", "title": "A", "sector": "s"}, {"key": "b", "title": "B", "sector": "s"}],
    "tests": [
        {"key": "alone", "of": ["a"], "comparison": "one", "wilks": "a", "montecarlo": "toys.a"},
        {"key": "pair", "of": ["a", "b"], "comparison": "one", "wilks": "pg", "montecarlo": "toys.pg"},
        {"key": "both", "of": ["a", "b"], "comparison": "two", "wilks": "pg", "without_toys": "a map"},
        {"key": "gone", "of": ["b"], "comparison": "one", "wilks": "renamed", "without_toys": "a map"},
    ],
    "anomalies": {"toy": "alone"},
    "second_part": [
        {"comparison": "one", "of_each_other": True, "test": "pair", "words": {"in tension": "but strained"}}
    ],
    "questions": [],
}
RECORDED = {
    "a.sigma": 6.1,
    "a.p_value": 1e-9,
    "toys.a.sigma": 5.2,
    "toys.a.p_value": 0.0,
    "toys.a.p_value-limit": 2e-7,
    "toys.a.lower-limit": True,
    "pg.sigma": 3.5,
    "pg.p_value": 0.0005,
    "toys.pg.sigma": 2.5,
    "toys.pg.p_value": 0.012,
}
RESULT = {
    "comparison": "one",
    "verdict": {"word": "compatible", "sentence": "They agree."},
    "results": {key: {"value": value} for key, value in RECORDED.items()},
}


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> overview.Overview:
    monkeypatch.setattr(overview, "read", lambda: DECLARED)
    return overview.overview([RESULT])


def test_monte_carlo_comes_before_wilks_and_a_limit_says_so(whole: overview.Overview) -> None:
    alone = whole.cells["alone"]
    assert [n.method for n in alone.numbers] == ["Monte Carlo", "Wilks"]
    assert (alone.text, alone.word, alone.colour) == (">5.2σ", "an anomaly beyond 5σ", "evidence-3")


def test_the_word_is_that_of_the_number_to_trust(whole: overview.Overview) -> None:
    """Wilks' p of 0.05 % would be incompatible, that of the toys is not."""
    pair = whole.cells["pair"]
    assert (pair.text, pair.word, pair.colour) == ("2.5σ", "in tension", "strained")
    assert "3.5σ, p = 0.05 % (Wilks)" in pair.sentence


def test_what_is_not_built_is_empty_and_what_is_lost_is_a_problem(whole: overview.Overview) -> None:
    assert whole.cells["both"].text == overview.NOT_BUILT
    assert whole.cells["both"].colour == "empty"
    assert whole.problems == ["comparisons/overview.yaml: test gone: not recorded: renamed.sigma of one"]


def test_rows_hold_the_data_set_alone_and_with_each_other_one(whole: overview.Overview) -> None:
    (sector,) = whole.sectors
    assert [(row.title, [title for title, _ in row.pairs]) for row in sector.rows] == [
        ("A", ["B"]),
        ("B", ["A"]),
    ]


def test_a_verdict_of_two_parts_is_put_together_from_both_numbers(whole: overview.Overview) -> None:
    assert overview.word(RESULT, whole) == "compatible with each other; but strained (2.5σ)"


def test_a_verdict_is_at_most_two_sentences_and_the_rest_stands_below() -> None:
    said = "They agree (p = 0.2, 1.3σ). Above 0.2 eV² they do not. ²³⁵U is low. 98 % is left."
    assert words.opening(said) == "They agree (p = 0.2, 1.3σ). Above 0.2 eV² they do not."
    assert words.opening(said) + " " + words.rest(said) == said
    assert words.sentences(said)[2:] == ["²³⁵U is low.", "98 % is left."]


def test_a_test_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview.yamlio, "read", lambda file: {**DECLARED, "anomalies": {"toy": "alnoe"}})
    with pytest.raises(NuanomalyError, match="there is no test 'alnoe'"):
        overview.read()


@pytest.mark.parametrize("test", overview.read()["tests"], ids=lambda test: test["key"])
def test_the_page_records_what_the_start_page_shows(test: dict[str, Any]) -> None:
    """What the declaration names stands in the page that is named: a new name there loses no number here."""
    folder = declaration.folders()[test["comparison"]]
    text = "".join((folder / name).read_text("utf-8") for name in ("report.py", "comparison.yaml"))
    for key in filter(None, (test["wilks"], test.get("montecarlo"))):
        parts = [part for part in re.split(r"[.-]", key) if part not in ("toys", "significance")]
        assert all(part in text for part in parts), key


def test_the_start_page_places_comparisons_that_exist_once_and_knows_every_anomaly() -> None:
    """A new comparison needs its folder alone: until it is placed it stands under other questions."""
    document = overview.read()
    placed = [name for question in document["questions"] for name in question["comparisons"]]
    assert len(placed) == len(set(placed))
    assert set(placed) <= set(declaration.folders())
    folder = declaration.root() / "anomalies"
    assert set(document["anomalies"]) == {file.stem for file in folder.glob("*.yaml")}


def test_the_first_picture_says_what_it_shows_in_colours_that_are_drawn() -> None:
    """The figure of the page has the colours; its own caption, which the build checks, names the same."""
    entry = overview.read()["answer"]
    whole = overview.Overview({}, (), None, {"answer": entry})
    answer = start._answer(whole, [{**RESULT, "comparison": entry["comparison"]}])
    assert answer is not None
    assert answer["caption"] == entry["caption"]
    page = (declaration.root() / "comparisons" / entry["comparison"] / "report.py").read_text("utf-8")
    for colour in ("orange", "blue"):
        assert colour in entry["caption"]
        assert f"{colour} " in page.partition(f'"{entry["figure"]}"')[2][:1500]
