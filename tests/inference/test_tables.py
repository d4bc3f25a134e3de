"""Grids as sums of tables over what each part of the data depends on, found by probing, for any model."""

from typing import Any

import numpy as np
import pytest

from nuanomaly.inference import tables
from nuanomaly.inference.question import Question
from nuanomaly.inference.scan import scan
from nuanomaly.likelihood.wrappers.joint import combine
from nuanomaly.model.constants import PHASE

MIXINGS = {"Ue4_sq": (1e-4, 0.3, 15, "log"), "Umu4_sq": (1e-4, 0.3, 15, "log")}
SBL = {"dm2_41": (0.1, 50.0, 31, "log"), **MIXINGS}


def leaky(initial, final, antineutrino, L, E, *, splitting, first, second, loss):
    """Appearance by the product of two mixings; survival of νe loses a part that appearance does not know."""
    wave = np.sin(PHASE * splitting * L / E) ** 2
    if (initial, final) == ("mu", "e"):
        return 4.0 * first * second * wave
    if initial == final == "mu":
        return 1.0 - 4.0 * first * second * wave
    if initial == final == "e":
        return (1.0 - 4.0 * first * (1.0 - first) * wave) * np.exp(-loss * L)
    return float(initial == final)


LEAKY = {
    "splitting": (0.1, 50.0, 21, "log"),
    "first": (1e-4, 0.3, 12, "log"),
    "second": (1e-4, 0.3, 12, "log"),
    "loss": (0.0, 0.01, 5, "lin"),
}


@pytest.mark.parametrize(
    ("data", "model", "grid", "groups"),
    [
        ("gallium", "3+1-sbl", SBL, ((0,), (1,))),
        ("cdhs", "3+1-sbl", SBL, ((0,), (2,))),
        ("karmen", "3+1-sbl", SBL, ((0,), (1, 2))),
        ("miniboone-events", "3+1-sbl", SBL, ((0,), (1,), (2,))),
        ("karmen", "3+1-sbl", {**SBL, "Umu4_sq": (1e-4, 0.3, 16, "log")}, ((0,), (1,), (2,))),
        ("karmen", leaky, LEAKY, ((0,), (1, 2))),
        ("nue-carbon", leaky, LEAKY, ((0,), (1,), (3,))),
    ],
)
def test_what_data_depend_on_is_found_by_probing(data: str, model: Any, grid: Any, groups: Any) -> None:
    what = Question(data, model, grid=grid)
    names = [a.name for a in what.axes]
    assert sorted(names, key=list(grid).index) == names
    assert tables.dependence(what.objective, what.axes).groups == groups


def filled(what: Question) -> Any:
    """Return the grid as a sum of tables; None where there are none, or where they are wrong."""
    found = tables.planned(what.objective, what.axes)
    return None if found is None else found.values()


@pytest.mark.parametrize(
    ("data", "model", "grid"),
    [
        ("gallium", "3+1-sbl", SBL),
        (["karmen", "gallium", "cdhs"], "3+1-sbl", SBL),
        (["karmen", "nue-carbon"], leaky, LEAKY),
    ],
)
def test_a_sum_of_tables_is_the_grid(data: Any, model: Any, grid: Any) -> None:
    what = Question(data, model, grid=grid)
    found = filled(what)
    assert found is not None
    np.testing.assert_allclose(found, what.objective.on(what.axes), rtol=1e-9, atol=1e-9)


def test_points_at_which_a_model_does_not_exist_stay_infinite() -> None:
    wide = {"dm2_41": 21, "Ue4_sq": (0.01, 0.9, 15, "log"), "Umu4_sq": (0.01, 0.9, 15, "log")}
    what = Question(["gallium", "cdhs"], "3+1-sbl", grid=wide)
    found = filled(what)
    assert found is not None
    direct = what.objective.on(what.axes)
    assert np.isinf(direct).any()
    np.testing.assert_array_equal(np.isinf(found), np.isinf(direct))


def test_a_part_that_depends_on_nothing_free_is_a_table_of_one_value() -> None:
    """Without Uμ4 nothing that is free is felt by νμ that disappear."""
    grid: Any = {
        "dm2_41": (0.1, 50.0, 31, "log"),
        "Ue4_sq": (1e-4, 0.3, 41, "log"),
        "Us": (0.0, 1.0, 41, "lin"),
    }

    def electrons(
        initial: str, final: str, antineutrino: bool, L: Any, E: Any, *, dm2_41: Any, Ue4_sq: Any, Us: Any
    ) -> Any:
        lost = 4.0 * Ue4_sq * (1.0 - Ue4_sq) * np.sin(PHASE * dm2_41 * L / E) ** 2
        return 1.0 - lost if initial == final == "e" else float(initial == final)

    what = Question(["gallium", "cdhs"], electrons, grid=grid)
    table = filled(what)
    assert table is not None
    only = Question("gallium", electrons, grid=grid)
    cdhs = Question("cdhs", electrons, grid=grid).objective({name: np.ones(1) for name in grid})[0]
    np.testing.assert_allclose(
        table[::7, ::9, 0], only.objective.on(only.axes)[::7, ::9, 0] + cdhs, atol=1e-6
    )


def test_far_fewer_points_are_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    what = Question(["karmen", "cdhs", "ccfr"], "3+1-sbl", grid=SBL)
    evaluated = []
    plain = type(what.objective).__call__

    def counted(self: Any, free: Any) -> Any:
        evaluated.append(next(iter(free.values())).size)
        return plain(self, free)

    monkeypatch.setattr(type(what.objective), "__call__", counted)
    scan(["karmen", "cdhs", "ccfr"], "3+1-sbl", grid=SBL)
    # three parts of 6975 points each without tables
    assert sum(evaluated) < 6975


def test_data_that_share_a_nuisance_stay_together() -> None:
    what = Question(["gallex", "sage", "cdhs"], "3+1-sbl", grid=SBL)
    sizes = [part.n_bins for part in what.likelihood.independent]
    assert sizes == [combine(what.sides[:2]).n_bins, what.sides[2].n_bins]


def test_a_dependence_that_probing_did_not_see_is_caught_by_points_computed_directly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    what = Question("miniboone-events", "3+1-sbl", grid=SBL)
    monkeypatch.setattr(tables, "dependence", lambda *asked: tables.Dependence(((0,), (1, 2))))
    assert tables.planned(what.objective, what.axes) is not None
    assert filled(what) is None
