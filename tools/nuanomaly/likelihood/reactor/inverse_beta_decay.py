"""Inverse beta decay of reactor antineutrinos: spectra per isotope, baselines averaged over their extent.

What every reactor response needs, whatever it makes of it (rates, spectra, ratios of spectra).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import Count, Positive, TableName
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.array_store import Arrays, stored
from nuanomaly.likelihood.parts import Response
from nuanomaly.model.probabilities import Array


class Window(TypedDict):
    """Antineutrino energies that are integrated over."""

    low: Annotated[Positive, "Lowest antineutrino energy, MeV."]
    high: Annotated[Positive, "Highest antineutrino energy, MeV."]


#: Tables of flux and cross section as they are declared, and what is read off them.
FluxTable = Annotated[TableName, "Table with energy (MeV) and a column per isotope (1/MeV/fission)."]
CrossSectionTable = Annotated[TableName, "Table with energy (MeV) and cross_section (cm**2)."]
Isotopes = Annotated[list[str], {"minItems": 1, "uniqueItems": True}, "Columns of the flux table."]
CellNumber = Annotated[Count, "Number of equal intervals of L/E that each row of baselines is divided into."]


#: Yields are in 1e-43 cm²/fission, the unit they are published in.
YIELD_UNIT = 1e-43
#: Baselines that stand for an interval of them while cells of L/E are filled.
_BASELINES = 32


@dataclass(frozen=True, eq=False)
class IsotopeResponse(Response):
    """A response whose outputs are yields per site and isotope, the isotope running fastest.

    Attributes
    ----------
    sites, isotopes : tuples of str
        What the outputs belong to: n_out = len(sites) · len(isotopes).
    """

    sites: tuple[str, ...] = ()
    isotopes: tuple[str, ...] = ()

    @property
    def unoscillated(self) -> Array:
        """Yields at probability one, shape (sites, isotopes)."""
        total = sum((channel.total for channel in self.channels), np.zeros(self.n_out))
        return np.asarray(total).reshape(len(self.sites), len(self.isotopes))


def detected_spectra(
    release: Release, flux: str, cross_section: str, isotopes: Sequence[str], energies: Array
) -> Array:
    """Return Φ_i(E)·σ(E) in 1e-43 cm²/fission/MeV, shape (isotopes, N), linear between table points.

    Parameters
    ----------
    release : Release
    flux : str
        Table with ``energy`` (MeV) and a column per isotope (1/MeV/fission).
    cross_section : str
        Table with ``energy`` (MeV) and ``cross_section`` (cm²); zero below its first energy, the threshold.
    isotopes : sequence of str
    energies : array, shape (N,)
        Antineutrino energies in MeV.

    Raises
    ------
    UnknownNameError
        If the flux table lacks an isotope.
    NuanomalyError
        If an energy is above either table.
    """
    spectra, sigma = release.arrays(flux), release.arrays(cross_section)
    for name, table in ((flux, spectra), (cross_section, sigma)):
        if energies.max() > table["energy"].max():
            raise NuanomalyError(
                f"{release.id} {name}: ends at {table['energy'].max():g} MeV, "
                f"{energies.max():g} MeV is asked for"
            )
    section = np.interp(energies, sigma["energy"], sigma["cross_section"], left=0.0) / YIELD_UNIT
    rows = []
    for isotope in isotopes:
        if isotope not in spectra:
            raise UnknownNameError("isotope", isotope, [*spectra][1:], f"{release.id} {flux}")
        rows.append(np.interp(energies, spectra["energy"], spectra[isotope]) * section)
    return np.array(rows)


@dataclass(frozen=True, eq=False)
class Cells:
    """Intervals of L/E that one row of a table of baselines is divided into.

    Attributes
    ----------
    L, E : arrays, shape (N,)
        Baseline in m, the mean of what falls into the cell, and the energy in MeV that belongs to its middle.
    half_width : array, shape (N,)
        Half of each interval, in m/MeV.
    half_length : array, shape (N,)
        Half of the distances that fall into each cell, in m.
    weights : array, shape (spectra, N)
        The part of each spectrum's integral that falls into each cell.
    """

    L: Array
    E: Array
    half_width: Array
    half_length: Array
    weights: Array


def cells(edges: Array, spectra: Array, near: float, far: float, number: int) -> Cells:
    """Divide what is seen between two distances from a source into equal cells of L/E.

    The spectra are seen with weight dL/L² between ``near`` and ``far``.

    Parameters
    ----------
    edges : array, shape (M + 1,)
        Fine and increasing energies in MeV.
    spectra : array, shape (I, M)
        Integrals of each spectrum between neighbouring edges.
    near, far : float
        In m; they may be equal.
    number : int
        Number of cells between near / E_max and far / E_min.

    Examples
    --------
    >>> edges = np.linspace(2.0, 8.0, 601)
    >>> found = cells(edges, np.full((1, 600), 0.01), 9.0, 11.0, 50)
    >>> round(float(found.weights.sum()), 6), round(float(found.half_width[0]), 6)
    (6.0, 0.04375)
    """
    borders = np.linspace(near / edges[-1], far / edges[0], number + 1)
    running = np.cumsum(np.pad(np.ascontiguousarray(spectra.T), ((1, 0), (0, 0))), axis=0)
    # equal parts of dL/L² are equal steps in 1/L
    steps = (np.arange(_BASELINES) + 0.5) / _BASELINES
    baselines = 1.0 / (1.0 / near + steps * (1.0 / far - 1.0 / near))
    # the running integrals between edges, at all energies at once: place and share, not np.interp row by row
    energies = np.clip(baselines[:, None] / borders, edges[0], edges[-1])
    place = np.clip(np.searchsorted(edges, energies, side="right") - 1, 0, edges.size - 2)
    part = (energies - edges[place]) / np.diff(edges)[place]
    weights, share = np.zeros((number, len(spectra))), np.empty((_BASELINES, number))
    for at, own, total in zip(place, part[:, :, None], share, strict=True):
        # one baseline at a time, all its cells and spectra: what stays in the processor's cache
        below = running[at] * (1.0 - own)
        below += running[at + 1] * own
        parts = below[:-1] - below[1:]
        weights += parts
        parts.sum(axis=1, out=total)
    weights = weights.T / _BASELINES
    seen = weights.sum(axis=0) > 0.0
    share = share[:, seen]
    L = baselines @ share / share.sum(axis=0)
    E = L / (0.5 * (borders[1:] + borders[:-1])[seen])
    half_width = 0.5 * (borders[-1] - borders[0]) / number
    half_length = np.full(L.size, 0.5 * (far - near))
    return Cells(L, E, np.full(L.size, half_width), half_length, weights[:, seen])


def site_cells(segments: Mapping[str, NDArray[Any]], edges: Array, spectra: Array, number: int) -> Cells:
    """Return the cells of all rows of one site, with weights that add up to the integrals of the spectra.

    Parameters
    ----------
    segments : mapping of arrays, one value per row
        ``baseline`` and ``half_length`` in m, and ``strength``, relative at equal distance: a row is seen
        with strength/L² from everywhere in its interval.
    edges, spectra, number
        See :func:`cells`, per row.
    """
    rows = np.column_stack([segments[name].astype(float) for name in ("baseline", "half_length", "strength")])
    return Cells(*_site_cells(rows, edges, spectra, number))


@stored
def _site_cells(rows: Array, edges: Array, spectra: Array, number: int) -> Arrays:
    """Return what makes up the cells of rows (baseline, half_length, strength)."""
    items, seen = [], []
    for baseline, half_length, strength in rows:
        near, far = baseline - half_length, baseline + half_length
        items.append(cells(edges, spectra, near, far, number))
        seen.append(strength / (near * far))
    share = np.array(seen) / sum(seen)
    return (
        np.concatenate([c.L for c in items]),
        np.concatenate([c.E for c in items]),
        np.concatenate([c.half_width for c in items]),
        np.concatenate([c.half_length for c in items]),
        np.concatenate([c.weights * s for c, s in zip(items, share, strict=True)], axis=1),
    )
