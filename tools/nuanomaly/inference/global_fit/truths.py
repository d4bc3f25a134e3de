"""A declared run of the p-value's dependence on the truth: points of the joint region, ranked by their tails.

The null hypothesis of a tension is composite: some point of the model is true. Its p-value is the largest
over all points that the data leave,

    p_sup = max p(θ) over Δχ²(θ) < region, plus β,

β the probability that the region misses the truth (Berger and Boos, J. Am. Stat. Assoc. 89 (1994) 1012).
Truths are the lowest point of each valley of the joint fit along Δm², the points where each region ends
along each axis, and the largest second mixing of the largest region in each valley. All are tried with the
same normal numbers, so that they are compared without most of their fluctuations. A region is part of the
question, not of the answer: how the largest p-value grows with it says what the number hangs on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from scipy.special import chdtrc

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import Count, completed
from nuanomaly.inference import workers
from nuanomaly.inference.dependence import Names
from nuanomaly.inference.global_fit import pieces
from nuanomaly.inference.global_fit.declaration import FitOptions, Prepared, Truth, essence, prepared
from nuanomaly.inference.global_fit.run import THRESHOLDS, toys_of
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_result import RunResult
from nuanomaly.model.probabilities import Array

if TYPE_CHECKING:
    import pandas as pd


#: Which point of the grid.
Place = tuple[int, int, int]


@dataclass(frozen=True)
class Candidate:
    """A point of the joint region that may be the truth.

    Attributes
    ----------
    kind : str
        ``valley``, or the axis and the end at which the region ends there.
    truth : (float, float, float)
    delta : float
        Δχ² of the joint fit there, on the grid.
    """

    kind: str
    truth: Truth
    delta: float


def candidates(own: Prepared, regions: Sequence[float], valleys: int) -> list[Candidate]:
    """Return valleys and ends of regions that the data leave, the lowest first, each point once.

    Parameters
    ----------
    regions : sequence of float
        Δχ² of the joint fit, ascending.
    valleys : int
        How many at most.
    """
    cube = _joint(own)
    along = cube.min(axis=(1, 2))
    padded = np.concatenate([[np.inf], along, [np.inf]])
    low = np.flatnonzero((along <= padded[:-2]) & (along < padded[2:]) & (along < regions[-1]))
    slices = [int(d) for d in low[np.argsort(along[low])][:valleys]]
    chosen: dict[Place, str] = {}
    for d in slices:
        chosen.setdefault((d, *divmod(int(cube[d].argmin()), cube.shape[2])), "valley")
    for region in regions:
        for axis, parameter in enumerate(own.sets.names):
            for end, place in zip(("smallest", "largest"), _ends(cube, axis, region), strict=True):
                chosen.setdefault(place, f"{end} {parameter}")
    for d in slices:
        _, e, m = _ends(cube[d : d + 1], 2, regions[-1])[1]
        chosen.setdefault((d, e, m), f"largest {own.sets.names[2]} of the valley")
    points = [
        Candidate(
            kind,
            (float(own.sets.dm2[d]), float(own.sets.mixing[e]), float(own.sets.mixing[m])),
            float(cube[d, e, m]),
        )
        for (d, e, m), kind in chosen.items()
    ]
    return sorted(points, key=lambda point: point.delta)


def _joint(own: Prepared) -> Array:
    """Return Δχ² of the joint fit of the data at all points of the grid."""
    electron, muon, product = (
        side.exact(own.sets.data[None])[0] for side in (own.fit.electron, own.fit.muon, own.fit.product)
    )
    together = np.add.outer(np.arange(electron.shape[1]), np.arange(muon.shape[1]))
    cube = electron[:, :, None] + muon[:, None, :] + product[:, together]
    return np.asarray(cube - cube.min())


def _ends(cube: Array, axis: int, region: float) -> tuple[Place, Place]:
    """Return the lowest points of the first and the last slice along an axis that a region reaches."""
    inside = np.flatnonzero(cube.min(axis=tuple(k for k in range(3) if k != axis)) < region)

    def lowest(k: int) -> Place:
        slab = np.take(cube, [k], axis=axis)
        place = [int(p) for p in np.unravel_index(int(slab.argmin()), slab.shape)]
        place[axis] = k
        return place[0], place[1], place[2]

    return lowest(int(inside[0])), lowest(int(inside[-1]))


class Options(FitOptions):
    """Options of the run."""

    regions: Annotated[list[float], {"minItems": 1}, "Δχ² of the joint fit within which truths lie."]
    valleys: Annotated[Count, "How many valleys along the splitting at most."]
    toys: Annotated[Count, "How many plain toys of each."]
    seed: Annotated[int, "Of random numbers."]


@dataclass(frozen=True, eq=False)
class TruthsRun(RunResult):
    """How often toys of each candidate reach the thresholds.

    Attributes
    ----------
    observed : float
        χ²PG of the data.
    regions : tuple of float
        Δχ² within which candidates lie.
    points : list of Candidate
    counts : array of int, shape (candidates, thresholds)
        How many toys reach each threshold, and the value of the data.
    toys : int
        Of each candidate.
    cpu_seconds : float
    names : tuple of str
        What the parameters of a truth are called.
    """

    observed: float
    regions: tuple[float, ...]
    points: list[Candidate]
    counts: Array
    toys: int
    cpu_seconds: float
    names: Names

    def worst(self, region: float, threshold: int = 3) -> int:
        """Return which candidate within a region has the largest tail, by one of the thresholds.

        The lower thresholds decide between equals.
        """
        inside = [k for k, point in enumerate(self.points) if point.delta < region]
        return max(inside, key=lambda k: tuple(self.counts[k, threshold::-1]))

    def to_dict(self) -> dict[str, Any]:
        """Return the result for a file.

        Of each region it holds the worst candidate, and β by χ² of three degrees of freedom.
        """
        own = [(region, self.worst(region)) for region in self.regions]
        return {
            "chi2": self.observed,
            "candidates": len(self.points),
            "toys_each": self.toys,
            "toys_cpu_seconds": float(f"{self.cpu_seconds:.3g}"),
            "regions": [
                {
                    "delta": region,
                    "beta": float(chdtrc(3, region)),
                    "worst": k,
                    "kind": self.points[k].kind,
                    "at": self.points[k].delta,
                    **dict(zip(self.names, self.points[k].truth, strict=True)),
                }
                for region, k in own
            ],
        }

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return one row for each candidate."""
        import pandas as pd

        frame = pd.DataFrame([point.truth for point in self.points], columns=list(self.names))
        frame.insert(0, "kind", [point.kind for point in self.points])
        frame["delta"] = [point.delta for point in self.points]
        for k, name in enumerate([*(f"above_{q:g}" for q in THRESHOLDS), "above_observed"]):
            frame[name] = self.counts[:, k]
        return {"truths": frame}

    def __str__(self) -> str:
        worst = self.to_dict()["regions"][-1]
        at = ", ".join(f"{name} = {worst[name]:.3g}" for name in self.names)
        return f"{len(self.points)} truths, {self.toys} toys each; the largest tail is that of {at}"


@completed
def compute(
    declared: Options,
    placement: workers.Placement | None = None,
    progress: Progress | None = None,
) -> TruthsRun:
    """Return the result of a declared run.

    Raises
    ------
    NuanomalyError
        If it declares no toys.
    """
    own = prepared(essence(declared))
    count = int(declared["toys"])
    if count < 1:
        raise NuanomalyError("a run of kind global-truths needs toys of each truth")
    regions = tuple(sorted(float(region) for region in declared["regions"]))
    points = candidates(own, regions, int(declared["valleys"]))
    each = -(-count // pieces.BLOCK)
    seed = int(declared["seed"])
    blocks = [pieces.Block(point.truth, seed, k) for point in points for k in range(each)]
    arrays = toys_of(own, declared, blocks, placement, progress)
    thresholds = np.array([*THRESHOLDS, own.observed])
    counts, cost = [], 0.0
    for k in range(len(points)):
        values = np.hstack(arrays[k * each : (k + 1) * each])[:, :count]
        counts.append((values[0][:, None] >= thresholds).sum(axis=0))
        cost += float(values[2].sum())
    return TruthsRun(own.observed, regions, points, np.array(counts), count, cost, own.sets.names)
