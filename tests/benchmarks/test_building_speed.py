"""How long likelihoods take to build, kept and not, and one value of one: beside plain numpy in the same run.

Run with ``make speed``; without it each runs once, as a test that all ways give the same bits.
"""

from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pytest

from nuanomaly.likelihood.build import _build, likelihood
from nuanomaly.likelihood.reactor.inverse_beta_decay import Cells, cells

POINT = {"dm2_41": 1.3, "sin2_2theta_ee": 0.3}


def all_at_once(edges: np.ndarray, spectra: np.ndarray, near: float, far: float, number: int) -> np.ndarray:
    """The weights of :func:`cells`, baselines, cells and spectra in one array."""
    borders = np.linspace(near / edges[-1], far / edges[0], number + 1)
    running = np.cumsum(np.pad(spectra, ((0, 0), (1, 0))), axis=1)
    baselines = 1.0 / (1.0 / near + (np.arange(32) + 0.5) / 32 * (1.0 / far - 1.0 / near))
    energies = np.clip(baselines[:, None] / borders, edges[0], edges[-1])
    place = np.clip(np.searchsorted(edges, energies, side="right") - 1, 0, edges.size - 2)
    part = (energies - edges[place]) / np.diff(edges)[place]
    parts = -np.diff(running[:, place] * (1.0 - part) + running[:, place + 1] * part, axis=2)
    weights = parts.mean(axis=1)
    return weights[:, weights.sum(axis=0) > 0.0]


def test_cells_one_baseline_at_a_time(benchmark: Any) -> None:
    """CPU time of a row of a reactor's baselines, 60 bins seen in 800 cells, beside all of it at once."""
    benchmark.group = "building"
    edges = np.linspace(1.8, 12.0, 2041)
    centres = np.linspace(2.0, 10.0, 60)[:, None]
    spectra = np.exp(-0.5 * ((0.5 * (edges[1:] + edges[:-1]) - centres) / 0.2) ** 2)
    asked = (edges, spectra, 22.0, 26.0, 800)
    rounds = 1 if benchmark.disabled else 9
    begun = process_time()
    for _ in range(rounds):
        plain = all_at_once(*asked)
    reference = (process_time() - begun) / rounds
    begun = process_time()
    found: Cells = benchmark.pedantic(cells, args=asked, rounds=rounds)
    own = (process_time() - begun) / rounds
    np.testing.assert_array_equal(found.weights, plain)
    if benchmark.stats is not None:
        benchmark.extra_info["milliseconds of CPU time"] = 1e3 * own
        benchmark.extra_info["times faster than all at once"] = reference / own


def test_a_likelihood_that_was_built_before(
    benchmark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CPU time of building NEOS from what an earlier process kept, beside building it."""
    benchmark.group = "building"

    def built() -> float:
        _build.cache_clear()
        return float(likelihood("neos").chi2("2nu-ee", **POINT))

    built()  # the tables are read, the modules loaded
    begun = process_time()
    plain = built()
    reference = process_time() - begun
    monkeypatch.setenv("NUANOMALY_CACHE", str(tmp_path))
    monkeypatch.delenv("NUANOMALY_BUILT")
    built()
    rounds = 1 if benchmark.disabled else 5
    begun = process_time()
    assert benchmark.pedantic(built, rounds=rounds) == plain
    own = (process_time() - begun) / rounds
    if benchmark.stats is not None:
        benchmark.extra_info["milliseconds of CPU time"] = 1e3 * own
        benchmark.extra_info["times faster than building"] = reference / own


def test_one_value_of_gallium(benchmark: Any) -> None:
    """CPU time of one call at one point, in units of a solution of five equations by numpy."""
    benchmark.group = "one value"
    data = likelihood("gallium")
    matrix, right, rounds = np.eye(5) + 0.1, np.ones(5), 3 if benchmark.disabled else 2000

    def call() -> float:
        return float(data.chi2("2nu-ee", **POINT))

    expected = call()
    begun = process_time()
    for _ in range(rounds):
        np.linalg.solve(matrix, right)
    reference = (process_time() - begun) / rounds
    begun = process_time()
    assert benchmark.pedantic(call, rounds=rounds) == expected
    own = (process_time() - begun) / rounds
    if benchmark.stats is not None:
        benchmark.extra_info["milliseconds of CPU time"] = 1e3 * own
        benchmark.extra_info["in units of a solution of five equations"] = own / reference
