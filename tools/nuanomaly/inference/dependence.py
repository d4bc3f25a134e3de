"""Data sets as functions of a splitting and two mixings, and what each of them depends on.

What a data set depends on is found by probing, whatever the model and its parameters are called.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
import scipy

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.objective import Objective
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.probabilities import Array, Model, NotApplicableError

if TYPE_CHECKING:
    import pandas as pd

#: What a data set depends on besides the splitting: the first mixing, the second, their product, or both.
Dependence = Literal["e", "mu", "product", "both"]
#: Value of a data set at points (splitting, first mixing, second mixing), shape (P,) each.
Value = Callable[[Array, Array, Array], Array]

_T = TypeVar("_T", float, Array)

#: Names of the splitting and of both mixings.
Names = tuple[str, str, str]
#: Shares of the axes' ranges at which it is probed what a data set depends on: generic points, at which every
#: axis matters if it does.
_PROBES = np.array([[0.37, 0.63, 0.57], [0.53, 0.68, 0.60], [0.67, 0.66, 0.64]])
#: Values that differ by less than this share are the same.
_SAME = 1e-9


def roles(whole: Model) -> Names:
    """Return which parameters of a model are its splitting and its two mixings.

    They are the three without a default; the mixings are the two that are scanned over one range.

    Raises
    ------
    NuanomalyError
        If there are no three of that kind.

    Examples
    --------
    >>> from nuanomaly.model.registry import model
    >>> roles(model("3+1"))
    ('dm2_41', 'Ue4_sq', 'Umu4_sq')
    >>> roles(model("2nu-ee"))
    Traceback (most recent call last):
    nuanomaly.archive.errors.NuanomalyError: model '2nu-ee' is none of a splitting and two mixings: of three \
parameters without default two are scanned over one range, and it has dm2_41, sin2_2theta_ee
    """
    needed = [p for p in whole.parameters if p.default is None]
    alike = [(s, a, b) for s, a, b in permutations(needed, 3) if a.scan == b.scan and a.scan is not None]
    if len(needed) != 3 or len(alike) != 2:
        raise NuanomalyError(
            f"model {whole.name!r} is none of a splitting and two mixings: of three parameters without "
            f"default two are scanned over one range, and it has {', '.join(p.name for p in needed)}"
        )
    splitting, first, second = alike[0]
    return splitting.name, first.name, second.name


def unmixed(names: Names) -> dict[str, float]:
    """Return a point at which nothing oscillates: the mixings vanish, and the splitting does not matter."""
    return dict(zip(names, (1.0, 0.0, 0.0), strict=True))


def combined(depends: str, first: _T, second: _T) -> _T:
    """Return the one mixing that a data set depends on, at both.

    Examples
    --------
    >>> combined("product", 0.1, 0.2) == 0.1 * 0.2, combined("mu", 0.1, 0.2)
    (True, 0.2)
    """
    return {"e": first, "mu": second, "product": first * second}[depends]


@dataclass(frozen=True, eq=False)
class Member:
    """A data set as a function of a splitting and two mixings, such as Δm²41 (eV²), |Ue4|² and |Uμ4|².

    Attributes
    ----------
    name : str
    value : callable
    depends : {"e", "mu", "product", "both"}
    names : tuple of str
        What the three are called.
    model : str
        The model it is read in.
    """

    name: str
    value: Value
    depends: Dependence
    names: Names
    model: str = ""


def member(
    name: str,
    likelihood: Likelihood,
    whole: Model,
    names: Names | None = None,
    places: Array | None = None,
) -> Member:
    """Return a likelihood as a member, in the short-baseline limit of a model if that applies.

    Parameters
    ----------
    whole : Model
    names : tuple of str, optional
        Its splitting and its mixings (see :func:`roles`); all else has its default.
    places : array, shape (G, 3), optional
        Generic points, at which it is seen what the likelihood depends on; see :func:`probes`, whose limits
        are the ranges of scans if they are left out.

    Examples
    --------
    >>> from nuanomaly.likelihood.build import likelihood
    >>> from nuanomaly.model.registry import model
    >>> member("KARMEN", likelihood("karmen"), model("3+1")).depends
    'product'
    """
    own = roles(whole) if names is None else names
    if places is None:
        scans = {p.name: p.scan for p in whole.parameters}
        places = probes(*(np.array(scans[parameter], float) for parameter in own))
    for read in filter(None, (whole.short_baseline, whole)):
        try:
            return surface(name, _value(Objective(likelihood, read), own), own, places, read.name)
        except NotApplicableError:
            if read is whole:
                raise
    raise AssertionError("unreachable")


def surface(name: str, value: Value, names: Names, places: Array, model_name: str = "surface") -> Member:
    """Return a function of a splitting and two mixings as a member, probed for what it depends on."""
    return Member(name, value, _dependence(value, places), names, model_name)


def probes(*limits: Array) -> Array:
    """Return where it is probed what a data set depends on, from the ends of the three axes; shape (G, 3).

    Examples
    --------
    >>> probes(*np.array([[1.0, 100.0], [1e-4, 1.0], [1e-4, 1.0]])).round(4)[0].tolist()
    [5.4954, 0.0331, 0.0191]
    """
    low, high = np.array(limits).T
    return np.asarray(low * (high / low) ** _PROBES)


def mapped(name: str, frame: "pd.DataFrame", columns: Mapping[str, str], value: str, names: Names) -> Member:
    """Return a released map over a splitting and one mixing as a member, by cubic splines in the logarithms.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a point of a rectangular grid.
    columns : mapping
        The columns of the splitting and of either mixing; below the smallest mixing nothing oscillates.
    value : str
        The column of χ².
    names : tuple of str
        What the three parameters are called.
    """
    [mixing] = set(columns) - {names[0]}
    square = frame.pivot(index=columns[names[0]], columns=columns[mixing], values=value)
    first, second = square.index.to_numpy(float), square.columns.to_numpy(float)
    spline = scipy.interpolate.RectBivariateSpline(np.log(first), np.log(second), square.to_numpy(float))

    def interpolated(dm2: Array, electron: Array, muon: Array) -> Array:
        at = np.maximum(electron if mixing == names[1] else muon, second[0])
        return np.asarray(spline(np.log(dm2), np.log(at), grid=False))

    return Member(name, interpolated, "e" if mixing == names[1] else "mu", names, "map")


def _value(objective: Objective, names: Names) -> Value:
    def value(*at: Array) -> Array:
        return objective(dict(zip(names, at, strict=True)))

    return value


def _dependence(value: Value, places: Array) -> Dependence:
    dm2, electron, muon = places.T
    base = value(dm2, electron, muon)

    def same(e: float, mu: float) -> bool:
        return bool(np.allclose(value(dm2, e * electron, mu * muon), base, rtol=_SAME, atol=_SAME))

    if same(1.0, 1.3):
        return "e"
    if same(1.3, 1.0):
        return "mu"
    return "product" if same(1.3, 1 / 1.3) else "both"


def statistics(members: Iterable[Member], point: Mapping[str, float]) -> dict[str, float]:
    """Return each data set's value at a point, by name."""
    return {m.name: float(m.value(*(np.array([point[n]]) for n in m.names))[0]) for m in members}
