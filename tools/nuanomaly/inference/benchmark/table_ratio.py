"""A combination of tabulated numbers: sums of columns, and one sum over another."""

from math import hypot
from typing import Annotated, Literal, NotRequired, TypedDict

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.options import (
    completed,
)
from nuanomaly.archive.release import Release


class Term(TypedDict):
    """A sum of tabulated numbers."""

    table: Annotated[str, "Their table."]
    column: Annotated[str, "Summed over all rows, or those meant."]
    rows: NotRequired[
        Annotated[
            dict[str, str | float],
            {"minProperties": 1, "default": {}},
            "Columns and the value that the rows have.",
        ]
    ]
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


def _term(config: Term, release: Release) -> float:
    frame, place = release.table(config["table"]), f"{release.id} {config['table']}"
    for name in (config["column"], *config["rows"]):
        if name not in frame:
            raise UnknownNameError("column", name, map(str, frame.columns), place)
    for name, value in config["rows"].items():
        if value not in set(frame[name]):
            raise UnknownNameError(f"value of {name}", str(value), map(str, frame[name]), place)
        frame = frame[frame[name] == value]
    return config["factor"] * float(frame[config["column"]].sum())
