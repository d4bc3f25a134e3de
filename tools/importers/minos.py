"""MINOS and MINOS+ two-detector fit, arXiv:1710.06488: histograms and matrices of a ROOT file.

Read with uproot, which is in the extra `root`.
"""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nuanomaly.archive.errors import NuanomalyError

_DETECTORS = {"near": "ND", "far": "FD"}
_SAMPLES = {"cc": "CC", "nc": "NC"}
_PERIODS = ("minos", "minosPlus")
#: Our name of a component, and the one in the names of the histograms.
_COMPONENTS = {
    "nc": "TrueNC",
    "numu": "NuMu",
    "beam-nue": "BeamNue",
    "appeared-nue": "AppNue",
    "appeared-nutau": "AppNuTau",
}


def tables(originals: Path, *, release: str, calculation: str) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Parameters
    ----------
    originals : pathlib.Path
    release : str
        The released file, below ``originals``.
    calculation : str
        The output of the released macro for its own parameters.

    Raises
    ------
    NuanomalyError
        If uproot is missing, or a file has not the objects it must have.
    """
    with _open(originals / release) as file, _open(originals / calculation) as output:
        frames = {f"covariance_{s}": _covariance(file, f"Total{name}Covar") for s, name in _SAMPLES.items()}
        for detector in _DETECTORS:
            frames[f"truth_{detector}"] = _truth(file, detector)
            for sample in _SAMPLES:
                frames[f"{detector}_{sample}"] = _spectra(file, output, detector, sample)
                frames[f"response_{detector}_{sample}"] = _response(file, detector, sample)
        frames["surface"] = _grid(file, "dm241vsth24", "chi2")
        frames["critical"] = _grid(file, "dm241vsth24_UpValuesFC90CL", "delta_chi2")
        frames["contours"] = _contours(file)
        frames["best_fit"] = _best_fit(output)
    return frames


def _open(path: Path) -> Any:
    try:
        import uproot
    except ImportError:
        raise NuanomalyError(
            "reading ROOT files needs uproot: install it with `pip install 'nuanomaly[root]'`"
        ) from None
    try:
        return uproot.open(path)
    except (OSError, ValueError) as error:
        raise NuanomalyError(f"{path}: cannot be read as ROOT ({error})") from None


def _get(file: Any, name: str) -> Any:
    try:
        return file[name]
    except KeyError:
        raise NuanomalyError(f"{file.file_path}: there is no {name!r} in it") from None


def _covariance(file: Any, name: str) -> pd.DataFrame:
    content = _get(file, name)
    size = content.member("fNrows")
    matrix = np.asarray(content.member("fElements"), float).reshape(size, -1)
    return pd.DataFrame(matrix, columns=[f"c{i}" for i in range(matrix.shape[1])])


def _truth(file: Any, detector: str) -> pd.DataFrame:
    """Return the edges of the bins of L/E, the same in every histogram of a detector."""
    names = [name for sample in _SAMPLES for _, _, name in _histograms(detector, sample)]
    edges = [_get(file, name).axis(0).edges() for name in names]
    if any(not np.array_equal(e, edges[0]) for e in edges):
        raise NuanomalyError(f"{file.file_path}: the {detector} histograms have different bins of L/E")
    return pd.DataFrame({"low": edges[0][:-1], "high": edges[0][1:]})


def _histograms(detector: str, sample: str) -> Iterator[tuple[str, str, str]]:
    """Yield period, component and name of the migration histograms."""
    for period in _PERIODS:
        for component, label in _COMPONENTS.items():
            head = f"hRecoToTrue{_DETECTORS[detector]}{_SAMPLES[sample]}Selected{label}"
            yield period.lower(), component, f"{head}_{period}"


def _spectra(file: Any, output: Any, detector: str, sample: str) -> pd.DataFrame:
    """Return data of both periods, and the prediction of the released macro at its own parameters."""
    head = {"near": "NearDetector", "far": "FarDetector"}[detector]
    columns: dict[str, Any] = {}
    for period in _PERIODS:
        content = _get(file, f"data{_DETECTORS[detector]}{_SAMPLES[sample]}_{period}")
        columns.setdefault("low", content.axis().edges()[:-1])
        columns.setdefault("high", content.axis().edges()[1:])
        columns[f"data_{period.lower()}"] = content.values()
    for period in _PERIODS:
        name = f"{head}_{period}_prediction_{_SAMPLES[sample]}"
        columns[f"best_fit_{period.lower()}"] = _get(output, name).values()
    frame = pd.DataFrame(columns)
    frame.insert(2, "data", frame["data_minos"] + frame["data_minosplus"])
    return frame


def _response(file: Any, detector: str, sample: str) -> pd.DataFrame:
    """Return the elements of the migration matrices that are not zero."""
    parts = []
    for period, component, name in _histograms(detector, sample):
        content = _get(file, name)
        values = content.values()
        outside = float(np.abs(content.values(flow=True)).sum() - np.abs(values).sum())
        if outside > 1e-9 * float(np.abs(values).sum()):
            raise NuanomalyError(f"{file.file_path}: {name} has {outside:g} events outside its bins")
        truth, reconstructed = np.nonzero(values)
        parts.append(
            pd.DataFrame(
                {
                    "period": period,
                    "component": component,
                    "truth": truth,
                    "reconstructed": reconstructed,
                    "events": values[truth, reconstructed],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _grid(file: Any, name: str, value: str) -> pd.DataFrame:
    """Return a surface at the centres of its bins, Δm² in the outer loop.

    sin²θ24 is rounded to twelve digits, so that it is the same on every machine.
    """
    content = _get(file, name)
    angle, splitting = (0.5 * (e[:-1] + e[1:]) for e in (content.axis(0).edges(), content.axis(1).edges()))
    return pd.DataFrame(
        {
            "dm2_41": np.repeat(splitting, angle.size),
            "theta_24": np.tile(angle, splitting.size),
            "sin2_theta_24": np.tile([float(f"{math.sin(a) ** 2:.12g}") for a in angle], splitting.size),
            value: content.values().T.ravel(),
        }
    )


def _contours(file: Any) -> pd.DataFrame:
    parts = []
    for level in ("90", "99"):
        for piece in range(2):
            content = _get(file, f"minosPlus{level}CL_{piece}")
            columns = {"sin2_theta_24": content.member("fX"), "dm2_41": content.member("fY")}
            parts.append(pd.DataFrame({"level": f"{level}%", "piece": piece, **columns}))
    return pd.concat(parts, ignore_index=True)


def _best_fit(output: Any) -> pd.DataFrame:
    """Return the parameters and the value of the released macro; it writes θ14 and θ24 under one name."""
    names: Mapping[str, str] = {
        "chi2": "chi2",
        "chi2_cc": "output_totalChi2CC",
        "chi2_nc": "output_totalChi2NC",
        "penalty_dm2_32": "output_PenDm232",
        "dm2_32": "param_dm232",
        "dm2_21": "param_dm221",
        "theta_23": "param_theta23",
        "theta_12": "param_theta12",
        "theta_13": "param_theta13",
        "delta_cp": "param_deltaCP",
        "dm2_41": "param_dm241",
        "theta_34": "param_th34",
        "delta_24": "param_delta24",
    }
    tree = _get(output, "tree")
    by_name: dict[str, list[float]] = {}
    for branch in tree.branches:
        by_name.setdefault(branch.name, []).append(float(branch.array(library="np")[0]))
    row = {ours: by_name[theirs][0] for ours, theirs in names.items()}
    if len(by_name["param_th24"]) != 2:
        raise NuanomalyError(f"{output.file_path}: param_th24 must be there twice, for θ14 and θ24")
    row["theta_14"], row["theta_24"] = by_name["param_th24"]
    return pd.DataFrame([row])
