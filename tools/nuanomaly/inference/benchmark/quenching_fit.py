"""A scintillation response fitted to measured quenching factors: a factor, its error, or the fit's χ²."""

from typing import Annotated, Literal, NotRequired, TypedDict

import numpy as np

from nuanomaly.archive.options import (
    Count,
    Range,
    completed,
)
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.cevns.quenching import fit_response


class Points(TypedDict):
    """Measurements of one table."""

    table: Annotated[str, "Table of measurements."]
    energy: Annotated[str, "Column of the recoil energy in keV."]
    factor: Annotated[str, "Column of the quenching factor."]
    errors: Annotated[
        list[str],
        {"minItems": 1, "maxItems": 2},
        "Column of its error, or columns of errors up and down, whose mean counts.",
    ]


class Options(TypedDict):
    """Options of the benchmark."""

    points: Annotated[
        list[Points], {"minItems": 1}, "Measurements that are fitted together, one entry per table."
    ]
    degree: Annotated[Count, "Degree of the response; 1 for a constant factor."]
    between: NotRequired[Annotated[Range, "Recoil energies in keV that count; all if left out."]]
    weighted: NotRequired[Annotated[bool, {"default": True}, "False to give all points the same weight."]]
    which: Annotated[
        Literal["factor", "error", "spread", "chi2"],
        "The factor, its error (with √(χ²/dof) where that is above one), the standard deviation of the "
        "points, which "
        "the fit is not needed for, or χ².",
    ]
    at: NotRequired[Annotated[float, "Recoil energy in keV, for factor and error."]]


@completed
def compute(config: Options, release: Release) -> float:
    """Return the wanted number."""
    parts = []
    for entry in config["points"]:
        table = release.table(entry["table"])
        errors = table[entry["errors"]].to_numpy(float).mean(axis=1)
        parts.append(np.column_stack([table[[entry["energy"], entry["factor"]]].to_numpy(float), errors]))
    T, factor, error = np.concatenate(parts).T
    low, high = config.get("between", (-np.inf, np.inf))
    kept = (low <= T) & (high >= T)
    T, factor, error = T[kept], factor[kept], error[kept]
    if config["which"] == "spread":
        return float(factor.std(ddof=1))
    if not config["weighted"]:
        error = np.ones_like(error)
    fit = fit_response(T, factor, error, config["degree"])
    if config["which"] == "chi2":
        return fit.chi2
    at = np.array([float(config["at"])])
    return float((fit.factor if config["which"] == "factor" else fit.band)(at)[0])
