"""What an experiment could expect to exclude: the limit on an amplitude, if there is no oscillation.

At each mass splitting the limit is the largest amplitude whose Δ does not exceed the critical value of Wilks'
theorem. Two ways to say what is expected:

* *Asimov*: the limit of the data that are expected without oscillation (Cowan, Cranmer, Gross and Vitells,
  1007.1727), which is quick;
* *toys*: the median of the limits of data sets that fluctuate, and the bands that hold 68 % and 95 % of them.

Two constructions of Δ: ``plane`` counts it from the smallest value anywhere, with two degrees of freedom;
``raster`` from the smallest at that splitting, with one. What was observed is treated in the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Unpack

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.contours import level
from nuanomaly.inference.engine import Engine, Plane, kept_engine
from nuanomaly.inference.feldman_cousins import fingerprint
from nuanomaly.inference.grid import Axis
from nuanomaly.inference.injection import expected_data
from nuanomaly.inference.keywords import named_after
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.question import Data, Question, Settings
from nuanomaly.inference.rank import rank
from nuanomaly.inference.result import Result
from nuanomaly.inference.toy_planes import plane_of, shared_out
from nuanomaly.inference.vertex import refined
from nuanomaly.inference.workers import Placement
from nuanomaly.likelihood.interface import AnyModel
from nuanomaly.model.probabilities import Array

if TYPE_CHECKING:
    import pandas as pd

Construction = Literal["plane", "raster"]
#: The parts of toys between the two ends of a band.
BANDS = (0.6827, 0.9545)
#: So many values of the statistic (doubles) are held at once.
_CHUNK = 2_000_000


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(Result):
    """Limits on an amplitude that are expected without oscillation.

    Attributes
    ----------
    datasets, model, fixed, approximate
        As of every result.
    cl : float
        Confidence level.
    construction : {"plane", "raster"}
    amplitude : Axis
        A limit at its upper end means that nothing is excluded, one at its lower end that everything is.
    along : Axis or None
        The other parameter; None if only the amplitude is free.
    asimov, observed : arrays, shape (R,)
        Limits at each value of ``along``.
    toys : array, shape (T, R)
        Limits of toys; T may be 0.
    critical : float
        The critical Δ.
    """

    datasets: tuple[str, ...]
    model: str
    cl: float
    construction: Construction
    amplitude: Axis
    along: Axis | None
    asimov: Array
    observed: Array
    toys: Array
    critical: float
    seed: int = 0
    fixed: Mapping[str, float] = field(default_factory=dict)
    approximate: str = ""

    @property
    def median(self) -> Array:
        """The median limit of the toys at each value of ``along``, shape (R,).

        Raises
        ------
        NuanomalyError
            If there are no toys.
        """
        return self._quantile(0.5)

    def band(self, share: float) -> tuple[Array, Array]:
        """Return the limits between which a central share of the toys lies, shapes (R,)."""
        return self._quantile(0.5 * (1.0 - share)), self._quantile(0.5 * (1.0 + share))

    def _quantile(self, share: float) -> Array:
        if not len(self.toys):
            raise NuanomalyError("this sensitivity was computed without toys: ask for some")
        return np.asarray(np.quantile(self.toys, share, axis=0))

    @property
    def how(self) -> str:
        """How it was obtained."""
        counted = "from the smallest anywhere" if self.construction == "plane" else "at each value alone"
        toys = f" and {len(self.toys)} toys, seed {self.seed}" if len(self.toys) else ""
        return (
            f"{100 * self.cl:g} % limits, Δ {counted} up to {self.critical:.2f} (Wilks), of the data that "
            f"are expected without oscillation (Asimov){toys}"
        )

    def __str__(self) -> str:
        best = int(np.argmin(self.asimov))
        at = "" if self.along is None else f" at {self.along.name} = {self.along.values[best]:.3g}"
        return (
            f"{' + '.join(self.datasets)}, {self.model}: expected {self.amplitude.name} < "
            f"{self.asimov[best]:.3g}{at}, observed {self.observed[best]:.3g} ({self.how})"
        )

    def summary(self) -> dict[str, str]:
        """Return what a notebook shows of it."""
        best = int(np.argmin(self.asimov))
        rows = {"data": " + ".join(self.datasets), "model": self.model}
        if self.along is not None:
            rows["strongest at"] = f"{self.along.name} = {self.along.values[best]:.3g}"
        rows["expected limit (Asimov)"] = f"{self.asimov[best]:.3g}"
        if len(self.toys):
            low, high = self.band(BANDS[0])
            rows["expected limit (median of toys)"] = (
                f"{self.median[best]:.3g} ({low[best]:.3g} … {high[best]:.3g}, 68 %)"
            )
        return rows | {"observed limit": f"{self.observed[best]:.3g}", "obtained by": self.how}

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return the limits, as they are stored; see :meth:`to_frame`."""
        return {"limits": self.to_frame()}

    def to_frame(self) -> "pd.DataFrame":
        """Return the limits, one row for each value of ``along``."""
        import pandas as pd

        columns: dict[str, Any] = {} if self.along is None else {self.along.name: self.along.values}
        columns |= {"asimov": self.asimov, "observed": self.observed}
        if len(self.toys):
            columns["median"] = self.median
            for share in BANDS:
                low, high = self.band(share)
                columns |= {f"low_{100 * share:.4g}": low, f"high_{100 * share:.4g}": high}
        return pd.DataFrame(columns)

    def to_dict(self) -> dict[str, Any]:
        """Return the limits for a result file."""
        frame = self.to_frame()
        return {
            "datasets": list(self.datasets),
            "model": self.model,
            "fixed": dict(self.fixed),
            "cl": self.cl,
            "construction": self.construction,
            "critical": self.critical,
            "amplitude": self.amplitude.name,
            "along": None if self.along is None else self.along.name,
            "toys": len(self.toys),
            "seed": self.seed,
            "limits": {str(name): frame[name].tolist() for name in frame},
            "approximate": self.approximate,
        }


@named_after(2, "grid", "fixed", hints={dict: "fixed"})
def sensitivity(
    data: Data,
    model: AnyModel,
    *,
    cl: float = 0.95,
    construction: Construction = "plane",
    toys: int = 500,
    seed: int = 0,
    placement: Placement | None = None,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> Sensitivity:
    """Return the limits on an amplitude that are expected without oscillation, beside the observed ones.

    Parameters
    ----------
    data, model, fixed, grid, mode, allow_overlap, leave_out
        As for :func:`nuanomaly.inference.scan.scan`; an amplitude, and perhaps one other parameter, are free.
    cl : float
        Confidence level.
    construction : {"plane", "raster"}
        Whether Δ is counted from the smallest value anywhere or from that at the same splitting.
    toys : int
        Of the median and its bands; 0 for the Asimov limit alone.

    Raises
    ------
    NotApplicableError
        For a surface, which expects no data.
    NuanomalyError
        If no free parameter, or more than one, says where its effect vanishes, or more than two are free.

    Examples
    --------
    >>> grid = {"sin2_2theta_mue": (1e-4, 1.0, 200, "log")}
    >>> result = sensitivity("karmen", "2nu-mue", fixed={"dm2_41": 100.0}, grid=grid, cl=0.9, toys=0)
    >>> float(result.asimov[0].round(5)), float(result.observed[0].round(5))
    (0.00128, 0.00094)
    """
    what = Question(data, model, **settings)
    return sensitivity_of(
        what, cl=cl, construction=construction, toys=toys, seed=seed, placement=placement, progress=progress
    )


def sensitivity_of(
    what: Question,
    *,
    cl: float = 0.95,
    construction: Construction = "plane",
    toys: int = 500,
    seed: int = 0,
    placement: Placement | None = None,
    progress: Progress | None = None,
) -> Sensitivity:
    """Return the sensitivity that answers a question; see :func:`sensitivity`."""
    if construction not in ("plane", "raster"):
        raise UnknownNameError("construction", construction, ["plane", "raster"])
    plane = plane_of(what)
    k = plane.amplitude
    if k is None or len(plane.axes) > 2:
        free = ", ".join(a.name for a in plane.axes)
        raise NuanomalyError(
            f"a sensitivity is a limit on one amplitude along at most one other parameter; free are {free}: "
            "fix the others"
        )
    dof = rank(plane.objective, plane.axes).constrained if construction == "plane" else 1
    task = Limits(plane, seed, k, level(cl, dof).delta, construction)
    likelihood, model = plane.objective.likelihood, plane.objective.model
    assert task.engine.data is not None
    expected = expected_data(likelihood, model, plane.point(plane.null))
    both = task.of(np.stack([expected, task.engine.data]))
    key = f"sensitivity {cl} {construction} {fingerprint(task.engine)}"
    drawn = np.zeros((0, both.shape[1]))
    if toys:
        drawn = shared_out(limits_of_toys, task.fresh(), key, toys, placement, progress)
    return Sensitivity(
        datasets=what.names,
        model=what.model.name,
        cl=cl,
        construction=construction,
        amplitude=what.axes[k],
        along=what.axes[1 - k] if len(what.axes) == 2 else None,
        asimov=both[0],
        observed=both[1],
        toys=drawn,
        critical=task.critical,
        seed=seed,
        fixed=what.fixed,
        approximate=what.likelihood.approximate,
    )


@dataclass(frozen=True, eq=False)
class Limits:
    """How limits are found: the plane, which axis is the amplitude, the critical Δ, the construction."""

    plane: Plane
    seed: int
    amplitude: int
    critical: float
    construction: Construction

    def fresh(self) -> tuple[Plane, int, int, float, Construction]:
        """Return what another process needs; engines are made anew where the work is done."""
        return self.plane, self.seed, self.amplitude, self.critical, self.construction

    @property
    def engine(self) -> Engine:
        """The engine of the plane."""
        return kept_engine(self.plane, self.seed)

    def of(self, data: Array) -> Array:
        """Return the limits of data sets (T, n), shape (T, R)."""
        step = max(1, _CHUNK // self.plane.count)
        return np.concatenate([self._limits(data[i : i + step]) for i in range(0, len(data), step)])

    def _limits(self, data: Array) -> Array:
        values = self.engine.values(data)
        null = values[:, [self.plane.null]]
        shape = [len(a) for a in self.plane.asked]
        grid = values[:, self.plane.places].reshape(len(data), *shape)
        rows = np.moveaxis(grid, 1 + self.amplitude, -1).reshape(len(data), -1, shape[self.amplitude])
        if self.construction == "plane":
            smallest = np.minimum(self.engine.minimum(data), values.min(axis=1))[:, None]
        else:
            smallest = np.minimum(self._lowest(rows), null)
        return self._crossing(rows - smallest[:, :, None])

    def _lowest(self, rows: Array) -> Array:
        """Return the lowest values along the amplitude, between its points too; (T, R, A) → (T, R)."""
        flat = rows.reshape(-1, rows.shape[2])
        place, row = flat.argmin(axis=1)[:, None], np.arange(len(flat))
        axis = self.plane.asked[self.amplitude].values
        return refined(lambda moves: flat[row, (place + moves)[..., 0]], place, [axis]).reshape(
            rows.shape[:2]
        )

    def _crossing(self, delta: Array) -> Array:
        """Return the largest amplitude that is allowed, straight in Δ between points; (T, R, A) → (T, R)."""
        axis = self.plane.asked[self.amplitude]
        at = axis.internal(axis.values)
        allowed = delta <= self.critical
        last = allowed.shape[2] - 1 - np.argmax(allowed[:, :, ::-1], axis=2)
        after = np.minimum(last + 1, len(at) - 1)
        below, above = (np.take_along_axis(delta, n[:, :, None], axis=2)[:, :, 0] for n in (last, after))
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.clip((self.critical - below) / (above - below), 0.0, 1.0)
        share = np.where((after > last) & np.isfinite(above), share, 0.0)
        limit = axis.external(at[last] + share * (at[after] - at[last]))
        return np.asarray(np.where(allowed.any(axis=2), limit, axis.values[0]))


def limits_of_toys(payload: tuple[Plane, int, int, float, Construction], argument: tuple[int, int]) -> Array:
    """Return the limits of toys without oscillation: a piece of work."""
    task = Limits(*payload)
    first, count = argument
    drawn = [task.of(task.engine.generate(task.plane.null, b)) for b in range(first, first + count)]
    return np.concatenate(drawn)
