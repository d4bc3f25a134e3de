"""Normalisations: a factor of a component of a data set, free or with a prior, as a nuisance of its own.

A component is ``signal`` (all that the response gives), ``background`` (all that does not depend on the
model), or one that the release names. The nuisance is the relative change of the component: 0.1 is ten per
cent more. A factor that releases already declare (the flux of an isotope, the cross section of gallium) is a
nuisance too; ``freed`` leaves out its prior.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.likelihood.families.contract import Statistic
from nuanomaly.likelihood.families.independent import IndependentBins
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.parts import Prediction, Transform
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.statistic.gaussian import Gaussian
from nuanomaly.likelihood.transform.stack import Stack
from nuanomaly.likelihood.transform.templates import Templates
from nuanomaly.likelihood.wrappers.joint import JointLikelihood, combine
from nuanomaly.model.probabilities import Array

#: What every prediction that is a sum has.
SIGNAL, BACKGROUND = "signal", "background"
#: A prediction is a sum of components if it grows in proportion to this relative accuracy.
_LINEAR = 1e-9


@dataclass(frozen=True, eq=False)
class Scaled(Transform):
    """A transform some of whose components have a factor.

    Attributes
    ----------
    whole : Transform
    fixed : mapping of str to array, shape (n,)
        The components that do not depend on the model.
    components : tuple of str
        Those that have a factor, in the order of their nuisances, which come last.
    """

    whole: Transform
    fixed: Mapping[str, Array]
    components: tuple[str, ...]

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return self.whole.n_bins

    def __call__(self, outputs: Array) -> Prediction:
        """Return the prediction, with what a unit of each factor adds to it."""
        result = self.whole(outputs)
        signal = result.mu - self.fixed[BACKGROUND]
        added = [
            signal if name == SIGNAL else np.broadcast_to(self.fixed[name], signal.shape)
            for name in self.components
        ]
        return replace(result, jacobian=np.concatenate([result.jacobian, np.stack(added, axis=2)], axis=2))


def with_factors(likelihood: Likelihood, name: str, factors: Mapping[str, float | None]) -> Likelihood:
    """Return a likelihood whose components have factors.

    Parameters
    ----------
    likelihood : Likelihood
        Of a release, or of several: then all have the same factor.
    name : str
        What the data set is called: the nuisances are ``NAME/COMPONENT``.
    factors : mapping of str to (float or None)
        The relative standard deviation of each component's prior; None for a free factor.

    Raises
    ------
    UnknownNameError
        For a component that there is not.
    NuanomalyError
        If the prediction is no sum of components, or its statistic takes no nuisances.

    Examples
    --------
    >>> from nuanomaly.likelihood.build import likelihood
    >>> free = with_factors(likelihood("karmen"), "karmen", {"background": None})
    >>> free.nuisances.ids, bool(free.chi2("3nu") < likelihood("karmen").chi2("3nu"))
    (('karmen/background',), True)
    """
    if isinstance(likelihood, JointLikelihood):
        members = [with_factors(member, name, factors) for member in likelihood.members]
        return combine(members, likelihood.release, likelihood.mode)
    if not isinstance(likelihood, ResponseLikelihood):
        raise NuanomalyError(f"{likelihood.release}: no component of it can be scaled")
    fixed = _fixed(likelihood)
    known = (SIGNAL, *(n for n in fixed if fixed[n].any()))
    for component in factors:
        if component not in known:
            raise UnknownNameError("component", component, known, likelihood.release)
    sigmas = [np.inf if sigma is None else float(sigma) for sigma in factors.values()]
    own = [
        Nuisance(f"{name}/{component}", f"relative change of {component}", sigma, sigma)
        for component, sigma in zip(factors, sigmas, strict=True)
    ]
    nuisances = Nuisances((*likelihood.nuisances.items, *own), likelihood.nuisances.blocks)
    return replace(
        likelihood,
        nuisances=nuisances,
        transform=Scaled(likelihood.transform, fixed, tuple(factors)),
        measure=_with_nuisances(likelihood.measure, nuisances, likelihood.release),
    )


def _with_nuisances(measure: Statistic, nuisances: Nuisances, release: str) -> Statistic:
    if isinstance(measure, Gaussian | IndependentBins):
        return replace(measure, nuisances=nuisances)
    kind = type(measure).__name__
    raise NuanomalyError(f"{release}: no component can be scaled, its statistic ({kind}) takes no nuisances")


def _fixed(likelihood: ResponseLikelihood) -> dict[str, Array]:
    """Return the components that do not depend on the model, and their sum under ``background``."""
    transform, none = likelihood.transform, np.zeros((1, likelihood.response.n_out))
    with np.errstate(all="ignore"):
        zero, one, two = (transform(none + scale) for scale in (0.0, 1.0, 2.0))
        bent = np.abs(two.mu - 2.0 * one.mu + zero.mu)
        straight = bool((bent <= _LINEAR * (np.abs(two.mu) + np.abs(zero.mu))).all())
    if not straight or transform.follows_data or zero.moved is not None:
        raise NuanomalyError(
            f"{likelihood.release}: its prediction is no sum of components (it is a ratio, or normalised to "
            "the data), so that none can be scaled"
        )
    names: dict[str, Array] = {}
    if isinstance(transform, Templates):
        names |= transform.backgrounds
    if isinstance(transform, Stack):
        for name, place in transform.names.items():
            component = np.zeros(transform.fixed.size)
            component[place] = transform.fixed[place]
            names[name] = component @ transform.sums.T
    return {**names, BACKGROUND: zero.mu[0]}
