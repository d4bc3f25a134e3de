"""Normalisation uncertainties of the Huber–Mueller fluxes, as the compilation of GLoBESfit has them."""

from pathlib import Path

import pandas as pd

from importers._globesfit import ISOTOPES, numbers

_FOLDER = "reactor/globesfit_rates"


def uncertainties(originals: Path) -> dict[str, pd.DataFrame]:
    """Return relative uncertainties by isotope, and their inverse correlation."""
    folder = originals / _FOLDER
    sigma = numbers(folder / "flux_norm_uncertainties_HM.csv").loc[0, list(ISOTOPES)].to_numpy(float)
    inverse = numbers(folder / "flux_norm_inverse_correlation_HM.csv")[list(ISOTOPES)]
    isotopes = [isotope.lower() for isotope in ISOTOPES]
    return {
        "flux-uncertainties": pd.DataFrame({"isotope": isotopes, "huber_mueller": sigma}),
        "flux-inverse-correlation": inverse.rename(columns=str.lower),
    }
