"""−2 ln L of a Gaussian whose covariance is a fraction of the prediction, rebuilt at every point.

−2 ln L = (D − P)ᵀ M⁻¹ (D − P) + ln|M|,  M = G (F ∘ vvᵀ) Gᵀ + diag(statistical),  P = G v

with the components v of a stack, their fractional covariance F and G, which adds components to bins.

Bins without a component that the model changes are eliminated once: with L₀ the Cholesky factor of their
block, M has the Schur complement M_ee − W Wᵀ, W = M_ef L₀⁻ᵀ, and W is linear in the changing components s.
The complement is therefore of the same form, C + s_i H_ij + s_j H_ji + s_i s_j S_ij, with matrices that are
known beforehand, and only the bins with a signal are factorised at every point.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Literal, NamedTuple, NotRequired, TypedDict

import numpy as np
import scipy

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.options import (
    Column,
    TableName,
    completed,
)
from nuanomaly.archive.release import Release
from nuanomaly.likelihood.families.contract import Statistic, in_parts
from nuanomaly.likelihood.families.definitions import determinants
from nuanomaly.likelihood.families.following import FollowingCovariance, System, chunk, factor
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.parts import Index, Prediction, Transform
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
    statistical: NotRequired[
        Annotated[
            Literal["signal", "all", "none"],
            {"default": "signal"},
            "Poisson variance that is added to the diagonal: of the components that the model changes (where "
            "the "
            "covariance holds the statistical error of the others), of the whole prediction, or none.",
        ]
    ]


Statistical = Literal["signal", "all", "none"]

#: What the counting errors are called.
_COUNTING: dict[Statistical, str] = {
    "signal": "counting error of the signal alone",
    "all": "counting error of signal and background",
    "none": "no counting error but that in the covariance",
}


class Scaling(NamedTuple):
    """M(s) = constant + s_i cross_ij + s_j cross_ji + s_i s_j square_ij + diag(s)·poisson, all (n, n)."""

    constant: Array
    cross: Array
    square: Array
    poisson: float

    def __call__(self, s: Array) -> Array:
        """Return M for changing components per bin s, shape (P, n)."""
        linear = s[:, :, None] * self.cross
        values = s[:, :, None] * self.square
        values *= s[:, None, :]
        values += linear
        values += linear.transpose(0, 2, 1)
        values += self.constant
        diagonal = np.arange(s.shape[1])
        values[:, diagonal, diagonal] += self.poisson * s
        return values


class Reduced(NamedTuple):
    """What is left for the bins ``kept`` after the others are eliminated; residual = offset − s·slope."""

    kept: Index
    scaling: Scaling
    offset: Array
    slope: Array
    chi2: float
    log_determinant: float


@dataclass(frozen=True, eq=False)
class ScaledCovariance(FollowingCovariance):
    """Data (n,), fractional covariance (m, m) of the components of a stack, and the two choices."""

    fractional: Array
    stack: Stack
    log_determinant: bool = True
    statistical: Statistical = "signal"

    @property
    def with_determinant(self) -> bool:
        """Whether ln|M| is part of the value."""
        return self.log_determinant

    @cached_property
    def scaling(self) -> Scaling:
        """The covariance as a function of the changing component of each bin."""
        varying = self.stack.varying
        still = np.flatnonzero(self.stack.output_of < 0)
        sums, bins = self.stack.sums, self.stack.bin_of[varying]
        fixed = self.stack.fixed[still]
        constant = sums[:, still] @ (self.fractional[np.ix_(still, still)] * np.outer(fixed, fixed))
        constant = constant @ sums[:, still].T
        cross, square = np.zeros_like(constant), np.zeros_like(constant)
        cross[bins] = (self.fractional[np.ix_(varying, still)] * fixed) @ sums[:, still].T
        square[np.ix_(bins, bins)] = self.fractional[np.ix_(varying, varying)]
        if self.statistical == "all":
            constant = constant + np.diag(sums[:, still] @ fixed)
        return Scaling(constant, cross, square, 0.0 if self.statistical == "none" else 1.0)

    def covariances(self, prediction: Prediction) -> tuple[Array]:
        """Return M, shape (P, n, n)."""
        return (self.scaling(self._changing(prediction)),)

    @cached_property
    def reduced(self) -> Reduced:
        """The same statistic on the bins that the model changes."""
        full = self.scaling
        kept = np.unique(self.stack.bin_of[self.stack.varying])
        gone = np.setdiff1d(np.arange(self.n_bins), kept)
        residual = self.data - self.stack.sums @ self.stack.fixed
        lower = factor(full.constant[np.ix_(gone, gone)])
        own, between = np.ix_(kept, kept), np.ix_(kept, gone)
        w_constant = scipy.linalg.solve_triangular(lower, full.constant[between].T, lower=True).T
        w_slope = scipy.linalg.solve_triangular(lower, full.cross[between].T, lower=True).T
        z = scipy.linalg.solve_triangular(lower, residual[gone], lower=True)
        return Reduced(
            kept=kept,
            scaling=Scaling(
                full.constant[own] - w_constant @ w_constant.T,
                full.cross[own] - w_slope @ w_constant.T,
                full.square[own] - w_slope @ w_slope.T,
                full.poisson,
            ),
            offset=residual[kept] - w_constant @ z,
            slope=1.0 + w_slope @ z,
            chi2=float(z @ z),
            log_determinant=2.0 * float(np.log(np.diag(lower)).sum()),
        )

    def systems(self, prediction: Prediction) -> tuple[System]:
        """Return residual and covariance on the bins that the model changes, the others eliminated."""
        r = self.reduced
        s = self._changing(prediction)[:, r.kept]
        return (System(r.offset - s * r.slope, r.scaling(s), r.chi2, r.log_determinant),)

    def value(self, prediction: Prediction) -> Array:
        """Return the value, shape (P,).

        Raises
        ------
        NuanomalyError
            If the covariance is not positive definite at a point.
        """
        return in_parts(self._value, prediction, chunk(self.reduced.kept.size))

    def without(self, gone: Sequence[int]) -> "ScaledCovariance":
        """Return the statistic of the other bins."""
        kept = self.kept(gone)
        return replace(self, data=self.data[kept], stack=self.stack.restricted(kept))

    def definitions(self) -> Iterator[tuple[str, Statistic]]:
        """Give the other counting errors, and the other choice of ln det."""
        for choice, said in _COUNTING.items():
            if choice != self.statistical:
                yield said, replace(self, statistical=choice)
        yield from determinants(self, self.log_determinant)

    def _changing(self, prediction: Prediction) -> Array:
        """Return the changing component of every bin, shape (P, n)."""
        components = prediction.components
        if components is None:
            raise NuanomalyError("a scaled covariance needs a transform with components, such as `stack`")
        matrix = np.zeros((components.shape[0], self.n_bins))
        varying = self.stack.varying
        matrix[:, self.stack.bin_of[varying]] = components[:, varying]
        return matrix


def declared(
    data: Sequence[Column], covariance: str, release: Release, transform: Transform
) -> tuple[Stack, Array, Array]:
    """Return the stack, its data (n,) and the fractional covariance of its components (m, m).

    Raises
    ------
    NuanomalyError
        If the transform is no stack, or the numbers of bins and components do not agree.
    """
    if not isinstance(transform, Stack):
        raise NuanomalyError(f"{release.id}: a covariance of components needs the transform `stack`")
    observed = np.concatenate([release.numbers(column) for column in data])
    fractional = release.matrix(covariance)
    components = transform.bin_of.size
    if observed.size != transform.n_bins or fractional.shape != (components, components):
        raise NuanomalyError(
            f"{release.id}: {transform.n_bins} bins of {components} components, but {observed.size} data and "
            f"a covariance of shape {fractional.shape}: must agree"
        )
    return transform, observed, fractional


@completed
def build(config: Options, release: Release, transform: Transform, nuisances: Nuisances) -> ScaledCovariance:
    """Build from a declaration (see the module)."""
    transform, data, fractional = declared(
        config["data"], config["fractional_covariance"], release, transform
    )
    if transform.fixed[transform.varying].any():
        raise NuanomalyError(
            f"{release.id}: a component has outputs and fixed numbers: use component-covariance"
        )
    bins = transform.bin_of[transform.varying]
    if np.unique(bins).size != bins.size:
        raise NuanomalyError(
            f"{release.id}: a bin has two components with outputs: add the outputs up before"
        )
    return ScaledCovariance(
        data,
        0.5 * (fractional + fractional.T),
        transform,
        config["log_determinant"],
        config["statistical"],
    )
