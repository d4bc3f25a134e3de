"""3+1 with three parameters, over tables: the global fit in one call."""

from pathlib import Path

import pytest

from nuanomaly.archive import comparisons
from nuanomaly.archive.release import load
from nuanomaly.inference.analysis import Analysis
from nuanomaly.inference.page_test import numbers
from nuanomaly.inference.tabulated import applies, minima

ROOT = Path(__file__).resolve().parents[2]
GRID = {
    "dm2_41": (0.1, 10.0, 101, "log"),
    "Ue4_sq": (1e-4, 0.5, 31, "log"),
    "Umu4_sq": (1e-4, 0.5, 31, "log"),
}


def test_tables_and_fits_find_the_same_minima() -> None:
    asked = Analysis(["karmen", "nue-carbon+cdhs"], "3+1", grid=GRID)
    short = Analysis(["karmen", "nue-carbon+cdhs"], "3+1-sbl", grid=GRID)
    assert applies(asked)
    assert not applies(short)  # only exact 3+1, which is slow, is read in its limit
    found = minima(asked)
    assert found.short == ("karmen@2002-r1", "nue-carbon@2012-r1", "cdhs@1984-r1")
    fits = [short.side(0).fit().value, short.side(1).fit().value]
    assert [m.value for m in found.sides] == pytest.approx(fits, abs=0.005)
    assert found.joint.value == pytest.approx(short.fit().value, abs=0.005)
    assert sum(found.at_joint) == pytest.approx(found.joint.value, abs=1e-9)


def test_a_comparison_over_tables_says_so_and_has_the_ranks_of_the_predictions() -> None:
    found = Analysis(["karmen", "nue-carbon+cdhs"], "3+1", grid=GRID).compare()
    assert "read in the short-baseline limit of 3+1: karmen@2002-r1" in found.approximate
    assert found.dof == 2  # 2 of appearance, 3 of disappearance, together 3
    assert found.delta == pytest.approx(sum(part.pull for part in found.parts), abs=1e-9)


def test_the_global_page_is_one_call() -> None:
    """The same test from the names of the data alone, and by the engine of the page from its declaration."""
    declared = comparisons.declared(ROOT)["appearance-vs-disappearance"]
    page = numbers(declared, load, set())
    grid = {
        name: (spec["low"], spec["high"], spec["points"], spec["scale"])
        for name, spec in declared["parameters"].items()
    }
    sides = [
        "+".join(
            _term(side, name) for side in map(declared["datasets"].get, keys) for name in side["releases"]
        )
        for keys in declared["tested"].values()
    ]
    found = Analysis(sides, "3+1", grid=grid).compare()
    assert found.dof == page["PG dof"] == 2
    assert found.delta == pytest.approx(page["PG χ²"], abs=0.02)
    wide = Analysis(sides, "3+1").compare()  # over the ranges that all data know
    assert wide.delta == pytest.approx(page["PG χ²"], abs=0.02)


def _term(side: dict, release: str) -> str:  # type: ignore[type-arg]
    """A release as a comparison reads it: from a map where there is one, in its mode if it has that."""
    name = release.partition("@")[0]
    if name in side.get("maps", {}):
        return f"{release}:map"
    mode = side.get("mode", "")
    return f"{release}:{mode}" if mode in load(release).metadata["likelihood"]["modes"] else release
