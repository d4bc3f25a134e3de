"""Counts by site and bin of reconstructed energy, through a released matrix from bins of neutrino energy.

An output is n_sb · Σ_rt c_r M_bt w_t ⟨P⟩_rt, over the rows r of baselines of its site and the bins t of
neutrino energy, divided by the same sum where the output is known to be n_sb: at probability one, or at a
point of a model. ⟨P⟩ is the average over the bin of energy and over what core and detector extend to: both
are uniform intervals of L/E, of which one interval with the same variance is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import Positive, TableName, completed
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.parts import Response
from nuanomaly.model.probabilities import Array, complete
from nuanomaly.model.registry import model


class Known(TypedDict):
    """The outputs where they are known."""

    table: Annotated[str, "Rows (site, value), the rows of a site together and in the order of the matrix's."]
    value: Annotated[str, "Column of the counts n_sb where they are known."]


class Point(TypedDict):
    """Where the outputs have the values of the table; at probability one if left out."""

    model: Annotated[str, "Name of the model."]
    parameters: NotRequired[
        Annotated[dict[str, float], {"default": {}}, "Its parameters; their own defaults for those left out."]
    ]


class Options(TypedDict):
    """Options of the response."""

    outputs: Known
    baselines: Annotated[
        TableName,
        "Table with rows (site, baseline, half_length, strength), and detector if matrices differ: c_r is "
        "strength/L².",
    ]
    energies: Annotated[TableName, "Table with rows (energy_low, energy_high) in MeV."]
    weight: NotRequired[
        Annotated[
            str, "Column of energies: the spectrum w_t of neutrinos that are detected; one if left out."
        ]
    ]
    energy_shift: NotRequired[
        Annotated[
            float,
            {"default": 0.0},
            "MeV that the energies lie below those of the neutrinos, if the table holds prompt energies.",
        ]
    ]
    matrix: NotRequired[
        Annotated[
            TableName,
            "Table with M, a row per bin of a site and a column per energy, after a column detector if each "
            "detector "
            "has its own. Left out, the bins are those of the energies.",
        ]
    ]
    slow_below: NotRequired[
        Annotated[
            Positive,
            "Δm² in eV² below which waves are read off a series in Δm²: for fits of small splittings.",
        ]
    ]
    known_at: NotRequired[Point]


@dataclass(frozen=True, eq=False)
class SiteResponse(Response):
    """A response whose outputs are ``bins`` numbers for each of ``sites``, the bin running fastest."""

    sites: tuple[str, ...] = ()
    bins: int = 0


#: What a row of baselines is at: the detector ("" if none is named), L and half of its extent in m.
Place = tuple[str, float, float]
_PLACE = ("detector", "baseline", "half_length")


@completed
def build(config: Options, release: Release) -> SiteResponse:
    """Build from a declaration (see the module)."""
    outputs = release.arrays(config["outputs"]["table"])
    sites = list(dict.fromkeys(outputs["site"]))
    bins, rest = divmod(outputs["site"].size, len(sites))
    if rest or outputs["site"].tolist() != [site for site in sites for _ in range(bins)]:
        raise NuanomalyError(f"{release.id} {config['outputs']['table']}: each site needs the same bins")
    low, high, spectrum = _energies(config, release)
    matrices = _matrices(config, release, bins, spectrum)
    rows = _baselines(config["baselines"], release, sites)
    if (rows["detector"] == "").all() and list(matrices) != [""]:
        raise NuanomalyError(f"{release.id}: matrices differ by detector, but baselines name none")
    places = list(dict.fromkeys(zip(*(rows[name] for name in _PLACE), strict=True)))
    weights = _weights(rows, places, matrices, sites)
    L, E, half_width, node = _nodes(places, low, high)
    at_one = Channel("e", "e", True, "CC", L, E, weights, half_width=half_width, node=node)
    known = _known(at_one, config.get("known_at"))
    values = outputs[config["outputs"]["value"]].astype(float)
    scale = np.divide(values, known, out=np.zeros_like(values), where=known > 0.0)
    scaled = sparse.csr_array(sparse.diags_array(scale) @ weights)
    slow = float(config.get("slow_below", 0.0))
    channel = Channel("e", "e", True, "CC", L, E, scaled, half_width=half_width, slow_below=slow, node=node)
    return SiteResponse((channel,), len(values), sites=tuple(sites), bins=bins)


def _energies(config: Options, release: Release) -> tuple[Array, Array, Array]:
    """Return lower and upper edges of the bins of neutrino energy in MeV, and the spectrum, shapes (T,)."""
    frame = release.arrays(config["energies"])
    shift = float(config["energy_shift"])
    low, high = (frame[name].astype(float) + shift for name in ("energy_low", "energy_high"))
    spectrum = frame[config["weight"]].astype(float) if "weight" in config else np.ones(low.size)
    if (low[spectrum > 0.0] <= 0.0).any():
        raise NuanomalyError(f"{release.id} {config['energies']}: neutrinos need an energy above zero")
    return low, high, spectrum


def _matrices(config: Options, release: Release, bins: int, spectrum: Array) -> dict[str, sparse.csr_array]:
    """Return M·w by detector ("" if all have the same), shapes (bins, T)."""
    if "matrix" not in config:
        if spectrum.size != bins:
            raise NuanomalyError(
                f"{release.id}: {bins} bins per site but {spectrum.size} of energy, and no matrix"
            )
        return {"": sparse.csr_array(sparse.diags_array(spectrum))}
    frame = dict(release.arrays(config["matrix"]))
    detector = frame.pop("detector", None)
    elements = np.column_stack([column.astype(float) for column in frame.values()])
    entries = {}
    for name in [""] if detector is None else dict.fromkeys(detector):
        values = elements if detector is None else elements[detector == name]
        if values.shape != (bins, spectrum.size):
            raise NuanomalyError(
                f"{release.id} {config['matrix']}: {values.shape[0]} × {values.shape[1]} instead of "
                f"{bins} bins × {spectrum.size} energies"
            )
        entries[str(name)] = sparse.csr_array(values * spectrum)
    return entries


def _baselines(table: str, release: Release, sites: list[str]) -> dict[str, NDArray[Any]]:
    frame = release.arrays(table)
    for name in dict.fromkeys(frame["site"]):
        if name not in sites:
            raise UnknownNameError("site", str(name), sites, f"{release.id} {table}")
    rows = {name: frame[name] for name in ("site", "baseline", "half_length", "strength")}
    return {**rows, "detector": frame.get("detector", np.full(rows["site"].size, "", object))}


def _weights(
    rows: Mapping[str, NDArray[Any]],
    places: list[Place],
    matrices: Mapping[str, sparse.csr_array],
    sites: list[str],
) -> sparse.csr_array:
    """Return what each (place, energy) adds to each (site, bin); sites may share places."""
    seen = rows["strength"] / (rows["baseline"] ** 2 - rows["half_length"] ** 2)
    total: sparse.csr_array | None = None
    for detector, matrix in matrices.items():
        shares = np.zeros((len(sites), len(places)))
        for site, share, *place in zip(rows["site"], seen, *(rows[name] for name in _PLACE), strict=True):
            if detector in ("", place[0]):
                shares[sites.index(site), places.index(tuple(place))] += share
        part = sparse.csr_array(sparse.kron(sparse.csr_array(shares), matrix, format="csr"))
        total = part if total is None else sparse.csr_array(total + part)
    assert total is not None
    return total


def _nodes(
    places: list[Place], low: Array, high: Array
) -> tuple[Array, Array, Array, dict[str, NDArray[Any]]]:
    """Return L in m, E in MeV, half the interval of L/E, and what else is known of each (place, energy).

    The energy runs fastest.
    """
    middle = np.where(low > 0.0, 0.5 * (low + high), 1.0)  # below zero only where the spectrum is zero
    _, baselines, half_lengths = zip(*places, strict=True)
    L, E = (v.ravel() for v in np.meshgrid(np.array(baselines, float), middle, indexing="ij"))
    half_length = np.repeat(np.array(half_lengths, float), middle.size)
    width = L * np.tile(0.5 * (high - low), len(places)) / E**2
    known = {"half_length": half_length, "process": np.full(L.size, "fission")}
    return L, E, np.hypot(half_length / E, width), known


def _known(channel: Channel, point: Point | None) -> Array:
    if point is None:
        return channel.total
    chosen = model(point["model"])
    return np.asarray(channel.outputs(chosen, complete(chosen, point["parameters"]), {})[0])
