"""The yield of an isotope that a fit of free isotopes finds, or its error."""

from typing import Annotated, Literal, NotRequired

from nuanomaly.archive.options import completed
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import OfLikelihood, Point
from nuanomaly.inference.isotope_yields import isotope_yields
from nuanomaly.likelihood.build import likelihood


class Options(OfLikelihood):
    """Options of the benchmark."""

    model: Annotated[str, "Name of the model."]
    parameters: NotRequired[Annotated[Point, {"default": {}}, "The point of the model."]]
    isotope: Annotated[str, "Isotope of the response."]
    nuisance: Annotated[str, "The nuisance that scales its flux."]
    which: Annotated[Literal["value", "error"], "In 1e-43 cm²/fission."]


@completed
def compute(config: Options, release: Release) -> float:
    """Return the wanted number.

    Raises
    ------
    NuanomalyError
        If the likelihood has no isotopes, or is not quadratic in their normalisations.
    """
    scaled, at = {config["isotope"]: config["nuisance"]}, config["parameters"]
    found = isotope_yields(likelihood(release, config.get("mode")), config["model"], scaled, at)
    return float((found.values if config["which"] == "value" else found.errors)[0])
