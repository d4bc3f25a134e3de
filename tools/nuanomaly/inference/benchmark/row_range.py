"""The range of a column over chosen rows of a table: an end of it, its middle, or another column at an end.

Such as where a digitised curve excludes most, beside the number that the paper prints for it.
"""

from math import sqrt
from typing import TYPE_CHECKING, Annotated, Literal, NotRequired, TypedDict

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import (
    Range,
    completed,
)
from nuanomaly.archive.release import Release

if TYPE_CHECKING:
    import pandas as pd


class Options(TypedDict):
    """Options of the benchmark."""

    table: Annotated[str, "Name of the table."]
    column: Annotated[str, "The column whose range is wanted."]
    rows: NotRequired[
        Annotated[
            dict[str, str | float],
            {"minProperties": 1, "default": {}},
            "Columns and the value that the rows have.",
        ]
    ]
    between: NotRequired[
        Annotated[
            dict[str, Range],
            {"minProperties": 1, "default": {}},
            "Columns and the range that the rows are in.",
        ]
    ]
    which: Annotated[Literal["smallest", "largest", "middle"], "The wanted end, or half of the sum of both."]
    there: NotRequired[Annotated[str, "Another column, wanted at that end."]]
    sin2_theta: NotRequired[Annotated[bool, {"default": False}, "Turn a sin²2θ into the smaller sin²θ."]]


@completed
def compute(config: Options, release: Release) -> float:
    """Return the wanted number.

    Raises
    ------
    UnknownNameError
        For a column that the table does not have.
    NuanomalyError
        If no row is meant.
    """
    frame = _rows(config, release)
    values = frame[config["column"]]
    if config["which"] == "middle":
        value = 0.5 * float(values.min() + values.max())
    else:
        place = int(values.argmin() if config["which"] == "smallest" else values.argmax())
        value = float(frame[config.get("there", config["column"])].iloc[place])
    return 0.5 * (1.0 - sqrt(1.0 - value)) if config["sin2_theta"] else value


def _rows(config: Options, release: Release) -> "pd.DataFrame":
    frame, place = release.table(config["table"]), f"{release.id} {config['table']}"
    equal, between = config["rows"], config["between"]
    for name in (config["column"], config.get("there", config["column"]), *equal, *between):
        if name not in frame:
            raise UnknownNameError("column", name, map(str, frame.columns), place)
    for name, value in equal.items():
        frame = frame[frame[name] == value]
    for name, (low, high) in between.items():
        frame = frame[frame[name].between(low, high)]
    if frame.empty:
        raise NuanomalyError(f"{place} has no row with {dict(equal)} {dict(between)}")
    return frame.reset_index(drop=True)
