"""A parameter at the best fit, or a quantity made of parameters, and its error."""

from collections.abc import Mapping, Sequence
from math import hypot
from typing import Annotated, Literal, NotRequired, TypedDict

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import (
    completed,
    rules,
)
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import OfModel, axes, chosen
from nuanomaly.inference.fit import fit
from nuanomaly.model.registry import model as make_model


@rules(minProperties=1, maxProperties=1)
class Quantity(TypedDict):
    """What is wanted."""

    parameter: NotRequired[Annotated[str, "The parameter itself."]]
    sin2_2theta: NotRequired[Annotated[str, "sin²2θ of a parameter that is sin²θ."]]
    difference: NotRequired[Annotated[tuple[str, str], "The first parameter less the second."]]


class Options(OfModel):
    """Options of the benchmark."""

    quantity: Quantity
    which: Annotated[
        Literal["value", "error"],
        "The quantity, or its error by the curvature at the best fit; errors of several parameters are "
        "combined as "
        "if they were independent, and fixed ones have none.",
    ]


@completed
def compute(config: Options, release: Release) -> float:
    """Return the wanted number.

    Raises
    ------
    NuanomalyError
        If the quantity is made of a parameter that the model does not have.
    """
    likelihood = chosen(config, release)
    grid = axes(config["grid"])
    best = fit(likelihood, config["model"], fixed=config["fixed"], grid=grid, errors="hesse")
    known = {p.name: p.default for p in make_model(config["model"]).parameters}
    values = {**known, **config["fixed"], **best.parameters}
    value, parts = 0.0, []
    for name, number, slope in terms(config["quantity"], values, release.id):
        value += number
        parts.append(slope * best.errors.get(name, (0.0, 0.0))[1])
    return hypot(*parts) if config["which"] == "error" else value


def terms(
    quantity: Quantity, values: Mapping[str, float | None], release: str
) -> list[tuple[str, float, float]]:
    """Return what a quantity is the sum of: (parameter, term, derivative).

    Examples
    --------
    >>> terms({"sin2_2theta": "sin2_theta13"}, {"sin2_theta13": 0.5}, "")
    [('sin2_theta13', 1.0, 0.0)]
    """
    names: Sequence[str] = quantity.get("difference", ())
    if not names:
        names = [quantity["sin2_2theta"] if "sin2_2theta" in quantity else quantity["parameter"]]
    items = []
    for k, name in enumerate(names):
        x = values.get(name)
        if x is None:
            raise NuanomalyError(f"{release}: the model has no {name}, or no value of it")
        if "sin2_2theta" in quantity:
            items.append((name, 4.0 * x * (1.0 - x), 4.0 - 8.0 * x))
        else:
            sign = -1.0 if k else 1.0
            items.append((name, sign * x, sign))
    return items
