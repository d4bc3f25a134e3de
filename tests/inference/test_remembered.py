"""What was computed once in a process is not computed again, and is the same as if it were."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from nuanomaly.inference import remembered
from nuanomaly.inference.fit import fit
from nuanomaly.inference.minimise import _MINIMA
from nuanomaly.inference.objective import Objective
from nuanomaly.inference.question import Question
from nuanomaly.inference.scan import scan
from nuanomaly.likelihood.build import likelihood
from nuanomaly.model.probabilities import Array

NUISANCE = "gallium-cross-section"
GRID = {"dm2_41": (0.3, 9.0, 25, "log"), "sin2_2theta_ee": (0.01, 1.0, 9, "log")}


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    remembered.GRIDS.clear()
    _MINIMA.clear()


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many points each evaluation of an objective had."""
    counts: list[int] = []
    direct = Objective._value

    def counted(self: Objective, complete: Mapping[str, Array]) -> Array:
        counts.append(max(v.size for v in complete.values()))
        return direct(self, complete)

    monkeypatch.setattr(Objective, "_value", counted)
    return counts


@pytest.mark.parametrize("data", [["best", "stereo"], ["gallex", "sage", "best", "nue-carbon"]])
def test_a_sum_of_parts_is_the_whole(data: list[str]) -> None:
    what = Question(data, "2nu-ee", grid=GRID)
    parts = what.objective.on(what.axes)
    whole = what.objective._walked(what.axes)
    np.testing.assert_allclose(parts, whole, rtol=1e-9, atol=1e-7)


def test_parts_with_an_interaction_of_their_own_know_their_axes_alone() -> None:
    grid = {"cevns_strength": (0.5, 1.5, 7, "lin"), "dm2_41": (0.3, 9.0, 5, "log"), "Ue4_sq": 3}
    fixed = {"Umu4_sq": 0.0, "Utau4_sq": 0.0}
    what = Question(["coherent-csi", "karmen"], "3+1-sbl", grid=grid, fixed=fixed)
    np.testing.assert_allclose(what.objective.on(what.axes), what.objective._walked(what.axes), rtol=1e-9)


def test_the_same_data_are_evaluated_once(evaluated: list[int]) -> None:
    first = scan(["best", "stereo"], "2nu-ee", grid=GRID)
    before = len(evaluated)
    again, alone = scan(["best", "stereo"], "2nu-ee", grid=GRID), scan("best", "2nu-ee", grid=GRID)
    assert len(evaluated) == before
    assert (again.values == first.values).all()
    assert (alone.values <= first.values).all()


def test_what_is_handed_out_can_be_changed_without_harm() -> None:
    first = scan("best", "2nu-ee", grid=GRID).values
    kept = first.copy()
    first += 1.0
    assert (scan("best", "2nu-ee", grid=GRID).values == kept).all()


def test_a_minimum_is_found_once(evaluated: list[int]) -> None:
    best = fit("best", "2nu-ee", grid=GRID)
    before = len(evaluated)
    assert fit("best", "2nu-ee", grid=GRID).value == best.value
    assert len(evaluated) - before == 1  # whether the model is felt
    assert fit("best", "2nu-ee", grid=GRID, seed=1).value == pytest.approx(best.value, abs=1e-3)
    assert len(evaluated) > before + 10


def test_what_differs_is_not_the_same() -> None:
    def named(data: str, model: Any = "2nu-ee", **settings: Any) -> Any:
        what = Question(data, model, grid=GRID, **settings)
        return remembered.key(what.likelihood, what.model, what.fixed, (), what.axes)

    assert named("best") == named("best")
    for other in (named("best", mode="ground-state"), named("sage"), named(["best"], freed=[NUISANCE])):
        assert other != named("best")
    without = remembered.key(likelihood("best"), Question("best", "2nu-ee").model, {}, ("none",), ())
    assert without == remembered.key(likelihood("best"), Question("best", "2nu-ee").model, {}, (), ())


def test_a_function_of_ones_own_is_asked_every_time() -> None:
    depth = {"depth": 0.1}

    def disappearance(  # type: ignore[no-untyped-def]
        initial, final, antineutrino, L, E, node, dm2
    ):
        waves = depth["depth"] * np.sin(1.267 * dm2 * L / E) ** 2
        return 1.0 - waves if initial == final else 0.0 * waves

    values = []
    for depth["depth"] in (0.1, 0.3):
        values.append(scan("best", disappearance, grid={"dm2": (0.5, 5.0, 9, "log")}).values)
    assert np.abs(values[0] - values[1]).max() > 0.1
