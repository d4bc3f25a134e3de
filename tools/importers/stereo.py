"""STEREO, HEPData 10.17182/hepdata.92323: Δχ² of the data and critical values over (Δm², sin²2θ)."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from nuanomaly.archive.errors import NuanomalyError

FOLDER = "source/stereo_1912.06582_hepdata"
_AXES = ["sin2_2theta_ee", "dm2_41"]


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Parameters
    ----------
    originals : pathlib.Path
        The folder that holds the two maps as HEPData writes them.

    Raises
    ------
    NuanomalyError
        With file and line, if an original does not look as it should.
    """
    folder = originals / FOLDER
    (delta,) = _blocks(folder / "Stereo_Chi2Map.csv", 1)
    critical = _blocks(folder / "Stereo_Chi2CritMap.csv", 2)
    values = {"delta": delta, "critical_95": critical[0], "critical_99": critical[1]}
    for name, block in values.items():
        if not block[_AXES].equals(delta[_AXES]):
            raise NuanomalyError(f"{folder}: {name} is not at the points of the Δχ² map")
    points = delta[["dm2_41", "sin2_2theta_ee"]]
    return {"surface": points.assign(**{name: block["value"] for name, block in values.items()})}


def _blocks(path: Path, number: int) -> list[pd.DataFrame]:
    """Return the blocks of numbers of a file; each begins after a line of column names."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise NuanomalyError(f"{path}: cannot be read ({error.strerror})") from None
    begins = [k for k, line in enumerate(lines) if "sin^{2}" in line and not line.startswith("#")]
    if len(begins) != number:
        raise NuanomalyError(f"{path}: has {len(begins)} blocks of numbers, expected {number}")
    return [
        pd.DataFrame([_row(path, k, lines[k]) for k in _rows(lines, begin)], columns=[*_AXES, "value"])
        for begin in begins
    ]


def _rows(lines: list[str], begin: int) -> Iterator[int]:
    """Yield the lines after a line of column names, up to an empty one or the end."""
    for k in range(begin + 1, len(lines)):
        if not lines[k].strip():
            return
        yield k


def _row(path: Path, k: int, line: str) -> list[float]:
    try:
        sin2, dm2, value = map(float, line.split(","))
    except ValueError:
        raise NuanomalyError(f"{path}, line {k + 1}: {line!r} is not three numbers") from None
    return [sin2, dm2, value]
