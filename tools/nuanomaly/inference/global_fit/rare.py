"""Probabilities far below one in the number of toys, by two methods that have nothing in common but the toys.

Both need the statistic as a function of normal numbers z. *Subset simulation* climbs: of the toys of one
level the highest tenth are kept, and chains from them, z' = √(1 − β²) z + β ξ with ξ ~ N(0, 1), give the
next level's toys, all above its threshold; the probability is the product of the shares. *Importance
sampling* draws from a mixture

    q(z) = π₀ N(0, 1) + Σ_k π_k N(δ_k, 1),      w = N(0, 1)/q = 1/(π₀ + Σ_k π_k exp(δ_k·z − |δ_k|²/2)),

so that no weight exceeds 1/π₀ (the balance heuristic). A mixture that misses a valley has errors that look
well: hence π₀ is a tenth or more, and the two methods, and plain toys where they reach, must agree.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nuanomaly.model.probabilities import Array

#: The statistic of normal numbers (T, m), shape (T,).
Statistic = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Weighted:
    """Weighted toys.

    Attributes
    ----------
    values, weights : array, shape (N,)
    """

    values: Array
    weights: Array

    def above(self, threshold: float) -> tuple[float, float]:
        """Return the probability to reach a threshold, and its standard error."""
        own = np.where(self.values >= threshold, self.weights, 0.0)
        return float(own.mean()), float(own.std(ddof=1) / np.sqrt(own.size))

    def effective(self, threshold: float) -> float:
        """Return how many equal weights tell as much: (Σw)²/Σw² of what reaches a threshold."""
        own = self.weights[self.values >= threshold]
        return float(own.sum() ** 2 / (own**2).sum()) if own.size else 0.0

    def largest(self, threshold: float) -> float:
        """Return the largest share of one toy in the probability to reach a threshold."""
        own = self.weights[self.values >= threshold]
        return float(own.max() / own.sum()) if own.size else 1.0

    def total(self) -> tuple[float, float]:
        """Return the mean weight, which is one, and its standard error."""
        return float(self.weights.mean()), float(self.weights.std(ddof=1) / np.sqrt(self.weights.size))


def mixture(
    statistic: Statistic, shifts: Array, shares: Array, count: int, random: np.random.Generator
) -> Weighted:
    """Return toys drawn from a mixture of shifted normal distributions, with their weights.

    Parameters
    ----------
    statistic : callable
    shifts : array, shape (K, m)
        δ_k; the first is zero.
    shares : array, shape (K,)
        π_k, which add up to one.
    count : int

    Examples
    --------
    The probability of z₀ ≥ 5 is 2.87e-7:

    >>> shifts = np.array([[0.0, 0.0], [5.0, 0.0]])
    >>> toys = mixture(lambda z: z[:, 0], shifts, np.array([0.2, 0.8]), 20_000, np.random.default_rng(1))
    >>> p, error = toys.above(5.0)
    >>> abs(p - 2.87e-7) < 3 * error, error / p < 0.03
    (True, True)
    """
    which = random.choice(len(shares), size=count, p=shares)
    z = random.standard_normal((count, shifts.shape[1])) + shifts[which]
    exponent = z @ shifts.T - 0.5 * (shifts**2).sum(axis=1)
    weights = 1.0 / (np.exp(exponent) @ shares)
    return Weighted(statistic(z), weights)


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


def relative_error(levels: Sequence[Level], threshold: float, independent: float = 0.25) -> float:
    """Return the relative standard error of the probability to reach a threshold, about.

    Parameters
    ----------
    independent : float
        The part of a chain's toys that counts as independent of the others.
    """
    own = [level for level in levels if level.threshold <= threshold]
    steps = [after.probability / before.probability for before, after in pairwise(own)]
    steps.append(max(float((own[-1].values >= threshold).mean()), 1.0 / own[-1].values.size))
    # the first level's toys are independent
    counts = [own[0].values.size, *(independent * level.values.size for level in own[1:])]
    return float(np.sqrt(sum((1.0 - p) / (p * n) for p, n in zip(steps, counts, strict=True))))
