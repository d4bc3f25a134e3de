"""The limits on an amplitude that are expected without oscillation, beside the observed ones."""

from typing import Annotated, NotRequired

from nuanomaly.archive.options import completed
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_options import AskedByToys, question
from nuanomaly.inference.sensitivity import Construction, Sensitivity, sensitivity_of
from nuanomaly.inference.workers import Placement


class Options(AskedByToys):
    """Options of the run."""

    cl: NotRequired[
        Annotated[
            float, {"default": 0.95, "exclusiveMinimum": 0, "exclusiveMaximum": 1}, "The confidence level."
        ]
    ]
    construction: NotRequired[
        Annotated[
            Construction,
            {"default": "plane"},
            "Whether Δ is counted from the smallest value anywhere or from that at the same splitting.",
        ]
    ]


@completed
def compute(
    config: Options, placement: Placement | None = None, progress: Progress | None = None
) -> Sensitivity:
    """Return the sensitivity."""
    return sensitivity_of(
        question(config),
        cl=config["cl"],
        construction=config["construction"],
        toys=config["toys"],
        seed=config["seed"],
        placement=placement,
        progress=progress,
    )
