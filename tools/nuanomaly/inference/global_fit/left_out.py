"""A declared run of what each data set does to the tension: χ²PG of the data with one of them left out.

The likelihoods themselves are evaluated at every point of the grid here, not their few directions, and minima
are found by the rule of toys: the row with nothing left out says how well the fit that toys are made with
knows the data. No toys are made, so that the significance of each row is Wilks'.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.archive.options import completed
from nuanomaly.inference.dependence import Names
from nuanomaly.inference.global_fit.declaration import FitOptions, assembly
from nuanomaly.inference.global_fit.observed import fitted, tabulated
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_result import RunResult
from nuanomaly.inference.workers import Placement
from nuanomaly.model.probabilities import Array

if TYPE_CHECKING:
    import pandas as pd

#: What the first row leaves out.
NOTHING = "nothing"


class Options(FitOptions):
    """Options of the run."""


@dataclass(frozen=True, eq=False)
class LeftOutRun(RunResult):
    """The tension without each data set.

    Attributes
    ----------
    names : tuple of str
        What is left out, nothing first.
    chi2, grid : array, shape (N,)
        χ²PG between the points of the grid, and on them.
    points : array, shape (N, 3)
        The joint best fit on the grid.
    parameters : tuple of str
        What they are called.
    cpu_seconds : None
        Not known from pieces: there are none.
    """

    names: tuple[str, ...]
    chi2: Array
    grid: Array
    points: Array
    parameters: Names
    cpu_seconds: None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the result for a file."""
        least = int(self.chi2[1:].argmin()) + 1
        return {
            "chi2": float(self.chi2[0]),
            "chi2_grid": float(self.grid[0]),
            "least": {"without": self.names[least], "chi2": float(self.chi2[least])},
        }

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return one row for each data set."""
        import pandas as pd

        frame = pd.DataFrame(self.points, columns=list(self.parameters))
        frame.insert(0, "without", list(self.names))
        frame["chi2"], frame["grid"] = self.chi2, self.grid
        return {"left-out": frame}

    def __str__(self) -> str:
        least = self.to_dict()["least"]
        return f"χ²PG = {self.chi2[0]:.2f}; it is smallest without {least['without']}, {least['chi2']:.2f}"


@completed
def compute(
    declared: Options,
    placement: Placement | None = None,
    progress: Progress | None = None,
) -> LeftOutRun:
    """Return the result of a declared run."""
    sets = assembly(declared)
    tables = tabulated(sets, progress)
    names = (NOTHING, *tables)
    fits = [fitted(sets, tables, [name for name in tables if name != left]) for left in names]
    places = [fit.joint.place[0] for fit in fits]
    points = [(sets.dm2[d], sets.mixing[e], sets.mixing[m]) for d, e, m in places]
    return LeftOutRun(
        names,
        np.concatenate([fit.chi2 for fit in fits]),
        np.concatenate([fit.grid for fit in fits]),
        np.array(points),
        sets.names,
    )
