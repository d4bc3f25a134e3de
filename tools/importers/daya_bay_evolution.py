"""Daya Bay's yields by fuel composition, arXiv:1704.01082, with fluxes to compare them with."""

from pathlib import Path

import numpy as np
import pandas as pd

from importers._globesfit import cross_section, flux
from importers._huber_mueller import uncertainties
from importers.reactor_rates import daya_bay_near
from nuanomaly.archive.text import read_text

FOLDER = "reactor/dayabay_evolution_1704.01082_suppl"
BINS = 8
#: Yields are in 1e-43 cm²/fission.
_NAMES = ("f_pu239_low", "f_pu239_high", "f_pu239", "f_u235", "f_u238", "f_pu241", "yield")


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Parameters
    ----------
    originals : pathlib.Path
        The folder that holds ``reactor/dayabay_evolution_1704.01082_suppl`` and its neighbours.

    Raises
    ------
    NuanomalyError
        With file and line, if an original does not look as it should.
    """
    folder = originals / FOLDER
    names = tuple(f"c{k}" for k in range(BINS))
    yields = read_text(folder / "flux_data.dat", _NAMES)
    yields.insert(0, "site", "daya-bay-near")
    systematic = read_text(folder / "cov_syst.dat", names)
    statistical = _statistical(folder / "cov_stat.txt")
    covariance = _total(yields, statistical, systematic)
    baselines = daya_bay_near(
        originals / "reactor/globesfit_spectra_common",
        originals / "reactor/dayabay_geometry/dayabay_ad_reactor.csv",
    )
    return {
        "yields": yields,
        "statistical-covariance": statistical,
        "systematic-covariance": systematic,
        "covariance": covariance,
        "baselines": baselines,
        "flux": flux(originals, ""),
        "cross-section": cross_section(originals),
        **uncertainties(originals),
    }


def _statistical(path: Path) -> pd.DataFrame:
    """Return the last rows of a file whose rows begin with a name."""
    lines = [line.split() for line in path.read_text("utf-8").splitlines() if line.strip()]
    rows = [[float(word) for word in line[1:]] for line in lines[-BINS:]]
    return pd.DataFrame(rows, columns=[f"c{k}" for k in range(BINS)])


def _total(yields: pd.DataFrame, statistical: pd.DataFrame, systematic: pd.DataFrame) -> pd.DataFrame:
    """Return the covariance in (1e-43 cm²/fission)²: relative errors times the line that fits best."""
    share, measured = yields["f_pu239"].to_numpy(float), yields["yield"].to_numpy(float)
    design = np.stack([np.ones_like(share), share], axis=1)
    predicted = measured
    for _ in range(20):
        covariance = statistical.to_numpy(float) + systematic.to_numpy(float) * np.outer(predicted, predicted)
        weight = np.linalg.inv(covariance)
        predicted = design @ np.linalg.solve(design.T @ weight @ design, design.T @ weight @ measured)
    return pd.DataFrame(covariance, columns=statistical.columns)
