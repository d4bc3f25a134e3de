"""KARMEN 2, hep-ex/0203021: the spectrum read off a figure, and a χ² table of others."""

from pathlib import Path

import pandas as pd

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.text import read_csv, read_text

_SPECTRUM = "transcribed_from_code/karmen2_fig11_energy.csv"
_TABLE = "karmen/chi2_tables/dm41s22thmue-karmen.dat"


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the KARMEN release.

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
    spectrum = read_csv(
        base / _SPECTRUM,
        {
            "Eprompt_lo_MeV": "energy_low",
            "Eprompt_hi_MeV": "energy_high",
            "observed": "observed",
            "background_schwetz": "background",
            "background_conrad": "background_rounded",
        },
    )
    return {
        "spectrum": spectrum.astype({"observed": "int64"}),
        "chi2": _chi2(base / _TABLE),
    }


def _chi2(path: Path) -> pd.DataFrame:
    """Return the χ² table with its coordinates out of the logarithm.

    The table gives log10 of both, in steps of 0.05: 10 to that power, rounded to twelve digits, is the
    number meant, and the same on every machine.
    """
    frame = read_text(path, ("log_dm2", "log_sin2", "chi2", "inverted"))
    if not (frame["chi2"] == frame["inverted"]).all():
        raise NuanomalyError(f"{path}: the two orderings differ, which they cannot at a short baseline")
    return pd.DataFrame(
        {
            "dm2_41": [float(f"{10.0**x:.12g}") for x in frame["log_dm2"]],
            "sin2_2theta_mue": [float(f"{10.0**x:.12g}") for x in frame["log_sin2"]],
            "chi2": frame["chi2"],
        }
    )
