"""JUNO's first 59.1 days, arXiv:2511.14593: spectrum, ratio to no oscillation, Δχ² of θ12 and Δm²21."""

from pathlib import Path

import numpy as np
import pandas as pd

from nuanomaly.archive.text import read_csv

FOLDER = "reactor/juno_first_2025"
#: Width in MeV that the numbers of the spectrum are given per.
_PER = 0.1
_SPECTRUM = {
    "Ec": "centre",
    "Ewid": "width",
    "Nobs": "observed",
    "Nobs_err": "error",
    "Npred_best_fit": "best_fit",
    "Npred_signal": "signal",
    "Npred_9Li8He": "li_he",
    "Npred_Geonu": "geoneutrinos",
    "Npred_WorldRea": "world_reactors",
    "Npred_Bipo": "bismuth_polonium",
    "Npred_OtherBkg": "other",
}
_RATIO = {"Ec": "centre", "Ewid": "width", "Pee_meas": "survival", "Pee_err_meas": "error"}
_SURFACE = {
    "Delta m^2_21 [x 10^{-5} eV^2]": "dm2_21",
    "sin^2(theta_12)": "sin2_theta12",
    "Delta chi^2": "delta",
}
_CURVE = {
    "True E (MeV)": "energy",
    "Full NL": "factor",
    "Error Low": "below",
    "Error High": "above",
}


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Raises
    ------
    NuanomalyError
        With the file, if an original does not look as it should.
    """
    folder = originals / FOLDER
    spectrum = read_csv(folder / "fig3_panel_a_data.csv", _SPECTRUM)
    bins = (spectrum["width"] / _PER).round(10)
    scaled = {n: (spectrum[n] * bins).round(10) for n in spectrum.columns if n not in ("centre", "width")}
    scaled["observed"] = scaled["observed"].round().astype("int64")
    surface = read_csv(folder / "fig4_JUNO_DeltaChi2_59.1days.csv", _SURFACE)
    return {
        "spectrum": pd.concat([_edges(spectrum), pd.DataFrame(scaled)], axis=1),
        "survival": pd.concat(
            [
                _edges(ratio := read_csv(folder / "fig3_panel_c_data.csv", _RATIO)),
                ratio[["survival", "error"]],
            ],
            axis=1,
        ),
        # printed to five decimals of 1e-5 eV²: the number that was meant
        "surface": surface.assign(dm2_21=[float(f"{x}e-5") for x in surface["dm2_21"]]),
        "nonlinearity": read_csv(folder / "edfig2_positron_FullNL.csv", _CURVE),
    }


def _edges(frame: pd.DataFrame) -> pd.DataFrame:
    """Return edges of the bins, whose centres and widths are printed to 0.01 MeV."""
    low, high = (np.round(frame["centre"] + s * frame["width"] / 2.0, 3) for s in (-1.0, 1.0))
    return pd.DataFrame({"energy_low": low, "energy_high": high})
