"""What a fit is said to cost before it begins."""

from collections.abc import Mapping
from typing import Any

import pytest

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference import search_cost, workload
from nuanomaly.inference.fit import fit
from nuanomaly.inference.multistart import Box, search
from nuanomaly.inference.objective import Objective
from nuanomaly.inference.question import Question
from nuanomaly.inference.search_cost import Metered, expected
from nuanomaly.inference.workload import Effort, Workload
from nuanomaly.model.probabilities import Array

#: Questions of three, four, five and seven parameters; of three, also without mixings that share a table.
QUESTIONS: dict[str, tuple[str, str, dict[str, float]]] = {
    "three": ("karmen", "3+1", {}),
    "four": ("gallium", "3+2", {"Umu4_sq": 0.0, "Umu5_sq": 0.0, "delta_25": 0.0}),
    "three with a width": ("gallium", "3+1/wave-packet", {"Umu4_sq": 0.0}),
    "five": ("karmen", "3+2", {"Ue4_sq": 0.02, "Ue5_sq": 0.02}),
    "seven": ("karmen", "3+2", {}),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_search_evaluates_about_as_many_values_as_is_said_before(name: str) -> None:
    data, model, fixed = QUESTIONS[name]
    what = Question(data, model, fixed=fixed)
    metered = Metered(what.objective, what.axes)
    search(metered, seed=1)
    made = sum(count for count, _ in metered.spent)
    assert 0.5 < expected(metered).total / made < 2.0


class Clock:
    """A clock that an objective drives: each of its calls takes some seconds, and each value in it."""

    def __init__(self, what: Question, call: float, value: float) -> None:
        self.now, self.values = 0.0, 0
        plain, clock = what.objective, self

        class Slow(Objective):
            def __call__(self, free: Mapping[str, Array]) -> Array:
                found = plain(free)
                clock.now += call + value * found.size
                clock.values += found.size
                return found

        self.objective = Slow(plain.likelihood, plain.model, plain.fixed, plain.without_prior)

    def thread_time(self) -> float:
        return self.now


def test_each_kind_of_value_is_timed_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starts that share their splittings are cheap; a model whose other points are dear is not said to be."""
    what = Question("karmen", "3+2")
    metered: list[int] = []
    plain = Metered.each

    def each(self: Metered) -> float:
        metered.append(sum(count for count, _ in self.spent))
        plain(self)
        return (1.0, 10.0, 100.0)[len(metered) - 1]

    monkeypatch.setattr(Metered, "each", each)
    monkeypatch.setattr(search_cost, "PATIENCE", 0.0)
    box = Box(what.objective, what.axes)
    many = expected(box)
    assert search_cost.seconds(box) == pytest.approx(
        many.starts + 10.0 * many.walked + 100.0 * many.descents, rel=1e-12
    )
    assert all(metered)


def test_an_estimate_of_a_dear_search_is_a_small_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    what = Question("gallium", "3+1/wave-packet")
    clock = Clock(what, 0.0, 0.2)
    monkeypatch.setattr(search_cost, "time", clock)
    box = Box(clock.objective, what.axes)
    work = 0.2 * expected(box).total
    assert search_cost.seconds(box) == pytest.approx(work, rel=1e-3)
    assert clock.now < 0.02 * work
    before = clock.values
    assert search_cost.seconds(box, enough=60.0) > 2.0 * 60.0
    # not one descent: the starts alone take longer than is allowed
    assert clock.values - before == 8 + 32


def test_what_a_call_costs_is_not_said_of_each_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls of few values are dear; a grid makes large ones."""
    what = Question("gallium", "2nu-ee", grid={"dm2_41": 700, "sin2_2theta_ee": 700})
    clock = Clock(what, 1e-2, 1e-6)
    monkeypatch.setattr(workload, "time", clock)
    work = Workload(clock.objective, what.axes)
    said = work.estimate(700 * 700).seconds
    taken = -(-700 * 700 // clock.objective.chunk) * 1e-2 + 700 * 700 * 1e-6
    assert 0.5 < said / taken < 2.0
    assert clock.values < 0.05 * 700 * 700


def test_a_fit_of_many_parameters_is_refused_with_its_searches_before_they_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Workload, "searches", lambda *asked: pytest.fail("a search began"))
    with pytest.raises(
        NuanomalyError, match=r"points in 3 searches, about .*fix parameters.*raise the limit"
    ):
        fit("karmen", "3+2", limit=1e-3)


def test_a_fit_on_a_grid_counts_the_searches_that_confirm_it() -> None:
    grid: Any = {"dm2_41": (0.1, 10.0, 31, "log"), "sin2_2theta_mue": (1e-3, 1.0, 21, "log")}
    what = Question("karmen", "2nu-mue", grid=grid)
    estimate = Workload(what.objective, what.axes, Effort()).fit_estimate()
    # two grids displaced by parts of a cell beside the first
    assert (estimate.points, estimate.searches) == (31 * 21 + 2 * 30 * 10, 3)
    mixing = (1e-3, 0.3, 21, "log")
    axes: Any = {"dm2_41": (0.1, 50.0, 31, "log"), "Ue4_sq": mixing, "Umu4_sq": mixing}
    three = Question("karmen", "3+1-sbl", grid=axes)
    work = Workload(three.objective, three.axes, Effort())
    assert work.tables is not None
    (table,) = work.tables.tables
    # KARMEN feels the product of the mixings alone
    assert table.size == 31 * 41
    box = Box(three.objective, three.axes)
    assert work.fit_estimate().points == table.size + 2 * expected(box).total
