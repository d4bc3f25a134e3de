"""Small tables of a data set under one sterile neutrino, from which any value is read in microseconds.

A table holds the values of a data set (:class:`~nuanomaly.inference.dependence.Member`) at knots of Δm²41 and
at nodes of one or two amplitudes. Between knots it is a cubic spline in ln Δm²41 (not-a-knot); knots are
added where the spline and the engine differ. In an amplitude s it is a polynomial through Chebyshev's points
of ln(1 + s/s₀), as few as the tolerance asks for; where a nuisance reaches its bound the value bends, and
cubics through the four nearest of many equidistant nodes take the polynomial's place. A released map that is
read by straight lines keeps its own nodes and lines. Values are rounded to 2⁻¹¹. What all of this costs is
measured at random points and kept with the table (:attr:`CompactTable.error`): a program without the engine,
such as a page, reads the table and states that error.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.compact_nodes import Nodes, Scheme, chebyshev, equidistant
from nuanomaly.inference.dependence import Dependence, Member
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.surface import SurfaceLikelihood
from nuanomaly.model.probabilities import Array

#: The tolerance of a value less than this above the smallest one; it grows in proportion beyond.
_NEAR = 30.0
#: Scales s₀ that are tried, as shares of the largest amplitude, and numbers of nodes.
_SCALES = (1e3, 0.3, 0.03, 0.003)
_COUNTS = (4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 32)
#: The same of equidistant nodes, where no polynomial does; the largest error that is taken then.
_LOCAL, _BENT = (48, 64, 96, 128, 192), 0.03
#: Where no polynomial does, the tolerance is so many times larger, or what the most nodes reach.
_EASIER = 2.5
#: From this number of nodes on only the two best scales are followed.
_DECIDED = 8
#: Knots of Δm²41 to begin with, in a decade; the closest that they may come, in ln Δm²41.
_BEGIN, _CLOSEST = 32, 2e-4
#: Where the value bends along an amplitude it does along Δm²41 too, and ever closer knots gain little.
_BENDING = 6e-3
#: Values are rounded to multiples of this, a power of two.
QUANTUM = 2.0**-11
#: At how many Δm²41 and amplitudes nodes are chosen, and how many random points measure the error.
_SAMPLED, _DENSE, _PROBES = 15, 100, 400
#: The smallest mixing of these points.
_SMALLEST = 1e-5
#: Midpoints that become knots may differ by this many tolerances: they make the spline some 16 times better.
_BEFORE = 4.0


@dataclass(frozen=True, eq=False)
class CompactTable:
    """A data set's values over Δm²41 and the amplitudes it depends on.

    Attributes
    ----------
    name : str
    depends : {"e", "mu", "product", "both"}
        Amplitudes are 4|U|²(1−|U|²) of the electron or the muon neutrino, 4|Ue4|²|Uμ4|², or the first two.
    dm2 : array, shape (D,)
        Knots in eV².
    scheme : {"chebyshev", "linear"}
        ``linear``: straight lines in ln Δm²41 between the knots, else a cubic spline.
    nodes : tuple of Nodes
        One, or two for ``both``.
    values : array of 32 bits, shape (D, N) or (D, N, M)
    error : float
        The largest difference to the engine at random points, in units of the value, where that is less than
        30 above the smallest; in proportion to this height beyond.
    """

    name: str
    depends: Dependence
    dm2: Array
    scheme: Scheme
    nodes: tuple[Nodes, ...]
    values: "np.ndarray[Any, np.dtype[np.float32]]"
    error: float = field(default=0.0)

    def value(self, dm2: Array, electron: Array, muon: Array) -> Array:
        """Return the value at Δm²41 (eV²), |Ue4|² and |Uμ4|², arrays of shape (P,)."""
        rows = self._rows(np.asarray(dm2, float))
        for nodes, amplitude in zip(self.nodes, amplitudes(self.depends, electron, muon), strict=True):
            rows = np.einsum("pn...,pn->p...", rows, nodes.weights(amplitude))
        return np.asarray(rows)

    def _rows(self, dm2: Array) -> Array:
        at, knots = np.log(dm2), np.log(self.dm2)
        values = self.values.astype(float)
        if self.scheme == "chebyshev":
            return np.asarray(CubicSpline(knots, values)(at))
        index = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, knots.size - 2)
        share = np.clip((at - knots[index]) / (knots[index + 1] - knots[index]), 0.0, 1.0)
        share = share.reshape(-1, *[1] * (values.ndim - 1))
        return np.asarray((1.0 - share) * values[index] + share * values[index + 1])


def amplitudes(depends: Dependence, electron: Array, muon: Array) -> tuple[Array, ...]:
    """Return the amplitudes a data set depends on, at |Ue4|² and |Uμ4|².

    Examples
    --------
    >>> [a.tolist() for a in amplitudes("product", np.array([0.1]), np.array([0.25]))]
    [[0.1]]
    """
    e, mu = np.asarray(electron, float), np.asarray(muon, float)
    if depends == "product":
        return (4.0 * e * mu,)
    single = {"e": (e,), "mu": (mu,), "both": (e, mu)}[depends]
    return tuple(4.0 * u * (1.0 - u) for u in single)


def mixings(depends: Dependence, values: tuple[Array, ...]) -> tuple[Array, Array]:
    """Return |Ue4|² and |Uμ4|² that have these amplitudes, the small ones; zero what does not matter."""
    if depends == "product":
        root = np.sqrt(values[0] / 4.0)
        return root, root
    small = [0.5 * (1.0 - np.sqrt(1.0 - s)) for s in values]
    zero = np.zeros_like(small[0])
    return {"e": (small[0], zero), "mu": (zero, small[0]), "both": (small[0], small[-1])}[depends]


def largest_amplitude(depends: Dependence, mixing: float) -> float:
    """Return the amplitude where the mixings are as large as they may be."""
    return 4.0 * mixing * (mixing if depends == "product" else 1.0 - mixing)


def compact(
    data: Member,
    likelihood: Likelihood,
    *,
    dm2: tuple[float, float],
    mixing: float,
    tolerance: float = 2e-3,
    seed: int = 0,
) -> CompactTable:
    """Return a data set's small table.

    Parameters
    ----------
    data : Member
        The data set as a function of the three parameters.
    likelihood : Likelihood
        What it is made of: a map read by straight lines keeps its nodes.
    dm2 : (float, float)
        From where to where, in eV².
    mixing : float
        The largest |Ue4|² and |Uμ4|².
    tolerance : float
        How far the value may be from the engine's where it is less than 30 above the smallest.
    seed : int
        Of the points at which the error is measured.
    """
    engine = _Engine(data)
    if isinstance(likelihood, SurfaceLikelihood) and likelihood.null is not None and data.depends != "both":
        made = _lines(data, engine, likelihood, dm2, mixing)
    else:
        chosen = _chosen(engine, dm2, mixing, tolerance)
        reached = max(tolerance, *(error for error, _ in chosen))
        made = _adapted(data, engine, tuple(nodes for _, nodes in chosen), dm2, reached)
    error = measured(made, data, dm2, mixing, seed)
    return CompactTable(made.name, made.depends, made.dm2, made.scheme, made.nodes, made.values, error)


@dataclass(frozen=True, eq=False)
class _Engine:
    """A data set over Δm²41 and amplitudes."""

    data: Member

    @property
    def dimensions(self) -> int:
        return 2 if self.data.depends == "both" else 1

    def grid(self, dm2: Array, *axes: Array) -> Array:
        """Return values on a grid, shape (D, N) or (D, N, M)."""
        mesh = [m.ravel() for m in np.meshgrid(dm2, *axes, indexing="ij")]
        e, mu = mixings(self.data.depends, tuple(mesh[1:]))
        parts = range(0, e.size, _CHUNK)
        values = [
            self.data.value(mesh[0][k : k + _CHUNK], e[k : k + _CHUNK], mu[k : k + _CHUNK]) for k in parts
        ]
        return np.concatenate(values).reshape(dm2.size, *(axis.size for axis in axes))


#: How many points the engine is asked for at once.
_CHUNK = 4096


def _allowed(values: Array, smallest: float, tolerance: float) -> Array:
    """Return the error that is allowed of values, which grows with their height above the smallest."""
    return tolerance * np.maximum(1.0, (values - smallest) / _NEAR)


def _chosen(
    engine: _Engine, dm2: tuple[float, float], mixing: float, tolerance: float
) -> tuple[tuple[float, Nodes], ...]:
    """Return the fewest nodes that hold the values at some Δm²41, for each amplitude, and their error."""
    largest = largest_amplitude(engine.data.depends, mixing)
    sampled = np.geomspace(*dm2, _SAMPLED + 2)[1:-1]
    dense = (
        np.unique(np.concatenate([np.geomspace(1e-4, 1.0, _DENSE), np.linspace(0.0, 1.0, _DENSE)])) * largest
    )
    others = () if engine.dimensions == 1 else (largest * np.array([1e-4, 0.02, 0.5]),)
    return tuple(
        _fewest(engine.data.name, partial(_along, engine, sampled, others, k), dense, tolerance)
        for k in range(engine.dimensions)
    )


def _along(engine: _Engine, sampled: Array, others: tuple[Array, ...], k: int, axis: Array) -> Array:
    """Return values along one of the amplitudes, the others at a few, shape (D, N, …)."""
    values = engine.grid(sampled, *((*others, axis) if k else (axis, *others)))
    return np.swapaxes(values, 1, 2) if k else values


def _fewest(
    name: str, along: Callable[[Array], Array], dense: Array, tolerance: float
) -> tuple[float, Nodes]:
    """Return the fewest nodes that hold values along an amplitude, or the best, and their error."""
    exact = along(dense)
    allowed = _allowed(exact, float(exact.min()), 1.0)
    best: tuple[float, Nodes] = np.inf, chebyshev(1.0, 1.0, 2)
    for made, counts in ((chebyshev, _COUNTS), (equidistant, _LOCAL)):
        scales: tuple[float, ...] = _SCALES
        for count in counts:
            errors = {}
            for scale in scales:
                nodes = made(dense[-1], scale * dense[-1], count)
                read = np.einsum("pn,dn...->dp...", nodes.weights(dense), along(nodes.values))
                errors[scale] = float((np.abs(read - exact) / allowed).max())
                best = min(best, (errors[scale], nodes), key=itemgetter(0))
            if best[0] <= tolerance * (_EASIER if best[1].scheme == "local" else 1.0):
                return best
            if count == _DECIDED:
                scales = tuple(sorted(errors, key=errors.__getitem__)[:2])
    if best[0] > _BENT:
        raise NuanomalyError(f"{name}: {_LOCAL[-1]} nodes of an amplitude hold it to {best[0]:.2g} only")
    return best


def _adapted(
    data: Member, engine: _Engine, nodes: tuple[Nodes, ...], dm2: tuple[float, float], tolerance: float
) -> CompactTable:
    """Return the table on knots that halve where the spline through them is off at their middle."""
    smallest = np.inf

    def values(at: Array) -> Array:
        nonlocal smallest
        made = engine.grid(at, *(n.values for n in nodes))
        smallest = min(smallest, float(made.min()))
        return made

    def off(read: Array, exact: Array) -> NDArray[np.bool_]:
        return np.asarray(np.abs(read - exact) > _allowed(exact, smallest, _BEFORE * tolerance))

    closest = _CLOSEST if all(n.scheme == "chebyshev" for n in nodes) else _BENDING
    knots, made = adapted(values, dm2, off, closest)
    return CompactTable(data.name, data.depends, knots, "chebyshev", nodes, _rounded(made))


def adapted(
    values: Callable[[Array], Array],
    dm2: tuple[float, float],
    off: Callable[[Array, Array], NDArray[np.bool_]],
    closest: float,
    begin: int = _BEGIN,
) -> tuple[Array, Array]:
    """Return knots of Δm²41 (D,), and values there (D, …), that a cubic spline in its logarithm runs through.

    Parameters
    ----------
    values : callable
        Of Δm²41 in eV², shape (P,), gives values, shape (P, …).
    dm2 : (float, float)
        From where to where.
    off : callable
        Of what the spline and the engine say between two knots, shape (P, …) both, says where the first is
        too far off: there the interval is halved again.
    closest : float
        How close knots may come, in ln Δm²41.
    begin : int
        Knots a decade at the beginning.
    """
    low, high = np.log(dm2)
    knots = np.linspace(low, high, max(8, round(begin * (high - low) / np.log(10.0))))
    made = values(np.exp(knots))
    opened = np.ones(knots.size - 1, bool)
    while opened.any():
        middles = (0.5 * (knots[1:] + knots[:-1]))[opened]
        exact = values(np.exp(middles))
        again = np.zeros(opened.size, bool)
        far = off(CubicSpline(knots, made)(middles), exact)
        again[np.flatnonzero(opened)[far.reshape(middles.size, -1).any(axis=1)]] = True
        knots, made, opened = _halved(knots, made, middles, exact, opened, again, closest)
    return np.exp(knots), made


def _rounded(values: Array) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """Return values in 32 bits, of which those without meaning are zero, so that files of them deflate."""
    return (np.rint(values / QUANTUM) * QUANTUM).astype(np.float32)


def _halved(
    knots: Array,
    values: Array,
    middles: Array,
    exact: Array,
    opened: NDArray[np.bool_],
    again: NDArray[np.bool_],
    closest: float,
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return knots and values with the middles put in, and which intervals are still open."""
    order = np.argsort(np.concatenate([knots, middles]), kind="stable")
    merged = np.concatenate([knots, middles])[order]
    parts = np.where(opened, 2, 1)
    open_ = np.repeat(again, parts) & (np.diff(merged) > closest)
    return merged, np.concatenate([values, exact])[order], open_


def _lines(
    data: Member, engine: _Engine, likelihood: SurfaceLikelihood, dm2: tuple[float, float], mixing: float
) -> CompactTable:
    """Return the table of a map that is read by straight lines, at its own nodes."""
    largest = largest_amplitude(data.depends, mixing)
    inner = likelihood.amplitude[likelihood.amplitude < largest]
    amplitude = np.concatenate([[0.0], inner, [min(largest, float(likelihood.amplitude[-1]))]])
    within = (likelihood.dm2 > dm2[0]) & (likelihood.dm2 < dm2[1])
    knots = np.concatenate([[dm2[0]], likelihood.dm2[within], [dm2[1]]])
    nodes = Nodes("linear", 0.0, np.unique(amplitude))
    values = _rounded(engine.grid(knots, nodes.values))
    return CompactTable(data.name, data.depends, knots, "linear", (nodes,), values)


def measured(
    table: CompactTable, data: Member, dm2: tuple[float, float], mixing: float, seed: int = 0
) -> float:
    """Return the largest difference to the engine at random points, large values counted in proportion."""
    at, e, mu = probes(np.random.default_rng(seed), dm2, (_SMALLEST, mixing), _PROBES)
    exact = data.value(at, e, mu)
    differ = np.abs(table.value(at, e, mu) - exact)
    return float((differ / _allowed(exact, float(table.values.min()), 1.0)).max())


def probes(
    random: np.random.Generator, dm2: tuple[float, float], mixing: tuple[float, float], count: int
) -> tuple[Array, Array, Array]:
    """Return random Δm²41, |Ue4|² and |Uμ4|², shape (count,) each, evenly spread in their logarithms."""
    at, e, mu = (
        np.exp(random.uniform(np.log(low), np.log(high), count)) for low, high in (dm2, mixing, mixing)
    )
    return at, e, mu
