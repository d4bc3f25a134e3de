"""Prediction and covariance of some samples after others have constrained them, as experiments quote it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood.algebra.constraint import constrain
from nuanomaly.likelihood.interface import AnyModel, Likelihood
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.scaled_covariance import ScaledCovariance
from nuanomaly.model.probabilities import Array
from nuanomaly.model.registry import model as make_model


def constrained(
    likelihood: Likelihood, model: AnyModel, parameters: Mapping[str, Any], prefix: str
) -> tuple[Array, Array]:
    """Return prediction and covariance of all bins at a point, given the data of some samples.

    Parameters
    ----------
    likelihood : Likelihood
        With samples in groups and a covariance that follows the prediction, such as ``miniboone-nue``.
    prefix : str
        How the names of the samples begin that constrain the others, such as ``numu``.

    Returns
    -------
    prediction : array, shape (n,)
    covariance : array, shape (n, n)

    Raises
    ------
    NuanomalyError
        If the likelihood has no such samples.

    Examples
    --------
    >>> from nuanomaly.likelihood.build import likelihood
    >>> lk = likelihood("miniboone-nue@2020", "combined")
    >>> mean, covariance = constrained(lk, "2nu-mue", {"dm2_41": 1.0, "sin2_2theta_mue": 0.0}, "numu")
    >>> round(float(mean[0]), 1), round(float(np.sqrt(covariance[0, 0])), 1)  # 527.2 ± 79.7 before
    (523.9, 56.5)
    """
    groups, (found, measure) = samples(likelihood), _parts(likelihood)
    if not any(name.startswith(prefix) for name in groups):
        raise NuanomalyError(
            f"{likelihood.release}: no sample is called {prefix!r}…: they are {', '.join(groups)}"
        )
    side = np.zeros(measure.n_bins, bool)
    for name, bins in groups.items():
        side[bins] |= name.startswith(prefix)
    chosen = make_model(model)
    prediction = found.prediction(chosen, found.points(chosen, dict(parameters)))
    return constrain(prediction.mu[0], measure.covariance(prediction)[0], measure.data, side)


def samples(likelihood: Likelihood) -> Mapping[str, slice]:
    """Return which bins are whose, by the name of each sample, such as ``nue-nu`` or ``numu-nubar``.

    Raises
    ------
    NuanomalyError
        If the likelihood has no such samples.

    Examples
    --------
    >>> from nuanomaly.likelihood.build import likelihood
    >>> samples(likelihood("miniboone-nue@2020", "combined"))["nue-nu"]
    slice(0, 11, None)
    """
    return _parts(likelihood)[1].stack.groups


def _parts(likelihood: Likelihood) -> tuple[ResponseLikelihood, ScaledCovariance]:
    measure = likelihood.measure if isinstance(likelihood, ResponseLikelihood) else None
    if not isinstance(likelihood, ResponseLikelihood) or not isinstance(measure, ScaledCovariance):
        raise NuanomalyError(f"{likelihood.release}: no samples of it constrain others by a covariance")
    return likelihood, measure


def rounded(likelihood: Likelihood, digits: int, seed: int = 1) -> Iterator[Likelihood]:
    """Yield a likelihood whose released covariance was rounded otherwise, over and over.

    Every element is moved by at most half of its last digit.

    Parameters
    ----------
    digits : int
        With how many digits the covariance was released.

    Raises
    ------
    NuanomalyError
        If its covariance does not follow its prediction.
    """
    found, measure = _parts(likelihood)
    exact, random = measure.fractional, np.random.default_rng(seed)
    size = np.abs(np.where(exact == 0.0, 1.0, exact))
    last = 10.0 ** (np.floor(np.log10(size)) - (digits - 1))
    while True:
        moved = np.triu(last * random.uniform(-0.5, 0.5, exact.shape))
        moved = moved + np.triu(moved, 1).T
        yield replace(found, measure=replace(measure, fractional=exact + moved))
