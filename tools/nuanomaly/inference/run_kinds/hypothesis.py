"""The test of one point by its own toys."""

from typing import Annotated

from nuanomaly.archive.options import completed
from nuanomaly.inference.montecarlo import toy_hypothesis_of
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_options import AskedByToys, Point, question
from nuanomaly.inference.toys import ToyTest
from nuanomaly.inference.workers import Placement


class Options(AskedByToys):
    """Options of the run."""

    at: Annotated[Point, "The tested point: the values of all free parameters."]


@completed
def compute(config: Options, placement: Placement | None = None, progress: Progress | None = None) -> ToyTest:
    """Return the test."""
    return toy_hypothesis_of(
        question(config),
        config["at"],
        toys=config["toys"],
        seed=config["seed"],
        placement=placement,
        progress=progress,
    )
