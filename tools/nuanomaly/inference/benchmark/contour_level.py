"""The level of the statistic along a tabulated contour: its median over the points.

Config
------
model, mode : as for any likelihood (mode may be left out)
table : table of the contour's points
parameters : {parameter: column}
relative_to, fit : as for the kind ``interval``
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.interval import reference
from nuanomaly.likelihood.build import likelihood


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the median of the statistic over the points of the contour."""
    chosen = likelihood(release, config.get("mode"))
    points = release.table(config["table"])
    parameters = {name: points[column].to_numpy(float) for name, column in config["parameters"].items()}
    return float(np.median(chosen.chi2(config["model"], **parameters))) - reference(config, chosen)
