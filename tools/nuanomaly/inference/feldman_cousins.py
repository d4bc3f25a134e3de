"""Regions of Feldman and Cousins (physics/9711021): critical values from toys, hypothesis by hypothesis.

For each true point, Δ = value there − smallest value over the whole plane is found for toys and for the data;
the point is allowed at a confidence level if the data's Δ does not exceed that of this part of the toys. Toys
draw the nuisances from their priors (those without prior stay where the data want them) and all fits profile
them. All points see the same random numbers, so that critical values are smooth from point to point; where
errors are to be independent, each point has its own.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.contours import level
from nuanomaly.inference.engine import Engine, Plane, make_engine
from nuanomaly.inference.grid import Axis
from nuanomaly.inference.keywords import named_after
from nuanomaly.inference.nominal import LEVELS
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.question import Data, Question, Settings
from nuanomaly.inference.result import Result
from nuanomaly.inference.run_files import write
from nuanomaly.inference.toy_planes import plane_of
from nuanomaly.inference.toys import BLOCK, blocks, critical_value
from nuanomaly.inference.workers import Placement, run
from nuanomaly.likelihood.interface import AnyModel
from nuanomaly.model.probabilities import Array

if TYPE_CHECKING:
    import pandas as pd

#: Points and blocks of toys per piece of work.
_POINTS, _BLOCKS = 40, 4
#: How far the blocks of a hypothesis are from those of the next one, where random numbers are its own.
_OWN = 2**24
#: How many binomial errors from every level the data's p-value must be for a verdict to be certain.
_SURE = 3.0


@dataclass(frozen=True, eq=False, repr=False)
class FeldmanCousins(Result):
    """Critical values at computed points, and the region they make of a grid.

    Attributes
    ----------
    datasets : tuple of str
    model : str
    axes : tuple of Axis
    delta : array, shape (count,)
        The data's Δ at all hypotheses: the grid (row-major), extra points, no oscillation.
    points : mapping of arrays, shape (count,)
        Free parameters of the hypotheses.
    levels : tuple of float
        Confidence levels.
    index : array of int, shape (C,)
        The computed hypotheses.
    toys : array of int, shape (C,)
    critical, low, high : arrays, shape (C, len(levels))
        Critical values, and the ends of their bands of one binomial error.
    p_value : array, shape (C,)
        The part of toys that reach the data's Δ.
    wilks_coverage : array, shape (C, len(levels))
        The part of toys inside the regions of Wilks' theorem (two degrees of freedom, or one).
    seed : int
    engine : str
    """

    datasets: tuple[str, ...]
    model: str
    axes: tuple[Axis, ...]
    delta: Array
    points: Mapping[str, Array]
    levels: tuple[float, ...]
    index: NDArray[np.intp]
    toys: NDArray[np.intp]
    critical: Array
    low: Array
    high: Array
    p_value: Array
    wilks_coverage: Array
    seed: int
    engine: str
    fixed: Mapping[str, float] = field(default_factory=dict)

    @property
    def how(self) -> str:
        """How it was obtained: toys at so many points."""
        least, largest = int(self.toys.min()), int(self.toys.max())
        toys = f"{least}" if least == largest else f"{least} to {largest}"
        return f"{toys} toys at each of {self.index.size} points, seed {self.seed}"

    def __str__(self) -> str:
        medians = ", ".join(
            f"{100 * cl:g} %: {np.median(self.critical[:, k]):.2f}" for k, cl in enumerate(self.levels)
        )
        return f"{' + '.join(self.datasets)}, {self.model}: median critical Δ {medians} ({self.how})"

    def summary(self) -> dict[str, str]:
        """Return what a notebook shows of it."""
        wilks = [level(cl, min(2, len(self.axes))).delta for cl in self.levels]
        entries = {"data": " + ".join(self.datasets), "model": self.model}
        for k, (cl, limit) in enumerate(zip(self.levels, wilks, strict=True)):
            low, high = self.critical[:, k].min(), self.critical[:, k].max()
            entries[f"critical Δ, {100 * cl:g} %"] = f"{low:.2f} … {high:.2f} (Wilks {limit:.2f})"
        return entries | {"obtained by": self.how}

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the grid."""
        return tuple(len(a) for a in self.axes)

    def _column(self, cl: float) -> int:
        if cl not in self.levels:
            raise UnknownNameError("confidence level", str(cl), map(str, self.levels))
        return self.levels.index(cl)

    def critical_map(self, cl: float, which: str = "critical") -> Array:
        """Return critical values on the grid, linear between computed points; shape of the grid.

        Parameters
        ----------
        cl : float
            One of ``levels``.
        which : {"critical", "low", "high"}

        Raises
        ------
        NuanomalyError
            If the computed points are no grid.
        """
        from scipy.interpolate import RegularGridInterpolator

        size = int(np.prod(self.shape))
        inside = self.index < size
        places = np.unravel_index(self.index[inside], self.shape)
        lattice = [np.unique(p) for p in places]
        values = getattr(self, which)[inside, self._column(cl)]
        if np.prod([p.size for p in lattice]) != values.size or min(p.size for p in lattice) < 2:
            raise NuanomalyError("critical values were computed at single points: there is no map of them")
        coordinates = [a.internal(a.values) for a in self.axes]
        grid = np.full([p.size for p in lattice], np.nan)
        grid[tuple(np.searchsorted(p, q) for p, q in zip(lattice, places, strict=True))] = values
        read = RegularGridInterpolator([x[p] for x, p in zip(coordinates, lattice, strict=True)], grid)
        mesh = np.stack(np.meshgrid(*coordinates, indexing="ij"), axis=-1)
        return np.asarray(read(mesh))

    def region(self, cl: float, which: str = "critical") -> NDArray[np.bool_]:
        """Return which grid points are allowed; ``low`` and ``high`` give the edges of the contour's band."""
        size = int(np.prod(self.shape))
        allowed: NDArray[np.bool_] = self.delta[:size].reshape(self.shape) <= self.critical_map(cl, which)
        return allowed

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return the critical values, as they are stored; see :meth:`to_frame`."""
        return {"critical": self.to_frame()}

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per computed hypothesis."""
        import pandas as pd

        columns: dict[str, Any] = {name: value[self.index] for name, value in self.points.items()}
        columns |= {"index": self.index, "delta": self.delta[self.index], "toys": self.toys}
        columns["p_value"] = self.p_value
        for k, cl in enumerate(self.levels):
            for name in ("critical", "low", "high", "wilks_coverage"):
                columns[f"{name}_{100 * cl:g}"] = getattr(self, name)[:, k]
        return pd.DataFrame(columns)

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the arrays, for a result file."""
        return {
            "datasets": list(self.datasets),
            "model": self.model,
            "fixed": dict(self.fixed),
            "axes": {
                a.name: {"low": a.low, "high": a.high, "points": len(a), "log": a.log, "unit": a.unit}
                for a in self.axes
            },
            "levels": list(self.levels),
            "seed": self.seed,
            "engine": self.engine,
            "computed_points": int(self.index.size),
            "toys": int(self.toys.sum()),
            "toys_per_point": [int(self.toys.min()), int(self.toys.max())],
            "wilks": [level(cl, min(2, len(self.axes))).delta for cl in self.levels],
            "median_critical": [float(np.median(self.critical[:, k])) for k in range(len(self.levels))],
        }


@named_after(2, "grid", "fixed", hints={dict: "fixed"})
def feldman_cousins(
    data: Data,
    model: AnyModel,
    *,
    levels: Sequence[float] = LEVELS,
    toys: int = 1000,
    most: int | None = None,
    seed: int = 0,
    every: int = 1,
    points: Mapping[str, ArrayLike] | None = None,
    beside: Mapping[str, ArrayLike] | None = None,
    independent: bool = False,
    gridded: bool = False,
    placement: Placement | None = None,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> FeldmanCousins:
    """Return critical values of toys and the region they allow.

    Parameters
    ----------
    data, model, grid, fixed, mode, allow_overlap, leave_out
        As for :func:`nuanomaly.inference.scan.scan`; all free parameters are on the grid. Toys and data are
        minimised over it, over more splittings where the data need them
        (:mod:`~nuanomaly.inference.resolution`), and between its points.
    levels : sequence of float
        Confidence levels.
    toys : int
        Toys per computed point.
    most : int, optional
        Points whose verdict is uncertain (the data's p-value within three binomial errors of a level) get
        more toys, up to this number.
    seed : int
    every : int
        Compute every so many grid points along each axis, the last included; values between are interpolated.
    points : mapping of arrays, optional
        Compute at these points, which need not be on the grid, instead.
    beside : mapping of arrays, optional
        With ``points``: minimise over these points, too.
    independent : bool
        Each point has random numbers of its own.
    gridded : bool
        Toys and data are minimised over the points of the grid alone, as critical values were that are
        compared with.
    placement : Placement, optional
        Processes, Dask, and a folder to resume from.

    Raises
    ------
    NotApplicableError
        For a surface, which generates no toys.
    """
    what = Question(data, model, **settings)
    return feldman_cousins_of(
        what,
        levels=levels,
        toys=toys,
        most=most,
        seed=seed,
        every=every,
        points=points,
        beside=beside,
        independent=independent,
        gridded=gridded,
        placement=placement,
        progress=progress,
    )


def feldman_cousins_of(
    what: Question,
    *,
    levels: Sequence[float] = LEVELS,
    toys: int = 1000,
    most: int | None = None,
    seed: int = 0,
    every: int = 1,
    points: Mapping[str, ArrayLike] | None = None,
    beside: Mapping[str, ArrayLike] | None = None,
    independent: bool = False,
    gridded: bool = False,
    placement: Placement | None = None,
    progress: Progress | None = None,
) -> FeldmanCousins:
    """Return the critical values that answer a question; see :func:`feldman_cousins`."""
    extra = {name: np.atleast_1d(np.asarray(v, float)) for name, v in (points or {}).items()}
    if extra and set(extra) != {a.name for a in what.axes}:
        raise NuanomalyError(f"points must give {', '.join(a.name for a in what.axes)}")
    wanted = max((v.size for v in extra.values()), default=0)
    more = {name: np.append(v, np.asarray((beside or {}).get(name, []), float)) for name, v in extra.items()}
    plane = plane_of(what, more, gridded)
    engine = make_engine(plane, seed)
    values, smallest = engine.observed()
    delta = values - min(smallest, float(values.min()))
    shape = tuple(len(a) for a in what.axes)
    index = np.arange(plane.size, plane.size + wanted) if extra else plane.places[_lattice(shape, every)]
    index = index[plane.possible[index]]
    arrays = _toys(engine, delta, index, tuple(levels), toys, most or toys, independent, placement, progress)
    return _result(what, engine, delta, index, tuple(levels), arrays)


def _lattice(shape: tuple[int, ...], every: int) -> NDArray[np.intp]:
    """Return the row-major indices of every so many grid points along each axis, the last included."""
    if every < 1:
        raise NuanomalyError(f"every {every}th point: at least one")
    kept = [np.unique(np.append(np.arange(0, n, every), n - 1)) for n in shape]
    mesh = np.meshgrid(*kept, indexing="ij")
    return np.asarray(np.ravel_multi_index(tuple(m.ravel() for m in mesh), shape))


def _toys(
    engine: Engine,
    delta: Array,
    index: NDArray[np.intp],
    levels: tuple[float, ...],
    toys: int,
    most: int,
    independent: bool,
    placement: Placement | None,
    progress: Progress | None,
) -> list[Array]:
    """Return Δ of the toys of each computed point, more of them where the verdict is uncertain."""
    items: list[list[Array]] = [[] for _ in index]
    key = fingerprint(engine)
    left, first, count = np.arange(index.size), 0, blocks(toys)
    while left.size:
        pieces = [
            (left[k : k + _POINTS], block, min(_BLOCKS, first + count - block))
            for k in range(0, left.size, _POINTS)
            for block in range(first, first + count, _BLOCKS)
        ]
        arguments = [(tuple(index[chosen].tolist()), *rest, independent) for chosen, *rest in pieces]
        arrays = run(compute, (engine.plane, engine.seed), arguments, key, placement, progress)
        for (chosen, *_), array in zip(pieces, arrays, strict=True):
            for k, row in zip(chosen.tolist(), array, strict=True):
                items[k].append(row)
        first, count = first + count, min(first + count, blocks(most) - first - count)
        if count < 1:
            break
        uncertain = [k for k in left.tolist() if _uncertain(items[k], delta[index[k]], levels)]
        left = np.array(uncertain, dtype=np.intp)
    made = [np.concatenate(rows) for rows in items]
    # blocks are whole, and their random numbers the same however many are wanted
    return [rows[: toys if rows.size <= blocks(toys) * BLOCK else most] for rows in made]


def _uncertain(rows: Sequence[Array], observed: float, levels: tuple[float, ...]) -> bool:
    toys = np.concatenate(rows)
    p = float((toys >= observed).mean())
    return any(abs(p - (1.0 - cl)) < _SURE * np.sqrt(cl * (1.0 - cl) / toys.size) for cl in levels)


def compute(payload: tuple[Plane, int], argument: tuple[tuple[int, ...], int, int, bool]) -> Array:
    """Return Δ of toys at some hypotheses, shape (hypotheses, toys): a piece of work."""
    index, first, count, independent = argument
    engine = _engine(*payload)
    return np.array([engine.many(k, count, first + independent * k * _OWN) for k in index])


@lru_cache(maxsize=2)
def _engine(plane: Plane, seed: int) -> Engine:
    return make_engine(plane, seed)


def fingerprint(engine: Engine) -> str:
    """Return what toys depend on, hashed: the statistic of the data everywhere, the hypotheses, the seed."""
    values, smallest = engine.observed()
    where = "on" if engine.plane.gridded else "between"
    digest = hashlib.sha256(f"{engine.seed} {BLOCK} {type(engine).__name__} {where} {smallest!r}".encode())
    digest.update(values.tobytes())
    digest.update(engine.data.tobytes())
    for name, value in engine.plane.free.items():
        digest.update(name.encode() + value.tobytes())
    return digest.hexdigest()


def _result(
    what: Question,
    engine: Engine,
    delta: Array,
    index: NDArray[np.intp],
    levels: tuple[float, ...],
    arrays: Sequence[Array],
) -> FeldmanCousins:
    plane = engine.plane
    bands = np.array([[critical_value(toys, cl) for cl in levels] for toys in arrays])
    bands = bands.reshape(len(arrays), len(levels), 3)
    wilks = [level(cl, min(2, len(plane.axes))).delta for cl in levels]
    observed, reported = delta[index], plane.reported
    reached = [
        (toys >= at - 1e-9 * max(1.0, abs(at))).mean() for toys, at in zip(arrays, observed, strict=True)
    ]
    return FeldmanCousins(
        datasets=what.names,
        model=plane.objective.model.name,
        axes=what.axes,
        delta=delta[reported],
        points={name: value[reported] for name, value in plane.free.items()},
        levels=levels,
        index=np.array([int(np.flatnonzero(reported == k)[0]) for k in index], dtype=np.intp),
        toys=np.array([toys.size for toys in arrays]),
        critical=bands[:, :, 0],
        low=bands[:, :, 1],
        high=bands[:, :, 2],
        p_value=np.array(reached),
        wilks_coverage=np.array([[float((toys <= limit).mean()) for limit in wilks] for toys in arrays]),
        seed=engine.seed,
        engine=type(engine).__name__,
        fixed=dict(plane.objective.fixed),
    )


def save(result: FeldmanCousins, folder: Path) -> Path:
    """Write a result as ``critical.parquet``; see :mod:`nuanomaly.inference.run_files`."""
    return write(folder, {"critical": result.to_frame()}, result.to_dict())
