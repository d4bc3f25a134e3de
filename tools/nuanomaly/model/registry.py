"""The models by name."""

from collections.abc import Callable
from functools import partial
from runpy import run_path
from typing import Any
from weakref import WeakKeyDictionary

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.model.flavours import Flavours, SterileLevel
from nuanomaly.model.foreign import FOREIGN
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.matter import Matter, NonStandardMatter
from nuanomaly.model.oscillation import Oscillation
from nuanomaly.model.probabilities import Model
from nuanomaly.model.propagation import PROPAGATIONS
from nuanomaly.model.recoil import ChargeRadius, LightScalar, LightVector, MagneticMoment
from nuanomaly.model.three_flavour import Ordering, with_three_flavour
from nuanomaly.model.vacuum import ShortBaseline, ThreeFlavour, ThreePlusOne, TwoFlavour
from nuanomaly.model.wave_model import WaveModel

#: Parts of a name that compose a model with three flavours.
THREE_FLAVOUR: dict[str, Ordering] = {"3nu": "normal", "3nu-inverted": "inverted"}

#: The standard hypothesis, which any other is set beside, and the one that is meant where a declaration names
#: none: these two are all that the rooms above know by name.
THREE_NEUTRINOS, FOUR_NEUTRINOS = "3nu", "3+1"

#: Two-flavour views, by the channel that each changes.
TWO_FLAVOUR: dict[tuple[str, str], TwoFlavour] = {
    channel: TwoFlavour(*channel) for channel in (("e", "e"), ("mu", "mu"), ("mu", "e"))
}

#: What neutrinos meet on the way, by the part of a name.
_MATTER: dict[str, Callable[[], Matter]] = {"matter": Matter, "nsi": NonStandardMatter}

#: Mixing of flavours and levels, by the name of the model that has plane waves in vacuum.
FLAVOURS: dict[str, Flavours] = {
    "3nu": Flavours("3nu"),
    "3+1": Flavours("3+1", (SterileLevel(4),)),
    "3+2": Flavours("3+2", (SterileLevel(4), SterileLevel(5, free_phase=True))),
    "3+3": Flavours(
        "3+3", (SterileLevel(4), SterileLevel(5, free_phase=True), SterileLevel(6, free_phase=True))
    ),
    "1+3+1": Flavours("1+3+1", (SterileLevel(4, lighter=True), SterileLevel(5, free_phase=True))),
}
_BUILDERS: dict[str, Callable[[], Model]] = {
    "3nu": ThreeFlavour,
    "3+1": ThreePlusOne,
    "3+1-sbl": ShortBaseline,
    **{view.name: partial(TwoFlavour, *channel) for channel, view in TWO_FLAVOUR.items()},
    "3+2": lambda: Oscillation(FLAVOURS["3+2"]),
    "3+3": lambda: Oscillation(FLAVOURS["3+3"]),
    "1+3+1": lambda: Oscillation(FLAVOURS["1+3+1"]),
    "light-vector": LightVector,
    "light-scalar": LightScalar,
    "magnetic-moment": MagneticMoment,
    "charge-radius": ChargeRadius,
}


def models() -> tuple[str, ...]:
    """Return the names of the models.

    Examples
    --------
    >>> models()[:4]
    ('3nu', '3+1', '3+1-sbl', '2nu-ee')
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
        entries = run_path(file)
    except FileNotFoundError:
        raise NuanomalyError(f"model file {file!r} does not exist: write FILE.py:NAME") from None
    except Exception as error:
        raise NuanomalyError(f"model file {file!r} cannot be run: {type(error).__name__}: {error}") from error
    if name not in entries:
        public = [k for k, v in entries.items() if callable(v) and not k.startswith("_")]
        raise UnknownNameError("model", name, public, file)
    return entries[name]


def composed(name: str) -> Model | None:
    """Return the model of a name with parts, such as ``3+1/decay`` or ``3+2/matter``; None if it has none.

    Raises
    ------
    UnknownNameError
        If one of the parts is not known.
    """
    first, *parts = name.split("/")
    if not parts or first not in _BUILDERS:
        return None
    three = [part for part in parts if part in THREE_FLAVOUR]
    if three:
        if len(parts) > 1:
            raise NuanomalyError(
                f"model {name!r}: {three[0]} is composed with a model as it is, not with parts"
            )
        return with_three_flavour(_BUILDERS[first](), THREE_FLAVOUR[three[0]])
    if first not in FLAVOURS:
        raise NuanomalyError(
            f"model {name!r}: {first!r} is a view of its own; composed are {', '.join(FLAVOURS)}"
        )
    known = [*PROPAGATIONS, *_MATTER, *THREE_FLAVOUR]
    for part in parts:
        if part not in known:
            raise UnknownNameError("part", part, known, f"model {name}")
    ways = [way for key, way in PROPAGATIONS.items() if key in parts]
    met = [_MATTER[part] for part in parts if part in _MATTER]
    if len(met) > 1:
        raise NuanomalyError(f"model {name!r}: nsi is matter with more couplings: leave out matter")
    return Oscillation(FLAVOURS[first], ways, met[0]() if met else None)


def model(which: "str | Model | Callable[..., Any]") -> Model:
    """Return a model by name, or make one of a user's function, object or class.

    Parameters
    ----------
    which : str, Model, function or class
        A name of :func:`models`, also with parts (``3+1/wave-packet``, ``3+1/decay``, ``3+2/matter``);
        ``FILE.py:NAME`` for a function or class of a file of your own, which is run, ``FILE.py:NAME/3nu`` to
        compose it with three flavours (``3nu-inverted`` for inverted ordering); ``jaxnu`` or ``nusquids`` for
        3+1 as these packages compute it, where they are installed; or the thing itself.

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
    >>> model("3+1/wave-packet/decay").name
    '3+1/wave-packet/decay'
    """
    if not isinstance(which, str):
        return _own(which)
    if which in _BUILDERS:
        return _made(_BUILDERS[which](), which)
    if which in FOREIGN:
        return _own(FOREIGN[which])
    if ".py:" in which:
        reference, slash, part = which.rpartition("/")
        if slash and ".py:" in reference:
            if part not in THREE_FLAVOUR:
                raise UnknownNameError("part", part, THREE_FLAVOUR, which)
            return with_three_flavour(_own(from_file(reference)), THREE_FLAVOUR[part])
        return _own(from_file(which))
    if which.endswith(".py"):
        raise NuanomalyError(f"{which!r} names no function: write {which}:NAME")
    whole = composed(which)
    if whole is None:
        raise UnknownNameError("model", which, _BUILDERS)
    return _made(whole, which)


def short(which: Model) -> Model:
    """Return the limit of short baselines of a model, and the model itself if it has none.

    Examples
    --------
    >>> short(model("3+1")).name, short(model("2nu-ee")).name
    ('3+1-sbl', '2nu-ee')
    """
    limit = which.short_baseline
    if limit is None:
        return which
    return model(limit.name) if limit.name in _BUILDERS else limit


#: The models that were made by the name of one of the archive, by that name, as long as they exist.
_NAMED: WeakKeyDictionary[Model, str] = WeakKeyDictionary()


def _made(made: Model, name: str) -> Model:
    _NAMED[made] = name
    return made


def known_name(which: Model) -> str | None:
    """Return the name by which :func:`model` made a model of the archive; None of one of your own.

    Two models of the same name are the same, whatever their objects.

    Examples
    --------
    >>> known_name(model("3+1")), known_name(ThreePlusOne())
    ('3+1', None)
    """
    return _NAMED.get(which)


def _own(which: Any) -> Model:
    """Return a model made of a function, an object or a class."""
    made = which() if isinstance(which, type) else which
    if isinstance(made, Model):
        return made
    waves = getattr(made, "waves", None)
    method = waves if callable(waves) else getattr(made, "probability", made)
    if not callable(method):
        raise NuanomalyError(
            f"{made!r} is not a model: give a name, a function, or an object with probability() or waves()"
        )
    name = str(getattr(made, "name", None) or getattr(made, "__name__", type(made).__name__))
    kind = WaveModel if callable(waves) else FunctionModel
    return kind(
        method,
        name,
        parameters=getattr(made, "parameters", ()),
        unitary=bool(getattr(made, "unitary", False)),
        three_flavour=getattr(made, "three_flavour", None),
        factor=bool(getattr(made, "factor", False)),
        known_as=getattr(made, "known_as", None),
    )
