"""The posterior density of an analysis as a function, for samplers: priors, ln of prior and of likelihood.

A prior is flat in a parameter or in its logarithm, over the range that the analysis looks in, as on grids
(:mod:`nuanomaly.inference.bayes`). The likelihood is exp(−value/2) with the nuisances profiled, so that a
sampler draws the physics alone, and its evidence is that of the grid.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.bayes import PRIORS
from nuanomaly.inference.grid import Axis
from nuanomaly.inference.question import Question
from nuanomaly.model.probabilities import Array


@dataclass(frozen=True, eq=False)
class Density:
    """The posterior density over the free parameters of a question, in their order.

    Attributes
    ----------
    question : Question
    prior : mapping of str to str
        ``log`` or ``flat`` for each parameter; by its axis if left out.

    Raises
    ------
    UnknownNameError
        For an unknown prior or parameter.
    NuanomalyError
        If a parameter has no range, or one that reaches zero has a logarithmic prior.

    Examples
    --------
    >>> from nuanomaly.inference.analysis import Analysis
    >>> density = Analysis("gallex", "2nu-ee").density()
    >>> density.names, density.prior["dm2_41"]
    (('dm2_41', 'sin2_2theta_ee'), 'log')
    >>> density.prior_transform([0.5, 1.0]).round(9).tolist()
    [1.0, 1.0]
    """

    question: Question
    prior: Mapping[str, str]

    def __init__(self, question: Question, prior: Mapping[str, str] | None = None) -> None:
        question.check_felt()
        axes = question.axes
        for name in prior or {}:
            if name not in question.free:
                raise UnknownNameError("free parameter", name, question.free, question.model.name)
        chosen = {a.name: (prior or {}).get(a.name, "log" if a.log else "flat") for a in axes}
        for axis in axes:
            if chosen[axis.name] not in PRIORS:
                raise UnknownNameError("prior", chosen[axis.name], PRIORS, axis.name)
            if chosen[axis.name] == "log" and axis.low <= 0.0:
                raise NuanomalyError(f"{axis.name} reaches {axis.low:g}: a prior in its logarithm has no end")
        object.__setattr__(self, "question", question)
        object.__setattr__(self, "prior", chosen)

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The ranges of the parameters."""
        return self.question.axes

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters, in the order of the coordinates."""
        return tuple(a.name for a in self.axes)

    @cached_property
    def _edges(self) -> Array:
        """Lower and upper ends in the measure of the prior, shape (2, k)."""
        logs = [self.prior[a.name] == "log" for a in self.axes]
        ends = [(a.low, a.high) for a in self.axes]
        return np.array([np.log(e) if log else e for e, log in zip(ends, logs, strict=True)]).T

    @cached_property
    def _logs(self) -> "np.ndarray[Any, np.dtype[np.bool_]]":
        return np.array([self.prior[name] == "log" for name in self.names])

    def prior_transform(self, unit: ArrayLike) -> Array:
        """Return parameters of numbers between 0 and 1, shapes (…, k): draws of the prior of uniform ones."""
        low, high = self._edges
        at = low + np.asarray(unit, float) * (high - low)
        values = np.where(self._logs, np.exp(np.where(self._logs, at, 0.0)), at)
        return np.clip(values, [a.low for a in self.axes], [a.high for a in self.axes])

    def log_prior(self, at: ArrayLike) -> Any:
        """Return ln of the prior density (per unit of each parameter), shape (…); −∞ outside its range."""
        values = np.asarray(at, float)
        low, high = self._edges
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = np.where(self._logs, np.log(np.where(self._logs, values, 1.0)), values)
        possible = ((inside >= low) & (inside <= high)).all(axis=-1)
        safe = np.where(self._logs & (values > 0.0), values, 1.0)
        logs = -(np.log(high - low) + np.log(safe)).sum(axis=-1)
        result = np.where(possible, logs, -np.inf)
        return float(result) if result.ndim == 0 else result

    def log_likelihood(self, at: ArrayLike) -> Any:
        """Return −value/2 at parameters of shape (k,) or (P, k), nuisances profiled; −∞ where impossible."""
        values = np.atleast_2d(np.asarray(at, float))
        logs = -0.5 * self.question.objective(dict(zip(self.names, values.T, strict=True)))
        return float(logs[0]) if np.ndim(at) == 1 else logs

    def log_prob(self, at: ArrayLike) -> Any:
        """Return ln of prior × likelihood at parameters of shape (k,) or (P, k); −∞ outside the prior."""
        values = np.atleast_2d(np.asarray(at, float))
        logs = np.asarray(self.log_prior(values))
        inside = np.isfinite(logs)
        if inside.any():
            logs[inside] += self.log_likelihood(values[inside])
        return float(logs[0]) if np.ndim(at) == 1 else logs
