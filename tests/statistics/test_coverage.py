"""Coverage of the regions of Wilks' theorem where it must be nominal, and where it cannot be."""

from types import SimpleNamespace

import numpy as np

from nuanomaly.inference.coverage import coverage
from nuanomaly.inference.feldman_cousins import feldman_cousins

L_OVER_E = np.linspace(0.4, 1.6, 8)
COARSE = {"dm2_41": (0.1, 3.0, 12, "log"), "sin2_2theta_ee": (0.01, 1.0, 9, "log")}
TOYS = 4000


def off(found: float, expected: float) -> float:
    """By how many binomial errors a share of toys is off."""
    return abs(found - expected) / np.sqrt(expected * (1.0 - expected) / TOYS)


def test_far_from_every_edge_coverage_is_nominal_on_however_coarse_a_grid(make: SimpleNamespace) -> None:
    """Errors of 0.1 %: on the grid alone no other splitting ever fits, and a dimension is lost."""
    data = make.disappearance(np.full(8, 0.8), 1e-6 * np.eye(8), L_OVER_E)
    truth = {"dm2_41": 1.0, "sin2_2theta_ee": 0.4}
    found = coverage(data, "2nu-ee", grid=COARSE, at=[truth], toys=TOYS, seed=3)
    assert all(off(c, cl) < 4.0 for c, cl in zip(found.wilks_coverage[2], found.levels, strict=True))
    points = {name: [value] for name, value in truth.items()}
    alone = feldman_cousins(
        data, "2nu-ee", grid=COARSE, toys=TOYS, seed=3, levels=found.levels, points=points
    )
    assert (alone.wilks_coverage[0] > found.wilks_coverage[2] + 0.02).all()


def test_without_oscillation_a_free_splitting_fits_noise(make: SimpleNamespace) -> None:
    data = make.disappearance(np.full(40, 1.0), 4e-4 * np.eye(40), np.linspace(1.0, 20.0, 40))
    grid = {"dm2_41": (0.1, 10.0, 120, "log"), "sin2_2theta_ee": (0.003, 1.0, 9, "log")}
    found = coverage(data, "2nu-ee", grid=grid, toys=TOYS, seed=4)
    assert found.points["sin2_2theta_ee"][found.index[0]] == 0.0
    assert found.wilks_coverage[0, 1] < 0.9 - 0.05


def test_what_is_minimised_beside_the_true_points_gets_no_toys(make: SimpleNamespace) -> None:
    data = make.averaged(0.6, 0.04)
    found = coverage(data, "2nu-ee", grid={"sin2_2theta_ee": 7}, fixed={"dm2_41": 1.0}, toys=500, seed=1)
    assert found.index.size == 2
    assert found.points["sin2_2theta_ee"].size > 7 + 3
