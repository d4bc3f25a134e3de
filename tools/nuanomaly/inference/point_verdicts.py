"""What data say of one point of a model, as a stored run: each beside three neutrinos, and all by toys.

Toys are not fitted again, so that the part of them that is worse than the data is somewhat too large where
the point is a best fit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, NotRequired, TypedDict

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import Count, completed
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_options import Fixed, ModelName, Point, Seed, Toys
from nuanomaly.inference.run_result import RunResult
from nuanomaly.inference.survey import Verdict, verdict_of
from nuanomaly.inference.toys import generator
from nuanomaly.inference.workers import Placement
from nuanomaly.likelihood.build import join, likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Model
from nuanomaly.model.registry import THREE_NEUTRINOS
from nuanomaly.model.registry import model as make_model

if TYPE_CHECKING:
    import pandas as pd


class Options(TypedDict):
    """Options of the run."""

    datasets: Annotated[
        list[str | list[str]], "One for each data set: a release, or a list of releases that are one."
    ]
    fitted: Annotated[Count, "How many of them, from the first on, the point was fitted to."]
    model: ModelName
    fixed: NotRequired[Fixed]
    at: Annotated[Point, "The point: the values of all free parameters."]
    toys: Toys
    seed: NotRequired[Seed]


@dataclass(frozen=True, eq=False)
class PointVerdicts(RunResult):
    """What data say of a point.

    Attributes
    ----------
    verdicts : mapping of str to Verdict
        By data set, the fitted ones first.
    fitted : int
    worse, toys : int
        How many toys of the fitted data at the point are at least as bad as the data, and of how many.
    """

    verdicts: Mapping[str, Verdict]
    fitted: int
    worse: int
    toys: int
    cpu_seconds: None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the result for a file."""
        return {"fitted": self.fitted, "worse": self.worse, "toys": self.toys}

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return one row for each data set."""
        import pandas as pd

        rows = [
            (name, v.release, v.mode or "", v.status, v.value, v.three_neutrinos, v.delta, v.reason)
            for name, v in self.verdicts.items()
        ]
        head = ["name", "release", "mode", "status", "value", "three_neutrinos", "delta", "reason"]
        return {"verdicts": pd.DataFrame(rows, columns=head)}

    def __str__(self) -> str:
        return f"{len(self.verdicts)} data sets, {self.worse} of {self.toys} toys are worse"


@completed
def compute(
    declared: Options,
    placement: Placement | None = None,
    progress: Progress | None = None,
) -> PointVerdicts:
    """Return the result of a declared run.

    Raises
    ------
    UnknownNameError
        For an unknown release.
    NuanomalyError
        If no data set was fitted.

    Examples
    --------
    >>> point = {"dm2_41": 2.0, "sin2_2theta_ee": 0.1}
    >>> declared = {"datasets": ["gallex@2010-r1", "best@2022-r1"], "fitted": 1, "model": "2nu-ee"}
    >>> found = compute({**declared, "at": point, "toys": 100, "seed": 1})
    >>> list(found.verdicts), found.toys
    (['gallex@2010-r1', 'best@2022-r1'], 100)
    """
    entries, fitted = list(declared["datasets"]), int(declared["fitted"])
    if not 0 < fitted <= len(entries):
        raise NuanomalyError(f"fitted: {fitted} of {len(entries)} data sets: at least one, and no more")
    members = [[entry] if isinstance(entry, str) else list(entry) for entry in entries]
    chosen = make_model(declared["model"])
    point = {**declared["fixed"], **declared["at"]}
    standard = {parameter.name for parameter in make_model(THREE_NEUTRINOS).parameters}
    three = {name: value for name, value in point.items() if name in standard}
    verdicts = {}
    for done, releases in enumerate(members, 1):
        one = likelihood(releases[0]) if len(releases) == 1 else join(" + ".join(releases), releases)
        verdicts[" + ".join(releases)] = verdict_of(one, chosen, point, three=three)
        if progress is not None:
            progress(done, len(members) + 1)
    together = join("fitted", [release for releases in members[:fitted] for release in releases])
    toys = int(declared["toys"])
    return PointVerdicts(verdicts, fitted, _worse(together, chosen, point, toys, int(declared["seed"])), toys)


def _worse(together: Likelihood, model: Model, point: Mapping[str, float], toys: int, seed: int) -> int:
    """Return how many toys at a point are at least as bad as the data there."""
    at = together.points(model, point)
    table = together.tabulate(model, at)
    values = table(together.toys(model, at, toys, generator(seed)))[:, 0]
    assert together.data is not None  # toys were made of it
    return int((values >= table(together.data[None])[0, 0]).sum())
