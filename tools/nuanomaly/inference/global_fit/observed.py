"""A declared run of what choices of data sets say, by the data alone: χ²PG and the joint best fit of each.

The likelihoods themselves are evaluated at every point of the grid, and minima are found by the rule of toys.
No toys are made, so that a released surface, which cannot fluctuate, may be a data set here. Data sets of one
choice that share data are refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from nuanomaly.archive.options import completed
from nuanomaly.inference.datasets import check_overlaps
from nuanomaly.inference.dependence import Names
from nuanomaly.inference.global_fit.assembly import Assembly
from nuanomaly.inference.global_fit.choices import Choice, chosen
from nuanomaly.inference.global_fit.declaration import FitOptions, assembly
from nuanomaly.inference.global_fit.part import Part
from nuanomaly.inference.global_fit.toys import Fitted, of_tables
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_result import RunResult
from nuanomaly.inference.workers import Placement
from nuanomaly.model.probabilities import Array

if TYPE_CHECKING:
    import pandas as pd


class Options(FitOptions):
    """Options of the run."""

    choices: Annotated[
        dict[str, Choice], {"minProperties": 1}, "Data sets of each; the others are compared with the first."
    ]


@dataclass(frozen=True, eq=False)
class DataRun(RunResult):
    """What each choice of data sets says.

    Attributes
    ----------
    names : tuple of str
    chi2, grid : array, shape (N,)
        χ²PG between the points of the grid, and on them.
    gain : array, shape (N,)
        The value without oscillation less that of the joint best fit.
    points : array, shape (N, 3)
        The joint best fit on the grid.
    pulls : mapping of str to array, shape (N,)
        What each data set has at the joint best fit above its own minimum on the grid; not a number where
        a choice does not have it.
    parameters : tuple of str
        What the three of a point are called.
    cpu_seconds : None
        Not known from pieces: there are none.
    """

    names: tuple[str, ...]
    chi2: Array
    grid: Array
    gain: Array
    points: Array
    pulls: Mapping[str, Array]
    parameters: Names
    cpu_seconds: None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the result for a file."""
        moved = np.abs(self.chi2 - self.chi2[0])
        most = int(moved.argmax())
        return {
            "choices": len(self.names),
            "chi2": float(self.chi2[0]),
            "most": {"choice": self.names[most], "chi2": float(self.chi2[most])},
        }

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return one row for each choice."""
        import pandas as pd

        frame = pd.DataFrame(self.points, columns=list(self.parameters))
        frame.insert(0, "choice", list(self.names))
        frame["chi2"], frame["grid"], frame["gain"] = self.chi2, self.grid, self.gain
        for name, values in self.pulls.items():
            frame[f"pull_{name}"] = values
        return {"choices": frame}

    def __str__(self) -> str:
        most = self.to_dict()["most"]
        first = f"{self.names[0]}: χ²PG = {self.chi2[0]:.2f}"
        return f"{first}; {most['choice']} moves it most, to {most['chi2']:.2f}"


def fitted(sets: Assembly, tables: Mapping[str, Array], names: Sequence[str]) -> Fitted:
    """Return the fit of the data of some data sets, given the tables of all.

    Parameters
    ----------
    tables : mapping of str to array
        The statistic of each data set at the points of its side, see :meth:`.Assembly.table`.
    """
    sides = []
    for depends in ("e", "mu", "product"):
        total = np.zeros(sets.axes(depends).shape)
        for part in sets.parts:
            if part.depends == depends and part.name in names:
                total += tables[part.name]
        sides.append(total[None])
    return of_tables(*sides)


def tabulated(sets: Assembly, progress: Progress | None = None) -> dict[str, Array]:
    """Return the statistic of every data set at all points of its side."""
    tables = {}
    for k, part in enumerate(sets.parts):
        tables[part.name] = sets.table(part)
        if progress is not None:
            progress(k + 1, len(sets.parts))
    return tables


@completed
def compute(
    declared: Options,
    placement: Placement | None = None,
    progress: Progress | None = None,
) -> DataRun:
    """Return the result of a declared run.

    Raises
    ------
    UnknownNameError
        For an unknown data set.
    NuanomalyError
        For a choice that is none.
    OverlapError
        If data sets of one choice share data.
    """
    names, sets = chosen(declared), assembly(declared)
    for own in names.values():
        check_overlaps([part.likelihood for part in sets.parts if part.name in own], allow=False)
    tables = tabulated(sets, progress)
    none = {part.name: _without(part, tables[part.name]) for part in sets.parts}
    fits = [fitted(sets, tables, own) for own in names.values()]
    places = [tuple(int(k) for k in fit.joint.place[0]) for fit in fits]
    pulls = {part.name: np.full(len(fits), np.nan) for part in sets.parts}
    for k, (own, (d, e, m)) in enumerate(zip(names.values(), places, strict=True)):
        for part in sets.parts:
            if part.name in own:
                at = {"e": e, "mu": m, "product": e + m}[part.depends]
                pulls[part.name][k] = tables[part.name][d, at] - tables[part.name].min()
    without = np.array([sum(none[name] for name in own) for own in names.values()])
    return DataRun(
        tuple(names),
        np.concatenate([fit.chi2 for fit in fits]),
        np.concatenate([fit.grid for fit in fits]),
        without - np.concatenate([fit.joint.refined for fit in fits]),
        np.array([(sets.dm2[d], sets.mixing[e], sets.mixing[m]) for d, e, m in places]),
        pulls,
        sets.names,
    )


def _without(part: Part, table: Array) -> float:
    """Return the statistic without oscillation; own parameters are fitted at the smallest mixing."""
    if part.own:
        return float(table[0, 0])
    return float(part.likelihood.value(part.model, part.points(np.ones(1), np.zeros(1)))[0])
