"""The yield of an isotope that a fit of free isotopes finds, or its error.

Config
------
mode, model, parameters : as for the kind ``value``
isotope : isotope of the response
nuisance : the nuisance that scales its flux
which : ``value`` or ``error``, in 1e-43 cm²/fission
"""

from collections.abc import Mapping
from typing import Any

from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import chosen
from nuanomaly.inference.isotope_yields import isotope_yields


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the wanted number.

    Raises
    ------
    NuanomalyError
        If the likelihood has no isotopes, or is not quadratic in their normalisations.
    """
    scaled, at = {config["isotope"]: config["nuisance"]}, config.get("parameters", {})
    found = isotope_yields(chosen(config, release), config["model"], scaled, at)
    return float((found.values if config["which"] == "value" else found.errors)[0])
