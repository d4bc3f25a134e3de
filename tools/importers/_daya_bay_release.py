"""Daya Bay's full release, 10.5281/zenodo.17587229: its text files and what follows from them."""

import bz2
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from importers._inverse_beta_decay import Constants
from nuanomaly.archive.errors import NuanomalyError

Array = NDArray[np.float64]

FOLDER = "reactor/dayabay_full_release_2025"
DETECTORS = ("AD11", "AD12", "AD21", "AD22", "AD31", "AD32", "AD33", "AD34")
CORES = ("R1", "R2", "R3", "R4", "R5", "R6")
ISOTOPES = ("U235", "U238", "Pu239", "Pu241")
#: Periods by the number of detectors that took data, with their bit in the mask of the weekly rates.
PERIODS = {"6AD": (6, 1), "8AD": (8, 2), "7AD": (7, 4)}
#: Backgrounds: name in the files, and in the archive.
BACKGROUNDS = {
    "accidentals": "accidental",
    "alpha_neutron": "alpha_n",
    "amc": "am_c",
    "lithium_helium": "li_he",
    "fast_neutrons": "fast_neutron",
}
#: Detectors that did not take data in a period.
_ABSENT = {("AD22", "6AD"), ("AD34", "6AD"), ("AD11", "7AD")}
SECONDS_PER_DAY = 86400.0
#: MeV per second of a gigawatt.
MEV_PER_GIGAWATT = 1e9 / 1.602176634e-13


@dataclass(frozen=True)
class Files:
    """The folder of the release's text files."""

    folder: Path

    def table(self, name: str) -> pd.DataFrame:
        """Return a compressed table, by its path without the endings."""
        return pd.read_csv(io.StringIO(self._text(f"{name}.tsv.bz2")), sep="\t")

    def matrix(self, name: str) -> Array:
        """Return a compressed matrix without a header."""
        return np.loadtxt(io.StringIO(self._text(f"{name}.tsv.bz2")))

    def parameters(self, name: str) -> dict[str, Any]:
        """Return what a file of parameters gives."""
        content = self._parsed(name)["parameters"]
        assert isinstance(content, dict)
        return content

    def correlation(self, name: str, group: str) -> Array:
        """Return a correlation that a file of parameters gives."""
        return np.array(self._parsed(name)["correlations"][group]["matrix"], float)

    def edges(self, name: str) -> Array:
        """Return the edges of bins in MeV."""
        return np.loadtxt(self.folder / "parameters" / f"{name}.tsv", skiprows=1)

    def _parsed(self, name: str) -> dict[str, Any]:
        path = self.folder / "parameters" / f"{name}.yaml"
        if not path.is_file():
            raise NuanomalyError(f"{path}: the file is missing")
        content = yaml.safe_load(path.read_text("utf-8"))
        assert isinstance(content, dict)
        return content

    def _text(self, name: str) -> str:
        path = self.folder / name
        if not path.is_file():
            raise NuanomalyError(f"{path}: the file is missing")
        with bz2.open(path, "rt", encoding="utf-8") as stream:
            return stream.read()

    @cached_property
    def constants(self) -> Constants:
        """The constants of inverse beta decay."""
        return Constants.of(self.parameters("pdg2024"), self.parameters("ibd_constants"))

    @cached_property
    def shares(self) -> dict[str, float]:
        """Mean shares of fissions, by isotope."""
        return dict(self.parameters("reactor_fission_fractions")["fission_fractions"])

    @cached_property
    def baselines(self) -> Mapping[str, Mapping[str, float]]:
        """Distances in m, by detector and core."""
        numbers: Mapping[str, Mapping[str, float]] = self.parameters("baselines")["baseline"]
        return numbers

    @cached_property
    def protons(self) -> dict[str, float]:
        """Target protons of each detector times its efficiency."""
        nominal = self.parameters("detector_n_protons_nominal")["n_protons_nominal_ad"]
        efficiency = self.parameters("detector_efficiency")["efficiency"]
        parts = self.parameters("detector_n_protons_correction")["n_protons_correction"]
        return {name: nominal * efficiency * parts[name] for name in DETECTORS}

    @cached_property
    def exposures(self) -> pd.DataFrame:
        """Per detector, period and core: live days, accidentals, and fissions while the detector was live."""
        rates, rows = self._rates(), []
        emitted = self.parameters("antineutrinos_per_fission_huber_mueller")["antineutrinos_per_fission"]
        per_fission = sum(self.shares[name] * emitted[name] for name in ISOTOPES)
        for detector, period in sites():
            data = self.table(
                f"dayabay_dataset/dayabay_daily_detector_data.tsv/dayabay_daily_detector_data_{detector}"
            )
            data = data[data["n_det"] == PERIODS[period][0]]
            live, day = data["eff_livetime"].to_numpy(float), data["day"].to_numpy()
            accidentals = float((live * data["rate_accidentals"]).sum() / SECONDS_PER_DAY)
            for core in CORES:
                fissions = float((live * rates[core, period][day]).sum() / per_fission)
                days = float(live.sum() / SECONDS_PER_DAY)
                rows.append((detector, period, core, days, accidentals, fissions))
        names = ["detector", "period", "core", "live_days", "accidentals", "fissions"]
        return pd.DataFrame(rows, columns=names)

    def _rates(self) -> dict[tuple[str, str], Array]:
        """Return the rate of antineutrinos per second of each day, by core and period."""
        entries = {}
        for core in CORES:
            weeks = self.table(f"neutrino_rate.tsv/neutrino_rate_{core}")
            for period, (_, bit) in PERIODS.items():
                rate = np.zeros(int((weeks["day"] + weeks["n_days"]).max()))
                part = weeks[(weeks["n_det_mask"] & bit) > 0]
                for first, days, value in part[["day", "n_days", "neutrino_rate_per_s"]].to_numpy(float):
                    rate[int(first) : int(first + days)] = value
                entries[core, period] = rate
        return entries


def sites() -> Iterator[tuple[str, str]]:
    """Yield detector and period of every spectrum, in the order of the archive's tables."""
    for detector in DETECTORS:
        for period in PERIODS:
            if (detector, period) not in _ABSENT:
                yield detector, period


def site(detector: str, period: str) -> str:
    """Return the name of the spectrum of a detector in a period."""
    return f"{detector}-{period}"
