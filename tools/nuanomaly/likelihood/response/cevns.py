"""Coherent scattering of the neutrinos of stopped pions, in cells of visible energy and time.

The channels are flux component × nucleus, each to ``active``: the universal part. What a flavour adds to it
(a strength of its own, a non-standard coupling) is a channel to that flavour.

Outputs: the events of all cells, then for each of ``variations`` what one unit of it adds to them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Literal, NotRequired, TypedDict, cast

import numpy as np

from nuanomaly.archive.loading import load
from nuanomaly.archive.options import (
    Column,
    NotNegative,
    Positive,
    completed,
    rules,
)
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.cevns.cross_section import (
    PARAMETERS,
    Atom,
    Charge,
    CouplingsOption,
    FormFactor,
    FormFactorOptions,
    Nucleus,
    couplings,
    cross_section,
    endpoint,
    form_factor,
    recoil_momentum,
    strengths,
)
from nuanomaly.likelihood.cevns.quenching import Quenching, Smearing, electron_equivalent, smearing
from nuanomaly.likelihood.cevns.recoil_tables import NucleusTable, RecoilTable
from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.parts import Response
from nuanomaly.likelihood.stopped_pions.muon_decay import ENDPOINT
from nuanomaly.likelihood.stopped_pions.pion_decay import COMPONENTS, MUON_LIFE, PION_LIFE, Component, arrival
from nuanomaly.model.constants import AVOGADRO
from nuanomaly.model.probabilities import Array
from nuanomaly.model.recoil import RecoilInteraction


class Exposure(TypedDict):
    """Protons on target, and neutrinos of each kind per proton."""

    protons: Annotated[Positive, "Protons on target."]
    neutrinos_per_proton: Annotated[Positive, "Of each of ν_μ, ν_e, ν̄_μ."]


class TargetAtom(Atom):
    """A kind of atom of the target."""

    count: NotRequired[Annotated[Positive, {"default": 1.0}, "Atoms per formula unit."]]


class Target(TypedDict):
    """Mass and nuclei of the detector."""

    mass: Annotated[Positive, "In kg."]
    nuclei: Annotated[list[TargetAtom], {"minItems": 1}, "Its nuclei."]


Edges = Annotated[list[str], {"minItems": 2, "maxItems": 2}]


class CellTable(TypedDict):
    """Table of cells in reconstructed energy and time.

    Several cells may have the same (they differ in something else), if there is a template.
    """

    table: Annotated[str, "Table with a row per cell."]
    energy: Annotated[Edges, "Columns of the edges in photo-electrons or keV."]
    time: Annotated[Edges, "Columns of the edges in µs."]


class Loss(TypedDict):
    """exp(−rate (t − after)) of the neutrinos after that time is seen."""

    after: Annotated[float, "In µs."]
    rate: Annotated[NotNegative, "Per µs."]


@rules(oneOf=[{"required": ["table", "at", "prompt", "delayed"]}, {"required": ["mean", "sigma"]}])
class Arrival(TypedDict):
    """When neutrinos arrive, by component: a table, summed over a cell, or a Gaussian pulse."""

    table: NotRequired[Annotated[str, "Table of arrival times."]]
    at: NotRequired[Annotated[str, "Column of the time in µs."]]
    prompt: NotRequired[Annotated[str, "Column of the part of prompt neutrinos."]]
    delayed: NotRequired[Annotated[str, "Column of the part of delayed neutrinos."]]
    mean: NotRequired[Annotated[float, "Of the pulse, in µs."]]
    sigma: NotRequired[Annotated[Positive, "Of the pulse, in µs."]]
    loss: NotRequired[Annotated[Loss, {"default": {"after": 0.0, "rate": 0.0}}]]


class Template(TypedDict):
    """Released shape that the rate is distributed by, instead of energy and time."""

    table: Annotated[str, "Table with a row per cell."]
    column: Annotated[str, "Its column."]
    keep: Annotated[
        Literal["counts", "shape"],
        "Keep the template's events, and compute only their division among the components; or only how "
        "events are "
        "shared by cells of one energy and time.",
    ]


@rules(minProperties=1)
class Other(TypedDict):
    """Keys of the response that have another value."""

    form_factor: NotRequired[Annotated[FormFactorOptions, "Of protons and neutrons, or of protons alone."]]
    neutron_form_factor: NotRequired[Annotated[FormFactorOptions, "Of the neutrons."]]
    quenching: NotRequired[Quenching]
    smearing: NotRequired[Smearing]
    arrival: NotRequired[Arrival]
    template: NotRequired[Template]


class Variation(TypedDict):
    """Another response: one unit adds half the difference of two, or the difference to the standard one."""

    plus: Other
    minus: NotRequired[Other]


class Options(TypedDict):
    """Options of the response."""

    exposure: Exposure
    baseline: Annotated[Positive, "In m."]
    target: Target
    couplings: CouplingsOption
    form_factor: Annotated[FormFactorOptions, "Of protons and neutrons, or of protons alone."]
    neutron_form_factor: NotRequired[Annotated[FormFactorOptions, "Of the neutrons, if they have their own."]]
    quenching: Quenching
    smearing: Smearing
    cells: CellTable
    arrival: Arrival
    template: NotRequired[Template]
    variations: NotRequired[
        Annotated[
            list[Variation],
            {"default": []},
            "Other responses, whose differences from the standard one are effects of nuisances.",
        ]
    ]


#: Intervals of the neutrino energy and of the recoil energy, steps in time (µs) where light is lost.
_ENERGIES, _RECOILS, _TIMES = 200, 1500, 0.002

#: A flux component, a nucleus and a term of the squared charge.
Key = tuple[Component, Nucleus, str]


@dataclass(frozen=True, eq=False)
class CevnsResponse(Response):
    """Events per cell, and how they vary.

    Attributes
    ----------
    n_cells : int
    config : mapping
        The declaration, and ``folder``, where its release is: recoils are computed when first asked for.
    """

    n_cells: int = 0
    config: Options = field(default_factory=lambda: cast(Options, {}), repr=False)
    folder: str = ""

    @property
    def n_nominal(self) -> int:
        """The cells, without their variations."""
        return self.n_cells

    @cached_property
    def flux_average(self) -> float:
        """Cross section in cm², averaged over the three neutrinos and the atoms of the target."""
        return _flux_average(self.config)

    @cached_property
    def _recoil_tables(self) -> tuple[tuple[RecoilTable, float], ...]:
        """Tables and their factors, standard first, then plus and minus of each variation."""
        release = load(self.folder)
        tables = [(_recoil_table(self.config, release), 1.0)]
        for variation in self.config["variations"]:
            share = 0.5 if "minus" in variation else 1.0
            tables.append((_recoil_table(_with(self.config, variation["plus"]), release), share))
            tables.append((_recoil_table(_with(self.config, variation.get("minus", {})), release), share))
        return tuple(tables)

    def recoils(
        self, new: RecoilInteraction, points: Mapping[str, Array], interaction: Mapping[str, Array]
    ) -> Array:
        """Return what a new interaction with nuclei adds to the outputs, shape (P, n_out)."""
        parts = [share * table.added(new, points, interaction) for table, share in self._recoil_tables]
        variations = [plus - minus for plus, minus in zip(parts[1::2], parts[2::2], strict=True)]
        return np.concatenate([parts[0], *variations], axis=1)


@completed
def build(config: Options, release: Release) -> CevnsResponse:
    """Build from a declaration (see the module)."""
    standard = _weights(config, release)
    blocks = {key: [block] for key, block in standard.items()}
    for variation in config["variations"]:
        plus = _weights(_with(config, variation["plus"]), release)
        minus = _weights(_with(config, variation["minus"]), release) if "minus" in variation else standard
        for key, block in blocks.items():
            block.append((plus[key] - minus[key]) * (0.5 if "minus" in variation else 1.0))
    channels = tuple(
        channel for key, parts in blocks.items() for channel in _channels(key, np.concatenate(parts), config)
    )
    n_cells = next(iter(standard.values())).shape[0]
    n_out = n_cells * (1 + len(config["variations"]))
    return CevnsResponse(channels, n_out, PARAMETERS, n_cells, config, str(release.folder))


def _with(config: Options, other: Other) -> Options:
    """Return a declaration with other values of some keys."""
    return cast(Options, {**config, **other})


def _nuclei(config: Options) -> tuple[Nucleus, ...]:
    return tuple(Nucleus(x["Z"], x["A"], x["mass"], x["count"]) for x in config["target"]["nuclei"])


def _charges(config: Options, nucleus: Nucleus) -> dict[str, Callable[[Array], Array]]:
    """Return for each term of the squared charge its standard value as a function of q in MeV."""
    g = couplings(config["couplings"])
    p, n = nucleus.Z * g.proton, nucleus.N * g.neutron
    F: FormFactor = form_factor(config["form_factor"], nucleus.A)
    if "neutron_form_factor" not in config:
        return {"all": lambda q: ((p + n) * F(q)) ** 2}
    G: FormFactor = form_factor(config["neutron_form_factor"], nucleus.A)
    return {
        "pp": lambda q: (p * F(q)) ** 2,
        "pn": lambda q: 2.0 * p * n * F(q) * G(q),
        "nn": lambda q: (n * G(q)) ** 2,
    }


def _recoils(nucleus: Nucleus) -> tuple[Array, float]:
    """Return recoil energies in MeV, the middles of equal intervals, and their width."""
    width = endpoint(ENDPOINT, nucleus) / _RECOILS
    return np.asarray((np.arange(_RECOILS) + 0.5) * width, float), width


def _spectra(config: Options, release: Release, low: Array, high: Array) -> dict[Key, Array]:
    """Return events per bin of visible energy (rows) and neutrino energy, at all times, by component."""
    arrays: dict[Key, Array] = {}
    for nucleus in _nuclei(config):
        T, width = _recoils(nucleus)
        seen = smearing(config["smearing"], _visible(config["quenching"], T, release), low, high, release)
        for component in COMPONENTS:
            first, last, part = component.cells(_ENERGIES)
            for term, charge2 in _charges(config, nucleus).items():
                q = recoil_momentum(T, nucleus)
                section = cross_section(T, 0.5 * (first + last), nucleus, charge2(q))
                scale = _per_section(config, nucleus) * width
                arrays[component, nucleus, term] = scale * (seen @ section) * part
    return arrays


def _visible(config: Quenching, T: Array, release: Release) -> Array:
    """Return the electron-equivalent energy in keV of recoils in MeV."""
    given = config.get("coefficients")
    if given is None:
        column: Column = {"table": config["table"], "column": config["column"]}
        given = release.numbers(column).tolist()
    return electron_equivalent(1e3 * T, given, config["unit"])


def _weights(config: Options, release: Release) -> dict[Key, Array]:
    """Return events per cell (rows) and neutrino energy, by component, nucleus and term."""
    arrays, factor = _computed(config, release)
    return arrays if factor is None else {key: block * factor[:, None] for key, block in arrays.items()}


def _cells(config: Options, release: Release) -> tuple[Any, Any]:
    """Return bins of visible energy and of time (low, high), each once, and which each cell has."""
    cells = release.arrays(config["cells"]["table"])
    energy, time = (
        np.unique(np.column_stack([cells[edge].astype(float) for edge in edges]), axis=0, return_inverse=True)
        for edges in (config["cells"]["energy"], config["cells"]["time"])
    )
    return energy, time


def _arrivals(config: Options, release: Release) -> dict[Component, Array]:
    """Return the part of the neutrinos that comes in the time of each cell, shape (cells,)."""
    bins, which = _cells(config, release)[1]
    first, last = bins.T
    which = which.ravel()
    return {c: _arrival(config["arrival"], c.prompt, first, last, release)[which] for c in COMPONENTS}


def _computed(config: Options, release: Release) -> tuple[dict[Key, Array], Array | None]:
    """Return the computed events, and by what the template changes them in each cell; None without one."""
    energy, time = _cells(config, release)
    low, high = energy[0].T
    spectra = _spectra(config, release, low, high)
    arrivals = _arrivals(config, release)
    i, k = energy[1].ravel(), time[1].ravel()
    arrays = {key: block[i] * arrivals[key[0]][:, None] for key, block in spectra.items()}
    if "template" not in config:
        return arrays, None
    given = config["template"]
    template = release.numbers({"table": given["table"], "column": given["column"]})
    if given["keep"] == "counts":
        total = np.sum([block.sum(axis=1) for block in arrays.values()], axis=0)
    else:
        together = np.zeros((energy[0].shape[0], time[0].shape[0]))
        np.add.at(together, (i, k), template)
        total = together[i, k]
    return arrays, np.divide(template, total, out=np.zeros_like(template), where=total > 0.0)


def _recoil_table(config: Options, release: Release) -> RecoilTable:
    """Return the recoils of the target, for interactions that depend on the momentum transfer."""
    energy = _cells(config, release)[0]
    low, high = energy[0].T
    factor = _computed(config, release)[1] if "template" in config else None
    nuclei = []
    for nucleus in _nuclei(config):
        T, width = _recoils(nucleus)
        seen = smearing(config["smearing"], _visible(config["quenching"], T, release), low, high, release)
        protons = form_factor(config["form_factor"], nucleus.A)
        neutrons = form_factor(config.get("neutron_form_factor", config["form_factor"]), nucleus.A)
        q = recoil_momentum(T, nucleus)
        scale = _per_section(config, nucleus) * width
        spectra = {c: c.cells(_ENERGIES) for c in COMPONENTS}
        nuclei.append(NucleusTable(nucleus, T, protons(q), neutrons(q), scale * seen, spectra))
    cells = energy[1].ravel()
    return RecoilTable(
        nuclei,
        couplings(config["couplings"]),
        cells,
        _arrivals(config, release),
        np.ones(cells.size) if factor is None else factor,
    )


def _per_section(config: Options, nucleus: Nucleus) -> float:
    """Return the events of one component, all seen, per cm² of cross section."""
    exposure, target = config["exposure"], config["target"]
    flux = exposure["protons"] * exposure["neutrinos_per_proton"] / (4e4 * np.pi * config["baseline"] ** 2)
    formulas = 1e3 * target["mass"] / sum(x.mass * x.count for x in _nuclei(config)) * AVOGADRO
    return float(flux * formulas * nucleus.count)


def _arrival(config: Arrival, prompt: bool, low: Array, high: Array, release: Release) -> Array:
    """Return the part of the neutrinos that come, and are seen, in each interval of time."""
    if "table" in config:
        table = release.arrays(config["table"])
        at, part = (
            table[name].astype(float)
            for name in (config["at"], config["prompt"] if prompt else config["delayed"])
        )
        return np.array([part[(at >= a) & (at < b)].sum() for a, b in zip(low, high, strict=True)])
    lives = (PION_LIFE,) if prompt else (PION_LIFE, MUON_LIFE)
    loss = config["loss"]
    items = []
    for a, b in zip(low, high, strict=True):
        edges = np.linspace(a, b, max(2, round((b - a) / _TIMES)) + 1)
        part = np.diff(arrival(edges, config["mean"], config["sigma"], lives))
        late = np.maximum(0.5 * (edges[1:] + edges[:-1]) - loss["after"], 0.0)
        items.append(float((part * np.exp(-loss["rate"] * late)).sum()))
    return np.array(items)


def _channels(key: Key, weights: Array, config: Options) -> list[Channel]:
    """Return the universal channel, and those of what each flavour adds to it."""
    component, nucleus, term = key
    low, high, _ = component.cells(_ENERGIES)
    L = float(config["baseline"])
    # the middle of the interval of L/E that an interval of energy is
    half = 0.5 * L * (1.0 / low - 1.0 / high)
    E = 2.0 / (1.0 / low + 1.0 / high)
    charge = Charge(nucleus, couplings(config["couplings"]), term)
    label = f"{component.name} {nucleus.Z}-{nucleus.A} {term}"
    return [
        Channel(
            initial=component.flavour,
            final=final,
            antineutrino=component.antineutrino,
            interaction="CEvNS",
            L=np.full(E.size, L),
            E=E,
            weights=weights,
            strength=strength,
            label=f"{label} {final}",
            half_width=half if component.spectrum is not None else None,
            node={"process": np.full(E.size, "pion-decay" if component.prompt else "muon-decay")},
        )
        for final, strength in strengths(charge).items()
    ]


def _flux_average(config: Options) -> float:
    """Return the cross section in cm² averaged over the three neutrinos and the atoms."""
    nuclei = _nuclei(config)
    total = 0.0
    for nucleus in nuclei:
        T, width = _recoils(nucleus)
        charge2 = np.sum([f(recoil_momentum(T, nucleus)) for f in _charges(config, nucleus).values()], axis=0)
        for component in COMPONENTS:
            low, high, part = component.cells(_ENERGIES)
            section = cross_section(T, 0.5 * (low + high), nucleus, charge2)
            total += nucleus.count * width * float(section.sum(axis=0) @ part)
    return total / (len(COMPONENTS) * sum(x.count for x in nuclei))
