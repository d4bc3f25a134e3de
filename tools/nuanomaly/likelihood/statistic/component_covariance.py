"""−2 ln L of a Gaussian whose covariance is a fraction of components that may all depend on the model.

−2 ln L = (D − P)ᵀ M⁻¹ (D − P) + ln|M|,  M = G (F ∘ vvᵀ) Gᵀ + diag(statistical),  P = G v

as in ``scaled-covariance``, which is faster but takes one component per bin that the model changes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, NotRequired, TypedDict

import numpy as np

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.options import Column, TableName, completed
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.families.contract import Statistic
from nuanomaly.likelihood.families.definitions import determinants
from nuanomaly.likelihood.families.following import FollowingCovariance
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Index, Prediction, Transform
from nuanomaly.likelihood.statistic.scaled_covariance import declared
from nuanomaly.likelihood.transform.stack import Stack
from nuanomaly.model.probabilities import Array


class Options(TypedDict):
    """Options of the statistic."""

    data: Annotated[list[Column], {"minItems": 1}, "Observed events, in the order of the bins of the stack."]
    fractional_covariance: Annotated[
        TableName, "Table: relative covariance of the components, in their order."
    ]
    log_determinant: NotRequired[
        Annotated[bool, {"default": True}, "Whether ln|M| is a part of the value, which is a χ² without it."]
    ]
    statistical: Annotated[
        list[str],
        "Names of the components of the stack whose Poisson variance is added to the diagonal: the "
        "covariance "
        "holds the statistical error of the others.",
    ]


@dataclass(frozen=True, eq=False)
class ComponentCovariance(FollowingCovariance):
    """Data (n,), fractional covariance (m, m) of a stack's components, and those with Poisson variance."""

    fractional: Array
    stack: Stack
    poisson: Index
    log_determinant: bool = True

    @property
    def with_determinant(self) -> bool:
        """Whether ln|M| is part of the value."""
        return self.log_determinant

    def covariances(self, prediction: Prediction) -> tuple[Array]:
        """Return M, shape (P, n, n).

        Raises
        ------
        NuanomalyError
            If the prediction has no components.
        """
        components = prediction.components
        if components is None:
            raise NuanomalyError("a covariance of components needs a transform with them, such as `stack`")
        sums = self.stack.sums
        spread = sums * components[:, None, :]
        values = spread @ self.fractional @ spread.transpose(0, 2, 1)
        diagonal = np.arange(self.n_bins)
        values[:, diagonal, diagonal] += components[:, self.poisson] @ sums[:, self.poisson].T
        return (np.asarray(values),)

    def without(self, gone: Sequence[int]) -> "ComponentCovariance":
        """Return the statistic of the other bins."""
        kept = self.kept(gone)
        return replace(self, data=self.data[kept], stack=self.stack.restricted(kept))

    def definitions(self) -> Iterator[tuple[str, Statistic]]:
        """Give the other choice of ln det."""
        return determinants(self, self.log_determinant)


@completed
def build(
    config: Options, release: Release, transform: Transform, nuisances: Nuisances
) -> ComponentCovariance:
    """Build from a declaration (see the module)."""
    transform, data, fractional = declared(
        config["data"], config["fractional_covariance"], release, transform
    )
    for name in config["statistical"]:
        if name not in transform.names:
            raise UnknownNameError("component", name, transform.names, release.id)
    chosen = [np.arange(transform.bin_of.size)[transform.names[name]] for name in config["statistical"]]
    return ComponentCovariance(
        data,
        0.5 * (fractional + fractional.T),
        transform,
        np.concatenate([*chosen, np.zeros(0, np.intp)]).astype(np.intp),
        config["log_determinant"],
    )
