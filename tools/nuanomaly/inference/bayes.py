"""Bayes factors, posterior regions and suspiciousness, by integrals over a grid with named priors.

The likelihood is exp(−value/2), nuisances profiled (for Gaussian ones as good as marginalised, up to a factor
that does not depend on the parameters where their effects do not).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, logsumexp

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.datasets import Dataset, Mode, joint, labels, resolve
from nuanomaly.inference.grid import Axis, Grid
from nuanomaly.inference.montecarlo import plane_of
from nuanomaly.likelihood.interface import AnyModel
from nuanomaly.model.probabilities import Array

#: Densities that are flat over the grid's range: in the logarithm, or in the parameter.
PRIORS = ("log", "flat")


@dataclass(frozen=True, eq=False)
class Posterior:
    """A posterior on a grid.

    Attributes
    ----------
    datasets : tuple of str
    axes : tuple of Axis
    prior : mapping of str to str
        Density of each parameter: ``log`` or ``flat``.
    weight : array, shape of the grid
        Posterior probability of each grid point.
    log_evidence : float
        ln of the likelihood's mean over the prior.
    information : float
        Kullback–Leibler divergence of posterior from prior, in nats.
    log_null : float
        ln of the likelihood without oscillation.
    """

    datasets: tuple[str, ...]
    axes: tuple[Axis, ...]
    prior: Mapping[str, str]
    weight: Array
    log_evidence: float
    information: float
    log_null: float

    @property
    def log_bayes_factor(self) -> float:
        """ln of the evidence for oscillation over that without it; depends on the prior's range."""
        return self.log_evidence - self.log_null

    def region(self, probability: float) -> NDArray[np.bool_]:
        """Return the smallest region of the grid (in the prior's measure) that holds this probability."""
        if not 0.0 < probability < 1.0:
            raise NuanomalyError(f"a probability lies between 0 and 1, not {probability}")
        density = self.weight / self._prior_weight
        order = np.argsort(-density, axis=None, kind="stable")
        held = np.cumsum(self.weight.ravel()[order])
        inside = np.zeros(self.weight.size, bool)
        inside[order[: int(np.searchsorted(held, probability)) + 1]] = True
        return inside.reshape(self.weight.shape)

    @property
    def _prior_weight(self) -> Array:
        return prior_weight(self.axes, self.prior)


def prior_weight(axes: Sequence[Axis], prior: Mapping[str, str]) -> Array:
    """Return the prior probability of each grid point (trapezoids), adding up to one."""
    total = np.ones(())
    for axis in axes:
        kind = prior.get(axis.name, "log" if axis.log else "flat")
        if kind not in PRIORS:
            raise UnknownNameError("prior", kind, PRIORS, axis.name)
        x = np.log(axis.values) if kind == "log" else axis.values
        width = np.gradient(x) if x.size > 1 else np.ones(1)
        width[[0, -1]] *= 0.5 if x.size > 1 else 1.0
        total = np.multiply.outer(total, width / width.sum())
    return np.asarray(total)


def posterior(
    datasets: Dataset | Iterable[Dataset],
    model: AnyModel,
    grid: Grid | None = None,
    prior: Mapping[str, str] | None = None,
    fixed: Mapping[str, float] | None = None,
    *,
    mode: Mode = None,
    allow_overlap: bool = False,
) -> Posterior:
    """Return the posterior of one or several data sets on a grid.

    Parameters
    ----------
    prior : mapping, optional
        ``log`` or ``flat`` for each parameter, over the grid's range; by the axis if left out.

    Raises
    ------
    UnknownNameError
        For an unknown prior.
    """
    listed = [datasets] if isinstance(datasets, str) or not isinstance(datasets, Iterable) else list(datasets)
    members = resolve(listed, mode)
    plane = plane_of(joint(members), model, grid, fixed, None, allow_overlap)
    values = plane.objective(plane.free)
    chosen = {a.name: (prior or {}).get(a.name, "log" if a.log else "flat") for a in plane.axes}
    weight = prior_weight(plane.axes, chosen)
    logs = -0.5 * values[: plane.size].reshape(plane.shape)
    evidence = float(logsumexp(logs, b=weight))
    after = weight * np.exp(logs - evidence)
    information = float((after * np.where(after > 0.0, logs - evidence, 0.0)).sum())
    null = -0.5 * float(values[plane.null])
    return Posterior(labels(members), plane.axes, chosen, after, evidence, information, null)


@dataclass(frozen=True)
class Suspiciousness:
    """Tension of two data sets that does not depend on the width of the prior (1902.04029, 2007.08496).

    Attributes
    ----------
    log_ratio : float
        ln R = ln Z_AB − ln Z_A − ln Z_B.
    log_information : float
        D_A + D_B − D_AB.
    dof : float
        Bayesian dimension that both constrain.
    """

    log_ratio: float
    log_information: float
    dof: float

    @property
    def log_suspiciousness(self) -> float:
        """ln S = ln R − ln I; negative in tension."""
        return self.log_ratio - self.log_information

    @property
    def p_value(self) -> float | None:
        """P(χ²_d > d − 2 ln S); None where the data sets share no dimension."""
        if self.dof <= 0.0:
            return None
        return float(gammaincc(0.5 * self.dof, 0.5 * max(0.0, self.dof - 2.0 * self.log_suspiciousness)))


def suspiciousness(
    first: Dataset,
    second: Dataset,
    model: AnyModel,
    grid: Grid | None = None,
    prior: Mapping[str, str] | None = None,
    fixed: Mapping[str, float] | None = None,
    *,
    mode: Mode = None,
) -> Suspiciousness:
    """Return the suspiciousness of two data sets on the same grid; see :func:`posterior`."""
    a, b, both = (
        posterior(chosen, model, grid, prior, fixed, mode=mode)
        for chosen in ([first], [second], [first, second])
    )
    dimension = _dimension(a) + _dimension(b) - _dimension(both)
    return Suspiciousness(
        both.log_evidence - a.log_evidence - b.log_evidence,
        a.information + b.information - both.information,
        dimension,
    )


def _dimension(found: Posterior) -> float:
    """Return twice the variance of ln(posterior/prior): the Bayesian model dimension (1903.06682)."""
    prior = prior_weight(found.axes, found.prior)
    inside = found.weight > 0.0
    logs = np.zeros_like(found.weight)
    logs[inside] = np.log(found.weight[inside] / prior[inside])
    mean = float((found.weight * logs).sum())
    return 2.0 * float((found.weight * (logs - mean) ** 2).sum())
