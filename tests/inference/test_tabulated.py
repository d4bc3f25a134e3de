"""Models with three parameters, over tables: the global fit in one call, whatever parameters are called."""

from pathlib import Path

import numpy as np
import pytest

from nuanomaly.archive import comparisons
from nuanomaly.archive.loading import load
from nuanomaly.inference import page_test, separable
from nuanomaly.inference.analysis import Analysis
from nuanomaly.inference.page_test import numbers
from nuanomaly.inference.tabulated import tabulation
from nuanomaly.model.constants import PHASE
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.probabilities import LevelsModel, Model, Parameter, VacuumModel
from nuanomaly.model.registry import model

ROOT = Path(__file__).resolve().parents[2]
GRID = {
    "dm2_41": (0.1, 10.0, 101, "log"),
    "Ue4_sq": (1e-4, 0.5, 31, "log"),
    "Umu4_sq": (1e-4, 0.5, 31, "log"),
}


def test_tables_and_fits_find_the_same_minima() -> None:
    asked = Analysis(["karmen", "nue-carbon+cdhs"], "3+1", grid=GRID)
    short = Analysis(["karmen", "nue-carbon+cdhs"], "3+1-sbl", grid=GRID)
    tables = tabulation(asked)
    assert tables is not None
    found = tables.minima()
    assert found.short == ("karmen@2002-r1", "nue-carbon@2012-r1", "cdhs@1984-r1")
    fits = [short.side(0).fit().value, short.side(1).fit().value]
    assert [m.value for m in found.sides] == pytest.approx(fits, abs=0.005)
    assert found.joint.value == pytest.approx(short.fit().value, abs=0.005)
    assert sum(found.at_joint) == pytest.approx(found.joint.value, abs=1e-9)


#: What another author calls the parameters of 3+1.
RENAMED = {"dm2_41": "split", "Ue4_sq": "a", "Umu4_sq": "b"}


class _Renamed:
    """3+1 by other names."""

    of: Model

    def __init__(self) -> None:
        known = {p.name: p for p in self.of.parameters}
        self.parameters = tuple(
            Parameter(name, *(getattr(known[old], k) for k in ("unit", "low", "high", "meaning")), log=True)
            for old, name in RENAMED.items()
        )

    def own(self, parameters):
        """Return parameters by the names of 3+1, the others at their defaults."""
        at = {old: parameters[name] for old, name in RENAMED.items()}
        rest = {p.name: np.full_like(at["dm2_41"], p.default) for p in self.of.parameters if p.name not in at}
        return {**at, **rest}


class Short(_Renamed, VacuumModel):
    """3+1 in its limit of short baselines."""

    of = model("3+1-sbl")
    name = "short"

    def expand(self, asked, parameters):
        return self.of.expand(asked, self.own(parameters))


class Exact(_Renamed, LevelsModel):
    """Exact 3+1, which has that limit."""

    of = model("3+1")
    name = "exact"
    short_baseline = property(lambda self: Short())

    def levels(self, parameters):
        return self.of.levels(self.own(parameters))


@pytest.mark.parametrize("mine", [Short, Exact])
def test_tables_are_keyed_by_the_dependence_not_by_names(mine: type) -> None:
    """A model of a user's own, other parameter names: the same tables, the same parameter goodness of fit."""
    sides = ["karmen", "nue-carbon+cdhs"]
    asked = Analysis(sides, "3+1", grid=GRID)
    other = Analysis(sides, mine(), grid={RENAMED[name]: axis for name, axis in GRID.items()})
    ours, theirs = tabulation(asked), tabulation(other)
    assert ours is not None
    assert theirs is not None
    for side, same in zip(ours.sides, theirs.sides, strict=True):
        for one, two in zip(side, same, strict=True):
            assert one.depends == two.depends
            np.testing.assert_allclose(
                separable.tabulate(two, theirs.over), separable.tabulate(one, ours.over), rtol=1e-9
            )
    found, expected = other.compare(), asked.compare()
    assert found.delta == pytest.approx(expected.delta, abs=1e-6)
    assert found.dof == expected.dof == 2
    assert {n: found.best_fit[RENAMED[n]] for n in RENAMED} == pytest.approx(
        dict(expected.best_fit), rel=1e-3
    )
    assert ("read in the short-baseline limit of exact" in found.approximate) == (mine is Exact)


def test_a_model_of_which_all_data_know_all_has_no_tables() -> None:
    def coupled(initial, final, antineutrino, L, E, *, dm2, one, two):
        return 1.0 - one * np.sin(PHASE * dm2 * L / E) ** 2 * np.exp(-two) if initial == final else 0.0 * L

    ends = {"one": (1e-3, 0.5, 31, "log"), "two": (1e-3, 0.5, 31, "log"), "dm2": (0.1, 10.0, 31, "log")}
    mine = FunctionModel(coupled, three_flavour=False)
    assert tabulation(Analysis(["best", "nue-carbon"], mine, grid=ends)) is None
    # two axes of different ranges make no product that lies on a third
    other = {**GRID, "Umu4_sq": (1e-3, 0.5, 31, "log")}
    assert tabulation(Analysis(["karmen", "nue-carbon"], "3+1", grid=other)) is None


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


def test_a_page_of_any_model_is_read_from_tables_whatever_its_parameters_are_called(monkeypatch) -> None:
    spec = {"low": 1e-4, "high": 0.3, "points": 21, "scale": "log"}
    page = {
        "model": "3+1",
        "parameters": {
            "dm2_41": {"low": 0.3, "high": 9.0, "points": 41, "scale": "log"},
            "Ue4_sq": spec,
            "Umu4_sq": spec,
        },
        "datasets": {"karmen": {"releases": ["karmen@2002-r1"]}, "cdhs": {"releases": ["cdhs@1984-r1"]}},
        "tested": {"appearance": ["karmen"], "disappearance": ["cdhs"]},
    }
    known = numbers(page, load, set())
    other = {**page, "model": "exact", "parameters": {}}
    other["parameters"] = {RENAMED[name]: limits for name, limits in page["parameters"].items()}
    monkeypatch.setattr(page_test, "make_model", lambda name: Exact())
    monkeypatch.setattr(page_test, "compare", None)  # no fits
    found = numbers(other, load, set())
    assert {name: RENAMED.get(name, name) for name in known} == dict(zip(known, found, strict=True))
    assert list(found.values()) == pytest.approx(list(known.values()), rel=1e-9)
