"""What an objective costs, and doing it: a grid or searches, in this process or on several."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.grid import Axis, points, size, slowest_first
from nuanomaly.inference.lattice import DISPLACED_DIMENSIONS, lattice_search
from nuanomaly.inference.multistart import SEARCH_POINTS, STARTS, Box, search
from nuanomaly.inference.objective import Objective, Progress
from nuanomaly.inference.tables import tabulated
from nuanomaly.inference.workers import Placement, run
from nuanomaly.model.probabilities import Array

#: Work that takes longer than so many seconds is refused unless a caller allows it.
LIMIT = 3600.0
#: Fewer points than this are not worth several processes, and fewer than that no estimate; so many are timed,
#: after others that fill the caches.
_FEW, _QUICK, _TIMED, _WARMING = 50_000, 5_000, 256, 64
#: Into how many pieces a grid is cut for several processes, at most.
_PIECES = 64


@dataclass(frozen=True)
class Effort:
    """How a minimum is looked for.

    Attributes
    ----------
    seed : int
        Of the starting points of searches.
    workers : int
        Processes on this machine; the result is the same with any number.
    limit : float
        Work that is estimated to take longer is refused, in seconds.
    starts : int
        From how many points that fill the space a search starts.
    searches : int
        How many there are at most; of fewer than three, too few agree for a minimum to count as converged.
    fewest : int
        How many there are at least, even if they agree.
    store : Path or None
        Folder of finished searches of this work alone: they are read back instead of made again.
    """

    seed: int = 0
    workers: int = 1
    limit: float = LIMIT
    starts: int = STARTS
    searches: int = 10
    fewest: int = 3
    store: Path | None = None

    @property
    def least(self) -> int:
        """How many searches are made in any case."""
        return min(self.fewest, self.searches)


@dataclass(frozen=True)
class Estimate:
    """What work will cost.

    Attributes
    ----------
    points : int
        How often the statistic is evaluated.
    seconds : float
        How long that takes on so many workers, from a timed sample.
    """

    points: int
    seconds: float

    def __str__(self) -> str:
        points = f"{self.points:,}".replace(",", "\u202f")
        return f"{points} points, about {duration(self.seconds)}"


@dataclass(frozen=True, eq=False)
class Workload:
    """An objective over its axes, and who evaluates it.

    Attributes
    ----------
    objective : Objective
    axes : tuple of Axis
    effort : Effort
    """

    objective: Objective
    axes: tuple[Axis, ...]
    effort: Effort = field(default_factory=Effort)

    def grid(self, progress: Progress | None = None) -> Array:
        """Return the statistic on the grid, shape (len(a) for a in axes); see :meth:`Objective.on`.

        Raises
        ------
        NuanomalyError
            If it takes longer than the limit.
        """
        array = tabulated(self.objective, self.axes)
        if array is not None:
            return array
        self.check(size(self.axes))
        if self.effort.workers == 1 or size(self.axes) < _FEW:
            return self.objective.on(self.axes, progress)
        order = slowest_first(self.axes)
        walked = tuple(self.axes[k] for k in order)
        total, step = size(walked), self.objective.chunk
        width = step * max(1, -(-total // (step * _PIECES)))
        pieces = [(start, min(total, start + width)) for start in range(0, total, width)]
        arrays = run(evaluated, (self.objective, walked), pieces, "", self._placement, progress)
        values = np.concatenate(arrays).reshape([len(a) for a in walked])
        return np.transpose(values, np.argsort(order))

    def searches(self, first: int, count: int) -> list["Search"]:
        """Return what so many searches end in, each from its own grid or starts."""
        payload = (Box(self.objective, self.axes), self.effort.starts)
        seeds = [
            int(np.random.SeedSequence((self.effort.seed, k)).generate_state(1)[0])
            for k in range(first, first + count)
        ]
        placement, name = self._placement, ""
        if self.effort.store is not None:
            of, placement = self.objective, replace(placement, store=self.effort.store)
            name = f"{of.likelihood.release} {of.model.name} {self.effort.starts}"
        arrays = run(searched, payload, seeds, name, placement)
        return [Search(float(array[0]), array[2:], float(array[1])) for array in arrays]

    def estimate(self, total: int) -> Estimate:
        """Return what so many points cost, from a timed sample of the grid's own points."""
        walked = [self.axes[k] for k in slowest_first(self.axes)]
        middle = size(walked) // 2
        self.objective(points(walked, 0, min(_WARMING, size(walked))))
        sample = points(walked, middle, min(size(walked), middle + _TIMED))
        begun = time.perf_counter()
        self.objective(sample)
        each = (time.perf_counter() - begun) / next(iter(sample.values())).size
        return Estimate(total, each * total / self.effort.workers)

    def check(self, total: int | None = None) -> Estimate | None:
        """Return what so many points cost (those of searches if left out); None for few.

        Raises
        ------
        NuanomalyError
            If that takes longer than the limit.
        """
        asked = 3 * SEARCH_POINTS if total is None else total
        if asked < _QUICK and total is not None:
            return None
        estimate = self.estimate(asked)
        if estimate.seconds > self.effort.limit:
            raise NuanomalyError(
                f"this needs {estimate}, and the limit is {duration(self.effort.limit)}: take fewer points "
                "or fix parameters; ask for a fit, which needs no grid above three parameters; use more "
                "workers; or raise the limit"
            )
        return estimate

    @property
    def _placement(self) -> Placement:
        return Placement(workers=self.effort.workers)


def evaluated(payload: tuple[Objective, Sequence[Axis]], argument: tuple[int, int]) -> Array:
    """Return the statistic at grid points from one number to another: a piece of work."""
    objective, walked = payload
    first, last = argument
    step = objective.chunk
    parts = [objective(points(walked, k, min(last, k + step))) for k in range(first, last, step)]
    return np.concatenate(parts)


class Search(NamedTuple):
    """What a search ends in: the value, the point (k,) of the unit box, and its CPU time in seconds."""

    value: float
    unit: Array
    seconds: float


def searched(payload: tuple[Box, int], seed: int) -> Array:
    """Return value, CPU seconds and point (2 + k,) of one search from so many starts: a piece of work."""
    box, starts = payload
    begun = time.process_time()
    few = len(box.axes) <= DISPLACED_DIMENSIONS
    value, unit = lattice_search(box, seed) if few else search(box, seed, starts)
    return np.concatenate([[value, time.process_time() - begun], unit])


def duration(seconds: float) -> str:
    """Return seconds in words.

    Examples
    --------
    >>> duration(12.3), duration(600), duration(200_000)
    ('12 s', '10 min', '2.3 days')
    """
    for length, unit in ((86400.0, "days"), (3600.0, "hours"), (60.0, "min")):
        if seconds >= 2 * length:
            return f"{seconds / length:.2g} {unit}"
    return f"{seconds:.2g} s"
