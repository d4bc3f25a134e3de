"""A declared run of the region that a global fit leaves in splitting and product of mixings, by toys of each.

At each point the third parameter, the ratio of the mixings, is fitted, in the data and in each toy; toys are
drawn at its fitted value (the profiled construction, as in arXiv:2207.14353). A point is inside a region if
its Δχ² is not above that of the share of its toys that the level says (Feldman and Cousins, physics/9711021).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import Count, Positive, completed
from nuanomaly.inference import cube, workers
from nuanomaly.inference.dependence import Names
from nuanomaly.inference.global_fit.declaration import FitOptions, Prepared, essence, prepared
from nuanomaly.inference.global_fit.pieces import BLOCK
from nuanomaly.inference.global_fit.run import key
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_result import RunResult
from nuanomaly.model.probabilities import Array
from nuanomaly.model.registry import TWO_FLAVOUR

if TYPE_CHECKING:
    import pandas as pd

#: The amplitude that a product of mixings is four times of.
APPEARANCE = TWO_FLAVOUR["mu", "e"]


@dataclass(frozen=True)
class Point:
    """A point of the plane, as indices of the grid, and where its third parameter is fitted.

    Attributes
    ----------
    row, product, electron : int
        Along Δm², along the product of the mixings, and along |Ue4|².
    """

    row: int
    product: int
    electron: int


@dataclass(frozen=True)
class Block:
    """The argument of :func:`piece`: which toys of which point."""

    point: Point
    seed: int
    number: int
    toys: int


def points(own: Prepared, within: float, every: Sequence[int]) -> tuple[list[Point], Array]:
    """Return every so many points of the plane whose Δχ² is small enough, and that of each."""
    electron, muon, both = next(own.fit.tables(own.sets.data[None], exact=True))
    lowest = float(cube.of_sum(electron, muon, both).refined[0])
    rows, products = (range(step // 2, size, step) for step, size in zip(every, both.shape[1:], strict=True))
    chosen, delta = [], []
    for d, k in product(rows, products):
        value = max(float(cube.at_product(electron, muon, both, d, k)[0]) - lowest, 0.0)
        if value <= within:
            first = np.arange(max(0, k - muon.shape[2] + 1), min(electron.shape[2], k + 1))
            line = electron[0, d, first] + muon[0, d, k - first]
            chosen.append(Point(d, k, int(first[line.argmin()])))
            delta.append(value)
    return chosen, np.array(delta)


def piece(text: str, block: Block) -> Array:
    """Return Δχ² of toys at their own point, and CPU seconds of each, shape (2, toys)."""
    own, point = prepared(text), block.point
    begun = time.process_time()
    made = own.draw(truth(own, point))
    z = np.random.default_rng([block.seed, 0, block.number]).standard_normal((block.toys, made.size))
    delta = own.fit.delta(made.data(z), point.row, point.product)
    cost = (time.process_time() - begun) / block.toys
    return np.vstack([delta, np.full(block.toys, cost)])


def truth(own: Prepared, point: Point) -> tuple[float, float, float]:
    """Return Δm², |Ue4|² and |Uμ4|² of a point."""
    mixing = own.sets.mixing
    return (
        float(own.sets.dm2[point.row]),
        float(mixing[point.electron]),
        float(mixing[point.product - point.electron]),
    )


class Options(FitOptions):
    """Options of the run."""

    within: Annotated[Positive, "Δχ² of the data, above which points are not tried."]
    every: Annotated[
        tuple[Count, Count], "Every so many points of the grid along the splitting and along the product."
    ]
    levels: Annotated[list[float], {"minItems": 1}, "Confidence levels."]
    toys: Annotated[Count, "How many plain toys of each point."]
    seed: Annotated[int, "Of random numbers."]


@dataclass(frozen=True, eq=False)
class RegionRun(RunResult):
    """The region by toys.

    Attributes
    ----------
    truths : array, shape (N, 3)
        Δm², |Ue4|², |Uμ4|² of each point.
    names : tuple of str
        What these are called.
    delta : array, shape (N,)
        Δχ² of the data.
    levels : tuple of float
    critical : array, shape (N, levels)
        What a Δχ² must not be above.
    above : array, shape (N,)
        How many toys have a Δχ² at least as large.
    toys : int
        Of each point.
    cpu_seconds : float
    """

    truths: Array
    names: Names
    delta: Array
    levels: tuple[float, ...]
    critical: Array
    above: Array
    toys: int
    cpu_seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the result for a file."""
        middle = {
            f"{100 * level:g}": float(c)
            for level, c in zip(self.levels, np.median(self.critical, 0), strict=True)
        }
        inside = {
            f"{100 * level:g}": int((self.delta <= self.critical[:, k]).sum())
            for k, level in enumerate(self.levels)
        }
        return {
            "points": len(self.delta),
            "toys_each": self.toys,
            "toys_cpu_seconds": float(f"{self.cpu_seconds:.3g}"),
            "median_critical": middle,
            "inside": inside,
        }

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return one row for each point."""
        import pandas as pd

        frame = pd.DataFrame(self.truths, columns=list(self.names))
        frame[APPEARANCE.amplitude] = 4.0 * self.truths[:, 1] * self.truths[:, 2]
        frame["delta"], frame["above"] = self.delta, self.above
        for k, level in enumerate(self.levels):
            frame[f"critical_{100 * level:g}"] = self.critical[:, k]
        return {"region": frame}

    def __str__(self) -> str:
        inside = self.to_dict()["inside"]
        said = ", ".join(f"{count} inside {level} %" for level, count in inside.items())
        return f"{len(self.delta)} points, {self.toys} toys each; {said}"


@completed
def compute(
    declared: Options,
    placement: workers.Placement | None = None,
    progress: Progress | None = None,
) -> RegionRun:
    """Return the result of a declared run.

    Raises
    ------
    NuanomalyError
        If there are too few toys for a level, or no point is left.
    """
    count, seed = int(declared["toys"]), int(declared["seed"])
    levels = tuple(float(level) for level in declared["levels"])
    if count * (1.0 - max(levels)) < 5.0:
        raise NuanomalyError(f"{count} toys know no level of {100 * max(levels):g} %: declare more toys")
    own = prepared(essence(declared))
    truths, delta = points(own, float(declared["within"]), [int(step) for step in declared["every"]])
    if not truths:
        raise NuanomalyError("a run of kind global-region has no point: declare a larger `within`")
    sizes = [min(BLOCK, count - first) for first in range(0, count, BLOCK)]
    blocks = [Block(point, seed, k, size) for point in truths for k, size in enumerate(sizes)]
    arrays = workers.run(piece, essence(declared), blocks, key(declared), placement, progress)
    each = len(sizes)
    toys = np.stack([np.hstack(arrays[k * each : (k + 1) * each]) for k in range(len(truths))])
    return RegionRun(
        np.array([truth(own, point) for point in truths]),
        own.sets.names,
        delta,
        levels,
        np.quantile(toys[:, 0], levels, axis=1, method="higher").T,
        (toys[:, 0] >= delta[:, None]).sum(axis=1),
        count,
        float(toys[:, 1].sum()),
    )
