"""How well each side fits its own data: minima of χ² with nothing left out, of data and of toys.

Tables of toys are counted from a reference, since differences are all that a tension needs. Here each data
set's own value at that reference is added back, by its likelihood.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.global_fit.profile import profile
from nuanomaly.inference.global_fit.sides import Axes, Side
from nuanomaly.inference.global_fit.toys import Fitted
from nuanomaly.model.probabilities import Array

if TYPE_CHECKING:
    from nuanomaly.inference.global_fit.assembly import Assembly
    from nuanomaly.inference.global_fit.declaration import Prepared
    from nuanomaly.inference.global_fit.part import Part

#: What fits well or not, in the order of :func:`minima`.
FITS = ("joint", "disappearance", "appearance")


def minima(own: "Prepared", data: Array, fitted: Fitted) -> Array:
    """Return the lowest values of the joint fit, of disappearance and of appearance.

    Parameters
    ----------
    data : array, shape (T, n)
        Data of all data sets side by side.
    fitted : Fitted
        Their fit.

    Returns
    -------
    array, shape (3, T)

    Raises
    ------
    NuanomalyError
        If a data set has parameters of its own, and it is not apart what fitting them gains.
    """
    electron, muon, product = (
        _offset(own, side, depends, data)
        for depends, side in (("e", own.fit.electron), ("mu", own.fit.muon), ("product", own.fit.product))
    )
    return np.stack(
        [
            fitted.joint.refined + electron + muon + product,
            fitted.disappearance.refined + electron + muon,
            fitted.appearance.refined + product,
        ]
    )


def _offset(own: "Prepared", side: Side, depends: str, data: Array) -> Array:
    """Return what is added to a side's table: its value at the reference by the likelihoods, less its own."""
    axes, total = own.sets.axes(depends), -side.at_reference(data)
    d, k = side.reference
    for part in own.sets.parts:
        if part.depends != depends:
            continue
        columns = own.sets.columns[part.name]
        if part.own and not part.gains:
            raise NuanomalyError(f"{part.name}: goodness of fit needs `coarse` axes of its own parameters")
        at = axes.dm2[d : d + 1], axes.mixing[k : k + 1]
        total += part.held.likelihood.tabulate(part.model, part.held.points(*at))(data[:, columns])[:, 0]
        if part.gains:
            more = side.others[side.gain(columns)]  # counted from its start
            total += more.exact(more.value(data[:, columns]))[:, d, k]
            total += _gain_at_start(own.sets, part)(data[:, columns])
    return np.asarray(total)


@lru_cache(maxsize=2)
def _gain_at_start(sets: "Assembly", part: "Part") -> Callable[[Array], Array]:
    """Return what fitting its own parameters gains at the first point of the axes, of data (T, n)."""
    start = Axes(sets.dm2[:1], sets.mixing[:1])
    fitted = profile(part.fitted, start, sets.typical[:, sets.columns[part.name]])
    held = part.likelihood.tabulate(part.model, part.held.points(*start.points()))

    def value(data: Array) -> Array:
        return np.asarray((fitted(data) - held(data))[:, 0])

    return value
