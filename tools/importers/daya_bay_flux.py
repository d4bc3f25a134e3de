"""Daya Bay's yields by fuel composition and spectra by isotope, ancillary files of arXiv:2501.00746."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from importers._daya_bay_release import FOLDER as RELEASE
from importers._daya_bay_release import Files
from importers._huber_mueller import uncertainties
from importers._inverse_beta_decay import total
from importers.daya_bay_full import core_exposure, huber_mueller
from nuanomaly.archive.errors import NuanomalyError

Array = NDArray[np.float64]

FOLDER = "reactor/dayabay_flux_spectrum_2025"
GROUPS, BINS, ENERGIES = 20, 25, 240
#: Detectors of the two near halls.
NEAR = ("AD11", "AD12", "AD21", "AD22")
_YIELDS = ("group", "f_u235", "f_u238", "f_pu239", "f_pu241", "yield")
_SPECTRUM = ("energy_low", "energy_high", "yield", "error")
_NAMES = {"U235": "u235", "Pu239": "pu239", "PuCombo": "pu-combination", "Total": "total"}
#: What is derived is written to this many digits: the same on every machine.
_DIGITS = 8
#: Energies in MeV of the table of the cross section: from its threshold on.
_SECTION = np.round(np.concatenate([[1.806], np.arange(1.81, 12.305, 0.01)]), 3)


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Parameters
    ----------
    originals : pathlib.Path
        The folder that holds ``reactor/dayabay_flux_spectrum_2025`` and Daya Bay's full release.

    Raises
    ------
    NuanomalyError
        With the file, if an original does not look as it should.
    """
    folder, files = originals / FOLDER, Files(originals / RELEASE)
    yields, statistical, systematic = _rates(folder / "DYB_flux.txt")
    yields.insert(0, "site", "daya-bay-near")
    section = total(_SECTION, files.constants)
    return {
        "yields": yields,
        "statistical-covariance": statistical,
        "systematic-covariance": systematic,
        "covariance": _scaled(yields, statistical, systematic),
        **_prompt(folder / "DYB_prompt_spectra.txt"),
        **_unfolded(folder / "DYB_unfolded_spectra_tot_U235_Pu239.txt", "pu239"),
        **_unfolded(folder / "DYB_unfolded_spectra_tot_U235_PuCombo.txt", "pu-combination"),
        "response": _square(_numbers(folder / "DYB_response_matrix.txt"), ENERGIES),
        "baselines": _baselines(files),
        "flux": huber_mueller(files),
        "cross-section": pd.DataFrame(
            {"energy": _SECTION, "cross_section": [float(f"{x:.{_DIGITS}g}") for x in section]}
        ),
        **uncertainties(originals),
    }


def _numbers(path: Path) -> list[list[float]]:
    """Return the lines that hold numbers alone; what else stands there are headings."""
    if not path.is_file():
        raise NuanomalyError(f"{path}: the file is missing")
    items = []
    for line in path.read_text("utf-8").splitlines():
        try:
            row = [float(word) for word in line.split()]
        except ValueError:
            continue
        if row:
            items.append(row)
    return items


def _blocks(path: Path, shape: Sequence[tuple[int, int]]) -> list[list[list[float]]]:
    """Return the blocks of lines of equal length, which have to have these numbers of lines and columns."""
    rows = _numbers(path)
    widths = [width for lines, width in shape for _ in range(lines)]
    if [len(row) for row in rows] != widths:
        wrong = next(
            (k for k, (a, b) in enumerate(zip(rows, widths, strict=False)) if len(a) != b), len(rows)
        )
        raise NuanomalyError(
            f"{path}: has {len(rows)} lines of numbers, expected {len(widths)}; line {wrong + 1} of them is "
            "the first that has not the expected length"
        )
    items, place = [], 0
    for lines, _ in shape:
        items.append(rows[place : place + lines])
        place += lines
    return items


def _square(rows: list[list[float]], size: int) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[f"c{k}" for k in range(len(rows[0]))])
    if frame.shape != (size, size):
        raise NuanomalyError(f"a matrix has {frame.shape[0]} × {frame.shape[1]} numbers, expected {size}")
    return frame


def _rates(path: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return shares and yields of the groups, and both covariances, whose rows begin with the group."""
    own, statistical, systematic = _blocks(
        path, [(GROUPS, len(_YIELDS)), (GROUPS, GROUPS + 1), (GROUPS, GROUPS + 1)]
    )
    yields = pd.DataFrame(own, columns=list(_YIELDS)).astype({"group": "int64"})
    for block in (own, statistical, systematic):
        if [row[0] for row in block] != list(range(GROUPS)):
            raise NuanomalyError(f"{path}: the groups are not 0 to {GROUPS - 1} in order")
    matrices = [_square([row[1:] for row in block], GROUPS) for block in (statistical, systematic)]
    return yields, matrices[0], matrices[1]


def _scaled(yields: pd.DataFrame, statistical: pd.DataFrame, systematic: pd.DataFrame) -> pd.DataFrame:
    """Return the covariance with systematic errors relative to the straight line that fits best.

    Errors in proportion to the measured yields would pull a fit down: groups that fluctuate low would be
    given smaller ones (Peelle's puzzle).
    """
    share, measured = yields["f_pu239"].to_numpy(float), yields["yield"].to_numpy(float)
    design = np.stack([np.ones_like(share), share], axis=1)
    relative = systematic.to_numpy(float) / np.outer(measured, measured)
    line = measured
    for _ in range(20):
        covariance = statistical.to_numpy(float) + relative * np.outer(line, line)
        weight = np.linalg.inv(covariance)
        line = design @ np.linalg.solve(design.T @ weight @ design, design.T @ weight @ measured)
    frame = pd.DataFrame(covariance, columns=statistical.columns)
    return frame.map(lambda x: float(f"{x:.{_DIGITS}g}"))


def _prompt(path: Path) -> dict[str, pd.DataFrame]:
    """Return the spectra of prompt energy and the covariances of two sets of three of them."""
    *spectra, first, second = _blocks(path, [(BINS, 4)] * 4 + [(3 * BINS, 3 * BINS)] * 2)
    frames = [_spectrum(rows, name) for rows, name in zip(spectra, _NAMES.values(), strict=True)]
    return {
        "prompt-spectra": pd.concat(frames, ignore_index=True),
        "prompt-covariance-pu239": _square(first, 3 * BINS),
        "prompt-covariance-pu-combination": _square(second, 3 * BINS),
    }


def _unfolded(path: Path, plutonium: str) -> dict[str, pd.DataFrame]:
    """Return unfolded spectra, their covariance and the smearing of the unfolding."""
    *spectra, covariance, smearing = _blocks(path, [(BINS, 4)] * 3 + [(3 * BINS, 3 * BINS)] * 2)
    names = ("u235", plutonium, "total")
    frames = [_spectrum(rows, name) for rows, name in zip(spectra, names, strict=True)]
    return {
        f"unfolded-{plutonium}": pd.concat(frames, ignore_index=True),
        f"unfolded-{plutonium}-covariance": _square(covariance, 3 * BINS),
        f"unfolded-{plutonium}-smearing": _square(smearing, 3 * BINS),
    }


def _spectrum(rows: list[list[float]], name: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(_SPECTRUM))
    frame.insert(0, "isotope", name)
    return frame


def _baselines(files: Files) -> pd.DataFrame:
    """Return the near detectors and all cores; strength is protons times fissions in all periods."""
    frame = core_exposure(files)
    frame = frame[frame["detector"].isin(NEAR)]
    keys = ["detector", "core", "baseline"]
    frame = frame.groupby(keys, sort=False)[["strength"]].sum().reset_index()
    frame.insert(0, "site", "daya-bay-near")
    frame["half_length"] = 0.0
    frame["strength"] = [float(f"{x:.{_DIGITS}g}") for x in frame["strength"]]
    return frame[["site", "detector", "core", "baseline", "half_length", "strength"]]
