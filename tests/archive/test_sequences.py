"""Rows that follow each other: a number out of step, a key out of order, an odd one of a group."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanomaly.archive.validate.sequences import misplaced, odd_one, out_of_step


@given(st.integers(0, 19), st.integers(-30, 30).filter(bool), st.sampled_from([1.0, 0.5, -25.0, 0.1]))
def test_every_number_that_counts_on_is_guarded(row: int, by: int, step: float) -> None:
    values = 3.0 + step * np.arange(20.0)
    values[row] += by * step
    guarded = 0 < row < 19 or step in (1.0, -25.0)  # spectra begin at a threshold, and end in a wide bin
    assert out_of_step(values) == ([row] if guarded else [])


@given(st.integers(3, 6), st.integers(0, 3))
def test_steps_may_begin_anew(row: int, group: int) -> None:
    values = np.tile(np.arange(10.0), 4)
    assert out_of_step(values) == []
    values[10 * group + row] += 0.5
    assert out_of_step(values) == [10 * group + row]


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(1).normal(size=40),
        np.random.default_rng(1).poisson(3.0, 60).astype(float),
        np.array([0.0, 25, 50, 75, 100, 150, 200, 250, 300, 500, 1000]),
        np.ones(20),
        np.arange(5.0),
        np.arange(20.0) ** 2,
    ],
    ids=["noise", "counts", "wider bins", "constant", "short", "squares"],
)
def test_other_numbers_have_no_step(values: np.ndarray) -> None:
    assert out_of_step(values) == []


KEYS = np.array([(a, b) for a in range(6) for b in range(8)], float)


@given(st.integers(0, 47), st.integers(0, 1), st.sampled_from([-1.0, 1.0, 3.0, -2.0]))
def test_a_key_that_is_another_stands_twice_or_out_of_order(row: int, column: int, by: float) -> None:
    keys = KEYS.copy()
    keys[row, column] += by
    order = sorted(map(tuple, keys.tolist()))
    broken = order != list(map(tuple, keys.tolist())) or len(set(order)) < len(order)
    places = misplaced(keys)
    assert places is not None
    assert bool(places) == broken  # a last key that is larger is in order still
    assert not places or min(abs(place - row) for place in places) <= 1


def test_rows_without_order_have_no_misplaced_one() -> None:
    assert misplaced(KEYS) == []
    assert misplaced(np.random.default_rng(2).permutation(KEYS)) is None


def test_groups_of_rows_have_orders_of_their_own() -> None:
    keys = np.concatenate([KEYS, KEYS])
    same = np.ones(len(keys) - 1, bool)
    assert misplaced(keys, same) == [47]
    same[47] = False
    assert misplaced(keys, same) == []


GROUPS = np.repeat([0, 1, 2, 3], 5)


@given(st.integers(0, 19), st.sampled_from([0.5, 1.1, 3.0]))
def test_the_odd_one_of_a_group_is_named(row: int, factor: float) -> None:
    values = np.array([1.0, 2.0, 5.0, 2.0])[GROUPS]
    assert odd_one(values, GROUPS) is None
    values[row] *= factor
    assert odd_one(values, GROUPS) == row


def test_groups_with_two_numbers_have_no_odd_one() -> None:
    values = np.array([1.0, 2.0, 5.0, 2.0])[GROUPS]
    values[[3, 8]] = 9.0
    assert odd_one(values, GROUPS) is None
    assert odd_one(np.random.default_rng(3).normal(size=20), GROUPS) is None
