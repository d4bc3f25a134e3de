"""MiniBooNE by event: ROOT trees of data and simulation, with the text files of the 2020 release.

A row of the trees holds single-precision numbers: energies in GeV, the baseline in km, and codes. iflux is 11
for events of fully converted νμ and 14 for backgrounds; inno is 1 to 4 for νμ, ν̄μ, νe, ν̄e. Read with
uproot, which is in the extra `root`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from importers import miniboone
from nuanomaly.archive.errors import NuanomalyError

_NEUTRINOS = {1: "numu", 2: "numubar", 3: "nue", 4: "nuebar"}
_SAMPLES = {11: "signal", 14: "background"}
#: Edges of the νμ bins in GeV: the only round numbers that give the released counts.
NUMU_EDGES = (0.0, 0.5, 0.7, 0.9, 1.1, 1.3, 1.5, 1.7, 1.9)


def tables(
    originals: Path,
    *,
    folder: str,
    text: Mapping[str, Any],
    trees: Mapping[str, Mapping[str, str]],
    scales: Mapping[str, float],
) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Parameters
    ----------
    originals : pathlib.Path
    folder : str
        Folder below ``originals`` that the ROOT files are in.
    text : mapping
        Arguments of the importer of the 2020 release, for counts, covariances and surfaces.
    trees : mapping
        ``nu`` and ``nubar`` to the files ``simulation``, ``nue_data`` and ``numu_data``.
    scales : mapping
        ``nu`` and ``nubar`` to events per unit of weight of a simulated background.

    Raises
    ------
    NuanomalyError
        If a file has not the trees and codes it must have, or the data are not those of the 2020 release.
    """
    frames = miniboone.tables(originals, **{"events": {}, **text})
    for mode, files in trees.items():
        base = originals / folder
        events = _events(base / files["simulation"], "h55")
        nue, numu = frames[f"nue_{mode}"], frames[f"numu_{mode}"]
        edges = np.append(nue["low"], nue["high"].iloc[-1]) / 1000.0
        _check(base / files["nue_data"], "h55", edges, nue["data"])
        _check(base / files["numu_data"], "h56", np.array(NUMU_EDGES), numu["data"])
        numu.insert(1, "low", NUMU_EDGES[:-1])
        numu.insert(2, "high", NUMU_EDGES[1:])
        intrinsic = _histogram(events, edges) * scales[mode]
        nue["background_nue"] = intrinsic
        nue["background_other"] = nue["background"] - intrinsic
        frames[f"events_{mode}"] = events
    return frames


def _tree(path: Path, name: str) -> Any:
    try:
        import uproot
    except ImportError:
        raise NuanomalyError(
            "reading ROOT files needs uproot: install it with `pip install 'nuanomaly[root]'`"
        ) from None
    try:
        with uproot.open(path) as file:
            return file[name].arrays(library="np")
    except (OSError, ValueError, KeyError) as error:
        raise NuanomalyError(f"{path}: cannot be read as ROOT with a tree {name!r} ({error})") from None


def _events(path: Path, name: str) -> pd.DataFrame:
    """Return simulated events; every float32 is exact as float64."""
    tree = _tree(path, name)
    for column, known in (("inno", _NEUTRINOS), ("iflux", _SAMPLES)):
        strange = sorted(set(np.unique(tree[column]).tolist()) - set(known))
        if strange:
            raise NuanomalyError(f"{path}: {column} is {strange[0]:g}, known are {sorted(known)}")
    return pd.DataFrame(
        {
            "sample": [_SAMPLES[int(code)] for code in tree["iflux"]],
            "neutrino": [_NEUTRINOS[int(code)] for code in tree["inno"]],
            "energy_reconstructed": tree["energy"].astype(float),
            "energy_true": tree["enugen"].astype(float),
            "baseline": tree["nuleng"].astype(float),
            "weight": tree["wgt"].astype(float),
            "channel_code": tree["nuchan"].astype("int64"),
            "background_code": tree["ibkgd"].astype("int64"),
            "parent_code": tree["parid"].astype("int64"),
            "pi0": tree["ispi0"] != 0,
            "dirt": tree["isdirt"] != 0,
        }
    )


def _check(path: Path, name: str, edges: Any, counts: pd.Series) -> None:
    """Refuse data that are not the released counts."""
    energy = _tree(path, name)["energy"]
    # energies are in single precision: round the edges in the same way
    content = _counts(energy, np.ones(energy.size), edges.astype(np.float32))
    wrong = np.flatnonzero(content != counts.to_numpy())
    if wrong.size:
        k = int(wrong[0])
        raise NuanomalyError(f"{path}: {content[k]:g} events in bin {k}, the release has {counts.iloc[k]:g}")


def _histogram(events: pd.DataFrame, edges: Any) -> Any:
    """Return the weights of the νe and ν̄e among the backgrounds per bin."""
    chosen = (events["sample"] == "background") & events["neutrino"].isin(["nue", "nuebar"])
    energy, weight = (events.loc[chosen, c].to_numpy() for c in ("energy_reconstructed", "weight"))
    return _counts(energy, weight, edges)


def _counts(energy: Any, weight: Any, edges: Any) -> Any:
    """Return the sum of weights per bin, low ≤ E < high."""
    place = np.searchsorted(edges, energy, side="right") - 1
    inside = (place >= 0) & (place < len(edges) - 1)
    return np.bincount(place[inside], weights=weight[inside], minlength=len(edges) - 1)
