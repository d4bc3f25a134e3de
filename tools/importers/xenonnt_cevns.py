"""XENONnT, solar ⁸B neutrinos: events, templates and the limit on dark matter."""

from collections.abc import Sequence
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nuanomaly.archive import hdf5, yamlio
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.text import read_csv, read_text

RUNS = (0, 1, 2)
#: Observable in the files, and in the tables.
_OBSERVABLES = {
    "cs2": "cs2",
    "s2_shadow_s2_time_shadow_quantile": "shadow",
    "s1_bdt_score": "s1_score",
    "s2_bdt_score": "s2_score",
}
_TEMPLATES = {
    "accidental": "ac/template_XENONnT_sr{run}_ac_cevns.h5",
    "electronic": "er/template_XENONnT_sr{run}_er_cevns.h5",
    "neutron": "rg/template_XENONnT_sr{run}_rg_cevns_tly_0.0_tqy_0.0.h5",
}
_RECOILS = "mono/template_XENONnT_sr{run}_mono_{energy:.3f}_cevns_tly_0.0_tqy_0.0.h5"
#: Recoil energies of the templates, in tenths of a keV.
_ENERGIES = range(5, 51)
#: Spectrum of ⁸B, as the release neutrino-fog has it.
_SPECTRUM = Path("cevns", "neutrino_fog", "data", "neutrinos", "normalised", "8B.txt")
_SENSITIVITIES = {"-2": "minus2", "-1": "minus1", "0": "", "1": "plus1", "2": "plus2"}


def tables(originals: Path, exposures: Sequence[float] = ()) -> dict[str, pd.DataFrame]:
    """Return events, backgrounds and limit; with exposures also what a likelihood is made of.

    Parameters
    ----------
    originals : pathlib.Path
    exposures : sequence of float
        Of each run, in t·yr: then the tables ``exposure``, ``recoils`` (templates of single recoil energies),
        ``spectrum`` (of ⁸B), ``cells`` and ``cells-first`` (runs 0 and 1) follow.

    Raises
    ------
    NuanomalyError
        If the bins of a template are not those of its run, or an event lies outside.
    """
    folder = originals / "cevns" / "xenonnt_cevns"
    frames = {
        f"events-sr{run}": read_csv(folder / "data" / f"sr{run}.csv", {"": "number", **_OBSERVABLES}).drop(
            columns="number"
        )
        for run in RUNS
    }
    frames["backgrounds"] = pd.concat([_backgrounds(folder, run) for run in RUNS], ignore_index=True)
    expected = {f"sensitivity_{old}": f"sensitivity_{new}".rstrip("_") for old, new in _SENSITIVITIES.items()}
    columns = {"": "number", "mass": "mass", **expected, "upper_limit": "limit"}
    limit = read_csv(folder / "limits" / "sr2" / "xenonnt_2026_wimp_si.csv", columns)
    frames["limit"] = limit.drop(columns="number")
    if not exposures:
        return frames
    frames["exposure"] = pd.DataFrame({"run": RUNS, "exposure": [float(x) for x in exposures]})
    frames["recoils"] = pd.concat([_recoils(folder, run) for run in RUNS], ignore_index=True)
    frames["spectrum"] = read_text(originals / _SPECTRUM, ["energy", "spectrum"], ",")
    cells = [_cells(frames, run, exposure) for run, exposure in zip(RUNS, exposures, strict=True)]
    frames["cells"] = pd.concat(cells, ignore_index=True)
    frames["cells-first"] = pd.concat(cells[:2], ignore_index=True)
    return frames


def _edges(folder: Path, run: int) -> list[list[float]]:
    binning = yamlio.read(folder / "binning" / f"sr{run}.yaml")
    return [[float(edge) for edge in binning[name]] for name in _OBSERVABLES]


def _template(path: Path, edges: list[list[float]]) -> NDArray[np.float64]:
    """Return a template's bins, the first observable slowest."""
    for k, own in enumerate(edges):
        # the edges in the text files are rounded to 12 decimals
        if not np.allclose(hdf5.read(path, f"bins/{k}"), own, rtol=0.0, atol=1e-9):
            raise NuanomalyError(f"{path}: axis {k} has other bins than the binning file of its run")
    return hdf5.read(path, "templates/template").ravel()


def _backgrounds(folder: Path, run: int) -> pd.DataFrame:
    """Return the three backgrounds of a run, one row per bin."""
    edges = _edges(folder, run)
    rows = [[run, *(edge for pair in cell for edge in pair)] for cell in product(*map(pairwise, edges))]
    sides = [f"{name}_{side}" for name in _OBSERVABLES.values() for side in ("low", "high")]
    frame = pd.DataFrame(rows, columns=["run", *sides])
    for name, template in _TEMPLATES.items():
        frame[name] = _template(folder / "templates" / f"sr{run}" / template.format(run=run), edges)
    return frame


def _recoils(folder: Path, run: int) -> pd.DataFrame:
    """Return the part of recoils of each energy that is seen in each bin of a run."""
    edges, parts = _edges(folder, run), []
    for energy in (tenth / 10.0 for tenth in _ENERGIES):
        path = folder / "templates" / f"sr{run}" / _RECOILS.format(run=run, energy=energy)
        seen = _template(path, edges)
        parts.append(
            pd.DataFrame({"run": run, "energy": energy, "bin": range(seen.size), "efficiency": seen})
        )
    return pd.concat(parts, ignore_index=True)


def _cells(frames: dict[str, pd.DataFrame], run: int, exposure: float) -> pd.DataFrame:
    """Return a run's bins with the events in them and the expected backgrounds."""
    every = frames["backgrounds"]
    cells = every[every["run"] == run].reset_index(drop=True)
    cells[list(_TEMPLATES)] *= exposure
    events = frames[f"events-sr{run}"]
    counts = np.zeros(len(cells), dtype=np.int64)
    for event in events.itertuples(index=False):
        inside = np.ones(len(cells), dtype=bool)
        for name in _OBSERVABLES.values():
            value = getattr(event, name)
            inside &= ((cells[f"{name}_low"] <= value) & (value < cells[f"{name}_high"])).to_numpy()
        counts += inside
    if counts.sum() != len(events):
        raise NuanomalyError(f"run {run}: {len(events)} events, {counts.sum()} of them in bins")
    cells["observed"] = counts
    return cells
