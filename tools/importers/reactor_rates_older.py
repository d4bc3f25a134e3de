"""Older compilations of reactor rates, from the public code nu-osc: 19 rates (2012) and 22 (2017)."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from importers import _globesfit
from importers._huber_mueller import uncertainties
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.text import csv_rows

FOLDER = "reactor/reactor_rates_nuosc"
FILES = {"2012": "sbl_rates_whitepaper2012", "2017": "sbl_rates_dentler2017"}
#: Half of the interval of distances that a rate is averaged over, in m, as the compilation of 2020 has it.
_HALF_LENGTHS = {"BUGEY": 1.5, "ROVNO": 1.5, "ROV_": 0.5, "RENO": 2.0, "DC": 2.0}
_OTHERS = 1.0
#: Above this distance in m, three-flavour oscillation matters.
_LONG = 200.0


def tables(originals: Path, year: str) -> dict[str, pd.DataFrame]:
    """Return the tables of a release.

    Parameters
    ----------
    originals : pathlib.Path
        The folder that holds ``reactor/reactor_rates_nuosc`` and the fluxes of GLoBESfit.
    year : {"2012", "2017"}

    Raises
    ------
    NuanomalyError
        With the file, if an original does not look as it should.
    """
    if year not in FILES:
        raise UnknownNameError("compilation", year, FILES)
    rows = csv_rows(originals / FOLDER / f"{FILES[year]}.csv")
    path = originals / FOLDER / f"{FILES[year]}_relative_covariance.csv"
    matrix = pd.DataFrame([[float(v) for v in row.values()] for row in csv_rows(path)])
    if matrix.shape != (len(rows), len(rows)):
        raise NuanomalyError(f"{path}: is {matrix.shape[0]} × {matrix.shape[1]} for {len(rows)} rates")
    relative = matrix.set_axis([f"c{k}" for k in range(len(rows))], axis=1)
    rates = pd.DataFrame([_rate(row) for row in rows])
    ratio = rates["ratio_huber_mueller"].to_numpy(float)
    covariance = relative * ratio[:, None] * ratio
    baselines = pd.DataFrame([_baseline(row) for row in rows])
    long = baselines["baseline"] > _LONG
    frames = {"rates": rates, "relative-covariance": relative, "covariance": covariance}
    frames["short-baselines"] = baselines[~long].reset_index(drop=True)
    if long.any():
        frames["long-baselines"] = baselines[long].reset_index(drop=True)
    return {
        **frames,
        "flux": _globesfit.flux(originals, ""),
        "cross-section": _globesfit.cross_section(originals),
        **uncertainties(originals),
    }


def _site(row: Mapping[str, str]) -> str:
    return row["experiment"].lower().replace("_", "-")


def _rate(row: Mapping[str, str]) -> dict[str, object]:
    shares = {f"f_{i.lower()}": float(row[f"f_{i}"]) for i in _globesfit.ISOTOPES}
    old = float(row["R_old_ILL"])
    return {
        "experiment": row["experiment"],
        "site": _site(row),
        "corrected": float(row["baseline_m"]) > _LONG,
        **shares,
        "ratio_old": old if old > 0.0 else float("nan"),
        "ratio_huber_mueller": float(row["R_HM"]),
        "uncorrelated_error": float(row["uncorr_err_percent"]),
    }


def _baseline(row: Mapping[str, str]) -> dict[str, object]:
    half = [v for prefix, v in _HALF_LENGTHS.items() if row["experiment"].startswith(prefix)]
    return {
        "site": _site(row),
        "baseline": float(row["baseline_m"]),
        "half_length": half[0] if half else _OTHERS,
        "strength": 1.0,
    }
