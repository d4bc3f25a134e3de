"""A number of a table, in the row nearest to a point.

Config
------
table : name of the table
at : {column: value}, all positive: distances are logarithmic
column : the number that is wanted
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.release import Release


def compute(config: Mapping[str, Any], release: Release) -> float:
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
