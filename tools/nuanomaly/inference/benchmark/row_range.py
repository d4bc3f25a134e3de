"""The range of a column over chosen rows of a table: an end of it, its middle, or another column at an end.

Such as where a digitised curve excludes most, beside the number that the paper prints for it.
"""

from math import sqrt
from typing import TYPE_CHECKING, Annotated, Literal, NotRequired

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import Range, Rows, completed
from nuanomaly.archive.release import Release
from nuanomaly.inference.chosen_rows import chosen

if TYPE_CHECKING:
    import pandas as pd


class Options(Rows):
    """Options of the benchmark."""

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
        For a column that the table does not have, or a value that no row has.
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
    between = config["between"]
    frame = chosen(config, release, (config.get("there", config["column"]), *between))
    for name, (low, high) in between.items():
        frame = frame[frame[name].between(low, high)]
    if frame.empty:
        raise NuanomalyError(
            f"{release.id} {config['table']} has no row with {dict(config['rows'])} {dict(between)}"
        )
    return frame.reset_index(drop=True)
