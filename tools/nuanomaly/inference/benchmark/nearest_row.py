"""A number of a table, in the row nearest to a point."""

from typing import Annotated, TypedDict

import numpy as np

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.options import Positive, completed
from nuanomaly.archive.release import Release


class Options(TypedDict):
    """Options of the benchmark."""

    table: Annotated[str, "Name of the table."]
    at: Annotated[
        dict[str, Positive],
        {"minProperties": 1},
        "Columns and the values the row is near to, in the logarithm.",
    ]
    column: Annotated[str, "The number that is wanted."]


@completed
def compute(config: Options, release: Release) -> float:
    """Return the number.

    Raises
    ------
    UnknownNameError
        For a column that the table does not have.
    """
    frame = release.table(config["table"])
    for name in (*config["at"], config["column"]):
        if name not in frame:
            raise UnknownNameError("column", name, map(str, frame.columns), f"{release.id} {config['table']}")
    distance = sum(np.log(frame[name].to_numpy(float) / value) ** 2 for name, value in config["at"].items())
    return float(frame[config["column"]].to_numpy(float)[np.argmin(distance)])
