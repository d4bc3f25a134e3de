"""The models by name."""

from collections.abc import Callable
from typing import Any

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.model.base import Model
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.vacuum import ShortBaseline, ThreeFlavour, ThreePlusOne, TwoFlavour

_BUILDERS: dict[str, Callable[[], Model]] = {
    "3nu": ThreeFlavour,
    "3+1": ThreePlusOne,
    "3+1-sbl": ShortBaseline,
    "2nu-ee": lambda: TwoFlavour("e", "e"),
    "2nu-mumu": lambda: TwoFlavour("mu", "mu"),
    "2nu-mue": lambda: TwoFlavour("mu", "e"),
}


def models() -> tuple[str, ...]:
    """Return the names of the models.

    Examples
    --------
    >>> models()
    ('3nu', '3+1', '3+1-sbl', '2nu-ee', '2nu-mumu', '2nu-mue')
    """
    return tuple(_BUILDERS)


def model(which: "str | Model | Callable[..., Any]") -> Model:
    """Return a model by name, or make one of a user's function, object or class.

    Raises
    ------
    UnknownNameError
        If there is no model of that name.
    NuanomalyError
        If it is neither a name nor a model (see :mod:`nuanomaly.model.function`).

    Examples
    --------
    >>> [p.name for p in model("2nu-ee").parameters[:2]]
    ['dm2_41', 'sin2_2theta_ee']
    """
    if isinstance(which, str):
        if which not in _BUILDERS:
            raise UnknownNameError("model", which, _BUILDERS)
        return _BUILDERS[which]()
    made = which() if isinstance(which, type) else which
    if isinstance(made, Model):
        return made
    method = getattr(made, "probability", made)
    if not callable(method):
        raise NuanomalyError(
            f"{made!r} is not a model: give a name, a function, or an object with probability()"
        )
    name = getattr(made, "name", None) or getattr(made, "__name__", type(made).__name__)
    return FunctionModel(method, str(name), parameters=getattr(made, "parameters", ()))
