"""The largest p-value over the truths that the data leave, from a run of kind ``global-truths``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nuanomaly.inference.global_fit.declaration import Truth
from nuanomaly.inference.significance import sigma
from nuanomaly.inference.toys import ToyTest

if TYPE_CHECKING:
    import pandas as pd

#: Columns of truths, and entries of regions, that are no parameter.
_ABOUT = ("kind", "delta")


@dataclass(frozen=True)
class Largest:
    """The largest p-value of a region.

    Attributes
    ----------
    region : float
        Δχ² of the joint fit below which truths lie.
    beta : float
        The probability that the region misses the truth.
    truth : (float, float, float)
        Where the tail is largest.
    test : ToyTest
        The data against toys of that truth.
    """

    region: float
    beta: float
    truth: Truth
    test: ToyTest

    @property
    def p_value(self) -> float:
        """The largest share of toys, plus β: a p-value whatever the truth is."""
        return self.test.p_value + self.beta

    @property
    def sigma(self) -> float:
        """The same as a number of σ, two-sided."""
        return sigma(float(np.log(self.p_value)))

    @property
    def interval(self) -> tuple[float, float]:
        """One standard deviation of the p-value, by the number of toys alone."""
        low, high = self.test.interval()
        return low + self.beta, high + self.beta

    @property
    def limit(self) -> float:
        """What the p-value is below at 90 %, by the number of toys."""
        return self.test.interval(0.8)[1] + self.beta


def largest(
    ranked: Mapping[str, Any], truths: "pd.DataFrame", full: Sequence[Mapping[str, Any]] = ()
) -> list[Largest]:
    """Return the largest p-value of each region: of its point with the largest tail, or one with more toys.

    Parameters
    ----------
    ranked : mapping
        The result of a run of kind ``global-truths``.
    truths : DataFrame
        Its table.
    full : sequence of mapping
        Results of runs of kind ``global-tension`` with more toys of some of these truths, which then count;
        of the other truths that with the largest tail does.

    Examples
    --------
    >>> import pandas as pd
    >>> at = {"dm2_41": 1.0, "Ue4_sq": 0.02, "Umu4_sq": 0.01}
    >>> ranked = {"chi2": 9.0, "toys_each": 100, "regions": [{"delta": 20.0, "beta": 2e-4, "worst": 0, **at}]}
    >>> truths = pd.DataFrame([{"above_observed": 3, "delta": 1.0, **at}])
    >>> (one,) = largest(ranked, truths)
    >>> round(one.p_value, 4)
    0.0302
    """
    first = ranked["regions"][0] if ranked["regions"] else {}
    names = [name for name in truths.columns if name in first and name not in _ABOUT]
    counted = {_truth(run["drawn_at"], names): (int(run["above"]), int(run["toys"])) for run in full}
    points = [(_truth(row, names), float(row["delta"])) for row in map(dict, truths.to_dict("records"))]
    result = []
    for entry in ranked["regions"]:
        row = truths.iloc[entry["worst"]]
        tried: dict[Truth, tuple[int, int]] = {
            _truth(entry, names): (int(row["above_observed"]), int(ranked["toys_each"]))
        }
        inside = [point for point, delta in points if delta <= entry["delta"]]
        for at, count in counted.items():
            tried |= {point: count for point in inside if np.allclose(at, point)}
        truth = max(tried, key=lambda point: tried[point][0] / tried[point][1])
        said = ", ".join(f"{name} = {value:.4g}" for name, value in zip(names, truth, strict=True))
        above, toys = tried[truth]
        test = ToyTest(float(ranked["chi2"]), above, toys, against="compatibility", truth=said)
        result.append(Largest(float(entry["delta"]), float(entry["beta"]), truth, test))
    return result


def _truth(row: Mapping[Any, Any], names: Sequence[str]) -> Truth:
    first, second, third = (float(row[name]) for name in names)
    return first, second, third
