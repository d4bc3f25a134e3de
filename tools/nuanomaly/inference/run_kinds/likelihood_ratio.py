"""The test of one point against another, one-sided, by toys of the first."""

from typing import Annotated, NotRequired

from nuanomaly.archive.options import completed
from nuanomaly.inference.likelihood_ratio import Draw, toy_likelihood_ratio_of
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_options import AskedByToys, Point, question
from nuanomaly.inference.toys import ToyTest
from nuanomaly.inference.workers import Placement


class Options(AskedByToys):
    """Options of the run."""

    at: Annotated[Point, "The tested point: the values of all free parameters."]
    against: Annotated[Point, "The other point."]
    draw: NotRequired[
        Annotated[
            Draw, {"default": "data"}, "Toys as the data fluctuate, or Gaussian ones of the covariance."
        ]
    ]


@completed
def compute(config: Options, placement: Placement | None = None, progress: Progress | None = None) -> ToyTest:
    """Return the test."""
    return toy_likelihood_ratio_of(
        question(config),
        config["at"],
        config["against"],
        draw=config["draw"],
        toys=config["toys"],
        seed=config["seed"],
        placement=placement,
        progress=progress,
    )
