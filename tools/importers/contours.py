"""Published contours that others read off figures, one table per channel, with an index of what each is.

What a file holds is declared in release.yaml, since hardly any says so itself.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from nuanomaly.archive.errors import NuanomalyError

#: Columns of the index that are copied from the declaration, empty where it has none.
_FACTS = ("experiment", "channel", "level", "what", "status", "reference", "note")
_COORDINATES = ("dm2_41", "sin2_2theta", "m4", "m4_keV", "Ue4_sq", "skip")


def tables(originals: Path, *, contours: Sequence[Mapping[str, Any]]) -> dict[str, pd.DataFrame]:
    """Return the index and one table per channel.

    Parameters
    ----------
    originals : pathlib.Path
    contours : list of mappings
        ``name``, the facts of the index, ``files`` (the pieces of the contour, in order) and ``columns``
        of the files: ``dm2_41`` in eV² and ``sin2_2theta``, or ``m4`` in eV (``m4_keV``) and ``Ue4_sq``;
        ``skip`` for a column that is left out.

    Raises
    ------
    NuanomalyError
        With file and line, for a line that has other columns.
    """
    names = [str(entry["name"]) for entry in contours]
    if len(set(names)) != len(names):
        raise NuanomalyError("two contours have the same name")
    facts = {fact: [str(entry.get(fact, "")) for entry in contours] for fact in _FACTS}
    tables_by_name = {"index": pd.DataFrame({"contour": names, **facts})}
    parts: dict[str, list[pd.DataFrame]] = {}
    for entry in contours:
        parts.setdefault(str(entry["channel"]), []).append(_contour(originals, entry))
    return tables_by_name | {
        channel: pd.concat(frames, ignore_index=True) for channel, frames in parts.items()
    }


def _contour(originals: Path, entry: Mapping[str, Any]) -> pd.DataFrame:
    """Return the points of a contour in (Δm², sin²2θ), in the order of its files."""
    unknown = [c for c in entry["columns"] if c not in _COORDINATES]
    if unknown:
        raise NuanomalyError(f"{entry['name']}: column {unknown[0]!r} is none of {', '.join(_COORDINATES)}")
    pieces = []
    for number, file in enumerate(entry["files"], 1):
        points = _numbers(originals / file, entry["columns"])
        if "m4_keV" in points:
            points["m4"] = 1e3 * points["m4_keV"]
        if "m4" in points:
            # the light neutrinos' masses neglected, and one mixing angle
            points["dm2_41"] = points["m4"] ** 2
            points["sin2_2theta"] = 4.0 * points["Ue4_sq"] * (1.0 - points["Ue4_sq"])
        frame = points[["dm2_41", "sin2_2theta"]]
        frame.insert(0, "piece", number)
        pieces.append(frame)
    rows = pd.concat(pieces, ignore_index=True)
    rows.insert(0, "contour", str(entry["name"]))
    return rows


def _numbers(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Return the numbers of a file separated by commas or blanks; a first line of words is a header."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise NuanomalyError(f"{path}: cannot be read ({error.strerror})") from None
    rows = []
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].replace(",", " ").split()
        if not words or (number == 1 and line[0].isalpha()):
            continue
        try:
            row = [float(word) for word in words]
        except ValueError as error:
            raise NuanomalyError(f"{path}, line {number}: {error}") from None
        if len(row) != len(columns):
            raise NuanomalyError(f"{path}, line {number}: has {len(row)} numbers, expected {list(columns)}")
        rows.append(row)
    return pd.DataFrame(rows, columns=list(columns)).drop(columns="skip", errors="ignore")
