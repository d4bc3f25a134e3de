"""A scintillation response fitted to measured quenching factors: a factor, its error, or the fit's χ².

Config
------
points : list of {table, energy, factor, errors}
    Columns: recoil energy (keV), quenching factor, and its error, or errors up and down, whose mean counts.
degree : of the response (1 for a constant quenching factor)
between : [low, high], recoil energies in keV that count (optional)
weighted : false, to give all points the same weight (optional)
which : ``factor``, ``error`` (with √(χ²/dof) where that is above one), ``spread`` (standard deviation of the
    points, which the fit is not needed for) or ``chi2``
at : recoil energy in keV, for factor and error
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nuanomaly.archive.release import Release
from nuanomaly.likelihood.cevns.quenching import fit_response


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the wanted number."""
    parts = []
    for entry in config["points"]:
        table = release.table(entry["table"])
        errors = table[list(entry["errors"])].to_numpy(float).mean(axis=1)
        parts.append(np.column_stack([table[[entry["energy"], entry["factor"]]].to_numpy(float), errors]))
    T, factor, error = np.concatenate(parts).T
    low, high = config.get("between", (-np.inf, np.inf))
    kept = (low <= T) & (high >= T)
    T, factor, error = T[kept], factor[kept], error[kept]
    if config["which"] == "spread":
        return float(factor.std(ddof=1))
    if not config.get("weighted", True):
        error = np.ones_like(error)
    fit = fit_response(T, factor, error, int(config["degree"]))
    if config["which"] == "chi2":
        return fit.chi2
    at = np.array([float(config["at"])])
    return float((fit.factor if config["which"] == "factor" else fit.band)(at)[0])
