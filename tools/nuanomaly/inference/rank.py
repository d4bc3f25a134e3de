"""How many physics parameters a data set constrains: the rank of the Jacobian of its observables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nuanomaly.inference.grid import Axis, known_parameters
from nuanomaly.inference.objective import Objective
from nuanomaly.model.probabilities import Array, Parameter

#: Step of the central differences: of ln p on logarithmic axes, of the range on linear ones.
_STEP = 1e-3
#: A row whose derivatives are below this fraction of the observable is rounding noise.
_NOISE = 1e-8
#: Singular values below this fraction of the largest are zero. Each row is scaled to one before.
_TOLERANCE = 1e-3
#: Generic points in the bulk of the axes, besides those that are given.
_BULK = 8
#: A parameter at an edge that is moved inward by this part of its range, and changes the statistic by less
#: than this, is not felt there.
_INWARD, _UNFELT = 0.1, 0.05


def generic_points(axes: Sequence[Axis], near: Sequence[Mapping[str, float]] = ()) -> dict[str, Array]:
    """Return points at which ranks are evaluated, shape (G,) for each parameter.

    Eight low-discrepancy points in the middle 60 % of every axis, two at the ends of that part of each mass
    splitting, and each point of ``near`` moved into the same box (an amplitude at zero makes a splitting
    meaningless: that is not generic). A slow wave is seen as one combination of splitting and amplitude
    alone, so that without the ends a rank would depend on where ``near`` lies.
    """
    dimension = len(axes)
    # Kronecker sequence of the generalised golden ratio x^(d+1) = x + 1
    ratio = 2.0
    for _ in range(64):
        ratio = (1.0 + ratio) ** (1.0 / (dimension + 1))
    share = ratio ** -np.arange(1.0, dimension + 1)
    splittings = [k for k, axis in enumerate(axes) if axis.unit == "eV**2"]
    unit = (0.5 + np.arange(1, _BULK + 2 * len(splittings) + 1)[:, None] * share) % 1.0
    for place, k in enumerate(splittings):
        unit[_BULK + 2 * place : _BULK + 2 * place + 2, k] = 0.0, 1.0
    entries = {}
    for k, axis in enumerate(axes):
        low, high = axis.internal(axis.low), axis.internal(axis.high)
        inside = [0.2 + 0.6 * u for u in unit[:, k]]
        for point in near:
            value = point[axis.name]
            internal = axis.internal(value) if value > 0.0 or not axis.log else low
            inside.append(float(np.clip((internal - low) / (high - low), 0.2, 0.8)))
        entries[axis.name] = axis.external(low + (high - low) * np.array(inside))
    return entries


def jacobian(objective: Objective, axes: Sequence[Axis], at: Mapping[str, Array]) -> tuple[Array, Array]:
    """Return observables (G, n) and their derivatives in the axes' internal coordinates (G, n, len(axes))."""
    likelihood, model = objective.likelihood, objective.model
    centre = likelihood.observables(model, objective.points(at))
    known, columns = known_parameters(likelihood, model), []
    for axis in axes:
        step = _STEP if axis.log else _STEP * (axis.high - axis.low)
        middle = axis.internal(at[axis.name])
        # beside an end of what the parameter may be, the difference has one side
        values = [np.exp(u) if axis.log else u for u in (middle - step, middle + step)]
        if axis.name in known:  # not a nuisance
            values = [np.clip(x, known[axis.name].low, known[axis.name].high) for x in values]
        ends = [likelihood.observables(model, objective.points({**at, axis.name: x})) for x in values]
        width = axis.internal(values[1]) - axis.internal(values[0])
        columns.append((ends[1] - ends[0]) / width[:, None])
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


@dataclass(frozen=True)
class Ranks:
    """How many free parameters (and shared nuisances) are constrained, and how many nuisances absorb."""

    constrained: int
    absorbed: int


def insensitive(objective: Objective, axes: Sequence[Axis]) -> tuple[str, ...]:
    """Return the free parameters that no observable depends on."""
    observables, derivatives = jacobian(objective, axes, generic_points(axes))
    noise = _NOISE * np.abs(observables)[:, :, None]
    moves = np.asarray((np.abs(derivatives) > noise).any(axis=(0, 1))).tolist()
    return tuple(a.name for a, moved in zip(axes, moves, strict=True) if not moved)


def unfelt_at_edges(
    objective: Objective,
    axes: Sequence[Axis],
    parameters: Mapping[str, Parameter],
    at: Mapping[str, float],
    edges: Sequence[str],
) -> tuple[str, ...]:
    """Return the parameters that ended at an edge of their range where the data do not feel them.

    They were not used to describe the data: the best fit is that of the model without them, and of toys
    whose fit ends there the gain follows the degrees of freedom of the others. (Where the edge is known
    beforehand that is exact: E. Susko, Biometrika 100 (2013) 1019.) An amplitude, which has a value without
    effect, is what is tested, and is none of them.

    Parameters
    ----------
    at : mapping
        The best fit.
    edges : sequence of str
        The free parameters that ended at an edge.
    """
    names = []
    here = {name: np.array([value]) for name, value in at.items()}
    for axis in axes:
        if axis.name not in edges or parameters[axis.name].null is not None:
            continue
        low, high = float(axis.internal(axis.low)), float(axis.internal(axis.high))
        upper = abs(at[axis.name] - axis.high) <= abs(at[axis.name] - axis.low)
        inside = high - _INWARD * (high - low) if upper else low + _INWARD * (high - low)
        moved = objective({**here, axis.name: axis.external(np.array([inside]))})
        if abs(float(moved[0] - objective(here)[0])) < _UNFELT:
            names.append(axis.name)
    return tuple(names)


def constrained(
    objective: Objective, axes: Sequence[Axis], at: Mapping[str, float], held: Sequence[str]
) -> int:
    """Return how many of the free parameters a data set constrains, some of them held where they ended."""
    rest = [axis for axis in axes if axis.name not in held]
    fixed = {**objective.fixed, **{name: at[name] for name in held}}
    return rank(replace(objective, fixed=fixed), rest, near=[at]).constrained


def rank(
    objective: Objective,
    axes: Sequence[Axis],
    shared: Sequence[str] = (),
    held: Sequence[str] = (),
    near: Sequence[Mapping[str, float]] = (),
) -> Ranks:
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
    held : sequence of str
        Those of them, or of the axes, whose prior belongs to the data.
    near : sequence of points
        Best fits, for instance.
    """
    nuisances = objective.likelihood.nuisances
    priors = set(nuisances.with_prior())
    counted = [k for k, name in enumerate(nuisances.ids) if name in shared]
    absorbing = [k for k, name in enumerate(nuisances.ids) if name not in priors and name not in shared]
    at = generic_points(axes, near)
    observables, physics = jacobian(objective, axes, at)
    effects = objective.likelihood.nuisance_effects(objective.model, objective.points(at))
    columns = {axis.name: k for k, axis in enumerate(axes)}
    columns |= {nuisances.ids[k]: len(axes) + place for place, k in enumerate(counted)}
    prior_rows = np.zeros((len(held), len(axes) + len(counted) + len(absorbing)))
    for row, name in enumerate(held):
        prior_rows[row, columns[name]] = 1.0
    items = []
    for g in range(observables.shape[0]):
        free = effects[g][:, absorbing]
        every = np.concatenate([physics[g], effects[g][:, counted], free], axis=1)
        every = np.concatenate([every, prior_rows])
        padded = np.concatenate([observables[g], np.zeros(len(held))])
        absorbed = matrix_rank(free, observables[g])
        items.append(Ranks(matrix_rank(every, padded) - absorbed, absorbed))
    return max(items, key=lambda r: r.constrained)
