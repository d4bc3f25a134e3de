"""XENONnT, ionisation only: 3 × 7 bins of the S2 signal, backgrounds, response to nuclear recoils."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nuanomaly.archive import hdf5, yamlio
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.text import csv_rows, read_csv, read_text

FOLDER = "cevns/xenonnt_s2only_2026"
RUNS = (0, 1, 2)
BINS = 7
_NUMBERED = [f"s2_bin_{k}" for k in range(BINS)]
#: Names of the backgrounds in the files, and in the archive.
_BACKGROUNDS = {"cathode": "cathode", "de": "delayed", "ae": "accidental"}
#: Charge yield of recoils, in standard deviations, whose responses are taken in.
_YIELDS = {"0": "efficiency", "1": "efficiency_plus", "-1": "efficiency_minus"}
#: Spectrum of ⁸B, as the release neutrino-fog has it.
_SPECTRUM = Path("cevns", "neutrino_fog", "data", "neutrinos", "normalised", "8B.txt")
_DIGITS = 12


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Raises
    ------
    NuanomalyError
        With the file, if an original does not look as it should.
    """
    folder = originals / FOLDER
    model = yamlio.read(folder / "s2_only_statistical_model.yaml")["parameter_definition"]
    exposures = {run: float(model[f"livetime_sr{run}"]["nominal_value"]) for run in RUNS}
    events = pd.concat([_events(folder / f"observed_sr{run}.csv", run) for run in RUNS], ignore_index=True)
    cells = pd.concat([_cells(folder, run, exposures[run], events) for run in RUNS], ignore_index=True)
    for run in RUNS:
        for name in _BACKGROUNDS.values():
            column = np.where(cells["run"] == run, cells[name], 0.0)
            if column.sum() > 1e-6:
                cells[f"{name}_sr{run}"] = column
                if name == "cathode":
                    for side in ("plus", "minus"):
                        cells[f"{name}_sr{run}_{side}"] = np.where(
                            cells["run"] == run, cells[f"cathode_{side}"], 0.0
                        )
        error = float(model[f"signal_efficiency_sr{run}"]["uncertainty"])
        cells[f"efficiency_sr{run}"] = np.where(cells["run"] == run, error, 0.0)
    cells = cells.drop(columns=["cathode_plus", "cathode_minus"])
    return {
        "events": events,
        "cells": cells,
        "exposure": pd.DataFrame({"run": RUNS, "exposure": list(exposures.values())}),
        "recoils": pd.concat([_recoils(folder / "response", run) for run in RUNS], ignore_index=True),
        "spectrum": read_text(originals / _SPECTRUM, ["energy", "spectrum"], ","),
        "uncertainties": pd.DataFrame(
            [(name, float(model[f"{key}_rate_multiplier"]["uncertainty"])) for name, key in _rates(model)],
            columns=["what", "relative"],
        ),
    }


def _rates(model: dict[str, object]) -> list[tuple[str, str]]:
    """Return the rates that have an uncertainty: name here, and key there."""
    known = [(f"{new}-sr{run}", f"{old}_sr{run}") for old, new in _BACKGROUNDS.items() for run in RUNS]
    return [("cevns", "cevns"), *((n, k) for n, k in known if f"{k}_rate_multiplier" in model)]


def _events(path: Path, run: int) -> pd.DataFrame:
    frame = read_csv(path, {"cs2_wo_elifecorr_pe": "cs2"})
    frame.insert(0, "run", run)
    return frame


def _cells(folder: Path, run: int, exposure: float, events: pd.DataFrame) -> pd.DataFrame:
    """Return counts and expectations of a run's bins; expectations are given per tonne and year."""
    path = folder / f"background_sr{run}.csv"
    rows = {row["background"]: np.array([float(row[k]) for k in _NUMBERED]) for row in csv_rows(path)}
    if set(rows) != {"cevns", *_BACKGROUNDS}:
        raise NuanomalyError(f"{path}: has the rows {sorted(rows)}")
    edges = np.linspace(80.0, 500.0, BINS + 1)
    own = events.loc[events["run"] == run, "cs2"].to_numpy(float)
    counts, _ = np.histogram(own, edges)
    if counts.sum() != own.size:
        raise NuanomalyError(
            f"{folder}: {own.size - counts.sum()} events of run {run} lie outside of all bins"
        )
    frame = pd.DataFrame({"run": run, "cs2_low": edges[:-1], "cs2_high": edges[1:], "observed": counts})
    frame["cevns"] = _rounded(rows["cevns"] * exposure)
    up, down = (_template(folder, run, f"cevns_tqy_{pull}") for pull in ("1", "-1"))
    frame["yield_effect"] = _rounded(0.5 * (up - down) / rows["cevns"])
    for old, new in _BACKGROUNDS.items():
        frame[new] = _rounded(np.where(rows[old] > 1e-9, rows[old] * exposure, 0.0))
    for side, pull in (("plus", "1"), ("minus", "-1")):
        frame[f"cathode_{side}"] = _rounded(_template(folder, run, f"cathode_tsys_{pull}") * exposure)
    return frame


def _template(folder: Path, run: int, name: str) -> NDArray[np.float64]:
    path = folder / "templates" / f"science_roi_background_sr{run}_template_{name}_1d.h5"
    values = hdf5.read(path, "templates/template").ravel()
    if values.size != BINS:
        raise NuanomalyError(f"{path}: has {values.size} bins, expected {BINS}")
    return values


def _recoils(folder: Path, run: int) -> pd.DataFrame:
    """Return the part of recoils of each energy that is seen in each bin, at three charge yields."""
    frames = {}
    for pull, column in _YIELDS.items():
        wide = read_csv(
            folder / f"response_nr_tqy_{pull}_sr{run}.csv",
            {"energy_kev": "energy", **{k: k for k in _NUMBERED}},
        )
        frames[column] = wide.melt("energy", _NUMBERED, "bin", column)
    rows = frames["efficiency"]
    for column, frame in frames.items():
        if not frame["energy"].equals(rows["energy"]):
            raise NuanomalyError(f"{folder}: recoil energies of run {run} differ between charge yields")
        rows[column] = frame[column]
    rows["bin"] = rows["bin"].str.removeprefix("s2_bin_").astype("int64")
    rows.insert(0, "run", run)
    return rows.sort_values(["run", "energy", "bin"], ignore_index=True)


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [float(f"{x:.{_DIGITS}g}") for x in values]
