"""What a value is made of at one point: each bin, each prior, each term that belongs to no bin."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from nuanomaly.model.probabilities import Array


class BinShare(NamedTuple):
    """One bin of a data set: its number, what it adds to the value, and its residual in σ."""

    bin: int
    contribution: float
    pull: float


@dataclass(frozen=True, eq=False)
class Breakdown:
    """What one data set adds to a value at one point, its nuisances at given values.

    Attributes
    ----------
    release : str
    bins : array, shape (n,)
        What each bin adds; negative for some where bins are correlated. Empty for a tabulated surface.
    pulls : array, shape (n,)
        Data less prediction, in standard deviations of the datum alone.
    terms : mapping of str to float
        What belongs to no bin: ln det, priors that the release ties to parameters, pulls of its own.
    own_pulls : mapping of str to float
        Pulls that the statistic profiles itself, in units of their priors.
    errors : array, shape (n,)
        Standard deviations of the data under the prediction.

    Examples
    --------
    >>> part = Breakdown("a@1", np.array([4.0, 0.5, 1.0]), np.array([2.0, 0.7, -1.0]), {"ln det": 3.0})
    >>> part.value, part.largest(1)
    (8.5, (BinShare(bin=0, contribution=4.0, pull=2.0),))
    """

    release: str
    bins: Array
    pulls: Array
    terms: Mapping[str, float] = field(default_factory=dict)
    own_pulls: Mapping[str, float] = field(default_factory=dict)
    errors: Array = field(default_factory=lambda: np.zeros(0))

    @property
    def value(self) -> float:
        """The sum of all bins and terms."""
        return float(self.bins.sum()) + sum(self.terms.values())

    def largest(self, count: int = 3) -> tuple[BinShare, ...]:
        """Return the bins that add most, largest first."""
        order = np.argsort(-self.bins, kind="stable")[:count].tolist()
        return tuple(BinShare(k, float(self.bins[k]), float(self.pulls[k])) for k in order)

    def as_dict(self) -> dict[str, Any]:
        """Return the parts for a result file."""
        return {
            "value": self.value,
            "bins": self.bins.tolist(),
            "pulls": [float(p) if np.isfinite(p) else None for p in self.pulls],
            "terms": dict(self.terms),
            "own_pulls": dict(self.own_pulls),
        }
