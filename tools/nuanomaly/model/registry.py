"""The models by name."""

from collections.abc import Callable
from runpy import run_path
from typing import Any

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.probabilities import Model
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


def from_file(reference: str) -> Any:
    """Return what ``FILE.py:NAME`` names, by running the file.

    Raises
    ------
    NuanomalyError
        If the file cannot be run.
    UnknownNameError
        If it has no such name.
    """
    file, _, name = reference.rpartition(":")
    try:
        found = run_path(file)
    except FileNotFoundError:
        raise NuanomalyError(f"model file {file!r} does not exist: write FILE.py:NAME") from None
    except Exception as error:
        raise NuanomalyError(f"model file {file!r} cannot be run: {type(error).__name__}: {error}") from error
    if name not in found:
        public = [k for k, v in found.items() if callable(v) and not k.startswith("_")]
        raise UnknownNameError("model", name, public, file)
    return found[name]


def model(which: "str | Model | Callable[..., Any]") -> Model:
    """Return a model by name, or make one of a user's function, object or class.

    Parameters
    ----------
    which : str, Model, function or class
        A name of :func:`models`; ``FILE.py:NAME`` for a function or class of a file of your own, which is
        run; or the thing itself.

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
        if which in _BUILDERS:
            return _BUILDERS[which]()
        if which.endswith(".py"):
            raise NuanomalyError(f"{which!r} names no function: write {which}:NAME")
        if ".py:" not in which:
            raise UnknownNameError("model", which, _BUILDERS)
        which = from_file(which)
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
