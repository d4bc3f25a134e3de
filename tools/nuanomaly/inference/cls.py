"""CLs: how much less likely the data are with oscillation than without (Read, J. Phys. G 28 (2002) 2693).

The test statistic is T = χ²(θ) − χ²(no oscillation). CLs(θ) = P(T ≥ T_data | θ) / P(T ≥ T_data | none): θ is
excluded at 95 % where it is below 0.05. The Gaussian method (Qian, Tan, Ling, Nakajima and Zhang, 1407.5052)
takes T as Gaussian, with the mean ΔT of data as expected under each hypothesis, and σ = 2√|ΔT|.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from nuanomaly.inference.datasets import Dataset, Mode
from nuanomaly.inference.engine import Engine, Plane, make_engine
from nuanomaly.inference.fit import problem
from nuanomaly.inference.grid import Axis, Grid
from nuanomaly.inference.toys import blocks
from nuanomaly.likelihood.base import AnyModel
from nuanomaly.model.base import Array


@dataclass(frozen=True, eq=False)
class CLs:
    """CLs at hypotheses.

    Attributes
    ----------
    axes : tuple of Axis
    points : mapping of arrays, shape (H,)
        The free parameters.
    values : array, shape (H,)
    test : array, shape (H,)
        T of the data.
    method : str
    """

    axes: tuple[Axis, ...]
    points: Mapping[str, Array]
    values: Array
    test: Array
    method: str

    def excluded(self, cl: float = 0.95) -> NDArray[np.bool_]:
        """Return which hypotheses are excluded."""
        found: NDArray[np.bool_] = self.values < 1.0 - cl
        return found


def gaussian_cls(
    datasets: Dataset | Iterable[Dataset],
    model: AnyModel,
    grid: Grid | None = None,
    fixed: Mapping[str, float] | None = None,
    *,
    mode: Mode = None,
    allow_overlap: bool = False,
) -> CLs:
    """Return CLs on a grid by the Gaussian method; arguments as of :func:`~nuanomaly.inference.scan.scan`."""
    engine, plane = _engine(datasets, model, grid, fixed, mode, allow_overlap)
    values = engine.observed()[0]
    test = values[: plane.size] - values[plane.null]
    expected = plane.objective.likelihood.observables(plane.objective.model, plane.complete)
    without = engine.values(expected[-1:])[0]
    mean_without = without[: plane.size] - without[plane.null]
    mean_with = np.empty(plane.size)
    step = max(1, 1_000_000 // plane.count)
    for start in range(0, plane.size, step):
        rows = np.arange(start, min(plane.size, start + step))
        found = engine.values(expected[rows])
        mean_with[rows] = found[np.arange(rows.size), rows] - found[:, plane.null]
    with_tail = _tail(test, mean_with)
    values = with_tail / _tail(test, mean_without)
    points = {name: value[: plane.size] for name, value in plane.free.items()}
    return CLs(plane.axes, points, np.minimum(values, 1.0), test, "Gaussian")


def _tail(test: Array, mean: Array) -> Array:
    """Return P(T ≥ test) of a Gaussian of this mean with σ = 2√|mean|; never exactly zero."""
    sigma = 2.0 * np.sqrt(np.maximum(np.abs(mean), 1e-12))
    return np.maximum(np.asarray(ndtr((mean - test) / sigma)), 1e-300)


def toy_cls(
    datasets: Dataset | Iterable[Dataset],
    model: AnyModel,
    points: Mapping[str, ArrayLike],
    fixed: Mapping[str, float] | None = None,
    *,
    toys: int = 1000,
    seed: int = 0,
    mode: Mode = None,
    allow_overlap: bool = False,
) -> CLs:
    """Return CLs at points (arrays of the free parameters) by toys of both hypotheses."""
    extra = {name: np.atleast_1d(np.asarray(v, float)) for name, v in points.items()}
    engine, plane = _engine(datasets, model, {}, fixed, mode, allow_overlap, extra, seed)
    values = engine.observed()[0]
    index = np.arange(plane.size, plane.null)
    test = values[index] - values[plane.null]
    count = blocks(toys)
    without = np.concatenate([_tests(engine, plane.null, b, index) for b in range(count)])
    found = []
    for column, k in enumerate(index.tolist()):
        own = np.concatenate([_tests(engine, k, b, index[column : column + 1])[:, 0] for b in range(count)])
        reference = max(float((without[:, column] >= test[column]).mean()), 1.0 / len(without))
        found.append(float((own >= test[column]).mean()) / reference)
    chosen = {name: value[index] for name, value in plane.free.items()}
    return CLs(plane.axes, chosen, np.minimum(found, 1.0), test, f"{count} blocks of toys")


def _tests(engine: Engine, truth: int, block: int, index: NDArray[np.intp]) -> Array:
    values = engine.values(engine.generate(truth, block))
    return np.asarray(values[:, index] - values[:, -1:])


def _engine(
    datasets: Dataset | Iterable[Dataset],
    model: AnyModel,
    grid: Grid | None,
    fixed: Mapping[str, float] | None,
    mode: Mode,
    allow_overlap: bool,
    extra: Mapping[str, Array] | None = None,
    seed: int = 0,
) -> tuple[Engine, Plane]:
    spare: Grid = {name: 2 for name in extra} if extra else {}
    what = problem(datasets, model, fixed, {**spare, **(grid or {})}, mode, allow_overlap)
    plane = Plane(what.objective, what.axes, what.known, extra or {})
    return make_engine(plane, seed), plane
