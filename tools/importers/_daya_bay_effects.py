"""Systematic effects of Daya Bay's full release: what each would change in each bin, one at a time.

Every effect is the relative change of the signal, or the change in counts of a background over all of them,
when its parameter moves by one standard deviation from its nominal value (a free one: by one). Effects of
the response are half the difference of both signs.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from importers._daya_bay_detector import ENERGIES, Setting
from importers._daya_bay_reactor import OUT_OF_EQUILIBRIUM, Oscillation, Spectra
from importers._daya_bay_release import (
    BACKGROUNDS,
    CORES,
    DETECTORS,
    ISOTOPES,
    PERIODS,
    Files,
    sites,
)

Array = NDArray[np.float64]
Site = tuple[str, str]

#: Energies in MeV between which the uncorrelated errors of the fluxes are one effect each.
_GROUPS = np.concatenate([np.arange(1.8, 9.0, 0.1), [9.0, 9.5, 10.0, 11.0, 12.3]])
#: Backgrounds that are correlated inside a hall.
_OF_A_HALL = ("lithium_helium", "fast_neutrons")


@dataclass(frozen=True)
class Effect:
    """One effect: its name, σ (NaN: free), what it acts on, what it is, and its values by site."""

    name: str
    sigma: float
    acts_on: str
    meaning: str
    values: Mapping[Site, Array]


@dataclass(frozen=True)
class Effects:
    """All effects on the signal, relative to it."""

    spectra: Spectra

    def signal(self) -> Iterator[Effect]:
        """Yield the effects on the signal, those that are free first."""
        yield from self._free_spectrum()
        yield from self._solar()
        yield from self._detectors()
        yield from self._of_response()
        yield from self._cores()
        yield from self._fractions()
        yield from self._fuel()
        yield from self._flux_errors()

    # --- the spectrum ------------------------------------------------------------------------------------

    def _free_spectrum(self) -> Iterator[Effect]:
        edges = self._files.edges("reactor_antineutrino_spectrum_edges")
        for k, energy in enumerate(edges):
            # straight between the knots, and beyond them as between the last two
            tent = _tent(edges, k)
            flux = self.spectra.reactors.burning * tent
            meaning = f"free factor of the mean spectrum at {energy:g} MeV"
            yield self._of_flux(f"spectrum-{k:02d}", np.nan, meaning, dict.fromkeys(CORES, flux))

    def _flux_errors(self) -> Iterator[Effect]:
        shares, flux = self._files.shares, self.spectra.reactors.flux
        tables = {(kind, name): self._errors(kind, name) for kind in ("corr", "uncorr") for name in ISOTOPES}
        common = sum(shares[n] * flux[n] * _at(*tables["corr", n]) for n in ISOTOPES)
        meaning = "correlated error of the Huber-Mueller fluxes"
        yield self._of_flux("flux-correlated", 1.0, meaning, dict.fromkeys(CORES, np.asarray(common)))
        for k, (low, high) in enumerate(itertools.pairwise(_GROUPS)):
            change = self._uncorrelated(low, high, {n: tables["uncorr", n] for n in ISOTOPES})
            meaning = f"uncorrelated errors of the Huber-Mueller fluxes, {low:g} to {high:g} MeV"
            yield self._of_flux(f"flux-{k:02d}", 1.0, meaning, dict.fromkeys(CORES, change))

    def _uncorrelated(self, low: float, high: float, tables: Mapping[str, tuple[Array, Array]]) -> Array:
        """Return one change for the independent ones of all isotopes at the knots between two energies.

        The fuel is the same for all cores, and 0.1 MeV is below the resolution: changes have one shape, and
        are added in quadrature.
        """
        squares, sums = 0.0, np.zeros_like(ENERGIES)
        for name, (energy, sigma) in tables.items():
            weight = self._files.shares[name] * self.spectra.reactors.flux[name]
            for k in np.flatnonzero((energy > low - 1e-9) & (energy < high - 1e-9)):
                change = weight * _tent(energy, int(k), ends=False) * sigma[k]
                squares += float(change.sum()) ** 2
                sums += change
        return np.asarray(sums * (np.sqrt(squares) / sums.sum()))

    def _errors(self, kind: str, isotope: str) -> tuple[Array, Array]:
        name = "reactor_antineutrino_spectra_hm_uncertainties"
        table = self._files.table(f"{name}.tsv/{name}_{kind}_{isotope}")
        return table["E_MeV"].to_numpy(float), table["sigma_rel"].to_numpy(float)

    # --- the neutrinos -------------------------------------------------------------------------------------

    def _solar(self) -> Iterator[Effect]:
        table = self._files.parameters("survival_probability_solar")
        for name, key, field in (
            ("sin2-2theta12", "SinSq2Theta12", "sin2_2theta12"),
            ("dm2-21", "DeltaMSq21", "dm2_21"),
        ):
            value, sigma = table[key]
            yield self._between(
                name,
                f"{key} within its error",
                *(replace(self.spectra.oscillation, **{field: value + s * sigma}) for s in (1.0, -1.0)),
            )

    def _between(self, name: str, meaning: str, up: Oscillation, down: Oscillation) -> Effect:
        ends = [replace(self.spectra, oscillation=end).nominal for end in (up, down)]
        changes = {site: 0.5 * (ends[0][site] - ends[1][site]) for site in sites()}
        return Effect(name, 1.0, "signal", meaning, self._relative(changes))

    # --- the cores -----------------------------------------------------------------------------------------

    def _cores(self) -> Iterator[Effect]:
        reactors = self.spectra.reactors
        power = self._files.parameters("reactor_thermal_power_uncertainty")["thermal_power_scale"][1] / 100.0
        for core in CORES:
            meaning = f"thermal power of {core}"
            yield self._of_flux(f"power-{core}", 1.0, meaning, {core: power * reactors.core})
        table = self._files.parameters("reactor_energy_per_fission")["energy_per_fission"]
        parts = [self._files.shares[n] * table[n][1] / reactors.energy_per_fission for n in ISOTOPES]
        change = dict.fromkeys(CORES, float(np.hypot.reduce(parts)) * reactors.core)
        yield self._of_flux(
            "energy-per-fission", 1.0, "energy per fission, four isotopes in quadrature", change
        )

    def _fractions(self) -> Iterator[Effect]:
        """Yield four independent combinations of the errors of the fission shares of each core."""
        reactors, shares = self.spectra.reactors, self._files.shares
        table = self._files.parameters("reactor_fission_fractions_scale")["fission_fractions_scale"]
        errors = np.array([table[name][1] / 100.0 for name in ISOTOPES])
        correlation = self._files.correlation("reactor_fission_fractions_scale", "fission_fractions_scale")
        mixing = errors[:, None] * np.linalg.cholesky(correlation)
        energies = self._files.parameters("reactor_energy_per_fission")["energy_per_fission"]
        changes = []
        for name in ISOTOPES:
            own = reactors.flux[name] * (1.0 + reactors.irradiation.get(name, 0.0))
            # more fissions of one isotope are fewer in all at the same power
            fewer = energies[name][0] / reactors.energy_per_fission * reactors.core
            changes.append(shares[name] * (own - fewer))
        for core in CORES:
            for k in range(len(ISOTOPES)):
                change = np.asarray(sum(mixing[i, k] * changes[i] for i in range(len(ISOTOPES))))
                meaning = f"fission shares of {core}, independent combination {k + 1} of 4"
                yield self._of_flux(f"fractions-{core}-{k + 1}", 1.0, meaning, {core: change})

    def _fuel(self) -> Iterator[Effect]:
        reactors, shares = self.spectra.reactors, self._files.shares
        scale = self._files.parameters("reactor_nonequilibrium_correction")["nonequilibrium_scale"][1] / 100.0
        for core in CORES:
            for name in OUT_OF_EQUILIBRIUM:
                change = scale * shares[name] * reactors.flux[name] * reactors.irradiation[name]
                meaning = f"correction of {name} in {core} for finite irradiation"
                yield self._of_flux(f"irradiation-{core}-{name}", 1.0, meaning, {core: change})
        scale = self._files.parameters("reactor_snf")["snf_scale"][1] / 100.0
        for core in CORES:
            part = scale * reactors.burning * reactors.spent_fuel[core]
            changes = {
                site: self.spectra.deposited(site, {core: reactors.seen(site, core)[1] * part})
                for site in sites()
            }
            meaning = f"spent fuel beside {core}"
            yield Effect(f"spent-fuel-{core}", 1.0, "signal", meaning, self._relative(changes))

    # --- the detectors -------------------------------------------------------------------------------------

    def _detectors(self) -> Iterator[Effect]:
        """Yield efficiency and energy scale of each detector, as two independent effects."""
        table = self._files.parameters("detector_relative")["detector_relative"]
        efficiency, scale = (table[k][1] / 100.0 for k in ("efficiency_factor", "energy_scale_factor"))
        correlation = self._files.correlation("detector_relative", "detector_relative")[0, 1]
        ones = np.ones(len(self.spectra.detector.final))
        for name in DETECTORS:
            change = self._of_setting(lambda s: Setting(scale=1.0 + s * scale), name)
            values = {
                site: v + correlation * efficiency * ones * (site[0] == name) for site, v in change.items()
            }
            meaning = f"energy scale of {name}, with the efficiency that goes with it"
            yield Effect(f"scale-{name}", 1.0, "signal", meaning, values)
            own = efficiency * np.sqrt(1.0 - correlation**2)
            values = {site: own * ones * (site[0] == name) for site in sites()}
            yield Effect(f"efficiency-{name}", 1.0, "signal", f"efficiency of {name} beyond that", values)

    def _of_response(self) -> Iterator[Effect]:
        iav = self._files.parameters("detector_iav_offdiag_scale")["iav_offdiag_scale_factor"][1]
        for name in DETECTORS:
            values = self._of_setting(lambda s: Setting(iav=1.0 + s * iav), name)
            yield Effect(f"iav-{name}", 1.0, "signal", f"energy lost in the acrylic vessel of {name}", values)
        for k in range(4):
            values = self._of_setting(partial(_curve, k))
            yield Effect(f"nonlinearity-{k}", 1.0, "signal", f"curve {k} of non-linearity", values)
        table = self._files.parameters("detector_eres")["eres"]
        for k, (term, name) in enumerate(zip("abc", ("a_nonuniform", "b_stat", "c_noise"), strict=True)):
            values = self._of_setting(partial(_resolution, k, table[name][1] / 100.0))
            yield Effect(f"resolution-{term}", 1.0, "signal", f"term {term} of the resolution", values)

    def _of_setting(self, setting: Callable[[float], Setting], only: str = "") -> dict[Site, Array]:
        """Return half the relative difference of a setting at +1 and −1, of one detector or of all."""
        up, down = (self.spectra.detector.response(setting(s)) for s in (1.0, -1.0))
        entries = {}
        for site in sites():
            change = 0.5 * (up - down) @ self.spectra.nominal[site]
            entries[site] = np.where(only in ("", site[0]), change / self._expected[site], 0.0)
        return entries

    # --- what they are made of -----------------------------------------------------------------------------

    @property
    def _files(self) -> Files:
        return self.spectra.reactors.files

    @cached_property
    def _response(self) -> Array:
        return self.spectra.detector.response(Setting())

    @cached_property
    def _expected(self) -> dict[Site, Array]:
        return {site: self._response @ self.spectra.nominal[site] for site in sites()}

    def _of_flux(self, name: str, sigma: float, meaning: str, parts: Mapping[str, Array]) -> Effect:
        """Return the effect of a change of the running cores' fluxes, per fission."""
        reactors = self.spectra.reactors
        changes = {
            site: self.spectra.deposited(
                site, {core: reactors.seen(site, core)[0] * f for core, f in parts.items()}
            )
            for site in sites()
        }
        return Effect(name, sigma, "signal", meaning, self._relative(changes))

    def _relative(self, changes: Mapping[Site, Array]) -> dict[Site, Array]:
        return {site: self._response @ change / self._expected[site] for site, change in changes.items()}


def backgrounds(files: Files, counts: Mapping[str, Mapping[Site, Array]]) -> Iterator[Effect]:
    """Yield the effects on the backgrounds, in counts over all of them.

    Parameters
    ----------
    counts : mapping
        Counts of each background in each final bin, by its name in the files and by site.
    """
    total = {site: sum(part[site] for part in counts.values()) for site in sites()}

    def effect(name: str, meaning: str, kind: str, relative: Mapping[Site, float]) -> Effect:
        values = {s: relative.get(s, 0.0) * counts[kind][s] / total[s] for s in sites()}
        return Effect(name, 1.0, "background", meaning, values)

    rates = files.parameters("background_rates_correlated")
    errors = {
        (kind, s): rates[kind][s[1]][s[0]][1] / rates[kind][s[1]][s[0]][0] for kind in rates for s in sites()
    }
    yield effect("am-c", "rate of AmC, all detectors", "amc", {s: errors["amc", s] for s in sites()})
    for kind in _OF_A_HALL:
        for period in PERIODS:
            for hall in "123":
                inside = [s for s in sites() if s[1] == period and s[0][2] == hall]
                relative = {s: errors[kind, s] for s in inside}
                name = f"{BACKGROUNDS[kind].replace('_', '-')}-EH{hall}-{period}"
                yield effect(name, f"rate of {kind} in EH{hall}, {period}", kind, relative)
    scale = files.parameters("background_rate_scale_accidentals")["accidentals"][1] / 100.0
    rates = files.parameters("background_rates_uncorrelated")["alpha_neutron"]
    for detector, period in sites():
        where = f"{detector} in {period}"
        own = (detector, period)
        yield effect(
            f"accidental-{detector}-{period}", f"rate of accidentals, {where}", "accidentals", {own: scale}
        )
        value, sigma = rates[period][detector]
        yield effect(
            f"alpha-n-{detector}-{period}", f"rate of (α, n), {where}", "alpha_neutron", {own: sigma / value}
        )


def _tent(edges: Array, k: int, ends: bool = True) -> Array:
    """Return a tent of height one over a knot, at the fine energies.

    Straight between the knots; beyond them as between the last two, or zero.
    """
    height = np.zeros(edges.size)
    height[k] = 1.0
    values = np.interp(ENERGIES, edges, height, left=0.0, right=0.0)
    above = edges[-1] < ENERGIES
    if ends and k >= edges.size - 2:
        slope = (height[-1] - height[-2]) / (edges[-1] - edges[-2])
        values[above] = height[-1] + slope * (ENERGIES[above] - edges[-1])
    return values


def _curve(k: int, pull: float) -> Setting:
    values = [0.0, 0.0, 0.0, 0.0]
    values[k] = pull
    return Setting(curves=tuple(values))


def _resolution(k: int, error: float, pull: float) -> Setting:
    values = [1.0, 1.0, 1.0]
    values[k] += pull * error
    return Setting(resolution=(values[0], values[1], values[2]))


def _at(energy: Array, values: Array) -> Array:
    return np.interp(ENERGIES, energy, values)
