"""Minimising a convex function of the nuisances that is not quadratic, at many points at once."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood.nuisance import Nuisances, Quadratic
from nuanomaly.model.probabilities import Array

#: The value's expansion c + 2 g·δ + δᵀHδ about nuisances ξ of shape (P, K).
Local = Callable[[Array], Quadratic]

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
        Gives value, half gradient and half Hessian at nuisances of shape (P, K); priors left out. The value
        may be infinite where the nuisances are impossible.
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

    def inner(xi: Array) -> Quadratic:
        at = start.copy()
        at[:, free] = xi
        form = local(at)
        pulled = xi @ prior + mixed
        return Quadratic(
            tuple(ids[k] for k in free),
            form.constant + np.einsum("pk,pk->p", pulled + mixed, xi),
            form.gradient[:, free] + pulled,
            form.hessian[:, free][:, :, free] + prior,
        )

    value, xi = _minimum(inner, np.zeros((points, len(free))))
    return value, {**fixed, **{ids[k]: xi[:, column] for column, k in enumerate(free)}}


def _minimum(local: Local, at: Array) -> tuple[Array, Array]:
    """Return the smallest value and its place: Newton's method, steps halved until they gain."""
    form = local(at)
    for _ in range(_STEPS if at.shape[1] else 0):
        quadratic, at = _shortened(local, form, at, _newton_step(form))
        gained = form.constant - quadratic.constant
        form = quadratic
        if not (gained > _GAIN).any():
            break
    return form.constant, at


def _newton_step(form: Quadratic) -> Array:
    """Return the displacement to a form's minimum, zero along what nothing constrains, shape (P, K)."""
    scale = np.sqrt(np.diagonal(form.hessian, axis1=1, axis2=2))
    scale = np.where(scale > 0.0, scale, 1.0)
    scaled = form.hessian / (scale[:, :, None] * scale[:, None, :])
    inverse = np.linalg.pinv(scaled, rcond=_SINGULAR, hermitian=True)
    return np.asarray(-np.einsum("pkl,pl->pk", inverse, form.gradient / scale) / scale)


def _shortened(local: Local, form: Quadratic, at: Array, step: Array) -> tuple[Quadratic, Array]:
    """Return form and place after the longest of the steps 1, 1/2, 1/4 … that gains, for each point."""
    length = np.ones(at.shape[0])
    # a step that could gain next to nothing is not halved: what it seems to lose is rounding
    hopeless = -(form.gradient * step).sum(axis=1) < _GAIN
    for _ in range(_HALVINGS):
        quadratic = local(at + length[:, None] * step)
        worse = ~(quadratic.constant <= form.constant)
        if not worse.any():
            return quadratic, at + length[:, None] * step
        if not (worse & ~hopeless).any():
            break
        length = np.where(worse, 0.5 * length, length)
    length = np.where(worse, 0.0, length)
    moved = at + length[:, None] * step
    return local(moved), moved
