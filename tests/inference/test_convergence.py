"""Fits of any number of parameters: what is found, what it costs, and whether searches agree on it."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import nuanomaly
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.cli import main
from nuanomaly.inference.compatibility import compare
from nuanomaly.inference.fit import fit
from nuanomaly.inference.grid import Axis
from nuanomaly.inference.minimise import _MINIMA, minimise
from nuanomaly.inference.multistart import Box, _beside, _exchanged, descents, filling, search
from nuanomaly.inference.question import Question
from nuanomaly.inference.runs import compute
from nuanomaly.inference.scan import scan
from nuanomaly.inference.workers import Placement
from nuanomaly.inference.workload import Effort, Workload
from nuanomaly.likelihood.wrappers.marginal import without_bins
from nuanomaly.model.constants import PHASE
from nuanomaly.model.probabilities import Parameter


def damped(initial, final, antineutrino, L, E, *, dm2, sin2_2theta, coherence_length):
    """Disappearance of νe whose interference fades with distance."""
    if initial == final == "e":
        wave = np.cos(2.0 * PHASE * dm2 * L / E) * np.exp(-((L / coherence_length) ** 2))
        return 1.0 - 0.5 * sin2_2theta * (1.0 - wave)
    return float(initial == final)


#: Eight, eight and six points, on which the grid's own fit ends at 3.200 with the data of gallium.
COARSE = {
    "dm2": (0.01, 100.0, 8, "log"),
    "sin2_2theta": (0.01, 1.0, 8, "log"),
    "coherence_length": (0.1, 100.0, 6, "log"),
}


@dataclass
class Function:
    """A function of named coordinates from 0 to 1 where an objective is expected; it counts its values."""

    formula: Any
    count: int = 0
    likelihood: Any = field(default_factory=lambda: SimpleNamespace(n_bins=1))
    model: Any = field(default_factory=lambda: SimpleNamespace(sampled=False))

    def __call__(self, free):
        x = np.array(list(free.values())).T
        self.count += len(x)
        return self.formula(x)

    def key(self, axes):
        return None

    def on(self, axes, progress=None):
        mesh = np.meshgrid(*(a.values for a in axes), indexing="ij")
        return self({a.name: m.ravel() for a, m in zip(axes, mesh, strict=True)}).reshape(mesh[0].shape)


def unit_axes(dimension: int, points: int = 5) -> tuple[Axis, ...]:
    return tuple(Axis(f"x{k}", "1", "", np.linspace(0.0, 1.0, points), False) for k in range(dimension))


def minimum_of(function: Function, dimension: int, seed: int = 0):
    axes = unit_axes(dimension)
    known = {a.name: Parameter(a.name, "1", "a coordinate", 0.0, 1.0) for a in axes}
    return minimise(function, axes, known, effort=Effort(seed))


def test_a_coarse_grid_that_ends_in_the_wrong_valley_is_put_right_by_searches() -> None:
    best = fit("gallium", damped, grid=COARSE)
    assert best.value == pytest.approx(2.7836, abs=1e-3)
    assert best.parameters["dm2"] == pytest.approx(1.284, rel=1e-3)
    assert best.converged
    assert best.agreeing >= 3
    assert 2 * best.agreeing >= best.searches


def test_twenty_seeds_find_the_same_minimum_or_say_that_they_do_not(counting) -> None:
    L = np.linspace(0.3, 12.0, 16)
    data = damped("e", "e", False, L, 3.0, dm2=1.7, sin2_2theta=0.3, coherence_length=9.0)
    likelihood = counting("a@1-r1", L, data + 0.01 * np.cos(7.0 * L), 0.02**2)
    bests = [fit(likelihood, damped, grid=COARSE, seed=seed) for seed in range(20)]
    lowest = min(best.value for best in bests)
    assert [b for b in bests if b.converged and b.value > lowest + 0.05] == []
    assert sum(b.converged for b in bests) >= 18


def test_a_needle_that_few_searches_find_is_no_converged_minimum() -> None:
    def needle(x):
        wide = 100.0 * np.sum((x - 0.5) ** 2, axis=1)
        return wide - 20.0 * np.exp(-np.sum((x - 0.62) ** 2, axis=1) / 0.02**2)

    found = [minimum_of(Function(needle), 4, seed) for seed in range(4)]
    needles = [m for m in found if m.value < -10.0]
    assert needles
    assert not any(m.converged for m in needles if 2 * m.agreeing < m.searches)
    assert any(not m.converged and m.searches == 10 for m in found)


def banana(x):
    """Rosenbrock's valley in any dimension, from −1 to 2: curved, and lowest at 1 where it is zero."""
    y = 3.0 * x - 1.0
    return np.sum(100.0 * (y[:, 1:] - y[:, :-1] ** 2) ** 2 + (1.0 - y[:, :-1]) ** 2, axis=1)


@pytest.mark.parametrize("dimension", [4, 5, 7])
def test_a_curved_valley_is_followed_to_its_end_in_any_dimension(dimension: int) -> None:
    # in four and more dimensions the valley has a second end near (−1, 1, 1, …) where the value is about 4
    found = minimum_of(Function(banana), dimension)
    assert found.value == pytest.approx(0.0, abs=1e-3)
    assert found.converged


def test_the_cost_of_a_search_grows_slowly_with_the_number_of_parameters() -> None:
    costs = []
    for dimension in (3, 7):
        function = Function(banana)
        search(Box(function, unit_axes(dimension)), seed=1)
        costs.append(function.count)
    # in proportion to the parameters (7/3), and lines that are looked along; 3^k would be 81 times as much
    assert costs[1] < 3 * costs[0]
    assert costs[1] < 10_000  # neighbours in seven dimensions alone are 2186 a step and descent


def test_a_search_is_the_same_again_and_another_with_another_seed() -> None:
    box = Box(Function(banana), unit_axes(4))
    first, again, other = (search(box, seed) for seed in (1, 1, 2))
    assert first[0] == again[0]
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])


def test_impossible_points_are_walked_around() -> None:
    def half(x):
        return np.where(x.sum(axis=1) > 1.0, np.inf, np.sum((x - 0.6) ** 2, axis=1))

    found = minimum_of(Function(half), 4)
    assert found.value == pytest.approx(4 * (0.6 - 0.25) ** 2, abs=2e-3)


def test_starting_points_fill_every_part_of_the_box() -> None:
    points = filling(unit_axes(3), 2048, seed=5)
    counts, _ = np.histogramdd(points, bins=(8, 8, 8), range=[(0.0, 1.0)] * 3)
    assert counts.min() >= 1
    assert counts.max() <= 10


def test_workers_give_the_same_fit_and_the_same_comparison(near_and_far) -> None:
    grid = {"dm2_41": (0.05, 5.0, 401, "log"), "sin2_2theta_ee": (1e-3, 1.0, 201, "log")}
    one, two = (fit(near_and_far, "2nu-ee", grid=grid, workers=n) for n in (1, 2))
    assert one.to_dict() == two.to_dict()
    together, apart = (compare(["gallex", "best"], "2nu-ee", workers=n) for n in (1, 2))
    assert together.to_dict() == apart.to_dict()
    assert together.converged


def test_a_grid_of_many_points_is_cut_into_the_same_values(near_and_far) -> None:
    grid = {"dm2_41": (0.05, 5.0, 301, "log"), "sin2_2theta_ee": (1e-3, 1.0, 201, "log")}
    one, two = (scan(near_and_far, "2nu-ee", grid=grid, workers=n) for n in (1, 2))
    np.testing.assert_array_equal(one.values, two.values)


def test_work_that_would_take_too_long_is_refused_before_it_starts_with_what_to_do() -> None:
    grid = {"dm2_41": 2001, "Ue4_sq": 2001, "Umu4_sq": 2001}
    with pytest.raises(
        NuanomalyError, match=r"8\s012\s006\s001 points, about .*limit is 60 min.*fewer points"
    ):
        nuanomaly.scan("karmen", "3+1", grid=grid)
    command = ["scan", "karmen", "--model", "2nu-mue", "--limit", "0.001"]
    axes = ["--grid", "dm2_41=0.01:100:601", "--grid", "sin2_2theta_mue=0.001:1:601"]
    done = CliRunner().invoke(main, [*command, *axes])
    assert done.exit_code == 2
    assert "361\u202f201 points" in done.output
    with pytest.raises(NuanomalyError, match="or raise the limit"):
        fit("karmen", "3+1", grid={**grid, "sin2_theta13": (0.0, 0.1, 5, "lin")}, limit=1e-6)


def test_an_estimate_is_of_the_right_size(near_and_far) -> None:
    import time

    what = nuanomaly.Analysis(near_and_far, "2nu-ee", grid={"dm2_41": 401, "sin2_2theta_ee": 401})
    work = Workload(what.objective, what.axes)
    estimate = work.estimate(401 * 401)
    assert estimate.points == 160_801
    begun = time.perf_counter()
    work.grid()
    assert estimate.seconds == pytest.approx(time.perf_counter() - begun, rel=20.0, abs=1.0)


def test_the_command_says_how_many_searches_agree() -> None:
    done = CliRunner().invoke(main, ["fit", "karmen", "--model", "2nu-mue"])
    assert done.exit_code == 0
    assert "found by 3 of 3 searches begun in different places" in done.output


def test_two_sterile_neutrinos_with_seven_parameters_are_fitted_in_seconds() -> None:
    # of 60 searches without lines seven end at 5.429 and none lower; a grid of 6.7e7 points never ended
    best = fit("karmen", "3+2")
    assert len(best.parameters) == 7
    assert best.value == pytest.approx(5.429, abs=0.01)
    assert best.converged


def test_data_made_at_a_point_with_a_phase_are_fitted_back() -> None:
    point = {"dm2_41": 0.9, "Ue4_sq": 0.02, "Umu4_sq": 0.03, "dm2_51": 2.6, "Ue5_sq": 0.02, "Umu5_sq": 0.03}
    point["delta_25"] = 0.5 * np.pi
    karmen = nuanomaly.likelihood("karmen")
    made = karmen.given(np.asarray(karmen.predict("3+2", **point)))
    assert made.chi2("3+2", **point) == pytest.approx(0.0, abs=1e-9)
    best = fit(made, "3+2")
    assert best.value < 0.01
    assert best.converged


def test_every_search_finds_the_deeper_of_two_valleys_of_neos_without_some_bins() -> None:
    # one search of a coarse grid ended at 0.121 eV², 53.203: 2.35 standard deviations where there are 2.65
    grid = {"dm2_41": (0.103, 9.74, 36, "log"), "sin2_2theta_ee": (0.01, 1.0, 11, "log")}
    best = fit(without_bins(nuanomaly.likelihood("neos"), range(30, 36)), "2nu-ee", grid=grid)
    assert best.value == pytest.approx(51.52, abs=0.005)
    assert best.parameters["dm2_41"] == pytest.approx(1.659, abs=0.002)
    assert best.converged


def test_angles_come_round_and_levels_are_exchanged() -> None:
    what = nuanomaly.Analysis("karmen", "3+2")
    names = [a.name for a in what.axes]
    phase = what.axes[names.index("delta_25")]
    assert phase.cyclic
    assert phase.external([-0.5, 2.0 * np.pi + 0.25]) == pytest.approx([2.0 * np.pi - 0.5, 0.25])
    assert not any(a.cyclic for a in what.axes if a.name != "delta_25")
    box = Box(what.objective, tuple(what.axes))
    at = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    (other,) = _exchanged(box.axes, at)
    assert dict(zip(names, other.tolist(), strict=True)) == pytest.approx(
        {
            "dm2_41": 0.4,
            "Ue4_sq": 0.5,
            "Umu4_sq": 0.6,
            "dm2_51": 0.1,
            "Ue5_sq": 0.2,
            "Umu5_sq": 0.3,
            "delta_25": 0.3,
        }
    )
    assert box(other) == pytest.approx(box(at), abs=0.005)  # but for three-flavour oscillation the same point


def test_a_minimum_behind_the_end_of_an_angle_is_reached_from_both_sides() -> None:
    axes = (
        Axis("delta", "rad", "", np.linspace(0.0, 2.0 * np.pi, 9), False),
        Axis("x", "1", "", np.linspace(0.0, 1.0, 9), False),
    )
    box: Any = Box(lambda free: 9.0 * (1.0 - np.cos(free["delta"] - 6.1)) + (free["x"] - 0.3) ** 2, axes)
    at = np.array([[0.05, 0.6], [0.9, 0.6]])  # 0.3 and 5.7: the minimum lies behind the end of the first
    values, ends = descents(box, at, box(at))
    assert values == pytest.approx([0.0, 0.0], abs=1e-4)
    assert axes[0].external(box.internal(ends)[:, 0]) == pytest.approx([6.1, 6.1], abs=0.01)


def test_searches_that_agree_are_made_all_the_same_and_are_read_back(tmp_path, monkeypatch) -> None:
    mixing = [1e-3, 0.3, 4, "log"]
    grid = {"dm2_41": [0.1, 10.0, 9, "log"], "Ue4_sq": mixing, "Umu4_sq": mixing}
    declared = {"kind": "fit", "datasets": ["karmen@2002-r1"], "model": "3+1", "grid": grid}
    declared |= {"starts": 64, "fewest": 5, "searches": 6, "seed": 3}
    first = compute(declared, Placement(store=tmp_path))
    assert len(first.ends) == first.searches >= 5
    assert first.cpu_seconds > 0.0
    _MINIMA.clear()
    monkeypatch.setattr("nuanomaly.inference.workload.search", None)  # nothing is searched again
    again = compute(declared, Placement(store=tmp_path))
    assert (again.ends, again.cpu_seconds) == (first.ends, first.cpu_seconds)


def test_places_where_a_model_does_not_exist_are_no_starts_beside_the_lowest_point() -> None:
    # |U_e4|² and |U_e5|² exchanged, or another ripple of a splitting, may leave Σ|U|² ≤ 1
    axes = (
        Axis("dm2_41", "eV**2", "", np.linspace(0.0, 1.0, 9), False),
        Axis("x", "1", "", np.linspace(0.0, 1.0, 9), False),
    )
    box: Any = Box(
        lambda free: np.where(free["dm2_41"] > 0.5, np.inf, (free["dm2_41"] - 0.498) ** 2 + free["x"] ** 2),
        axes,
    )
    at = np.array([[0.4995, 0.3]])
    values, _ = _beside(box, box(at), at)  # warnings are errors: infinity less infinity is one
    assert values.min() == pytest.approx(0.0, abs=1e-4)
    assert np.isfinite(values).all()


def test_starts_share_the_axes_in_which_a_function_is_no_polynomial() -> None:
    what = Question("best", damped, grid=COARSE)
    box = Box(what.objective, what.axes)
    assert dict(zip(COARSE, box.shared.tolist(), strict=True)) == {
        "dm2": True,
        "sin2_2theta": False,
        "coherence_length": True,
    }
    points = filling(box.axes, 512, 1, 8, box.shared)
    assert [len(set(column)) for column in points.T] == [64, 512, 64]


def test_starts_share_mass_splittings_where_there_are_any() -> None:
    what = Question("best", "2nu-ee")
    assert Box(what.objective, what.axes).shared.tolist() == [True, False]
