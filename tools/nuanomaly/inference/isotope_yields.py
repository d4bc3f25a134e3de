"""The yields of isotopes that a fit finds in which their normalisations are free."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.likelihood.interface import AnyModel, Likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.reactor.inverse_beta_decay import IsotopeResponse
from nuanomaly.model.probabilities import Array
from nuanomaly.model.registry import model as make_model

#: After so many rounds a covariance that follows its prediction has settled.
_ROUNDS = 20


@dataclass(frozen=True, eq=False)
class IsotopeYields:
    """Yields of inverse beta decay per fission, fitted together.

    Attributes
    ----------
    isotopes : tuple of str
    expected : array, shape (n,)
        What the flux of the release predicts, in 1e-43 cm²/fission.
    departures : array, shape (n,)
        Fitted over expected, less one.
    spread : array, shape (n, n)
        Covariance of the departures.
    """

    isotopes: tuple[str, ...]
    expected: Array
    departures: Array
    spread: Array

    @property
    def values(self) -> Array:
        """The fitted yields in 1e-43 cm²/fission."""
        return self.expected * (1.0 + self.departures)

    @property
    def covariance(self) -> Array:
        """Their covariance."""
        return self.spread * np.outer(self.expected, self.expected)

    @property
    def errors(self) -> Array:
        """Their errors, the other normalisations fitted."""
        return self.expected * np.sqrt(np.diagonal(self.spread))


def isotope_yields(
    likelihood: Likelihood, model: AnyModel, nuisances: Mapping[str, str], parameters: Mapping[str, Any]
) -> IsotopeYields:
    """Return the yields of some isotopes at a point of a model.

    Parameters
    ----------
    likelihood : Likelihood
        With a flux of isotopes, such as ``daya-bay-evolution:free-isotopes``.
    model : str or Model
    nuisances : mapping
        By isotope: the nuisance that scales its flux.
    parameters : mapping
        Of the model.

    Raises
    ------
    UnknownNameError
        For an isotope or a nuisance that the likelihood does not have.
    NuanomalyError
        If it has no isotopes, or is not quadratic in their normalisations.

    Examples
    --------
    >>> from nuanomaly.likelihood.build import likelihood
    >>> lk = likelihood("daya-bay-evolution@2017-r1", "free-isotopes")
    >>> at = {"sin2_theta13": 0.0215, "dm2_31": 2.525e-3, "dm2_21": 7.39e-5}
    >>> found = isotope_yields(lk, "3nu", {"u235": "reactor-yield-u235-free"}, at)
    >>> found.values.round(2), found.errors.round(2)
    (array([6.18]), array([0.17]))
    """
    predicted, chosen = expected_yields(likelihood), make_model(model)
    form = likelihood.quadratic(chosen, likelihood.points(chosen, dict(parameters)))
    if form is None:
        raise NuanomalyError(f"{likelihood.release}: is not quadratic in the normalisations of isotopes")
    for isotope, name in nuisances.items():
        if name not in form.ids:
            raise UnknownNameError("nuisance", name, form.ids, likelihood.release)
        if isotope not in predicted:
            raise UnknownNameError("isotope", isotope, predicted, likelihood.release)
    order = [likelihood.nuisances.ids.index(name) for name in form.ids]
    covariance = np.linalg.inv(form.hessian[0] + likelihood.nuisances.prior()[np.ix_(order, order)])
    places = [form.ids.index(name) for name in nuisances.values()]
    return IsotopeYields(
        tuple(nuisances),
        np.array([predicted[isotope] for isotope in nuisances]),
        np.asarray(form.profile(likelihood.nuisances)[1][0, places], float),
        covariance[np.ix_(places, places)],
    )


def expected_yields(likelihood: Likelihood) -> dict[str, float]:
    """Return what the flux of a release predicts for each isotope, in 1e-43 cm²/fission.

    Raises
    ------
    NuanomalyError
        If the likelihood has no isotopes.
    """
    if not isinstance(likelihood, ResponseLikelihood) or not isinstance(likelihood.response, IsotopeResponse):
        raise NuanomalyError(f"{likelihood.release}: only a response with isotopes has yields")
    response = likelihood.response
    return dict(zip(response.isotopes, response.unoscillated[0].tolist(), strict=True))


def grouped_chi2(
    yields: Array,
    measured: Array,
    statistical: Array,
    relative: Array,
    groups: Sequence[Sequence[int]],
    loose: Sequence[int] = (),
    line: Array | None = None,
) -> float:
    """Return the smallest χ² of yields against the fuel, with one free factor for each group of isotopes.

    Parameters
    ----------
    yields : array, shape (n, m)
        What each isotope adds in each bin of fuel: its share times its yield.
    measured : array, shape (n,)
    statistical, relative : array, shape (n, n)
        Covariances; the second relative to a yield.
    groups : sequence of sequences of int
        Columns of ``yields`` that one factor scales.
    loose : sequence of int
        Columns that may depart by 10 %.
    line : array, shape (n,), optional
        What relative errors scale with; the fitted hypothesis itself if left out.

    Examples
    --------
    >>> yields, counts = np.array([[1.0, 2.0], [2.0, 1.0]]), np.array([3.3, 3.3])
    >>> chi2 = grouped_chi2(yields, counts, np.eye(2), np.zeros((2, 2)), [(0, 1)])
    >>> round(abs(chi2), 9)
    0.0
    """
    total = yields.sum(axis=1)
    columns = [yields[:, list(group)].sum(axis=1) for group in (*groups, *((one,) for one in loose))]
    design, residual = np.array(columns).T, measured - total
    prior = np.diag([0.0] * len(groups) + [0.1**-2] * len(loose))
    at = np.zeros(len(columns))
    for _ in range(1 if line is not None else _ROUNDS):
        scale = total + design @ at if line is None else line
        inverse = np.linalg.inv(statistical + relative * np.outer(scale, scale))
        at = np.linalg.solve(design.T @ inverse @ design + prior, design.T @ inverse @ residual)
    return float(residual @ inverse @ residual - residual @ inverse @ design @ at)
