"""Raster scans: at each value of one parameter, the interval of the other by toys at that value alone.

Where Feldman and Cousins ask which (Δm², sin²2θ) are allowed, a raster scan asks at every Δm² how large the
mixing may be; it cannot exclude a Δm².
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nuanomaly.inference.datasets import Dataset
from nuanomaly.inference.feldman_cousins import FeldmanCousins, feldman_cousins
from nuanomaly.inference.fit import problem
from nuanomaly.inference.grid import Axis, Grid
from nuanomaly.likelihood.interface import AnyModel
from nuanomaly.model.probabilities import Array


@dataclass(frozen=True, eq=False)
class Raster:
    """A one-dimensional construction for each value of ``along``."""

    along: Axis
    rows: tuple[FeldmanCousins, ...]

    def upper_limit(self, cl: float) -> Array:
        """Return the largest allowed value of the other parameter on its grid, NaN if none is allowed."""
        found = []
        for row in self.rows:
            allowed = row.region(cl)
            found.append(float(row.axes[0].values[allowed].max()) if allowed.any() else np.nan)
        return np.array(found)


def raster(
    datasets: Dataset | Iterable[Dataset],
    model: AnyModel,
    along: str,
    grid: Grid | None = None,
    fixed: Mapping[str, float] | None = None,
    **settings: Any,
) -> Raster:
    """Return a raster scan along one parameter.

    Parameters
    ----------
    along : str
        The parameter that is fixed at each of its grid's values.
    **settings
        ``levels``, ``toys``, ``seed``, ``every``, ``mode``, ``allow_overlap``, ``placement`` of
        :func:`nuanomaly.inference.feldman_cousins.feldman_cousins`.
    """
    listed = datasets if isinstance(datasets, str) or not isinstance(datasets, Iterable) else list(datasets)
    share = bool(settings.get("allow_overlap", False))
    what = problem(listed, model, fixed, {along: 21, **(grid or {})}, settings.get("mode"), share)
    (axis,) = (a for a in what.axes if a.name == along)
    others = {a.name: a.values for a in what.axes if a.name != along}
    rows = [
        feldman_cousins(listed, model, others, {**(fixed or {}), along: float(value)}, **settings)
        for value in axis.values
    ]
    return Raster(axis, tuple(rows))
