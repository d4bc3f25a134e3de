"""MicroBooNE on HEPData, in YAML: spectra per channel, covariances, efficiencies, migrations.

A file has one list of independent and one of dependent variables, each a header and values. Which
dependent variable is which is known by its header.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError

Array = NDArray[np.float64]
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: Ending of the header of a dependent variable, and the column it becomes.
_COLUMNS = {
    "Data": "data",
    "Background Prediction": "background",
    "Signal+Background Prediction": "prediction",
    "Signal+Background+LEE(x=1) Prediction": "prediction_lee",
}


def tables(
    originals: Path,
    *,
    folder: str,
    channels: Mapping[str, str],
    constrained: str,
    constrained_covariance: str,
    covariances: Mapping[str, str],
    efficiencies: Mapping[str, str],
    migrations: Mapping[str, str],
) -> dict[str, pd.DataFrame]:
    """Return the tables of the release.

    Parameters
    ----------
    originals : pathlib.Path
    folder : str
        Folder below ``originals`` that the files are in.
    channels : mapping
        Name of each channel to its file, in the order of the covariance.
    constrained, constrained_covariance : str
        Files of the constrained channel.
    covariances, migrations : mappings
        Table to file.
    efficiencies : mapping
        Channel to file.

    Raises
    ------
    NuanomalyError
        If a file is not as it must be.
    """
    base = originals / folder
    spectra = pd.concat([_spectrum(base / f).assign(channel=c) for c, f in channels.items()])
    # without electron neutrinos there is no template, and the prediction is the same with it
    spectra["prediction_lee"] = spectra["prediction_lee"].fillna(spectra["prediction"])
    spectra.insert(0, "channel", spectra.pop("channel"))
    parts = [_efficiency(base / f).assign(channel=c) for c, f in efficiencies.items()]
    efficiency = pd.concat(parts)
    efficiency.insert(0, "channel", efficiency.pop("channel"))
    matrices = {**covariances, **migrations, "covariance_constrained": constrained_covariance}
    return {
        "channels": spectra.reset_index(drop=True),
        "constrained": _spectrum(base / constrained),
        "efficiency": efficiency.reset_index(drop=True),
        **{name: _matrix(base / file) for name, file in matrices.items()},
    }


def read(path: Path) -> dict[str, Any]:
    """Return the content of a HEPData file in YAML.

    Raises
    ------
    NuanomalyError
        If it is missing, or has no independent and dependent variables.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            content: Any = yaml.load(stream, _Loader)
    except (OSError, yaml.YAMLError) as error:
        raise NuanomalyError(f"{path}: cannot be read ({str(error).splitlines()[0]})") from None
    if not isinstance(content, dict) or not {"independent_variables", "dependent_variables"} <= set(content):
        raise NuanomalyError(f"{path}: has no independent_variables and dependent_variables")
    return content


def _numbers(values: Iterable[Mapping[str, Any]], key: str, path: Path) -> Array:
    """Return one entry of every value; YAML takes numbers such as 1e-05 for text."""
    try:
        return np.array([float(v[key]) for v in values])
    except (KeyError, TypeError, ValueError) as error:
        raise NuanomalyError(f"{path}: a value has no number {key!r} ({error})") from None


def _spectrum(path: Path) -> pd.DataFrame:
    """Return edges, data, background, prediction and the prediction with the template (NaN without one)."""
    content = read(path)
    edges = content["independent_variables"][0]["values"]
    frame = pd.DataFrame({side: _numbers(edges, side, path) for side in ("low", "high")})
    for variable in content["dependent_variables"]:
        header = str(variable["header"]["name"])
        # the longest ending that fits: "Background Prediction" ends every one of them but the data
        column = _COLUMNS.get(max((e for e in _COLUMNS if header.endswith(e)), key=len, default=""))
        if column is None or column in frame:
            raise NuanomalyError(f"{path}: the dependent variable {header!r} is not known, or stands twice")
        values = _numbers(variable["values"], "value", path)
        if len(values) != len(frame):
            raise NuanomalyError(f"{path}: {header!r} has {len(values)} values, there are {len(frame)} bins")
        frame[column] = values
    wanted = ["low", "high", "data", "background", "prediction", "prediction_lee"]
    return frame.reindex(columns=wanted).astype({"data": "int64"})


def _efficiency(path: Path) -> pd.DataFrame:
    content = read(path)
    edges, values = (content[f"{s}ependent_variables"][0]["values"] for s in ("ind", "d"))
    errors = [v["errors"][0] for v in values]
    return pd.DataFrame(
        {
            **{side: _numbers(edges, side, path) for side in ("low", "high")},
            "efficiency": _numbers(values, "value", path),
            "error": _numbers(errors, "symerror", path),
        }
    )


def _matrix(path: Path) -> pd.DataFrame:
    """Return a square matrix whose entries are listed with both of their indices, the row's first."""
    content = read(path)
    first, second = (
        _numbers(v["values"], "value", path).astype(int) for v in content["independent_variables"]
    )
    values = _numbers(content["dependent_variables"][0]["values"], "value", path)
    size = round(values.size**0.5)
    place = first * size + second
    if size**2 != values.size or not np.array_equal(np.sort(place), np.arange(values.size)):
        raise NuanomalyError(f"{path}: {values.size} entries are no square matrix, or one is there twice")
    matrix = np.empty(values.size)
    matrix[place] = values + 0.0  # -0.0 becomes 0.0
    return pd.DataFrame(matrix.reshape(size, size), columns=[f"c{i}" for i in range(size)])
