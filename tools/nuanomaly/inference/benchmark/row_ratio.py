"""One row over another of a table, and the error of that ratio for independent errors.

Config
------
table, key : table, and its column that names the rows
numerator, denominator : names of two rows
value : column, or [column, column it is divided by]
errors : list of columns or [plus, minus] pairs of columns, errors of the first column of ``value``; the mean
    of a pair is taken, all are added in quadrature (only for ``which: error``)
which : ``ratio`` or ``error``
"""

from collections.abc import Mapping
from math import hypot
from typing import Any

import pandas as pd

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.release import Release


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the ratio or its error."""
    frame = release.table(config["table"]).set_index(config["key"])
    for name in (config["numerator"], config["denominator"]):
        if name not in frame.index:
            raise UnknownNameError("row", name, frame.index, f"{release.id} {config['table']}")
    upper, lower = (frame.loc[config[name]] for name in ("numerator", "denominator"))
    value = [config["value"]] if isinstance(config["value"], str) else list(config["value"])
    ratio = _level(upper, value) / _level(lower, value)
    if config["which"] == "ratio":
        return ratio
    return ratio * hypot(*(_relative(row, value[0], config["errors"]) for row in (upper, lower)))


def _level(row: "pd.Series[Any]", value: list[str]) -> float:
    return float(row[value[0]]) / (float(row[value[1]]) if len(value) > 1 else 1.0)


def _relative(row: "pd.Series[Any]", value: str, errors: list[str | list[str]]) -> float:
    pairs = ([e] if isinstance(e, str) else e for e in errors)
    return hypot(*(sum(float(row[c]) for c in pair) / len(pair) for pair in pairs)) / float(row[value])
