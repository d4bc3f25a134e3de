"""LSND, hep-ex/0104049: likelihood tables, spectra and contours read off figures, and the printed results."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.text import csv_rows, read_csv, read_text

#: Table of the release: (original, its columns in order). Blank-separated text without a header.
_TEXT = {
    "likelihood": ("lsnd/likelihood/lsnd-DAR+DIF.dat", ("dm2_41", "sin2_2theta_mue", "delta")),
    "likelihood-dar": ("lsnd/likelihood/lsnd-DAR.dat", ("dm2_41", "sin2_2theta_mue", "delta")),
    "spectrum-energy-fig24": (
        "lsnd/fig24/lsnd_fig24_globes_huber.dat",
        ("energy", "excess", "background", "error"),
    ),
    "spectrum-fig24-hostert": (
        "lsnd/fig24/lsnd_fig24_hostert2024.dat",
        ("l_over_e", "excess", "excess_top", "signal_top", "background_top"),
    ),
}
#: The same for comma-separated text with a header: (original, {column there: column here}).
_CSV = {
    "spectrum-fig24-schwetz": (
        "transcribed_from_code/lsnd_fig24_LoverE_schwetz.csv",
        {
            "LoE_lo": "l_over_e_low",
            "LoE_hi": "l_over_e_high",
            "beam_excess": "excess",
            "beam_excess_plus_sigma": "excess_top",
            "neutrino_background": "background",
        },
    ),
    "spectrum-fig24-esteban": (
        "transcribed_from_code/lsnd_LoverE_esteban_v6.csv",
        {
            "LoE_lo": "l_over_e_low",
            "LoE_hi": "l_over_e_high",
            "data": "excess",
            "bkg": "background",
            "no_beam": "beam_off",
            "intrinsic": "intrinsic",
            "eff": "efficiency",
        },
    ),
    "spectrum-fig16": (
        "transcribed_from_code/lsnd_fig16_Ee_conrad_group.csv",
        {
            "Ee_lo_MeV": "energy_low",
            "Ee_hi_MeV": "energy_high",
            "observed": "excess",
            "background": "background",
        },
    ),
    "probability": (
        "transcribed_from_code/lsnd_LoverE_probability_miniboone_fitter.csv",
        {"LoE": "l_over_e", "prob": "probability", "err": "error"},
    ),
}
_RESULTS = "transcribed_from_code/lsnd_final_2001_summary.csv"
_VALUES = ("value", "statistical_uncertainty", "systematic_uncertainty")
#: Column of ``results``: (quantity of the transcription, which of its values).
_QUANTITIES = {
    "excess": ("dar_antinu_mu_to_antinu_e_excess", 0),
    "excess_statistical": ("dar_antinu_mu_to_antinu_e_excess", 1),
    "excess_systematic": ("dar_antinu_mu_to_antinu_e_excess", 2),
    "probability": ("dar_oscillation_probability_percent", 0),
    "probability_statistical": ("dar_oscillation_probability_percent", 1),
    "probability_systematic": ("dar_oscillation_probability_percent", 2),
    "best_fit_sin2_2theta": ("four_dimensional_best_fit_amplitude", 0),
    "best_fit_dm2": ("four_dimensional_best_fit_delta_m2", 0),
    "best_fit_dar_signal": ("four_dimensional_best_fit_dar_signal", 0),
    "correlated_gamma_excess": ("r_gamma_gt_10_excess", 0),
    "correlated_gamma_statistical": ("r_gamma_gt_10_excess", 1),
    "correlated_gamma_systematic": ("r_gamma_gt_10_excess", 2),
    "distance": ("dar_source_to_detector_center_distance", 0),
    "fiducial_mass": ("detector_fiducial_mass", 0),
    "proton_charge": ("integrated_proton_charge", 0),
}
_CONTOURS = tuple(f"lsnd/contours_digitised/LSND_{piece}.csv" for piece in (1, 2, 3))


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the LSND release.

    Parameters
    ----------
    originals : pathlib.Path
        The folder that holds ``accelerator/``.

    Raises
    ------
    NuanomalyError
        With file and line, if an original does not look as it should.
    """
    base = originals / "accelerator"
    frames = {name: read_text(base / file, columns) for name, (file, columns) in _TEXT.items()}
    for name, (file, columns) in _CSV.items():
        frames[name] = read_csv(base / file, columns)
    frames["results"] = _results(base / _RESULTS)
    frames["contours"] = _pieces([base / file for file in _CONTOURS])
    return frames


def _results(path: Path) -> pd.DataFrame:
    """Return the printed results as one row, a column per number."""
    entries = {row["quantity"]: row for row in csv_rows(path)}
    values = {}
    for column, (quantity, which) in _QUANTITIES.items():
        if quantity not in entries:
            raise NuanomalyError(f"{path}: the quantity {quantity!r} is missing")
        values[column] = [float(entries[quantity][_VALUES[which]])]
    return pd.DataFrame(values)


def _pieces(paths: Sequence[Path]) -> pd.DataFrame:
    """Return the pieces of a contour under each other, numbered from 1."""
    frames = []
    for number, path in enumerate(paths, 1):
        points = read_text(path, ("sin2_2theta_mue", "dm2_41"), separator=",")
        points.insert(0, "piece", number)
        frames.append(points[["piece", "dm2_41", "sin2_2theta_mue"]])
    return pd.concat(frames, ignore_index=True)
