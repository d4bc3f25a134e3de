"""How many physics parameters a data set constrains: the rank of the Jacobian of its observables."""

from collections.abc import Mapping, Sequence

import numpy as np

from nuanomaly.inference.grid import Axis
from nuanomaly.inference.objective import Objective
from nuanomaly.model.base import Array

#: Step of the central differences: of ln p on logarithmic axes, of the range on linear ones.
_STEP = 1e-3
#: A row whose derivatives are below this fraction of the observable is rounding noise.
_NOISE = 1e-8
#: Singular values below this fraction of the largest are zero. Each row is scaled to one before.
_TOLERANCE = 1e-3
#: Generic points in the bulk of the axes, besides those that are given.
_BULK = 8


def generic_points(axes: Sequence[Axis], near: Sequence[Mapping[str, float]] = ()) -> dict[str, Array]:
    """Return points at which ranks are evaluated, shape (G,) for each parameter.

    Eight low-discrepancy points in the middle 60 % of every axis, and each point of ``near`` moved into the
    same box (an amplitude at zero makes a splitting meaningless: that is not generic).
    """
    dimension = len(axes)
    # Kronecker sequence of the generalised golden ratio x^(d+1) = x + 1
    ratio = 2.0
    for _ in range(64):
        ratio = (1.0 + ratio) ** (1.0 / (dimension + 1))
    share = ratio ** -np.arange(1.0, dimension + 1)
    unit = (0.5 + np.arange(1, _BULK + 1)[:, None] * share) % 1.0
    found = {}
    for k, axis in enumerate(axes):
        low, high = axis.internal(axis.low), axis.internal(axis.high)
        inside = [0.2 + 0.6 * u for u in unit[:, k]]
        for point in near:
            value = point[axis.name]
            internal = axis.internal(value) if value > 0.0 or not axis.log else low
            inside.append(float(np.clip((internal - low) / (high - low), 0.2, 0.8)))
        found[axis.name] = axis.external(low + (high - low) * np.array(inside))
    return found


def jacobian(objective: Objective, axes: Sequence[Axis], at: Mapping[str, Array]) -> tuple[Array, Array]:
    """Return observables (G, n) and their derivatives in the axes' internal coordinates (G, n, len(axes))."""
    likelihood, model = objective.likelihood, objective.model
    centre = likelihood.observables(model, objective.points(at))
    columns = []
    for axis in axes:
        step = _STEP if axis.log else _STEP * (axis.high - axis.low)
        middle = axis.internal(at[axis.name])
        ends = [
            likelihood.observables(model, objective.points({**at, axis.name: np.exp(u) if axis.log else u}))
            for u in (middle - step, middle + step)
        ]
        columns.append((ends[1] - ends[0]) / (2.0 * step))
    if not columns:
        return centre, np.zeros((*centre.shape, 0))
    return centre, np.stack(columns, axis=-1)


def matrix_rank(derivatives: Array, observables: Array) -> int:
    """Return the numerical rank of a Jacobian (n, m), rows scaled to one, rounding noise left out.

    Examples
    --------
    >>> matrix_rank(np.array([[1.0, 1.0], [1e6, 1e6 + 1.0]]), np.ones(2))
    1
    """
    size = np.abs(derivatives).max(axis=1, initial=0.0)
    kept = size > _NOISE * np.abs(observables)
    if not kept.any():
        return 0
    singular = np.linalg.svd(derivatives[kept] / size[kept, None], compute_uv=False)
    return int((singular > _TOLERANCE * singular[0]).sum())


def rank(
    objective: Objective,
    axes: Sequence[Axis],
    shared: Sequence[str] = (),
    near: Sequence[Mapping[str, float]] = (),
) -> int:
    """Return how many of the free parameters and shared nuisances a data set constrains.

    Nuisances without prior that are not shared absorb what they can: the rank is that of all columns less
    that of theirs. The largest over the generic points counts, because a rank falls only at special ones.

    Parameters
    ----------
    objective : Objective
    axes : sequence of Axis
        The free physics parameters.
    shared : sequence of str
        Nuisances that count as parameters.
    near : sequence of points
        Best fits, for instance.
    """
    nuisances = objective.likelihood.nuisances
    held = set(nuisances.with_prior())
    counted = [k for k, name in enumerate(nuisances.ids) if name in shared]
    absorbed = [k for k, name in enumerate(nuisances.ids) if name not in held and name not in shared]
    at = generic_points(axes, near)
    observables, physics = jacobian(objective, axes, at)
    effects = objective.likelihood.nuisance_effects(objective.model, objective.points(at))
    ranks = []
    for g in range(observables.shape[0]):
        free = effects[g][:, absorbed]
        every = np.concatenate([physics[g], effects[g][:, counted], free], axis=1)
        ranks.append(matrix_rank(every, observables[g]) - matrix_rank(free, observables[g]))
    return max(ranks)
