"""A declared run of what it does to toys that a data set's own parameters are held instead of profiled.

One data set of the fit has own parameters that are held and fitted. Toys are drawn at the joint best fit with
them held, from the same normal numbers twice: with the own parameters where the declaration holds them, and
where they fit the data best there. Each set is fitted as it was drawn. Holding is a shortcut of data and toys
alike; it is a good one if the distribution of χ²PG moves by less than the binomial error of the toys. Where
the release has critical values of its own toys, those of the data set by itself say which of the two is like
them.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import Count, completed
from nuanomaly.inference import cube, workers
from nuanomaly.inference.global_fit import pieces
from nuanomaly.inference.global_fit.declaration import FitOptions, Prepared, Truth, essence, prepared
from nuanomaly.inference.global_fit.draws import Draw
from nuanomaly.inference.global_fit.part import Part
from nuanomaly.inference.global_fit.run import BINS, THRESHOLDS, counted, key
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_result import RunResult
from nuanomaly.model.probabilities import Array

if TYPE_CHECKING:
    import pandas as pd


class Alone(TypedDict):
    """Critical values of the data set by itself."""

    level: Annotated[float, {"exclusiveMinimum": 0, "exclusiveMaximum": 1}, "The confidence level."]
    toys: Annotated[Count, "How many toys of each point."]
    points: Annotated[list[tuple[float, float]], "Splitting and mixing of each."]


class Options(FitOptions):
    """Options of the run."""

    toys: Annotated[Count, "How many plain toys are made."]
    exact: Annotated[Count, "How many of them are fitted without any approximation."]
    alone: Annotated[Alone, "Critical values of the data set with own parameters by itself."]
    seed: Annotated[int, "Of random numbers."]


@dataclass(frozen=True, eq=False)
class HeldRun(RunResult):
    """Toys with own parameters held, and profiled.

    Attributes
    ----------
    observed : (float, float)
        χ²PG of the data, held and profiled.
    truth : (float, float, float)
        Where toys were drawn.
    values : array, shape (2, N)
        χ²PG of toys, held and profiled, of the same normal numbers.
    errors : array, shape (M,)
        By how much the profiled statistic of the data set differs from a fit of each toy, between the joint
        best fit and that of disappearance.
    critical : array, shape (P, 4)
        Δm², the mixing of the data set, and what toys of it by itself stay below there, held and profiled.
    cpu_seconds : float
        What the toys of all data sets took.
    axes : tuple of str
        What Δm² and the mixing are called.
    """

    observed: tuple[float, float]
    truth: Truth
    values: Array
    errors: Array
    critical: Array
    cpu_seconds: float
    axes: tuple[str, str]

    def counts(self) -> Array:
        """Return how many toys reach each threshold, held and profiled, shape (2, thresholds)."""
        return np.asarray((self.values[:, :, None] >= np.array(THRESHOLDS)).sum(axis=1))

    def moved(self) -> Array:
        """Return the difference of shares in binomial errors of one of them, shape (thresholds,)."""
        return moved_by(self.counts(), self.values.shape[1])

    def to_dict(self) -> dict[str, Any]:
        """Return the result for a file."""
        held, profiled = self.counts().tolist()
        apart = self.values[1] - self.values[0]
        size = np.abs(self.errors)
        return {
            "chi2": self.observed[0],
            "chi2_profiled": self.observed[1],
            "drawn_at": list(self.truth),
            "made": self.values.shape[1],
            "toys_cpu_seconds": float(f"{self.cpu_seconds:.3g}"),
            "thresholds": list(THRESHOLDS),
            "held": held,
            "profiled": profiled,
            "moved": self.moved().tolist(),
            "largest_move": float(np.abs(self.moved()).max()),
            "difference": {"mean": float(apart.mean()), "rms": float(np.sqrt((apart**2).mean()))},
            "exact": {
                "toys": self.errors.size,
                "rms": float(np.sqrt((size**2).mean())),
                "median": float(np.median(size)),
                "largest": float(size.max()),
                "within": float((size <= 0.05).mean()),
            },
        }

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return both histograms."""
        import pandas as pd

        held, profiled = (counted(values) for values in self.values)
        frame = pd.DataFrame({"low": BINS[:-1], "high": BINS[1:], "held": held, "profiled": profiled})
        names = [*self.axes, "held", "profiled"]
        return {
            "histogram": frame,
            "errors": pd.DataFrame({"error": self.errors}),
            "critical": pd.DataFrame(self.critical, columns=names),
        }

    def __str__(self) -> str:
        most = self.to_dict()["largest_move"]
        return f"{self.values.shape[1]} toys: shares move by up to {most:.2f} binomial errors"


def moved_by(counts: Array, toys: int) -> Array:
    """Return the difference of two counts (2, n) of as many toys in binomial errors of the first.

    Where no toy is above, the error is that of one.

    Examples
    --------
    >>> moved_by(np.array([[500, 0], [480, 1]]), 1000).round(2).tolist()
    [-1.26, 1.0]
    """
    first = np.maximum(counts[0], 1) / toys
    error = np.sqrt(first * (1.0 - first) / toys)
    return np.asarray((counts[1] - counts[0]) / toys / np.maximum(error, 1.0 / toys))


@dataclass(frozen=True, eq=False)
class Pair:
    """The same fit with own parameters held, and profiled.

    Attributes
    ----------
    held, profiled : Prepared
    part : Part
        The data set with own parameters.
    """

    held: Prepared
    profiled: Prepared
    part: Part

    @property
    def axes(self) -> tuple[str, str]:
        """What the splitting and the mixing of the data set are called."""
        splitting, first, second = self.part.names
        return splitting, first if self.part.depends == "e" else second

    @cached_property
    def draws(self) -> tuple[Draw, Draw]:
        """How toys of the joint best fit follow from normal numbers, held and profiled."""
        truth = self.held.truth("joint")
        return self.held.draw(truth), self.profiled.draw(truth)

    def table(self, own: Prepared, data: Array) -> Array:
        """Return the statistic of the data set by itself for its data (T, n), shape (T, D, M)."""
        columns = self.held.sets.columns[self.part.name]
        forms = [form for form in own.fit.of(self.part.depends).others if form.columns == columns]
        return np.asarray(np.sum([form.exact(form.value(data)) for form in forms], axis=0))


@lru_cache(maxsize=1)
def pair(text: str) -> Pair:
    """Return both fits of a declaration's :func:`.essence`.

    Raises
    ------
    NuanomalyError
        If not one data set has own parameters, held and fitted, or if it depends on the product of mixings.
    """
    full = prepared(text)
    own = [part for part in full.sets.parts if part.gains]
    if len(own) != 1 or own[0].depends == "product":
        raise NuanomalyError(
            "toys with own parameters held are compared for one data set of one mixing: declare `fixed`, "
            "`coarse` and `own` parameters with `coarse` axes for one"
        )
    parts = tuple(part.held if part.gains else part for part in full.sets.parts)
    depends = own[0].depends
    side = full.fit.of(depends)
    others = list(side.others)
    columns = full.sets.columns[own[0].name]
    others.pop(side.gain(columns))
    fit = full.fit.having(depends, replace(side, others=tuple(others)))
    return Pair(Prepared(replace(full.sets, parts=parts), fit), full, own[0].fitted)


def piece(text: str, block: tuple[int, int]) -> Array:
    """Return χ²PG of a block of toys, held and profiled, and CPU seconds of each toy, shape (3, 400).

    Parameters
    ----------
    block : (int, int)
        Seed and number.
    """
    both = pair(text)
    draws = both.draws
    begun = time.process_time()
    seed, number = block
    z = np.random.default_rng([seed, 0, number]).standard_normal((pieces.BLOCK, draws[0].size))
    values = [own.fit(draw.data(z)).chi2 for own, draw in zip((both.held, both.profiled), draws, strict=True)]
    cost = (time.process_time() - begun) / pieces.BLOCK
    return np.vstack([*values, np.full(pieces.BLOCK, cost)])


def fitted_value(part: Part, data: Array, dm2: float, mixing: float) -> float:
    """Return the statistic of a data set's data at a hypothesis, its own parameters fitted without tables."""
    from scipy.optimize import minimize

    assert part.own is not None
    limits, steps = np.array(part.own.limits), np.array(part.own.steps)
    likelihood, size = part.likelihood.given(data), len(steps)
    moves = 1e-3 * np.vstack([np.zeros(size), np.eye(size), -np.eye(size)])

    def value(place: Array) -> tuple[float, Array]:
        eta = steps * (place + moves)
        points = part.points(np.full(len(eta), dm2), np.full(len(eta), mixing), eta[0].tolist())
        points |= {name: eta[:, k] for k, name in enumerate(part.own.names)}  # type: ignore[union-attr]
        all_values = np.asarray(likelihood.value(part.model, points), float)
        slope = (all_values[1 : 1 + size] - all_values[1 + size :]) / 2e-3
        return float(all_values[0]), slope

    # differences need a thousandth of a step on either side
    bounds = list(zip(limits[:, 0] / steps + 2e-3, limits[:, 1] / steps - 2e-3, strict=True))
    return min(
        float(minimize(value, np.array(start) / steps, jac=True, method="L-BFGS-B", bounds=bounds).fun)
        for start in part.own.starts
    )


def errors(both: Pair, data: Array) -> Array:
    """Return by how much the profiled statistic differs from fits of toys (T, n), shape (T,).

    The difference is that between the joint best fit of each toy and its best fit of disappearance.
    """
    own = both.profiled
    columns = own.sets.columns[both.part.name]
    fits, tables = own.fit(data), both.table(own, data[:, columns])
    axis = 1 if both.part.depends == "e" else 2
    result = []
    for k, toy in enumerate(data):
        places = [(int(one.place[k, 0]), int(one.place[k, axis])) for one in (fits.joint, fits.disappearance)]
        exact = [
            fitted_value(both.part, toy[columns], float(own.sets.dm2[d]), float(own.sets.mixing[m]))
            for d, m in places
        ]
        first, second = (tables[k][place] for place in places)
        result.append((first - second) - (exact[0] - exact[1]))
    return np.array(result)


def critical(both: Pair, wanted: Mapping[str, Any], seed: int) -> Array:
    """Return points of the grid, and critical values of the data set by itself there, shape (P, 4).

    The whole plane of the grid is fitted in each toy.
    """
    sets, name, result = both.held.sets, both.part.name, []
    for number, (dm2, mixing) in enumerate(wanted["points"]):
        d = int(np.abs(np.log(sets.dm2 / float(dm2))).argmin())
        m = int(np.abs(np.log(sets.mixing / float(mixing))).argmin())
        point = float(sets.dm2[d]), float(sets.mixing[m])
        truth = dict.fromkeys(sets.names, 0.0) | dict(zip(both.axes, point, strict=True))
        levels = []
        for own in (both.held, both.profiled):
            part = next(part for part in own.sets.parts if part.name == name)
            made = part.fitted.draw(truth, part.fitted.best(*point) if part.own else ())
            z = np.random.default_rng([seed, 2, number]).standard_normal((int(wanted["toys"]), made.size))
            table = both.table(own, made.data(z))
            delta = np.maximum(table[:, d, m] - cube.of_plane(table).refined, 0.0)
            levels.append(float(np.quantile(delta, float(wanted["level"]), method="higher")))
        result.append((*point, *levels))
    return np.array(result)


@completed
def compute(
    declared: Options,
    placement: workers.Placement | None = None,
    progress: Progress | None = None,
) -> HeldRun:
    """Return the result of a declared run.

    Raises
    ------
    NuanomalyError
        If own parameters cannot be compared, see :func:`pair`.
    """
    count, seed = int(declared["toys"]), int(declared["seed"])
    text = essence(declared)
    both = pair(text)
    blocks = [(seed, k) for k in range(-(-count // pieces.BLOCK))]
    arrays = workers.run(piece, text, blocks, f"{key(declared)} held", placement, progress)
    made = np.hstack(arrays)[:, :count]
    draw = both.draws[1]
    z = np.random.default_rng([seed, 0, 0]).standard_normal((pieces.BLOCK, draw.size))
    return HeldRun(
        (both.held.observed, both.profiled.observed),
        both.held.truth("joint"),
        made[:2],
        errors(both, draw.data(z[: int(declared["exact"])])),
        critical(both, declared["alone"], seed),
        float(made[2].sum()),
        both.axes,
    )
