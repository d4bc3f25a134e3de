"""Reactor rates: the compilation of arXiv:2005.01756 (GLoBESfit), its fluxes and its geometry.

Reads transcriptions of the compilation's rates, fuel evolution, inverse covariances and flux uncertainties
(CSV), its fluxes and cross section in the format of GLoBES (energy in GeV, seven columns, the fifth is ν̄_e),
and Daya Bay's core-to-detector distances. Numbers are read as decimals, so that a change of unit is exact.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from importers._globesfit import (
    ISOTOPES,
    cross_section,
    flux,
    lines,
    numbers,
    text_frame,
)
from nuanomaly.archive.errors import NuanomalyError

#: Suffixes of the compilation's files and columns for each flux model.
FLUXES = {
    "huber-mueller": {"rates": "HM", "flux": "", "ratio": "R_HM"},
    "summation": {"rates": "SM", "flux": "_SM", "ratio": "R_EF_summation"},
    "hkss": {"rates": "HKSS", "flux": "_HKSS", "ratio": "R_HKSS"},
}
#: Rows of the compilation up to this one are short-baseline rates.
SHORT = 21
#: Half of the interval of baselines that a rate is averaged over, in m, by the first row it holds for:
#: Bugey and Rovno91; Gösgen, ILL, Krasnoyarsk, Savannah River; Rovno88; Nucifer; kilometre baselines.
HALF_LENGTHS = {0: "1.5", 5: "1.0", 15: "0.5", 20: "1.5", 21: "2.0"}
#: Relative strengths of the two baselines of a rate, at equal distance (thermal power × efficiency).
STRENGTHS = {"PaloVerde": ("372.6", "706"), "DoubleChooz": ("1", "1"), "Chooz": ("8556.5", "12715.5")}
#: Exposure of each near detector of Daya Bay in the compilation (its keyword @power).
EXPOSURES = {"AD1": "4336.16", "AD2": "4871.92", "AD3": "4930.39", "AD8": "4397.76"}
CORES = ("D1", "D2", "L1", "L2", "L3", "L4")

RATES = "reactor/globesfit_rates"
FILES = {
    "daya-bay-evolution": ("dayabay_evolution", "Daya Bay", "daya-bay-near"),
    "reno-evolution": ("reno_evolution", "RENO", "reno-near"),
}


def tables(originals: Path, assigned: Mapping[str, float] | None = None) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Parameters
    ----------
    originals : pathlib.Path
        The folder that holds ``reactor/globesfit_rates`` and its neighbours.
    assigned : mapping, optional
        Isotope → relative error of its summation flux, where users assign one; ``correlation`` → that between
        isotopes in the extreme case that all are wrong together. Tables of both are written then.
    """
    rates = text_frame(originals / RATES / "integrated_rates.csv")
    frames = {
        "short-baseline-rates": _rates(rates, 0, SHORT),
        "long-baseline-rates": _rates(rates, SHORT, len(rates)),
    }
    for table, (file, experiment, site) in FILES.items():
        frames[table] = _evolution(text_frame(originals / RATES / f"{file}.csv"), experiment, site)
        frames[f"{table}-inverse-covariance"] = text_frame(
            originals / RATES / f"{file}_inverse_covariance.csv"
        )
    frames.update(_covariances(originals / RATES / "integrated_rates_inverse_covariance.csv"))
    frames["short-baselines"] = _baselines(rates, 0, SHORT)
    common = originals / "reactor/globesfit_spectra_common"
    frames["long-baselines"] = pd.concat(
        [
            _baselines(rates, SHORT, len(rates)),
            daya_bay_near(common, originals / "reactor/dayabay_geometry/dayabay_ad_reactor.csv"),
            _reno(common),
        ]
    )
    frames.update({f"flux-{name}": flux(originals, how["flux"]) for name, how in FLUXES.items()})
    frames["cross-section"] = cross_section(originals)
    frames.update(_flux_uncertainties(originals / RATES))
    if assigned is not None:
        frames.update(_assigned(assigned))
    return frames


def site(experiment: str, baseline: str) -> str:
    """Return the name of the baselines that rates share: one reactor at one distance.

    Examples
    --------
    >>> site("Bugey-3-15", "15"), site("Bugey-4", "15"), site("PaloVerde", "750;890")
    ('bugey-15', 'bugey-15', 'palo-verde')
    """
    named = {"PaloVerde": "palo-verde", "DoubleChooz": "double-chooz-near", "Chooz": "chooz"}
    if experiment in named:
        return named[experiment]
    reactor = experiment.split("-")[0].rstrip("0123456789").lower()
    # Rovno91 and Rovno88 stand at the same distance, but are averaged over different intervals
    return f"rovno88-{baseline}" if experiment.startswith("Rovno88") else f"{reactor}-{baseline}"


def _half_length(row: int) -> str:
    return HALF_LENGTHS[max(first for first in HALF_LENGTHS if first <= row)]


def _sites(rates: pd.DataFrame) -> list[str]:
    cells = zip(rates["experiment"], rates["baseline_m"], strict=True)
    return [site(experiment, baseline) for experiment, baseline in cells]


def _quantities(source: pd.DataFrame) -> dict[str, "pd.Series[float]"]:
    fractions = {f"f_{isotope.lower()}": source[f"f_{isotope}"] for isotope in ISOTOPES}
    ratios = {f"ratio_{name.replace('-', '_')}": source[how["ratio"]] for name, how in FLUXES.items()}
    return {name: column.astype(float) for name, column in {**fractions, **ratios}.items()}


def _rates(rates: pd.DataFrame, first: int, end: int) -> pd.DataFrame:
    keys = {"row": rates["index"].astype(int), "experiment": rates["experiment"], "site": _sites(rates)}
    return pd.DataFrame({**keys, **_quantities(rates)}).iloc[first:end]


def _evolution(source: pd.DataFrame, experiment: str, site: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"row": source["bin"].astype(int), "experiment": experiment, "site": site, **_quantities(source)}
    )


def _covariances(path: Path) -> dict[str, pd.DataFrame]:
    """Return the two blocks of the inverse covariance of the rates, which have nothing in common."""
    whole = numbers(path)
    if (whole.iloc[:SHORT, SHORT:] != 0.0).any(axis=None):
        raise NuanomalyError(
            f"{path}: rows 0-{SHORT - 1} are correlated with later ones: they cannot be two tables"
        )
    long = whole.iloc[SHORT:, SHORT:]
    return {
        "short-baseline-rates-inverse-covariance": whole.iloc[:SHORT, :SHORT],
        "long-baseline-rates-inverse-covariance": long.set_axis(
            [f"c{k}" for k in range(long.shape[1])], axis=1
        ),
    }


def _baseline_frame(rows: Sequence[tuple[str, str, str, str, str, str]]) -> pd.DataFrame:
    names, numbers = ["site", "detector", "source"], ["baseline", "half_length", "strength"]
    frame = pd.DataFrame(rows, columns=[*names, *numbers]).drop_duplicates(ignore_index=True)
    return frame.astype(dict.fromkeys(numbers, float))


def _baselines(rates: pd.DataFrame, first: int, end: int) -> pd.DataFrame:
    rows = []
    for k, name in list(enumerate(_sites(rates)))[first:end]:
        lengths = rates["baseline_m"][k].split(";")
        strengths = STRENGTHS.get(rates["experiment"][k], ("1",))
        rows += [(name, "", "", L, _half_length(k), s) for L, s in zip(lengths, strengths, strict=True)]
    return _baseline_frame(rows)


def daya_bay_near(common: Path, geometry: Path) -> pd.DataFrame:
    """Return the near detectors and six cores of Daya Bay; strength = target mass × efficiency × exposure."""
    detectors = text_frame(common / "dayabay_detectors.csv").set_index("detector")
    distances = text_frame(geometry).set_index("detector")
    rows = []
    for name, exposure in EXPOSURES.items():
        mass, efficiency = Decimal(detectors["target_mass_t"][name]), Decimal(detectors["norm"][name])
        strength = str(mass * efficiency * Decimal(exposure))
        rows += [
            ("daya-bay-near", name, core, distances[f"L_{core}_m"][name], "2.0", strength) for core in CORES
        ]
    return _baseline_frame(rows)


def _reno(common: Path) -> pd.DataFrame:
    """Return the near detector of RENO; read by line, because later cells of the file have bare commas."""
    path = common / "detector_setup.csv"
    texts = [line.split(",")[2] for line in lines(path) if line.startswith("RENO,ND,")]
    if len(texts) != 1:
        raise NuanomalyError(f"{path}: has {len(texts)} lines for RENO,ND, one is needed")
    return _baseline_frame([("reno-near", "ND", "", texts[0], "2.0", "1")])


def _assigned(errors: Mapping[str, float]) -> dict[str, pd.DataFrame]:
    """Return errors that users assign to a flux model, and two extremes of their inverse correlation."""
    names = [isotope.lower() for isotope in ISOTOPES]
    rho = float(errors["correlation"])
    common = np.linalg.inv((1.0 - rho) * np.eye(len(names)) + rho)
    return {
        "flux-uncertainties-assigned": pd.DataFrame(
            {"isotope": names, "summation": [float(errors[name]) for name in names]}
        ),
        "flux-inverse-correlation-none": pd.DataFrame(np.eye(len(names)), columns=names),
        "flux-inverse-correlation-common": pd.DataFrame(0.5 * (common + common.T), columns=names),
    }


def _flux_uncertainties(folder: Path) -> dict[str, pd.DataFrame]:
    sigma = pd.DataFrame({"isotope": [isotope.lower() for isotope in ISOTOPES]})
    entries = {}
    for name, how in FLUXES.items():
        row = numbers(folder / f"flux_norm_uncertainties_{how['rates']}.csv")
        sigma[name.replace("-", "_")] = row.loc[0, list(ISOTOPES)].to_numpy(float)
        inverse = numbers(folder / f"flux_norm_inverse_correlation_{how['rates']}.csv")
        entries[f"flux-inverse-correlation-{name}"] = inverse[list(ISOTOPES)].rename(columns=str.lower)
    return {"flux-uncertainties": sigma, **entries}
