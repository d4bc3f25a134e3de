"""χ² of many data sets at many predictions, as functions of the data that split into truth and noise.

Where the covariance W⁻¹ is fixed, χ²_p(d) = dᵀWd + φ_p(d) − Σ_i φ_pi(d)² − Σ_s gain(φ_ps(d)) at hypothesis
p, with functionals φ = a + v·d that are linear in the data: one from the prediction, one for each nuisance
that is profiled without bounds (its square), one for each that has bounds or two-sided errors (its gain, in
closed form). A prediction that is not linear in its nuisances is several such pieces, of which the smallest
counts.

With the data of a toy d = ν + J ξ + x (expectation at the truth, drawn nuisances, noise) each functional is
v·x + (a + v·ν) + (v·J) ξ: a table of the noise alone, numbers of the truth alone, and a product of the number
of drawn nuisances. :class:`SharedTable` splits in the same way, with the fluctuations of its totals as ξ.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood.algebra.gains import Gains, bounded_gains
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.model.probabilities import Array

#: Data sets (T, n) → values (T, P), nuisances profiled.
Table = Callable[[Array], Array]
#: Some of the pieces, by their place.
Pieces = NDArray[np.intp]

#: Pieces that are evaluated at once, so that they stay in a processor's cache.
_TOGETHER = 512
#: Values of bounds that are computed at once, for the same reason.
_CACHED = 65_536
#: Eigenvalues below this fraction of the largest are zero.
_SINGULAR = 1e-13


class Separable(Protocol):
    """A table that splits; L pieces, F = 1 + plain + bounded functionals."""

    @property
    def inverse(self) -> Array:
        """W, shape (n, n)."""
        ...

    @property
    def counts(self) -> NDArray[np.intp]:
        """How many pieces each hypothesis has, shape (P,): those of the first come first."""
        ...

    @property
    def functionals(self) -> int:
        """F."""
        ...

    @property
    def gains(self) -> Gains | None:
        """What the nuisances with bounds gain."""
        ...

    def take(self, pieces: Pieces) -> "Separable":
        """Return the same of some pieces, in any order."""
        ...

    def noise(self, x: Array, expected: Array) -> Array:
        """Return the part of the functionals that is of the noise x (T, n) alone, shape (F, T, L).

        ``expected`` (n,) is the expectation of any truth.
        """
        ...

    def truth(self, expected: Array, effects: Array) -> tuple[Array, Array]:
        """Return the part of truths, shape (B, F, L), and what multiplies :meth:`coordinates`, (B, F, L, E).

        ``expected`` is ν (B, n), ``effects`` is J (B, n, K).
        """
        ...

    def coordinates(self, x: Array, drawn: Array) -> Array:
        """Return what a truth is multiplied by, from noise (T, n) and drawn nuisances (T, K); (T, E)."""
        ...

    def own(self, data: Array) -> Array:
        """Return dᵀWd of data (T, n), as the functionals count it; shape (T,)."""
        ...

    def length(self, x: Array) -> Array:
        """Return at least how far noise (T, n) moves √χ² of any hypothesis, shape (T,)."""
        ...


@dataclass(frozen=True, eq=False)
class GaussianTable:
    """χ² of a fixed covariance with linear nuisances profiled: see the module.

    Attributes
    ----------
    inverse : array, shape (n, n)
    middle : array, shape (n,)
        What data are counted from.
    vectors, constants : arrays, shapes (F, L, n) and (F, L)
    gains : Gains or None
    counts : array of int, shape (P,)
    """

    inverse: Array
    middle: Array
    vectors: Array
    constants: Array
    gains: Gains | None
    counts: NDArray[np.intp]

    @property
    def functionals(self) -> int:
        """F."""
        return len(self.vectors)

    def __call__(self, data: Array) -> Array:
        """Return χ² of data (T, n), shape (T, P)."""
        d = data - self.middle
        values = np.concatenate([self._some(d, *cut) for cut in self._cuts], axis=1)
        values += self.own(data)[:, None]
        return np.asarray(values)

    @cached_property
    def _cuts(self) -> list[tuple[slice, NDArray[np.intp]]]:
        """Pieces that are evaluated at once, and the counts of their hypotheses."""
        ends = np.cumsum(self.counts)
        part = (ends - self.counts) // _TOGETHER
        firsts = np.flatnonzero(np.diff(part, prepend=-1)).tolist()
        cuts = zip(firsts, [*firsts[1:], ends.size], strict=True)
        begin = ends - self.counts
        return [(slice(int(begin[a]), int(ends[b - 1])), self.counts[a:b]) for a, b in cuts]

    def _some(self, d: Array, pieces: slice, counts: NDArray[np.intp]) -> Array:
        vectors, constants = self.vectors[:, pieces], self.constants[:, pieces]
        content = d @ vectors[0].T
        content += constants[0]
        first = self._first
        for v, a in zip(vectors[1:first], constants[1:first], strict=True):
            pull = d @ v.T
            pull += a
            pull *= pull
            content -= pull
        if self.gains:
            slopes = [d @ v.T + a for v, a in zip(vectors[first:], constants[first:], strict=True)]
            content -= self.gains.selection(pieces)(slopes)
        if counts.size == content.shape[1]:
            return np.asarray(content)
        return np.asarray(np.minimum.reduceat(content, np.cumsum(counts) - counts, axis=1))

    @cached_property
    def _wide(self) -> tuple[tuple[Array, ...], Array | None] | None:
        """Functionals (n + 1, L) of data and a one: φ, and those whose squares are at least the gain.

        And what the last one is where that is larger; None if it is the same on both sides.
        """
        first = self._first
        vectors, constants = self.vectors[:first], self.constants[:first]
        other = None
        if self.gains:
            wide = self.gains.wide()
            if wide is None:
                return None
            root, narrower = wide
            vectors = np.concatenate([vectors, np.einsum("lst,tln->sln", root, self.vectors[first:])])
            constants = np.concatenate([constants, np.einsum("lst,tl->sl", root, self.constants[first:])])
            if (narrower < 1.0).any():
                other = narrower * np.vstack([vectors[-1].T, constants[-1]])
        rows = zip(vectors, constants, strict=True)
        return tuple(np.ascontiguousarray(np.vstack([v.T, a])) for v, a in rows), other

    @property
    def _first(self) -> int:
        """The place of the first functional that has a gain."""
        return len(self.vectors) - (len(self.gains) if self.gains else 0)

    @property
    def bounded_below(self) -> bool:
        """Whether :meth:`below` is known: no nuisance is without any constraint."""
        return self._wide is not None

    def below(self, data: Array) -> Array:
        """Return what χ² less dᵀWd of data (T, n) is nowhere below, shape (T, L): see :meth:`Gains.wide`."""
        d = np.column_stack([data - self.middle, np.ones(len(data))])
        content = np.empty((len(d), self.vectors.shape[1]))
        step = max(1, _CACHED // content.shape[1])
        for k in range(0, len(d), step):
            self._below(d[k : k + step], content[k : k + step])
        return content

    def _below(self, d: Array, content: Array) -> None:
        assert self._wide is not None  # bounded_below says so
        (prediction, *pulls), other = self._wide
        np.matmul(d, prediction, out=content)
        pull, second = np.empty_like(content), np.empty_like(content)
        for functional in pulls:
            np.matmul(d, functional, out=pull)
            if other is not None and functional is pulls[-1]:
                np.maximum(pull, np.matmul(d, other, out=second), out=pull)
            pull *= pull
            content -= pull

    def at(self, data: Array, pieces: Pieces) -> Array:
        """Return χ² less dᵀWd of data (C, n) at a piece each (C,), shape (C,)."""
        d, first = data - self.middle, self._first
        # row by row: the same bits whichever others are asked for
        values = [
            (d * v[pieces]).sum(axis=1) + a[pieces] for v, a in zip(self.vectors, self.constants, strict=True)
        ]
        content = values[0] - sum(pull * pull for pull in values[1:first])
        if self.gains:
            content -= self.gains.selection(pieces)(values[first:])
        return np.asarray(content)

    def take(self, pieces: Pieces) -> "GaussianTable":
        """Return the same of some pieces."""
        vectors = np.ascontiguousarray(self.vectors[:, pieces])
        gains = self.gains.selection(pieces) if self.gains else None
        ones = np.ones(pieces.size, np.intp)
        return replace(self, vectors=vectors, constants=self.constants[:, pieces], gains=gains, counts=ones)

    def noise(self, x: Array, expected: Array) -> Array:
        """Return v·x, shape (F, T, L)."""
        return np.asarray(x @ self.vectors.transpose(0, 2, 1))

    def truth(self, expected: Array, effects: Array) -> tuple[Array, Array]:
        """Return a + v·ν and v·J, shapes (B, F, L) and (B, F, L, K)."""
        there = (self.vectors @ (expected - self.middle).T).transpose(2, 0, 1) + self.constants
        return np.asarray(there), np.asarray(self.vectors @ effects[:, None])

    def coordinates(self, x: Array, drawn: Array) -> Array:
        """Return the drawn nuisances, shape (T, K)."""
        return drawn

    def own(self, data: Array) -> Array:
        """Return dᵀWd, shape (T,)."""
        d = data - self.middle
        return np.asarray(np.einsum("tn,tn->t", d @ self.inverse, d))

    def length(self, x: Array) -> Array:
        """Return √(xᵀWx): χ² is the square of a distance to the predictions, shape (T,)."""
        return np.asarray(np.sqrt(np.einsum("tn,tn->t", x @ self.inverse, x)))


def gaussian_table(
    inverse: Array,
    mu: Array,
    jacobian: Array,
    nuisances: Nuisances,
    bounds: Array | None = None,
    counts: NDArray[np.intp] | None = None,
) -> GaussianTable:
    """Return the table of χ² = (d − μ − Jξ)ᵀ W (d − μ − Jξ) with linear nuisances and their priors.

    Parameters
    ----------
    inverse : array, shape (n, n)
    mu : array, shape (L, n)
    jacobian : array, shape (L, n, K)
    nuisances : Nuisances
        The K nuisances.
    bounds : array, shape (L, S, 2), optional
        Of the nuisances that are piecewise, in place of their own.
    counts : array of int, shape (P,), optional
        How many of the L pieces belong to each hypothesis; one each if left out.

    Raises
    ------
    NuanomalyError
        If bounds do not enclose zero.
    """
    special = [k for k, n in enumerate(nuisances.items) if n.piecewise]
    plain = [k for k in range(len(nuisances)) if k not in special]
    middle = mu.mean(axis=0)
    centred = mu - middle
    weighted = centred @ inverse
    turned = np.einsum("nm,pmk->pkn", inverse, jacobian, optimize=True)
    hessian = np.einsum("pin,pnk->pik", turned, jacobian, optimize=True) + nuisances.prior()
    roots = root_of_inverse(hessian[:, plain][:, :, plain])
    pulled = np.einsum("pij,pjn->ipn", roots, turned[:, plain], optimize=True)
    # the plain ones are eliminated from the others: slopes along them, and their Schur complement
    mixed = np.einsum("pij,pjs->pis", roots, hessian[:, plain][:, :, special], optimize=True)
    slopes = turned[:, special] - np.einsum("pis,ipn->psn", mixed, pulled, optimize=True)
    complement = hessian[:, special][:, :, special] - np.einsum("pis,pit->pst", mixed, mixed, optimize=True)
    gains, scale = None, np.ones((len(mu), 0))
    if special:
        items = [nuisances.items[k] for k in special]
        own = np.array([(n.low, n.high) for n in items])
        limits = np.broadcast_to(own, (len(mu), *own.shape)) if bounds is None else bounds
        if (limits[:, :, 0] > 0.0).any() or (limits[:, :, 1] < 0.0).any():
            raise NuanomalyError(f"bounds of {', '.join(n.id for n in items)} must enclose zero")
        gains, scale = bounded_gains(complement, items, limits)
    vectors = np.concatenate([-2.0 * weighted[None], pulled, (slopes * scale[:, :, None]).swapaxes(0, 1)])
    constants = -np.einsum("fpn,pn->fp", vectors, centred)
    constants[0] *= 0.5
    each = np.ones(len(mu), np.intp) if counts is None else counts
    return GaussianTable(inverse, middle, vectors, constants, gains, each)


@dataclass(frozen=True, eq=False)
class SharedTable:
    """χ² = (d − μ)ᵀ W (d − μ) with μ_i = share_i × total of d in the group of i.

    With d = ν + x and the totals T + y it is, besides dᵀWd, −2 Σ_i share_i (Wν + Wx)_i (T + y)_g(i) and a
    quadratic form in the totals: what has both truth and noise in it is a product of the length of y.

    Attributes
    ----------
    inverse : array, shape (n, n)
        W.
    shares : array, shape (P, n)
    groups : array of int, shape (n,)
    """

    inverse: Array
    shares: Array
    groups: NDArray[np.intp]
    quadratic: Array
    gains: None = None
    functionals: int = 1

    @property
    def counts(self) -> NDArray[np.intp]:
        """One piece for each hypothesis."""
        return np.ones(len(self.shares), np.intp)

    @property
    def _pairs(self) -> tuple[Pieces, Pieces]:
        return np.triu_indices(int(self.groups.max()) + 1)

    def __call__(self, data: Array) -> Array:
        """Return χ² of data (T, n), shape (T, P): a matrix product."""
        pulled = data @ self.inverse
        own = np.einsum("tn,tn->t", pulled, data)
        return np.asarray(self._products(pulled, self._totals(data)) + own[:, None])

    def _totals(self, data: Array) -> Array:
        return np.asarray(data @ np.equal.outer(self.groups, np.arange(self.groups.max() + 1)).astype(float))

    def _products(self, pulled: Array, totals: Array) -> Array:
        """Return −2 Σ share (Wd) T + quadratic form in T, for Wd (T, n) and totals; shape (T, P)."""
        rows, columns = self._pairs
        linear = (pulled * totals[:, self.groups]) @ (-2.0 * self.shares.T)
        return np.asarray(linear + (totals[:, rows] * totals[:, columns]) @ self.quadratic.T)

    def take(self, pieces: Pieces) -> "SharedTable":
        """Return the same of some hypotheses."""
        return replace(self, shares=self.shares[pieces], quadratic=self.quadratic[pieces])

    def noise(self, x: Array, expected: Array) -> Array:
        """Return what is of the noise and the expected totals alone, shape (1, T, P)."""
        return self._products(x @ self.inverse, self._totals(expected[None] + x))[None]

    def truth(self, expected: Array, effects: Array) -> tuple[Array, Array]:
        """Return −2 Σ share Wν by group times the totals, summed and by group."""
        pulled = -2.0 * (expected @ self.inverse)
        values = np.stack([share @ pulled[:, own].T for own, share in self._by_group], axis=2)
        by_group = np.ascontiguousarray(values.swapaxes(0, 1))
        return (by_group @ self._totals(expected)[:, :, None])[:, None, :, 0], by_group[:, None]

    @cached_property
    def _by_group(self) -> list[tuple[Pieces, Array]]:
        members = [np.flatnonzero(self.groups == g) for g in range(int(self.groups.max()) + 1)]
        return [(own, np.ascontiguousarray(self.shares[:, own])) for own in members]

    def coordinates(self, x: Array, drawn: Array) -> Array:
        """Return the fluctuations of the totals, shape (T, groups)."""
        return self._totals(x)

    def own(self, data: Array) -> Array:
        """Return dᵀWd, shape (T,)."""
        return np.asarray(np.einsum("tn,tn->t", data @ self.inverse, data))

    def length(self, x: Array) -> Array:
        """Return √χ² of the noise at the hypothesis where it is largest: χ² is the square of a seminorm."""
        return np.asarray(np.sqrt(np.maximum(self(x).max(axis=1), 0.0)))


def shared_table(inverse: Array, shares: Array, groups: NDArray[np.intp]) -> SharedTable:
    """Return the table of χ² with totals of the data shared out: see :class:`SharedTable`."""
    member = np.equal.outer(groups, np.arange(groups.max() + 1)).astype(float)
    rows, columns = np.triu_indices(member.shape[1])
    twice = np.where(rows == columns, 1.0, 2.0)
    quadratic = np.empty((len(shares), rows.size))
    for k, share in enumerate(shares):
        spread = share[:, None] * member
        quadratic[k] = (spread.T @ inverse @ spread)[rows, columns] * twice
    return SharedTable(inverse, shares, groups, quadratic)


@dataclass(frozen=True, eq=False)
class SumTable:
    """The sum of tables of different data.

    Attributes
    ----------
    parts : tuple of (array of int, Table)
        Which data each is of.
    """

    parts: tuple[tuple[NDArray[np.intp], Table], ...]

    def __call__(self, data: Array) -> Array:
        """Return the sum of all for data (T, n), shape (T, P)."""
        return np.asarray(sum(table(data[:, where]) for where, table in self.parts))


def separable_parts(table: Table) -> Sequence[tuple[NDArray[np.intp], Separable]] | None:
    """Return what a table is the sum of, by their data, if each of them splits."""
    arrays: list[tuple[NDArray[np.intp], Separable]] = []
    for where, part in table.parts if isinstance(table, SumTable) else ((slice(None), table),):
        if not isinstance(part, GaussianTable | SharedTable):
            return None
        arrays.append((np.arange(len(part.inverse)) if isinstance(where, slice) else where, part))
    return arrays


def root_of_inverse(matrices: Array) -> Array:
    """Return R with RᵀR = matrices⁻¹ (P, K, K); directions that nothing constrains are left out."""
    if not matrices.shape[1]:
        return matrices
    scale = np.sqrt(np.diagonal(matrices, axis1=1, axis2=2))
    scale = np.where(scale > 0.0, scale, 1.0)
    values, vectors = np.linalg.eigh(matrices / (scale[:, :, None] * scale[:, None, :]))
    kept = values > _SINGULAR * values[:, -1:]
    roots = np.where(kept, 1.0 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    return np.asarray((vectors * roots[:, None, :]).transpose(0, 2, 1) / scale[:, None, :])
