"""COHERENT CsI[Na], full exposure: ancillary files of arXiv:2110.07730."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.text import read_text

FOLDER = "cevns/coherent_csi_2021"
#: Edges of the cells that are fitted: photo-electrons, and time in µs.
PHOTOELECTRONS = (0.0, 8.0, 12.0, 16.0, 20.0, 24.0, 32.0, 40.0, 50.0, 60.0)
TIME = (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0, 2.0, 4.0, 6.0)
_EVENTS = {"coincidence": "dataBeamOnC.txt", "anticoincidence": "dataBeamOnAC.txt"}
_NEUTRONS = {"beam": "brn", "induced": "nin"}
#: What the rows of the coefficient files are, in their order (two are called +1 sigma, the last is −1).
_SCINTILLATION = (
    "nominal",
    "component0_plus",
    "component0_minus",
    "component1_plus",
    "component1_minus",
)
_EFFICIENCY = ("nominal", "plus", "minus")


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Raises
    ------
    NuanomalyError
        With file and line, if an original does not look as it should.
    """
    folder = originals / FOLDER
    frames = {name: read_text(folder / file, ("photoelectrons", "time")) for name, file in _EVENTS.items()}
    frames["neutron-photoelectrons"] = _neutrons(folder, "PE", "photoelectrons")
    frames["neutron-times"] = _neutrons(folder, "Trec", "time")
    frames["scintillation"] = scintillation(folder / "scintRespCoefficients.txt")
    frames["efficiency"] = _coefficients(folder / "effCoefficients.txt", _EFFICIENCY, "name", tuple("abcd"))
    return {**frames, "cells": _cells(frames)}


def scintillation(path: Path) -> pd.DataFrame:
    """Return the coefficients of the scintillation response, one row per power of the recoil energy."""
    return _coefficients(path, _SCINTILLATION, "power", (1, 2, 3, 4))


def _coefficients(path: Path, rows: tuple[str, ...], name: str, places: tuple[object, ...]) -> pd.DataFrame:
    """Return the rows of a file of coefficients as columns."""
    content = read_text(path, ("a", "b", "c", "d"))
    if len(content) != len(rows):
        raise NuanomalyError(f"{path}: has {len(content)} sets of coefficients, expected {len(rows)}")
    frame = pd.DataFrame(content.to_numpy(float).T, columns=list(rows))
    frame.insert(0, name, list(places))
    return frame


def _neutrons(folder: Path, suffix: str, axis: str) -> pd.DataFrame:
    """Return the distributions of both kinds of neutrons along one axis."""
    frames = {n: read_text(folder / f"{p}{suffix}.txt", (axis, n)) for n, p in _NEUTRONS.items()}
    beam, induced = frames.values()
    if not beam[axis].equals(induced[axis]):
        raise NuanomalyError(f"{folder}: brn{suffix}.txt and nin{suffix}.txt have different bins")
    return beam.assign(induced=induced["induced"])


def _cells(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the cells: edges, counts and the neutrons' shapes; photo-electrons run slowest."""
    edges = [(a, b, c, d) for a, b in pairwise(PHOTOELECTRONS) for c, d in pairwise(TIME)]
    columns = ["photoelectrons_low", "photoelectrons_high", "time_low", "time_high"]
    cells = pd.DataFrame(edges, columns=columns)
    for name, column in (("coincidence", "observed"), ("anticoincidence", "anticoincidence")):
        events = frames[name]
        cells[column] = _counted(events)
    energy, time = frames["neutron-photoelectrons"], frames["neutron-times"]
    for kind in _NEUTRONS:
        per_pe = np.histogram(energy["photoelectrons"], PHOTOELECTRONS, weights=energy[kind])[0]
        per_time = np.histogram(time["time"], TIME, weights=time[kind])[0]
        cells[f"{kind}_neutrons"] = np.outer(per_pe, per_time).ravel()
    return cells


def _counted(events: pd.DataFrame) -> "NDArray[np.int64]":
    """Return how many events are in each cell, low ≤ value < high."""
    # numpy's last bin holds its upper edge: a bin beyond it takes that event out again
    ends = [(*axis, np.inf) for axis in (PHOTOELECTRONS, TIME)]
    content = np.histogram2d(events["photoelectrons"], events["time"], ends)[0]
    return np.asarray(content[:-1, :-1].ravel(), np.int64)
