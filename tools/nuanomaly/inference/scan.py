"""Values of a statistic on a grid of parameters, other parameters fixed or profiled."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from nuanomaly.archive.durable import write_output
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.datasets import FoundOverlap
from nuanomaly.inference.grid import Axis, axes, free_names
from nuanomaly.inference.keywords import named_after
from nuanomaly.inference.nominal import LIMIT
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.profile import evaluations, profiled
from nuanomaly.inference.question import Data, Question, Settings
from nuanomaly.inference.result import SYMBOLS, Result, point_text
from nuanomaly.inference.workload import Effort, Workload
from nuanomaly.likelihood.interface import AnyModel
from nuanomaly.likelihood.parts import StatisticKind
from nuanomaly.model.probabilities import Array

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Scan(Result):
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
    left_out : mapping of str to str
        Releases that cannot take the model, and why.
    private : tuple of str
        Releases of one's own folders.
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
    left_out: Mapping[str, str] = field(default_factory=dict)
    private: tuple[str, ...] = ()

    @property
    def how(self) -> str:
        """How it was obtained: ``grid of 201 × 81 points``, and what was profiled."""
        minimised = f", minimised over {', '.join(self.profiled)}" if self.profiled else ""
        return f"grid of {' × '.join(map(str, self.values.shape))} points{minimised}"

    def __str__(self) -> str:
        units = {a.name: a.unit for a in self.axes}
        return (
            f"{' + '.join(self.datasets)}, {self.model}: {self.how}, smallest "
            f"{SYMBOLS[self.statistic]} = {self.minimum:.4g} at {point_text(self.best, units)}"
        )

    def summary(self) -> dict[str, str]:
        """Return what a notebook shows of it."""
        units = {a.name: a.unit for a in self.axes}
        entries = {"data": " + ".join(self.datasets), "model": self.model}
        entries |= {
            a.name: f"{len(a)} points, {a.low:.4g} … {a.high:.4g}{'' if a.unit == '1' else ' ' + a.unit}"
            for a in self.axes
        }
        entries[f"smallest {SYMBOLS[self.statistic]}"] = f"{self.minimum:.4f}"
        entries["there"] = point_text(self.best, units)
        return entries | {"obtained by": self.how}

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
        for result in self.axes:
            if result.name == name:
                return result
        raise UnknownNameError("axis", name, [a.name for a in self.axes])

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return all points, as they are stored; see :meth:`to_frame`."""
        frame = self.to_frame()
        frame.attrs = {}  # what they are is stored beside them
        return {"scan": frame}

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per grid point: parameters, value and delta; units in ``attrs["units"]``."""
        import pandas as pd

        mesh = np.meshgrid(*(a.values for a in self.axes), indexing="ij")
        columns = {a.name: m.ravel() for a, m in zip(self.axes, mesh, strict=True)}
        columns |= {name: where.ravel() for name, where in self.profiled.items()}
        frame = pd.DataFrame({**columns, "value": self.values.ravel(), "delta": self.delta().ravel()})
        frame.attrs = dict[Any, Any](self.to_dict())
        return frame

    def to_dict(self) -> dict[str, Any]:
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
            "overlaps": [o.to_dict() for o in self.overlaps],
            "approximate": self.approximate,
            "left_out": dict(self.left_out),
            "private": list(self.private),
        }

    def save(self, path: str | Path) -> Path:
        """Write the scan as ``.npz`` (axes and arrays), ``.parquet`` or ``.csv`` (one row per point).

        Raises
        ------
        NuanomalyError
            For another suffix.
        """
        file, content = Path(path), io.BytesIO()
        if file.suffix == ".npz":
            arrays = {f"axis_{a.name}": a.values for a in self.axes}
            arrays |= {f"profiled_{name}": where for name, where in self.profiled.items()}
            np.savez_compressed(
                content,
                values=self.values,
                about=np.array(json.dumps(self.to_dict())),
                **arrays,  # type: ignore[arg-type]
            )
        elif file.suffix == ".parquet":
            self.to_frame().to_parquet(content, index=False)
        elif file.suffix == ".csv":
            self.to_frame().to_csv(content, index=False)
        else:
            raise NuanomalyError(f"{file.name}: a scan is saved as .npz, .parquet or .csv")
        write_output(file, content.getvalue())  # a full disk leaves what stood there
        return file


@named_after(2, "grid", "fixed", "profile", hints={dict: "fixed"})
def scan(
    data: Data,
    model: AnyModel,
    *,
    profile: Sequence[str] = (),
    workers: int = 1,
    limit: float = LIMIT,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> Scan:
    """Return the statistic of one or several data sets on a grid of a model's parameters.

    Parameters
    ----------
    data, model, grid, fixed, mode, allow_overlap, leave_out
        See :class:`~nuanomaly.inference.question.Question`. Several data sets are added up, each shared
        nuisance profiled once. Without a grid, all free parameters are scanned over their own ranges.
    profile : sequence of str
        Parameters that are minimised over at each grid point (over the range in ``grid``, else their own).
    workers : int
        Processes on this machine, for a grid of many points; the result is the same with any number.
    limit : float
        A scan that is estimated to take longer is refused before it starts, in seconds.
    progress : callable, optional
        Called with the points done and the points in all.

    Raises
    ------
    UnknownNameError, OverlapError, NotApplicableError
    NuanomalyError
        If it would take longer than the limit.

    Examples
    --------
    >>> found = scan("karmen", "2nu-mue", grid={"dm2_41": 31, "sin2_2theta_mue": 21})
    >>> found.values.shape, found.how
    ((31, 21), 'grid of 31 × 21 points')
    """
    what = Question(data, model, **settings)
    return scan_of(what, profile, progress, Effort(workers=workers, limit=limit))


def scan_of(
    what: Question,
    profile: Sequence[str] = (),
    progress: Progress | None = None,
    effort: Effort | None = None,
) -> Scan:
    """Return the scan that answers a question; see :func:`scan`."""
    known, grid, likelihood = what.parameters, what.grid, what.likelihood
    free = free_names(known, [*grid, *profile], what.fixed)
    on_grid = [n for n in (grid or free) if n not in profile]
    left = [n for n in free if n not in on_grid and n not in profile]
    if left:
        names = ", ".join(left)
        raise NuanomalyError(f"{names}: put on the grid, fix, or profile").typed(
            f"{names}: put on the grid with --grid, fix with --set, or minimise over with --profile"
        )
    if not on_grid:
        raise NuanomalyError("a scan needs at least one parameter on its grid")
    outer = axes(known, on_grid, grid)
    work = Workload(what.objective, outer, effort or Effort())
    if profile:
        inner = axes(known, list(profile), grid)
        Workload(what.objective, (*outer, *inner), work.effort).check(evaluations(outer, inner))
        values, minimising = profiled(what.objective, outer, inner, known, progress)
    else:
        values, minimising = work.grid(progress), {}
    return Scan(
        datasets=what.names,
        modes=what.modes,
        model=what.model.name,
        axes=outer,
        values=values,
        statistic=likelihood.statistic,
        n_bins=likelihood.n_bins,
        fixed=what.fixed,
        profiled=minimising,
        overlaps=what.overlaps,
        approximate=likelihood.approximate,
        left_out=what.left_out,
        private=what.private,
    )


def restored(frame: "pd.DataFrame", about: Mapping[str, Any]) -> Scan:
    """Return a scan from its table (:meth:`Scan.to_frame`) and the rest (:meth:`Scan.to_dict`).

    Examples
    --------
    >>> found = scan("karmen", "2nu-mue", grid={"dm2_41": 5, "sin2_2theta_mue": 4})
    >>> again = restored(found.to_frame(), found.to_dict())
    >>> bool((again.values == found.values).all()), again.axes[0].log
    (True, True)
    """
    shape = tuple(about["shape"])
    return Scan(
        datasets=tuple(about["datasets"]),
        modes=about["modes"],
        model=about["model"],
        axes=tuple(_axis(frame, name, about["units"][name]) for name in about["axes"]),
        values=frame["value"].to_numpy(float).reshape(shape),
        statistic=about["statistic"],
        n_bins=about["n_bins"],
        fixed=about["fixed"],
        profiled={name: frame[name].to_numpy(float).reshape(shape) for name in about["profiled"]},
        approximate=about["approximate"],
        left_out=about.get("left_out", {}),
    )


def _axis(frame: "pd.DataFrame", name: str, unit: str) -> Axis:
    values = np.unique(frame[name].to_numpy(float))
    log = bool(values[0] > 0.0 and np.allclose(values[1:] / values[:-1], values[1] / values[0], rtol=1e-9))
    return Axis(name, unit, "", values, log)
