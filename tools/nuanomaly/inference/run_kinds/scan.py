"""The statistic on a grid."""

from typing import Annotated, NotRequired

from nuanomaly.archive.options import completed
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_options import AskedOfSome, question
from nuanomaly.inference.scan import Scan, scan_of
from nuanomaly.inference.workers import Placement
from nuanomaly.inference.workload import Effort


class Options(AskedOfSome):
    """Options of the run."""

    profile: NotRequired[
        Annotated[list[str], {"default": []}, "Parameters that are minimised over at each grid point."]
    ]


@completed
def compute(config: Options, placement: Placement | None = None, progress: Progress | None = None) -> Scan:
    """Return the scan."""
    effort = Effort(workers=(placement or Placement()).workers, limit=float("inf"))
    return scan_of(question(config), config["profile"], progress, effort)
