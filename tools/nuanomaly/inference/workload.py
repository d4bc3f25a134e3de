"""What an objective costs, and doing it: a grid or searches, in this process or on several."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference import search_cost
from nuanomaly.inference.grid import Axis, points, size, slowest_first
from nuanomaly.inference.lattice import DISPLACED_DIMENSIONS, displaced, lattice_search
from nuanomaly.inference.multistart import STARTS, Box, filling, search
from nuanomaly.inference.nominal import LIMIT
from nuanomaly.inference.objective import Objective, Progress
from nuanomaly.inference.tables import Function, Tables, planned
from nuanomaly.inference.workers import Placement, run
from nuanomaly.model.probabilities import Array

#: Up to so many parameters, the first search is a grid.
GRID_DIMENSIONS = 3
#: Fewer points than this are not worth several processes, and fewer than that no estimate.
_FEW, _QUICK = 50_000, 5_000
#: So many are timed in a row at so many places of a grid, as some cost ten times what others do, after others
#: that fill the caches; then this many times more, while there is patience and it is a small part of all.
_TIMED, _PLACES, _LARGER, _SMALL_PART = 2, 4, 8, 0.01
#: So many points that share nothing say whether work is near its limit, within which factor of it.
_LOOKED, _NEAR = 8, 10.0
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
        How long that takes on so many workers that have a processor each, from a timed sample.
    searches : int
        In how many searches; none if it is one grid. Where they disagree, there will be more.
    """

    points: int
    seconds: float
    searches: int = 0

    def __str__(self) -> str:
        points = f"{self.points:,}".replace(",", "\u202f")
        searches = f" in {self.searches} searches" if self.searches else ""
        return f"{points} points{searches}, about {duration(self.seconds)}"


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
        array = None if self.tables is None else self.tables.values()
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

        def sample(first: int, last: int) -> dict[str, Array]:
            return points(walked, first, last)

        each = _each(self.objective, sample, size(walked), self.objective.chunk)
        return Estimate(total, each * total / self.effort.workers)

    def fit_estimate(self) -> Estimate:
        """Return what a fit costs whose searches agree: each kind of its points is timed."""
        searches, box, grid = self.effort.least, Box(self.objective, self.axes), Estimate(0, 0.0)
        workers = float(self.effort.workers)
        if len(self.axes) <= GRID_DIMENSIONS:
            searches -= 1
            grid = self._grid_estimate()
        if len(self.axes) <= DISPLACED_DIMENSIONS:
            other = size(displaced(self.axes, 0))
            seconds = grid.seconds * other / grid.points
            rounds = float(searches)  # the seconds of a grid are those of all workers
        else:
            other, rounds = search_cost.expected(box, self.effort.starts).total, -(-searches // workers)
            enough = (self.effort.limit - grid.seconds) / max(1.0, rounds)
            seconds = search_cost.seconds(box, self.effort.starts, enough)
        return Estimate(grid.points + searches * other, grid.seconds + rounds * seconds, self.effort.least)

    def _grid_estimate(self) -> Estimate:
        """Return what the grid costs, as tables where it is a sum of them."""
        if self.tables is None:
            return self.estimate(size(self.axes))
        tables = self.tables.tables
        seconds = sum(
            table.size * _each(table.function, table.points, table.size, self.objective.chunk)
            for table in tables
        )
        return Estimate(sum(table.size for table in tables), seconds)

    @cached_property
    def tables(self) -> Tables | None:
        """The tables that the grid is the sum of, not yet filled; None where those spare too little."""
        return planned(self.objective, self.axes)

    def check(self, total: int) -> Estimate | None:
        """Return what so many points cost; None for few.

        Raises
        ------
        NuanomalyError
            If that takes longer than the limit.
        """
        if total < _QUICK:
            return None
        return self._allowed(
            self.estimate(total),
            "take fewer points or fix parameters; ask for a fit, which needs no grid above three parameters",
        )

    def check_fit(self) -> Estimate | None:
        """Return what a fit costs; None where it is far below the limit.

        Raises
        ------
        NuanomalyError
            If it takes longer than the limit.
        """
        box, least = Box(self.objective, self.axes), self.effort.least
        many = least * search_cost.expected(box, self.effort.starts).total
        if len(self.axes) <= GRID_DIMENSIONS:
            many += size(self.axes)
        looked = filling(self.axes, 1 + _LOOKED, 0, 1)
        box(looked[:1])
        begun = time.thread_time()
        box(looked[1:])
        if (time.thread_time() - begun) / _LOOKED * many * _NEAR < self.effort.limit:
            return None
        return self._allowed(self.fit_estimate(), "fix parameters, or give fewer points to a grid")

    def _allowed(self, estimate: Estimate, remedy: str) -> Estimate:
        """Return an estimate within the limit."""
        if estimate.seconds > self.effort.limit:
            raise NuanomalyError(
                f"this needs {estimate}, and the limit is {duration(self.effort.limit)}: {remedy}; use more "
                "workers; or raise the limit"
            )
        return estimate

    @property
    def _placement(self) -> Placement:
        return Placement(workers=self.effort.workers)


def _each(
    function: Function, sample: Callable[[int, int], Mapping[str, Array]], total: int, chunk: int
) -> float:
    """Return how long one of so many values takes in seconds, on a few here and there, the caches filled.

    A value is dearer in a call of few than in one of a whole chunk, up to tenfold.
    """
    some, largest = min(total, _TIMED), min(chunk, int(_SMALL_PART * total))
    function(sample(0, some))
    while True:
        starts = [(total - some) * (2 * k + 1) // (2 * _PLACES) for k in range(_PLACES)]
        begun = time.thread_time()
        for start in starts:
            function(sample(start, start + some))
        spent = time.thread_time() - begun
        if spent > search_cost.PATIENCE or some >= largest:
            return spent / (some * _PLACES)
        some = min(largest, _LARGER * some)


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
    >>> duration(12.3), duration(600), duration(6180), duration(200_000)
    ('12 s', '10 min', '100 min', '2.3 days')
    """
    for length, unit in ((86400.0, "days"), (3600.0, "hours"), (60.0, "min")):
        if seconds >= 2 * length:
            return f"{float(f'{seconds / length:.2g}'):g} {unit}"
    return f"{float(f'{seconds:.2g}'):g} s"
