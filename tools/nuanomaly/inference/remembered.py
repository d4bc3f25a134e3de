"""What was computed in this process and is asked again: values on grids, and minima.

A comparison asks the same of the same data many times: each side by itself, in every pair, in the sum of all.
What data sets that share no nuisance add to a sum is a table of their own, and so is remembered by itself.
Only models of the archive are remembered by: a function of one's own may have changed in between.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from threading import Lock
from typing import Generic, TypeVar

import numpy as np

from nuanomaly.inference.grid import Axis
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.wrappers.joint import JointLikelihood
from nuanomaly.model.probabilities import Array, Model
from nuanomaly.model.registry import known_name

_T = TypeVar("_T")
#: How many numbers (doubles) and how many entries are kept; what was not asked for longest goes first.
_NUMBERS, _ENTRIES = 8_000_000, 512


class Memory(Generic[_T]):
    """Results under keys, the oldest forgotten.

    Examples
    --------
    >>> memory: Memory[float] = Memory()
    >>> memory.once("two", lambda: 2.0), memory.once("two", lambda: 3.0), memory.once(None, lambda: 4.0)
    (2.0, 2.0, 4.0)
    """

    def __init__(self) -> None:
        self._entries: OrderedDict[Hashable, _T] = OrderedDict()
        self._numbers = 0
        self._lock = Lock()

    def once(self, key: Hashable | None, compute: Callable[[], _T]) -> _T:
        """Return what stands under a key, and compute it if nothing does; without a key compute it."""
        if key is None:
            return compute()
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
                return self._entries[key]
        result = compute()
        with self._lock:
            if key not in self._entries and _size(result) <= _NUMBERS // 4:
                self._entries[key] = result
                self._numbers += _size(result)
            while len(self._entries) > 1 and (self._numbers > _NUMBERS or len(self._entries) > _ENTRIES):
                self._numbers -= _size(self._entries.popitem(last=False)[1])
        return result

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._numbers = 0


def _size(result: object) -> int:
    return result.size if isinstance(result, np.ndarray) else 0


def key(
    likelihood: Likelihood,
    model: Model,
    fixed: Mapping[str, float],
    without_prior: Sequence[str],
    axes: Sequence[Axis],
) -> Hashable | None:
    """Return what names the statistic on axes: data, model, what is fixed; None if it cannot be remembered.

    Examples
    --------
    >>> from nuanomaly.inference.question import Question
    >>> def keyed(data, model):
    ...     what = Question(data, model)
    ...     return key(what.likelihood, what.model, what.fixed, (), what.axes)
    >>> keyed("best", "2nu-ee") == keyed("best", "2nu-ee"), keyed("best", "2nu-ee") == keyed("best", "3+1")
    (True, False)
    """
    name = known_name(model)
    if name is None:
        return None
    joined = isinstance(likelihood, JointLikelihood)
    data = likelihood.members if isinstance(likelihood, JointLikelihood) else likelihood
    held = tuple(sorted(set(without_prior) & set(likelihood.nuisances.ids)))
    grid = tuple((a.name, a.log, a.values.tobytes()) for a in axes)
    return joined, data, name, tuple(sorted(fixed.items())), held, grid


def possible(model: Model) -> bool:
    """Say whether answers under a model can be remembered: one of the archive does not change."""
    return known_name(model) is not None


#: Values on grids.
GRIDS: Memory[Array] = Memory()
