"""Minimising a convex function of the nuisances that is not quadratic, at many points at once."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.quadratic import Quadratic
from nuanomaly.model.probabilities import Array

Index = NDArray[np.intp]
#: The value's expansion c + 2 g·δ + δᵀHδ at some points, by number (R,), about their nuisances ξ (R, K).
Local = Callable[[Array, Index], Quadratic]

#: Newton steps at most, halvings of one at most, and the gain below which the minimum is found.
_STEPS, _HALVINGS, _GAIN = 60, 40, 1e-10
#: How many derivatives are worked on at once: every Newton step goes through all of them, four times faster
#: if they stay in the cache.
CACHED = 500_000
#: Eigenvalues of a matrix with ones on its diagonal below this are directions that nothing constrains.
_SINGULAR = 1e-12


def profile(
    local: Local,
    points: int,
    ids: Sequence[str],
    nuisances: Nuisances,
    given: Mapping[str, Array] | None = None,
) -> tuple[Array, dict[str, Array]]:
    """Return the minimum over the nuisances, priors counted, and where it is, arrays (P,) by id.

    Parameters
    ----------
    local : callable
        Gives value, half gradient and half Hessian of some of the points at nuisances of shape (R, K); priors
        left out. The value may be infinite where the nuisances are impossible. A point whose minimum is found
        is not asked for again.
    points : int
        P.
    ids : sequence of str
        The K nuisances, in the order of ``local``.
    nuisances : Nuisances
        Priors, of at least these ids.
    given : mapping of arrays, shape (P,)
        Nuisances that are kept at these values; what their priors add alone is not counted.

    Raises
    ------
    NuanomalyError
        If a prior is not one Gaussian over the whole line.
    """
    fixed = {name: value for name, value in (given or {}).items() if name in ids}
    free = [k for k, name in enumerate(ids) if name not in fixed]
    start = np.zeros((points, len(ids)))
    for name, value in fixed.items():
        start[:, list(ids).index(name)] = value
    known = {n.id: n for n in nuisances.items}
    special = [ids[k] for k in free if known[ids[k]].piecewise]
    if special:
        raise NuanomalyError(
            f"{', '.join(special)}: with counts a nuisance is Gaussian or free, this one is neither"
        )
    order = [nuisances.ids.index(ids[k]) for k in free]
    prior = nuisances.prior()[np.ix_(order, order)]
    held = [nuisances.ids.index(name) for name in fixed]
    # a correlated prior pulls the others towards their conditional mean
    mixed = start[:, [list(ids).index(name) for name in fixed]] @ nuisances.prior()[np.ix_(held, order)]

    def inner(xi: Array, rows: Index) -> Quadratic:
        at = start[rows]
        at[:, free] = xi
        form = local(at, rows)
        towards = mixed[rows]
        pulled = xi @ prior + towards
        return Quadratic(
            tuple(ids[k] for k in free),
            form.constant + np.einsum("pk,pk->p", pulled + towards, xi),
            form.gradient[:, free] + pulled,
            form.hessian[:, free][:, :, free] + prior,
        )

    value, xi = _minimum(inner, np.zeros((points, len(free))))
    return value, {**fixed, **{ids[k]: xi[:, column] for column, k in enumerate(free)}}


def taken(array: Array, rows: Index) -> Array:
    """Return some rows of an array, in order; the array itself if these are all of them.

    Examples
    --------
    >>> whole = np.arange(6.0).reshape(3, 2)
    >>> taken(whole, np.arange(3)) is whole, taken(whole, np.array([0, 2])).tolist()
    (True, [[0.0, 1.0], [4.0, 5.0]])
    """
    return array if rows.size == len(array) else array[rows]


def _minimum(local: Local, at: Array) -> tuple[Array, Array]:
    """Return the smallest value and its place: Newton's method, steps halved until they gain."""
    moving, at = np.arange(len(at)), at.copy()
    form = local(at, moving)
    value = form.constant.copy()
    for _ in range(_STEPS if at.shape[1] else 0):
        before = form.constant
        form, at[moving] = _shortened(local, form, at[moving], moving)
        value[moving] = form.constant
        gains = np.flatnonzero(before - form.constant > _GAIN)
        if not gains.size:
            break
        moving, form = moving[gains], form.rows(gains)
    return value, at


def _newton_step(form: Quadratic) -> Array:
    """Return the displacement to a form's minimum, zero along what nothing constrains, shape (P, K)."""
    scale = np.sqrt(np.diagonal(form.hessian, axis1=1, axis2=2))
    scale = np.where(scale > 0.0, scale, 1.0)
    scaled = form.hessian / (scale[:, :, None] * scale[:, None, :])
    inverse = _inverse(scaled)
    return np.asarray(-np.einsum("pkl,pl->pk", inverse, form.gradient / scale) / scale)


def _inverse(matrices: Array) -> Array:
    """Return the pseudo-inverse of symmetric matrices, shape (P, K, K).

    Examples
    --------
    >>> _inverse(np.array([[[0.5]], [[0.0]]])).ravel().tolist()
    [2.0, 0.0]
    """
    if matrices.shape[1] == 1:  # the same bits without an eigenvalue, as one nuisance has
        return np.divide(1.0, matrices, out=np.zeros_like(matrices), where=matrices != 0.0)
    return np.asarray(np.linalg.pinv(matrices, rcond=_SINGULAR, hermitian=True))


def _shortened(local: Local, form: Quadratic, at: Array, points: Index) -> tuple[Quadratic, Array]:
    """Return form and place of points after the longest of the Newton steps 1, 1/2, 1/4 … that gains."""
    step = _newton_step(form)
    # a step that could gain next to nothing is not halved: what it seems to lose is rounding
    hopeful = -(form.gradient * step).sum(axis=1) >= _GAIN
    trying, length = np.arange(len(at)), 1.0
    for _ in range(_HALVINGS):
        tried = at[trying] + length * step[trying]
        quadratic = local(tried, points[trying])
        better = quadratic.constant <= form.constant[trying]
        if better.all() and trying.size == len(at):
            return quadratic, tried
        gained = trying[better]
        form, at = form.replaced(gained, quadratic.rows(np.flatnonzero(better))), at.copy()
        at[gained] = tried[better]
        trying, length = trying[~better & hopeful[trying]], 0.5 * length
        if not trying.size:
            break
    return form, at
