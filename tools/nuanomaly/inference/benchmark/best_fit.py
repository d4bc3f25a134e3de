"""A best fit: its value, a parameter there, or how far it lies below no oscillation.

Config
------
mode, datasets, model : as for the kind ``value``
fixed : {parameter: value} (optional)
grid : {parameter: [low, high, n, log | lin]}, range and starting grid (the parameter's own if left out)
which : ``value``, ``delta-null`` (no oscillation minus best fit), ``significance`` (its σ by Wilks' theorem,
    two-sided, degrees of freedom by ``dof`` or the rank of the predictions), or the name of a parameter
dof : degrees of freedom of the significance (optional)
"""

from collections.abc import Mapping
from typing import Any

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import chosen
from nuanomaly.inference.fit import fit, significance


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the wanted number of the best fit.

    Raises
    ------
    UnknownNameError
        If ``which`` is none of its numbers.
    """
    likelihood = chosen(config, release)
    grid = {name: tuple(spec) for name, spec in config.get("grid", {}).items()}
    best = fit(likelihood, config["model"], fixed=config.get("fixed"), grid=grid)
    which = str(config["which"])
    if which == "value":
        return best.value
    if which in best.parameters:
        return best.parameters[which]
    if which not in ("delta-null", "significance"):
        raise UnknownNameError("result", which, ["value", "delta-null", "significance", *best.parameters])
    result = significance(
        likelihood,
        config["model"],
        fixed=config.get("fixed"),
        grid=grid,
        dof=config.get("dof"),
        best=best,
    )
    return result.delta if which == "delta-null" else float(result.sigma or 0.0)
