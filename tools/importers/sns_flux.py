"""Spectra of stopped-pion neutrinos: the flux file of SNOwGLoBES."""

from decimal import Decimal
from pathlib import Path

import pandas as pd

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.text import read_text

FILE = "cevns/snowglobes/fluxes/stpi.dat"
_COLUMNS = ("energy", "nue", "numu", "nutau", "nuebar", "numubar", "nutaubar")


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the spectrum up to its end, energies in MeV.

    Raises
    ------
    NuanomalyError
        If there are flavours that a stopped π⁺ does not give.
    """
    path = originals / FILE
    frame = read_text(path, _COLUMNS)
    if frame[["nutau", "nuebar", "nutaubar"]].to_numpy().any():
        raise NuanomalyError(f"{path}: has ν_τ, ν̄_e or ν̄_τ, which stopped positive pions do not give")
    spectrum = frame[["energy", "numu", "nue", "numubar"]].copy()
    # a shift of the decimal point, not a product
    spectrum["energy"] = [float(Decimal(repr(e)) * 1000) for e in frame["energy"]]
    some = (spectrum[["numu", "nue", "numubar"]] != 0.0).any(axis=1)
    return {"spectrum": spectrum.iloc[: int(spectrum.index[some].max()) + 1].reset_index(drop=True)}
