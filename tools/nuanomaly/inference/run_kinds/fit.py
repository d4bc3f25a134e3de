"""The best fit."""

from typing import Annotated, Literal, NotRequired

from nuanomaly.archive.options import completed
from nuanomaly.inference.fit import Fit, fit_of
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.run_options import Searched, effort, question
from nuanomaly.inference.workers import Placement


class Options(Searched):
    """Options of the run."""

    errors: NotRequired[
        Annotated[Literal["hesse", "minos"], "Errors by curvature, or where the statistic has risen by one."]
    ]


@completed
def compute(config: Options, placement: Placement | None = None, progress: Progress | None = None) -> Fit:
    """Return the fit."""
    return fit_of(question(config), config.get("errors"), progress, effort(config, placement))
