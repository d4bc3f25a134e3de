"""One row over another of a table, and the error of that ratio for independent errors."""

from collections.abc import Iterable, Sequence
from math import hypot
from typing import Annotated, Any, Literal, NotRequired, TypedDict, cast

import pandas as pd

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.options import (
    completed,
    rules,
)
from nuanomaly.archive.release import Release


@rules(**{"if": {"properties": {"which": {"const": "error"}}}, "then": {"required": ["errors"]}})
class Options(TypedDict):
    """Options of the benchmark."""

    table: Annotated[str, "The table."]
    key: Annotated[str, "Its column that names the rows."]
    numerator: Annotated[str, "Name of a row."]
    denominator: Annotated[str, "Name of the row it is divided by."]
    value: Annotated[
        str | list[str],
        {"minItems": 1, "maxItems": 2},
        "Column, or a column and the one it is divided by.",
    ]
    errors: NotRequired[
        Annotated[
            list[str | tuple[str, str]],
            {"minItems": 1},
            "Errors of the value (of its first column): columns, or pairs of columns whose mean is taken; "
            "added in "
            "quadrature.",
        ]
    ]
    which: Annotated[Literal["ratio", "error"], "The number wanted."]


@completed
def compute(config: Options, release: Release) -> float:
    """Return the ratio or its error."""
    frame = release.table(config["table"]).set_index(config["key"])
    for name in (config["numerator"], config["denominator"]):
        if name not in frame.index:
            raise UnknownNameError("row", name, frame.index, f"{release.id} {config['table']}")
    upper, lower = (
        cast("pd.Series[Any]", frame.loc[row]) for row in (config["numerator"], config["denominator"])
    )
    value = [config["value"]] if isinstance(config["value"], str) else list(config["value"])
    ratio = _level(upper, value) / _level(lower, value)
    if config["which"] == "ratio":
        return ratio
    return ratio * hypot(*(_relative(row, value[0], config["errors"]) for row in (upper, lower)))


def _level(row: "pd.Series[Any]", value: list[str]) -> float:
    return float(row[value[0]]) / (float(row[value[1]]) if len(value) > 1 else 1.0)


def _relative(row: "pd.Series[Any]", value: str, errors: list[str | tuple[str, str]]) -> float:
    pairs: Iterable[Sequence[str]] = ([e] if isinstance(e, str) else e for e in errors)
    return hypot(*(sum(float(row[c]) for c in pair) / len(pair) for pair in pairs)) / float(row[value])
