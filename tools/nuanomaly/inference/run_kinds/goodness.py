"""The goodness of fit by toys of the best fit."""

from nuanomaly.archive.options import completed
from nuanomaly.inference.montecarlo import toy_goodness_of
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_options import AskedByToys, question
from nuanomaly.inference.toys import ToyTest
from nuanomaly.inference.workers import Placement


class Options(AskedByToys):
    """Options of the run."""


@completed
def compute(config: Options, placement: Placement | None = None, progress: Progress | None = None) -> ToyTest:
    """Return the test."""
    return toy_goodness_of(
        question(config), toys=config["toys"], seed=config["seed"], placement=placement, progress=progress
    )
