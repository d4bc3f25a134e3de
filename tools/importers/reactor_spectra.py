"""Ratios of reactor spectra: the compilation of arXiv:2005.01756 (GLoBESfit), one experiment at a time.

Reads transcriptions of an experiment's ratio and inverse covariance, of its detectors, fuel and resolution,
and of the compilation's averages of sin²(qL) over core and detector. Where the distances between cores and
detectors are known, they are the table of baselines. Where they are not (a core and a detector of which the
compilation gives the averages alone), the baselines are derived: the histogram of distances whose averages
come nearest to them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from importers import reactor_rates
from importers._globesfit import (
    ISOTOPES,
    cross_section,
    flux,
    lines,
    numbers,
    text_frame,
)
from nuanomaly.archive.errors import NuanomalyError

COMMON = "reactor/globesfit_spectra_common"
#: Width of the bins of a derived histogram of distances and how far it reaches to both sides, in m.
WIDTH, REACH = 0.3, 2.4
#: Half of the interval of distances that a pair of core and detector stands for, in m: the compilation's
#: averages for Double Chooz and Daya Bay come out with it to all of their digits.
HALF_LENGTH = 1.5
#: Decimals of derived shares: more than the averages fix, fewer than differ between machines.
DIGITS = 5
#: What the averages may differ by from those of the derived distances, r.m.s.: their own scatter is 0.0015.
SCATTER = 0.005

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Detector:
    """A detector, or a position of it.

    Attributes
    ----------
    name : str
    setup : tuple of str
        Experiment and detector in the compilation's list of detectors.
    fuel : str
        Name of the compilation's shares of fissions.
    shift : float
        Antineutrino energy minus energy of the bins, in MeV.
    exposure : float
        Live time × power × efficiency × target mass, relative to the other detectors.
    rate : str
        Row of the compilation's rates whose distances to the cores are this detector's, if there is one.
    geometry : str
        Row of the distances at Daya Bay, if there is one.
    """

    name: str
    setup: tuple[str, str]
    fuel: str
    shift: float
    exposure: float = 1.0
    rate: str = ""
    geometry: str = ""


#: Ratio column and detectors of each experiment. The exposures of Double Chooz (live days × efficiency ×
#: relative target mass) are entered by hand from @time, @norm and $target_mass of spectra4.glb in the code of
#: the compilation, those of Daya Bay are power × efficiency × mass in its table of detectors.
EXPERIMENTS: Mapping[str, tuple[str, str, tuple[Detector, ...]]] = {
    "danss": (
        "globesfit_danss",
        "ratio_bottom_over_top",
        (
            Detector("top", ("DANSS", "top"), "DANSSF", 1.8),
            Detector("bottom", ("DANSS", "bottom"), "DANSSF", 1.8),
        ),
    ),
    "neos": (
        "globesfit_neos",
        "ratio_NEOS_over_DayaBay",
        (
            Detector("neos", ("NEOS", "-"), "NEOSF", 0.78),
            Detector("daya-bay-ad1", ("DayaBay", "EH1-AD1"), "NEOSF", 0.78, geometry="AD1"),
            Detector("daya-bay-ad2", ("DayaBay", "EH1-AD2"), "NEOSF", 0.78, geometry="AD2"),
        ),
    ),
    "bugey-3": (
        "globesfit_bugey3",
        "ratio_40m_over_15m",
        (
            Detector("15-m", ("Bugey-3", "15m"), "BugeyF", 0.78),
            Detector("40-m", ("Bugey-3", "40m"), "BugeyF", 0.78),
        ),
    ),
    "double-chooz": (
        "globesfit_doublechooz",
        "ratio_FD_over_ND",
        (
            Detector("near", ("DoubleChooz", "ND"), "DCF", 0.78, 258.0 * 0.8547 * 1.0045, rate="DoubleChooz"),
            Detector("far", ("DoubleChooz", "FD"), "DCF", 0.78, 818.0 * 0.8678, rate="Chooz"),
        ),
    ),
    "reno": (
        "globesfit_reno",
        "ratio_FD_over_ND",
        (
            Detector("near", ("RENO", "ND"), "RENO_ND_F", 0.78),
            Detector("far", ("RENO", "FD"), "RENO_FD_F", 0.78),
        ),
    ),
}

#: Digitised contours: confidence level in percent and file.
CONTOURS = {
    "danss": ("95", "danss_95.csv"),
    "neos": ("90", "neos_90.csv"),
    "bugey-3": ("90", "bugey_90.csv"),
}


def tables(originals: Path, experiment: str) -> dict[str, pd.DataFrame]:
    """Return the tables of one experiment.

    Parameters
    ----------
    originals : pathlib.Path
        The folder that holds ``reactor/globesfit_*``.
    experiment : str
        A key of ``EXPERIMENTS``.
    """
    folder, column, detectors = EXPERIMENTS[experiment]
    ratio = numbers(originals / "reactor" / folder / "ratio.csv")
    setup = _setup(originals / COMMON / "detector_setup.csv")
    averages = {d.name: _average(originals / COMMON, setup[d.setup]["average"]) for d in detectors}
    frames = {
        "ratio": pd.DataFrame(
            {
                "bin": ratio["bin"].astype(int),
                "low": ratio["Eprompt_lo_MeV"],
                "high": ratio["Eprompt_hi_MeV"],
                "ratio": ratio[column],
            }
        ),
        "inverse-covariance": numbers(originals / "reactor" / folder / "inverse_covariance.csv"),
        "detectors": _detectors(originals, detectors, setup),
        "average-sin2": pd.concat([frame.assign(detector=name) for name, frame in averages.items()])[
            ["detector", "log10_q", "average"]
        ],
    }
    if experiment == "reno":  # the compilation's averages are there, the distances to the six cores are not
        return frames
    frames.update(_baselines(originals, detectors, setup, averages))
    if experiment in CONTOURS:
        level, file = CONTOURS[experiment]
        frames[f"contour-{level}"] = _contour(originals / "reactor/contours_numudisapp" / file)
    return {**frames, "flux": flux(originals, "_SM"), "cross-section": cross_section(originals)}


def _setup(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Return the list of detectors; read from both ends of a line, cells in between have bare commas."""
    entries = {}
    for line in lines(path)[1:]:
        cells = line.split(",")
        entries[cells[0], cells[1]] = {
            "baseline": cells[2],
            "linear": cells[-4],
            "root": cells[-3],
            "constant": cells[-2],
            "average": cells[-1],
        }
    return entries


def _contour(path: Path) -> pd.DataFrame:
    """Return the points of a contour, which its file gives as sin²2θ, Δm² without a header."""
    points = [[float(cell) for cell in line.split(",")] for line in lines(path) if line.strip()]
    return pd.DataFrame(points, columns=["sin2_2theta_ee", "dm2_41"])


def _average(folder: Path, name: str) -> pd.DataFrame:
    table = numbers(folder / f"avg_sin2_table_{name}.csv")
    return table.rename(columns={"avg_sin2": "average"})


def _detectors(
    originals: Path, detectors: Sequence[Detector], setup: Mapping[tuple[str, str], Mapping[str, str]]
) -> pd.DataFrame:
    fuel = text_frame(originals / COMMON / "fission_fractions.csv").set_index("detector")
    rows = []
    for d in detectors:
        row: dict[str, Any] = {"detector": d.name, "effective_baseline": float(setup[d.setup]["baseline"])}
        row |= {f"f_{isotope.lower()}": float(fuel[f"f_{isotope}"][d.fuel]) for isotope in ISOTOPES}
        row["energy_shift"] = d.shift
        row |= {f"resolution_{k}": float(setup[d.setup][k]) for k in ("linear", "root", "constant")}
        rows.append(row)
    return pd.DataFrame(rows)


def _baselines(
    originals: Path,
    detectors: Sequence[Detector],
    setup: Mapping[tuple[str, str], Mapping[str, str]],
    averages: Mapping[str, pd.DataFrame],
) -> dict[str, pd.DataFrame]:
    """Return the short (derived) and the long baselines, as far as there are any."""
    short, long = [], []
    for d in detectors:
        effective = float(setup[d.setup]["baseline"])
        if d.rate:
            long.append(_known(d, _rate_lengths(originals, d.rate)))
        elif d.geometry:
            lengths = _core_lengths(originals, d.geometry)
            exposure = _daya_bay_exposure(originals, d.geometry)
            half = np.full(lengths.size, HALF_LENGTH)
            long.append(_derived(d.name, lengths, half, averages[d.name], exposure / effective**2))
        else:
            number = round(2.0 * REACH / WIDTH)
            lengths = np.round(effective - REACH + WIDTH * (np.arange(number) + 0.5), 6)
            half = np.full(number, 0.5 * WIDTH)
            short.append(_derived(d.name, lengths, half, averages[d.name], 1.0 / effective**2))
    frames = {"short-baselines": short, "long-baselines": long}
    return {name: pd.concat(parts) for name, parts in frames.items() if parts}


def _rate_lengths(originals: Path, experiment: str) -> Floats:
    rates = text_frame(originals / reactor_rates.RATES / "integrated_rates.csv").set_index("experiment")
    return np.array([float(L) for L in str(rates["baseline_m"][experiment]).split(";")])


def _core_lengths(originals: Path, detector: str) -> Floats:
    geometry = text_frame(originals / "reactor/dayabay_geometry/dayabay_ad_reactor.csv").set_index("detector")
    return np.array([float(geometry[f"L_{core}_m"][detector]) for core in reactor_rates.CORES])


def _daya_bay_exposure(originals: Path, detector: str) -> float:
    table = text_frame(originals / COMMON / "dayabay_detectors.csv").set_index("detector")
    power, efficiency, mass = (float(table[name][detector]) for name in ("power", "norm", "target_mass_t"))
    return power * efficiency * mass


def _frame(name: str, lengths: Floats, half: Floats, strengths: Floats) -> pd.DataFrame:
    return pd.DataFrame({"detector": name, "baseline": lengths, "half_length": half, "strength": strengths})


def _known(detector: Detector, lengths: Floats) -> pd.DataFrame:
    """Return baselines to cores of equal power."""
    strength = np.full(lengths.size, detector.exposure / lengths.size)
    return _frame(detector.name, lengths, np.full(lengths.size, HALF_LENGTH), strength)


def _derived(name: str, lengths: Floats, half: Floats, average: pd.DataFrame, seen: float) -> pd.DataFrame:
    """Return intervals of distance with the strengths that come nearest to averages of sin²(qL).

    ``seen`` is the sum of strength/L² over all of them.
    """
    from scipy.optimize import nnls

    q = 10.0 ** average["log10_q"].to_numpy(float) / 1000.0  # 1/m: the table's phase is q·L/km
    columns = np.array([mean_sin2(q, L, h) for L, h in zip(lengths, half, strict=True)]).T
    # a row of ones with a large weight: the shares add up to one
    system, target = np.vstack([columns, np.full(lengths.size, 100.0)]), average["average"].to_numpy(float)
    shares, _ = nnls(system, np.append(target, 100.0))
    shares = np.round(shares, DIGITS)
    kept = shares > 0.0
    if np.sqrt(((columns @ shares - target) ** 2).mean()) > SCATTER:
        raise NuanomalyError(f"{name}: the averages are those of no distribution of distances near {lengths}")
    strength = np.round(shares / shares.sum() * (lengths**2 - half**2) * seen, DIGITS + 2)
    return _frame(name, lengths[kept], half[kept], strength[kept])


def mean_sin2(q: Floats, length: float, half: float) -> Floats:
    """Return sin²(qL) averaged with weight 1/L² over ``length`` ± ``half``, shape of q.

    Examples
    --------
    >>> float(mean_sin2(np.array([0.1]), 10.0, 0.0)[0].round(6))
    0.708073
    """
    near, far = length - half, length + half
    steps = (np.arange(64) + 0.5) / 64
    L = 1.0 / (1.0 / near + steps * (1.0 / far - 1.0 / near))
    return np.asarray((np.sin(q[:, None] * L) ** 2).mean(axis=1))
