"""Which engine is the fastest one that is exact."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.engine.fixed_covariance import FixedEngine, LinearEngine
from nuanomaly.inference.engine.plane import Plane
from nuanomaly.inference.engine.split import SplitEngine
from nuanomaly.inference.engine.toy_engine import Engine, TableEngine
from nuanomaly.inference.grid import points, size
from nuanomaly.likelihood.algebra.ensemble import GaussianForm
from nuanomaly.model.probabilities import Array, NotApplicableError

#: A prediction that departs from a straight line by less than this part of its size is linear.
_LINEAR = 1e-11


def make_engine(plane: Plane, seed: int = 0) -> Engine:
    """Return the fastest engine that is exact for a plane.

    Raises
    ------
    NotApplicableError
        If the likelihood generates no toys (a tabulated surface).
    """
    likelihood = plane.objective.likelihood
    if likelihood.data is None:
        raise NotApplicableError(f"not applicable: no toys can be made of {likelihood.release}")
    if not plane.axes:
        raise NuanomalyError("toys need at least one free parameter")
    if plane.possible.all() and not plane.gridded:  # the linear one knows no points of the amplitude
        linear = _linear(plane, seed)
        if linear is not None:
            return linear
    form = _form(plane, plane.complete)
    inverse = None if form is None else form.profiled_inverse()
    if form is not None and inverse is not None:
        return FixedEngine(plane, seed, inverse, form.mu)
    split = SplitEngine(plane, seed)
    return split if split.worthwhile() and split.applicable() else TableEngine(plane, seed)


@lru_cache(maxsize=2)
def kept_engine(plane: Plane, seed: int) -> Engine:
    """Return the same, made once for pieces of work that follow each other in a process."""
    return make_engine(plane, seed)


def _form(plane: Plane, complete: Mapping[str, Array]) -> GaussianForm | None:
    if not plane.possible.all():
        return None
    return plane.objective.likelihood.gaussian(plane.objective.model, complete)


def _linear(plane: Plane, seed: int) -> LinearEngine | None:
    """Return the engine of a prediction that is linear in the amplitude, None if it is not."""
    k = plane.amplitude
    if k is None:
        return None
    axis = plane.axes[k]
    parameter = plane.known[axis.name]
    null, limit = parameter.null, min(parameter.high, 1.0)
    if null != 0.0 or parameter.low != 0.0:
        return None
    others = [a for j, a in enumerate(plane.axes) if j != k]
    grid = points(others, 0, size(others)) if others else {}
    grid = {name: np.append(grid[name], plane.extra.get(name, [])) for name in grid}
    combinations = size(others) + plane.null - plane.size
    forms = []
    for share in (0.0, 0.5, 1.0):
        free = {**grid, axis.name: np.full(combinations, share * limit)}
        form = _form(plane, plane.objective.points(free))
        if form is None:
            return None
        forms.append(form)
    joined = GaussianForm(
        forms[0].data,
        forms[0].inverse,
        np.concatenate([f.mu for f in forms]),
        np.concatenate([f.jacobian for f in forms]),
        forms[0].nuisances,
    )
    inverse = joined.profiled_inverse()
    if inverse is None or not _straight([f.mu for f in forms]):
        return None
    slopes = (forms[2].mu - forms[0].mu) / limit
    return LinearEngine(plane, seed, inverse, forms[0].mu[0], slopes, limit)


def _straight(mu: Sequence[Array]) -> bool:
    """Say whether the middle of three predictions is their mean, and the first the same everywhere."""
    scale = _LINEAR * max(float(np.abs(m).max()) for m in mu)
    bent = np.abs(mu[1] - 0.5 * (mu[0] + mu[2])).max()
    return bool(bent <= scale and np.abs(mu[0] - mu[0][0]).max() <= scale)
