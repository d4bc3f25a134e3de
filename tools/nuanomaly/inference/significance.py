"""From a difference to a p-value and a number of σ, exact far in the tails."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import erfcx, gammaln, logsumexp, ndtri_exp

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.result import Test

Sided = Literal["two-sided", "one-sided"]


def log_p_value(delta: float, dof: int) -> float:
    """Return ln p of a χ² of ``dof`` degrees of freedom exceeding ``delta``, without underflow.

    The regularised upper incomplete gamma function for half-integers is a finite sum (NIST DLMF 8.4.10 and
    8.4.12 by the recurrence 8.8.2).

    Examples
    --------
    >>> round(log_p_value(1.0, 1), 6), round(log_p_value(5000.0, 2), 1)
    (-1.147874, -2500.0)
    """
    if dof < 1 or dof != int(dof):
        raise NuanomalyError(f"degrees of freedom must be a positive integer, not {dof}")
    x = 0.5 * max(0.0, float(delta))
    if x == 0.0:
        return 0.0
    if dof % 2:
        # Q(n + 1/2, x) e^x = erfcx(√x) + Σ_{k=0}^{n-1} x^(k+1/2)/Γ(k+3/2)
        orders = np.arange(dof // 2) + 0.5
        start = [float(np.log(erfcx(np.sqrt(x))))]
    else:
        # Q(n, x) e^x = Σ_{k=0}^{n-1} x^k/k!
        orders = np.arange(dof // 2, dtype=float)
        start = []
    terms = orders * np.log(x) - gammaln(orders + 1.0)
    return min(0.0, float(logsumexp(np.concatenate([start, terms])) - x))


def p_value(delta: float, dof: int) -> float:
    """Return the p-value of a difference by Wilks' theorem (0.0 only below the smallest float).

    Examples
    --------
    >>> round(p_value(4.605170185988092, 2), 12)
    0.1
    """
    return float(np.exp(log_p_value(delta, dof)))


def sigma(log_p: float, sided: Sided = "two-sided") -> float:
    """Return the number of σ of a p-value given by its logarithm.

    Two-sided: 1σ is p = 0.317. One-sided: 1σ is p = 0.159, and p > 1/2 gives negative numbers.

    Examples
    --------
    >>> round(sigma(np.log(0.31731050786291415)), 12)
    1.0
    >>> round(sigma(np.log(0.15865525393145707), "one-sided"), 12)
    1.0
    >>> round(sigma(log_p_value(40.0**2, 1)), 9)
    40.0
    """
    tail = log_p - np.log(2.0) if sided == "two-sided" else log_p
    return abs(float(ndtri_exp(tail))) if sided == "two-sided" else -float(ndtri_exp(tail))


@dataclass(frozen=True, repr=False)
class Significance(Test):
    """A difference, and what Wilks' theorem makes of it.

    Attributes
    ----------
    delta : float
    dof : int
        Zero if nothing was tested; p-value and σ are then None.
    sided : {"two-sided", "one-sided"}
        How the p-value is turned into σ.
    method : str
    against : str
        What was tested, in words.
    uncounted : tuple of str
        Parameters that are no degree of freedom: they ended at an edge where the data do not feel them.
    """

    delta: float
    dof: int
    sided: Sided = "two-sided"
    method: str = "Wilks"
    against: str = ""
    uncounted: tuple[str, ...] = ()

    @property
    def log_p(self) -> float | None:
        """The p-value's logarithm."""
        return log_p_value(self.delta, self.dof) if self.dof else None

    @property
    def p_value(self) -> float | None:
        """The p-value."""
        return p_value(self.delta, self.dof) if self.dof else None

    @property
    def sigma(self) -> float | None:
        """The number of σ of the p-value."""
        return None if self.log_p is None else sigma(self.log_p, self.sided)

    @property
    def how(self) -> str:
        """How the number was obtained: ``Wilks, dof 2, two-sided``, and which parameters are not counted."""
        without = f" without {', '.join(self.uncounted)}, unfelt at an edge" if self.uncounted else ""
        return f"{self.method}, dof {self.dof}{without}, {self.sided}"

    def to_dict(self) -> dict[str, Any]:
        """Return the test for a result file."""
        return {
            "delta": self.delta,
            "dof": self.dof,
            "p_value": self.p_value,
            "sigma": self.sigma,
            "how": self.how,
            "against": self.against,
        }

    def __str__(self) -> str:
        if self.sigma is None:
            return f"Δ = {self.delta:.2f}: nothing is tested ({self.how})"
        return f"Δ = {self.delta:.2f}, p = {self.p_value:.2g}, {self.sigma:.1f}σ ({self.how})"
