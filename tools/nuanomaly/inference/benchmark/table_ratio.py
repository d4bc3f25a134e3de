"""A combination of tabulated numbers: sums of columns, and one sum over another.

Config
------
numerator, denominator : {terms: [{table, column, rows, factor}], combine: sum | quadrature}
    A term is ``factor`` (1 if left out) times the sum of a column over its rows, or over those where columns
    have the values of ``rows``. The terms are added up, or added in quadrature. Without denominator the
    numerator is the result.
"""

from collections.abc import Mapping
from math import hypot
from typing import Any

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.release import Release


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return numerator over denominator."""
    numerator = _combined(config["numerator"], release)
    return numerator / _combined(config["denominator"], release) if "denominator" in config else numerator


def _combined(config: Mapping[str, Any], release: Release) -> float:
    terms = [_term(term, release) for term in config["terms"]]
    return hypot(*terms) if config.get("combine") == "quadrature" else sum(terms)


def _term(config: Mapping[str, Any], release: Release) -> float:
    frame, place = release.table(config["table"]), f"{release.id} {config['table']}"
    for name in (config["column"], *config.get("rows", {})):
        if name not in frame:
            raise UnknownNameError("column", name, map(str, frame.columns), place)
    for name, value in config.get("rows", {}).items():
        if value not in set(frame[name]):
            raise UnknownNameError(f"value of {name}", str(value), map(str, frame[name]), place)
        frame = frame[frame[name] == value]
    return float(config.get("factor", 1.0)) * float(frame[config["column"]].sum())
