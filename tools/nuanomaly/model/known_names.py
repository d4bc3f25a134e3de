"""Parameters that releases know by name, in models that may call them otherwise."""

from collections.abc import Mapping

import numpy as np

from nuanomaly.model.probabilities import Model
from nuanomaly.model.waves import Array


class UnnamedParameterError(ValueError):
    """A model that may have a parameter under another name, and does not say so."""


def value_of(model: Model, name: str, points: Mapping[str, Array]) -> Array | float | None:
    """Return the values of a parameter that releases know by name; None if the model has no such parameter.

    Raises
    ------
    UnnamedParameterError
        If it may have it under a name of its own, with those names in the message.

    Examples
    --------
    >>> from nuanomaly.model.registry import model
    >>> float(value_of(model("3+1"), "dm2_31", {"dm2_31": np.array([2.5e-3])})[0])
    0.0025
    """
    called = model.known_as.get(name, name)
    if not isinstance(called, str):
        return float(called)
    if called in points:
        return np.asarray(points[called])
    if called != name:
        raise UnnamedParameterError(f"known_as says {name} is {called!r}, which is no parameter of it")
    if model.three_flavour or model.ambiguous:
        raise UnnamedParameterError(
            f"its parameters are {', '.join(p.name for p in model.parameters)}: say which of them it is, or "
            f"its constant value, with known_as={{{name!r}: ...}}"
            + ("" if model.three_flavour else ", or that there is none with three_flavour=False")
        )
    return None
