"""What a model is: probabilities P(α→β), and, for vacuum oscillation, their expansion in phases."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.model.levels import FLAVOURS, Levels
from nuanomaly.model.waves import Array, Expansion

__all__ = ["FLAVOURS", "Array", "Expansion"]

#: Splittings whose names say which two levels they are between.
LEVELS = re.compile(r"dm2_\d\d")


class NotApplicableError(NuanomalyError):
    """A model cannot be evaluated on a release; the message says why."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a model or of an interaction.

    Attributes
    ----------
    name, unit, meaning : str
    low, high : float
        The allowed range, in the unit.
    default : float or None
        None: the caller must give it, and a fit leaves it free.
    log : bool
        Whether scans and fits go in its logarithm.
    scan : (float, float) or None
        The range that is scanned unless a caller says otherwise.
    null : float or None
        Where its effect vanishes (an oscillation amplitude: 0), if there is such a value.
    """

    name: str
    unit: str
    low: float
    high: float
    meaning: str
    default: float | None = None
    log: bool = False
    scan: tuple[float, float] | None = None
    null: float | None = None


class Transition(NamedTuple):
    """What a probability is asked for: flavours, ν or ν̄, and how far (L/E in m/MeV) it has to hold."""

    initial: str
    final: str
    antineutrino: bool
    max_L_over_E: float


class Nodes(NamedTuple):
    """Where a probability is asked for.

    Attributes
    ----------
    L, E : arrays, shape (N,)
        Baseline in m and energy in MeV.
    half_width : array, shape (N,), or None
        Half of the interval of L/E in m/MeV that each node stands for: L varies in it at fixed energy.
    known : mapping of arrays, shape (N,)
        What the release knows of each node (see :class:`nuanomaly.likelihood.channel.Channel`).
    """

    L: Array
    E: Array
    half_width: Array | None
    known: Mapping[str, Array]


class Model(ABC):
    """What the likelihoods need of a model: probabilities, and, if it has them, their waves.

    A derived class has a name, parameters and :meth:`probability`. The rest is refused, or found from
    probabilities, unless it says more: :meth:`expansion` makes scans fast and averages exact,
    :meth:`averaged` makes averages exact.

    Attributes
    ----------
    name : str
    parameters : tuple of Parameter
    vacuum : bool
        True if P depends on L and E through L/E alone.
    unitary : bool
        True if the probabilities to e, μ, τ and sterile add up to one; otherwise to one at most.
    sampled : bool
        True if probabilities have to be asked for at every node, False if there is an expansion.
    three_flavour : bool
        Whether standard oscillation is contained, so that kilometre baselines are right.
    known_as : mapping of str to (str or float)
        What parameters that releases know by name, such as ``dm2_31``, are called here, or their constant
        values.
    short_baseline : Model or None
        The same model where standard oscillation does not matter, refused elsewhere, with some of the
        parameters; data know fewer combinations of them there.
    """

    name: str
    parameters: tuple[Parameter, ...]
    vacuum: bool = False
    unitary: bool = False
    sampled: bool = True
    three_flavour: bool = False
    known_as: Mapping[str, str | float] = MappingProxyType({})

    @property
    def short_baseline(self) -> "Model | None":
        """The limit of short baselines (see the class)."""
        return None

    @property
    def ambiguous(self) -> tuple[str, ...]:
        """Parameters that may be one that releases know by name: splittings of levels that are not named."""
        return tuple(p.name for p in self.parameters if p.unit == "eV**2" and not LEVELS.fullmatch(p.name))

    @abstractmethod
    def probability(
        self,
        initial: str,
        final: str,
        antineutrino: bool,
        L: Any,
        E: Any,
        node: Mapping[str, Array] | None = None,
        **parameters: Any,
    ) -> Array:
        """Return P(initial→final), shape (P, N), at baselines L (m) and energies E (MeV), shape (N,)."""

    def expansion(
        self,
        initial: str,
        final: str,
        antineutrino: bool,
        max_L_over_E: float,
        parameters: Mapping[str, Array],
    ) -> Expansion | None:
        """Return the phase expansion for nodes up to ``max_L_over_E`` (m/MeV), or None if there is none."""
        return None

    def averaged(self, asked: Transition, nodes: Nodes, parameters: Mapping[str, Array]) -> Array | None:
        """Return P averaged over the intervals of nodes in closed form, shape (P, N), or None if unknown."""
        return None

    def check(self, initial: str, antineutrino: bool, nodes: Nodes, parameters: Mapping[str, Array]) -> None:
        """Refuse probabilities that are none; what is made of a unitary matrix needs no check.

        Raises
        ------
        NuanomalyError
        """
        return None

    def allowed(self, parameters: Mapping[str, Array]) -> NDArray[np.bool_]:
        """Return where parameters that are each in range are also possible together, shape (P,)."""
        return np.ones(max((v.size for v in parameters.values()), default=1), bool)

    def refuse_impossible(self, parameters: Mapping[str, Array]) -> None:
        """Refuse parameters that are not possible together.

        Raises
        ------
        NuanomalyError
        """
        if not self.allowed(parameters).all():
            raise NuanomalyError(f"model {self.name!r}: the parameters are not possible together")

    def two_flavour(self, initial: str, final: str, parameters: Mapping[str, Array]) -> tuple[Array, Array]:
        """Return (Δm² in eV², effective sin²2θ) in which a two-flavour surface is read.

        Raises
        ------
        NotApplicableError
            If the model has no such coordinates.
        """
        raise NotApplicableError(
            f"not applicable: model {self.name!r} has no two-flavour coordinates for ν{initial}→ν{final}, "
            "and a surface is known in no others"
        )


class VacuumModel(Model):
    """Base of models given by their phase expansion: a derived class defines :meth:`expand`."""

    vacuum = True
    sampled = False

    def expansion(
        self,
        initial: str,
        final: str,
        antineutrino: bool,
        max_L_over_E: float,
        parameters: Mapping[str, Array],
    ) -> Expansion | None:
        """Return the phase expansion (see :class:`Model`)."""
        return self.expand(Transition(initial, final, antineutrino, max_L_over_E), parameters)

    def expand(self, asked: Transition, parameters: Mapping[str, Array]) -> Expansion:
        """Return the phase expansion of a transition for parameters of shape (P,) each."""
        raise NotImplementedError

    def probability(
        self,
        initial: str,
        final: str,
        antineutrino: bool,
        L: ArrayLike,
        E: ArrayLike,
        node: Mapping[str, Array] | None = None,
        **parameters: ArrayLike,
    ) -> Array:
        """Return P(initial→final); L in m and E in MeV, shape (N,); parameters scalars or shape (P,).

        Returns
        -------
        array, shape (P, N)
        """
        baseline, energy = places(L, E)
        asked = Transition(initial, final, antineutrino, float((baseline / energy).max()))
        return self._at(asked, baseline, energy, complete(self, parameters))

    def _at(self, asked: Transition, L: Array, E: Array, points: Mapping[str, Array]) -> Array:
        """Return P of a transition at complete points, shape (P, N)."""
        return self.expand(asked, points).probability(L / E, E)


class LevelsModel(VacuumModel):
    """Base of models given by a mixing matrix and masses: a derived class defines :meth:`levels`."""

    unitary = True
    three_flavour = True

    def levels(self, parameters: Mapping[str, Array]) -> Levels:
        """Return the levels at parameters of shape (P,) each."""
        raise NotImplementedError

    def expand(self, asked: Transition, parameters: Mapping[str, Array]) -> Expansion:
        """Return the expansion in all mass splittings."""
        return self.levels(parameters).expansion(asked.initial, asked.final, asked.antineutrino)

    def _at(self, asked: Transition, L: Array, E: Array, points: Mapping[str, Array]) -> Array:
        """Return P without an expansion."""
        return self.levels(points).probability(asked.initial, asked.final, asked.antineutrino, L, E)


def places(L: ArrayLike, E: ArrayLike) -> tuple[Array, Array]:
    """Return baselines and energies as arrays of one shape (N,)."""
    return tuple(np.broadcast_arrays(*(np.atleast_1d(np.asarray(v, float)) for v in (L, E))))  # type: ignore[return-value]


def _allowed(parameter: Parameter) -> str:
    """Return the range of a parameter in words."""
    unit = "" if parameter.unit == "1" else f" {parameter.unit}"
    if np.isfinite(parameter.high) and np.isfinite(parameter.low):
        return f"between {parameter.low:g} and {parameter.high:g}{unit}"
    if np.isfinite(parameter.low):
        return f"a number of at least {parameter.low:g}{unit}"
    return "a finite number" if np.isinf(parameter.high) else f"at most {parameter.high:g}{unit}"


def complete(model: Model, given: Mapping[str, ArrayLike]) -> dict[str, Array]:
    """Return all parameters of a model as arrays of one shape (P,), defaults filled in.

    Raises
    ------
    UnknownNameError
        For a parameter the model does not have.
    NuanomalyError
        For one that is missing, not a number, out of range or of a shape that does not fit.
    """
    known = {p.name: p for p in model.parameters}
    for name in given:
        if name not in known:
            raise UnknownNameError("parameter", name, known, f"model {model.name}")
    values: dict[str, Array] = {}
    for name, parameter in known.items():
        value = given.get(name, parameter.default)
        if value is None:
            said = f"model {model.name!r} needs {name} ({parameter.meaning}, unit {parameter.unit})"
            raise NuanomalyError(said).typed(f"{said}: give it with --set {name}=VALUE")
        array = np.asarray(value, float)
        if array.size == 1:  # one number is compared in a tenth of the time of an array of one
            number = array.item()
            fits = parameter.low <= number <= parameter.high and isfinite(number)
        else:
            fits = ((array >= parameter.low) & (array <= parameter.high) & np.isfinite(array)).all()
        if not fits:
            raise NuanomalyError(f"{name} must be {_allowed(parameter)}")
        values[name] = array if array.ndim else array.reshape(1)
    if all(array.shape == (1,) for array in values.values()):
        return values
    try:
        arrays = np.broadcast_arrays(*values.values())
    except ValueError:
        shapes = {k: v.shape for k, v in values.items() if v.size > 1}
        raise NuanomalyError(f"parameters have shapes that do not fit together: {shapes}") from None
    return {name: np.ascontiguousarray(array).ravel() for name, array in zip(values, arrays, strict=True)}
