"""Probabilities far below one in the number of toys, by subset simulation.

The statistic is a function of normal numbers z. Of the toys of one level the highest tenth are kept, and
chains from them, z' = √(1 − β²) z + β ξ with ξ ~ N(0, 1), give the next level's toys, all above its
threshold; the probability is the product of the shares (Au and Beck, Prob. Eng. Mech. 16 (2001) 263). Toys of
one level are chains from few seeds and not independent: the error is what independent replicas of the whole
simulation differ by, and plain toys must agree wherever they reach.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nuanomaly.model.probabilities import Array

#: The statistic of normal numbers (T, m), shape (T,).
Statistic = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Level:
    """One level of subset simulation.

    Attributes
    ----------
    threshold : float
        What all of its toys reach.
    probability : float
        Of reaching it.
    values : array, shape (N,)
    z : array, shape (N, m)
    accepted : float
        The share of moves that were accepted; one for plain toys.
    """

    threshold: float
    probability: float
    values: Array
    z: Array
    accepted: float


def subset(
    statistic: Statistic,
    dimension: int,
    target: float,
    count: int,
    random: np.random.Generator,
    moves: int = 4,
    step: float = 0.35,
) -> list[Level]:
    """Return the levels of subset simulation up to a target.

    Parameters
    ----------
    dimension : int
        m.
    count : int
        Toys a level.
    moves : int
        Steps of a chain between two toys.
    step : float
        β of the first level; it is adapted so that a third of the moves is accepted.

    Examples
    --------
    >>> levels = subset(lambda z: z[:, 0], 3, 4.0, 2000, np.random.default_rng(2))
    >>> 2e-5 < above(levels, 4.0) < 5e-5  # 3.2e-5
    True
    """
    z = random.standard_normal((count, dimension))
    values = statistic(z)
    levels = [Level(-np.inf, 1.0, values, z, 1.0)]
    while True:
        last = levels[-1]
        threshold = float(np.quantile(last.values, 0.9))
        if threshold >= target or len(levels) > 12:
            return levels
        kept = np.flatnonzero(last.values >= threshold)
        share = kept.size / count
        chosen = random.permutation(np.resize(random.permutation(kept), count))
        z, values = last.z[chosen].copy(), last.values[chosen].copy()
        accepted = 0.0
        for _ in range(moves):
            trial = np.sqrt(1.0 - step**2) * z + step * random.standard_normal(z.shape)
            array = statistic(trial)
            taken = array >= threshold
            z[taken], values[taken] = trial[taken], array[taken]
            rate = float(taken.mean())
            accepted += rate / moves
            step = float(np.clip(step * np.exp(0.6 * (rate - 0.33)), 0.05, 0.9))
        levels.append(Level(threshold, last.probability * share, values, z, accepted))


def above(levels: Sequence[Level], threshold: float) -> float:
    """Return the probability to reach a threshold, from the highest level that is not above it."""
    own = [level for level in levels if level.threshold <= threshold][-1]
    return own.probability * float((own.values >= threshold).mean())
