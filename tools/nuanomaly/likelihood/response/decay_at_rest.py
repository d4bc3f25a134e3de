"""Neutrinos of muons at rest, seen by inverse beta decay in bins of visible energy."""

from typing import Annotated, TypedDict

import numpy as np
from scipy.special import ndtr

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import SIDES, Bins, Positive, completed
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.channel import Channel, flavours
from nuanomaly.likelihood.parts import Response
from nuanomaly.likelihood.reactor.inverse_beta_decay import cells
from nuanomaly.likelihood.stopped_pions.muon_decay import ENDPOINT, SPECTRA, inverse_beta_decay
from nuanomaly.model.probabilities import Array


class Events(TypedDict):
    """Normalisation; the efficiency is taken as constant."""

    inside: Annotated[Positive, "Events in all bins together …"]
    probability: Annotated[Positive, {"maximum": 1}, "… at this probability, at every energy and distance."]


class Options(TypedDict):
    """Options of the response."""

    channel: Annotated[
        str,
        {"pattern": "->nuebar$"},
        "Such as numubar->nuebar; the first is a neutrino of μ⁺ decay.",
    ]
    baseline: Annotated[Positive, "Source to centre of the detector in m."]
    half_length: Annotated[
        Positive,
        "Half of the detector's length along the line of sight in m; a slice of the detector counts with "
        "1/L².",
    ]
    bins: Annotated[Bins, "Edges of the visible energy in MeV."]
    offset: Annotated[
        float,
        "Neutrino energy minus visible energy in MeV: m_n − m_p − m_e = 0.782 for the positron's energy with "
        "the "
        "annihilation, m_n − m_p = 1.293 for its total energy; the recoil of the neutron is neglected.",
    ]
    resolution: Annotated[Positive, "σ/√E of the visible energy in MeV**0.5, Gaussian."]
    events: Events


#: Step of the neutrino energy in MeV, well below any resolution, and number of intervals of L/E: waves are
#: averaged over each of them in closed form, so that few are enough at every Δm².
_STEP, _CELLS = 0.1, 400
#: How many standard deviations below the first bin an energy may be and still count.
_TAIL = 6.0


@completed
def build(config: Options, release: Release) -> Response:
    """Build from a declaration (see the module).

    Raises
    ------
    UnknownNameError
        If the initial neutrino does not come from muons at rest.
    NuanomalyError
        If the final one is not detected by inverse beta decay.
    """
    start = config["channel"].partition("->")[0]
    initial, final, antineutrino = flavours(config["channel"])
    if start not in SPECTRA:
        raise UnknownNameError("neutrino of muon decay", start, SPECTRA, release.id)
    if (final, antineutrino) != ("e", True):
        raise NuanomalyError(f"{release.id}: inverse beta decay detects nuebar, not {config['channel']}")
    table = release.arrays(config["bins"]["table"])
    low, high = (table[config["bins"][side]].astype(float) for side in SIDES)
    resolution, offset = float(config["resolution"]), float(config["offset"])
    first = max(low[0] - _TAIL * resolution * np.sqrt(low[0]) + offset, _STEP)
    edges = np.linspace(first, ENDPOINT, round((ENDPOINT - first) / _STEP) + 1)
    energies = 0.5 * (edges[1:] + edges[:-1])
    rate = SPECTRA[start](energies) * inverse_beta_decay(energies)
    seen = smeared(energies - offset, resolution, low, high) * rate
    seen *= config["events"]["inside"] / (config["events"]["probability"] * seen.sum())
    near, far = (config["baseline"] + side * config["half_length"] for side in (-1.0, 1.0))
    result = cells(edges, seen, near, far, _CELLS)
    channel = Channel(
        initial=initial,
        final=final,
        antineutrino=antineutrino,
        interaction="CC",
        L=result.L,
        E=result.E,
        weights=result.weights,
        half_width=result.half_width,
        label=config["channel"],
        node={
            "half_length": result.half_length,
            "process": np.full(result.L.size, "muon-decay"),
            "sigma_E": resolution * np.sqrt(np.maximum(result.E - offset, 0.0)),
        },
    )
    return Response((channel,), low.size)


def smeared(visible: Array, resolution: float, low: Array, high: Array) -> Array:
    """Return how likely each visible energy in MeV is measured in each bin, shape (bins, N).

    Examples
    --------
    >>> smeared(np.array([20.0, 100.0]), 0.1, np.array([0.0, 20.0]), np.array([20.0, 40.0])).round(3)
    array([[0.5, 0. ],
           [0.5, 0. ]])
    """
    energy = np.maximum(visible, 1e-6)
    sigma = resolution * np.sqrt(energy)
    inside: Array = ndtr((high[:, None] - energy) / sigma) - ndtr((low[:, None] - energy) / sigma)
    return inside
