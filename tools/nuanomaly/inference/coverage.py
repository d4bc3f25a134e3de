"""What the regions of Wilks' theorem really cover."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Unpack

import numpy as np

from nuanomaly.inference.engine import Plane, make_engine
from nuanomaly.inference.feldman_cousins import FeldmanCousins, feldman_cousins_of
from nuanomaly.inference.grid import Axis, size
from nuanomaly.inference.keywords import named_after
from nuanomaly.inference.nominal import NOMINAL
from nuanomaly.inference.nullpoint import null_point
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.question import Data, Question, Settings
from nuanomaly.inference.workers import Placement
from nuanomaly.likelihood.interface import AnyModel
from nuanomaly.model.probabilities import Array

#: Around a true point the grid is refined: within so many of its steps, as far as the mean of so many toys
#: rises by so much, with so many points per axis (of two axes, or of one), fewer on a coarse grid.
_STEPS, _TOYS, _RISE = 1.5, 20, 9.0
_NEAR, _NEAR_COARSE, _COARSE = {2: 9, 1: 17}, {2: 7, 1: 9}, 1000


@named_after(2, "grid", "fixed", "at", hints={dict: "fixed"})
def coverage(
    data: Data,
    model: AnyModel,
    *,
    at: Sequence[Mapping[str, float]] = (),
    levels: Sequence[float] = NOMINAL,
    toys: int = 1000,
    seed: int = 0,
    placement: Placement | None = None,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> FeldmanCousins:
    """Return toys at several true points: no oscillation, the best grid point, and those of ``at``.

    ``wilks_coverage`` of the result is the part of toys whose region by Wilks' theorem holds the truth. Toys
    are minimised over the grid, and over a finer one around each true point: where the data are precise the
    neighbours of the truth on the grid would else be too far off to ever fit better.

    Parameters
    ----------
    at : sequence of points
        Values of all free parameters.
    data, model, fixed, grid, mode, allow_overlap, leave_out, levels, toys, seed, placement, progress
        As for :func:`nuanomaly.inference.feldman_cousins.feldman_cousins`.
    """
    what = Question(data, model, **settings)
    return coverage_of(
        what, at=at, levels=levels, toys=toys, seed=seed, placement=placement, progress=progress
    )


def coverage_of(
    what: Question,
    *,
    at: Sequence[Mapping[str, float]] = (),
    levels: Sequence[float] = NOMINAL,
    toys: int = 1000,
    seed: int = 0,
    placement: Placement | None = None,
    progress: Progress | None = None,
) -> FeldmanCousins:
    """Return the toys that answer a question; see :func:`coverage`."""
    what.check_felt()
    values = what.objective.on(what.axes)
    place = np.unravel_index(int(np.argmin(values)), values.shape)
    best = {a.name: float(a.values[k]) for a, k in zip(what.axes, place, strict=True)}
    null = null_point(what.axes, what.parameters, what.model.name)
    every = [null, best, *at]
    points = {a.name: [float(point[a.name]) for point in every] for a in what.axes}
    near = [_near(what, {name: value[k] for name, value in points.items()}) for k in range(len(every))]
    beside = {name: np.concatenate([one[name] for one in near]) for name in points}
    return feldman_cousins_of(
        what,
        levels=levels,
        toys=toys,
        seed=seed,
        points=points,
        beside=beside,
        placement=placement,
        progress=progress,
    )


def _near(what: Question, truth: Mapping[str, float]) -> dict[str, Array]:
    """Return points around a true one, as far as toys tell them from it, but within steps of the grid."""
    names = tuple(a.name for a in what.axes)
    if len(names) not in _NEAR or any(not _inside(a, truth[a.name]) for a in what.axes):
        return {name: np.zeros(0) for name in names}
    ends = tuple(replace(a, values=a.values[[0, -1]]) for a in what.axes)
    plane = Plane(what.objective, ends, what.parameters, {name: np.array([truth[name]]) for name in names})
    data = make_engine(plane).generate(plane.size, 0)[:_TOYS]
    sides = []
    for axis in what.axes:
        step = _STEPS * float(np.median(np.diff(axis.internal(axis.values))))
        offset = step * np.geomspace(1e-3, 1.0, 40)
        here = float(axis.internal(truth[axis.name]))
        both = [axis.external(here + sign * offset) for sign in (-1.0, 1.0)]
        moved = {name: np.full(81, truth[name]) for name in names}
        moved[axis.name] = np.concatenate([*both, [truth[axis.name]]])
        table = what.objective.likelihood.tabulate(what.objective.model, what.objective.points(moved))(data)
        rise = (table[:, :-1] - table[:, -1:]).mean(axis=0).reshape(2, 40)
        beyond = [offset[r > _RISE][:1] if (r > _RISE).any() else offset[-1:] for r in rise]
        count = (_NEAR if size(what.axes) >= _COARSE else _NEAR_COARSE)[len(names)]
        shift = np.linspace(-float(beyond[0][0]), float(beyond[1][0]), count)
        sides.append(np.unique(axis.external(here + shift)))
    mesh = np.meshgrid(*sides, indexing="ij")
    return {name: m.ravel() for name, m in zip(names, mesh, strict=True)}


def _inside(axis: Axis, value: float) -> bool:
    return len(axis) > 1 and axis.low <= value <= axis.high
