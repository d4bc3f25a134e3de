"""Whether data sets are compatible: the parameter goodness of fit, by Wilks' theorem."""

from nuanomaly.archive.options import completed
from nuanomaly.inference.compatibility import compatibility_of
from nuanomaly.inference.compatibility_result import Compatibility
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_options import Searched, effort, question
from nuanomaly.inference.workers import Placement


class Options(Searched):
    """Options of the run."""


@completed
def compute(
    config: Options, placement: Placement | None = None, progress: Progress | None = None
) -> Compatibility:
    """Return the comparison."""
    return compatibility_of(question(config), progress, effort(config, placement))
