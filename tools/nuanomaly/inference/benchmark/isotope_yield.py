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

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.release import Release
from nuanomaly.inference.benchmark.value import chosen
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.reactor.inverse_beta_decay import IsotopeResponse
from nuanomaly.model.registry import model as make_model


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the wanted number.

    Raises
    ------
    NuanomalyError
        If the likelihood has no isotopes, or is not quadratic in their normalisations.
    """
    likelihood, model = chosen(config, release), make_model(config["model"])
    if not isinstance(likelihood, ResponseLikelihood) or not isinstance(likelihood.response, IsotopeResponse):
        raise NuanomalyError(f"{likelihood.release}: only a response with isotopes has yields")
    response, nuisances = likelihood.response, likelihood.nuisances
    form = likelihood.quadratic(model, likelihood.points(model, config.get("parameters", {})))
    if form is None:
        raise NuanomalyError(f"{likelihood.release}: is not quadratic in the normalisations of isotopes")
    if config["nuisance"] not in form.ids:
        raise UnknownNameError("nuisance", config["nuisance"], form.ids, release.id)
    if config["isotope"] not in response.isotopes:
        raise UnknownNameError("isotope", config["isotope"], response.isotopes, release.id)
    place = form.ids.index(config["nuisance"])
    expected = float(response.unoscillated[0, response.isotopes.index(config["isotope"])])
    if config["which"] == "value":
        return expected * (1.0 + float(form.profile(nuisances)[1][0, place]))
    order = [nuisances.ids.index(name) for name in form.ids]
    covariance = np.linalg.inv(form.hessian[0] + nuisances.prior()[np.ix_(order, order)])
    return expected * float(np.sqrt(covariance[place, place]))
