"""Reproduced is not consistent: the words, and that they are used of the archive's own numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanomaly.archive.loading import load
from nuanomaly.inference.agreement import WORDS, Agreement, digit, of_benchmark, of_expectation
from nuanomaly.inference.benchmarks import row

CASES = {
    "to the printed digit": (Agreement(0.81, 0.808, 0.03, 0.005), "reproduced"),
    "within a tolerance far below the error": (Agreement(6.17, 6.176, 0.17, 0.034), "reproduced"),
    "within the error": (Agreement(11.9, 9.25, 4.2, 4.2), "consistent"),
    "inside the error, outside the tolerance": (Agreement(6.17, 6.28, 0.17, 0.034), "consistent"),
    "a digit that is coarser than the error": (Agreement(11.0, 11.4, 1.0, 1.0), "consistent"),
    "no error quoted, a sharp tolerance": (Agreement(373.406, 373.401, None, 0.05), "reproduced"),
    "no error quoted, a wide tolerance": (Agreement(10.0, 12.0, None, 3.0), "consistent"),
    "outside of both": (Agreement(10.0, 8.43, 0.5, 0.5), "not reproduced"),
    "between choices": (Agreement(9.1, 9.65, None, None, (8.0, 11.7)), "consistent"),
    "outside of all choices": (Agreement(9.1, 17.1, None, None, (15.0, 17.1)), "not reproduced"),
    "nothing found": (Agreement(10.0, None), "not computed"),
    "a word": (Agreement("compatible", "in tension"), "not reproduced"),
}


@pytest.mark.parametrize(("agreement", "word"), CASES.values(), ids=CASES)
def test_the_word_of_a_difference(agreement: Agreement, word: str) -> None:
    assert agreement.word == word


@given(
    st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.floats(0.01, 100), st.floats(0.001, 100), st.floats(1, 3)
)
def test_a_larger_difference_is_never_called_better(
    expected: float, found: float, error: float, tolerance: float, factor: float
) -> None:
    near = Agreement(expected, found, error, tolerance)
    far = Agreement(expected, expected + factor * (found - expected), error, tolerance)
    assert WORDS.index(far.word) >= WORDS.index(near.word)


def test_the_last_digit() -> None:
    assert [digit(x) for x in (6.17, 0.0431, 12.0, 3.5, -0.01)] == [0.01, 1e-4, 1.0, 0.1, 0.01]


def test_xenonnt_is_consistent_and_its_own_numbers_are_not_more() -> None:
    """9.25 against 11.9 ± 4.2 and 14.5 against 11 ± 5 hold within the quoted error, and prove no more."""
    release = load("xenonnt-cevns@2026-r2")
    coarse = ("expected-events-of-first-result", "cross-section-of-first-result")
    entries = [e for e in release.metadata["benchmarks"] if e["id"] in coarse]
    assert [of_benchmark(row(entry, release)).word for entry in entries] == ["consistent", "consistent"]


def test_errors_of_two_sides_and_errors_named_in_words() -> None:
    said = {"expected": 1.25, "tolerance": {"minus": 0.25, "plus": None}, "tolerance_source": "quoted error"}
    assert of_expectation({**said, "found": 30.0}).word == "consistent"
    assert of_expectation({**said, "found": 0.9}).word == "not reproduced"
    fifth = {"expected": 6.17, "tolerance": 0.034, "tolerance_source": "a fifth of the quoted error"}
    assert of_expectation({**fifth, "found": 6.19}).word == "reproduced"
