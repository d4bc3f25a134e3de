"""The global 3+1 fit: every data set on a grid of 60 × 40 × 40, beside a plain sum of likelihoods.

MINOS+ is left out: the comparison takes it from the map of its release. Run with ``make speed``; without it
the grid is small, as a test that tables and likelihoods give the same sum.
"""

import time
from typing import Any

import numpy as np
import pytest

from nuanomaly.inference import separable
from nuanomaly.likelihood.build import likelihood

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
def members() -> list[separable.Member]:
    return [separable.member(name, likelihood(name)) for name in DATA]


def test_the_global_grid_is_the_sum_of_likelihoods(members: list[separable.Member], benchmark: Any) -> None:
    shape = (60, 40, 40) if benchmark.enabled else (4, 6, 6)
    grid = separable.grid((0.11, 9.5, shape[0]), (1e-4, 0.3, shape[1]))
    total = benchmark.pedantic(
        lambda: separable.total([separable.tabulate(m, grid) for m in members]), rounds=1, iterations=1
    )
    assert total.shape == shape
    places = np.random.default_rng(5).integers(0, shape, (10, 3)).tolist()
    start = time.perf_counter()
    for d, e, m in places:
        point = {"dm2_41": grid.dm2[d], "Ue4_sq": grid.electron[e], "Umu4_sq": grid.muon[m]}
        # the mixings of a product are the root of their product: the same to rounding
        assert sum(separable.statistics(members, point).values()) == pytest.approx(total[d, e, m], rel=1e-9)
    loop = (time.perf_counter() - start) / len(places)
    if benchmark.stats is not None:
        seconds = float(benchmark.stats.stats.median)
        benchmark.extra_info |= {
            "seconds": seconds,
            "points_per_second": grid.size / seconds,
            "evaluations_per_second": grid.size * len(members) / seconds,
            "gain_over_plain_loop": loop * grid.size / seconds,
        }
