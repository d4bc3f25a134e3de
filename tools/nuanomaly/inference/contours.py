"""Confidence levels: critical differences by Wilks' theorem, regions of a scan, intervals of a parameter."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.scan import Scan
from nuanomaly.inference.significance import Sided
from nuanomaly.model.probabilities import Array


@dataclass(frozen=True)
class Level:
    """A confidence level and the difference that stands for it.

    Attributes
    ----------
    cl : float
        Between 0 and 1.
    dof : int
    sided : {"two-sided", "one-sided"}
    delta : float
        Where the region ends.
    method : str
        How ``delta`` was obtained.
    """

    cl: float
    dof: int
    sided: Sided
    delta: float
    method: str = "Wilks"

    @property
    def how(self) -> str:
        """Such as ``90 % CL (Wilks, dof 2, two-sided)``."""
        return f"{100 * self.cl:.4g} % CL ({self.method}, dof {self.dof}, {self.sided})"


def cl_of_sigma(n: float) -> float:
    """Return the confidence level that ``n`` standard deviations (two-sided) stand for.

    Examples
    --------
    >>> round(cl_of_sigma(1.0), 4), round(cl_of_sigma(3.0), 4)
    (0.6827, 0.9973)
    """
    return float(1.0 - 2.0 * scipy.special.ndtr(-n))


def level(cl: float, dof: int = 2, sided: Sided = "two-sided") -> Level:
    """Return the level of a confidence by Wilks' theorem; one-sided limits have one degree of freedom.

    Raises
    ------
    NuanomalyError
        If ``cl`` is not between 0 and 1, or a one-sided level has more than one degree of freedom.

    Examples
    --------
    >>> [round(level(cl).delta, 2) for cl in (0.90, 0.95, 0.99)]
    [4.61, 5.99, 9.21]
    >>> round(level(0.90, 1, "one-sided").delta, 2)
    1.64
    """
    if not 0.0 < cl < 1.0:
        raise NuanomalyError(f"a confidence level lies between 0 and 1, not {cl}")
    if sided == "one-sided":
        if dof != 1:
            raise NuanomalyError("a one-sided level has one degree of freedom")
        return Level(cl, 1, sided, float(scipy.special.ndtri(cl)) ** 2)
    return Level(cl, dof, sided, float(scipy.special.chdtri(dof, 1.0 - cl)))


def levels(cls: Iterable[float], dof: int = 2, sided: Sided = "two-sided") -> tuple[Level, ...]:
    """Return several levels, lowest first, for contour lines of ``scan.delta()``."""
    return tuple(level(cl, dof, sided) for cl in sorted(cls))


def region(
    scan: Scan, critical: Level | float | ArrayLike, minimum: float | None = None
) -> NDArray[np.bool_]:
    """Return which grid points are allowed, shape of the scan.

    Parameters
    ----------
    critical : Level, float or array
        A level, a difference, or a critical difference for every grid point (of toys, or published).
    minimum : float, optional
        The smallest value, if known better than by the grid.
    """
    limit = critical.delta if isinstance(critical, Level) else np.asarray(critical, float)
    allowed: NDArray[np.bool_] = scan.delta(minimum) <= limit
    return allowed


def interval(
    scan: Scan, critical: Level | float, minimum: float | None = None
) -> tuple[tuple[float, float], ...]:
    """Return the allowed intervals of a one-dimensional scan, crossings interpolated.

    The likelihood is cyclic: there may be several. An interval that reaches the end of the grid ends there.

    Raises
    ------
    NuanomalyError
        If the scan has more than one axis: profile the others.
    """
    if len(scan.axes) != 1:
        raise NuanomalyError("intervals are of one parameter: profile the others")
    limit = critical.delta if isinstance(critical, Level) else float(critical)
    (axis,) = scan.axes
    excess = scan.delta(minimum) - limit
    rows = _below(axis.internal(axis.values), excess)
    return tuple((float(axis.external(a)), float(axis.external(b))) for a, b in rows)


def _below(x: Array, y: Array) -> list[tuple[float, float]]:
    """Return where the piecewise linear function y(x) is at most zero."""
    inside = y <= 0.0
    pieces, start = [], float(x[0]) if inside[0] else None
    for k in range(1, x.size):
        if inside[k] == inside[k - 1]:
            continue
        rise = y[k] - y[k - 1]
        # an infinite neighbour (an impossible point) ends the interval at the grid point
        share = -y[k - 1] / rise if np.isfinite(rise) else float(not inside[k - 1])
        crossing = float(x[k - 1] + share * (x[k] - x[k - 1]))
        if start is None:
            start = crossing
        else:
            pieces.append((start, crossing))
            start = None
    if start is not None:
        pieces.append((start, float(x[-1])))
    return pieces
