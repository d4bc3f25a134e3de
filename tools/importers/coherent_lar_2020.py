"""COHERENT liquid argon, first detection, analysis A: the data release arXiv:2006.12659."""

from pathlib import Path

import numpy as np
import pandas as pd

from importers.coherent_csi_2017 import parameters
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.text import read_text

FOLDER = "cevns/coherent_lar_2020"
#: Columns of the cells, and the files with their fourth column.
CELLS = {
    "observed": "datanobkgsub.txt",
    "cevns": "cevnspdf.txt",
    "cevns_f90_plus": "cevnspdf+1sigF90.txt",
    "cevns_f90_minus": "cevnspdf-1sigF90.txt",
    "cevns_time": "cevnspdfCEvNSTimingMeanSyst.txt",
    "neutrons": "brnpdf.txt",
    "neutrons_energy_plus": "brnpdf+1sigEnergy.txt",
    "neutrons_energy_minus": "brnpdf-1sigEnergy.txt",
    "neutrons_time_plus": "brnpdf+1sigBRNTimingMean.txt",
    "neutrons_time_minus": "brnpdf-1sigBRNTimingMean.txt",
    "neutrons_width": "brnpdfBRNTimingWidthSyst.txt",
    "delayed_neutrons": "delbrnpdf.txt",
    "steady_state": "bkgpdf.txt",
}
#: Axes of the cells, in the order of the files' columns: name, half of the width, digits of the edges.
_AXES = (("energy", 5.0, 0), ("f90", 0.025, 3), ("time", 0.25, 2))
_PROJECTIONS = {"energy": "energydata1d.txt", "f90": "f90data1d.txt", "time": "timingdata1d.txt"}
_PROJECTED = ("data", "data_error", "cevns", "neutrons", "sum", "error_low", "error_high")


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Raises
    ------
    NuanomalyError
        With file and line, if an original does not look as it should.
    """
    folder = originals / FOLDER
    frames = {
        "cells": cells(folder),
        "efficiency": read_text(
            folder / "CENNS10AnlAEfficiency.txt", ("energy", "recoil_energy", "efficiency")
        ),
        "parameters": parameters(folder / "LArParametersAnlA.yaml"),
    }
    for axis, file in _PROJECTIONS.items():
        frames[f"projection-{axis}"] = read_text(folder / file, (axis, *_PROJECTED), skip=1)
    return frames


def cells(folder: Path) -> pd.DataFrame:
    """Return edges, counts and templates of all cells, the energy running slowest and the time fastest."""
    rows: pd.DataFrame | None = None
    for name, file in CELLS.items():
        frame = read_text(folder / file, (*(axis for axis, _, _ in _AXES), name))
        if rows is None:
            rows = frame
        elif not np.allclose(frame.iloc[:, :3], rows.iloc[:, :3], rtol=0.0, atol=1e-9):
            raise NuanomalyError(f"{folder / file}: has other bins than its neighbours")
        else:
            rows[name] = frame[name]
    assert rows is not None
    if (rows["observed"] != rows["observed"].round()).any():
        raise NuanomalyError(f"{folder / CELLS['observed']}: counts must be whole numbers")
    edges = {
        f"{axis}_{side}": (rows[axis] + sign * half).round(digits) + 0.0
        for axis, half, digits in _AXES
        for side, sign in (("low", -1.0), ("high", 1.0))
    }
    values = rows[list(CELLS)].astype({"observed": "int64"})
    return pd.concat([pd.DataFrame(edges), values], axis=1)
