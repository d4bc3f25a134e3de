"""RENO and NEOS, arXiv:2011.00896: both unfolded spectra, and what RENO makes expect at NEOS."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from importers import _globesfit
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.text import csv_rows, read_csv

FOLDER = "reactor/reno_neos_2020_unfolded"
COMMON = "reactor/globesfit_spectra_common"
#: Half of the distances that are seen, in m: one core and a detector at NEOS, a row of six cores at RENO.
HALF_LENGTHS = {"neos": 1.5, "reno": 100.0}
_ROWS = {"neos": ("NEOS", "-", "NEOSF"), "reno": ("RENO", "ND", "RENO_ND_F")}
Array = NDArray[np.float64]


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Parameters
    ----------
    originals : pathlib.Path
        The folder that holds ``reactor/reno_neos_2020_unfolded`` and its neighbours.

    Raises
    ------
    NuanomalyError
        With file and line, if an original does not look as it should.
    """
    folder = originals / FOLDER
    columns = {
        "Enu_lo_MeV": "energy_low",
        "Enu_mid_MeV": "energy",
        "Enu_hi_MeV": "energy_high",
        "content": "content",
    }
    spectra = {n: read_csv(folder / f"{n}_spectrum.csv", columns).drop(columns="energy") for n in _ROWS}
    covariances = {n: _matrix(folder / f"{n}_covariance.csv", len(spectra[n])) for n in _ROWS}
    shares = {row["detector"]: row for row in csv_rows(originals / COMMON / "fission_fractions.csv")}
    common = _common(originals, spectra, covariances, shares)
    return {
        **{f"{name}-spectrum": frame for name, frame in spectra.items()},
        **{f"{name}-covariance": frame for name, frame in covariances.items()},
        "fission-shares": pd.DataFrame(
            [
                {
                    "site": name,
                    **{f"f_{i.lower()}": float(shares[row[2]][f"f_{i}"]) for i in _globesfit.ISOTOPES},
                }
                for name, row in _ROWS.items()
            ]
        ),
        "baselines": _baselines(originals / COMMON / "detector_setup.csv"),
        **common,
    }


def _matrix(path: Path, size: int) -> pd.DataFrame:
    rows = csv_rows(path)
    frame = pd.DataFrame([[float(word) for word in row.values()] for row in rows])
    if frame.shape != (size, size):
        raise NuanomalyError(f"{path}: is {frame.shape[0]} × {frame.shape[1]} for {size} bins")
    return frame.set_axis([f"c{k}" for k in range(size)], axis=1)


def _baselines(path: Path) -> pd.DataFrame:
    """Return the distances; read by line, because later cells of the file have bare commas."""
    rows = []
    for name, (experiment, detector, _) in _ROWS.items():
        texts = [
            line.split(",")[2]
            for line in path.read_text("utf-8").splitlines()
            if line.startswith(f"{experiment},{detector},")
        ]
        if len(texts) != 1:
            raise NuanomalyError(f"{path}: has {len(texts)} lines for {experiment},{detector}, one is needed")
        rows.append((name, float(texts[0]), HALF_LENGTHS[name], 1.0))
    return pd.DataFrame(rows, columns=["site", "baseline", "half_length", "strength"])


def _common(
    originals: Path,
    spectra: dict[str, pd.DataFrame],
    covariances: dict[str, pd.DataFrame],
    shares: dict[str, dict[str, str]],
) -> dict[str, pd.DataFrame]:
    """Return NEOS beside what RENO makes expect, and the covariance of the difference."""
    neos, reno = spectra["neos"], spectra["reno"].iloc[: len(spectra["neos"])]
    if not neos[["energy_low", "energy_high"]].equals(reno[["energy_low", "energy_high"]]):
        raise NuanomalyError(f"{originals / FOLDER}: the bins of NEOS are not the first ones of RENO")
    middle = 0.5 * (neos["energy_low"] + neos["energy_high"]).to_numpy(float)
    fluxes = _globesfit.flux(originals, "")
    emitted = {
        name: sum(
            float(shares[row[2]][f"f_{i}"]) * np.interp(middle, fluxes["energy"], fluxes[i.lower()])
            for i in _globesfit.ISOTOPES
        )
        for name, row in _ROWS.items()
    }
    ratio: Array = np.asarray(emitted["neos"] / emitted["reno"], float)
    measured, reference = neos["content"].to_numpy(float), reno["content"].to_numpy(float)
    scale = measured.sum() / (reference * ratio).sum()
    factor = scale * ratio
    size = len(neos)
    total = covariances["neos"].to_numpy(float) + factor[:, None] * (
        covariances["reno"].to_numpy(float)[:size, :size] * factor
    )
    expected = neos[["energy_low", "energy_high"]].assign(
        measured=measured, fuel_ratio=ratio, expected=reference * factor
    )
    sites = pd.DataFrame({"site": np.repeat(list(_ROWS), size), "one": np.ones(2 * size)})
    return {
        "neos-expected": expected,
        "covariance": pd.DataFrame(total, columns=covariances["neos"].columns),
        "probabilities": sites,
    }
