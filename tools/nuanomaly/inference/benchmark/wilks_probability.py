"""The probability of a difference at least as large as the statistic at a point, by Wilks' theorem."""

from typing import Annotated

from scipy.stats import chi2

from nuanomaly.archive.options import Count, completed
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import OfLikelihood, Point
from nuanomaly.likelihood.build import likelihood


class Options(OfLikelihood):
    """Options of the benchmark."""

    model: Annotated[str, "Name of a model."]
    parameters: Annotated[Point, "The point."]
    dof: Annotated[Count, "Degrees of freedom."]


@completed
def compute(config: Options, release: Release) -> float:
    """Return the probability that χ² of so many degrees of freedom exceeds the statistic."""
    difference = likelihood(release, config.get("mode")).chi2(config["model"], **config["parameters"])
    return float(chi2.sf(difference, config["dof"]))
