"""A grid may reach from bound to bound of what its parameters are declared to be, and no further."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nuanomaly
from nuanomaly.inference.grid import axis
from nuanomaly.inference.minuit import _Function, _limits
from nuanomaly.inference.question import Question
from nuanomaly.inference.rank import rank
from nuanomaly.inference.tables import _coordinate
from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Parameter

#: exp(ln low + ln(high/low)) is above 1e6, below 1e3 and 1e7, and exp(ln low) is above 0.1 and below 1e-6.
BOUNDS = [(0.1, 1e6), (0.1, 1e3), (1e-6, 1e-2), (1e-6, 10.0), (1e-5, 1e7), (0.3, 1.0), (0.03, 0.7)]


def _lost(initial: str, final: str, antineutrino: bool, L: Any, E: Any, *, dm2: Any, strength: Any) -> Any:
    if initial == final == "e":
        return 1.0 - strength * np.sin(PHASE * dm2 * L / E) ** 2
    return float(initial == final)


@pytest.mark.parametrize(("low", "high"), BOUNDS)
def test_no_way_from_coordinates_to_values_leaves_the_bounds(low: float, high: float) -> None:
    parameter = Parameter("x", "1", low, high, "x", log=True, scan=(low, high))
    a = axis(parameter, (low, high, 21, "log"))
    assert (a.low, a.high) == (low, high)
    function: Any = _Function(None, [a], [_limits(a, parameter)])  # type: ignore[arg-type]
    ends = np.array(_limits(a, parameter))[:, None]
    made = [a.values, a.external(a.internal(a.values)), function.external(ends)["x"], *_coordinate([a, a])]
    for values in made:
        assert values.min() >= low
        assert values.max() <= high
    assert function.external(ends)["x"] == pytest.approx([low, high], rel=1e-12)


@pytest.mark.parametrize(
    "ask",
    [
        lambda q: q.scan(),
        lambda q: q.fit(errors="hesse"),
        lambda q: q.profile("dm2"),
        lambda q: q.significance(),
        lambda q: rank(q.objective, q.axes),
        lambda q: q.density().log_prob(q.density().prior_transform([[0.0, 0.0], [1.0, 1.0]])),
    ],
    ids=["scan", "fit", "profile", "significance", "rank", "density"],
)
def test_a_question_from_bound_to_bound_is_answered(ask: Callable[[Question], Any]) -> None:
    own = nuanomaly.FunctionModel(
        _lost,
        parameters=[
            Parameter("dm2", "eV**2", 0.1, 30.0, "Δm²", log=True, scan=(0.1, 30.0)),
            Parameter("strength", "1", 0.003, 0.7, "sin²2θ", log=True, scan=(0.003, 0.7), null=None),
        ],
    )
    grid = {"dm2": (0.1, 30.0, 31, "log"), "strength": (0.003, 0.7, 9, "log")}
    if ask.__code__.co_names[0] == "significance":  # needs a point without oscillation
        own = nuanomaly.FunctionModel(
            _lost,
            parameters=[
                own.parameters[0],
                Parameter("strength", "1", 0.0, 0.7, "sin²2θ", log=True, null=0.0),
            ],
        )
    assert ask(nuanomaly.Analysis("gallex", own, grid=grid)) is not None


def _product(
    initial: str, final: str, antineutrino: bool, L: Any, E: Any, *, dm2: Any, a: Any, b: Any
) -> Any:
    wave = a * b * np.sin(PHASE * dm2 * L / E) ** 2
    return {("mu", "e"): wave, ("mu", "mu"): 1.0 - wave}.get((initial, final), float(initial == final))


def test_three_parameters_whose_product_matters_reach_their_bounds() -> None:
    own = nuanomaly.FunctionModel(
        _product,
        parameters=[
            Parameter("dm2", "eV**2", 0.01, 100.0, "Δm²", log=True, scan=(0.01, 100.0)),
            Parameter("a", "1", 1e-7, 0.1, "a", log=True, scan=(1e-7, 0.1)),
            Parameter("b", "1", 1e-6, 1.0, "b", log=True, scan=(1e-6, 1.0)),
        ],
    )
    grid = {"dm2": (0.01, 100.0, 21, "log"), "a": (1e-7, 0.1, 19, "log"), "b": (1e-6, 1.0, 19, "log")}
    assert np.isfinite(nuanomaly.Analysis("karmen", own, grid=grid).scan().values).all()
