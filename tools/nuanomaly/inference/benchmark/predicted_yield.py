"""The yield of inverse beta decay that a flux predicts for an isotope, or the ratio of two such yields.

∫ Φ(E) σ(E) dE in 1e-43 cm²/fission. The flux is exponential between the energies of its table, and beyond
them where the table is shorter than the window: tables in steps of 0.25 MeV need no finer interpolation.
"""

from typing import TYPE_CHECKING, Annotated, NotRequired, TypedDict

import numpy as np

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.options import TableName, completed
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.reactor.inverse_beta_decay import YIELD_UNIT, CrossSectionTable, FluxTable, Window
from nuanomaly.model.probabilities import Array

if TYPE_CHECKING:
    import pandas as pd


class Over(TypedDict):
    """A second yield, which the first is divided by."""

    flux: Annotated[TableName, "Table of the second flux."]
    isotope: Annotated[str, "Its column."]


class Folded(TypedDict):
    """A benchmark that integrates a flux times a cross section."""

    flux: FluxTable
    cross_section: CrossSectionTable
    window: Window


class Options(Folded):
    """Options of the benchmark."""

    isotope: Annotated[str, "Its column."]
    over: NotRequired[Over]


#: Step of the integral in MeV.
_STEP = 1e-3


@completed
def compute(config: Options, release: Release) -> float:
    """Return the yield, or the ratio of two yields."""
    value = of_isotope(config, config["flux"], config["isotope"], release)
    if "over" in config:
        value /= of_isotope(config, config["over"]["flux"], config["over"]["isotope"], release)
    return value


def exponential(energies: Array, table: Array, values: Array) -> Array:
    """Return positive values, exponential between the energies of a table and beyond its ends.

    Examples
    --------
    >>> exponential(np.array([1.0, 2.5, 5.0]), np.array([2.0, 3.0, 4.0]), np.exp([-2.0, -3.0, -5.0])).round(5)
    array([0.36788, 0.08208, 0.00091])
    """
    logs = np.log(values)
    place = np.clip(np.searchsorted(table, energies, side="right") - 1, 0, table.size - 2)
    slope = np.diff(logs) / np.diff(table)
    return np.asarray(np.exp(logs[place] + (energies - table[place]) * slope[place]))


def of_isotope(config: Folded, table: str, isotope: str, release: Release) -> float:
    """Return the yield of an isotope that a table of fluxes predicts, in 1e-43 cm²/fission.

    Raises
    ------
    UnknownNameError
        If the table has no such isotope.
    """
    flux, section = release.table(table), release.table(config["cross_section"])
    if isotope not in flux:
        raise UnknownNameError("isotope", isotope, map(str, flux.columns), f"{release.id} {table}")
    return folded(flux, isotope, section, config["window"]["low"], config["window"]["high"])


def folded(flux: "pd.DataFrame", isotope: str, section: "pd.DataFrame", low: float, high: float) -> float:
    """Return ∫ Φ(E) σ(E) dE of a column of a table of fluxes in 1e-43 cm²/fission.

    Parameters
    ----------
    flux : DataFrame
        ``energy`` in MeV, and a column per isotope in 1/MeV/fission.
    isotope : str
        The column.
    section : DataFrame
        ``energy`` in MeV, ``cross_section`` in cm².
    low, high : float
        Antineutrino energies in MeV.

    Examples
    --------
    >>> import pandas as pd
    >>> flux = pd.DataFrame({"energy": [2.0, 8.0], "u235": [1.0, 1.0]})
    >>> section = pd.DataFrame({"energy": [2.0, 8.0], "cross_section": [1e-43, 1e-43]})
    >>> round(folded(flux, "u235", section, 2.0, 8.0), 6)
    6.0
    """
    edges = np.linspace(low, high, round((high - low) / _STEP) + 1)
    middle = 0.5 * (edges[1:] + edges[:-1])
    energy, values = flux["energy"].to_numpy(float), flux[isotope].to_numpy(float)
    seen = exponential(middle, energy[values > 0.0], values[values > 0.0])
    sigma = np.interp(middle, section["energy"], section["cross_section"], left=0.0) / YIELD_UNIT
    return float((seen * sigma * np.diff(edges)).sum())
