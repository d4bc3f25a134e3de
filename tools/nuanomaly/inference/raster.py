"""Raster scans: at each value of one parameter, the interval of the other by toys at that value alone.

Where Feldman and Cousins ask which (Δm², sin²2θ) are allowed, a raster scan asks at every Δm² how large the
mixing may be; it cannot exclude a Δm².
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nuanomaly.inference.datasets import Mode
from nuanomaly.inference.feldman_cousins import FeldmanCousins, feldman_cousins_of
from nuanomaly.inference.grid import Axis, Grid
from nuanomaly.inference.keywords import named_after
from nuanomaly.inference.question import Data, Question
from nuanomaly.inference.result import Result
from nuanomaly.likelihood.interface import AnyModel
from nuanomaly.model.probabilities import Array


@dataclass(frozen=True, eq=False, repr=False)
class Raster(Result):
    """A one-dimensional construction for each value of ``along``."""

    along: Axis
    rows: tuple[FeldmanCousins, ...]

    @property
    def how(self) -> str:
        """How it was obtained: toys at each value of one parameter."""
        return f"at each of {len(self.rows)} values of {self.along.name}: {self.rows[0].how}"

    def __str__(self) -> str:
        first = self.rows[0]
        return f"{' + '.join(first.datasets)}, {first.model}: raster scan ({self.how})"

    def summary(self) -> dict[str, str]:
        """Return what a notebook shows of it."""
        first = self.rows[0]
        entries = {"data": " + ".join(first.datasets), "model": first.model, "along": self.along.name}
        return entries | {"obtained by": self.how}

    def to_dict(self) -> dict[str, Any]:
        """Return the scan for a result file."""
        return {
            "along": {"name": self.along.name, "values": self.along.values.tolist(), "unit": self.along.unit},
            "rows": [row.to_dict() for row in self.rows],
        }

    def upper_limit(self, cl: float) -> Array:
        """Return the largest allowed value of the other parameter on its grid, NaN if none is allowed."""
        items = []
        for row in self.rows:
            allowed = row.region(cl)
            items.append(float(row.axes[0].values[allowed].max()) if allowed.any() else np.nan)
        return np.array(items)


@named_after(2, "along", "grid", "fixed")
def raster(
    data: Data,
    model: AnyModel,
    *,
    along: str,
    fixed: Mapping[str, float] | None = None,
    grid: Grid | None = None,
    mode: Mode = None,
    allow_overlap: bool = False,
    leave_out: bool = False,
    **settings: Any,
) -> Raster:
    """Return a raster scan along one parameter.

    Parameters
    ----------
    along : str
        The parameter that is fixed at each of its grid's values.
    data, model, fixed, grid, mode, allow_overlap, leave_out
        As for :func:`nuanomaly.inference.scan.scan`.
    **settings
        ``levels``, ``toys``, ``seed``, ``every``, ``placement`` of
        :func:`nuanomaly.inference.feldman_cousins.feldman_cousins`.
    """
    what = Question(
        data, model, fixed=fixed, grid=grid, mode=mode, allow_overlap=allow_overlap, leave_out=leave_out
    )
    return raster_of(what, along, **settings)


def raster_of(what: Question, along: str, **settings: Any) -> Raster:
    """Return the raster scan that answers a question; see :func:`raster`."""
    both = what.given(grid={along: 21, **what.grid})
    (axis,) = (a for a in both.axes if a.name == along)
    others = {a.name: a.values for a in both.axes if a.name != along}
    rows = [
        feldman_cousins_of(what.given({**what.fixed, along: float(value)}, others), **settings)
        for value in axis.values
    ]
    return Raster(axis, tuple(rows))
