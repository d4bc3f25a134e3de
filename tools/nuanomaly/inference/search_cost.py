"""What a search will cost, before it is made: each kind of its steps is timed on a few points.

A search evaluates the statistic at starts that share mass splittings, where these are walked at steps of the
rest, and in descents whose points share nothing. One value of each kind costs differently, by the model and
by how much of the waves is remembered, up to a hundredfold; how many there are follows from the dimension.
"""

import time
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from nuanomaly.inference import multistart as steps
from nuanomaly.inference.multistart import STARTS, Box
from nuanomaly.model.probabilities import Array

#: How many starts fill the caches, and how many are timed; how many of the lowest are followed by steps of
#: the rest and of all, and by how many. In calls of fewer points than a search makes, a point is dearer.
_WARMING, _TIMED = 32, 256
_REST, _REST_STEPS, _DESCENTS, _DESCENT_STEPS = 32, 1, 8, 2
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


def seconds(box: Box, starts: int = STARTS) -> float:
    """Return how long one search from so many starts will take in seconds, each kind of step timed."""
    walks, metered = steps.walks(box.axes), Metered(box.objective, box.axes)
    sharing = steps.WALKED_SHARING if walks else steps.SHARING
    points = steps.filling(box.axes, _WARMING + _TIMED, 0, sharing, box.shared)
    metered(points[:_WARMING])
    metered.spent.clear()
    points = points[_WARMING:]
    values = metered(points)
    at_starts = metered.each()
    lowest = [k for k in np.argsort(values, kind="stable") if np.isfinite(values[k])]
    walked = descending = at_starts
    if lowest and walks:
        few = lowest[:_REST]
        steps.rest_minimised(metered, values[few], points[few], _REST_STEPS)
        walked = metered.each()
    if lowest:
        few = lowest[:_DESCENTS]
        steps.stepped(metered, values[few], points[few], None, None, _DESCENT_STEPS)
        descending = metered.each()
    many = expected(box, starts)
    return many.starts * at_starts + many.walked * walked + many.descents * descending
