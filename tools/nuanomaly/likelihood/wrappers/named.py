"""A likelihood some of whose nuisances are parameters: fixed by name, or scanned, their priors counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.likelihood.algebra.convex import Local
from nuanomaly.likelihood.algebra.gaussian_tables import Table
from nuanomaly.likelihood.breakdown import Breakdown
from nuanomaly.likelihood.families.moments import Moments
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.quadratic import Quadratic
from nuanomaly.likelihood.wrappers.delegating import DelegatingLikelihood, described
from nuanomaly.model.probabilities import Array, Model, NotApplicableError, Parameter

#: How many standard deviations of its prior a nuisance is scanned over, unless a range is given.
_REACH = 3.0


def parameters_of(nuisances: Nuisances) -> dict[str, Parameter]:
    """Return nuisances as parameters, at zero unless they are told otherwise.

    Examples
    --------
    >>> found = parameters_of(Nuisances((Nuisance("flux", "strength", 0.1, 0.2, low=-0.5),)))["flux"]
    >>> found.low, found.default, found.scan
    (-0.5, 0.0, (-0.5, 0.30000000000000004))
    """
    widths = nuisances.widths()
    return {item.id: _parameter(item, *widths.get(item.id, (np.inf, np.inf))) for item in nuisances.items}


def _parameter(item: Nuisance, minus: float, plus: float) -> Parameter:
    low, high = max(item.low, -_REACH * minus), min(item.high, _REACH * plus)
    scan = (low, high) if np.isfinite(low) and np.isfinite(high) else None
    return Parameter(item.id, "1", item.low, item.high, item.meaning or "a nuisance", 0.0, False, scan)


@dataclass(frozen=True, eq=False)
class NamedNuisances(DelegatingLikelihood):
    """A likelihood with some of its nuisances among the parameters; the others are profiled.

    The prior of a nuisance that is fixed or scanned is part of the value, so that a fit with the nuisance
    fixed is a point of the scan over it.

    Attributes
    ----------
    named : tuple of str
    """

    named: tuple[str, ...] = field(kw_only=True)

    @property
    def interaction_parameters(self) -> tuple[Parameter, ...]:
        """Those of the likelihood, and the named nuisances."""
        known = parameters_of(self.base.nuisances)
        return (*self.base.interaction_parameters, *(known[name] for name in self.named))

    def inner(self, points: Mapping[str, Array]) -> dict[str, Array]:
        """Return the points of the likelihood, without the named nuisances."""
        return {name: value for name, value in points.items() if name not in self.named}

    def _split(self, points: Mapping[str, Array]) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the points of the likelihood, and the values of the named nuisances."""
        return self.inner(points), {name: points[name] for name in self.named}

    def value(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the statistic with the other nuisances profiled, shape (P,)."""
        return self.profiled(model, points)[0]

    def profiled(
        self,
        model: Model,
        points: Mapping[str, Array],
        nuisances: Nuisances | None = None,
        given: Mapping[str, Array] | None = None,
    ) -> tuple[Array, dict[str, Array]]:
        """Return the minimum over the other nuisances and where each is (see the base)."""
        own, fixed = self._split(points)
        priors = self.base.nuisances
        if nuisances is not None:
            kept = nuisances.with_prior()
            priors = priors.without_prior([n for n in self.nuisances.with_prior() if n not in kept])
        value, places = self.base.profiled(model, own, priors, {**fixed, **(given or {})})
        return value + priors.prior_value(fixed), {n: xi for n, xi in places.items() if n not in fixed}

    def observables(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return what the data constrain at the values of the named nuisances, shape (P, n)."""
        own, fixed = self._split(points)
        effects = self.base.nuisance_effects(model, own)
        at = np.array([fixed.get(name, np.zeros(len(effects))) for name in self.base.nuisances.ids]).T
        return np.asarray(self.base.observables(model, own) + np.einsum("pnk,pk->pn", effects, at))

    def nuisance_effects(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return ∂(observables)/∂ξ of the others, shape (P, n, K)."""
        ids = self.base.nuisances.ids
        columns = [ids.index(name) for name in self.nuisances.ids]
        return self.base.nuisance_effects(model, self._split(points)[0])[:, :, columns]

    def breakdown(
        self, model: Model, points: Mapping[str, Array], nuisances: Mapping[str, Array]
    ) -> tuple[Breakdown, ...]:
        """Return what the statistic is made of at one complete point, the prior of the named ones last."""
        own, fixed = self._split(points)
        every = {**fixed, **nuisances}
        priors = [sum(n.prior_terms(every).values()) for n in (self.base.nuisances, self.nuisances)]
        cost = float(np.ravel(priors[0] - priors[1])[0])
        none, said = np.zeros(0), f"prior of {', '.join(self.named)}"
        return (*self.base.breakdown(model, own, every), Breakdown(self.release, none, none, {said: cost}))

    def quadratic(self, model: Model, points: Mapping[str, Array]) -> Quadratic | None:
        """Return None: the named nuisances are not at zero; values are asked for instead."""
        return None

    def local(self, model: Model, points: Mapping[str, Array]) -> Local | None:
        """Return None, as for the quadratic form."""
        return None

    def moments(self, model: Model, points: Mapping[str, Array]) -> Moments | None:
        """Return None: moments are known at nominal nuisances."""
        return None

    def tabulate(self, model: Model, points: Mapping[str, Array]) -> Table:
        """Return what turns data (T, n_bins) into the statistic, shape (T, P)."""
        own, fixed = self._split(points)
        form = self.base.gaussian(model, own)
        if form is None or self._correlated:
            return super().tabulate(model, points)
        ids = self.base.nuisances.ids
        rest = [ids.index(name) for name in self.nuisances.ids]
        effects = form.jacobian[:, :, [ids.index(name) for name in self.named]]
        mu = form.mu + np.einsum("pnk,kp->pn", effects, np.array([fixed[name] for name in self.named]))
        table = replace(form, mu=mu, jacobian=form.jacobian[:, :, rest], nuisances=self.nuisances).table()
        prior = self.base.nuisances.prior_value(fixed)
        return lambda data: np.asarray(table(data) + prior)

    @property
    def _correlated(self) -> bool:
        """Whether a named nuisance has a prior together with one that is not named."""
        tied = [set(ids) for ids, _ in self.base.nuisances.blocks if set(ids) & set(self.named)]
        return any(not ids <= set(self.named) for ids in tied)

    def toys(
        self,
        model: Model,
        points: Mapping[str, Array],
        count: int,
        random: np.random.Generator,
        nuisances: Mapping[str, Array] | None = None,
    ) -> Array:
        """Return data (count, n_bins) of one complete point, the named nuisances at their values there.

        Raises
        ------
        NotApplicableError
            If the prior of a named nuisance is correlated with that of others, which then are not about zero.
        """
        if self._correlated:
            raise NotApplicableError(
                f"not applicable: toys of {self.release} with one nuisance of a correlated block at a value "
                f"({', '.join(self.named)}): name all of the block, or none"
            )
        own, fixed = self._split(points)
        true = dict(self.nuisances.draw(count, random) if nuisances is None else nuisances)
        true |= {name: np.broadcast_to(value, (count,)) for name, value in fixed.items()}
        return self.base.toys(model, own, count, random, true)

    def means(self, model: Model, points: Mapping[str, Array], nuisances: Mapping[str, Array]) -> Array:
        """Return the means of data at complete points, shape (P, n_bins)."""
        own, fixed = self._split(points)
        return self.base.means(model, own, {**fixed, **nuisances})


def with_named(likelihood: Likelihood, names: Sequence[str]) -> Likelihood:
    """Return a likelihood with some nuisances among its parameters.

    Raises
    ------
    UnknownNameError
        If it has no nuisance of a name.
    """
    ids = likelihood.nuisances.ids
    for name in names:
        if name not in ids:
            raise UnknownNameError("nuisance", name, ids, likelihood.release)
    if not names:
        return likelihood
    description = {**described(likelihood), "nuisances": likelihood.nuisances.rest(names)}
    return NamedNuisances(**description, base=likelihood, named=tuple(names))
