"""Texts that readers of CSV retype are findings, and correlations that are not those of their covariance."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanomaly.archive.validate import covariance, validate
from nuanomaly.archive.validate.content import Content
from nuanomaly.archive.validate.retyped import retyped
from nuanomaly.archive.validate.subject import ReleaseSubject, open_release

ROOT = Path(__file__).resolve().parents[2]
RELEASE = "datasets/toy/2020-r1"


@given(st.text("0123456789.eE+-NAnul/", min_size=1, max_size=8))
def test_whatever_pandas_changes_of_a_text_is_named(text: str) -> None:
    read = pd.read_csv(io.StringIO(f"run,n\n{text},1\n"))["run"].iloc[0]
    if str(read) != text:
        # a whole column of numbers is named even if each of them survives
        assert retyped(text) != text or isinstance(read, np.integer | np.floating)


@pytest.mark.parametrize(
    "text", ["arXiv:2003.10630", "run-007", "10.1103/PhysRevD.105.072001", "E1", "1998a"]
)
def test_a_prefix_keeps_an_identifier(text: str) -> None:
    assert retyped(text) == text
    assert pd.read_csv(io.StringIO(f"run,n\n{text},1\n"))["run"].iloc[0] == text


def test_what_is_noted_of_older_releases_was_read() -> None:
    """Numbers of preprints without a prefix, of one data set: 2110.07730 loses its last digit."""
    found = [f for f in validate(root=ROOT).findings if f.code == "TEXT_LOOKS_LIKE_NUMBER"]
    assert {f.severity for f in found} == {"note"}
    assert {(f.release, f.column) for f in found} == {
        ("cevns-experiments@2025-r1", "arxiv"),
        ("cevns-experiments@2026-r1", "arxiv"),
    }


# --- correlations -------------------------------------------------------------------------------------------


def compared(subject: ReleaseSubject, cov: np.ndarray, corr: np.ndarray) -> list[tuple[str, int | None]]:
    """What is found of a covariance and a correlation of any size, under the toy's declarations."""
    tables = {"covariance": cov, "correlation": corr}
    contents = {
        name: Content({f"c{k}": column for k, column in enumerate(matrix.T)}, len(matrix))
        for name, matrix in tables.items()
    }
    return [(f.code, f.row) for f in covariance.between(subject, contents)]


@pytest.fixture(scope="module")
def subject() -> ReleaseSubject:
    toy = ROOT / "tests" / "data" / "toy-archive"
    return open_release(toy / RELEASE, toy)


def printed(seed: int, size: int, digits: int) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    factors = chance.normal(size=(size, size + 3))
    cov = factors @ factors.T
    sigma = np.sqrt(cov.diagonal())
    return cov, np.round(cov / sigma[:, None] / sigma, digits)


@pytest.mark.parametrize("digits", [2, 3, 6])
@pytest.mark.parametrize("size", [3, 8, 40])
def test_a_correlation_that_is_printed_with_few_digits_is_that_of_its_covariance(
    subject: ReleaseSubject, size: int, digits: int
) -> None:
    for seed in range(20):
        assert compared(subject, *printed(seed, size, digits)) == []


def test_a_wrong_entry_or_a_wrong_variance_is_named(subject: ReleaseSubject) -> None:
    cov, corr = printed(1, 12, 3)
    corr[4, 7] = corr[7, 4] = corr[4, 7] + 0.1
    assert compared(subject, cov, corr) == [("CORRELATION_DIFFERS", 4)]
    cov, corr = printed(2, 12, 3)
    cov[5, 5] *= 1.5
    assert [code for code, _ in compared(subject, cov, corr)] == ["CORRELATION_DIFFERS"]


def test_matrices_of_other_data_are_not_compared(subject: ReleaseSubject) -> None:
    assert compared(subject, printed(3, 12, 3)[0], printed(4, 12, 3)[1]) == []
    assert compared(subject, np.eye(12), printed(4, 12, 3)[1]) == []
    assert compared(subject, printed(4, 6, 3)[0], printed(4, 12, 3)[1]) == []
