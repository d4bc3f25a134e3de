"""Feldman–Cousins in problems whose answer is known, and what must not depend on how the work is done."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.contours import level
from nuanomaly.inference.engine import make_engine
from nuanomaly.inference.feldman_cousins import feldman_cousins, save
from nuanomaly.inference.question import Question
from nuanomaly.inference.run_files import read
from nuanomaly.inference.toy_planes import plane_of
from nuanomaly.inference.toys import critical_value, generator, toy_test
from nuanomaly.inference.workers import Placement
from nuanomaly.likelihood.pipeline import ResponseLikelihood

FIXED = {"dm2_41": 1.0}
SMALL = {"dm2_41": (0.1, 50.0, 9, "log"), "sin2_2theta_ee": (0.01, 1.0, 7, "log")}


def within(found: float, expected: float, toys: int, sigmas: float = 4.0) -> bool:
    """Say whether a share of toys is what is expected, within so many binomial errors."""
    return abs(found - expected) <= sigmas * np.sqrt(expected * (1.0 - expected) / toys)


def test_a_gaussian_measurement_with_a_boundary_has_the_known_critical_values(make: SimpleNamespace) -> None:
    """At the boundary Δ is a χ² of one degree of freedom half of the time, and zero otherwise."""
    data = make.averaged(0.98, 0.04)
    found = feldman_cousins(
        data, "2nu-ee", grid={"sin2_2theta_ee": np.array([0.04, 0.4])}, fixed=FIXED, toys=8000, seed=1,
        levels=(0.6827, 0.9, 0.95), points={"sin2_2theta_ee": [0.0, 0.04, 0.4]},
    )  # fmt: skip
    for k, cl in enumerate(found.levels):
        for row, expected in ((0, ndtri(cl) ** 2), (2, level(cl, 1).delta)):
            value, low, high = (getattr(found, name)[row, k] for name in ("critical", "low", "high"))
            assert abs(value - expected) < 4.0 * max(high - value, value - low)
        # in between: Δ of x around μ = 1σ is (x − μ)² for x > 0, and μ² − 2 x μ below
        c = found.critical[1, k]
        edge = 1.0 - np.sqrt(c) if c < 1.0 else 0.5 * (1.0 - c)
        assert within(float(ndtr(np.sqrt(c)) - ndtr(edge - 1.0)), cl, 8000)


def test_wilks_covers_too_much_at_the_boundary(make: SimpleNamespace) -> None:
    found = feldman_cousins(
        make.averaged(1.0, 0.02), "2nu-ee", grid={"sin2_2theta_ee": 5}, fixed=FIXED, toys=8000, seed=2,
        levels=(0.9,), points={"sin2_2theta_ee": [0.0]},
    )  # fmt: skip
    assert within(found.wilks_coverage[0, 0], 0.95, 8000)


def test_coverage_of_two_bins_that_oscillate_is_nominal(make: SimpleNamespace) -> None:
    data = make.disappearance(np.array([0.97, 0.93]), 0.03**2 * np.eye(2), np.array([0.5, 1.5]))
    grid = {"dm2_41": (0.1, 10.0, 12, "log"), "sin2_2theta_ee": (0.01, 1.0, 10, "log")}
    found = feldman_cousins(data, "2nu-ee", grid=grid, toys=4000, seed=3, every=4)
    what = Question(data, "2nu-ee", grid=grid)
    other = make_engine(plane_of(what), seed=77)
    for k, index in enumerate(other.plane.reported[found.index].tolist()):
        deltas = other.many(index, 8)
        for column, cl in enumerate(found.levels):
            covered = float((deltas <= found.critical[k, column]).mean())
            # both sides have their Monte Carlo error
            assert abs(covered - cl) < 4.5 * np.sqrt(2.0 * cl * (1.0 - cl) / 4000), (index, cl)


def test_the_whole_plane_gives_other_critical_values_than_wilks(
    bins: ResponseLikelihood, make: SimpleNamespace
) -> None:
    found = feldman_cousins(bins, "2nu-ee", grid=make.grid, toys=2000, seed=5, every=8)
    null = feldman_cousins(
        bins, "2nu-ee", grid=make.grid, toys=4000, seed=5, points={"dm2_41": [1.0], "sin2_2theta_ee": [0.0]}
    )
    assert 0.6 < (found.delta[: found.critical_map(0.9).size] >= 0.0).mean() <= 1.0
    # twelve bins and a splitting that is free to fit noise: far from 4.61 without oscillation
    assert null.critical[0, 1] > 5.0
    assert null.wilks_coverage[0, 1] < 0.9 - 4.0 * np.sqrt(0.09 / 4000)


def test_regions_grow_with_the_confidence_and_the_band_encloses_the_contour(
    bins: ResponseLikelihood, make: SimpleNamespace
) -> None:
    found = feldman_cousins(bins, "2nu-ee", grid=make.grid, toys=1000, seed=5, every=6)
    sizes = [int(found.region(cl).sum()) for cl in found.levels]
    assert sizes == sorted(sizes)
    assert 0 < sizes[0] < sizes[-1]
    for cl in found.levels:
        assert (found.region(cl, "low") <= found.region(cl)).all()
        assert (found.region(cl) <= found.region(cl, "high")).all()
    computed = found.critical_map(0.9).ravel()[found.index]
    np.testing.assert_allclose(computed, found.critical[:, 1], rtol=1e-12)


def test_more_toys_go_where_the_verdict_is_uncertain(bins: ResponseLikelihood, make: SimpleNamespace) -> None:
    found = feldman_cousins(bins, "2nu-ee", grid=make.grid, toys=500, most=3000, seed=5, levels=(0.9, 0.95))
    assert set(found.toys.tolist()) >= {500, 3000}
    far = np.abs(found.p_value - 0.1) > 0.2
    assert (found.toys[far & (found.p_value > 0.3)] == 500).all()


def test_the_same_seed_gives_the_same_bits_with_any_number_of_workers() -> None:
    alone = feldman_cousins("best:prc", "2nu-ee", grid=SMALL, toys=500, seed=8)
    shared = feldman_cousins(
        "best:prc", "2nu-ee", grid=SMALL, toys=500, seed=8, placement=Placement(workers=2)
    )
    other = feldman_cousins("best:prc", "2nu-ee", grid=SMALL, toys=500, seed=9)
    assert alone.to_frame().equals(shared.to_frame())
    assert not np.array_equal(alone.critical, other.critical)
    one = feldman_cousins("best:prc", "2nu-ee", grid=SMALL, toys=500, seed=8, every=4)
    assert np.array_equal(one.critical, alone.critical[one.index])  # whatever else is computed


def test_a_run_goes_on_from_what_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    placement = Placement(store=tmp_path)
    first = feldman_cousins("best:prc", "2nu-ee", grid=SMALL, toys=500, seed=8, placement=placement)
    pieces = sorted(tmp_path.glob("*.npz"))
    assert len(pieces) == 2
    pieces[0].write_bytes(pieces[0].read_bytes()[:100])  # cut off: computed again
    done: list[tuple[int, int]] = []
    again = feldman_cousins(
        "best:prc",
        "2nu-ee",
        grid=SMALL,
        toys=500,
        seed=8,
        placement=placement,
        progress=lambda *n: done.append(n),
    )
    assert done == [(2, 2)]
    assert again.to_frame().equals(first.to_frame())
    other: list[tuple[int, int]] = []
    feldman_cousins(
        "best:prc",
        "2nu-ee",
        grid=SMALL,
        toys=500,
        seed=9,
        placement=placement,
        progress=lambda *n: other.append(n),
    )
    assert len(other) == 2  # another seed is other work


def test_a_stored_result_is_read_back_and_a_changed_one_is_refused(tmp_path: Path) -> None:
    found = feldman_cousins("best:prc", "2nu-ee", grid=SMALL, toys=500, seed=8, every=4)
    folder = save(found, tmp_path / "a")
    tables, about = read(folder)
    assert tables["critical"].equals(found.to_frame())
    assert about["seed"] == 8
    assert about["versions"]["numpy"] == np.__version__
    same = save(found, tmp_path / "b")
    assert all(a.read_bytes() == (same / a.name).read_bytes() for a in folder.iterdir())
    file = folder / "critical.parquet"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(NuanomalyError, match="compute the result again"):
        read(folder)


# --- what is read off toys ----------------------------------------------------------------------------------


def test_the_band_of_a_critical_value_holds_the_true_one_two_times_of_three() -> None:
    inside = 0
    for k in range(400):
        _, low, high = critical_value(generator(1, 5, k).chisquare(2, 1000), 0.9)
        inside += low <= level(0.9).delta <= high
    assert within(inside / 400, 0.6827, 400)


def test_streams_do_not_overlap() -> None:
    numbers = np.concatenate([generator(0, s, b).random(2000) for s in range(3) for b in range(3)])
    assert np.unique(numbers).size == numbers.size


def test_a_test_without_a_single_toy_above_is_a_limit() -> None:
    test = toy_test(30.0, generator(0).chisquare(2, 2000))
    assert (test.above, test.p_value) == (0, 0.0)
    assert test.to_dict()["lower_limit"]
    assert str(test) == "Δ = 30.00: none of 2000 toys, more than 3.3σ (two-sided)"
    assert test.sigma_interval()[1] == float("inf")


def test_impossible_requests_are_refused(make: SimpleNamespace) -> None:
    data = make.averaged(1.0, 0.1)
    with pytest.raises(NuanomalyError, match="at least one toy"):
        feldman_cousins(data, "2nu-ee", grid={"sin2_2theta_ee": 3}, fixed=FIXED, toys=0)
    with pytest.raises(NuanomalyError, match="points must give"):
        feldman_cousins(data, "2nu-ee", grid={"sin2_2theta_ee": 3}, fixed=FIXED, points={"dm2_41": [1.0]})


def test_independent_points_have_random_numbers_of_their_own(make: SimpleNamespace) -> None:
    """The same point twice: the same toys, or others of the same distribution."""
    data = make.averaged(0.9, 0.04)
    grid, points = {"sin2_2theta_ee": (0.01, 1.0, 9, "log")}, {"sin2_2theta_ee": [0.2, 0.2]}
    same, own = (
        feldman_cousins(
            data,
            "2nu-ee",
            grid=grid,
            fixed=FIXED,
            toys=4000,
            seed=4,
            points=points,
            levels=(0.9,),
            independent=own,
        ).critical[:, 0]
        for own in (False, True)
    )
    assert same[0] == same[1]
    assert own[0] != own[1]
    assert own == pytest.approx(np.full(2, same[0]), rel=0.15)
