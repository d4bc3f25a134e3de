"""A parameter at the best fit, or a quantity made of parameters, and its error.

Config
------
mode, datasets, model, fixed, grid : as for the kind ``best-fit``
quantity : {parameter: NAME}, {sin2_2theta: NAME of a sin²θ}, or {difference: [NAME, NAME]}
which : ``value`` or ``error``, from the curvature at the best fit; errors of several parameters are combined
    as if they were independent, and fixed ones have none
"""

from collections.abc import Mapping
from math import hypot
from typing import Any

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import chosen
from nuanomaly.inference.fit import fit
from nuanomaly.model.registry import model as make_model


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the wanted number.

    Raises
    ------
    NuanomalyError
        If the quantity is made of a parameter that the model does not have.
    """
    likelihood = chosen(config, release)
    grid = {name: tuple(spec) for name, spec in config.get("grid", {}).items()}
    best = fit(likelihood, config["model"], fixed=config.get("fixed"), grid=grid, errors="hesse")
    known = {p.name: p.default for p in make_model(config["model"]).parameters}
    values = {**known, **config.get("fixed", {}), **best.parameters}
    value, parts = 0.0, []
    for name, number, slope in terms(config["quantity"], values, release.id):
        value += number
        parts.append(slope * best.errors.get(name, (0.0, 0.0))[1])
    return hypot(*parts) if config["which"] == "error" else value


def terms(
    quantity: Mapping[str, Any], values: Mapping[str, float | None], release: str
) -> list[tuple[str, float, float]]:
    """Return what a quantity is the sum of: (parameter, term, derivative).

    Examples
    --------
    >>> terms({"sin2_2theta": "sin2_theta13"}, {"sin2_theta13": 0.5}, "")
    [('sin2_theta13', 1.0, 0.0)]
    """
    ((how, of),) = quantity.items()
    items = []
    for k, name in enumerate([of] if isinstance(of, str) else of):
        x = values.get(name)
        if x is None:
            raise NuanomalyError(f"{release}: the model has no {name}, or no value of it")
        if how == "sin2_2theta":
            items.append((name, 4.0 * x * (1.0 - x), 4.0 - 8.0 * x))
        else:
            sign = -1.0 if k else 1.0
            items.append((name, sign * x, sign))
    return items
