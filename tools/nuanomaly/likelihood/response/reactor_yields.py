"""Yields of inverse beta decay per fission at each site and for each isotope, over core and detector.

An output is ∫ Φ_i(E) σ(E) ⟨P⟩(E) dE over an energy window, in 1e-43 cm²/fission: the isotope's flux, the
cross section, and the probability averaged over the site's baselines with weight strength/L². Each table of
baselines is a channel of its own, so that a model can treat short ones as such while others are long.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import TableNames, completed
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.channel import Channel
from nuanomaly.likelihood.reactor.inverse_beta_decay import (
    CellNumber,
    CrossSectionTable,
    FluxTable,
    IsotopeResponse,
    Isotopes,
    Window,
    detected_spectra,
    site_cells,
)
from nuanomaly.model.probabilities import Array


class Options(TypedDict):
    """Options of the response."""

    flux: FluxTable
    cross_section: CrossSectionTable
    isotopes: Isotopes
    baselines: Annotated[
        TableNames,
        "Tables with rows (site, baseline, half_length, strength), one channel each: keep short baselines "
        "apart from "
        "those where three-flavour oscillation matters. A site may have several rows, in one table.",
    ]
    window: Window
    cells: CellNumber


#: Step in MeV that spectra are integrated with before they are divided into cells.
_STEP = 1e-3


@completed
def build(config: Options, release: Release) -> IsotopeResponse:
    """Build from a declaration (see the module)."""
    edges = _fine_edges(config["window"]["low"], config["window"]["high"])
    isotopes = tuple(config["isotopes"])
    middle = 0.5 * (edges[1:] + edges[:-1])
    spectra = detected_spectra(release, config["flux"], config["cross_section"], isotopes, middle)
    spectra *= np.diff(edges)
    tables = {name: release.arrays(name) for name in config["baselines"]}
    sites = [site for table in tables.values() for site in dict.fromkeys(table["site"])]
    if len(set(sites)) < len(sites):
        raise NuanomalyError(f"{release.id}: a site stands in two of the tables {', '.join(tables)}")
    channels = tuple(
        _channel(name, table, sites, edges, spectra, config["cells"]) for name, table in tables.items()
    )
    return IsotopeResponse(channels, len(sites) * len(isotopes), sites=tuple(sites), isotopes=isotopes)


def _fine_edges(low: float, high: float) -> Array:
    return np.linspace(low, high, max(1, round((high - low) / _STEP)) + 1)


def _channel(
    label: str,
    table: Mapping[str, NDArray[Any]],
    sites: list[str],
    edges: Array,
    spectra: Array,
    number: int,
) -> Channel:
    """Return the channel of one table of baselines; its nodes feed the outputs of its own sites only."""
    n_isotopes = len(spectra)
    entries = {
        str(site): site_cells(
            {name: column[table["site"] == site] for name, column in table.items()}, edges, spectra, number
        )
        for site in dict.fromkeys(table["site"])
    }
    first = np.concatenate([np.full(c.L.size, sites.index(site) * n_isotopes) for site, c in entries.items()])
    rows = first + np.arange(n_isotopes)[:, None]
    values = np.concatenate([c.weights for c in entries.values()], axis=1)
    columns = np.broadcast_to(np.arange(first.size), rows.shape)
    weights = sparse.csr_array(
        (values.ravel(), (rows.ravel(), columns.ravel())), shape=(len(sites) * n_isotopes, first.size)
    )
    L, E, half_width, half_length = (
        np.concatenate(column)
        for column in zip(*((c.L, c.E, c.half_width, c.half_length) for c in entries.values()), strict=True)
    )
    known = {"half_length": half_length, "process": np.full(L.size, "fission")}
    return Channel("e", "e", True, "CC", L, E, weights, label=label, half_width=half_width, node=known)
