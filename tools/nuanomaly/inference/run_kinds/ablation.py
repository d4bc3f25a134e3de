"""What each definition of the statistic gives that makes sense for the data."""

from typing import Annotated, NotRequired

from nuanomaly.archive.options import completed
from nuanomaly.inference.ablation import Ablation, ablation_of
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_options import AskedOfSome, question
from nuanomaly.inference.workers import Placement


class Options(AskedOfSome):
    """Options of the run."""

    bins: NotRequired[Annotated[bool, {"default": True}, "Leave each tenth of the bins out, too."]]


@completed
def compute(
    config: Options, placement: Placement | None = None, progress: Progress | None = None
) -> Ablation:
    """Return the rows, one for each definition."""
    return Ablation(tuple(ablation_of(question(config), bins=config["bins"])))
