"""What the regions of Wilks' theorem really cover."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from nuanomaly.inference.datasets import Dataset
from nuanomaly.inference.feldman_cousins import FeldmanCousins, feldman_cousins
from nuanomaly.inference.fit import problem
from nuanomaly.inference.grid import Grid
from nuanomaly.inference.nullpoint import null_point
from nuanomaly.likelihood.base import AnyModel

#: The nominal confidence levels.
NOMINAL = (0.6827, 0.90, 0.95)


def coverage(
    datasets: Dataset | Iterable[Dataset],
    model: AnyModel,
    grid: Grid | None = None,
    fixed: Mapping[str, float] | None = None,
    at: Sequence[Mapping[str, float]] = (),
    *,
    toys: int = 1000,
    seed: int = 0,
    levels: Sequence[float] = NOMINAL,
    **settings: Any,
) -> FeldmanCousins:
    """Return toys at several true points: no oscillation, the best grid point, and those of ``at``.

    ``wilks_coverage`` of the result is the part of toys whose region by Wilks' theorem holds the truth.

    Parameters
    ----------
    at : sequence of points
        Values of all free parameters.
    **settings
        ``mode``, ``allow_overlap``, ``where``, ``progress`` of
        :func:`nuanomaly.inference.feldman_cousins.feldman_cousins`.
    """
    listed = datasets if isinstance(datasets, str) or not isinstance(datasets, Iterable) else list(datasets)
    what = problem(
        listed, model, fixed, grid, settings.get("mode"), bool(settings.get("allow_overlap", False))
    )
    values = what.objective.on(what.axes)
    place = np.unravel_index(int(np.argmin(values)), values.shape)
    best = {a.name: float(a.values[k]) for a, k in zip(what.axes, place, strict=True)}
    null = null_point(what.axes, what.known, what.objective.model.name)
    every = [null, best, *at]
    points = {a.name: [float(point[a.name]) for point in every] for a in what.axes}
    return feldman_cousins(
        listed, model, grid, fixed, levels=levels, toys=toys, seed=seed, points=points, **settings
    )
