"""How well each side fits its own data: minima of χ² with nothing left out, of data and of toys.

Tables of toys are counted from a reference, since differences are all that a tension needs. Here each data
set's own value at that reference is added back, by its likelihood.
"""

from typing import TYPE_CHECKING

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.global_fit.sides import Side
from nuanomaly.inference.global_fit.toys import Fitted
from nuanomaly.model.probabilities import Array

if TYPE_CHECKING:
    from nuanomaly.inference.global_fit.declaration import Prepared

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
        If a data set profiles parameters of its own.
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
        if part.own:
            raise NuanomalyError(f"{part.name}: goodness of fit is not made with own parameters: hold them")
        point = part.points(axes.dm2[d : d + 1], axes.mixing[k : k + 1])
        total += part.likelihood.tabulate(part.model, point)(data[:, own.sets.columns[part.name]])[:, 0]
    return np.asarray(total)
