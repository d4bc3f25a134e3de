"""Definitions of one statistic that stand for one another, and what they are called."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, TypeVar

from nuanomaly.likelihood.families.contract import Statistic

#: Variances of counts: of data and prediction combined, of the data, of the prediction.
CountingVariance = Literal["combined-neyman-pearson", "neyman", "pearson"]

#: What the variances of counts are called.
COUNTING: dict[CountingVariance, str] = {
    "combined-neyman-pearson": "variance: Neyman and Pearson combined",
    "neyman": "variance: Neyman (of the data)",
    "pearson": "variance: Pearson (of the prediction)",
}


_T = TypeVar("_T", bound=Statistic)


def determinants(statistic: _T, present: bool) -> Iterator[tuple[str, _T]]:
    """Give a statistic with the other choice of its field ``log_determinant``."""
    said = "without ln det" if present else "with ln det"
    yield said, replace(statistic, log_determinant=not present)  # type: ignore[call-arg]
