"""Axes: which values of which parameters are tried, in which order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Array, Model, Parameter

#: ``(low, high, n, "log" | "lin")``, or a number of points over the parameter's own range, or the values.
AxisSpec = tuple[float, float, int, str] | int | ArrayLike
Grid = Mapping[str, AxisSpec]

#: Points per axis unless a caller says otherwise: mass splittings (the likelihood is cyclic in them, 50 per
#: decade resolve it) and other parameters, by the number of dimensions.
_SPLITTING = {1: 401, 2: 201, 3: 201, 4: 101}
_OTHER = {1: 201, 2: 81, 3: 15, 4: 9}


@dataclass(frozen=True, eq=False)
class Axis:
    """The values of one parameter.

    Attributes
    ----------
    name, unit, meaning : str
    values : array, shape (n,)
        In the unit, increasing.
    log : bool
        Whether it is to be drawn, interpolated and refined in the logarithm.
    """

    name: str
    unit: str
    meaning: str
    values: Array
    log: bool

    def __len__(self) -> int:
        return int(self.values.size)

    @property
    def low(self) -> float:
        """The smallest value."""
        return float(self.values[0])

    @property
    def high(self) -> float:
        """The largest value."""
        return float(self.values[-1])

    def reaches(self, value: float | None) -> bool:
        """Say whether a value is inside, or zero below a logarithmic axis (which cannot hold it)."""
        return value is not None and (self.low <= value <= self.high or (self.log and value == 0.0))

    @property
    def cyclic(self) -> bool:
        """Whether it is an angle over its whole circle, on which the ends are one point."""
        return self.unit == "rad" and abs(self.high - self.low - 2.0 * np.pi) < 1e-9

    def internal(self, value: ArrayLike) -> Array:
        """Return ln(value) on a logarithmic axis, else the value."""
        return np.asarray(np.log(value) if self.log else value, float)

    def external(self, internal: ArrayLike) -> Array:
        """Return the value of an internal coordinate, never outside the axis; an angle comes round."""
        value = np.exp(internal) if self.log else np.asarray(internal, float)
        if self.cyclic:
            outside = (value < self.low) | (value > self.high)
            value = np.where(outside, self.low + (value - self.low) % (self.high - self.low), value)
        return np.clip(value, self.low, self.high)


def known_parameters(likelihood: Likelihood, model: Model) -> dict[str, Parameter]:
    """Return the parameters of the model and of the likelihood's interactions, by name."""
    return {p.name: p for p in (*model.parameters, *likelihood.interaction_parameters)}


def free_names(known: Mapping[str, Parameter], named: Iterable[str], fixed: Iterable[str]) -> tuple[str, ...]:
    """Return what is free: everything named, and every parameter without default that is not fixed.

    Raises
    ------
    UnknownNameError
        If a name is no parameter.
    NuanomalyError
        If a parameter is both free and fixed.
    """
    named, fixed = set(named), set(fixed)
    for name in sorted(named | fixed):
        if name not in known:
            raise UnknownNameError("parameter", name, known)
    if named & fixed:
        raise NuanomalyError(f"{', '.join(sorted(named & fixed))}: either on a grid or fixed, not both")
    return tuple(n for n, p in known.items() if n in named or (p.default is None and n not in fixed))


def axes(known: Mapping[str, Parameter], names: Sequence[str], grid: Grid) -> tuple[Axis, ...]:
    """Return the axes of ``names``: as the grid says, else the parameter's own range."""
    dimension = min(4, len(names))
    items = []
    for name in names:
        count = (_SPLITTING if known[name].unit == "eV**2" else _OTHER)[max(1, dimension)]
        items.append(axis(known[name], grid.get(name, count)))
    return tuple(items)


def axis(parameter: Parameter, spec: Any) -> Axis:
    """Return the axis of a parameter.

    Parameters
    ----------
    spec : (low, high, n, "log" | "lin"), int, or array
        Range; number of points over the parameter's own range; or the values themselves.

    Raises
    ------
    NuanomalyError
        If the range is empty, leaves the allowed one, or is not known.

    Examples
    --------
    >>> from nuanomaly.model.registry import model
    >>> axis(model("2nu-ee").parameters[0], (0.01, 100.0, 3, "log")).values
    array([1.e-02, 1.e+00, 1.e+02])
    """
    if isinstance(spec, int):
        if parameter.scan is None:
            said = f"{parameter.name} has no range of its own"
            raise NuanomalyError(
                f"{said}: give one, grid={{{parameter.name!r}: (low, high, n, 'log')}}, fix it, or declare "
                f"the model's parameters with Parameter({parameter.name!r}, …, scan=(low, high))"
            ).typed(
                f"{said}: give one with --grid {parameter.name}=LOW:HIGH:N:log, fix it with --set "
                f"{parameter.name}=VALUE, or declare the model's parameters with Parameter in its file"
            )
        spec = (*parameter.scan, spec, "log" if parameter.log else "lin")
    if isinstance(spec, tuple) and len(spec) == 4 and isinstance(spec[3], str):
        values, log = _range(parameter, *spec)
    else:
        values = np.unique(np.asarray(spec, float))
        log = bool(parameter.log and values.size and values[0] > 0.0)
    inside = values.size and values[0] >= parameter.low and values[-1] <= parameter.high
    if not inside or not np.isfinite(values).all():
        raise NuanomalyError(
            f"{parameter.name}: a grid must lie between {parameter.low:g} and {parameter.high:g} "
            f"{parameter.unit}"
        )
    return Axis(parameter.name, parameter.unit, parameter.meaning, values, log)


def _range(parameter: Parameter, low: float, high: float, n: int, how: str) -> tuple[Array, bool]:
    if how not in ("log", "lin"):
        raise UnknownNameError("spacing", how, ["log", "lin"], parameter.name)
    if not low < high or int(n) < 2 or (how == "log" and low <= 0.0):
        raise NuanomalyError(
            f"{parameter.name}: a grid needs low < high, at least 2 points, and low > 0 if logarithmic"
        )
    if how == "lin":
        return np.linspace(low, high, int(n)), False
    values = np.geomspace(low, high, int(n))
    values[[0, -1]] = low, high  # the ends to the bit
    return values, True


def slowest_first(axes: Sequence[Axis]) -> tuple[int, ...]:
    """Return the order in which a grid is walked: mass splittings outermost.

    Kernels depend on the mass splittings alone, so that neighbouring points then share them.
    """
    return tuple(sorted(range(len(axes)), key=lambda k: axes[k].unit != "eV**2"))


def points(axes: Sequence[Axis], start: int, stop: int) -> dict[str, Array]:
    """Return grid points ``start`` to ``stop``, row-major in the order of ``axes``, shape (stop-start,)."""
    if not axes:
        return {}  # the one point of a grid without axes
    where = np.unravel_index(np.arange(start, stop), tuple(len(a) for a in axes))
    return {a.name: a.values[index] for a, index in zip(axes, where, strict=True)}


def size(axes: Sequence[Axis]) -> int:
    """Return the number of grid points."""
    return prod(len(a) for a in axes)
