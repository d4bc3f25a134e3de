"""Tables that are columns of one text file each, as declared; only powers of ten are computed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.text import read_csv, read_text


def tables(originals: Path, *, tables: Mapping[str, Mapping[str, Any]]) -> dict[str, pd.DataFrame]:
    """Return the tables of a release.

    Parameters
    ----------
    originals : pathlib.Path
    tables : mapping
        Table to ``file`` and ``columns``: for comma-separated text with a header a mapping of its columns to
        those of the archive, for text without a header the list of columns, ``skip`` for those left out.
        ``separator``: what stands between the latter, if not blanks.
        ``power_of_ten``: columns that hold logarithms. ``whole``: columns of whole numbers.

    Raises
    ------
    NuanomalyError
        With file and line, if an original does not look as it should.
    """
    return {name: _table(originals, entry) for name, entry in tables.items()}


def _table(originals: Path, entry: Mapping[str, Any]) -> pd.DataFrame:
    columns, path = entry["columns"], originals / entry["file"]
    if isinstance(columns, Mapping):
        frame = read_csv(path, columns)
    else:
        names = [f"skip{k}" if name == "skip" else str(name) for k, name in enumerate(columns)]
        frame = read_text(path, names, entry.get("separator"))
    frame = frame[[name for name in frame.columns if not name.startswith("skip")]]
    for name in entry.get("power_of_ten", ()):
        # twelve digits: the number that was meant, the same on every machine
        frame = frame.assign(**{name: [float(f"{10.0**x:.12g}") for x in frame[name]]})
    for name in entry.get("whole", ()):
        if (frame[name] % 1.0 != 0.0).any():
            raise NuanomalyError(f"{path}: {name} holds numbers that are not whole")
        frame = frame.astype({name: "int64"})
    return frame
