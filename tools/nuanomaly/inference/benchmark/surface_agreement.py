"""How far a likelihood is from a released surface of its own values.

Config
------
model, mode : as for any likelihood (mode may be left out)
table : the surface, one row per point
value : its column of values
coordinates : {parameter: column} for every parameter without a default
fixed : {parameter: value}, parameters that are the same at every point (optional)
which : ``rms`` or ``max`` of the absolute difference
counted_from : {parameters, value}, a point at which the released value is this (optional); the own values are
    then counted from the own one there, for statistics that are known up to a constant
below : only points whose released value is less than this above the smallest one (optional)
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nuanomaly.archive.release import Release
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Array


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the root mean square or the largest of |own value − released value|."""
    values = np.abs(differences(likelihood(release, config.get("mode")), config, release))
    return float(np.sqrt(np.mean(values**2)) if config["which"] == "rms" else values.max())


def differences(chosen: Likelihood, config: Mapping[str, Any], release: Release) -> Array:
    """Return own − released value at the points that are compared, shape (N,)."""
    frame = release.table(config["table"])
    released = frame[config["value"]].to_numpy(float)
    used = released < released.min() + float(config.get("below", np.inf))
    coordinates = {
        name: frame[column].to_numpy(float)[used] for name, column in config["coordinates"].items()
    }
    fixed = config.get("fixed", {})
    own = np.asarray(chosen.chi2(config["model"], **fixed, **coordinates), float)
    zero = config.get("counted_from")
    if zero:
        own = own - chosen.chi2(config["model"], **fixed, **zero["parameters"]) + float(zero["value"])
    return np.asarray(own - released[used])
