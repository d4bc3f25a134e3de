"""What a fit of coherent scattering is made of: mean cross section, and events by neutrino and cell."""

from dataclasses import dataclass

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood.interface import AnyModel, Likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.response.cevns import CevnsResponse
from nuanomaly.likelihood.response.recoil_templates import RecoilTemplates
from nuanomaly.model.probabilities import Array
from nuanomaly.model.registry import model as make_model

#: Parameters that scale the scattering of all neutrinos, and of electron neutrinos alone.
STRENGTH, ELECTRONS = "cevns_strength", "cevns_strength_e"


def flux_average(likelihood: Likelihood) -> float:
    """Return the cross section per atom of the standard model, averaged over the flux, in 1e-40 cm².

    Raises
    ------
    NuanomalyError
        If the data are not of coherent scattering.

    Examples
    --------
    >>> from nuanomaly.likelihood.build import likelihood
    >>> round(flux_average(likelihood("coherent-csi@2021-r1")))
    187
    """
    response = likelihood.response if isinstance(likelihood, ResponseLikelihood) else None
    if not isinstance(response, CevnsResponse | RecoilTemplates):
        raise NuanomalyError(f"{likelihood.release}: only data of coherent scattering have its cross section")
    return 1e40 * float(response.flux_average)


@dataclass(frozen=True, eq=False)
class Members:
    """The parts of a fit, each an array of shape (n,), per cell."""

    background: Array
    electron: Array
    muon: Array


def members(likelihood: Likelihood, model: AnyModel, strength: float) -> Members:
    """Return what a fit expects in each cell at a strength, nuisances fitted.

    Parameters
    ----------
    strength : float
        Measured over predicted cross section.

    Returns
    -------
    Members
        Backgrounds with all pulls, scattering of νe, and that of νμ and ν̄μ.

    Raises
    ------
    NuanomalyError
        If the data are not of coherent scattering.
    """
    flux_average(likelihood)
    assert isinstance(likelihood, ResponseLikelihood)
    chosen = make_model(model)
    at = likelihood.points(chosen, {STRENGTH: strength})
    prediction, found = likelihood.prediction(chosen, at), likelihood.profiled(chosen, at)[1]
    pulls = np.array([found[name][0] for name in likelihood.nuisances.ids])
    without = likelihood.points(chosen, {STRENGTH: strength, ELECTRONS: 0.0})
    muons = likelihood.prediction(chosen, without).components
    if prediction.components is None or muons is None:
        raise NuanomalyError(
            f"{likelihood.release}: its prediction does not tell signal and background apart"
        )
    signal = prediction.components[0]
    every = prediction.mu[0] + prediction.jacobian[0] @ pulls
    return Members(every - signal, signal - muons[0], muons[0])
