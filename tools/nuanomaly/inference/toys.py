"""Random numbers, and what is read off toys: critical values, p-values, and their errors."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.result import Test
from nuanomaly.inference.significance import Sided, sigma
from nuanomaly.model.probabilities import Array

if TYPE_CHECKING:
    import pandas as pd

#: Toys come in blocks of this many; a block's random numbers depend on the seed, the stream and its number
#: alone, so that results are the same to the bit however the work is shared out.
BLOCK = 500


def generator(seed: int, stream: int = 0, block: int = 0) -> np.random.Generator:
    """Return the generator of one block of toys (Philox, counter-based).

    Examples
    --------
    >>> a, b = generator(1, 0, 3).random(), generator(1, 0, 3).random()
    >>> a == b, a == generator(1, 0, 4).random()
    (True, False)
    """
    if seed < 0:
        raise NuanomalyError(f"a seed is a whole number from zero on, not {seed}")
    # a block takes far less than the 2⁶⁴ numbers between two of them
    return np.random.Generator(np.random.Philox(key=[seed, stream], counter=[0, block, 0, 0]))


def blocks(toys: int) -> int:
    """Return how many blocks give at least so many toys.

    Examples
    --------
    >>> blocks(1000), blocks(1001)
    (2, 3)
    """
    if toys < 1:
        raise NuanomalyError(f"at least one toy is needed, not {toys}")
    return -(-toys // BLOCK)


def critical_value(deltas: Array, cl: float, n_sigma: float = 1.0) -> tuple[float, float, float]:
    """Return the critical value of a confidence level, and its band of binomial errors.

    The value is the smallest difference that at least a part ``cl`` of the toys does not exceed. The number
    of toys below the true critical value is binomial, so its band lies between two order statistics, found by
    the same rule one standard deviation away: here 900 ± 9.5 toys.

    Examples
    --------
    >>> critical_value(np.arange(1.0, 1001.0), 0.9)
    (900.0, 891.0, 910.0)
    """
    ordered = np.sort(np.asarray(deltas, float))
    n = ordered.size
    spread = n_sigma * np.sqrt(n * cl * (1.0 - cl))
    places = np.ceil(np.array([n * cl, n * cl - spread, n * cl + spread]) - 1e-9).astype(int) - 1
    value, low, high = ordered[np.clip(places, 0, n - 1)].tolist()
    return value, low, (high if places[2] < n else float("inf"))


@dataclass(frozen=True, repr=False)
class ToyTest(Test):
    """How often toys exceed what was observed.

    Attributes
    ----------
    delta : float
        What was observed.
    above : int
        How many toys reach it.
    toys : int
    sided : {"two-sided", "one-sided"}
        How the p-value is turned into σ.
    against : str
        What was tested, in words.
    deltas : array, shape (toys,)
        What the toys gave, if it is known.
    truth : str
        The point that the toys were drawn at, in words: another truth has another p-value.
    """

    delta: float
    above: int
    toys: int
    sided: Sided = "two-sided"
    against: str = ""
    deltas: Array = field(default_factory=lambda: np.zeros(0), repr=False, compare=False)
    truth: str = ""

    @property
    def dof(self) -> None:
        """None: toys need no degrees of freedom."""
        return None

    @property
    def p_value(self) -> float:
        """The part of the toys that reach the observed difference."""
        return self.above / self.toys

    @property
    def error(self) -> float:
        """The binomial error of the p-value."""
        return float(np.sqrt(self.p_value * (1.0 - self.p_value) / self.toys))

    def interval(self, cl: float = 0.6827) -> tuple[float, float]:
        """Return the Clopper–Pearson interval of the p-value.

        Examples
        --------
        >>> low, high = ToyTest(20.0, 0, 1000).interval(0.9)
        >>> low, round(high, 4)
        (0.0, 0.003)
        """
        k, n, tail = self.above, self.toys, 0.5 * (1.0 - cl)
        low = float(betaincinv(k, n - k + 1, tail)) if k else 0.0
        high = float(betaincinv(k + 1, n - k, 1.0 - tail)) if k < n else 1.0
        return low, high

    @property
    def sigma(self) -> float:
        """The number of σ of the p-value; with no toy above, that of the 90 % upper limit: at least."""
        p = self.p_value if self.above else self.interval(0.8)[1]
        return sigma(float(np.log(p)), self.sided)

    def sigma_interval(self, cl: float = 0.6827) -> tuple[float, float]:
        """Return the number of σ at the two ends of the p-value's interval."""
        low, high = self.interval(cl)
        return sigma(float(np.log(high)), self.sided), (
            sigma(float(np.log(low)), self.sided) if low > 0.0 else float("inf")
        )

    @property
    def how(self) -> str:
        """How the number was obtained."""
        drawn = f" at {self.truth}" if self.truth else ""
        return f"{self.toys} toys{drawn}, {self.sided}"

    def spread(self, most: int = 400) -> tuple[NDArray[np.intp], Array]:
        """Return how the toys are distributed: so many of them reach so much, densest far out.

        At most so many places, evenly in the logarithm of the number of toys.

        Examples
        --------
        >>> test = ToyTest(0.0, 4, 4, deltas=np.array([3.0, 1.0, 2.0, 0.5]))
        >>> [part.tolist() for part in test.spread()]
        [[1, 2, 3, 4], [3.0, 2.0, 1.0, 0.5]]
        """
        ordered = np.sort(self.deltas)[::-1]
        if not ordered.size:
            return np.zeros(0, np.intp), ordered
        above = np.unique(np.geomspace(1, ordered.size, most).round().astype(np.intp))
        return above, ordered[above - 1]

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return how the toys are distributed, as it is stored; see :meth:`spread`."""
        import pandas as pd

        above, delta = self.spread()
        return {"distribution": pd.DataFrame({"above": above, "delta": delta})}

    def to_dict(self) -> dict[str, Any]:
        """Return the test for a result file."""
        low, high = self.sigma_interval()
        return {
            "delta": self.delta,
            "above": self.above,
            "toys": self.toys,
            "p_value": self.p_value,
            "p_value_interval": list(self.interval()),
            "sigma": self.sigma,
            "sigma_interval": [low, high if np.isfinite(high) else None],
            "lower_limit": not self.above,
            "sided": self.sided,
            "how": self.how,
            "truth": self.truth,
            "against": self.against,
        }

    def __str__(self) -> str:
        if not self.above:
            return (
                f"Δ = {self.delta:.2f}: none of {self.toys} toys, more than {self.sigma:.1f}σ ({self.sided})"
            )
        p, error = self.p_value, self.error
        return f"Δ = {self.delta:.2f}, p = {p:.2g} ± {error:.1g}, {self.sigma:.1f}σ ({self.how})"


def toy_test(
    observed: float, deltas: Array, sided: Sided = "two-sided", against: str = "", truth: str = ""
) -> ToyTest:
    """Return how often toys reach what was observed; equal up to rounding counts as reached."""
    every = np.asarray(deltas, float)
    reached = int((every >= observed - 1e-9 * max(1.0, abs(observed))).sum())
    return ToyTest(float(observed), reached, every.size, sided, against, every, truth)
