"""Systematic effects on the spectra of Daya Bay's halls, as relative changes per unit of a pull.

Sizes: 0.13 % efficiency and 0.2 % energy scale of each detector, uncorrelated; 0.8 % of each core; 10 % of
each hall's background; a free normalisation of each energy bin, the same in all halls.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
EFFICIENCY, SCALE, CORE, BACKGROUND = 0.0013, 0.002, 0.008, 0.10


@dataclass(frozen=True)
class Site:
    """Counts of the signal per bin, and rows (detector, core, baseline, strength) of its sources."""

    name: str
    signal: Array
    baselines: pd.DataFrame

    def shares(self, column: str) -> dict[str, float]:
        """Return the part of the signal by detector or core, without oscillation."""
        seen = self.baselines["strength"] / self.baselines["baseline"] ** 2
        parts = seen.groupby(self.baselines[column], sort=False).sum() / seen.sum()
        return {str(name): float(part) for name, part in parts.items()}


def pulls(
    sites: Sequence[Site], edges: Array, expected: Array, step: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return pulls (pull, sigma, acts_on) and effects, a row per site and bin and a column per pull.

    Parameters
    ----------
    sites : sequence of Site
    edges : array, shape (bins + 1,)
        Of the reconstructed energy, in MeV.
    expected : array, shape (N,)
        A spectrum of reconstructed energy in fine bins from 0, for the shape inside the bins.
    step : float
        Their width in MeV.
    """
    bins = edges.size - 1
    rows: list[tuple[str, float, str, Array]] = []
    for k in range(bins):
        one = np.zeros((len(sites), bins))
        one[:, k] = 1.0
        rows.append((f"spectrum-{k}", np.nan, "signal", one))
    moved = np.array([scale_effect(site.signal, edges, expected, step) for site in sites])
    for column, sigma, prefix, effect in (
        ("detector", EFFICIENCY, "efficiency", np.ones_like(moved)),
        ("detector", SCALE, "scale", moved),
        ("core", CORE, "core", np.ones_like(moved)),
    ):
        shares = [site.shares(column) for site in sites]
        for name in dict.fromkeys(key for part in shares for key in part):
            share = np.array([part.get(name, 0.0) for part in shares])
            rows.append((f"{prefix}-{name}", sigma, "signal", share[:, None] * effect))
    for hall in dict.fromkeys(site.name.partition("-")[0] for site in sites):
        inside = np.array([site.name.partition("-")[0] == hall for site in sites], float)
        rows.append((f"background-{hall}", BACKGROUND, "background", inside[:, None] * np.ones(bins)))
    declared = pd.DataFrame([row[:3] for row in rows], columns=["pull", "sigma", "acts_on"])
    return declared, pd.DataFrame({name: effect.ravel() for name, _, _, effect in rows})


def scale_effect(signal: Array, edges: Array, expected: Array, step: float) -> Array:
    """Return the relative change of each bin if all energies become larger by 1 + s, per unit of s.

    What leaves a bin at its upper edge is E ρ(E) s there, with the density ρ of ``expected``, corrected by
    the ratio of signal over expectation (at an edge the geometric mean of both sides).

    Examples
    --------
    A flat spectrum that ends inside the last bin loses what is diluted, and all of it arrives in that bin:

    >>> flat = np.r_[np.full(40, 5.0), np.zeros(10)]
    >>> scale_effect(np.array([100.0, 100.0]), np.array([0.0, 1.0, 2.5]), flat, 0.05).tolist()
    [-1.0, 1.0]
    """
    cumulative = np.concatenate([[0.0], np.cumsum(expected)])
    fine = step * np.arange(cumulative.size)
    content = np.diff(np.interp(edges, fine, cumulative))
    ratio = signal / content
    middle = 0.5 * (fine[1:] + fine[:-1])
    density = np.interp(edges, middle, expected / step)
    density *= np.concatenate([ratio[:1], np.sqrt(ratio[1:] * ratio[:-1]), ratio[-1:]])
    return np.asarray(-np.diff(edges * density) / signal)
