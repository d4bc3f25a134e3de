"""Rates of one beam in a near and a far detector, each bin over its rate without oscillation.

Outputs are Σ w(E) ⟨P⟩(E) with weights that add up to one in every bin: first the bins of the near detector,
then those of the far one (sites ``near`` and ``far``). ⟨P⟩ is the average over the distances from where
the neutrinos are made to where they are seen, with weight 1/L². Flux and efficiency cancel in the ratio.
"""

from typing import Annotated, Literal, NotRequired, TypedDict

import numpy as np
from scipy import sparse

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import (
    SIDES,
    Column,
    NotNegative,
    Positive,
    completed,
    one_of,
)
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.accelerator.muon_range import energy_of_range
from nuanomaly.likelihood.channel import Channel, flavours
from nuanomaly.likelihood.reactor.inverse_beta_decay import cells
from nuanomaly.likelihood.response.migration import SiteResponse
from nuanomaly.model.probabilities import Array


class Distance(TypedDict):
    """Where a detector is."""

    baseline: Annotated[Positive, "Mean distance in m."]
    length: Annotated[Positive, "Length of the interval of distances in m."]


class MuonRange(TypedDict):
    """Bins of the projected range of muons in iron, instead of energies.

    Neutrinos scatter on quarks, uniformly in the muon's share of the energy, and on antiquarks, as the square
    of that share.
    """

    table: Annotated[str, "Their table."]
    low: Annotated[str, "Column of lower edges."]
    high: Annotated[str, "Column of upper edges."]
    cosine: Annotated[Positive, {"maximum": 1}, "Of the muon to the axis that ranges are projected on."]
    slope: Annotated[Positive, "Spectrum of the neutrinos exp(-E/slope), in MeV."]
    antiquarks: Annotated[NotNegative, "Fraction of the quarks."]
    highest: Annotated[Positive, "Largest neutrino energy in MeV."]


@one_of("energies", "muon_range")
class Options(TypedDict):
    """Options of the response."""

    channel: Annotated[str, {"pattern": "->"}, "Such as numu->numu."]
    near: Annotated[Distance, "The near detector."]
    far: Annotated[Distance, "The far detector."]
    energies: NotRequired[Annotated[Column, "One neutrino energy per bin."]]
    muon_range: NotRequired[MuonRange]


_Site = Literal["near", "far"]
#: Sites in the order of the outputs, intervals of L/E per bin, and steps of the neutrino energy.
_SITES: tuple[_Site, _Site] = ("near", "far")
_CELLS, _STEPS = 100, 2000
#: Half of the width given to a single energy, relative: too small to average anything.
_WIDTH = 1e-6


@completed
def build(config: Options, release: Release) -> SiteResponse:
    """Build from a declaration (see the module).

    Raises
    ------
    NuanomalyError
        If a bin has no neutrinos.
    """
    bins = _single(config, release) if "energies" in config else _ranges(config["muon_range"], release)
    channels = tuple(
        _channel(config, site, first, bins, release)
        for site, first in zip(_SITES, (0, len(bins)), strict=True)
    )
    return SiteResponse(channels, len(_SITES) * len(bins), sites=_SITES, bins=len(bins))


def _single(config: Options, release: Release) -> list[tuple[Array, Array]]:
    """Return edges (2,) of energies in MeV and weights (1,) of bins with one energy each."""
    where = config["energies"]
    energies = release.in_unit(where["table"], where["column"], "MeV")
    return [(E * np.array([1.0 - _WIDTH, 1.0 + _WIDTH]), np.ones(1)) for E in energies]


def _ranges(config: MuonRange, release: Release) -> list[tuple[Array, Array]]:
    """Return edges (N + 1,) of energies in MeV and weights (N,) of bins of the range of muons."""
    low, high = (
        energy_of_range(release.in_unit(config["table"], config[side], "cm") / config["cosine"])
        for side in SIDES
    )
    edges = np.linspace(low.min(), float(config["highest"]), _STEPS + 1)
    middle = 0.5 * (edges[1:] + edges[:-1])
    spectrum = middle * np.exp(-middle / config["slope"])
    third = config["antiquarks"] / 3.0

    def share_above(least: float) -> Array:
        """Return the part of the cross section with muons above an energy."""
        share = np.minimum(least / middle, 1.0)
        return np.asarray((1.0 - share) + third * (1.0 - share**3))

    return [(edges, spectrum * (share_above(a) - share_above(b))) for a, b in zip(low, high, strict=True)]


def _channel(
    config: Options,
    site: _Site,
    first: int,
    bins: list[tuple[Array, Array]],
    release: Release,
) -> Channel:
    initial, final, antineutrino = flavours(config["channel"])
    baseline, half = config[site]["baseline"], 0.5 * config[site]["length"]
    parts = []
    for k, (edges, weights) in enumerate(bins):
        if not weights.sum() > 0.0:
            raise NuanomalyError(f"{release.id}: bin {k} of the near-far response has no neutrinos")
        kept = np.flatnonzero(weights > 0.0)
        inside = slice(kept[0], kept[-1] + 1)
        parts.append(
            cells(
                edges[kept[0] : kept[-1] + 2],
                (weights / weights.sum())[None, inside],
                baseline - half,
                baseline + half,
                _CELLS,
            )
        )
    sizes = [part.L.size for part in parts]
    outputs = first + np.repeat(np.arange(len(bins)), sizes)
    values = np.concatenate([part.weights[0] for part in parts])
    return Channel(
        initial=initial,
        final=final,
        antineutrino=antineutrino,
        interaction="CC",
        L=np.concatenate([part.L for part in parts]),
        E=np.concatenate([part.E for part in parts]),
        weights=sparse.csr_array(
            (values, (outputs, np.arange(values.size))), shape=(len(_SITES) * len(bins), values.size)
        ),
        half_width=np.concatenate([part.half_width for part in parts]),
        label=site,
        node={"half_length": np.full(values.size, half)},
    )
