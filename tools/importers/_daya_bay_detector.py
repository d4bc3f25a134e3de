"""What Daya Bay's detectors make of an antineutrino: matrices from its energy to the final bins.

In the order of the release's README: deposited energy of the positron, energy lost in the inner acrylic
vessel (IAV), non-linearity of the scintillator (LSNL) and relative energy scale, resolution, final bins.
"""

import itertools
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import ndtr

from importers._daya_bay_release import Files
from importers._inverse_beta_decay import COSINE_WEIGHTS, COSINES, differential

Array = NDArray[np.float64]

#: Edges in MeV of the 240 bins that deposited, visible and reconstructed energies have.
EDGES = np.linspace(0.0, 12.0, 241)
CENTRES = 0.5 * (EDGES[1:] + EDGES[:-1])
WIDTH = 0.05
#: Edges of the cells of antineutrino energy in MeV, and the parts each is integrated in.
CELLS = np.round(np.linspace(1.8, 12.3, 211), 10)
PARTS = 20
_FINE = np.linspace(CELLS[0], CELLS[-1], (CELLS.size - 1) * PARTS + 1)
ENERGIES = 0.5 * (_FINE[1:] + _FINE[:-1])
STEP = float(_FINE[1] - _FINE[0])
#: Parts of a bin that the curve of non-linearity is followed in.
_CURVE_PARTS = 40
CURVES = ("pull0", "pull1", "pull2", "pull3")


@dataclass(frozen=True)
class Setting:
    """A detector's response: everything at its nominal value unless said otherwise.

    Attributes
    ----------
    iav : float
        Factor of the off-diagonal elements of the IAV matrix.
    curves : tuple of float
        Pulls of the four curves of non-linearity.
    scale : float
        Relative energy scale.
    resolution : tuple of float
        Factors of a, b and c in σ/E = √(a² + b²/E + c²/E²).
    """

    iav: float = 1.0
    curves: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    scale: float = 1.0
    resolution: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Detector:
    """The response of all detectors, from the files of the release."""

    files: Files

    def response(self, setting: Setting) -> Array:
        """Return the share of each final bin (26) for what deposits an energy in each of 240 bins."""
        return np.asarray(
            self.final
            @ self._resolution(setting.resolution)
            @ self._nonlinearity(setting)
            @ self._iav(setting.iav)
        )

    @cached_property
    def final(self) -> Array:
        """Which of the 240 bins of reconstructed energy belong to each final bin, shape (26, 240)."""
        edges = self.files.edges("final_erec_bin_edges")
        return np.array(
            [(low < CENTRES) & (high > CENTRES) for low, high in itertools.pairwise(edges)], float
        )

    @cached_property
    def deposited(self) -> sparse.csr_array:
        """Cross section in cm² by bin of deposited energy (240) and antineutrino energy (fine steps)."""
        sigma, positron = differential(ENERGIES[:, None], COSINES, self.files.constants)
        energy = positron + self.files.constants.electron
        row = np.floor(energy / WIDTH).astype(np.intp)
        column = np.broadcast_to(np.arange(ENERGIES.size)[:, None], row.shape)
        weight = sigma * COSINE_WEIGHTS
        inside = (row < CENTRES.size) & (weight > 0.0)
        entries = (weight[inside], (row[inside], column[inside]))
        return sparse.csr_array(entries, shape=(CENTRES.size, ENERGIES.size))

    def _iav(self, factor: float) -> Array:
        matrix = self._iav_matrix
        off = factor * (matrix - np.diag(np.diag(matrix)))
        lost = off.sum(axis=0)
        return np.asarray(off + np.diag(np.where(matrix.sum(axis=0) > 0.0, 1.0 - lost, 1.0)))

    @cached_property
    def _iav_matrix(self) -> Array:
        return self.files.matrix("detector_iav_matrix_iav_matrix")

    @cached_property
    def curves(self) -> pd.DataFrame:
        """Visible over deposited energy against the latter: the nominal curve and four others."""
        names = ("nominal", *CURVES)
        tables = {
            name: self.files.table(f"detector_lsnl_curves.tsv/detector_lsnl_curves_{name}") for name in names
        }
        return pd.DataFrame({"energy": tables["nominal"]["E_MeV"], **{n: t["f"] for n, t in tables.items()}})

    def _nonlinearity(self, setting: Setting) -> Array:
        energy = self.curves["energy"].to_numpy(float)
        nominal = self.curves["nominal"].to_numpy(float)
        factor = nominal.copy()
        for name, pull in zip(CURVES, setting.curves, strict=True):
            factor += pull * (self.curves[name].to_numpy(float) - nominal)
        return _sharing(energy, setting.scale * factor * energy)

    def _resolution(self, factors: tuple[float, float, float]) -> Array:
        values = self.files.parameters("detector_eres")["eres"]
        names = ("a_nonuniform", "b_stat", "c_noise")
        a, b, c = (values[name][0] * factor for name, factor in zip(names, factors, strict=True))
        sigma = np.sqrt((a * CENTRES) ** 2 + b**2 * CENTRES + c**2)
        return np.asarray(np.diff(ndtr((EDGES[:, None] - CENTRES) / sigma), axis=0))


def _sharing(energy: Array, visible: Array) -> Array:
    """Return the share of each bin of visible energy (240) for each bin of deposited energy (240)."""
    fine = np.linspace(EDGES[0], EDGES[-1], CENTRES.size * _CURVE_PARTS + 1)
    curve = _extended(fine, energy, visible)
    low, high = np.minimum(curve[1:], curve[:-1]), np.maximum(curve[1:], curve[:-1])
    first, last = (np.floor(ends / WIDTH).astype(np.intp) for ends in (low, high))
    # a part is much shorter than a bin: it lies in one bin, or in two that touch
    within = np.where(last > first, (last * WIDTH - low) / np.where(high > low, high - low, 1.0), 1.0)
    column = np.repeat(np.arange(CENTRES.size), _CURVE_PARTS)
    matrix = np.zeros((CENTRES.size, CENTRES.size))
    for row, share in ((first, within), (last, np.where(last > first, 1.0 - within, 0.0))):
        inside = (row >= 0) & (row < CENTRES.size)
        np.add.at(matrix, (row[inside], column[inside]), share[inside] / _CURVE_PARTS)
    return matrix


def _extended(at: Array, x: Array, y: Array) -> Array:
    """Return a curve at given places, straight between its points and beyond its ends."""
    values = np.interp(at, x, y)
    below, above = at < x[0], at > x[-1]
    values[below] = y[0] + (at[below] - x[0]) * (y[1] - y[0]) / (x[1] - x[0])
    values[above] = y[-1] + (at[above] - x[-1]) * (y[-1] - y[-2]) / (x[-1] - x[-2])
    return values


@lru_cache(maxsize=2)
def detector(files: Files) -> Detector:
    """Return the detectors of a release, made once."""
    return Detector(files)
