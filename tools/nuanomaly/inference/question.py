"""What is asked: which data under which model, what is fixed and what is free; resolved once.

Everything that is computed of it (:mod:`~nuanomaly.inference.scan`, :mod:`~nuanomaly.inference.fit`,
:mod:`~nuanomaly.inference.compatibility`, …) takes a :class:`Question`; a user asks an
:class:`~nuanomaly.inference.analysis.Analysis`, which is one.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self, TypedDict

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.applicable import applicable
from nuanomaly.inference.datasets import (
    Dataset,
    FoundOverlap,
    Mode,
    atoms,
    check_overlaps,
    joint,
    labels,
    modes,
    resolve,
)
from nuanomaly.inference.grid import Axis, Grid, axes, free_names, known_parameters
from nuanomaly.inference.nullpoint import null_value
from nuanomaly.inference.objective import Objective
from nuanomaly.inference.rank import generic_points
from nuanomaly.likelihood.build import group_members
from nuanomaly.likelihood.interface import AnyModel, Likelihood
from nuanomaly.likelihood.wrappers.factors import with_factors
from nuanomaly.likelihood.wrappers.joint import combine
from nuanomaly.likelihood.wrappers.named import parameters_of, with_named
from nuanomaly.likelihood.wrappers.variants import freed as without_priors
from nuanomaly.model.probabilities import Model, NotApplicableError, Parameter
from nuanomaly.model.registry import model as make_model

Data = Dataset | Iterable[Dataset]


class Settings(TypedDict, total=False):
    """What is said of a question besides data and model: arguments of :class:`Question`, by their names."""

    fixed: Mapping[str, float] | None
    grid: Grid | None
    mode: Mode
    allow_overlap: bool
    leave_out: bool


#: Values of a statistic that differ by less than this share, wherever one looks, are the same.
_SAME = 1e-12


class UnfeltModelError(NuanomalyError):
    """Data that do not depend on any free parameter of a model."""


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Question:
    """Data sets under a model.

    Parameters
    ----------
    data : str, Likelihood, or several of them
        Each is one side: a release (``NAME[@VERSION][:MODE]``), a group, a folder with a release of one's
        own, a sum of these (``lsnd+karmen``), or a likelihood. Several sides are added up where one answer is
        asked for, and set against each other where their compatibility is.
    model : str, Model or callable
    fixed : mapping, optional
        Values of parameters that are not free; the rest stays at its default.
    grid : mapping, optional
        For each parameter ``(low, high, n, "log" | "lin")``, a number of points over its own range, or an
        array of values. Parameters without default that are not fixed are free anyway, over their own range,
        as far as all the data know it.
    mode : str or mapping, optional
        Analysis variant (see :func:`nuanomaly.inference.datasets.resolve`).
    allow_overlap : bool
        Combine data sets although they share data; results say so.
    leave_out : bool
        Leave out data sets that cannot take the model; results say which, and why. Else they are an error.
    freed : sequence of str
        Nuisances whose prior is left out; those that it ties to others keep theirs.
    scaled : mapping of str to (float or None)
        Components that have a factor, ``DATASET/COMPONENT``, and the relative standard deviation of its prior
        (None: free). The data set is a side, a release of one, or a group, whose members share the factor.
        Each is a nuisance of that name; see :mod:`nuanomaly.likelihood.wrappers.factors`.

    Nuisances are parameters too: they are profiled, unless ``fixed`` gives them a value or ``grid`` an axis.
    Their priors count in either case.

    Attributes
    ----------
    sides : tuple of Likelihood
    model : Model
    fixed, grid : mapping
    overlaps : tuple of FoundOverlap
        Shared data, if that was allowed.
    left_out : mapping of str to str
        Releases that cannot take the model, and why.
    ranges : mapping of str to (float, float)
        Parameters of which some of the data know only a range: what all of them know.

    Raises
    ------
    UnknownNameError
        For an unknown data set, mode, model or parameter.
    OverlapError
        If data sets share data, and that was not allowed.
    NotApplicableError
        If a data set cannot take the model, and it is not to be left out.
    """

    sides: tuple[Likelihood, ...]
    model: Model
    fixed: Mapping[str, float]
    grid: Grid
    overlaps: tuple[FoundOverlap, ...]
    left_out: Mapping[str, str]
    ranges: Mapping[str, tuple[float, float]]

    def __init__(
        self,
        data: Data,
        model: AnyModel,
        *,
        fixed: Mapping[str, float] | None = None,
        grid: Grid | None = None,
        mode: Mode = None,
        allow_overlap: bool = False,
        leave_out: bool = False,
        freed: Sequence[str] = (),
        scaled: Mapping[str, float | None] | None = None,
    ) -> None:
        chosen = make_model(model)
        sides, left_out = applicable(resolve(data, mode), chosen, {**(fixed or {})}, leave_out)
        sides = _with_factors(sides, scaled or {})
        sides = _without_priors(sides, freed)
        overlaps = check_overlaps(sides, allow_overlap)
        ranges = joint(sides).ranges(chosen)
        self._set(sides, chosen, dict(fixed or {}), dict(grid or {}), overlaps, left_out, ranges)
        free_names(self.parameters, self.grid, self.fixed)  # a name that nobody knows is an error now

    def _set(self, *values: Any) -> None:
        """Set the fields once, in order; the class is frozen."""
        names = ("sides", "model", "fixed", "grid", "overlaps", "left_out", "ranges")
        for name, value in zip(names, values, strict=True):
            object.__setattr__(self, name, value)

    def given(self, fixed: Mapping[str, float] | None = None, grid: Grid | None = None) -> Self:
        """Return the same question with other fixed values and other axes (unchanged where left out)."""
        return self._changed(self.sides, self.fixed if fixed is None else fixed, grid)

    def side(self, k: int) -> Self:
        """Return the question of one side alone: over the same ranges, with what of the settings it knows."""
        known = {*known_parameters(self.sides[k], self.model), *self.sides[k].nuisances.ids}
        fixed = {name: value for name, value in self.fixed.items() if name in known}
        grid = {name: spec for name, spec in self.grid.items() if name in known}
        return self._changed((self.sides[k],), fixed, grid)

    def of(self, likelihood: Likelihood) -> Self:
        """Return the same question of other data, over the same ranges."""
        return self._changed((likelihood,), self.fixed, self.grid)

    def of_sides(self, sides: Sequence[Likelihood]) -> Self:
        """Return the same question of other data on each side, over the same ranges."""
        return self._changed(tuple(sides), self.fixed, self.grid)

    def _changed(self, sides: tuple[Likelihood, ...], fixed: Mapping[str, float], grid: Grid | None) -> Self:
        made = object.__new__(type(self))
        axes = dict(self.grid if grid is None else grid)
        made._set(sides, self.model, dict(fixed), axes, self.overlaps, self.left_out, self.ranges)
        free_names(made.parameters, made.grid, made.fixed)
        return made

    @property
    def names(self) -> tuple[str, ...]:
        """What the sides are called: releases or groups; with their mode where one stands twice."""
        return labels(self.sides)

    @property
    def modes(self) -> dict[str, str]:
        """The analysis variant of each side that has any."""
        return modes(self.sides)

    @cached_property
    def likelihood(self) -> Likelihood:
        """The joint likelihood of all sides, or the only one, named nuisances among its parameters."""
        together = joint(self.sides)
        named = {*self.fixed, *self.grid}
        return with_named(together, [name for name in together.nuisances.ids if name in named])

    @cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        """The parameters of the model and of the interactions of the data, then the nuisances.

        Ranges go as far as the data know.
        """
        known = {
            **known_parameters(self.likelihood, self.model),
            **parameters_of(joint(self.sides).nuisances),
        }
        return {name: _within(p, self.ranges.get(name)) for name, p in known.items()}

    @property
    def units(self) -> dict[str, str]:
        """The unit of each parameter."""
        return {name: p.unit for name, p in self.parameters.items()}

    @property
    def free(self) -> tuple[str, ...]:
        """The free parameters: those with axes, and those without default that are not fixed."""
        return free_names(self.parameters, self.grid, self.fixed)

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """The axes of the free parameters.

        Raises
        ------
        NuanomalyError
            If a parameter has no range of its own, and none is given.
        """
        return axes(self.parameters, self.free, self.grid)

    @cached_property
    def objective(self) -> Objective:
        """The statistic of all data as a function of the free parameters."""
        return Objective(self.likelihood, self.model, self.fixed)

    @property
    def private(self) -> tuple[str, ...]:
        """Releases of one's own folders, which nobody else has."""
        return tuple(m.release for m in atoms(self.likelihood) if m.private)

    @property
    def about(self) -> dict[str, Any]:
        """What of the question every result repeats, in the order of result files."""
        return {"datasets": list(self.names), "modes": self.modes, "model": self.model.name}

    @cached_property
    def null_value(self) -> float:
        """The statistic without oscillation.

        Raises
        ------
        NuanomalyError
            If no free parameter says where its effect vanishes.
        """
        return null_value(self.objective, self.axes, self.parameters)

    def check_felt(self) -> None:
        """Refuse data that depend on no free parameter: whatever is asked of them has no answer.

        Raises
        ------
        UnfeltModelError
        """
        if not self.axes:
            return
        try:
            values = self.objective(generic_points(self.axes))
        except NotApplicableError:
            return  # somewhere in the range; what is asked will say where
        finite = values[np.isfinite(values)]
        if finite.size > 1 and np.ptp(finite) <= _SAME * max(1.0, float(np.abs(finite).max())):
            raise UnfeltModelError(
                f"{' + '.join(self.names)}: nothing depends on {', '.join(self.free)} of model "
                f"{self.model.name!r}: choose a model in which their channels oscillate, or other data"
            )


def _with_factors(
    sides: tuple[Likelihood, ...], scaled: Mapping[str, float | None]
) -> tuple[Likelihood, ...]:
    """Return the sides whose components have factors.

    A factor is named after a side, after a release that a side holds, or after a group: then all members of
    the group have the same factor, on whichever sides they are.

    Raises
    ------
    UnknownNameError
        If no side, and no release of one, is called so.
    """
    factors: dict[str, dict[str, float | None]] = {}
    for key, sigma in scaled.items():
        name, _, component = key.rpartition("/")
        factors.setdefault(name, {})[component] = sigma
    for name, components in factors.items():
        meant = {name, *(member.partition("@")[0] for member in group_members(name))}
        changed = tuple(_scaled(side, name, meant, components) for side in sides)
        if changed == sides:
            known = dict.fromkeys(
                n for s in sides for part in (s, *atoms(s)) for n in (part.name, part.release)
            )
            raise UnknownNameError("data set", name, known, "factors are of DATASET/COMPONENT")
        sides = changed
    return sides


def _scaled(
    side: Likelihood, name: str, meant: Set[str], components: Mapping[str, float | None]
) -> Likelihood:
    """Return a side with factors of all of it, or of those of its releases that are meant."""
    if {side.name, side.release} & meant:
        return with_factors(side, name, components)
    parts = atoms(side)
    kept = [with_factors(p, name, components) if {p.name, p.release} & meant else p for p in parts]
    return side if kept == list(parts) else combine(kept, side.release, side.mode)


def _without_priors(sides: tuple[Likelihood, ...], freed: Sequence[str]) -> tuple[Likelihood, ...]:
    """Return the sides without the priors of some nuisances.

    Raises
    ------
    UnknownNameError
        If no side has a nuisance of a name.
    """
    known = list(dict.fromkeys(name for side in sides for name in side.nuisances.ids))
    for name in freed:
        if name not in known:
            raise UnknownNameError("nuisance", name, known, " + ".join(labels(sides)))
    return tuple(without_priors(side, freed) for side in sides) if freed else sides


def _within(parameter: Parameter, known: tuple[float, float] | None) -> Parameter:
    """Return a parameter whose own range is inside the known one.

    Raises
    ------
    NuanomalyError
        If nothing is left.
    """
    if known is None or parameter.scan is None:
        return parameter
    low, high = max(parameter.scan[0], known[0]), min(parameter.scan[1], known[1])
    if not low < high:
        raise NuanomalyError(
            f"{parameter.name}: no value of its range, {parameter.scan[0]:g} to {parameter.scan[1]:g} "
            f"{parameter.unit}, is known to all data sets: ask fewer of them together"
        )
    return replace(parameter, scan=(low, high))
