"""Coherent scattering of neutrinos of a tabulated spectrum, folded with templates of single recoil energies.

A collaboration that releases what a nuclear recoil of one energy looks like in its bins has released the
response to every recoil spectrum: the spectrum is integrated over the recoil energy, with templates in
between taken linear. Recoils below the first and above the last energy are not seen.

What changes flavours on the way from the Sun is matter, which no L/E knows: the response is applicable to
the models it names, those in which all neutrinos arrive active. Coherent scattering then does not care
which flavour they are.

Outputs: the events of all bins, run after run, in the order of the table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Annotated, NotRequired, TypedDict

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import Positive, completed
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.array_store import Arrays, stored
from nuanomaly.likelihood.cevns.cross_section import (
    PARAMETERS,
    Atom,
    Charge,
    CouplingsOption,
    FormFactorOptions,
    Nucleus,
    couplings,
    cross_section,
    endpoint,
    form_factor,
    recoil_momentum,
)
from nuanomaly.likelihood.parts import Response
from nuanomaly.model.constants import AVOGADRO
from nuanomaly.model.probabilities import Array, Model, NotApplicableError


class Flux(TypedDict):
    """Neutrinos of all flavours."""

    total: Annotated[Positive, "Per cm² and s."]
    table: Annotated[str, "Table of the spectrum."]
    energy: Annotated[str, "Column of the energy in MeV."]
    spectrum: Annotated[str, "Column of the spectrum in 1/MeV."]


class TargetAtom(Atom):
    """A kind of atom of the target."""

    count: Annotated[Positive, "Part of the atoms."]


class Recoils(TypedDict):
    """Templates of single recoil energies."""

    table: Annotated[str, "Table with a row per run, recoil energy and bin."]
    run: Annotated[str, "Column of the run."]
    energy: Annotated[str, "Column of the recoil energy in keV."]
    bin: Annotated[str, "Column of the number of the bin, in the order of the data."]
    efficiency: Annotated[str, "Column of the part of the recoils that is seen in the bin."]


class Exposure(TypedDict):
    """Exposure of each run."""

    table: Annotated[str, "Table with a row per run."]
    run: Annotated[str, "Column of the run."]
    exposure: Annotated[str, "Column of the exposure in t·yr."]
    runs: NotRequired[
        Annotated[
            list[int], {"minItems": 1}, "Runs that are used, in this order; all of the table if left out."
        ]
    ]


class Options(TypedDict):
    """Options of the response."""

    flux: Flux
    nuclei: Annotated[list[TargetAtom], {"minItems": 1}, "Nuclei of the target."]
    couplings: CouplingsOption
    form_factor: Annotated[FormFactorOptions, "Of protons and neutrons."]
    recoils: Recoils
    exposure: Exposure
    models: Annotated[list[str], {"minItems": 1}, "Models in which all neutrinos arrive active."]
    reason: Annotated[str, {"minLength": 1}, "Why no other model can be evaluated."]


#: Seconds in a Julian year; steps between two templates, and up to the endpoint for the cross section.
_YEAR, _STEPS, _RECOILS = 31_557_600.0, 20, 2000
#: What the rate depends on: no flavour can be told from another.
_PARAMETERS = tuple(p for p in PARAMETERS if p.name in ("cevns_strength", "sin2_theta_w"))


@dataclass(frozen=True, eq=False)
class RecoilTemplates(Response):
    """Events per bin and nucleus, and how they vary.

    Attributes
    ----------
    events : array, shape (nuclei, n_out)
        In the standard model.
    charges : tuple of Charge
        Factor of each nucleus.
    nuclei : tuple of Nucleus
    spectrum : tuple of arrays
        Energies in MeV, and neutrinos in 1/MeV.
    """

    events: Array = field(kw_only=True)
    charges: tuple[Charge, ...] = field(kw_only=True)
    nuclei: tuple[Nucleus, ...] = field(kw_only=True)
    spectrum: tuple[Array, Array] = field(kw_only=True)
    config: Options = field(kw_only=True, repr=False)
    models: tuple[str, ...] = field(kw_only=True)
    reason: str = field(kw_only=True)

    @cached_property
    def flux_average(self) -> float:
        """Cross section in cm², averaged over the spectrum and the atoms."""
        energy, spectrum = self.spectrum
        total = sum(n.count * _section(self.config, n, energy, spectrum) for n in self.nuclei)
        return total / (sum(n.count for n in self.nuclei) * float(np.trapezoid(spectrum, energy)))

    def __call__(
        self, model: Model, parameters: Mapping[str, Array], interaction: Mapping[str, Array]
    ) -> Array:
        """Return the outputs, shape (P, n_out).

        Raises
        ------
        NotApplicableError
            If the model is not one that the events can be computed for.
        """
        if model.name not in self.models:
            raise NotApplicableError(f"not applicable: model {model.name!r}: {self.reason}")
        angle = interaction["sin2_theta_w"]
        zero = np.zeros_like(angle)
        factors = np.array([charge(angle, zero, zero) for charge in self.charges])
        return np.asarray(interaction["cevns_strength"][:, None] * (factors.T @ self.events))


@completed
def build(config: Options, release: Release) -> RecoilTemplates:
    """Build from a declaration (see the module).

    Raises
    ------
    NuanomalyError
        If a run has not the same bins at all recoil energies, or no exposure.
    """
    nuclei = tuple(Nucleus(x["Z"], x["A"], x["mass"], x["count"]) for x in config["nuclei"])
    runs = _runs(config["exposure"], release)
    seen = [(exposure, *_templates(config["recoils"], run, release)) for run, exposure in runs.items()]
    spectrum = _flux(config, release)
    (events,) = _events(config, nuclei, seen, spectrum)
    return RecoilTemplates(
        (),
        events.shape[1],
        _PARAMETERS,
        events=events,
        charges=tuple(Charge(n, couplings(config["couplings"]), "all") for n in nuclei),
        nuclei=nuclei,
        spectrum=spectrum,
        config=config,
        models=tuple(config["models"]),
        reason=config["reason"],
    )


def folded(energies: Array, templates: Array, recoil: Array, rate: Array) -> Array:
    """Return the events per bin of any recoil spectrum.

    Parameters
    ----------
    energies : array, shape (m,)
        Recoil energies of the templates, in ascending order.
    templates : array, shape (m, n)
        Part of the recoils of each energy that is seen in each bin; linear in between, zero outside.
    recoil, rate : arrays, shape (k,)
        Recoil energies in ascending order, and recoils per unit of energy.

    Returns
    -------
    array, shape (n,)

    Examples
    --------
    >>> templates, recoil = np.array([[0.0, 1.0], [1.0, 0.0]]), np.linspace(0.0, 3.0, 301)
    >>> folded(np.array([1.0, 2.0]), templates, recoil, np.full(301, 4.0)).round(9).tolist()
    [2.0, 2.0]
    """
    inside = (recoil >= energies.min()) & (recoil <= energies.max())
    return _integrated(_between(energies, templates, recoil[inside]), recoil[inside], rate[inside])


def _between(energies: Array, templates: Array, recoil: Array) -> Array:
    """Return the templates at recoil energies among theirs, shape (n, k)."""
    return np.array([np.interp(recoil, energies, column) for column in templates.T])


def _integrated(seen: Array, recoil: Array, rate: Array) -> Array:
    """Return the events per bin, shape (n,), of what is seen at recoil energies, shape (n, k)."""
    return np.asarray(np.trapezoid(seen * rate, recoil, axis=1))


def recoil_rate(config: Options, nucleus: Nucleus, T: Array, neutrinos: tuple[Array, Array]) -> Array:
    """Return the recoils of one kind of nucleus per tonne of target, year and keV, shape (n,); T in keV.

    The neutrinos are their energies in MeV, and how many there are in 1/MeV.
    """
    energy, spectrum = neutrinos
    mean = sum(entry["count"] * entry["mass"] for entry in config["nuclei"])
    atoms = 1e6 * AVOGADRO * nucleus.count / mean
    section = cross_section(1e-3 * T, energy, nucleus, _charge2(config, nucleus, 1e-3 * T))
    scale = float(config["flux"]["total"]) * _YEAR * atoms * 1e-3
    return np.asarray(scale * np.trapezoid(section * spectrum, energy, axis=1))


def _flux(config: Options, release: Release) -> tuple[Array, Array]:
    table = release.arrays(config["flux"]["table"])
    energy, spectrum = (
        table[name].astype(float) for name in (config["flux"]["energy"], config["flux"]["spectrum"])
    )
    return energy, spectrum


def _charge2(config: Options, nucleus: Nucleus, T: Array) -> Array:
    """Return the squared weak charge with its form factor at recoil energies in MeV."""
    standard = Charge(nucleus, couplings(config["couplings"]), "all").standard
    return np.asarray(
        standard * form_factor(config["form_factor"], nucleus.A)(recoil_momentum(T, nucleus)) ** 2
    )


def _section(config: Options, nucleus: Nucleus, energy: Array, spectrum: Array) -> float:
    """Return the cross section in cm², integrated over recoil energy and spectrum."""
    width = endpoint(float(energy[-1]), nucleus) / _RECOILS
    T = np.asarray((np.arange(_RECOILS) + 0.5) * width, float)
    total = cross_section(T, energy, nucleus, _charge2(config, nucleus, T)).sum(axis=0) * width
    return float(np.trapezoid(total * spectrum, energy))


def _runs(config: Exposure, release: Release) -> dict[int, float]:
    """Return the exposure in t·yr of each run that is used."""
    table = release.arrays(config["table"])
    given = dict(
        zip(table[config["run"]].tolist(), table[config["exposure"]].astype(float).tolist(), strict=True)
    )
    chosen: Sequence[int] = config.get("runs", list(given))
    for run in chosen:
        if run not in given:
            raise UnknownNameError("run", str(run), map(str, given), f"{release.id} {config['table']}")
    return {run: given[run] for run in chosen}


def _templates(names: Recoils, run: int, release: Release) -> tuple[Array, Array]:
    """Return recoil energies in keV, shape (k,), and what a run sees of them in each bin, shape (n, k)."""
    table = release.arrays(names["table"])
    own = table[names["run"]] == run
    efficiency = table[names["efficiency"]][own].astype(float)
    energies, i = np.unique(table[names["energy"]][own].astype(float), return_inverse=True)
    bins, k = np.unique(table[names["bin"]][own], return_inverse=True)
    templates = np.full((energies.size, bins.size), np.nan)
    templates[i, k] = efficiency
    if not templates.size == efficiency.size > 0 or not np.isfinite(templates).all():
        raise NuanomalyError(
            f"{release.id} {names['table']}: run {run} has not the same bins at all recoil energies"
        )
    parts = [np.linspace(a, b, _STEPS, endpoint=False) for a, b in pairwise(energies)]
    T = np.append(np.concatenate(parts), energies[-1])
    return T, _between(energies, templates, T)


@stored
def _events(
    config: Options,
    nuclei: Sequence[Nucleus],
    runs: Sequence[tuple[float, Array, Array]],
    neutrinos: tuple[Array, Array],
) -> Arrays:
    """Return the events per bin, run after run, from each kind of nucleus, shape (nuclei, n_out).

    Each run is its exposure, recoil energies and templates; the same energies have one spectrum of recoils.
    """
    events = []
    for nucleus in nuclei:
        rates: dict[bytes, Array] = {}
        parts = []
        for exposure, T, seen in runs:
            if T.tobytes() not in rates:
                rates[T.tobytes()] = recoil_rate(config, nucleus, T, neutrinos)
            parts.append(exposure * _integrated(seen, T, rates[T.tobytes()]))
        events.append(np.concatenate(parts))
    return (np.array(events),)
