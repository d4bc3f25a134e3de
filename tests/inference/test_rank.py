"""Ranks of Jacobians."""

import numpy as np
import pytest

from nuanomaly.inference.grid import axis
from nuanomaly.inference.objective import Objective
from nuanomaly.inference.question import Question
from nuanomaly.inference.rank import (
    constrained,
    generic_points,
    insensitive,
    jacobian,
    matrix_rank,
    rank,
    unfelt_at_edges,
)
from nuanomaly.inference.significance import Significance
from nuanomaly.model.constants import PHASE
from nuanomaly.model.registry import model


def problem(likelihood, name: str):
    chosen = model(name)
    free = [p for p in chosen.parameters if p.default is None]
    return Objective(likelihood, chosen), [axis(p, 11) for p in free]


def test_rows_of_different_size_count_alike() -> None:
    assert matrix_rank(np.array([[1e-12, 0.0], [0.0, 1e12]]), np.array([1e-12, 1e12])) == 2


def test_rounding_noise_is_no_rank() -> None:
    noise = np.array([[1e-11, -1e-11], [1e-10, 1e-11]])
    assert matrix_rank(noise, np.array([1.0, 1.0])) == 0
    assert matrix_rank(np.array([[1.0, 1.0], [1.0, 1.0 + 1e-9]]), np.ones(2)) == 1
    assert matrix_rank(np.zeros((3, 0)), np.ones(3)) == 0


def test_the_jacobian_is_that_of_the_formula(counting) -> None:
    likelihood = counting("a@1-r1", [2.0, 7.0], [1.0, 1.0], 1.0)
    objective, axes = problem(likelihood, "2nu-ee")
    at = {"dm2_41": np.array([0.7]), "sin2_2theta_ee": np.array([0.2])}
    observables, found = jacobian(objective, axes, at)
    phase = PHASE * 0.7 * np.array([2.0, 7.0]) / 3.0
    np.testing.assert_allclose(observables[0], 1.0 - 0.2 * np.sin(phase) ** 2, rtol=1e-12)
    np.testing.assert_allclose(found[0, :, 1], -0.2 * np.sin(phase) ** 2, rtol=1e-5)
    np.testing.assert_allclose(np.abs(found[0, :, 0]), np.abs(0.2 * np.sin(2.0 * phase) * phase), rtol=1e-4)


def test_generic_points_are_inside_whatever_the_best_fit(counting) -> None:
    _, axes = problem(counting("a@1-r1", [2.0], [1.0], 1.0), "2nu-ee")
    found = generic_points(axes, [{"dm2_41": 100.0, "sin2_2theta_ee": 0.0}])
    for one in axes:
        assert (found[one.name] > one.low).all()
        assert (found[one.name] < one.high).all()
        assert np.unique(found[one.name]).size >= 8


@pytest.mark.parametrize(
    ("channel", "name", "expected", "idle"),
    [
        (("e", "e"), "2nu-ee", 2, ()),
        (("mu", "e"), "2nu-mue", 2, ()),
        (("mu", "e"), "2nu-ee", 0, ("dm2_41", "sin2_2theta_ee")),
        (("mu", "e"), "3+1-sbl", 2, ()),
        (("e", "e"), "3+1-sbl", 2, ("Umu4_sq",)),
        (("mu", "mu"), "3+1-sbl", 2, ("Ue4_sq",)),
        (("mu", "active"), "3+1-sbl", 2, ()),
        (("mu", "e"), "3+1", 2, ()),
    ],
)
def test_ranks_by_channel(counting, channel, name: str, expected: int, idle: tuple[str, ...]) -> None:
    L = np.linspace(1.0, 9.0, 7)
    objective, axes = problem(counting("a@1-r1", L, np.ones(7), 1.0, channel=channel), name)
    assert rank(objective, axes).constrained == expected
    assert insensitive(objective, axes) == idle


@pytest.mark.parametrize("joint", [0.11, 1.0, 6.0, 9.7])
def test_a_rank_does_not_hang_on_where_the_joint_point_lies(joint: float) -> None:
    """CCFR sees slow waves as one number: below 3.5 eV² its second singular value is below a thousandth."""
    grid = {
        "dm2_41": (0.103, 9.7, 12, "log"),
        "Ue4_sq": (1e-5, 0.3, 12, "log"),
        "Umu4_sq": (1e-5, 0.3, 12, "log"),
    }
    asked = Question("ccfr", "3+1", grid=grid)
    near = {"dm2_41": joint, "Ue4_sq": 0.01, "Umu4_sq": 0.01}
    assert rank(asked.objective, asked.axes, near=[near]).constrained == 2


@pytest.mark.parametrize(
    ("widest", "ended", "unfelt", "expected"),
    [
        (1e-11, {"sigma_x": 1e-11}, ("sigma_x",), 2),  # plane waves: the damping is not used
        (1e-13, {"sigma_x": 1e-13}, (), 3),  # the range cuts off what the data ask for
        (1e-11, {"Ue4_sq": 0.0}, (), 3),  # an amplitude is what is tested
    ],
)
def test_a_parameter_that_ends_at_an_edge_where_data_do_not_feel_it_is_no_degree_of_freedom(
    widest: float, ended: dict[str, float], unfelt: tuple[str, ...], expected: int
) -> None:
    packets = Question(
        "gallium", "3+1/wave-packet", fixed={"Umu4_sq": 0.0}, grid={"sigma_x": (1e-14, widest, 5, "log")}
    )
    at = {"dm2_41": 1.284, "Ue4_sq": 0.094, "sigma_x": 2e-13, **ended}
    names = unfelt_at_edges(packets.objective, packets.axes, packets.parameters, at, list(ended))
    assert names == unfelt
    assert constrained(packets.objective, packets.axes, at, names) == expected


def test_a_significance_says_what_it_does_not_count() -> None:
    said = Significance(41.2, 2, uncounted=("sigma_x",)).how
    assert said == "Wilks, dof 2 without sigma_x, unfelt at an edge, two-sided"
