"""A straight line through tabulated data, whose systematic errors are relative to the line."""

from typing import Annotated, Literal, NotRequired, TypedDict

import numpy as np

from nuanomaly.archive.options import (
    TableName,
    completed,
)
from nuanomaly.archive.release import Release


class Data(TypedDict):
    """The data and the columns of both axes."""

    table: Annotated[str, "Their table."]
    x: Annotated[str, "Column along the line."]
    y: Annotated[str, "Column of what was measured."]


class Options(TypedDict):
    """Options of the benchmark."""

    data: Data
    covariance: Annotated[TableName, "Table of the covariance that does not depend on the line."]
    relative_covariance: NotRequired[
        Annotated[TableName, "Table of a covariance in units of the line at both rows."]
    ]
    pivot: Annotated[float, "Where the intercept is taken."]
    which: Annotated[
        Literal["intercept", "slope", "intercept-error", "slope-error"], "The number that is wanted."
    ]


_RESULTS = {"intercept": 0, "slope": 1}
#: The line that errors are relative to settles within this many fits.
_FITS = 20


@completed
def compute(config: Options, release: Release) -> float:
    """Return the wanted number."""
    frame = release.table(config["data"]["table"])
    x, y = (frame[name].to_numpy(float) for name in (config["data"]["x"], config["data"]["y"]))
    design = np.stack([np.ones_like(x), x - config["pivot"]], axis=1)
    fixed = release.matrix(config["covariance"])
    relative = np.zeros_like(fixed)
    if "relative_covariance" in config:
        relative = release.matrix(config["relative_covariance"])
    line = y
    for _ in range(_FITS):
        weight = np.linalg.inv(fixed + relative * np.outer(line, line))
        errors = np.linalg.inv(design.T @ weight @ design)
        content = errors @ (design.T @ weight @ y)
        line = design @ content
    name, _, error = config["which"].partition("-")
    place = _RESULTS[name]
    return float(np.sqrt(errors[place, place]) if error else content[place])
