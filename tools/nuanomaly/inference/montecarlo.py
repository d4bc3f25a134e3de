"""Tests by toys: no oscillation, another hypothesis, goodness of fit, parameter goodness of fit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.compatibility import shared_nuisances
from nuanomaly.inference.datasets import Dataset, Mode, check_overlaps, labels, resolve
from nuanomaly.inference.engine import Engine, Plane, make_engine
from nuanomaly.inference.feldman_cousins import fingerprint
from nuanomaly.inference.fit import problem
from nuanomaly.inference.grid import Grid, axes, free_names, known_parameters
from nuanomaly.inference.objective import Objective, Progress
from nuanomaly.inference.significance import Sided
from nuanomaly.inference.toys import ToyTest, blocks, toy_test
from nuanomaly.inference.workers import Placement, run
from nuanomaly.likelihood.interface import AnyModel, Likelihood
from nuanomaly.likelihood.wrappers.joint import combine
from nuanomaly.likelihood.wrappers.variants import without_prior
from nuanomaly.model.probabilities import Array, NotApplicableError
from nuanomaly.model.registry import model as make_model

#: Blocks of toys per piece of work.
_BLOCKS = 20


def plane_of(
    datasets: Dataset | Iterable[Dataset],
    model: AnyModel,
    grid: Grid | None = None,
    fixed: Mapping[str, float] | None = None,
    mode: Mode = None,
    allow_overlap: bool = False,
) -> Plane:
    """Return the hypotheses of a fit."""
    what = problem(datasets, model, fixed, grid, mode, allow_overlap)
    return Plane(what.objective, what.axes, what.known)


def toy_significance(
    datasets: Dataset | Iterable[Dataset],
    model: AnyModel,
    grid: Grid | None = None,
    fixed: Mapping[str, float] | None = None,
    *,
    toys: int = 10_000,
    seed: int = 0,
    sided: Sided = "two-sided",
    mode: Mode = None,
    allow_overlap: bool = False,
    placement: Placement | None = None,
    progress: Progress | None = None,
) -> ToyTest:
    """Return the significance of oscillation by toys without it: how often they fit as much better with it.

    Data and toys are minimised over the same grid and no oscillation. See
    :func:`nuanomaly.inference.feldman_cousins.feldman_cousins` for the arguments.

    Raises
    ------
    NotApplicableError
        For a surface, which generates no toys.
    """
    plane = plane_of(datasets, model, grid, fixed, mode, allow_overlap)
    engine = make_engine(plane, seed)
    values, smallest = engine.observed()
    observed = float(values[plane.null]) - min(smallest, float(values.min()))
    deltas = _blocks(null_deltas, (plane, seed), fingerprint(engine), toys, placement, progress)
    return toy_test(observed, deltas, sided, "no oscillation")


def toy_hypothesis(
    datasets: Dataset | Iterable[Dataset],
    model: AnyModel,
    grid: Grid | None = None,
    fixed: Mapping[str, float] | None = None,
    *,
    at: Mapping[str, float],
    toys: int = 10_000,
    seed: int = 0,
    mode: Mode = None,
    allow_overlap: bool = False,
    placement: Placement | None = None,
    progress: Progress | None = None,
) -> ToyTest:
    """Return the test of one point by its own toys: how often it is as much worse than their best fit.

    Parameters
    ----------
    at : mapping of str to float
        The free parameters of the hypothesis.

    Raises
    ------
    NotApplicableError
        For a surface, which generates no toys.
    """
    plane = _anchored(plane_of(datasets, model, grid, fixed, mode, allow_overlap))
    free_names(plane.known, at, [])  # an unknown name is an error
    names = [axis.name for axis in plane.axes]
    if set(at) != set(names):
        raise NuanomalyError(f"a hypothesis needs every free parameter: {', '.join(names)}")
    plane = replace(plane, extra={name: np.array([float(at[name])]) for name in names})
    engine, index = make_engine(plane, seed), plane.size
    values, smallest = engine.observed()
    observed = float(values[index]) - min(smallest, float(values.min()))
    key = f"hypothesis {fingerprint(engine)}"
    deltas = _blocks(point_deltas, (plane, seed, index), key, toys, placement, progress)
    said = ", ".join(f"{name} = {value:g}" for name, value in at.items())
    return toy_test(observed, deltas, "two-sided", said)


def toy_goodness(
    datasets: Dataset | Iterable[Dataset],
    model: AnyModel,
    grid: Grid | None = None,
    fixed: Mapping[str, float] | None = None,
    *,
    toys: int = 10_000,
    seed: int = 0,
    mode: Mode = None,
    allow_overlap: bool = False,
    placement: Placement | None = None,
    progress: Progress | None = None,
) -> ToyTest:
    """Return the goodness of fit by toys of the best fit (a predictive check of the smallest value).

    How often the smallest value of a toy of the best grid point reaches that of the data: meaningful for
    any statistic, with ln det or a constant in it too.
    """
    plane = plane_of(datasets, model, grid, fixed, mode, allow_overlap)
    engine = make_engine(plane, seed)
    values, smallest = engine.observed()
    payload = (plane, seed, int(np.argmin(values)))
    minima = _blocks(best_minima, payload, f"goodness {fingerprint(engine)}", toys, placement, progress)
    return toy_test(min(smallest, float(values.min())), minima, "one-sided", "the best fit")


def _blocks(
    piece: Any, payload: Any, key: str, toys: int, placement: Placement | None, progress: Progress | None
) -> Array:
    total = blocks(toys)
    arguments = [(first, min(_BLOCKS, total - first)) for first in range(0, total, _BLOCKS)]
    return np.concatenate(run(piece, payload, arguments, key, placement, progress))


def null_deltas(payload: tuple[Plane, int], argument: tuple[int, int]) -> Array:
    """Return Δ of toys without oscillation: a piece of work."""
    engine = _engine(*payload)
    return engine.many(engine.plane.null, argument[1], argument[0])


def point_deltas(payload: tuple[Plane, int, int], argument: tuple[int, int]) -> Array:
    """Return Δ of toys of one hypothesis: a piece of work."""
    plane, seed, index = payload
    return _engine(plane, seed).many(index, argument[1], argument[0])


def best_minima(payload: tuple[Plane, int, int], argument: tuple[int, int]) -> Array:
    """Return the smallest values of toys of one hypothesis: a piece of work."""
    plane, seed, index = payload
    engine = _engine(plane, seed)
    first, count = argument
    return np.concatenate([engine.minimum(engine.generate(index, b)) for b in range(first, first + count)])


@lru_cache(maxsize=2)
def _engine(plane: Plane, seed: int) -> Engine:
    return make_engine(plane, seed)


# --- parameter goodness of fit ------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Tension:
    """What toys of the parameter goodness of fit need: the joint plane, and each data set's own.

    Attributes
    ----------
    joint : Plane
    parts : tuple of Plane
        Without the prior of the shared nuisances, which counts as a data set of its own.
    held : tuple of str
        Shared nuisances that have a prior.
    seed : int
    names : tuple of str
    """

    joint: Plane
    parts: tuple[Plane, ...]
    held: tuple[str, ...]
    seed: int
    names: tuple[str, ...]

    @cached_property
    def engines(self) -> tuple[Engine, tuple[Engine, ...]]:
        """The joint engine and those of the parts."""
        return make_engine(self.joint, self.seed), tuple(make_engine(p, self.seed) for p in self.parts)

    def value(self, data: Array) -> Array:
        """Return χ²_PG of data sets (T, n), the members' side by side; shape (T,)."""
        joint, parts = self.engines
        total = joint.minimum(data)
        start = 0
        for engine in parts:
            width = engine.data.size
            total = total - engine.minimum(data[:, start : start + width])
            start += width
        return np.asarray(total)

    @cached_property
    def best(self) -> int:
        """The hypothesis with the smallest joint value."""
        return int(np.argmin(self.engines[0].observed()[0]))


def tension(
    datasets: Iterable[Dataset],
    model: AnyModel,
    mode: Mode = None,
    fixed: Mapping[str, float] | None = None,
    grid: Grid | None = None,
    *,
    seed: int = 0,
    allow_overlap: bool = False,
) -> Tension:
    """Return what is tested by :func:`toy_compatibility`; see there for the arguments."""
    members = resolve(datasets, mode)
    if len(members) < 2:
        raise NuanomalyError("a comparison needs at least two data sets")
    check_overlaps(members, allow_overlap)
    together, chosen = combine(members), make_model(model)
    for member in members:
        if member.data is None:
            raise NotApplicableError(f"not applicable: no toys can be made of {member.release}")
    shared = shared_nuisances(members)
    held = tuple(name for name in together.nuisances.with_prior() if name in shared)
    settings = dict(fixed or {}), dict(grid or {})
    apart = (without_prior(member, held) for member in members)
    planes = [_plane(likelihood, chosen, *settings) for likelihood in (together, *apart)]
    return Tension(planes[0], tuple(planes[1:]), held, seed, labels(members))


def _plane(likelihood: Likelihood, model: Any, fixed: Mapping[str, float], grid: Grid) -> Plane:
    known = known_parameters(likelihood, model)
    own = {k: v for k, v in grid.items() if k in known}
    given = {k: v for k, v in fixed.items() if k in known}
    names = free_names(known, own, given)
    return _anchored(Plane(Objective(likelihood, model, given), axes(known, names, own), known))


def _anchored(plane: Plane) -> Plane:
    """Return a plane whose last hypothesis is a point of its grid, if the model has none without oscillation.

    Tests of a point and of compatibility do not need that one, as with the three mixing angles.
    """
    if any(plane.known[axis.name].null is not None for axis in plane.axes):
        return plane
    middle = {axis.name: float(axis.values[len(axis) // 2]) for axis in plane.axes}
    known = {n: replace(p, null=middle[n]) if n in middle else p for n, p in plane.known.items()}
    return replace(plane, known=known)


def toy_compatibility(
    datasets: Iterable[Dataset],
    model: AnyModel,
    mode: Mode = None,
    fixed: Mapping[str, float] | None = None,
    grid: Grid | None = None,
    *,
    toys: int = 10_000,
    seed: int = 0,
    allow_overlap: bool = False,
    placement: Placement | None = None,
    progress: Progress | None = None,
) -> ToyTest:
    """Return the parameter goodness of fit by toys of the joint best fit.

    Data and toys are minimised over the same grids, boundaries included, so ``delta`` may differ from that
    of :func:`nuanomaly.inference.compatibility.compare` by what the grid is too coarse for.

    Raises
    ------
    NotApplicableError
        If a data set generates no toys.
    """
    what = tension(datasets, model, mode, fixed, grid, seed=seed, allow_overlap=allow_overlap)
    joint = what.engines[0]
    observed = float(what.value(joint.data[None])[0])
    key = f"tension {' '.join(what.names)} {observed!r} {fingerprint(joint)}"
    # a fresh copy: engines are made anew where the work is done
    values = _blocks(tensions, replace(what), key, toys, placement, progress)
    return toy_test(observed, values, "two-sided", "compatibility")


def tensions(what: Tension, argument: tuple[int, int]) -> Array:
    """Return χ²_PG of toys of the joint best fit: a piece of work."""
    first, count = argument
    joint = what.engines[0]
    return np.concatenate([what.value(joint.generate(what.best, b)) for b in range(first, first + count)])
