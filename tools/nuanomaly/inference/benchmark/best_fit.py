"""A best fit: its value, a parameter there, or how far it lies below no oscillation."""

from typing import Annotated, NotRequired

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.options import Count, completed
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import OfModel, axes, chosen
from nuanomaly.inference.fit import fit, significance


class Options(OfModel):
    """Options of the benchmark."""

    which: Annotated[
        str,
        "value, delta-null (no oscillation minus best fit), significance (its σ by Wilks' theorem, "
        "two-sided), or a "
        "parameter.",
    ]
    dof: NotRequired[
        Annotated[Count, "Degrees of freedom of the significance; the rank of the predictions if left out."]
    ]


@completed
def compute(config: Options, release: Release) -> float:
    """Return the wanted number of the best fit.

    Raises
    ------
    UnknownNameError
        If ``which`` is none of its numbers.
    """
    likelihood = chosen(config, release)
    grid = axes(config["grid"])
    best = fit(likelihood, config["model"], fixed=config["fixed"], grid=grid)
    which = config["which"]
    if which == "value":
        return best.value
    if which in best.parameters:
        return best.parameters[which]
    if which not in ("delta-null", "significance"):
        raise UnknownNameError("result", which, ["value", "delta-null", "significance", *best.parameters])
    result = significance(
        likelihood,
        config["model"],
        fixed=config["fixed"],
        grid=grid,
        dof=config.get("dof"),
        best=best,
    )
    return result.delta if which == "delta-null" else float(result.sigma or 0.0)
