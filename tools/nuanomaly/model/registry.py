"""The models by name."""

from collections.abc import Callable
from typing import Any

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.model.base import FunctionModel, Model
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
    """Return a model by name, or make one of a user's function or object.

    Raises
    ------
    UnknownNameError
        If there is no model of that name.

    Examples
    --------
    >>> [p.name for p in model("2nu-ee").parameters[:2]]
    ['dm2_41', 'sin2_2theta_ee']
    """
    if isinstance(which, str):
        if which not in _BUILDERS:
            raise UnknownNameError("model", which, _BUILDERS)
        return _BUILDERS[which]()
    if isinstance(which, Model):
        return which
    return FunctionModel(which)
