"""What a search will cost, before it is made: each kind of its steps is timed on a few points.

A search evaluates the statistic at starts that share mass splittings, where these are walked at steps of the
rest, and in descents whose points share nothing. One value of each kind costs differently, by the model and
by how much of the waves is remembered, up to a hundredfold; how many there are follows from the dimension.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from nuanomaly.inference import multistart as steps
from nuanomaly.inference.multistart import STARTS, Box
from nuanomaly.model.probabilities import Array

#: How many starts fill the caches, how many are timed, how many of the lowest are followed by steps of the
#: rest, and by descents of how many steps. In calls of fewer points than a search makes a point is dearer, so
#: that there are larger ones as long as the last took less than so many seconds.
_WARMING, _STARTS, _REST, _DESCENTS, _DESCENT_STEPS = 8, (32, 224, 1024), (4, 32), (1, 8), 2
PATIENCE = 0.2
#: Nothing more is timed when what is known already takes so many times as long as is allowed.
_SURE = 2.0
#: Of searches of 3 to 7 parameters: how often lines are looked along, and which part of the steps that a
#: descent may make it makes; among the rest alone, and along all axes.
_ROUNDS, _WALKED_PART, _DESCENT_PART = 1.4, 0.75, 0.5


@dataclass(frozen=True)
class Values:
    """How many values of each kind a search evaluates.

    Attributes
    ----------
    starts, walked, descents : float
        At starts and on lines, at steps of the rest where splittings are walked, and in descents.
    """

    starts: float
    walked: float
    descents: float

    @property
    def total(self) -> int:
        """All of them."""
        return round(self.starts + self.walked + self.descents)


@dataclass(frozen=True, eq=False)
class Metered(Box):
    """A box that notes how many values were asked for, and how long they took in seconds."""

    spent: list[tuple[int, float]] = field(default_factory=list)

    def __call__(self, unit: Array) -> Array:
        """Return the objective at points (…, k) of the box, shape (…)."""
        begun = time.thread_time()
        values = super().__call__(unit)
        self.spent.append((values.size, time.thread_time() - begun))
        return values

    def each(self) -> float:
        """Return how long one value took since this was asked last, in seconds; nan if none was asked for.

        It is the median over calls: the first ones may fill a cache.
        """
        rates = [seconds / count for count, seconds in self.spent]
        self.spent.clear()
        return median(rates) if rates else float("nan")


def expected(box: Box, starts: int = STARTS) -> Values:
    """Return how many values one search from so many starts will evaluate.

    Examples
    --------
    >>> from nuanomaly.inference.question import Question
    >>> three, seven = Question("karmen", "3+1"), Question("karmen", "3+2")
    >>> [expected(Box(what.objective, what.axes)).total for what in (three, seven)]
    [3296, 47302]
    """
    k, walks, splittings = len(box.axes), steps.walks(box.axes), int(steps.splittings(box.axes).sum())
    each = 2 * k + len(steps.LENGTHS)
    descent = each * (steps.FOLLOWED * steps.SCREENED + steps.KEPT * (steps.STEPS - steps.SCREENED))
    lines, beside = (_ROUNDS if k > steps.LINES_ABOVE else 0.0), (_ROUNDS if walks else 0.0)
    through = steps.WALKS_THROUGH if walks else steps.LINES_THROUGH
    descents, looked = (
        _DESCENT_PART * descent * (1.0 + lines + beside),
        lines * through * k * steps.LINE_POINTS,
    )
    if not walks:
        return Values(starts + looked, 0.0, descents)
    count, free = steps.WALKED * starts, k - splittings
    rest = _WALKED_PART * steps.WALKED_STEPS * (2 * free + len(steps.LENGTHS)) + 2 * free
    places = count / steps.WALKED_SHARING + lines * splittings * through * steps.LINE_POINTS
    return Values(count + looked, places * rest, descents)


def seconds(box: Box, starts: int = STARTS, enough: float = float("inf")) -> float:
    """Return how long one search from so many starts will take in seconds, each kind of step timed.

    Parameters
    ----------
    enough : float
        Nothing more is timed when a search takes longer than this for certain, in seconds: then what was not
        timed is said to cost what the rest does.
    """
    walks, metered, many = steps.walks(box.axes), Metered(box.objective, box.axes), expected(box, starts)
    sharing = steps.WALKED_SHARING if walks else steps.SHARING
    filling = steps.filling(box.axes, _WARMING + sum(_STARTS), 0, sharing, box.shared)
    metered(filling[:_WARMING])
    metered.spent.clear()
    values = np.zeros(0)

    def start(count: int) -> None:
        nonlocal values
        first = _WARMING + values.size
        values = np.concatenate([values, metered(filling[first : first + count])])

    rate = _rate(metered, _STARTS, start)
    known, left = many.starts * rate, many.walked + many.descents
    points = filling[_WARMING : _WARMING + values.size]
    lowest = [k for k in np.argsort(values, kind="stable") if np.isfinite(values[k])]

    def rest(count: int) -> None:
        few = lowest[:count]
        steps.rest_minimised(metered, values[few], points[few], 1)

    def descend(count: int) -> None:
        few = lowest[:count]
        steps.stepped(metered, values[few], points[few], None, None, _DESCENT_STEPS)

    for count, sizes, follow in ((many.walked, _REST, rest), (many.descents, _DESCENTS, descend)):
        if known > _SURE * enough or not lowest:
            break
        if count:
            rate = _rate(metered, sizes, follow)
            known, left = known + count * rate, left - count
    return known + left * rate


def _rate(metered: Metered, sizes: Sequence[int], make: Callable[[int], None]) -> float:
    """Return how long one value takes in seconds, in calls as large as there is patience for."""
    rate = float("nan")
    for size in sizes:
        make(size)
        spent = sum(each for _, each in metered.spent)
        rate = metered.each()
        if spent > PATIENCE:
            break
    return rate
