"""Two-dimensional scans of the real releases against a plain loop over the same points.

Run with ``make speed``; without it each is run once, as a test that both give the same numbers. "Cold" means
that no kernel is known when the scan starts, "warm" that all are; the loop is warm as well.
"""

import cProfile
import pstats
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nuanomaly.inference.datasets import atoms
from nuanomaly.inference.scan import Scan, scan
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood

#: Points per axis; the loop runs over every 97th point, which is no multiple of a row.
SIZE, EVERY = 100, 97
CASES = {
    "miniboone-nue@2020:combined": ("2nu-mue", "sin2_2theta_mue"),
    "gallium": ("2nu-ee", "sin2_2theta_ee"),
    "reactor-rates@2020": ("2nu-ee", "sin2_2theta_ee"),
}


class Case:
    """A release, a model and a grid."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.model, amplitude = CASES[name]
        self.likelihood: Likelihood = likelihood(name)
        self.grid = {"dm2_41": (0.01, 100.0, SIZE, "log"), amplitude: (1e-3, 1.0, SIZE, "log")}
        axes = [np.geomspace(*spec[:3]) for spec in self.grid.values()]
        mesh = [m.ravel()[::EVERY] for m in np.meshgrid(*axes, indexing="ij")]
        self.points = [
            dict(zip(self.grid, map(float, point), strict=True)) for point in zip(*mesh, strict=True)
        ]

    def scan(self) -> Scan:
        return scan(self.likelihood, self.model, grid=self.grid)

    def loop(self) -> list[float]:
        return [self.likelihood.chi2(self.model, **point) for point in self.points]

    def forget(self) -> None:
        """Forget all kernels."""
        for part in atoms(self.likelihood):
            assert isinstance(part, ResponseLikelihood)
            for channel in part.response.channels:
                channel.forget()


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def per_evaluation(benchmark: Any, evaluations: int) -> float | None:
    """Return seconds per evaluation, and write the rate into the benchmark's record."""
    if benchmark.stats is None:  # run as a test
        return None
    seconds = float(benchmark.stats.stats.median) / evaluations
    benchmark.extra_info["evaluations_per_second"] = 1.0 / seconds
    return seconds


def record(results: dict, case: Case, how: str, seconds: float | None) -> None:
    if seconds is not None:
        results.setdefault(case.name, {})[how] = seconds


def profile(case: Case) -> list[str]:
    """Return the eight most costly functions of a cold scan, in per cent of all."""
    case.forget()
    recorder = cProfile.Profile()
    recorder.enable()
    case.scan()
    recorder.disable()
    stats = pstats.Stats(recorder).stats  # type: ignore[attr-defined]
    total = sum(row[2] for row in stats.values())
    rows = sorted(stats.items(), key=lambda item: -item[1][2])[:8]
    return [
        f"{100 * row[2] / total:5.1f} %  {name}  ({Path(file).name}:{line})"
        for (file, line, name), row in rows
    ]


def test_plain_loop(benchmark: Any, case: Case, results: dict) -> None:
    benchmark.group = case.name
    case.loop()
    values = benchmark.pedantic(case.loop, rounds=3)
    record(results, case, "loop", per_evaluation(benchmark, len(case.points)))
    np.testing.assert_allclose(values, case.scan().values.ravel()[::EVERY], rtol=1e-9, atol=1e-9)


def test_cold_scan(benchmark: Any, case: Case, results: dict) -> None:
    benchmark.group = case.name
    case.scan()
    found = benchmark.pedantic(case.scan, setup=case.forget, rounds=3)
    record(results, case, "cold", per_evaluation(benchmark, SIZE**2))
    assert np.isfinite(found.values).all()
    if benchmark.stats is not None:
        results[case.name]["profile"] = profile(case)


def test_warm_scan(benchmark: Any, case: Case, results: dict) -> None:
    benchmark.group = case.name
    case.scan()
    found = benchmark.pedantic(case.scan, rounds=10)
    record(results, case, "warm", per_evaluation(benchmark, SIZE**2))
    assert found.values.shape == (SIZE, SIZE)
