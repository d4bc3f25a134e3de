"""What a model is: probabilities P(α→β), and, for vacuum oscillation, their expansion in phases."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.model.constants import PHASE

Array = NDArray[np.float64]
FLAVOURS = ("e", "mu", "tau", "sterile")


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


@dataclass(frozen=True)
class Expansion:
    """A vacuum probability as a sum over phases φ_k = PHASE · dm2_k · L/E.

    P = constant + Σ_k sin2_k sin²(φ_k) + Σ_k sin_k sin(2 φ_k)

    Attributes
    ----------
    constant : array, shape (P,)
    dm2, sin2, sin : arrays, shape (K, P)
        Mass splittings in eV² and the coefficients, for P parameter points.
    """

    constant: Array
    dm2: Array
    sin2: Array
    sin: Array

    def probability(self, L_over_E: Array) -> Array:
        """Return P for L/E in m/MeV; shape (P, N)."""
        phase = PHASE * self.dm2[:, :, None] * L_over_E
        waves = self.sin2[:, :, None] * np.sin(phase) ** 2 + self.sin[:, :, None] * np.sin(2.0 * phase)
        total: Array = self.constant[:, None] + waves.sum(axis=0)
        return total


@runtime_checkable
class Model(Protocol):
    """What the likelihoods need of a model."""

    name: str
    parameters: tuple[Parameter, ...]
    #: True if P depends on L and E through L/E alone, in vacuum.
    vacuum: bool

    def probability(
        self,
        initial: str,
        final: str,
        antineutrino: bool,
        L: Array,
        E: Array,
        node: Mapping[str, Array],
        **parameters: Array,
    ) -> Array:
        """Return P(initial→final), shape (P, N), at baselines L (m) and energies E (MeV), shape (N,)."""
        ...

    def expansion(
        self,
        initial: str,
        final: str,
        antineutrino: bool,
        max_L_over_E: float,
        parameters: Mapping[str, Array],
    ) -> Expansion | None:
        """Return the phase expansion for nodes up to ``max_L_over_E`` (m/MeV), or None if there is none."""
        ...

    def two_flavour(self, initial: str, final: str, parameters: Mapping[str, Array]) -> tuple[Array, Array]:
        """Return (Δm² in eV², effective sin²2θ) in which a two-flavour surface is read.

        Raises
        ------
        NotApplicableError
            If the model has no such coordinates.
        """
        ...


class Transition(NamedTuple):
    """What a phase expansion is asked for: flavours, ν or ν̄, and how far (L/E in m/MeV) it has to hold."""

    initial: str
    final: str
    antineutrino: bool
    max_L_over_E: float


class VacuumModel:
    """Base of models given by their phase expansion: a derived class defines :meth:`expand`."""

    name: str
    parameters: tuple[Parameter, ...]
    vacuum = True

    def expansion(
        self,
        initial: str,
        final: str,
        antineutrino: bool,
        max_L_over_E: float,
        parameters: Mapping[str, Array],
    ) -> Expansion:
        """Return the phase expansion (see :class:`Model`)."""
        return self.expand(Transition(initial, final, antineutrino, max_L_over_E), parameters)

    def expand(self, asked: Transition, parameters: Mapping[str, Array]) -> Expansion:
        """Return the phase expansion of a transition for parameters of shape (P,) each."""
        raise NotImplementedError

    def allowed(self, parameters: Mapping[str, Array]) -> NDArray[np.bool_]:
        """Return where parameters that are each in range are also possible together, shape (P,)."""
        return np.ones(max((v.size for v in parameters.values()), default=1), bool)

    def two_flavour(self, initial: str, final: str, parameters: Mapping[str, Array]) -> tuple[Array, Array]:
        """Refuse: this model has no two-flavour coordinates."""
        raise NotApplicableError(
            f"not applicable: model {self.name!r} has no two-flavour coordinates for ν{initial}→ν{final}, "
            "and a surface is known in no others"
        )

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
        baseline, energy = np.atleast_1d(np.asarray(L, float)), np.atleast_1d(np.asarray(E, float))
        ratio = baseline / energy
        points = complete(self, parameters)
        return self.expansion(initial, final, antineutrino, float(ratio.max()), points).probability(ratio)


def _allowed(parameter: Parameter) -> str:
    """Return the range of a parameter in words."""
    unit = "" if parameter.unit == "1" else f" {parameter.unit}"
    if np.isfinite(parameter.high) and np.isfinite(parameter.low):
        return f"between {parameter.low:g} and {parameter.high:g}{unit}"
    if np.isfinite(parameter.low):
        return f"a number of at least {parameter.low:g}{unit}"
    return "a finite number" if np.isinf(parameter.high) else f"at most {parameter.high:g}{unit}"


def complete(model: Model | VacuumModel, given: Mapping[str, ArrayLike]) -> dict[str, Array]:
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
            raise NuanomalyError(
                f"model {model.name!r} needs {name} ({parameter.meaning}, unit {parameter.unit})"
            )
        array = np.atleast_1d(np.asarray(value, float))
        if not ((array >= parameter.low) & (array <= parameter.high) & np.isfinite(array)).all():
            raise NuanomalyError(f"{name} must be {_allowed(parameter)}")
        values[name] = array
    try:
        arrays = np.broadcast_arrays(*values.values())
    except ValueError:
        shapes = {k: v.shape for k, v in values.items() if v.size > 1}
        raise NuanomalyError(f"parameters have shapes that do not fit together: {shapes}") from None
    return {name: np.ascontiguousarray(array).ravel() for name, array in zip(values, arrays, strict=True)}
