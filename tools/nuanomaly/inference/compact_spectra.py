"""Small tables of a data set's predictions, bin by bin, to draw beside its data at any point of a
model of a splitting and two mixings.

Predictions are those with the nuisances where they fit best at the point. A table holds them at knots of
Δm²41 and nodes of the amplitudes, as :mod:`~nuanomaly.inference.compact` does values, in 16 bits. It is for
drawing: a prediction is held to a tenth of the standard deviation of its bin, and what that came to is
measured and kept with the table.
"""

from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.compact import adapted, amplitudes, largest_amplitude, mixings, probes
from nuanomaly.inference.compact_nodes import Nodes, chebyshev
from nuanomaly.inference.dependence import Dependence, Member, Names, unmixed
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.surface_process import SurfaceProcess
from nuanomaly.model.probabilities import Array, Model
from nuanomaly.model.registry import model

#: How far a drawn prediction may be off, in standard deviations of its bin.
TOLERANCE = 0.1
#: Numbers of nodes that are tried; how close knots may come; knots a decade to begin with.
_COUNTS, _CLOSEST, _BEGIN = (3, 4, 5, 6, 8, 10, 12, 16), 1.2e-2, 24
#: Where a nuisance jumps from one of its bounds to the other a prediction jumps too: taken up to this, in σ.
_JUMP = 1.5
#: A prediction so many standard deviations from the data is far off the picture: held in proportion beyond.
_NEAR = 5.0
_SAMPLED, _DENSE, _PROBES, _CHUNK = 9, 24, 200, 512
_SMALLEST = 1e-4
#: A prediction is rounded to this share of the standard deviation of its bin, or to the last of 16 bits.
_STEP, _LEVELS = 0.03, 65535


@dataclass(frozen=True, eq=False)
class CompactSpectrum:
    """A data set's data, errors, and predictions over Δm²41 and the amplitudes it depends on.

    Attributes
    ----------
    name : str
    depends : {"e", "mu", "product", "both"}
    data, errors : array, shape (B,)
        Errors are those of the datum alone, without oscillation.
    none : array, shape (B,)
        The prediction without oscillation.
    dm2 : array, shape (D,)
        Knots in eV².
    nodes : tuple of Nodes
    levels : array of 16 bits, shape (D, N, B) or (D, N, M, B)
    low, step : array, shape (B,)
        A prediction is ``low + step * levels``.
    error : float
        The largest difference to the engine at random points, in standard deviations of the bin (in
        proportion to its distance from the data where that is more than five).
    """

    name: str
    depends: Dependence
    data: Array
    errors: Array
    none: Array
    dm2: Array
    nodes: tuple[Nodes, ...]
    levels: "np.ndarray[Any, np.dtype[np.uint16]]"
    low: Array
    step: Array
    error: float = 0.0

    def predicted(self, dm2: Array, electron: Array, muon: Array) -> Array:
        """Return predictions at Δm²41 (eV²), |Ue4|² and |Uμ4|², arrays of shape (P,); shape (P, B)."""
        known = self.low + self.step * self.levels
        rows = CubicSpline(np.log(self.dm2), known)(np.log(dm2))
        for nodes, amplitude in zip(self.nodes, amplitudes(self.depends, electron, muon), strict=True):
            rows = np.einsum("pn...,pn->p...", rows, nodes.weights(amplitude))
        return np.asarray(rows)


@dataclass(frozen=True, eq=False)
class Predictions:
    """A likelihood as predictions over a splitting and two mixings, its nuisances where they fit best."""

    likelihood: Likelihood
    model: Model
    names: Names

    def __call__(self, dm2: Array, electron: Array, muon: Array) -> Array:
        """Return predictions, shape (P, B)."""
        chosen, parts = self.model, []
        for k in range(0, dm2.size, _CHUNK):
            given = zip(self.names, (v[k : k + _CHUNK] for v in (dm2, electron, muon)), strict=True)
            points = self.likelihood.points(chosen, dict(given))
            where = self.likelihood.profiled(chosen, points)[1]
            parts.append(self.likelihood.means(chosen, points, where))
        return np.concatenate(parts)

    def errors(self) -> Array:
        """Return the standard deviation of every datum without oscillation, shape (B,)."""
        none = {name: np.array([value]) for name, value in unmixed(self.names).items()}
        points = self.likelihood.points(self.model, none)
        places = self.likelihood.profiled(self.model, points)[1]
        return np.concatenate([b.errors for b in self.likelihood.breakdown(self.model, points, places)])


def compact_spectrum(
    data: Member,
    likelihood: Likelihood,
    *,
    dm2: tuple[float, float],
    mixing: float,
    seed: int = 0,
) -> CompactSpectrum | None:
    """Return a data set's predictions as a small table; None if it has no bins, as a released map.

    A map that fluctuates has data, and no bins.

    Parameters
    ----------
    data : Member
        The data set, which says what it depends on, and the model it is read in.
    likelihood : Likelihood
    dm2, mixing
        As for :func:`~nuanomaly.inference.compact.compact`.
    """
    if likelihood.data is None or isinstance(likelihood, SurfaceProcess):
        return None
    depends = data.depends
    predictions = Predictions(likelihood, model(data.model), data.names)
    errors, observed = predictions.errors(), np.asarray(likelihood.data, float)
    zero = np.zeros(1)
    made = CompactSpectrum(
        data.name,
        depends,
        observed,
        errors,
        predictions(np.ones(1), zero, zero)[0],
        np.array(dm2),
        (),
        np.zeros((0, 0), np.uint16),
        zero,
        zero,
    )
    nodes = _nodes(made, predictions, dm2, largest_amplitude(depends, mixing))
    knots, values = adapted(
        lambda at: _grid(predictions, depends, at, nodes),
        dm2,
        lambda a, b: _off(made, a, b) > 1.0,
        _CLOSEST,
        _BEGIN,
    )
    low, high = (f(values, axis=tuple(range(values.ndim - 1))) for f in (np.min, np.max))
    step = np.maximum((high - low) / _LEVELS, _STEP * _finite(made.errors))
    levels = np.rint((values - low) / step).astype(np.uint16)
    made = replace(made, dm2=knots, nodes=nodes, levels=levels, low=low, step=step)
    return replace(made, error=_measured(made, predictions, dm2, mixing, np.random.default_rng(seed)))


def _grid(predictions: Predictions, depends: Dependence, dm2: Array, nodes: tuple[Nodes, ...]) -> Array:
    """Return predictions on a grid, shape (D, N, B) or (D, N, M, B)."""
    axes = [n.values for n in nodes]
    mesh = [m.ravel() for m in np.meshgrid(dm2, *axes, indexing="ij")]
    values = predictions(mesh[0], *mixings(depends, tuple(mesh[1:])))
    return values.reshape(dm2.size, *(a.size for a in axes), -1)


def _finite(errors: Array) -> Array:
    """Return standard deviations, a typical one where none is known."""
    return np.asarray(np.where(np.isfinite(errors), errors, np.nanmedian(errors)))


def _off(spectrum: CompactSpectrum, read: Array, exact: Array) -> Array:
    """Return how far predictions are off, in units of what is allowed."""
    errors = _finite(spectrum.errors)
    away = np.abs(exact - spectrum.data) / errors
    return np.asarray(np.abs(read - exact) / (TOLERANCE * errors * np.maximum(1.0, away / _NEAR)))


def _nodes(
    spectrum: CompactSpectrum, predictions: Predictions, dm2: tuple[float, float], largest: float
) -> tuple[Nodes, ...]:
    """Return the fewest nodes that hold predictions at some Δm²41."""
    sampled = np.geomspace(*dm2, _SAMPLED + 2)[1:-1]
    both = spectrum.depends == "both"
    dense = Nodes("chebyshev", 1.0, largest * np.linspace(0.0, 1.0, _DENSE))
    tried = (dense, dense) if both else (dense,)
    exact = _grid(predictions, spectrum.depends, sampled, tried)
    best: tuple[float, tuple[Nodes, ...]] = np.inf, ()
    for count in _COUNTS:
        nodes = chebyshev(largest, 1e3 * largest, count)
        chosen = (nodes,) * len(tried)
        weights = nodes.weights(dense.values)
        read = np.einsum("pn,dn...->dp...", weights, _grid(predictions, spectrum.depends, sampled, chosen))
        if both:
            read = np.einsum("qm,dpm...->dpq...", weights, read)
        best = min(best, (float(_off(spectrum, read, exact).max()), chosen), key=itemgetter(0))
        if best[0] <= 1.0:
            break
    if best[0] * TOLERANCE > _JUMP:
        raise NuanomalyError(
            f"{spectrum.name}: {_COUNTS[-1]} nodes hold its predictions to {best[0] * TOLERANCE:.1f}σ only"
        )
    return best[1]


def _measured(
    table: CompactSpectrum,
    predictions: Predictions,
    dm2: tuple[float, float],
    mixing: float,
    random: np.random.Generator,
) -> float:
    """Return the largest difference to the engine at random points."""
    at, e, mu = probes(random, dm2, (_SMALLEST, mixing), _PROBES)
    return TOLERANCE * float(_off(table, table.predicted(at, e, mu), predictions(at, e, mu)).max())
