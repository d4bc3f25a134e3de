"""The rows of a table that a benchmark means."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.options import Rows
from nuanomaly.archive.release import Release

if TYPE_CHECKING:
    import pandas as pd


def chosen(config: Rows, release: Release, columns: Sequence[str] = ()) -> "pd.DataFrame":
    """Return the rows that have the declared values.

    Parameters
    ----------
    columns : sequence of str
        Further columns that the table must have.

    Raises
    ------
    UnknownNameError
        For a column that the table does not have, or a value that no row has.

    Examples
    --------
    >>> from nuanomaly.archive.loading import load
    >>> declared = {"table": "ratios", "column": "ratio", "rows": {"measurement": "BEST-inner"}}
    >>> len(chosen(declared, load("best")))
    1
    """
    frame, place = release.table(config["table"]), f"{release.id} {config['table']}"
    for name in (config["column"], *columns, *config["rows"]):
        if name not in frame:
            raise UnknownNameError("column", name, map(str, frame.columns), place)
    for name, value in config["rows"].items():
        if value not in set(frame[name]):
            raise UnknownNameError(f"value of {name}", str(value), map(str, frame[name]), place)
        frame = frame[frame[name] == value]
    return frame
