"""MiniBooNE νe appearance releases: text files of counts, covariances, simulated events, surfaces, contours.

No file but the 2020 surfaces has a header, so what a column is stands here: events are E_reco [MeV],
E_true [MeV], L [cm], weight; surfaces Δm², sin²2θ, −2 ln L with the loops in either order; contours
sin²2θ, Δm².
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError

Array = NDArray[np.float64]
Files = Mapping[str, Any]


def tables(
    originals: Path,
    *,
    folder: str,
    nue: Mapping[str, Files],
    numu: Mapping[str, Files],
    covariances: Mapping[str, str],
    events: Mapping[str, Files],
    surfaces: Mapping[str, Files],
    contours: Mapping[str, Files] | None = None,
) -> dict[str, pd.DataFrame]:
    """Return the tables of a release.

    Parameters
    ----------
    originals : pathlib.Path
    folder : str
        Folder below ``originals`` that the files below are in.
    nue, numu, covariances, events, surfaces, contours : mappings
        Table name to its file or files.

    Raises
    ------
    NuanomalyError
        If a file does not have the shape or the grid it must have.
    """
    base = originals / folder
    frames = {name: _nue(base, files) for name, files in nue.items()}
    frames |= {name: _numu(base, files) for name, files in numu.items()}
    frames |= {name: _covariance(base / file) for name, file in covariances.items()}
    frames |= {name: _events(base, files) for name, files in events.items()}
    frames |= {name: _surface(base, files) for name, files in surfaces.items()}
    frames |= {name: _contours(base, files) for name, files in (contours or {}).items()}
    return frames


def read(path: Path, columns: int | None = None, header: int = 0) -> Array:
    """Return the numbers of a text file, shape (rows, columns); float64 exactly as written."""
    try:
        numbers = np.loadtxt(path, ndmin=2, skiprows=header)
    except OSError:
        raise NuanomalyError(f"{path}: the file is missing: give the folder that holds it") from None
    except ValueError as error:
        raise NuanomalyError(f"{path}: {error}") from None
    if columns is not None and numbers.shape[1] != columns:
        raise NuanomalyError(f"{path}, line {header + 1}: {numbers.shape[1]} columns, expected {columns}")
    return numbers


def _line(path: Path, size: int | None = None) -> Array:
    numbers = read(path).ravel()
    if size is not None and numbers.size != size:
        raise NuanomalyError(f"{path}, line 1: {numbers.size} numbers, expected {size}")
    return numbers


def _nue(base: Path, files: Files) -> pd.DataFrame:
    edges = _line(base / files["edges"])
    size = edges.size - 1
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "data": _line(base / files["data"], size),
            "background": _line(base / files["background"], size),
        }
    )


def _numu(base: Path, files: Files) -> pd.DataFrame:
    data = _line(base / files["data"])
    prediction = _line(base / files["prediction"], data.size)
    return pd.DataFrame({"bin": np.arange(data.size), "data": data, "prediction": prediction})


def _covariance(path: Path) -> pd.DataFrame:
    matrix = read(path)
    if matrix.shape[0] != matrix.shape[1]:
        raise NuanomalyError(f"{path}: {matrix.shape[0]} lines of {matrix.shape[1]} numbers: must be square")
    return pd.DataFrame(matrix, columns=[f"c{i}" for i in range(len(matrix))])


def _events(base: Path, files: Files) -> pd.DataFrame:
    """Return events; with ``antineutrinos``, marked by whether that second file has them too."""
    names = ["energy_reconstructed", "energy_true", "baseline", "weight"]
    path = base / files["file"]
    frame = pd.DataFrame(read(path, 4), columns=names)
    if "antineutrinos" not in files:
        return frame
    part = pd.DataFrame(read(base / files["antineutrinos"], 4), columns=names)
    # An event is known by its three measured numbers, which are unique; its weight differs between the files.
    key = names[:3]
    if frame.duplicated(key).any() or part.duplicated(key).any():
        raise NuanomalyError(f"{path}: two events have equal energies and baseline")
    both = frame.merge(
        part.rename(columns={"weight": "weight_antineutrino"}), on=key, how="left", validate="1:1"
    )
    both["wrong_sign"] = both["weight_antineutrino"].isna()
    shared = int((~both["wrong_sign"]).sum())
    if shared != len(part):
        raise NuanomalyError(
            f"{base / files['antineutrinos']}: {len(part)} events, only {shared} of them are in {path.name}: "
            "it must be a part of it"
        )
    return both.fillna({"weight_antineutrino": 0.0})


def _surface(base: Path, files: Files) -> pd.DataFrame:
    """Return a surface, Δm² ascending in the outer loop and sin²2θ in the inner one."""
    path = base / files["file"]
    numbers = read(path, 3, int(files.get("header", 0)))
    frame = pd.DataFrame(numbers, columns=["dm2", "sin2_2theta", "minus_2lnL"])
    if "effective" in files:
        other = read(base / files["effective"], 3)
        if other.shape != numbers.shape or not np.array_equal(other[:, :2], numbers[:, :2]):
            raise NuanomalyError(f"{base / files['effective']}: has other points than {path.name}")
        frame["effective_chi2"] = other[:, 2]
    frame = frame.sort_values(["dm2", "sin2_2theta"], ignore_index=True)
    for position, column in enumerate(("dm2", "sin2_2theta")):
        printed, place = np.unique(frame[column].to_numpy(), return_inverse=True)
        frame.insert(2 + position, f"{column}_fit", fit_grid(printed, f"{path}: {column}")[place])
    if len(frame) != frame["dm2"].nunique() * frame["sin2_2theta"].nunique():
        raise NuanomalyError(f"{path}: {len(frame)} points are no complete grid")
    return frame


def fit_grid(printed: Array, where: str = "") -> Array:
    """Return the coordinates that the values of a surface belong to.

    The files name the centres of histogram bins. The edges of those bins are the midpoints between the
    points of a logarithmic grid g, so that all printed coordinates but the first and the last are
    (g_{k−1} + 2 g_k + g_{k+1}) / 4 instead of g_k, which is 0.05 % more. The grid is undone here, and
    that the printed numbers follow from it is checked to their last digit.

    Parameters
    ----------
    printed : array, shape (n,)
        Ascending coordinates as printed.

    Returns
    -------
    array, shape (n,)
        g, rounded to twelve digits so that it is the same on every machine.

    Raises
    ------
    NuanomalyError
        If the printed coordinates are not the bin centres of such a grid.

    Examples
    --------
    >>> fit_grid(np.array([1.0, 12.100, 100.0]) / 1.0, "three")
    Traceback (most recent call last):
    ...
    nuanomaly.archive.errors.NuanomalyError: three: 12.1 is not the centre of a bin around 10: ...
    >>> fit_grid(np.array([0.01, 0.3025, 1.0])).tolist()
    [0.01, 0.1, 1.0]
    """
    steps = np.arange(printed.size) / (printed.size - 1)
    grid = np.array([float(f"{g:.12g}") for g in printed[0] * (printed[-1] / printed[0]) ** steps])
    centres = grid.copy()
    centres[1:-1] = (grid[:-2] + 2.0 * grid[1:-1] + grid[2:]) / 4.0
    # Printed with six digits behind the point (2018), six digits (2020) or eight behind the point (2012).
    wrong = np.flatnonzero(np.abs(centres - printed) > np.maximum(6e-7, 6e-6 * printed))
    if wrong.size:
        raise NuanomalyError(
            f"{where}: {printed[wrong[0]]:g} is not the centre of a bin around {grid[wrong[0]]:g}: "
            "the grid is another one than in the known releases"
        )
    return grid


def _contours(base: Path, files: Files) -> pd.DataFrame:
    """Return contours one behind the other, the points of each in the order of the file."""
    parts = []
    for level, file in files.items():
        numbers = read(base / file, 2)
        parts.append(pd.DataFrame({"level": str(level), "dm2": numbers[:, 1], "sin2_2theta": numbers[:, 0]}))
    return pd.concat(parts, ignore_index=True)
