"""Neutrinos of tabulated spectra, seen by tabulated cross sections, in bins of reconstructed neutrino energy.

An output is ∫ Φ(E) σ(E) ⟨P⟩(E) R_b(E) dE above a threshold, with R_b(E) the Gaussian probability that
energy E is reconstructed in bin b, and ⟨P⟩ the average over the depth of the detector with weight 1/L².
Detectors stand one after the other.
"""

from typing import Annotated, Literal, NotRequired, TypedDict

import numpy as np
from scipy import sparse
from scipy.special import ndtr

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import (
    SIDES,
    Bins,
    NotNegative,
    Positive,
    completed,
)
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.channel import Channel, flavours
from nuanomaly.likelihood.parts import Response
from nuanomaly.likelihood.reactor.inverse_beta_decay import cells
from nuanomaly.model.probabilities import Array


class Flux(TypedDict):
    """Spectrum of the neutrinos; negative values count as none."""

    table: Annotated[str, "Its table."]
    energy: Annotated[str, "Column of the energy."]
    value: Annotated[str, "Column of the spectrum, in any unit."]


class CrossSection(TypedDict):
    """Cross section; left out where the spectrum already is flux times cross section."""

    table: Annotated[str, "Its table."]
    energy: Annotated[str, "Column of the energy."]
    value: Annotated[str, "Column of the cross section, in any unit."]
    over_energy: NotRequired[
        Annotated[bool, {"default": False}, "The column is the cross section over the energy."]
    ]


class Resolution(TypedDict):
    """Standard deviation root·√E + constant."""

    root: Annotated[NotNegative, "In MeV**0.5."]
    constant: Annotated[NotNegative, "In MeV."]


class Events(TypedDict):
    """Normalisation, without oscillation."""

    number: Annotated[Positive, "Events …"]
    of: Annotated[
        Literal["bins", "spectrum"], "… in the bins, or of the whole spectrum, below the threshold too."
    ]


class Detector(TypedDict):
    """A detector and what it sees."""

    channel: Annotated[str, {"pattern": "->"}, "Such as nue->nue."]
    flux: Flux
    cross_section: NotRequired[CrossSection]
    baseline: Annotated[Positive, "Source to centre of the detector in m."]
    half_length: Annotated[Positive, "Half of the detector's length along the line of sight in m."]
    bins: Annotated[Bins, "Bins of reconstructed energy."]
    resolution: Resolution
    threshold: Annotated[NotNegative, "Neutrinos of less energy in MeV are not detected."]
    events: Events


class Options(TypedDict):
    """Options of the response."""

    detectors: Annotated[list[Detector], {"minItems": 1}, "One after the other in the outputs."]


#: Step of the neutrino energy in MeV, well below any resolution, and number of intervals of L/E.
_STEP, _CELLS = 0.05, 400


@completed
def build(config: Options, release: Release) -> Response:
    """Build from a declaration (see the module).

    Raises
    ------
    NuanomalyError
        If nothing of a spectrum is above the threshold.
    """
    parts = [_edges_and_rows(detector, release) for detector in config["detectors"]]
    n_out = sum(len(rows) for _, rows in parts)
    channels, first = [], 0
    for detector, (edges, rows) in zip(config["detectors"], parts, strict=True):
        channels.append(_channel(detector, edges, rows, first, n_out))
        first += len(rows)
    return Response(tuple(channels), n_out)


def _edges_and_rows(config: Detector, release: Release) -> tuple[Array, Array]:
    """Return edges of energies in MeV, and events in each bin and between them, shape (bins, N)."""
    energy, flux = _curve(config["flux"], release)
    edges = np.arange(np.floor(energy[0]), np.ceil(energy[-1]) + _STEP, _STEP)
    middle = 0.5 * (edges[1:] + edges[:-1])
    rate = np.maximum(np.interp(middle, energy, flux, left=0.0, right=0.0), 0.0)
    if "cross_section" in config:
        at, sigma = _curve(config["cross_section"], release)
        rate *= np.interp(middle, at, sigma)
        if config["cross_section"]["over_energy"]:
            rate *= middle
    seen = np.where(middle > config["threshold"], rate, 0.0)
    if not seen.any():
        raise NuanomalyError(f"{release.id}: no neutrino of {config['flux']['table']} is above the threshold")
    low, high = (release.in_unit(config["bins"]["table"], config["bins"][side], "MeV") for side in SIDES)
    resolution = config["resolution"]
    width = resolution["root"] * np.sqrt(middle) + resolution["constant"]
    rows = (ndtr((high[:, None] - middle) / width) - ndtr((low[:, None] - middle) / width)) * seen
    whole = rows.sum() if config["events"]["of"] == "bins" else rate.sum()
    used = np.flatnonzero(seen)
    kept = slice(used[0], used[-1] + 1)
    return edges[used[0] : used[-1] + 2], rows[:, kept] * (config["events"]["number"] / whole)


def _curve(config: Flux | CrossSection, release: Release) -> tuple[Array, Array]:
    """Return energies in MeV and values of a table."""
    energy = release.in_unit(config["table"], config["energy"], "MeV")
    return energy, release.numbers({"table": config["table"], "column": config["value"]})


def _channel(config: Detector, edges: Array, rows: Array, first: int, n_out: int) -> Channel:
    """Return the channel of one detector, whose outputs begin at ``first``."""
    initial, final, antineutrino = flavours(config["channel"])
    near, far = (config["baseline"] + side * config["half_length"] for side in (-1.0, 1.0))
    result = cells(edges, rows, near, far, _CELLS)
    resolution = config["resolution"]
    padded = sparse.lil_array((n_out, result.L.size))
    padded[first : first + len(rows)] = result.weights
    return Channel(
        initial=initial,
        final=final,
        antineutrino=antineutrino,
        interaction="CC",
        L=result.L,
        E=result.E,
        weights=sparse.csr_array(padded),
        half_width=result.half_width,
        node={
            "half_length": result.half_length,
            "sigma_E": resolution["root"] * np.sqrt(result.E) + resolution["constant"],
        },
        label=f"{config['channel']} {config['bins']['table']}",
    )
