"""The parameter goodness of fit of several data sets, each of one or more releases.

Config
------
sides : list of lists of data sets (``NAME@VERSION[:MODE]``)
model : name of a model
fixed : {parameter: value} (optional)
grid : {parameter: [low, high, n, log | lin]}, range and starting grid (the parameter's own if left out)
which : ``delta`` (what the common minimum costs over the separate ones), ``p_value``, ``sigma`` or ``dof``
"""

from collections.abc import Mapping
from typing import Any

from nuanomaly.archive.release import Release
from nuanomaly.inference.compatibility import compare
from nuanomaly.inference.datasets import joint, resolve


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the wanted number of the test."""
    sides = [joint(resolve(side)) for side in config["sides"]]
    grid = {name: tuple(spec) for name, spec in config.get("grid", {}).items()}
    compatibility = compare(sides, config["model"], fixed=config.get("fixed"), grid=grid)
    return float(getattr(compatibility.pg, str(config["which"])) or 0.0)
