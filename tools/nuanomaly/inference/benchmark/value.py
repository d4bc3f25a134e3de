"""The statistic at a point, or the difference between two points.

Config
------
mode : mode of the likelihood (optional)
datasets : list of data sets instead of the release itself (optional)
model : name of a model
parameters : {name: value}
minus : {parameters, mode, model}, a point whose value is subtracted (optional); the rest is as above
"""

from collections.abc import Mapping
from typing import Any

from nuanomaly.archive.release import Release
from nuanomaly.inference.datasets import joint, resolve
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.interface import Likelihood


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the value, or the difference."""
    value = _value(config, release)
    if "minus" in config:
        common = {k: v for k, v in config.items() if k in ("mode", "model", "datasets")}
        value -= _value({**common, **config["minus"]}, release)
    return value


def chosen(config: Mapping[str, Any], release: Release) -> Likelihood:
    """Return the likelihood that a benchmark is about."""
    mode = config.get("mode")
    if "datasets" in config:
        return joint(resolve(config["datasets"], mode))
    return likelihood(release, mode)


def _value(config: Mapping[str, Any], release: Release) -> float:
    value: float = chosen(config, release).chi2(config["model"], **config["parameters"])
    return value
