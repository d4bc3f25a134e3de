"""Small tables give the engine's values between their points, to the error that they state."""

import numpy as np
import pytest

from nuanomaly.inference import dependence
from nuanomaly.inference.compact import (
    CompactTable,
    amplitudes,
    compact,
    largest_amplitude,
    mixings,
)
from nuanomaly.inference.compact_nodes import Nodes, chebyshev, equidistant
from nuanomaly.inference.compact_spectra import Predictions, compact_spectrum
from nuanomaly.likelihood.build import likelihood
from nuanomaly.model.registry import model

RANGE, MIXING = (0.5, 3.0), 0.3
WHOLE = model("3+1")


def table(reference: str) -> tuple[CompactTable, dependence.Member]:
    known = likelihood(reference)
    data = dependence.member(reference, known, WHOLE)
    return compact(data, known, dm2=RANGE, mixing=MIXING), data


def points(count: int = 120) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(7)
    mixing = np.exp(random.uniform(np.log(1e-5), np.log(MIXING), (2, count)))
    return np.exp(random.uniform(*np.log(RANGE), count)), mixing[0], mixing[1]


@pytest.mark.parametrize(
    "reference",
    # a Poisson likelihood, a covariance that follows the prediction, a nuisance with a floor, a map, a ratio
    ["karmen", "miniboone-nue@2020-r1:nubar", "gallium:bahcall", "lsnd", "prospect@2021-r1", "cdhs"],
)
def test_values_between_the_points_of_a_table_are_those_of_the_engine(reference: str) -> None:
    made, data = table(reference)
    exact = data.value(*points())
    allowed = np.maximum(1.0, (exact - made.values.min()) / 30.0)
    off = float((np.abs(made.value(*points()) - exact) / allowed).max())
    # other points than those the error was measured at may be a little worse
    assert off < 0.006
    assert made.error < 0.006


def test_no_oscillation_is_in_the_table_to_the_last_digit_that_is_kept() -> None:
    made, data = table("gallium:bahcall")
    zero = np.zeros(1)
    null = float(data.value(np.ones(1), zero, zero)[0])
    assert made.value(np.ones(1), zero, zero)[0] == pytest.approx(null, abs=2**-11)


def test_the_error_that_a_table_states_is_that_of_the_table() -> None:
    """A table that is spoilt by 0.1 at a knot states an error, and it is measured, not assumed."""
    known = likelihood("karmen")
    data = dependence.member("karmen", known, WHOLE)
    honest = compact(data, known, dm2=RANGE, mixing=MIXING)
    rough = compact(data, known, dm2=RANGE, mixing=MIXING, tolerance=0.3)
    assert honest.error < 0.002 < rough.error
    assert rough.values.size < honest.values.size


def test_the_same_table_is_made_twice() -> None:
    first, second = table("karmen")[0], table("karmen")[0]
    assert first.values.tobytes() == second.values.tobytes()
    assert first.dm2.tobytes() == second.dm2.tobytes()
    assert first.error == second.error


@pytest.mark.parametrize("made", [chebyshev, equidistant])
def test_nodes_give_back_what_stands_at_them(made: object) -> None:
    nodes: Nodes = made(0.84, 0.05, 9)  # type: ignore[operator]
    assert np.allclose(nodes.weights(nodes.values), np.eye(9), atol=1e-12)
    between = np.linspace(0.0, 0.84, 31)
    assert np.allclose(nodes.weights(between).sum(axis=1), 1.0)
    cubic = np.log1p(between / 0.05) ** 3
    assert np.allclose(
        nodes.weights(between) @ np.log1p(nodes.values / 0.05) ** 3, cubic, rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("depends", ["e", "mu", "product", "both"])
def test_amplitudes_of_mixings_and_back(depends: dependence.Dependence) -> None:
    count = 2 if depends == "both" else 1
    wanted = tuple(np.array([0.0, 0.01, 0.3]) * (k + 1) for k in range(count))
    assert np.allclose(amplitudes(depends, *mixings(depends, wanted)), wanted)
    assert largest_amplitude(depends, 0.3) == pytest.approx(0.36 if depends == "product" else 0.84)


@pytest.mark.parametrize("reference", ["karmen", "cdhs", "gallium:bahcall"])
def test_drawn_predictions_are_within_a_tenth_of_a_standard_deviation(reference: str) -> None:
    known = likelihood(reference)
    data = dependence.member(reference, known, WHOLE)
    made = compact_spectrum(data, known, dm2=RANGE, mixing=MIXING)
    assert made is not None
    exact = Predictions(known, model(data.model), data.names)(*points(40))
    away = np.maximum(1.0, np.abs(exact - made.data) / made.errors / 5.0)
    assert float((np.abs(made.predicted(*points(40)) - exact) / made.errors / away).max()) < 0.15
    assert made.error < 0.15
    zero = np.zeros(1)
    assert np.allclose(made.none, made.predicted(np.ones(1), zero, zero)[0], atol=0.05 * made.errors.max())


def test_a_released_map_has_no_spectrum() -> None:
    known = likelihood("lsnd")
    data = dependence.member("lsnd", known, WHOLE)
    assert compact_spectrum(data, known, dm2=RANGE, mixing=MIXING) is None
