"""The level of the statistic along a tabulated contour: its median over the points."""

from typing import Annotated

import numpy as np

from nuanomaly.archive.options import completed
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.interval import Counted, reference
from nuanomaly.likelihood.build import likelihood


class Options(Counted):
    """Options of the benchmark."""

    table: Annotated[str, "The contour's points, one per row."]
    parameters: Annotated[
        dict[str, str], {"minProperties": 1}, "Parameter of the model to column of the table."
    ]


@completed
def compute(config: Options, release: Release) -> float:
    """Return the median of the statistic over the points of the contour."""
    chosen = likelihood(release, config.get("mode"))
    points = release.table(config["table"])
    parameters = {name: points[column].to_numpy(float) for name, column in config["parameters"].items()}
    return float(np.median(chosen.chi2(config["model"], **parameters))) - reference(config, chosen)
