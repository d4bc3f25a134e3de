"""What pages say of coverage: from stored toys alone, and why there is none where there is none."""

from pathlib import Path

import pytest

from nuanomaly.archive.loading import load
from nuanomaly.archive.runs import declared_runs
from nuanomaly.inference.runs import stored_run
from nuanomaly.likelihood.build import likelihood
from nuanomaly.report import coverage

FOLDER = Path(__file__).parents[2] / "comparisons" / coverage.COMPARISON


def test_every_declared_run_gives_points_with_errors_of_its_toys() -> None:
    runs = {n: run for n, run in declared_runs(FOLDER).items() if run["kind"] == "coverage"}
    assert runs
    for name in runs:
        points = coverage.points(stored_run(FOLDER, name))
        assert [p.name for p in points[:2]] == [coverage.NONE, coverage.BEST]
        for point in points:
            assert all(0.0 <= c <= 1.0 for c in point.covered)
            assert point.covered == tuple(sorted(point.covered))  # a larger region holds the truth more often
            assert max(point.errors) < 0.017


def test_a_release_states_its_coverage() -> None:
    stated = coverage.of_release(load("neos@2016-r1"))
    assert len(stated["points"]) == 5
    assert stated["points"][0].word() == "too little"
    covered = [point.covered[point.nominal.index(0.9)] for point in stated["points"]]
    for end in (min(covered), max(covered)):
        assert f"{100 * end:.0f} %" in stated["sentence"]
    assert coverage.of_release(load("best@2022-r1"))["points"][0].word() == "too much"


def test_a_surface_says_why_it_states_none() -> None:
    stated = coverage.of_release(load("lsnd@2001-r1"))
    assert stated["points"] == []
    assert stated["sentence"].startswith("not applicable: no toys can be made")
    assert "critical values" not in stated["sentence"]
    assert "critical values" in coverage.why_not(load("stereo@2019-r1"))


@pytest.mark.parametrize(
    ("covered", "word"), [(0.902, "as stated"), (0.86, "too little"), (0.93, "too much")]
)
def test_words_follow_the_numbers(covered: float, word: str) -> None:
    point = coverage.Point("best fit", {}, (0.68, 0.9), (0.7, covered), (0.01, 0.008), 1500)
    assert point.word() == word
    other = coverage.Point("no oscillation", {}, (0.68, 0.9), (0.7, 0.9), (0.01, 0.008), 1500)
    said = coverage.sentence([other, point])
    assert ("what they say" in said) == (word == "as stated")


@pytest.mark.parametrize("name", ["lsnd@2001-r1", "stereo-process@2019-r1", "juno@2025-r2", "nomad@2003-r1"])
def test_whether_toys_can_be_made_is_read_from_the_declaration(name: str) -> None:
    """Pages of releases ask without building a likelihood; it must be what the likelihood says."""
    without = likelihood(name).data is None
    assert coverage.why_not(load(name)).startswith("not applicable") == without
