"""A straight line through tabulated data, whose systematic errors are relative to the line.

Config
------
data : {table, x, y}
covariance : table, of what does not depend on the line
relative_covariance : table, times the line at both rows (optional)
pivot : x where the intercept is taken
which : ``intercept``, ``slope``, ``intercept-error`` or ``slope-error``
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nuanomaly.archive.release import Release

_RESULTS = {"intercept": 0, "slope": 1}
#: The line that errors are relative to settles within this many fits.
_FITS = 20


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the wanted number."""
    frame = release.table(config["data"]["table"])
    x, y = (frame[config["data"][axis]].to_numpy(float) for axis in ("x", "y"))
    design = np.stack([np.ones_like(x), x - float(config["pivot"])], axis=1)
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
    name, _, error = str(config["which"]).partition("-")
    place = _RESULTS[name]
    return float(np.sqrt(errors[place, place]) if error else content[place])
