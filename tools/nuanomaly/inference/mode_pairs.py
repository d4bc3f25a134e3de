"""Data sets against each other in every combination of their modes, as a stored run.

Each combination is a comparison as :func:`nuanomaly.inference.compatibility.compare` makes it; the own
minimum of a side is looked for once for each of its modes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Annotated, Any, NotRequired, TypedDict

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import completed
from nuanomaly.inference.compatibility import compatibility_of
from nuanomaly.inference.compatibility_result import Compatibility
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.question import Question
from nuanomaly.inference.run_options import AxisOptions, Fixed, ModelName, axes
from nuanomaly.inference.run_result import RunResult
from nuanomaly.inference.significance import Significance
from nuanomaly.inference.workers import Placement
from nuanomaly.inference.workload import Effort
from nuanomaly.likelihood.build import join
from nuanomaly.likelihood.interface import Likelihood

if TYPE_CHECKING:
    import pandas as pd

#: What the columns of a combination's modes are called, with the number of the side.
_MODE = "mode_"


class Options(TypedDict):
    """Options of the run."""

    datasets: Annotated[
        list[str | list[str]], "One for each side: a release, or a list of releases that are one data set."
    ]
    modes: Annotated[list[list[str]], "The modes that each side is read in, in the order of the data sets."]
    model: ModelName
    fixed: NotRequired[Fixed]
    grid: NotRequired[AxisOptions]


@dataclass(frozen=True, eq=False)
class ModePairs(RunResult):
    """The comparison of every combination of modes.

    Attributes
    ----------
    cells : mapping of tuple of str to Compatibility
        By the mode of each side, in the order of the sides.
    """

    cells: Mapping[tuple[str, ...], Compatibility]
    cpu_seconds: None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the result for a file: how many combinations, and the range of their tension."""
        values = [one.pg.delta for one in self.cells.values()]
        converged = sum(one.converged for one in self.cells.values())
        return {
            "combinations": len(values),
            "converged": converged,
            "lowest": min(values),
            "highest": max(values),
        }

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return one row for each combination."""
        import pandas as pd

        rows = []
        for modes, one in self.cells.items():
            row: dict[str, Any] = {f"{_MODE}{k}": mode for k, mode in enumerate(modes, 1)}
            row |= {"chi2": one.pg.delta, "dof": one.pg.dof, "joint": one.value}
            row |= {f"minimum_{k}": part.minimum for k, part in enumerate(one.parts, 1)}
            rows.append(row | dict(one.best_fit) | {"converged": one.converged})
        return {"combinations": pd.DataFrame(rows)}

    def __str__(self) -> str:
        values = [one.pg.delta for one in self.cells.values()]
        return f"{len(values)} combinations of modes, χ²PG {min(values):.2f} to {max(values):.2f}"


def restored(combinations: "pd.DataFrame") -> dict[tuple[str, ...], Significance]:
    """Return the tests of a stored run by the modes of the sides.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"mode_1": "bahcall", "mode_2": "hkss", "chi2": 10.0, "dof": 2}
    >>> restored(pd.DataFrame([row]))["bahcall", "hkss"].delta
    10.0
    """
    modes = [name for name in combinations.columns if name.startswith(_MODE)]
    return {
        tuple(str(row[name]) for name in modes): Significance(
            float(row["chi2"]), int(row["dof"]), against="compatibility"
        )
        for row in combinations.to_dict("records")
    }


@completed
def compute(
    declared: Options,
    placement: Placement | None = None,
    progress: Progress | None = None,
) -> ModePairs:
    """Return the result of a declared run.

    Raises
    ------
    UnknownNameError
        For an unknown release or mode.
    NuanomalyError
        If there are not as many lists of modes as data sets.
    """
    datasets, modes = declared["datasets"], declared["modes"]
    if len(datasets) != len(modes):
        raise NuanomalyError(
            f"{len(datasets)} data sets and {len(modes)} lists of modes: write one list for each, in order"
        )
    sides = [{mode: _read(entry, mode) for mode in own} for entry, own in zip(datasets, modes, strict=True)]
    grid = axes(declared["grid"])
    wanted = list(product(*sides))
    cells = {}
    for k, combination in enumerate(wanted, 1):
        chosen = [side[mode] for side, mode in zip(sides, combination, strict=True)]
        what = Question(chosen, declared["model"], fixed=declared["fixed"], grid=grid)
        cells[combination] = compatibility_of(what, effort=Effort(limit=float("inf")))
        if progress is not None:
            progress(k, len(wanted))
    return ModePairs(cells)


def _read(entry: str | list[str], mode: str) -> Likelihood:
    """Return the releases of a side in a mode, as one."""
    releases = [entry] if isinstance(entry, str) else entry
    return join(" + ".join(releases), releases, mode)
