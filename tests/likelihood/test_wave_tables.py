"""Waves read off tables in Δm² are those of the nodes; tables are there only where they pay."""

import numpy as np
import pytest

from nuanomaly.inference.question import Question
from nuanomaly.likelihood.algebra import wave_tables
from nuanomaly.likelihood.algebra.wave_tables import WaveTable, is_worthwhile, piece_width
from nuanomaly.likelihood.build import likelihood
from nuanomaly.model.constants import PHASE

RANDOM = np.random.default_rng(4)
X, WEIGHTS = RANDOM.uniform(0.5, 20.0, 300), RANDOM.uniform(0.0, 1.0, (3, 300))


def sums(dm2, wave):
    phase = PHASE * np.multiply.outer(dm2, X)
    waves = np.sin(phase) ** 2 if wave == "sin2" else np.sin(2.0 * phase)
    return np.array([WEIGHTS @ row for row in waves])


@pytest.mark.parametrize("wave", ["sin2", "sin"])
def test_a_table_is_exact_to_one_part_in_ten_thousand_million(wave: str) -> None:
    table = WaveTable(sums, piece_width(float(X.max())))
    dm2 = np.concatenate([10.0 ** RANDOM.uniform(-4.0, 2.0, 500), table.width * np.arange(4.0), [300.0]])
    error = np.abs(table.rows(dm2, wave) - sums(dm2, wave)).max(axis=0) / WEIGHTS.sum(axis=1)
    assert error.max() < 1e-10


def test_levels_in_the_other_order_turn_the_odd_wave() -> None:
    table = WaveTable(sums, piece_width(float(X.max())))
    dm2 = np.array([0.3, 7.0])
    np.testing.assert_array_equal(table.rows(-dm2, "sin"), -table.rows(dm2, "sin"))
    np.testing.assert_array_equal(table.rows(-dm2, "sin2"), table.rows(dm2, "sin2"))


def test_a_row_does_not_depend_on_its_company_or_on_what_was_forgotten(monkeypatch) -> None:
    dm2 = 10.0 ** RANDOM.uniform(-2.0, 2.0, 40)
    once = WaveTable(sums, piece_width(20.0)).rows(dm2, "sin2")
    monkeypatch.setattr(wave_tables, "REMEMBERED", 100)
    forgetful = WaveTable(sums, piece_width(20.0))
    alone = np.concatenate([forgetful.rows(one[None], "sin2") for one in dm2])
    np.testing.assert_array_equal(alone, once)
    assert len(forgetful._pieces) < 5


def test_few_nodes_and_long_baselines_have_no_table() -> None:
    assert is_worthwhile(10, 10_000, 5.0)
    assert not is_worthwhile(10, 200, 5.0)
    assert not is_worthwhile(100, 100_000, 1000.0)


@pytest.mark.parametrize("name", ["neos", "danss", "miniboone-nue", "gallium"])
def test_points_of_two_splittings_have_the_value_that_each_has_alone(name: str) -> None:
    what = Question(name, "3+2")
    free = {a.name: a.external(RANDOM.uniform(a.internal(a.low), a.internal(a.high), 16)) for a in what.axes}
    free |= {n: 0.1 * v for n, v in free.items() if n.startswith("U")}
    together = what.objective(free)
    alone = [what.objective({n: v[[i]] for n, v in free.items()})[0] for i in range(16)]
    assert together == pytest.approx(alone, rel=1e-7)
    assert likelihood(name.replace("gallium", "best")).response.channels[0].kernels.table is not None
