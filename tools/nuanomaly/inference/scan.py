"""Values of a statistic on a grid of parameters, other parameters fixed or profiled."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.datasets import (
    Dataset,
    FoundOverlap,
    Mode,
    check_overlaps,
    joint,
    labels,
    modes,
    resolve,
)
from nuanomaly.inference.grid import Axis, Grid, axes, free_names, known_parameters
from nuanomaly.inference.objective import Objective, Progress
from nuanomaly.inference.profile import profiled
from nuanomaly.likelihood.interface import AnyModel
from nuanomaly.likelihood.parts import StatisticKind
from nuanomaly.model.probabilities import Array
from nuanomaly.model.registry import model as make_model

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Scan:
    """A statistic on a grid.

    Attributes
    ----------
    datasets : tuple of str
        Releases (``NAME@VERSION``) or groups.
    model : str
    axes : tuple of Axis
    values : array, shape (len(axis) for axis in axes)
        Infinite where the model does not exist.
    statistic : {"chi2", "-2lnL", "delta"}
    n_bins : int or None
    fixed : mapping
        Parameters that were given.
    profiled : mapping of str to array
        Minimising values of the profiled parameters, each with the shape of ``values``.
    modes : mapping
        The analysis variant of each data set that has any.
    overlaps : tuple of FoundOverlap
        Data shared between the data sets, if that was allowed.
    approximate : str
    """

    datasets: tuple[str, ...]
    model: str
    axes: tuple[Axis, ...]
    values: Array
    statistic: StatisticKind
    n_bins: int | None
    fixed: Mapping[str, float] = field(default_factory=dict)
    profiled: Mapping[str, Array] = field(default_factory=dict)
    modes: Mapping[str, str] = field(default_factory=dict)
    overlaps: tuple[FoundOverlap, ...] = ()
    approximate: str = ""

    @property
    def minimum(self) -> float:
        """The smallest value on the grid."""
        return float(self.values.min())

    @property
    def best(self) -> dict[str, float]:
        """The grid point with the smallest value, profiled parameters included."""
        place = np.unravel_index(int(np.argmin(self.values)), self.values.shape)
        point = {a.name: float(a.values[k]) for a, k in zip(self.axes, place, strict=True)}
        return point | {name: float(where[place]) for name, where in self.profiled.items()}

    def delta(self, minimum: float | None = None) -> Array:
        """Return the values above the smallest one (or above ``minimum``, such as that of a fit)."""
        return self.values - (self.minimum if minimum is None else minimum)

    def axis(self, name: str) -> Axis:
        """Return an axis by name.

        Raises
        ------
        UnknownNameError
        """
        for found in self.axes:
            if found.name == name:
                return found
        raise UnknownNameError("axis", name, [a.name for a in self.axes])

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per grid point: parameters, value and delta; units in ``attrs["units"]``."""
        import pandas as pd

        mesh = np.meshgrid(*(a.values for a in self.axes), indexing="ij")
        columns = {a.name: m.ravel() for a, m in zip(self.axes, mesh, strict=True)}
        columns |= {name: where.ravel() for name, where in self.profiled.items()}
        frame = pd.DataFrame({**columns, "value": self.values.ravel(), "delta": self.delta().ravel()})
        frame.attrs = dict[Any, Any](self.as_dict())
        return frame

    def as_dict(self) -> dict[str, Any]:
        """Return everything but the values, for a result file."""
        return {
            "datasets": list(self.datasets),
            "modes": dict(self.modes),
            "model": self.model,
            "statistic": self.statistic,
            "n_bins": self.n_bins,
            "axes": [a.name for a in self.axes],
            "units": {a.name: a.unit for a in self.axes},
            "shape": list(self.values.shape),
            "fixed": dict(self.fixed),
            "profiled": list(self.profiled),
            "minimum": self.minimum,
            "best": self.best,
            "overlaps": [o.as_dict() for o in self.overlaps],
            "approximate": self.approximate,
        }

    def save(self, path: str | Path) -> Path:
        """Write the scan as ``.npz`` (axes and arrays), ``.parquet`` or ``.csv`` (one row per point).

        Raises
        ------
        NuanomalyError
            For another suffix.
        """
        file = Path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".npz":
            arrays = {f"axis_{a.name}": a.values for a in self.axes}
            arrays |= {f"profiled_{name}": where for name, where in self.profiled.items()}
            np.savez_compressed(
                file,
                values=self.values,
                about=np.array(json.dumps(self.as_dict())),
                **arrays,  # type: ignore[arg-type]
            )
        elif file.suffix == ".parquet":
            self.to_frame().to_parquet(file, index=False)
        elif file.suffix == ".csv":
            self.to_frame().to_csv(file, index=False)
        else:
            raise NuanomalyError(f"{file.name}: a scan is saved as .npz, .parquet or .csv")
        return file


def scan(
    datasets: Dataset | Iterable[Dataset],
    model: AnyModel,
    grid: Grid | None = None,
    fixed: Mapping[str, float] | None = None,
    profile: Sequence[str] = (),
    *,
    mode: Mode = None,
    allow_overlap: bool = False,
    progress: Progress | None = None,
) -> Scan:
    """Return the statistic of one or several data sets on a grid of a model's parameters.

    Parameters
    ----------
    datasets : str, Likelihood, or several
        Releases (``NAME[@VERSION][:MODE]``), groups or likelihoods; several are added up, each shared
        nuisance profiled once.
    model : str, Model or callable
    grid : mapping, optional
        For each parameter of the grid ``(low, high, n, "log" | "lin")``, a number of points over its own
        range, or an array of values. Left out: all free parameters, over their own ranges.
    fixed : mapping, optional
        Values of other parameters; the rest stays at its default.
    profile : sequence of str
        Parameters that are minimised over at each grid point (over the range in ``grid``, else their own).
    mode : str or mapping, optional
        Analysis variant (see :func:`nuanomaly.inference.datasets.resolve`).
    allow_overlap : bool
        Combine data sets although they share data; the result says so.
    progress : callable, optional
        Called with the points done and the points in all.

    Raises
    ------
    UnknownNameError, OverlapError, NotApplicableError
    """
    members = resolve(datasets, mode)
    found = check_overlaps(members, allow_overlap)
    likelihood, chosen = joint(members), make_model(model)
    known, grid, fixed = known_parameters(likelihood, chosen), dict(grid or {}), dict(fixed or {})
    free = free_names(known, [*grid, *profile], fixed)
    on_grid = [n for n in (grid or free) if n not in profile]
    left = [n for n in free if n not in on_grid and n not in profile]
    if left:
        raise NuanomalyError(f"{', '.join(left)}: put on the grid, fix, or profile")
    if not on_grid:
        raise NuanomalyError("a scan needs at least one parameter on its grid")
    outer = axes(known, on_grid, grid)
    objective = Objective(likelihood, chosen, fixed)
    if profile:
        inner = axes(known, list(profile), grid)
        values, where = profiled(objective, outer, inner, known, progress)
    else:
        values, where = objective.on(outer, progress), {}
    return Scan(
        datasets=labels(members),
        modes=modes(members),
        model=chosen.name,
        axes=outer,
        values=values,
        statistic=likelihood.statistic,
        n_bins=likelihood.n_bins,
        fixed=fixed,
        profiled=where,
        overlaps=found,
        approximate=likelihood.approximate,
    )
