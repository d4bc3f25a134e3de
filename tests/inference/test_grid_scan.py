"""Grids and scans."""

import json

import numpy as np
import pandas as pd
import pytest

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.contours import cl_of_sigma, interval, level, levels, region
from nuanomaly.inference.fit import fit, profile
from nuanomaly.inference.grid import axis, slowest_first
from nuanomaly.inference.scan import scan
from nuanomaly.model.constants import PHASE
from nuanomaly.model.registry import model

#: Point-like baselines resolve every oscillation: the grid must, too.
SPLITTINGS = (0.05, 5.0, 401, "log")
GRID = {"dm2_41": (0.1, 10.0, 23, "log"), "sin2_2theta_ee": (0.01, 1.0, 17, "log")}


def test_a_scan_is_what_single_points_give(near_and_far) -> None:
    found = scan(near_and_far, "2nu-ee", grid=GRID)
    for i, dm2 in enumerate(found.axis("dm2_41").values):
        for j, amplitude in enumerate(found.axis("sin2_2theta_ee").values):
            one = near_and_far.chi2("2nu-ee", dm2_41=dm2, sin2_2theta_ee=amplitude)
            assert found.values[i, j] == pytest.approx(one, rel=1e-12)


def test_the_order_of_the_axes_is_the_callers(near_and_far) -> None:
    one = scan(near_and_far, "2nu-ee", grid=GRID)
    other = scan(near_and_far, "2nu-ee", grid=dict(reversed(GRID.items())))
    assert [a.name for a in other.axes] == ["sin2_2theta_ee", "dm2_41"]
    np.testing.assert_array_equal(other.values, one.values.T)


def test_splittings_are_walked_slowest() -> None:
    found = [axis(p, 3) for p in reversed(model("3+1-sbl").parameters)]
    assert slowest_first(found)[0] == len(found) - 1


def test_a_scan_without_grid_takes_the_parameters_own_ranges(near_and_far) -> None:
    found = scan(near_and_far, "2nu-ee", grid={"sin2_2theta_ee": 5, "dm2_41": 4})
    assert found.axis("dm2_41").low == 0.01
    assert found.axis("dm2_41").high == 100.0
    assert found.values.shape == (5, 4)


def test_progress_is_reported_to_the_end(near_and_far) -> None:
    seen: list[tuple[int, int]] = []
    scan(near_and_far, "2nu-ee", grid=GRID, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (23 * 17, 23 * 17)


def test_several_data_sets_add_up(counting) -> None:
    a, b = counting("a@1-r1", [2.0, 5.0], [0.9, 0.8], 0.01), counting("b@1-r1", [9.0], [0.7], 0.02)
    both = scan([a, b], "2nu-ee", grid=GRID)
    apart = scan(a, "2nu-ee", grid=GRID).values + scan(b, "2nu-ee", grid=GRID).values
    np.testing.assert_allclose(both.values, apart, rtol=1e-12)
    assert both.datasets == ("a@1-r1", "b@1-r1")
    assert both.n_bins == 3


def test_best_and_delta_belong_together(near_and_far) -> None:
    found = scan(near_and_far, "2nu-ee", grid=GRID)
    assert found.delta().min() == 0.0
    assert near_and_far.chi2("2nu-ee", **found.best) == pytest.approx(found.minimum, rel=1e-12)
    assert found.delta(0.0) == pytest.approx(found.values)


@pytest.mark.parametrize("suffix", ["npz", "parquet", "csv"])
def test_a_saved_scan_has_the_same_numbers(near_and_far, tmp_path, suffix: str) -> None:
    found = scan(near_and_far, "2nu-ee", grid=GRID)
    file = found.save(tmp_path / "new" / f"map.{suffix}")
    if suffix == "npz":
        with np.load(file) as saved:
            np.testing.assert_array_equal(saved["values"], found.values)
            np.testing.assert_array_equal(saved["axis_dm2_41"], found.axis("dm2_41").values)
            assert json.loads(str(saved["about"]))["model"] == "2nu-ee"
    else:
        frame = pd.read_parquet(file) if suffix == "parquet" else pd.read_csv(file)
        np.testing.assert_allclose(frame["value"].to_numpy().reshape(23, 17), found.values, rtol=1e-15)
        assert list(frame.columns) == ["dm2_41", "sin2_2theta_ee", "value", "delta"]


def test_another_suffix_is_refused(near_and_far, tmp_path) -> None:
    with pytest.raises(NuanomalyError, match=r"\.npz, \.parquet or \.csv"):
        scan(near_and_far, "2nu-ee", grid=GRID).save(tmp_path / "map.txt")


def test_profiling_reaches_the_minimum_at_each_point(near_and_far) -> None:
    grid = {"sin2_2theta_ee": (0.01, 1.0, 9, "log"), "dm2_41": SPLITTINGS}
    found = scan(near_and_far, "2nu-ee", grid=grid, profile=["dm2_41"])
    fine = np.geomspace(0.05, 5.0, 20001)
    for amplitude, value, dm2 in zip(
        found.axes[0].values, found.values, found.profiled["dm2_41"], strict=True
    ):
        line = near_and_far.chi2("2nu-ee", dm2_41=fine, sin2_2theta_ee=amplitude)
        assert value <= line.min() + 1e-6
        assert near_and_far.chi2("2nu-ee", dm2_41=dm2, sin2_2theta_ee=amplitude) == pytest.approx(value)


def test_a_profiled_amplitude_may_vanish(counting) -> None:
    above = counting("a@1-r1", [3.0, 6.0], [1.02, 1.03], 0.01**2)  # more than without oscillation
    found = scan(above, "2nu-ee", grid={"dm2_41": (0.1, 10.0, 5, "log")}, profile=["sin2_2theta_ee"])
    np.testing.assert_array_equal(found.profiled["sin2_2theta_ee"], 0.0)
    np.testing.assert_allclose(found.values, above.chi2("2nu-ee", dm2_41=1.0, sin2_2theta_ee=0.0))


def test_two_parameters_are_profiled_together(near_and_far) -> None:
    one = {"Ue4_sq": (1e-3, 0.1, 4, "log"), "dm2_41": SPLITTINGS}
    two = {**one, "Umu4_sq": (1e-4, 0.5, 5, "log")}
    found = scan(near_and_far, "3+1-sbl", grid=two, profile=["dm2_41", "Umu4_sq"])
    alone = scan(near_and_far, "3+1-sbl", grid=one, fixed={"Umu4_sq": 0.0}, profile=["dm2_41"])
    np.testing.assert_allclose(found.values, alone.values, atol=1e-6)


def test_impossible_mixings_are_infinite(near_and_far) -> None:
    grid = {"Ue4_sq": (0.0, 0.9, 10, "lin"), "Umu4_sq": (0.0, 0.9, 10, "lin")}
    found = scan(near_and_far, "3+1-sbl", grid=grid, fixed={"dm2_41": 1.0})
    e4, mu4 = np.meshgrid(*(a.values for a in found.axes), indexing="ij")
    np.testing.assert_array_equal(np.isfinite(found.values), e4 + mu4 <= 1.0 + 1e-9)


def test_a_profile_touches_the_best_fit(near_and_far) -> None:
    best = fit(near_and_far, "2nu-ee", grid={"dm2_41": SPLITTINGS})
    grid = {"sin2_2theta_ee": (0.1, 0.2, 201, "lin"), "dm2_41": SPLITTINGS}
    line = profile(near_and_far, "2nu-ee", parameter="sin2_2theta_ee", grid=grid)
    assert line.minimum == pytest.approx(best.value, abs=0.001)
    assert line.minimum >= best.value - 1e-6
    ((low, high),) = interval(line, level(0.6827, 1), best.value)
    assert low < best.parameters["sin2_2theta_ee"] < high


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"grid": {"dm2": (0.1, 1.0, 3, "log")}}, "did you mean 'dm2_41'"),
        ({"grid": {"dm2_41": (0.1, 1.0, 3, "log")}}, "sin2_2theta_ee: put on the grid, fix, or profile"),
        ({"grid": {"dm2_41": (1.0, 0.1, 3, "log")}, "profile": ["sin2_2theta_ee"]}, "low < high"),
        ({"grid": {"dm2_41": (0.1, 1.0, 3, "logarithm")}, "profile": ["sin2_2theta_ee"]}, "spacing"),
        ({"grid": {"dm2_41": [1.0, -1.0], "sin2_2theta_ee": 3}}, "must lie between"),
        ({"grid": {"dm2_41": 3}, "fixed": {"dm2_41": 1.0, "sin2_2theta_ee": 0.1}}, "not both"),
        ({"fixed": {"dm2_41": 1.0, "sin2_2theta_ee": 0.1}}, "at least one parameter"),
        ({"grid": {"dm2_41": 3}, "fixed": {"sin2_2theta_ee": 1.5}}, "between 0 and 1"),
    ],
)
def test_a_grid_that_makes_no_sense_is_refused(near_and_far, arguments, message: str) -> None:
    with pytest.raises(NuanomalyError, match=message):
        scan(near_and_far, "2nu-ee", **arguments)


def test_an_unknown_axis_is_named(near_and_far) -> None:
    with pytest.raises(UnknownNameError, match="sin2_2theta_ee"):
        scan(near_and_far, "2nu-ee", grid=GRID).axis("sin2_2theta")


# --- levels and regions -------------------------------------------------------------------------------------


def test_levels_are_those_of_the_chi2_distribution() -> None:
    assert [round(one.delta, 4) for one in levels([0.99, 0.9], 2)] == [4.6052, 9.2103]
    assert level(cl_of_sigma(1.0), 1).delta == pytest.approx(1.0, rel=1e-12)
    assert level(0.95, 1, "one-sided").delta == pytest.approx(1.6448536**2, rel=1e-7)
    assert level(0.9, 2).how == "90 % CL (Wilks, dof 2, two-sided)"


@pytest.mark.parametrize(
    ("arguments", "message"), [((0.0, 2), "between 0 and 1"), ((0.9, 2, "one-sided"), "one degree")]
)
def test_levels_that_make_no_sense_are_refused(arguments, message: str) -> None:
    with pytest.raises(NuanomalyError, match=message):
        level(*arguments)


def test_a_region_takes_a_level_or_critical_values_by_point(near_and_far) -> None:
    found = scan(near_and_far, "2nu-ee", grid=GRID)
    by_level = region(found, level(0.9, 2))
    np.testing.assert_array_equal(by_level, region(found, np.full(found.values.shape, level(0.9, 2).delta)))
    assert 0 < by_level.sum() < by_level.size
    assert region(found, level(0.9, 2), minimum=-1e6).sum() == 0


def test_intervals_of_a_parabola_are_exact(counting) -> None:
    # one datum at full oscillation: linear in sin²2θ, so Δχ² is a parabola of width 0.1
    L = np.pi / 2.0 / PHASE * 3.0
    single = counting("a@1-r1", [L], [0.5], 0.1**2)
    line = scan(single, "2nu-ee", grid={"sin2_2theta_ee": (0.0, 1.0, 1001, "lin")}, fixed={"dm2_41": 1.0})
    ((low, high),) = interval(line, level(cl_of_sigma(1.0), 1))
    assert (low, high) == pytest.approx((0.4, 0.6), abs=1e-4)


def test_a_cyclic_likelihood_has_several_intervals(counting) -> None:
    single = counting("a@1-r1", [30.0], [0.6], 0.1**2)
    line = scan(single, "2nu-ee", grid={"dm2_41": (0.01, 1.0, 2001, "log")}, fixed={"sin2_2theta_ee": 1.0})
    assert len(interval(line, 1.0)) > 4


def test_intervals_of_a_plane_are_refused(near_and_far) -> None:
    with pytest.raises(NuanomalyError, match="profile the others"):
        interval(scan(near_and_far, "2nu-ee", grid=GRID), 1.0)
