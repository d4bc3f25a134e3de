"""The range of a column over chosen rows of a table: an end of it, its middle, or another column at an end.

Such as where a digitised curve excludes most, beside the number that the paper prints for it.

Config
------
table, column : the table, and the column whose range is wanted
rows : {column: value}, the rows that are meant (optional)
between : {column: [low, high]}, further conditions on rows (optional)
which : ``smallest``, ``largest`` or ``middle`` (half of the sum of both)
there : another column, wanted where the first is smallest or largest (optional)
sin2_theta : true, to turn a sin²2θ into the smaller sin²θ (optional)
"""

from collections.abc import Mapping
from math import sqrt
from typing import TYPE_CHECKING, Any

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.release import Release

if TYPE_CHECKING:
    import pandas as pd


def compute(config: Mapping[str, Any], release: Release) -> float:
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
        place = values.idxmin() if config["which"] == "smallest" else values.idxmax()
        value = float(frame.loc[place, config.get("there", config["column"])])
    return 0.5 * (1.0 - sqrt(1.0 - value)) if config.get("sin2_theta") else value


def _rows(config: Mapping[str, Any], release: Release) -> "pd.DataFrame":
    frame, place = release.table(config["table"]), f"{release.id} {config['table']}"
    equal, between = config.get("rows", {}), config.get("between", {})
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
