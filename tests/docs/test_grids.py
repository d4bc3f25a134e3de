"""make grids: what is stored of toys on two grids, and a part of it measured again."""

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def stored() -> Any:
    return json.loads((ROOT / "docs" / "grids.json").read_text("utf-8"))


def test_the_page_shows_what_is_stored(stored: Any) -> None:
    from grids import with_table
    from marks import checksum

    assert stored["sha256"] == checksum(stored)
    page = (ROOT / "docs" / "grids.md").read_text("utf-8")
    assert with_table(page, stored) == page
    assert with_table(page, {**stored, "rows": stored["rows"][1:]}) != page


def test_results_do_not_hang_on_the_grid(stored: Any) -> None:
    from grids import DENSER, wrong

    # up to 100 eV², RENO's far detector turns faster than sixteen times as many splittings follow
    assert {row["release"].partition("@")[0] for row in stored["rows"] if wrong(row)} <= {"reno-neos"}
    assert len(stored["rows"]) > 20
    for row in stored["rows"]:
        (count, across), (finer, same) = row["asked"]
        assert finer == DENSER * (count - 1) + 1
        assert across == same
        assert row["searched"][0][0] >= count
    # each promise that is broken is found
    row = {**stored["rows"][0], "p_value": [0.1, 0.9], "map": 0.03, "points": 100, "apart": [0.05, 0.03]}
    assert len(wrong(row)) == 3
    assert len(wrong({**row, "points": 9})) == 2  # where one point is more than two per cent
    assert sum(row["points"] >= 50 for row in stored["rows"]) > 8


def test_every_release_with_a_likelihood_is_in_the_table_or_says_why_not(stored: Any) -> None:
    from nuanomaly.inference.survey import with_likelihood

    asked = {row["release"] for row in stored["rows"]} | set(stored["others"])
    # a newer release of a data set is measured by `make grids`
    every = {name.partition("@")[0] for name in with_likelihood()}
    assert {name.partition("@")[0] for name in asked} <= every
    assert stored["missing"] == []
    for reason in stored["others"].values():
        assert len(reason) > 20


@pytest.mark.parametrize("name", ["nomad", "e776-limit"])
def test_some_releases_measured_again_give_what_is_stored(name: str, stored: Any) -> None:
    from grids import of_release

    (row,) = (r for r in stored["rows"] if r["release"].startswith(f"{name}@"))
    rows, _ = of_release(row["release"], row["across"])
    assert [again["p_value"] for again in rows] == [row["p_value"]]
    assert [again["allowed"] for again in rows] == [row["allowed"]]
    assert [again["map"] for again in rows] == [row["map"]]
    assert [again["apart"] for again in rows] == [row["apart"]]
