"""Limits of one parameter by Wilks' theorem: where the statistic has risen, others fixed."""

from collections.abc import Mapping

import numpy as np
import scipy
from numpy.typing import ArrayLike

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.contours import Level
from nuanomaly.inference.question import Question
from nuanomaly.model.probabilities import Array


def crossing(
    what: Question,
    parameter: str,
    at: Mapping[str, float],
    critical: Level | float,
    minimum: float,
    between: tuple[float, float],
) -> float:
    """Return where the statistic along one parameter has risen above a minimum by a critical difference.

    Parameters
    ----------
    parameter : str
    at : mapping
        Values of the other free parameters.
    critical : Level or float
        A level, or a difference.
    minimum : float
        What the difference is counted from, such as the value of a best fit.
    between : (float, float)
        Below the crossing, and above it, in the unit of the parameter.

    Raises
    ------
    NuanomalyError
        If it lies between on the same side of the level at both ends.

    Examples
    --------
    >>> from nuanomaly.inference.contours import level
    >>> what = Question("karmen", "2nu-mue")
    >>> least = float(what.objective({"dm2_41": np.array([1.0]), "sin2_2theta_mue": np.array([0.0])})[0])
    >>> round(crossing(what, "sin2_2theta_mue", {"dm2_41": 100.0}, level(0.90), least, (1e-4, 1e-2)), 5)
    0.00151
    """
    limit = critical.delta if isinstance(critical, Level) else float(critical)

    def excess(value: float) -> float:
        point = {**at, parameter: value}
        values = what.objective({name: np.array([x], float) for name, x in point.items()})
        return float(values[0]) - minimum - limit

    low, high = between
    if excess(low) * excess(high) > 0.0:
        raise NuanomalyError(
            f"{' + '.join(what.names)}: {parameter} does not pass Δ = {limit:.3g} once between {low:g} and "
            f"{high:g}: choose another range"
        )
    return float(scipy.optimize.brentq(excess, low, high))


def limits_from(values: ArrayLike, amplitudes: ArrayLike, critical: Level | float) -> Array:
    """Return the amplitude beyond the best one of each row at which the statistic has risen; NaN if nowhere.

    Parameters
    ----------
    values : array, shape (N, M)
        The statistic, other parameters minimised over.
    amplitudes : array, shape (M,)
    critical : Level or float

    Returns
    -------
    array, shape (N,)

    Examples
    --------
    >>> limits_from([[1.0, 0.0, 3.0, 9.0], [0.0, 0.1, 0.2, 0.3]], [0.0, 0.1, 0.2, 0.3], 2.71).tolist()
    [0.2, nan]
    """
    limit = critical.delta if isinstance(critical, Level) else float(critical)
    rise, tried = np.asarray(values, float), np.asarray(amplitudes, float)
    best = rise.argmin(axis=1)[:, None]
    beyond = (rise - rise.min(axis=1, keepdims=True) > limit) & (np.arange(tried.size) > best)
    return np.where(beyond.any(axis=1), tried[beyond.argmax(axis=1)], np.nan)


def raster_limits(
    what: Question, amplitude: str, along: str, values: ArrayLike, critical: Level | float, tried: ArrayLike
) -> Array:
    """Return the largest allowed amplitude at values of another parameter, each counted from its own minimum.

    Parameters
    ----------
    amplitude, along : str
    values : array, shape (N,)
        Of ``along``.
    critical : Level or float
        One degree of freedom: only the amplitude is free.
    tried : array, shape (M,)
        Amplitudes that are tried; the limit is the largest of them whose value is below the level.

    Returns
    -------
    array, shape (N,)

    Examples
    --------
    >>> from nuanomaly.inference.contours import level
    >>> what, tried = Question("ccfr", "2nu-mumu"), np.linspace(0.0, 1.0, 1001)
    >>> limits = raster_limits(what, "sin2_2theta_mumu", "dm2_41", [30.0, 100.0], level(0.90, 1), tried)
    >>> [round(float(limit), 2) for limit in limits]
    [0.16, 0.01]
    """
    limit = critical.delta if isinstance(critical, Level) else float(critical)
    amplitudes = np.asarray(tried, float)
    items = []
    for value in np.atleast_1d(np.asarray(values, float)):
        statistic = what.objective({along: np.full(amplitudes.size, value), amplitude: amplitudes})
        items.append(float(amplitudes[statistic < statistic.min() + limit].max()))
    return np.array(items)


def around(x: ArrayLike, values: ArrayLike, rise: float = 1.0) -> tuple[float, float, float]:
    """Return where a curve is lowest, and the nearest places on both sides where it has risen.

    Parameters
    ----------
    x, values : array, shape (N,)
        The parameter, rising, and the statistic there; between points it is read by straight lines.
    rise : float
        Above the lowest value: 1 of a χ² gives the error of one parameter.

    Returns
    -------
    lowest, low, high : float
        A curve that has not risen at an end of ``x`` gives that end.

    Examples
    --------
    >>> x = np.linspace(0.0, 4.0, 401)
    >>> [round(value, 3) for value in around(x, (x - 1.0) ** 2 / 0.25)]
    [1.0, 0.5, 1.5]
    >>> around(x, x)
    (0.0, 0.0, 1.0)
    """
    places, curve = np.asarray(x, float), np.asarray(values, float)
    best, above = int(curve.argmin()), curve - curve.min() - rise
    ends = []
    for step in (-1, 1):
        along, excess = places[best::step], above[best::step]
        beyond = np.flatnonzero(excess > 0.0)
        k = int(beyond[0]) if beyond.size else None
        ends.append(along[-1] if k is None else np.interp(0.0, excess[k - 1 : k + 1], along[k - 1 : k + 1]))
    return float(places[best]), float(ends[0]), float(ends[1])
