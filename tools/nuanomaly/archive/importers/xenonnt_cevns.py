"""XENONnT, solar ⁸B neutrinos: events, background templates and the limit on dark matter."""

from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pandas as pd

from nuanomaly.archive import hdf5, yamlio
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.text import read_csv

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
_SENSITIVITIES = {"-2": "minus2", "-1": "minus1", "0": "", "1": "plus1", "2": "plus2"}


def tables(originals: Path) -> dict[str, pd.DataFrame]:
    """Return events, backgrounds and limit.

    Raises
    ------
    NuanomalyError
        If the bins of a template are not those of its run.
    """
    folder = originals / "cevns" / "xenonnt_cevns"
    found = {
        f"events-sr{run}": read_csv(folder / "data" / f"sr{run}.csv", {"": "number", **_OBSERVABLES}).drop(
            columns="number"
        )
        for run in RUNS
    }
    found["backgrounds"] = pd.concat([_backgrounds(folder, run) for run in RUNS], ignore_index=True)
    expected = {f"sensitivity_{old}": f"sensitivity_{new}".rstrip("_") for old, new in _SENSITIVITIES.items()}
    columns = {"": "number", "mass": "mass", **expected, "upper_limit": "limit"}
    limit = read_csv(folder / "limits" / "sr2" / "xenonnt_2026_wimp_si.csv", columns)
    found["limit"] = limit.drop(columns="number")
    return found


def _backgrounds(folder: Path, run: int) -> pd.DataFrame:
    """Return the three backgrounds of a run, one row per bin, the first observable slowest."""
    binning = yamlio.read(folder / "binning" / f"sr{run}.yaml")
    edges = [[float(edge) for edge in binning[name]] for name in _OBSERVABLES]
    rows = [[run, *(edge for pair in cell for edge in pair)] for cell in product(*map(pairwise, edges))]
    sides = [f"{name}_{side}" for name in _OBSERVABLES.values() for side in ("low", "high")]
    found = pd.DataFrame(rows, columns=["run", *sides])
    for name, template in _TEMPLATES.items():
        path = folder / "templates" / f"sr{run}" / template.format(run=run)
        for k, own in enumerate(edges):
            # the edges in the text files are rounded to 12 decimals
            if not np.allclose(hdf5.read(path, f"bins/{k}"), own, rtol=0.0, atol=1e-9):
                raise NuanomalyError(f"{path}: axis {k} has other bins than binning/sr{run}.yaml")
        found[name] = hdf5.read(path, "templates/template").ravel()
    return found
