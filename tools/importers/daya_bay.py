"""Daya Bay's spectra: the supplements of arXiv:1610.04802 (1230 days) and arXiv:2211.14988 (3158 days)."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from importers._daya_bay_pulls import Site, pulls
from importers._detected import detected
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.text import csv_rows, read_text

RECENT = "reactor/dayabay_3158d_2211.14988"
FIRST = "reactor/dayabay_1230d_1610.04802"
EVOLUTION = "reactor/dayabay_evolution_1704.01082_suppl/flux_data.dat"
GEOMETRY = "reactor/dayabay_geometry/dayabay_ad_reactor.csv"
EXPOSURES = "reactor/globesfit_spectra_common/dayabay_detectors.csv"
HALLS = ("EH1", "EH2", "EH3")
PERIODS = ("6AD", "8AD", "7AD")
CORES = ("D1", "D2", "L1", "L2", "L3", "L4")
#: Bins of true and of reconstructed energy of the released matrix: from 0 to 12 MeV.
FINE, STEP = 240, 0.05
#: Prompt energy is antineutrino energy less this, in MeV (recoil of the neutron neglected).
SHIFT = 0.782
_BACKGROUNDS = ("accidental", "alpha_n", "am_c", "li_he", "fast_neutron")


def tables(originals: Path, days: str) -> dict[str, pd.DataFrame]:
    """Return the tables of a release.

    Parameters
    ----------
    originals : pathlib.Path
        The folder that holds ``reactor/dayabay_…``.
    days : {"1230", "3158"}
        Which measurement.

    Raises
    ------
    NuanomalyError
        With file and line, if an original does not look as it should.
    """
    builders: dict[str, Callable[[Path], dict[str, pd.DataFrame]]] = {"1230": _first, "3158": _recent}
    if days not in builders:
        raise UnknownNameError("measurement", days, builders)
    return builders[days](originals)


def _recent(originals: Path) -> dict[str, pd.DataFrame]:
    folder = originals / RECENT
    parts = []
    for hall in HALLS:
        names = ("energy_low", "energy_high", "energy", *(f"observed_{p}" for p in PERIODS))
        path = folder / f"DayaBay_IBDPromptSpectrum_{hall}_3158days.txt"
        spectrum = read_text(path, (*names, *(f"predicted_{p}" for p in PERIODS)))
        names = ("energy_low", "energy_high", "energy", "background", *_BACKGROUNDS)
        other = folder / f"DayaBay_BackgroundSpectrum_{hall}_3158days.txt"
        backgrounds = read_text(other, names)
        if len(backgrounds) != len(PERIODS) * len(spectrum):
            raise NuanomalyError(f"{other}: has {len(backgrounds)} rows for {len(spectrum)} bins")
        for k, period in enumerate(PERIODS):
            own = backgrounds.iloc[k * len(spectrum) : (k + 1) * len(spectrum)].reset_index(drop=True)
            frame = spectrum[["energy_low", "energy_high"]].copy()
            frame.insert(0, "site", f"{hall}-{period}")
            frame["observed"] = spectrum[f"observed_{period}"]
            frame["predicted"] = spectrum[f"predicted_{period}"]
            parts.append(pd.concat([frame, own[["background", *_BACKGROUNDS]]], axis=1))
    spectra = pd.concat(parts, ignore_index=True)
    detectors = csv_rows(originals / GEOMETRY)
    baselines = pd.concat(
        [
            _site(
                f"{hall}-{period}", [d for d in detectors if d["hall"] == hall and d[f"in_{period}"] == "1"]
            )
            for hall in HALLS
            for period in PERIODS
        ],
        ignore_index=True,
    )
    common = _common(originals, spectra, baselines, "predicted")
    common.pop("reconstruction")
    return {"spectra": spectra, "baselines": baselines, **common, **_correlation(folder)}


def _first(originals: Path) -> dict[str, pd.DataFrame]:
    folder, parts = originals / FIRST, []
    names = ("energy_low", "energy_high", "energy", "observed", "predicted", "unoscillated", "background")
    for hall in HALLS:
        frame = read_text(folder / f"Data{hall}.dat", (*names, *_BACKGROUNDS), separator=",")
        for name in ("predicted", "unoscillated"):  # they hold the backgrounds, as the observed counts do
            frame[name] -= frame["background"]
        frame = frame.drop(columns="energy")
        frame.insert(0, "site", hall)
        parts.append(frame)
    spectra = pd.concat(parts, ignore_index=True)
    exposure = {row["detector"]: row for row in csv_rows(originals / EXPOSURES)}
    detectors = csv_rows(originals / GEOMETRY)
    for row in detectors:  # exposures of this measurement: the last detectors came later
        row["efficiency_mu_x_mult"] = exposure[row["detector"]]["norm"]
        row["exposure"] = exposure[row["detector"]]["power"]
    baselines = pd.concat(
        [_site(hall, [d for d in detectors if d["hall"] == hall]) for hall in HALLS], ignore_index=True
    )
    entries = [f"c{k}" for k in range(26)]
    covariance = read_text(folder / "NeutrinoCovMatrix.dat", entries, separator=",")
    common = _common(originals, spectra, baselines, "unoscillated")
    return {"spectra": spectra, "baselines": baselines, "antineutrino-covariance": covariance, **common}


def _site(site: str, detectors: list[dict[str, str]]) -> pd.DataFrame:
    """Return the distances of a site's detectors to all cores; strength is mass × efficiency × exposure."""
    rows = []
    for detector in detectors:
        strength = float(detector["target_kg"]) * float(detector["efficiency_mu_x_mult"])
        strength *= float(detector.get("exposure", "1"))
        for core in CORES:
            rows.append((site, detector["detector"], core, float(detector[f"L_{core}_m"]), 0.0, strength))
    return pd.DataFrame(rows, columns=["site", "detector", "core", "baseline", "half_length", "strength"])


def _common(
    originals: Path, spectra: pd.DataFrame, baselines: pd.DataFrame, signal: str
) -> dict[str, pd.DataFrame]:
    """Return what both likelihoods need: spectrum, matrix, pulls."""
    names = tuple(f"t{k}" for k in range(FINE))
    matrix = read_text(originals / FIRST / "ReconstructMatrix.dat", names, separator=",")
    low = np.round(STEP * np.arange(FINE), 6)
    high = np.round(low + STEP, 6)
    names = ("low", "high", "pu239", "u235", "u238", "pu241", "yield")
    shares = read_text(originals / EVOLUTION, names)[["u235", "u238", "pu239", "pu241"]].mean()
    flux = detected(originals, {str(k): float(v) for k, v in shares.items()}, low + SHIFT, high + SHIFT)
    energies = pd.DataFrame({"energy_low": low, "energy_high": high, "spectrum": flux})
    first = spectra[spectra["site"] == spectra["site"].iloc[0]]
    edges = np.append(first["energy_low"], first["energy_high"].iloc[-1])
    place = np.round(edges / STEP).astype(int)
    if np.abs(place * STEP - edges).max() > 1e-9:
        raise NuanomalyError(
            f"{originals / FIRST}: the bins of the spectra are not sums of those of the matrix"
        )
    entries = matrix.to_numpy(float)
    rebinned = np.add.reduceat(entries, place[:-1], axis=0)
    if place[-1] < FINE:
        rebinned[-1] = entries[place[-2] : place[-1]].sum(axis=0)
    sites = [
        Site(str(name), part[signal].to_numpy(float), baselines[baselines["site"] == name])
        for name, part in spectra.groupby("site", sort=False)
    ]
    declared, effects = pulls(sites, edges, entries @ flux, STEP)
    return {
        "energies": energies,
        "reconstruction": matrix,
        "migration": pd.DataFrame(rebinned, columns=matrix.columns),
        "pulls": declared,
        "pull-effects": effects,
    }


def _correlation(folder: Path) -> dict[str, pd.DataFrame]:
    """Return uncertainty and correlation of the unfolded spectrum, whose file has a header without #."""
    path = folder / "DayaBay_CorrMat_arXiv_1607.05378.txt"
    names = [f"c{k}" for k in range(26)]
    columns = ["energy_low", "energy", "energy_high", "relative_uncertainty", *names]
    try:
        _, *lines = path.read_text("utf-8").splitlines()
        rows = [[float(word) for word in line.split()] for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise NuanomalyError(f"{path}: cannot be read ({error})") from None
    frame = pd.DataFrame(rows, columns=columns)
    bins = frame[["energy_low", "energy_high", "relative_uncertainty"]]
    return {"antineutrino-uncertainty": bins, "antineutrino-correlation": frame[names]}
