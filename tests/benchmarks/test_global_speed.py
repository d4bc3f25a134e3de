"""The global 3+1 fit: every data set on a grid of 60 × 40 × 40, beside a plain sum of likelihoods.

MINOS+ is left out: the comparison takes it from the map of its release. Run with ``make speed``; without it
the grid is small, as a test that tables and likelihoods give the same sum.
"""

import time
from typing import Any

import numpy as np
import pytest

from nuanomaly.inference import dependence, separable
from nuanomaly.inference.engine.lowrank import Linear, compress
from nuanomaly.inference.global_fit import rows
from nuanomaly.inference.global_fit.part import Part
from nuanomaly.inference.global_fit.sides import Axes, allowance
from nuanomaly.likelihood.build import likelihood
from nuanomaly.model.registry import model

NAMES = ("dm2_41", "Ue4_sq", "Umu4_sq")
#: MiniBooNE with oscillating backgrounds is the one data set that needs the whole cube.
DATA = (
    "lsnd",
    "karmen",
    "miniboone-events:full",
    "gallium",
    "reactor-rates@2020:huber-mueller-short-baseline",
    "danss",
    "neos",
    "prospect",
    "stereo",
    "nue-carbon",
    "cdhs",
    "ccfr",
)


@pytest.fixture(scope="module")
def members() -> list[dependence.Member]:
    return [dependence.member(name, likelihood(name), model("3+1")) for name in DATA]


def test_the_global_grid_is_the_sum_of_likelihoods(members: list[dependence.Member], benchmark: Any) -> None:
    shape = (60, 40, 40) if benchmark.enabled else (4, 6, 6)
    grid = separable.grid((0.11, 9.5, shape[0]), (1e-4, 0.3, shape[1]), NAMES)
    total = benchmark.pedantic(
        lambda: separable.total([separable.tabulate(m, grid) for m in members]), rounds=1, iterations=1
    )
    assert total.shape == shape
    places = np.random.default_rng(5).integers(0, shape, (10, 3)).tolist()
    start = time.perf_counter()
    for d, e, m in places:
        point = {"dm2_41": grid.dm2[d], "Ue4_sq": grid.electron[e], "Umu4_sq": grid.muon[m]}
        # the mixings of a product are the root of their product: the same to rounding
        assert sum(dependence.statistics(members, point).values()) == pytest.approx(total[d, e, m], rel=1e-9)
    loop = (time.perf_counter() - start) / len(places)
    if benchmark.stats is not None:
        seconds = float(benchmark.stats.stats.median)
        benchmark.extra_info |= {
            "seconds": seconds,
            "points_per_second": grid.size / seconds,
            "evaluations_per_second": grid.size * len(members) / seconds,
            "gain_over_plain_loop": loop * grid.size / seconds,
        }


def test_toys_of_minos_are_the_likelihood_at_every_point(benchmark: Any) -> None:
    """Toys of MINOS in few directions, 24 × 150 points, beside the likelihood of each toy."""
    shape = (150, 24) if benchmark.enabled else (5, 3)
    fixed = {"sin2_theta23": 0.64, "dm2_31": 2.5e-3, "Utau4_sq": 0.0, "Ue4_sq": 0.0, "delta_24": 0.0}
    part = Part("minos", likelihood("minos-sterile"), model("3+1"), "mu", NAMES, fixed=fixed)
    axes = Axes(np.geomspace(0.01, 100.0, shape[0]), np.linspace(0.003, 0.7, shape[1]) ** 2)
    points = part.points(*axes.points())
    form = rows.linear(part.likelihood, part.model, points)
    assert form is not None
    made = part.draw({"dm2_41": 5.0, "Ue4_sq": 0.0, "Umu4_sq": 0.01})
    toys = made.data(np.random.default_rng(3).standard_normal((200, made.size)))
    # counted from the first hypothesis, and less exact far above the minimum, as in the global fit
    counted = Linear(form.features, form.rows - form.rows[0])
    few = compress(counted, toys[:40], 1e-2, allowance(counted(toys[:40])))
    values = benchmark.pedantic(lambda: few(toys), rounds=3, iterations=1)
    start = time.perf_counter()
    plain = np.array([part.likelihood.given(toy).value(part.model, points) for toy in toys[:2]])
    loop = (time.perf_counter() - start) / 2
    plain -= plain[:, :1]
    near = plain < plain.min(axis=1, keepdims=True) + 25.0
    assert np.abs((values[:2] - plain)[near]).max() < 1e-3
    if benchmark.stats is not None:
        seconds = float(benchmark.stats.stats.median) / len(toys)
        benchmark.extra_info |= {"seconds_per_toy": seconds, "gain_over_plain_loop": loop / seconds}
