"""How often regions by Wilks' theorem hold the truth, by toys of several true points."""

from typing import Annotated, NotRequired

from nuanomaly.archive.options import completed
from nuanomaly.inference.coverage import coverage_of
from nuanomaly.inference.feldman_cousins import FeldmanCousins
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_options import AskedByToys, Point, question
from nuanomaly.inference.workers import Placement


class Options(AskedByToys):
    """Options of the run."""

    at: NotRequired[
        Annotated[list[Point], {"default": []}, "True points beside no oscillation and the best grid point."]
    ]


@completed
def compute(
    config: Options, placement: Placement | None = None, progress: Progress | None = None
) -> FeldmanCousins:
    """Return the toys."""
    return coverage_of(
        question(config),
        at=config["at"],
        toys=config["toys"],
        seed=config["seed"],
        placement=placement,
        progress=progress,
    )
