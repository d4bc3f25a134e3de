"""MicroBooNE with the Booster and the NuMI beam on HEPData, in CSV: 14 channels of 26 bins, their covariance.

A file is a sequence of blocks, each with a header line of its own; lines with # are comments.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from importers import _microboone_kernels
from nuanomaly.archive.errors import NuanomalyError

#: Beginning of the last-but-errors column of a block, and the column it becomes.
_COLUMNS = {
    "Data": "data",
    "Background": "background",
    "Constrained Background": "background",
    "Signal + Background": "prediction",
    "Constrained Signal + Constrained Background": "prediction",
}
#: Bins of a channel: 25 of 100 MeV, and one for everything above.
_BINS, _WIDTH = 26, 100.0


def tables(
    originals: Path,
    *,
    folder: str,
    files: Mapping[str, str],
    channels: Sequence[str],
    kernels: str | None = None,
    points: Sequence[int] = (25, 25, 16),
) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Parameters
    ----------
    originals : pathlib.Path
    folder : str
        Folder below ``originals`` that the files are in.
    files : mapping
        ``channels``, ``constrained`` and ``covariance`` to their files.
    channels : sequence of str
        Names of the channels in the order of the covariance; those that were constrained begin with
        BEAM-nue.
    kernels : str, optional
        Folder of a third party's kernels, for an approximate fit of a fourth neutrino.
    points : sequence of int
        Points of Δm²41, of the amplitude and of the mixing that is profiled in that fit.

    Raises
    ------
    NuanomalyError
        If a file is not as it must be.
    """
    base = originals / folder
    constrained = [name for name in channels if name.split("-")[1] == "nue"]
    frames = {
        "channels": _spectra(base / files["channels"], channels),
        "constrained": _spectra(base / files["constrained"], constrained),
        "covariance": _covariance(base / files["covariance"], len(channels) * _BINS),
    }
    if kernels is not None:
        fit = _microboone_kernels.TwoBeams(originals / kernels, frames["channels"], frames["covariance"])
        frames |= _microboone_kernels.tables(fit, *points)
    return frames


def blocks(path: Path) -> list[tuple[list[str], np.ndarray]]:
    """Return header and numbers of each block.

    Raises
    ------
    NuanomalyError
        With file and line, if a line is no header and not as many numbers as its header has columns.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise NuanomalyError(f"{path}: cannot be read ({error.strerror})") from None
    lists: list[tuple[list[str], list[list[float]]]] = []
    for number, line in enumerate(lines, 1):
        cells = line.split(",")
        if not line.strip() or line.startswith("#"):
            continue
        if line[0].isalpha():
            lists.append((cells, []))
            continue
        try:
            row = [float(cell) for cell in cells]
        except ValueError as error:
            raise NuanomalyError(f"{path}, line {number}: {error}") from None
        if not lists or len(row) != len(lists[-1][0]):
            raise NuanomalyError(f"{path}, line {number}: {len(row)} numbers do not fit the header above")
        lists[-1][1].append(row)
    return [(header, np.array(rows)) for header, rows in lists]


def _spectra(path: Path, channels: Sequence[str]) -> pd.DataFrame:
    """Return channel, bin, its lower edge, data, background and prediction."""
    number = np.tile(np.arange(_BINS), len(channels))
    frame = pd.DataFrame({"channel": np.repeat(list(channels), _BINS), "bin": number, "low": _WIDTH * number})
    for header, rows in blocks(path):
        name = header[3].partition(" [")[0]
        if name not in _COLUMNS or len(rows) != len(frame):
            raise NuanomalyError(f"{path}: a block {name!r} of {len(rows)} lines is not known")
        if not np.array_equal(rows[:, 1], np.arange(len(frame))):
            raise NuanomalyError(f"{path}: the bins of {name!r} are not in order")
        frame[_COLUMNS[name]] = rows[:, 3]
    return frame[["channel", "bin", "low", "data", "background", "prediction"]].astype({"data": "int64"})


def _covariance(path: Path, size: int) -> pd.DataFrame:
    [(_, rows)] = blocks(path)
    place = rows[:, 0] * size + rows[:, 1]
    if not np.array_equal(np.sort(place), np.arange(size**2)):
        raise NuanomalyError(f"{path}: not every pair of {size} bins is there once")
    matrix = np.empty(size**2)
    matrix[place.astype(int)] = rows[:, 2] + 0.0  # -0.0 becomes 0.0
    return pd.DataFrame(matrix.reshape(size, size), columns=[f"c{i}" for i in range(size)])
