"""CLs: how much less likely the data are with oscillation than without (Read, J. Phys. G 28 (2002) 2693).

CLs(θ) = P(T ≥ T_data | θ) / P(T ≥ T_data | none): θ is excluded at 95 % where it is below 0.05. The test
statistic T is

* ``ratio``: χ²(θ) − χ²(no oscillation), for any θ. The Gaussian method (Qian, Tan, Ling, Nakajima and Zhang,
  1407.5052) takes it as Gaussian, with the mean ΔT of data as expected under each hypothesis, and σ = 2√|ΔT|;
* ``one-sided``: χ²(θ) less its smallest value between no oscillation and θ, for one amplitude θ: q̃ of Cowan,
  Cranmer, Gross and Vitells (1007.1727), zero where the data want more than θ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Unpack

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.datasets import Mode
from nuanomaly.inference.engine import Engine, Plane, make_engine
from nuanomaly.inference.grid import Axis, Grid
from nuanomaly.inference.keywords import named_after
from nuanomaly.inference.question import Data, Question, Settings
from nuanomaly.inference.result import Result
from nuanomaly.inference.toys import blocks
from nuanomaly.likelihood.interface import AnyModel
from nuanomaly.model.probabilities import Array

#: Amplitudes between none and the largest tested one, over which ``one-sided`` is minimised.
_AMPLITUDES = 120


@dataclass(frozen=True, eq=False, repr=False)
class CLs(Result):
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
    signal, none : arrays, shape (H,)
        P(T ≥ T_data) with oscillation (CLs+b) and without (CLb).
    """

    axes: tuple[Axis, ...]
    points: Mapping[str, Array]
    values: Array
    test: Array
    method: str
    signal: Array
    none: Array

    @property
    def how(self) -> str:
        """How it was obtained."""
        return f"CLs, {self.method}"

    def __str__(self) -> str:
        excluded = int(self.excluded(0.95).sum())
        return f"{excluded} of {self.values.size} hypotheses excluded at 95 % ({self.how})"

    def summary(self) -> dict[str, str]:
        """Return what a notebook shows of it."""
        names = ", ".join(self.points)
        entries = {"hypotheses": f"{self.values.size} of {names}"}
        entries["excluded at 95 %"] = str(int(self.excluded(0.95).sum()))
        return entries | {"obtained by": self.how}

    def to_dict(self) -> dict[str, Any]:
        """Return the hypotheses and their CLs for a result file."""
        arrays = {"cls": self.values, "test": self.test, "signal": self.signal, "none": self.none}
        return {
            "method": self.method,
            "points": {name: value.tolist() for name, value in self.points.items()},
            **{name: value.tolist() for name, value in arrays.items()},
        }

    def excluded(self, cl: float = 0.95) -> NDArray[np.bool_]:
        """Return which hypotheses are excluded."""
        mask: NDArray[np.bool_] = self.values < 1.0 - cl
        return mask


@named_after(2, "grid", "fixed", hints={dict: "fixed"})
def gaussian_cls(data: Data, model: AnyModel, **settings: Unpack[Settings]) -> CLs:
    """Return CLs on a grid by the Gaussian method; arguments as of :func:`~nuanomaly.inference.scan.scan`."""
    what = Question(data, model, **settings)
    return gaussian_cls_of(what)


def gaussian_cls_of(what: Question) -> CLs:
    """Return the CLs that answer a question; see :func:`gaussian_cls`."""
    engine, plane = _engine(what)
    values = engine.observed()[0]
    test = values[: plane.size] - values[plane.null]
    expected = plane.objective.likelihood.observables(plane.objective.model, plane.complete)
    without = engine.values(expected[-1:])[0]
    mean_without = without[: plane.size] - without[plane.null]
    mean_with = np.empty(plane.size)
    step = max(1, 1_000_000 // plane.count)
    for start in range(0, plane.size, step):
        rows = np.arange(start, min(plane.size, start + step))
        array = engine.values(expected[rows])
        mean_with[rows] = array[np.arange(rows.size), rows] - array[:, plane.null]
    signal, none = _tail(test, mean_with), _tail(test, mean_without)
    points = {name: value[: plane.size] for name, value in plane.free.items()}
    return CLs(plane.axes, points, np.minimum(signal / none, 1.0), test, "Gaussian", signal, none)


def _tail(test: Array, mean: Array) -> Array:
    """Return P(T ≥ test) of a Gaussian of this mean with σ = 2√|mean|; never exactly zero."""
    sigma = 2.0 * np.sqrt(np.maximum(np.abs(mean), 1e-12))
    return np.maximum(np.asarray(scipy.special.ndtr((mean - test) / sigma)), 1e-300)


@named_after(2, "points", "fixed")
def toy_cls(
    data: Data,
    model: AnyModel,
    *,
    points: Mapping[str, ArrayLike],
    fixed: Mapping[str, float] | None = None,
    mode: Mode = None,
    allow_overlap: bool = False,
    leave_out: bool = False,
    statistic: Literal["ratio", "one-sided"] = "ratio",
    toys: int = 1000,
    seed: int = 0,
) -> CLs:
    """Return CLs at points (arrays of the free parameters) by toys of both hypotheses.

    Nuisances without prior are, in toys, where the data want them under each hypothesis.

    Raises
    ------
    NuanomalyError
        If ``one-sided`` is asked for with more than one free parameter.
    """
    what = Question(data, model, fixed=fixed, mode=mode, allow_overlap=allow_overlap, leave_out=leave_out)
    return toy_cls_of(what, points, statistic=statistic, toys=toys, seed=seed)


def toy_cls_of(
    what: Question,
    points: Mapping[str, ArrayLike],
    *,
    statistic: Literal["ratio", "one-sided"] = "ratio",
    toys: int = 1000,
    seed: int = 0,
) -> CLs:
    """Return the CLs that answer a question; see :func:`toy_cls`."""
    if statistic not in ("ratio", "one-sided"):
        raise UnknownNameError("test statistic", statistic, ["ratio", "one-sided"])
    extra = {name: np.atleast_1d(np.asarray(v, float)) for name, v in points.items()}
    grid: Grid = {}
    if statistic == "one-sided":
        if len(extra) != 1:
            raise NuanomalyError("a one-sided test has one free parameter, its amplitude: fix the others")
        (name, tested), *_ = extra.items()
        grid = {name: np.linspace(0.0, float(tested.max()), _AMPLITUDES + 1)[1:]}
    engine, plane = _engine(what.given(grid=grid), extra, seed)
    index = np.arange(plane.size, plane.null)
    against = _against(plane, index, statistic)
    test = _tests(engine.observed()[0][None], index, against)[0]
    count = blocks(toys)
    without = np.concatenate(
        [_tests(engine.values(engine.generate(plane.null, b)), index, against) for b in range(count)]
    )[:toys]
    signal = []
    for column, k in enumerate(index.tolist()):
        drawn = [engine.values(engine.generate(k, b)) for b in range(count)]
        own = np.concatenate([_tests(v, index[[column]], against[[column]])[:, 0] for v in drawn])[:toys]
        signal.append(float(_reaches(own, test[column]).mean()))
    none = np.array([float(_reaches(without[:, c], test[c]).mean()) for c in range(index.size)])
    values = np.minimum(np.array(signal) / np.maximum(none, 1.0 / len(without)), 1.0)
    chosen = {name: value[index] for name, value in plane.free.items()}
    return CLs(plane.axes, chosen, values, test, f"{toys} toys", np.array(signal), none)


def _against(plane: Plane, index: NDArray[np.intp], statistic: str) -> NDArray[np.bool_]:
    """Return over which hypotheses T of each tested one is minimised, shape (H, count)."""
    matrix = np.zeros((index.size, plane.count), bool)
    matrix[:, plane.null] = True
    if statistic == "one-sided":
        (amplitude,) = plane.free.values()
        matrix |= amplitude[None, :] <= amplitude[index][:, None]
    return matrix


def _tests(values: Array, index: NDArray[np.intp], against: NDArray[np.bool_]) -> Array:
    """Return T of tested hypotheses from the statistic at all of them (T, count), shape (T, H)."""
    smallest = [values[:, row].min(axis=1) for row in against]
    return np.asarray(values[:, index] - np.stack(smallest, axis=1))


def _reaches(values: Array, observed: float) -> NDArray[np.bool_]:
    """Say which T reach the observed one; equal up to rounding counts."""
    reached: NDArray[np.bool_] = values >= observed - 1e-9 * max(1.0, abs(observed))
    return reached


def _engine(what: Question, extra: Mapping[str, Array] | None = None, seed: int = 0) -> tuple[Engine, Plane]:
    spare: Grid = {name: 2 for name in extra} if extra else {}
    asked = what.given(grid={**spare, **what.grid})
    plane = Plane(asked.objective, asked.axes, asked.parameters, extra or {})
    return make_engine(plane, seed), plane
