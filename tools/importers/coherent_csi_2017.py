"""COHERENT CsI[Na], first result: the data release arXiv:1804.09459."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.text import read_text

FOLDER = "cevns/coherent_csi_2017"
#: What is compared with predictions: photo-electrons and time in µs, in bins of 2 and 0.5.
PHOTOELECTRONS, TIME = (6.0, 30.0), (0.0, 6.0)
_COUNTS = {
    "coincidence_on": "data_coincidence_beamOn.txt",
    "coincidence_off": "data_coincidence_beamOff.txt",
    "anticoincidence_on": "data_anticoincidence_beamOn.txt",
    "anticoincidence_off": "data_anticoincidence_beamOff.txt",
}
_ARRIVAL = {
    "prompt": "arrivalTimePDF_promptNeutrinos.txt",
    "delayed": "arrivalTimePDF_delayedNeutrinos.txt",
    "neutrons": "arrivalTimePDF_promptNeutrons.txt",
}
#: Live days with the beam on and off (arXiv:1804.09459).
_ON, _OFF = 308.1, 153.5
_HEADER = "Photoelectrons (PEs),Arrival time (us),Counts"


def tables(originals: Path, steady_states: bool = False) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Parameters
    ----------
    originals : pathlib.Path
    steady_states : bool
        Add two more estimates of the steady-state background to the cells, ``steady_long`` and
        ``steady_every``.

    Raises
    ------
    NuanomalyError
        With file and line, if an original does not look as it should.
    """
    folder = originals / FOLDER
    frames = {
        "counts": _same(folder, _COUNTS, ("photoelectrons", "time"), "int64"),
        "arrival": _same(folder, _ARRIVAL, ("time",), "float64"),
        "neutrons": read_text(folder / "promptPDF.txt", ("photoelectrons", "rate"), ","),
        "parameters": parameters(folder / "coherent_parameters.yaml"),
    }
    cells = _cells(frames)
    return {**frames, "cells": _with_steady_states(cells, frames["counts"]) if steady_states else cells}


def _same(folder: Path, files: dict[str, str], places: tuple[str, ...], kind: str) -> pd.DataFrame:
    """Return the last column of several files whose other columns are the same."""
    rows: pd.DataFrame | None = None
    for name, file in files.items():
        frame = _read(folder / file, (*places, name))
        if rows is None:
            rows = frame[list(places)].copy()
        if not frame[list(places)].equals(rows[list(places)]):
            raise NuanomalyError(f"{folder / file}: has other bins than its neighbours")
        if kind == "int64" and (frame[name] != frame[name].round()).any():
            raise NuanomalyError(f"{folder / file}: counts must be whole numbers")
        rows[name] = frame[name].astype(int) if kind == "int64" else frame[name]
    assert rows is not None
    return rows


def _read(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read numbers; some of the files have a header and some not."""
    try:
        with path.open(encoding="utf-8") as stream:
            first = stream.readline().strip()
    except OSError as error:
        raise NuanomalyError(f"{path}: cannot be read ({error.strerror})") from None
    return read_text(path, columns, ",", skip=1 if first == _HEADER else 0)


def parameters(path: Path) -> pd.DataFrame:
    """Return name, value, errors and unit of what a parameter file of the collaboration holds.

    Entries of several parameters are named ENTRY_PARAMETER; errors that the file calls negligible are zero.

    Raises
    ------
    NuanomalyError
        If an entry has neither a value nor parameters.
    """
    try:
        entries: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise NuanomalyError(f"{path}: cannot be read ({error})") from None
    rows = []
    for entry, content in entries.items():
        parts = content.get("parameters", [content] if "value" in content else [])
        if not parts and "comment" not in content:
            raise NuanomalyError(f"{path}: {entry} has neither value nor parameters")
        for part in parts:
            name = f"{entry}_{part['name']}" if "parameters" in content else entry
            both = part.get("uncertainty", part.get("uncertainty_stat", 0.0))
            plus, minus = part.get("error_hi", both), part.get("error_lo", both)
            rows.append(
                {
                    "name": name,
                    "value": float(part["value"]),
                    "plus": 0.0 if plus == "negligible" else float(plus),
                    "minus": 0.0 if minus == "negligible" else float(minus),
                    "unit": str(part.get("units", "none")),
                }
            )
    return pd.DataFrame(rows)


def _cells(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the cells of the fit: edges, counts, and the expected prompt neutrons."""
    counts, arrival = frames["counts"], frames["arrival"]
    low, early = counts["photoelectrons"] - 1.0, counts["time"] - 0.25
    inside = (low >= PHOTOELECTRONS[0]) & (low < PHOTOELECTRONS[1]) & (early >= TIME[0]) & (early < TIME[1])
    cells = pd.DataFrame(
        {
            "photoelectrons_low": low[inside],
            "photoelectrons_high": low[inside] + 2.0,
            "time_low": early[inside],
            "time_high": early[inside] + 0.5,
            "observed": counts["coincidence_on"][inside],
            "anticoincidence": counts["anticoincidence_on"][inside],
        }
    ).reset_index(drop=True)
    seen = _seen_neutrons(frames)
    per_pe = [
        seen[(at > a) & (at < b)].sum()
        for at in (frames["neutrons"]["photoelectrons"],)
        for a, b in zip(cells["photoelectrons_low"], cells["photoelectrons_high"], strict=True)
    ]
    part = arrival.set_index("time")["neutrons"]
    share = [float(part[t + 0.25]) for t in cells["time_low"]]
    # twelve digits: the same on every machine, whatever its exponential function
    cells["neutrons"] = [float(f"{a * b:.12g}") for a, b in zip(per_pe, share, strict=True)]
    return cells


def _seen_neutrons(frames: dict[str, pd.DataFrame]) -> "pd.Series[float]":
    """Return the prompt neutrons of the whole exposure per photo-electron, after the acceptance."""
    value = frames["parameters"].set_index("name")["value"]
    at = frames["neutrons"]["photoelectrons"]
    a, k, x0 = (value[f"acceptanceEfficiency_{name}"] for name in ("a", "k", "x_0"))
    step = np.where(at < 5.0, 0.0, np.where(at < 6.0, 0.5, 1.0))
    acceptance = step * a / (1.0 + np.exp(-k * (at - x0)))
    return frames["neutrons"]["rate"].mul(value["beamExposure"] * acceptance)


def _with_steady_states(cells: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with two estimates of the steady state, photo-electrons and time independent.

    ``steady_long``: counts before the pulse, beam on, at all times; exponential in time. ``steady_every``:
    with them those of the beam off, before the pulse and in coincidence, in the times of the cells, scaled
    to the days of beam.
    """
    inside = (counts["photoelectrons"] > PHOTOELECTRONS[0]) & (counts["photoelectrons"] < PHOTOELECTRONS[1])
    kept = counts[inside]
    on = kept.groupby("time")["anticoincidence_on"].sum()
    every = kept[["anticoincidence_on", "anticoincidence_off", "coincidence_off"]].sum(axis=1)
    every = (every * (_ON / (_ON + 2.0 * _OFF)))[kept["time"] < TIME[1]]
    early = kept[kept["time"] < TIME[1]]
    estimates = {
        "steady_long": (
            kept.groupby("photoelectrons")["anticoincidence_on"].sum(),
            pd.Series(_exponential(on.index.to_numpy(float), on.to_numpy(float)), on.index),
        ),
        "steady_every": (every.groupby(early["photoelectrons"]).sum(), every.groupby(early["time"]).sum()),
    }
    place, time = cells["photoelectrons_low"] + 1.0, cells["time_low"] + 0.25
    return cells.assign(
        **{
            # twelve digits: the same on every machine
            name: [
                float(f"{x:.12g}")
                for x in light.reindex(place).to_numpy() * late.reindex(time).to_numpy() / light.sum()
            ]
            for name, (light, late) in estimates.items()
        }
    )


def _exponential(time: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the counts of the exponential that is most likely, with the same sum and mean time."""
    mean, rate = float((counts * time).sum() / counts.sum()), 0.0
    for _ in range(50):
        weight = np.exp(-rate * time)
        weight /= weight.sum()
        own = float((weight * time).sum())
        rate += (own - mean) / float((weight * (time - own) ** 2).sum())
    return np.asarray(counts.sum() * weight)
