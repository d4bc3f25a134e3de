"""A combination of tabulated numbers: sums of columns, and one sum over another."""

from math import hypot
from typing import Annotated, Literal, NotRequired, TypedDict

from nuanomaly.archive.options import Rows, completed
from nuanomaly.archive.release import Release
from nuanomaly.inference.chosen_rows import chosen


class Term(Rows):
    """A sum of tabulated numbers."""

    factor: NotRequired[Annotated[float, {"default": 1.0}, "What the sum is multiplied with."]]


class Combination(TypedDict):
    """Terms that are added."""

    combine: NotRequired[
        Annotated[Literal["sum", "quadrature"], {"default": "sum"}, "How the terms are added."]
    ]
    terms: Annotated[list[Term], {"minItems": 1}, "The terms."]


class Options(TypedDict):
    """Options of the benchmark."""

    numerator: Annotated[Combination, "What stands above, or alone."]
    denominator: NotRequired[Annotated[Combination, "What it is divided by; 1 if left out."]]


@completed
def compute(config: Options, release: Release) -> float:
    """Return numerator over denominator."""
    numerator = _combined(config["numerator"], release)
    return numerator / _combined(config["denominator"], release) if "denominator" in config else numerator


def _combined(config: Combination, release: Release) -> float:
    terms = [_term(term, release) for term in config["terms"]]
    return hypot(*terms) if config["combine"] == "quadrature" else sum(terms)


def _term(term: Term, release: Release) -> float:
    return term["factor"] * float(chosen(term, release)[term["column"]].sum())
