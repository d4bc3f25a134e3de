"""Rate of toys of counts with nuisances: CsI[Na] 2017, non-standard couplings, against one by one.

Run with ``make speed``; without it once, small, as a test that both agree.
"""

from time import process_time
from typing import Any

import numpy as np
import pytest

from nuanomaly.likelihood.build import likelihood
from nuanomaly.model.registry import model


def test_toys_of_counts_with_nuisances(benchmark: Any) -> None:
    """CPU time per toy and hypothesis; the plain loop profiles each data set for itself."""
    benchmark.group = "counts with nuisances"
    data, chosen = likelihood("coherent-csi@2017-r2"), model("3nu")
    points = data.points(chosen, {"eps_ee": np.linspace(-0.3, 0.5, 11 if benchmark.disabled else 81)})
    truth = {name: value[:1] for name, value in points.items()}
    random, count = np.random.default_rng(1), 4 if benchmark.disabled else 500
    toys = data.toys(chosen, truth, count, random, data.nuisances.draw(count, random))
    table = data.tabulate(chosen, points)
    begun = process_time()
    values = benchmark.pedantic(table, args=(toys,), rounds=1)
    together = (process_time() - begun) / values.size
    begun = process_time()
    alone = np.array([data.given(row).value(chosen, points) for row in toys[:4]])
    loop = (process_time() - begun) / alone.size
    assert values[:4] == pytest.approx(alone, abs=1e-6)
    if benchmark.stats is not None:
        benchmark.extra_info["microseconds of CPU time per value"] = 1e6 * together
        benchmark.extra_info["times faster than one by one"] = loop / together
