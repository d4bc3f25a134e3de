"""make averages: what is stored of 3+1 in other forms on all releases, and a part of it measured again."""

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def stored() -> Any:
    return json.loads((ROOT / "docs" / "averages.json").read_text("utf-8"))


def test_the_page_shows_what_is_stored(stored: Any) -> None:
    from averages import with_table
    from marks import checksum

    assert stored["sha256"] == checksum(stored)
    page = (ROOT / "docs" / "averages.md").read_text("utf-8")
    assert with_table(page, stored) == page
    assert with_table(page, {**stored, "rows": stored["rows"][1:]}) != page


def test_waves_are_exact_and_what_is_stated_of_functions_is_larger_than_the_truth(stored: Any) -> None:
    from averages import FORMS, SHORT, SINGLE, SPLITTINGS, wrong, wrong_ones

    assert wrong_ones(stored["rows"]) == []
    assert len(stored["rows"]) >= 24
    for row in stored["rows"]:
        assert [at["dm2"] for at in row["arrays"]] == [at["dm2"] for at in row["waves"]] == list(SPLITTINGS)
        assert [at["dm2"] for at in row["numbers"]] == list(SINGLE)
    assert min(SPLITTINGS) == 0.01
    assert max(SPLITTINGS) == 300.0
    short = [row for row in stored["rows"] if row["short"]]
    assert len(short) >= 12
    # each promise that is broken is found
    row = json.loads(json.dumps(short[0]))
    first = {form: row[form][0] for form in FORMS}
    first["waves"]["difference"] = 1e-3
    first["arrays"]["difference"] = first["arrays"]["stated"] + 1e-3
    first["numbers"].update(refused=True, dm2=SHORT)
    assert len(wrong(row)) == 3


def test_every_release_with_a_likelihood_is_in_the_table_or_says_why_not(stored: Any) -> None:
    from nuanomaly.inference.survey import with_likelihood

    asked = {row["release"] for row in stored["rows"]} | set(stored["others"])
    # a newer release of a data set is measured by `make averages`
    every = {name.partition("@")[0] for name in with_likelihood()}
    assert {name.partition("@")[0] for name in asked} <= every
    assert stored["missing"] == []
    assert len(asked) >= 38
    for reason in stored["others"].values():
        assert len(reason) > 20


@pytest.mark.parametrize("name", ["best", "karmen", "nue-carbon", "e776-limit"])
def test_some_releases_measured_again_give_what_is_stored(name: str, stored: Any) -> None:
    from averages import SPLITTINGS, asked, wrong

    some = SPLITTINGS[2::4]
    (row,) = (r for r in stored["rows"] if r["release"].startswith(f"{name}@"))
    again = asked(row["release"], some, some[:1])
    assert not isinstance(again, str)
    assert wrong(again) == []
    for at in again["arrays"]:
        (known,) = (k for k in row["arrays"] if k["dm2"] == at["dm2"])
        assert at["stated"] == pytest.approx(known["stated"], rel=0.02, abs=1e-6)
        assert at["difference"] == pytest.approx(known["difference"], rel=0.1, abs=1e-7)
