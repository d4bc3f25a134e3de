"""Bayes factors, posterior regions and suspiciousness, by integrals over a grid with named priors.

The likelihood is exp(−value/2), nuisances profiled (for Gaussian ones as good as marginalised, up to a factor
that does not depend on the parameters where their effects do not).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
import scipy
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.grid import Axis
from nuanomaly.inference.keywords import named_after
from nuanomaly.inference.question import Data, Question, Settings
from nuanomaly.inference.result import Result
from nuanomaly.inference.toy_planes import plane_of
from nuanomaly.likelihood.interface import AnyModel
from nuanomaly.model.probabilities import Array

#: Densities that are flat over the grid's range: in the logarithm, or in the parameter.
PRIORS = ("log", "flat")


@dataclass(frozen=True, eq=False, repr=False)
class Posterior(Result):
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

    @property
    def how(self) -> str:
        """How it was obtained: an integral over the grid, with which priors."""
        priors = ", ".join(f"{kind} in {name}" for name, kind in self.prior.items())
        return f"integral over {' × '.join(str(len(a)) for a in self.axes)} points, prior {priors}"

    def __str__(self) -> str:
        return f"{' + '.join(self.datasets)}: ln of the Bayes factor {self.log_bayes_factor:.2f} ({self.how})"

    def summary(self) -> dict[str, str]:
        """Return what a notebook shows of it."""
        entries = {"data": " + ".join(self.datasets)}
        entries["ln of the Bayes factor for oscillation"] = f"{self.log_bayes_factor:.3f}"
        for name, (low, high) in self.interval(0.95).items():
            entries[f"95 % of the posterior: {name}"] = f"{low:.3g} … {high:.3g}"
        return entries | {"obtained by": self.how}

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the weights, for a result file."""
        return {
            "datasets": list(self.datasets),
            "prior": dict(self.prior),
            "ln_evidence": self.log_evidence,
            "ln_bayes_factor": self.log_bayes_factor,
            "information": self.information,
            "region_95": {name: list(both) for name, both in self.interval(0.95).items()},
        }

    def interval(self, probability: float) -> dict[str, tuple[float, float]]:
        """Return over which values of each parameter the region of a probability reaches."""
        inside = self.region(probability)
        entries = {}
        for k, axis in enumerate(self.axes):
            others = tuple(j for j in range(inside.ndim) if j != k)
            values = axis.values[inside.any(axis=others)]
            entries[axis.name] = float(values[0]), float(values[-1])
        return entries

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


@named_after(2, "grid", "prior", "fixed", hints={dict: "prior"})
def posterior(
    data: Data,
    model: AnyModel,
    *,
    prior: Mapping[str, str] | None = None,
    **settings: Unpack[Settings],
) -> Posterior:
    """Return the posterior of one or several data sets on a grid.

    Parameters
    ----------
    data, model, fixed, grid, mode, allow_overlap, leave_out
        As for :func:`nuanomaly.inference.scan.scan`.
    prior : mapping, optional
        ``log`` or ``flat`` for each parameter, over the grid's range; by the axis if left out.

    Raises
    ------
    UnknownNameError
        For an unknown prior.
    """
    what = Question(data, model, **settings)
    return posterior_of(what, prior)


def posterior_of(what: Question, prior: Mapping[str, str] | None = None) -> Posterior:
    """Return the posterior that answers a question; see :func:`posterior`."""
    plane = plane_of(what)
    values = plane.objective(plane.free)
    chosen = {a.name: (prior or {}).get(a.name, "log" if a.log else "flat") for a in plane.axes}
    weight = prior_weight(plane.axes, chosen)
    logs = -0.5 * values[: plane.size].reshape(plane.shape)
    evidence = float(scipy.special.logsumexp(logs, b=weight))
    after = weight * np.exp(logs - evidence)
    information = float((after * np.where(after > 0.0, logs - evidence, 0.0)).sum())
    null = -0.5 * float(values[plane.null])
    return Posterior(what.names, plane.axes, chosen, after, evidence, information, null)


@dataclass(frozen=True, repr=False)
class Suspiciousness(Result):
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
    def how(self) -> str:
        """How it was obtained."""
        return f"suspiciousness (1902.04029), dimension {self.dof:.2f}"

    def __str__(self) -> str:
        p = "no dimension is shared" if self.p_value is None else f"p = {self.p_value:.2g}"
        return f"ln R = {self.log_ratio:.2f}, ln S = {self.log_suspiciousness:.2f}, {p} ({self.how})"

    def summary(self) -> dict[str, str]:
        """Return what a notebook shows of it."""
        p = "no dimension is shared" if self.p_value is None else f"{self.p_value:.2g}"
        entries = {"ln R": f"{self.log_ratio:.3f}", "ln S": f"{self.log_suspiciousness:.3f}", "p-value": p}
        return entries | {"obtained by": self.how}

    def to_dict(self) -> dict[str, Any]:
        """Return the test for a result file."""
        return {
            "ln_ratio": self.log_ratio,
            "ln_suspiciousness": self.log_suspiciousness,
            "dof": self.dof,
            "p_value": self.p_value,
        }

    @property
    def p_value(self) -> float | None:
        """P(χ²_d > d − 2 ln S); None where the data sets share no dimension."""
        if self.dof <= 0.0:
            return None
        return float(
            scipy.special.gammaincc(0.5 * self.dof, 0.5 * max(0.0, self.dof - 2.0 * self.log_suspiciousness))
        )


@named_after(2, "model", "grid", "prior", "fixed")
def suspiciousness(
    data: Data,
    model: AnyModel,
    *,
    prior: Mapping[str, str] | None = None,
    **settings: Unpack[Settings],
) -> Suspiciousness:
    """Return the suspiciousness of two data sets on the same grid; see :func:`posterior`.

    Raises
    ------
    NuanomalyError
        Unless ``data`` are two.
    """
    what = Question(data, model, **settings)
    return suspiciousness_of(what, prior)


def suspiciousness_of(what: Question, prior: Mapping[str, str] | None = None) -> Suspiciousness:
    """Return the suspiciousness that answers a question; see :func:`suspiciousness`."""
    if len(what.sides) != 2:
        raise NuanomalyError(f"suspiciousness is of two data sets, not of {len(what.sides)}")
    a, b, both = (posterior_of(asked, prior) for asked in (what.side(0), what.side(1), what))
    dimension = _dimension(a) + _dimension(b) - _dimension(both)
    return Suspiciousness(
        both.log_evidence - a.log_evidence - b.log_evidence,
        a.information + b.information - both.information,
        dimension,
    )


def _dimension(result: Posterior) -> float:
    """Return twice the variance of ln(posterior/prior): the Bayesian model dimension (1903.06682)."""
    prior = prior_weight(result.axes, result.prior)
    inside = result.weight > 0.0
    logs = np.zeros_like(result.weight)
    logs[inside] = np.log(result.weight[inside] / prior[inside])
    mean = float((result.weight * logs).sum())
    return 2.0 * float((result.weight * (logs - mean) ** 2).sum())
