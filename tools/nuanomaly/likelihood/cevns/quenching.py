"""From nuclear recoil to what is measured: quenching, light yield, smearing, efficiency.

Everything is declared as data (see :mod:`nuanomaly.likelihood.response.cevns`); the functions here know no
experiment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, NotRequired, TypedDict, final

import numpy as np
from scipy.special import gammainc, gammaln, ndtr, xlogy

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.options import NotNegative, Positive, completed, rules
from nuanomaly.archive.release import Release
from nuanomaly.archive.units import power_of_ten
from nuanomaly.model.probabilities import Array


@rules(oneOf=[{"required": ["coefficients"]}, {"required": ["table", "column"]}])
class Quenching(TypedDict):
    """Electron-equivalent energy as a polynomial of the recoil energy, without a constant."""

    coefficients: NotRequired[Annotated[list[float], {"minItems": 1}, "Of the first, second … power."]]
    table: NotRequired[Annotated[str, "Table of the coefficients, instead."]]
    column: NotRequired[Annotated[str, "Their column."]]
    unit: Annotated[Literal["keV", "MeV"], "Unit of both energies."]


@final
class TabulatedEfficiency(TypedDict):
    """Linear between points, zero below the first and constant above the last one."""

    kind: Literal["table"]
    table: Annotated[str, "Table of points."]
    at: Annotated[str, "Column of the energy."]
    efficiency: Annotated[str, "Column of the efficiency."]


class Step(TypedDict):
    """What an efficiency is multiplied with below an energy."""

    below: Annotated[float, "The energy."]
    factor: Annotated[NotNegative, "The factor."]


@final
class LogisticEfficiency(TypedDict):
    """a/(1 + exp(−k(x − x0))) + offset, never negative."""

    kind: Literal["logistic"]
    a: Annotated[float, "Height a."]
    k: Annotated[float, "Slope k."]
    x0: Annotated[float, "Middle x0."]
    offset: NotRequired[
        Annotated[float, {"default": 0.0}, "a/(1 + exp(−k(x − x0))) + offset, never negative."]
    ]
    steps: NotRequired[
        Annotated[list[Step], {"default": []}, "Factors below energies: the first that applies."]
    ]


Efficiency = Annotated[
    LogisticEfficiency | TabulatedEfficiency,
    "At photo-electrons, or for gaussian at the unsmeared energy in keV.",
]


@final
class PoissonSmearing(TypedDict):
    """Whole photo-electrons n, of which a bin holds low ≤ n < high."""

    kind: Literal["poisson"]
    light_yield: Annotated[Positive, "Photo-electrons per keV."]
    efficiency: Efficiency


@final
class GammaSmearing(TypedDict):
    """Photo-electrons follow a Γ distribution of mean light_yield·E."""

    kind: Literal["gamma"]
    light_yield: Annotated[Positive, "Photo-electrons per keV."]
    sharpness: Annotated[Positive, "b of the Γ distribution's shape 1 + bE, per keV."]
    efficiency: Efficiency


@final
class GaussianSmearing(TypedDict):
    """A resolution that grows as √E."""

    kind: Literal["gaussian"]
    resolution: Annotated[Positive, "σ/√E in keV**0.5."]
    efficiency: Efficiency


Smearing = Annotated[
    PoissonSmearing | GammaSmearing | GaussianSmearing,
    "Electron-equivalent energy to what is reconstructed, and with which efficiency.",
]


#: Steps per photo-electron when a continuous spectrum of them is integrated.
_FINE = 4


def electron_equivalent(T: Array, coefficients: Sequence[float], unit: str) -> Array:
    """Return the electron-equivalent energy in keV, Σ_k c_k T^(k+1), never negative.

    Parameters
    ----------
    T : array
        Recoil energy in keV.
    coefficients : sequence of float
        c_0, c_1 …, for both energies in ``unit``.
    unit : str
        Such as ``keV`` or ``MeV``.

    Raises
    ------
    UnknownNameError
        For a unit of anything else.

    Examples
    --------
    Quenching of 8.78 %, and a straight line of 0.246 + 0.00078 T/keV:

    >>> electron_equivalent(np.array([10.0]), [0.0878], "keV").round(3).tolist()
    [0.878]
    >>> electron_equivalent(np.array([10.0]), [0.246, 0.00078], "keV").round(3).tolist()
    [2.538]
    """
    scale = power_of_ten(unit, "keV")
    if scale is None:
        raise UnknownNameError("unit of energy", unit, ["keV", "MeV"])
    x = np.asarray(T, float) / scale
    total = np.zeros_like(x)
    for c in reversed(coefficients):
        total = (total + c) * x
    return np.maximum(total * scale, 0.0)


@completed
def efficiency(config: Efficiency, x: Array, release: Release) -> Array:
    """Return a declared efficiency at x, in the unit it was declared in.

    ``logistic``: a/(1 + exp(−k(x − x0))) + offset, never negative, times ``factor`` below each of ``steps``
    (the first that applies). ``table``: linear between the points, zero below the first and constant above
    the last one.

    Raises
    ------
    UnknownNameError
        For another kind.
    """
    if config["kind"] == "table":
        table = release.arrays(config["table"])
        points, values = (table[name].astype(float) for name in (config["at"], config["efficiency"]))
        return np.asarray(np.interp(x, points, values, left=0.0))
    if config["kind"] != "logistic":
        raise UnknownNameError("efficiency", str(config["kind"]), ["logistic", "table"], release.id)
    raw = config["a"] / (1.0 + np.exp(-config["k"] * (x - config["x0"]))) + config["offset"]
    factor = np.ones_like(x)
    for step in sorted(config["steps"], key=lambda s: -float(s["below"])):
        factor = np.where(x < step["below"], step["factor"], factor)
    return np.asarray(np.maximum(raw, 0.0) * factor)


@completed
def smearing(config: Smearing, ee: Array, low: Array, high: Array, release: Release) -> Array:
    """Return how likely an electron-equivalent energy is seen in each bin, efficiency included.

    Parameters
    ----------
    config : mapping
        ``kind`` and what it needs:
        ``poisson``: ``light_yield`` (photo-electrons per keV), ``efficiency`` at whole photo-electrons n; a
        bin holds low ≤ n < high.
        ``gamma``: ``light_yield`` and ``sharpness`` (b, per keV), photo-electrons follow a Γ distribution of
        mean light_yield·E and shape 1 + bE; ``efficiency`` at photo-electrons.
        ``gaussian``: ``resolution`` a, σ = a√E in keV; ``efficiency`` at the unsmeared energy in keV.
    ee : array, shape (N,)
        In keV.
    low, high : arrays, shape (n,)
        Edges of the bins, in photo-electrons or keV.

    Returns
    -------
    array, shape (n, N)

    Raises
    ------
    UnknownNameError
        For another kind.
    """
    if config["kind"] == "poisson":
        counts = np.arange(np.floor(low[0]), np.ceil(high[-1]) + 1.0)
        mean = np.maximum(config["light_yield"] * ee, 1e-12)
        seen = np.exp(xlogy(counts[:, None], mean) - gammaln(counts[:, None] + 1.0) - mean)
        return _summed(counts, seen * efficiency(config["efficiency"], counts, release)[:, None], low, high)
    if config["kind"] == "gamma":
        edges = np.arange(np.floor(low[0]) * _FINE, np.ceil(high[-1]) * _FINE + 1) / _FINE
        shape = 1.0 + config["sharpness"] * ee
        scale = np.maximum(config["light_yield"] * ee, 1e-12) / shape
        seen = np.diff(gammainc(shape, edges[:, None] / scale), axis=0)
        middle = 0.5 * (edges[1:] + edges[:-1])
        return _summed(middle, seen * efficiency(config["efficiency"], middle, release)[:, None], low, high)
    if config["kind"] != "gaussian":
        raise UnknownNameError("smearing", str(config["kind"]), ["poisson", "gamma", "gaussian"], release.id)
    sigma = config["resolution"] * np.sqrt(np.maximum(ee, 1e-12))
    inside = ndtr((high[:, None] - ee) / sigma) - ndtr((low[:, None] - ee) / sigma)
    return np.asarray(inside * efficiency(config["efficiency"], ee, release))


def _summed(places: Array, values: Array, low: Array, high: Array) -> Array:
    """Return values (m, N) at places (m,) summed over the bins low ≤ place < high, shape (n, N)."""
    inside = (places >= low[:, None]) & (places < high[:, None])
    return np.asarray(inside.astype(float) @ values)


@dataclass(frozen=True, eq=False)
class ResponseFit:
    """A scintillation response fitted to measured quenching factors.

    Attributes
    ----------
    coefficients : array, shape (k,)
        c_k of E_ee = Σ_k c_k T^(k+1), energies in keV: the quenching factor is Σ_k c_k T^k.
    covariance : array, shape (k, k)
        From the errors of the measurements alone.
    chi2, dof : float, int
        Of the fit. Measurements that disagree make it large, and the covariance too small.
    """

    coefficients: Array
    covariance: Array
    chi2: float
    dof: int

    def factor(self, T: Array) -> Array:
        """Return the quenching factor at recoil energies in keV."""
        return np.asarray(self._powers(T) @ self.coefficients)

    def band(self, T: Array, scaled: bool = True) -> Array:
        """Return its standard deviation, times √(χ²/dof) where that is above one and ``scaled``."""
        variance = np.einsum("ni,ij,nj->n", self._powers(T), self.covariance, self._powers(T))
        return np.asarray(np.sqrt(variance * (max(1.0, self.chi2 / self.dof) if scaled else 1.0)))

    def _powers(self, T: Array) -> Array:
        return np.asarray(np.power.outer(np.asarray(T, float), np.arange(self.coefficients.size)))


def fit_response(T: Array, factor: Array, error: Array, degree: int = 4) -> ResponseFit:
    """Return the least-squares fit of a scintillation response to quenching factors.

    Parameters
    ----------
    T : array, shape (n,)
        Recoil energies in keV; their errors are neglected.
    factor, error : arrays, shape (n,)
    degree : int
        Of the response; 4 is the form of arXiv:2111.02477.

    Examples
    --------
    >>> T = np.linspace(3.0, 60.0, 12)
    >>> fit = fit_response(T, 0.05 + 0.001 * T, np.full(12, 0.002), degree=2)
    >>> fit.coefficients.round(4).tolist(), round(fit.chi2, 3), fit.dof
    ([0.05, 0.001], 0.0, 10)
    """
    # energies over 50 keV keep the matrix well conditioned
    scale = 50.0 ** np.arange(degree)
    design = np.power.outer(np.asarray(T, float), np.arange(degree)) / scale / error[:, None]
    covariance = np.linalg.inv(design.T @ design)
    scaled = covariance @ (design.T @ (factor / error))
    chi2 = float(((factor / error - design @ scaled) ** 2).sum())
    return ResponseFit(scaled / scale, covariance / np.outer(scale, scale), chi2, T.size - degree)
