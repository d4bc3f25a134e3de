"""SciBooNE and MiniBooNE, 1208.0322: spectra of two detectors, and the covariance in sixteen blocks."""

from pathlib import Path

import numpy as np
import pandas as pd

from importers.miniboone import Array, read
from nuanomaly.archive.errors import NuanomalyError

_FOLDER = "accelerator/miniboone_sciboone_numubardis_2012"
_DETECTORS = {"miniboone": "mb", "sciboone": "sb"}
#: Order of the components: both signs of one detector, then of the other.
_COMPONENTS = (("mb", "rs"), ("mb", "ws"), ("sb", "rs"), ("sb", "ws"))


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Parameters
    ----------
    originals : pathlib.Path
        The folder that holds ``accelerator/``.

    Raises
    ------
    NuanomalyError
        If a file has not the shape it must have.
    """
    base = originals / _FOLDER
    edges = read(base / "bins.txt", 2)
    bins = len(edges)
    frames = {name: _spectrum(base, short, edges) for name, short in _DETECTORS.items()}
    frames["prediction"] = pd.DataFrame(
        {"events": np.concatenate([frames[name]["antineutrinos"] for name in _DETECTORS])}
    )
    frames["fractional-covariance"] = _matrix(_fractional(base, bins))
    frames["total-covariance"] = _matrix(_square(base / "total_error_matrix.txt", 2 * bins))
    return frames


def _spectrum(base: Path, short: str, edges: Array) -> pd.DataFrame:
    """Return bins in GeV, data and predictions of one detector."""
    columns = {"data": "data", "antineutrinos": "rs", "neutrinos": "ws"}
    frame = pd.DataFrame({"low": edges[:, 0], "high": edges[:, 1]})
    for name, suffix in columns.items():
        values = read(base / f"{short}_{suffix}.txt", 1).ravel()
        if values.size != len(edges):
            raise NuanomalyError(f"{base / f'{short}_{suffix}.txt'}: {values.size} lines, not {len(edges)}")
        frame[name] = values
    frame["total"] = frame["antineutrinos"] + frame["neutrinos"]
    return frame


def _fractional(base: Path, bins: int) -> Array:
    """Return the fractional covariance of all components, blocks named DETECTORS_SIGNS."""
    rows = [[_square(base / f"{a}{b}_{s}{t}_frac.txt", bins) for b, t in _COMPONENTS] for a, s in _COMPONENTS]
    return np.block(rows)


def _square(path: Path, size: int) -> Array:
    matrix = read(path, size)
    if len(matrix) != size:
        raise NuanomalyError(f"{path}: {len(matrix)} lines of {size} numbers: must be square")
    return matrix


def _matrix(values: Array) -> pd.DataFrame:
    return pd.DataFrame(values, columns=[f"c{i}" for i in range(len(values))])
