"""The probability of a difference at least as large as the statistic at a point, by Wilks' theorem.

Config
------
mode : mode of the likelihood (optional)
model : name of a model
parameters : {name: value}
dof : degrees of freedom
"""

from collections.abc import Mapping
from typing import Any

from scipy.stats import chi2

from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark import value


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the probability that χ² of so many degrees of freedom exceeds the statistic."""
    difference = value.compute({k: v for k, v in config.items() if k != "dof"}, release)
    return float(chi2.sf(difference, int(config["dof"])))
