"""IceCube: Δ(−2lnL) and Bayes factors over the parameters of a sterile neutrino, stable or decaying.

The files are lists of points in no order. The list of eight years (HE-Sterile-8year-data-release of the
collaboration) lacks a few points of its grid and holds one of exactly zero mixing; the list with a decay
coupling (Unstable_Sterile_Neutrino_Release) is complete and has three neutrinos in its first line.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.text import read_text

EIGHT_YEARS = "accelerator/icecube_sterile_8yr_2020"
UNSTABLE = "accelerator/icecube_unstable_sterile_2022"
_STABLE = ("sin2_2theta_24", "dm2_41")
_DECAYING = ("dm2_41", "sin2_2theta_24", "g2")
#: From this sin²2θ on the eight-year list has nearly all points of its grid; below, a fifth of them.
_COMPLETE_FROM = 0.0025
#: The largest share of that grid that neighbours may stand in for (the file lacks ten of 4644).
_MISSING = 0.01
_NULL = re.compile(r"three neutrino -2 Delta LLH\s*=\s*(\S+)")


def tables(originals: Path, *, which: str) -> dict[str, pd.DataFrame]:
    """Return the tables of the stable (``eight-years``) or the decaying (``unstable``) sterile neutrino.

    Raises
    ------
    NuanomalyError
        With file and line, if an original does not look as it should.
    """
    if which == "eight-years":
        return _eight_years(originals / EIGHT_YEARS)
    if which == "unstable":
        return _unstable(originals / UNSTABLE)
    raise NuanomalyError(f"there is no list of IceCube called {which!r}: it is eight-years or unstable")


def _eight_years(folder: Path) -> dict[str, pd.DataFrame]:
    path = folder / "2DLLHValues.txt"
    points = _sorted(read_text(path, (*_STABLE, "delta")), ["dm2_41", "sin2_2theta_24"])
    bayes = _sorted(
        read_text(folder / "BayesFactorValues.txt", (*_STABLE, "log_bayes_factor")), [*_STABLE[::-1]]
    )
    _refuse_twice(path, points, _STABLE)
    return {"points": points, "surface": _completed(path, points), "bayes-factors": bayes}


def _completed(path: Path, points: pd.DataFrame) -> pd.DataFrame:
    """Return the grid without its sparse part, the missing points read between their neighbours."""
    inside = points[(points["sin2_2theta_24"] >= _COMPLETE_FROM) & (points["dm2_41"] > 0.0)]
    grid = inside.pivot(index="dm2_41", columns="sin2_2theta_24", values="delta")
    amplitude = np.log10(grid.columns.to_numpy(float))
    values = grid.to_numpy(float, copy=True)
    missing = np.isnan(values)
    if missing.mean() > _MISSING:
        raise NuanomalyError(
            f"{path}: {missing.sum()} of {missing.size} points of the grid are missing: too many"
        )
    for i in np.flatnonzero(missing.any(axis=1)):
        there = ~missing[i]
        # at the ends of a row the nearest point stands in: np.interp does not extrapolate
        values[i, ~there] = np.interp(amplitude[~there], amplitude[there], values[i, there])
    rows, columns = np.indices(values.shape)
    return pd.DataFrame(
        {
            "dm2_41": grid.index.to_numpy(float)[rows.ravel()],
            "sin2_2theta_24": grid.columns.to_numpy(float)[columns.ravel()],
            "delta": values.ravel(),
            "released": ~missing.ravel(),
        }
    )


def _unstable(folder: Path) -> dict[str, pd.DataFrame]:
    path = folder / "LLH.txt"
    first = path.read_text("utf-8").partition("\n")[0]
    match = _NULL.search(first)
    if not match:
        raise NuanomalyError(f"{path}, line 1: does not give −2ΔLLH of three neutrinos")
    points = _sorted(read_text(path, (*_DECAYING, "delta")), list(_DECAYING))
    bayes = _sorted(
        read_text(folder / "BayesFactor.txt", (*_DECAYING, "log10_bayes_factor")), list(_DECAYING)
    )
    _refuse_twice(path, points, _DECAYING)
    null = pd.DataFrame({"delta": [float(match.group(1))]})
    return {"surface": points, "three-neutrinos": null, "bayes-factors": bayes}


def _sorted(frame: pd.DataFrame, axes: list[str]) -> pd.DataFrame:
    rest = [name for name in frame.columns if name not in axes]
    return frame[[*axes, *rest]].sort_values(axes, ignore_index=True)


def _refuse_twice(path: Path, points: pd.DataFrame, axes: Sequence[str]) -> None:
    twice = points.duplicated(list(axes))
    if twice.any():
        raise NuanomalyError(f"{path}: the point {points[twice].iloc[0][list(axes)].to_dict()} stands twice")
