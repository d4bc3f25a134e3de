"""A declared run of the tension of a global fit: χ²PG of the data, and its p-value by toys of one truth.

Plain toys have the binomial error of their number; a subset simulation is done several times over, and its
error is that of the mean of these replicas, from how they spread. The two share the fit and nothing of how
the tail is reached, so that each is a test of the other wherever both reach.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NotRequired, TypedDict

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import Count, completed, one_of
from nuanomaly.archive.runs import inputs
from nuanomaly.inference import workers
from nuanomaly.inference.global_fit import pieces
from nuanomaly.inference.global_fit.declaration import FitOptions, Prepared, Truth, essence, prepared
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_result import RunResult
from nuanomaly.inference.significance import sigma
from nuanomaly.inference.toys import ToyTest
from nuanomaly.model.probabilities import Array

if TYPE_CHECKING:
    import pandas as pd

#: Thresholds at which methods and truths are compared, beside the value of the data.
THRESHOLDS = (6.0, 9.0, 12.0, 16.0, 20.0)
#: The histogram of χ²PG, and how much of the upper tail is kept value by value.
BINS, TAIL = np.linspace(0.0, 50.0, 201), 500


class Subset(TypedDict):
    """A subset simulation."""

    replicas: Annotated[int, {"minimum": 2}, "How often it is done over; their spread is the error."]
    toys: Annotated[Count, "Toys of each level."]
    moves: Annotated[Count, "Moves of each chain."]


@one_of("toys", "subset")
class Options(FitOptions):
    """Options of the run."""

    truth: Annotated[
        str | tuple[float, float, float],
        "The point that toys are drawn at: joint (the best fit), or the three.",
    ]
    toys: NotRequired[Annotated[Count, "How many plain toys are made."]]
    subset: NotRequired[Annotated[Subset, "In place of plain toys."]]
    seed: Annotated[int, "Of random numbers."]


@dataclass(frozen=True, eq=False)
class TensionRun(RunResult):
    """The tension of a global fit by toys of one truth.

    Attributes
    ----------
    observed, grid : float
        χ²PG of the data between the points of the grid, and on them.
    points : mapping
        Where the three minima of the data are, by name.
    truth : (float, float, float)
        The point that toys were drawn at.
    values : array, shape (2, N)
        χ²PG of plain toys between the points of the grid, and on them; N is zero in a subset simulation.
    replicas : array, shape (R, thresholds)
        The probabilities of the thresholds and of the value of the data in each replica; R is zero for plain
        toys.
    made : int
        How many toys were made.
    cpu_seconds : float
        What they took, the tables of the fit apart.
    """

    observed: float
    grid: float
    points: Mapping[str, Mapping[str, float]]
    truth: Truth
    values: Array
    replicas: Array
    made: int
    cpu_seconds: float

    @property
    def drawn_at(self) -> dict[str, float]:
        """The point that toys were drawn at, by the names of its parameters."""
        return dict(zip(self.points["joint"], self.truth, strict=True))

    @property
    def test(self) -> ToyTest:
        """Plain toys against the data."""
        plain = self.values[0]
        at = ", ".join(f"{name} = {value:.4g}" for name, value in self.drawn_at.items())
        above = int((plain >= self.observed).sum())
        return ToyTest(self.observed, above, plain.size, "two-sided", "compatibility", plain, at)

    def shares(self) -> dict[str, tuple[float, float]]:
        """Return the probability of each threshold, and of the data, with its error."""
        thresholds = [*THRESHOLDS, self.observed]
        if not len(self.replicas):
            tests = [ToyTest(q, int((self.values[0] >= q).sum()), self.values.shape[1]) for q in thresholds]
            return {f"{q:g}": (t.p_value, t.error) for q, t in zip(thresholds, tests, strict=True)}
        middle = self.replicas.mean(axis=0)
        error = self.replicas.std(axis=0, ddof=1) / np.sqrt(len(self.replicas))
        return {f"{q:g}": (float(p), float(e)) for q, p, e in zip(thresholds, middle, error, strict=True)}

    def to_dict(self) -> dict[str, Any]:
        """Return the result for a file."""
        shares = self.shares()
        p, error = shares[f"{self.observed:g}"]
        entries: dict[str, Any] = {
            "chi2": self.observed,
            "chi2_grid": self.grid,
            "points": {name: dict(point) for name, point in self.points.items()},
            "truth": self.test.truth,
            "drawn_at": self.drawn_at,
            "made": self.made,
            "toys_cpu_seconds": float(f"{self.cpu_seconds:.3g}"),
            "p_value": p,
            "p_value_error": error,
            "shares": {q: list(share) for q, share in shares.items()},
        }
        if len(self.replicas):
            entries["method"] = f"subset simulation, {len(self.replicas)} times over"
            entries["replicas"] = len(self.replicas)
            entries["sigma"] = sigma(float(np.log(p)), "two-sided") if p > 0.0 else None
            return entries
        test, offset = self.test, self.values[0] - self.values[1]
        entries["method"] = "plain toys"
        entries["sigma"] = test.sigma
        entries["interval"] = list(test.interval())
        entries["counts"] = {q: round(share[0] * test.toys) for q, share in shares.items()}
        entries["refined_minus_grid"] = {
            "mean": float(offset.mean()),
            "rms": float(np.sqrt((offset**2).mean())),
        }
        known = {"delta": test.delta, "above": test.above, "toys": test.toys, "sided": test.sided}
        return {**entries, **known, "against": test.against}

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return the histogram of plain toys and their upper tail, or the replicas."""
        import pandas as pd

        if len(self.replicas):
            columns = [*(f"above_{q:g}" for q in THRESHOLDS), "above_observed"]
            return {"replicas": pd.DataFrame(self.replicas, columns=columns)}
        frame = pd.DataFrame({"low": BINS[:-1], "high": BINS[1:], "toys": counted(self.values[0])})
        return {
            "histogram": frame,
            "tail": pd.DataFrame({"chi2": np.sort(self.values[0])[::-1][:TAIL]}),
        }

    def __str__(self) -> str:
        p, error = self.shares()[f"{self.observed:g}"]
        size = f"p = {p:.2g} ± {error:.1g}"
        if not p and not len(self.replicas):
            size = f"p < {self.test.interval(0.8)[1]:.2g} (90 %)"
        return f"χ²PG = {self.observed:.2f}, {size} ({self.made} toys)"


def counted(values: Array) -> Array:
    """Return how many values each bin of the histogram has; its ends have what is beyond.

    Minima between the points of a grid may make a χ²PG a little less than zero.

    Examples
    --------
    >>> counts = counted(np.array([-0.1, 0.1, 3.0, 77.0])).tolist()
    >>> sum(counts), counts[0], counts[-1]
    (4, 2, 1)
    """
    return np.asarray(np.histogram(np.clip(values, BINS[0], BINS[-1]), BINS)[0])


def toys_of(
    own: Prepared,
    declared: Mapping[str, Any],
    blocks: list[pieces.Block],
    placement: workers.Placement | None,
    progress: Progress | None,
) -> list[Array]:
    """Return blocks of plain toys, see :func:`pieces.plain`."""
    text = essence(declared)
    return workers.run(pieces.plain, text, blocks, key(declared), placement, progress)


def key(declared: Mapping[str, Any]) -> str:
    """Return under what finished pieces are kept: the fit, and the data and model file that it reads."""
    return f"{essence(declared)} {sorted(inputs(declared, Path()).items())}"


@completed
def compute(
    declared: Options,
    placement: workers.Placement | None = None,
    progress: Progress | None = None,
) -> TensionRun:
    """Return the result of a declared run.

    Raises
    ------
    UnknownNameError
        For an unknown truth.
    NuanomalyError
        If neither or both of ``toys`` and ``subset`` are declared, or a single replica, which has no error.
    """
    if ("toys" in declared) == ("subset" in declared):
        raise NuanomalyError("a run of kind global-tension declares toys or subset: write one of the two")
    text = essence(declared)
    own = prepared(text)
    truth, seed = own.truth(declared["truth"]), int(declared["seed"])
    common = own.observed, float(own.data.grid[0]), own.points, truth
    if "toys" in declared:
        count = int(declared["toys"])
        blocks = [pieces.Block(truth, seed, k) for k in range(-(-count // pieces.BLOCK))]
        values = np.hstack(toys_of(own, declared, blocks, placement, progress))[:, :count]
        none = np.zeros((0, len(THRESHOLDS) + 1))
        return TensionRun(*common, values[:2], none, values.shape[1], float(values[2].sum()))
    settings = declared["subset"]
    if int(settings["replicas"]) < 2:
        raise NuanomalyError("one replica of a subset simulation has no error: declare two or more")
    asked = (*THRESHOLDS, own.observed)
    climbs = [
        pieces.Climb(truth, seed, k, int(settings["toys"]), int(settings["moves"]), asked)
        for k in range(int(settings["replicas"]))
    ]
    rows = np.array(workers.run(pieces.climb, text, climbs, key(declared), placement, progress))
    made, cost = rows[:, -2:].sum(axis=0).tolist()
    return TensionRun(*common, np.zeros((2, 0)), rows[:, :-2], int(made), cost)
