"""Antineutrinos at Daya Bay, from the files of its full release: what each core sends to each detector.

Fluxes are in 1/MeV/fission on the fine energies of the detectors' response. A core's antineutrinos are the
four isotopes in their mean shares, the correction for isotopes that are not in equilibrium, and spent fuel.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from importers._daya_bay_detector import ENERGIES, Detector
from importers._daya_bay_release import (
    CORES,
    ISOTOPES,
    MEV_PER_GIGAWATT,
    SECONDS_PER_DAY,
    Files,
    sites,
)

Array = NDArray[np.float64]

#: Isotopes that the correction for finite irradiation is given for.
OUT_OF_EQUILIBRIUM = ("U235", "Pu239", "Pu241")
#: 1/(4ħc) in MeV/(eV² m), from CODATA.
PHASE = 1.2669327621645973
CENTIMETRES = 100.0


@dataclass(frozen=True)
class Oscillation:
    """Three neutrinos in normal order: sin²2θ13, Δm²32, sin²2θ12 and Δm²21, in eV²."""

    sin2_2theta13: float
    dm2_32: float
    sin2_2theta12: float
    dm2_21: float

    @classmethod
    def nominal(cls, files: Files) -> "Oscillation":
        """Return the values that the release starts a fit from."""
        free, solar = files.parameters("survival_probability"), files.parameters("survival_probability_solar")
        return cls(
            free["SinSq2Theta13"], free["DeltaMSq32"], solar["SinSq2Theta12"][0], solar["DeltaMSq21"][0]
        )

    def survival(self, baseline: float) -> Array:
        """Return the probability to survive at the fine energies, baseline in m."""
        s13, s12 = (0.5 * (1.0 - np.sqrt(1.0 - s)) for s in (self.sin2_2theta13, self.sin2_2theta12))
        ratio = PHASE * baseline / ENERGIES
        wave = {d: np.sin(d * ratio) ** 2 for d in (self.dm2_32 + self.dm2_21, self.dm2_32, self.dm2_21)}
        fast = (1.0 - s12) * wave[self.dm2_32 + self.dm2_21] + s12 * wave[self.dm2_32]
        slow = (1.0 - s13) ** 2 * self.sin2_2theta12 * wave[self.dm2_21]
        return np.asarray(1.0 - self.sin2_2theta13 * fast - slow)


@dataclass(frozen=True)
class Reactors:
    """The fluxes of the cores, and the spectra that they make."""

    files: Files

    @cached_property
    def flux(self) -> dict[str, Array]:
        """Flux of each isotope, Huber-Mueller, exponential between the energies of the table."""
        entries = {}
        for name in ISOTOPES:
            table = self.files.table(
                f"reactor_antineutrino_spectra_hm.tsv/reactor_antineutrino_spectra_hm_{name}"
            )
            logs = np.log(table["N_density"].to_numpy(float))
            entries[name] = np.exp(np.interp(ENERGIES, table["E_MeV"].to_numpy(float), logs))
        return entries

    @cached_property
    def irradiation(self) -> dict[str, Array]:
        """Relative correction of each isotope for finite irradiation; zero outside its table."""
        return {
            name: self._correction(f"nonequilibrium_correction.tsv/nonequilibrium_correction_{name}")
            for name in OUT_OF_EQUILIBRIUM
        }

    @cached_property
    def spent_fuel(self) -> dict[str, Array]:
        """Relative contribution of spent fuel beside each core; zero outside its table."""
        return {core: self._correction(f"snf_correction.tsv/snf_correction_{core}") for core in CORES}

    def _correction(self, name: str) -> Array:
        table = self.files.table(name)
        content = np.interp(ENERGIES, table["E_MeV"], table["C"], left=0.0, right=0.0)
        return np.asarray(content)

    @cached_property
    def burning(self) -> Array:
        """Flux of the mean fuel without corrections."""
        shares = self.files.shares
        return np.asarray(sum(shares[name] * self.flux[name] for name in ISOTOPES))

    @cached_property
    def core(self) -> Array:
        """Flux of the mean fuel with the correction for finite irradiation, per fission."""
        shares = self.files.shares
        added = sum(shares[n] * self.flux[n] * self.irradiation[n] for n in OUT_OF_EQUILIBRIUM)
        return np.asarray(self.burning + added)

    @cached_property
    def energy_per_fission(self) -> float:
        """Mean energy per fission in MeV."""
        table = self.files.parameters("reactor_energy_per_fission")["energy_per_fission"]
        return float(sum(self.files.shares[name] * table[name][0] for name in ISOTOPES))

    @cached_property
    def nominal_fissions(self) -> float:
        """Fissions per second of a core at nominal power, which spent fuel is counted by."""
        power = self.files.parameters("reactor_thermal_power_nominal")["nominal_thermal_power"]
        return float(power * MEV_PER_GIGAWATT / self.energy_per_fission)

    @cached_property
    def _exposure(self) -> Mapping[tuple[str, str, str], tuple[float, float]]:
        columns = self.files.exposures[["detector", "period", "core", "fissions", "live_days"]]
        return {(d, p, c): (float(f), float(t)) for d, p, c, f, t in columns.itertuples(index=False)}

    def seen(self, site: tuple[str, str], core: str) -> tuple[float, float]:
        """Return protons times fissions over 4πL² in 1/cm², of the running core and of its spent fuel."""
        detector, period = site
        fissions, days = self._exposure[detector, period, core]
        baseline = self.files.baselines[detector][core] * CENTIMETRES
        solid = self.files.protons[detector] / (4.0 * np.pi * baseline**2)
        return solid * fissions, solid * days * SECONDS_PER_DAY * self.nominal_fissions

    def signal(self, site: tuple[str, str], core: str) -> Array:
        """Return what a core's antineutrinos are at a detector, in 1/cm²/MeV times protons, without waves."""
        running, stored = self.seen(site, core)
        return running * self.core + stored * self.burning * self.spent_fuel[core]


@dataclass(frozen=True)
class Spectra:
    """What is deposited in the detectors, with three neutrinos."""

    reactors: Reactors
    detector: Detector
    oscillation: Oscillation

    @cached_property
    def waves(self) -> dict[tuple[str, str], Array]:
        """Probability to survive at the fine energies, by detector and core."""
        return {
            (name, core): self.oscillation.survival(distance)
            for name, row in self.reactors.files.baselines.items()
            for core, distance in row.items()
        }

    def deposited(self, site: tuple[str, str], parts: Mapping[str, Array]) -> Array:
        """Return what is deposited of what each core sends, in 240 bins; parts in protons/cm²/MeV."""
        total = np.sum([self.waves[site[0], core] * part for core, part in parts.items()], axis=0)
        return np.asarray(self.detector.deposited @ (total * STEP_MEV))

    @cached_property
    def nominal(self) -> dict[tuple[str, str], Array]:
        """The same of all that the reactors send, by site."""
        return {
            site: self.deposited(site, {core: self.reactors.signal(site, core) for core in CORES})
            for site in sites()
        }


#: Width of the fine energies in MeV.
STEP_MEV = float(ENERGIES[1] - ENERGIES[0])
