"""Linear nuisances: archive-wide ids, priors (two-sided where the source is) and bounds.

A value that is quadratic in the nuisances (:mod:`~nuanomaly.likelihood.quadratic`) is all that combining
releases needs: forms of several releases add up on the union of their ids, each prior enters once, and the
sum is minimised in closed form.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.model.probabilities import Array


@dataclass(frozen=True)
class Nuisance:
    """A linear nuisance ξ with its prior.

    Attributes
    ----------
    id : str
        The same id in two releases is the same physical quantity.
    meaning : str
    plus, minus : float
        Standard deviations of the prior above and below zero (in the unit of ξ); ``inf`` for none.
    low, high : float
        Hard bounds of ξ.
    block : str
        Nuisances of one block share a declared inverse prior covariance, which replaces plus and minus.
    """

    id: str
    meaning: str = field(compare=False)
    plus: float = np.inf
    minus: float = np.inf
    low: float = -np.inf
    high: float = np.inf
    block: str = ""

    @property
    def piecewise(self) -> bool:
        """True if the prior is not one Gaussian over the whole line."""
        return self.plus != self.minus or np.isfinite(self.low) or np.isfinite(self.high)


@dataclass(frozen=True)
class Nuisances:
    """The nuisances of a likelihood, with the inverse prior covariances of their blocks.

    Attributes
    ----------
    items : tuple of Nuisance
    blocks : tuple of (tuple of ids, array of shape (k, k))
        Inverse prior covariances of correlated nuisances.
    """

    items: tuple[Nuisance, ...] = ()
    blocks: tuple[tuple[tuple[str, ...], Array], ...] = field(default=(), compare=False)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids, in order."""
        return tuple(n.id for n in self.items)

    @cached_property
    def profiled(self) -> dict[Any, Any]:
        """What :mod:`nuanomaly.likelihood.quadratic` has found once of some of the nuisances."""
        return {}

    def __len__(self) -> int:
        return len(self.items)

    def prior(self) -> Array:
        """Return the inverse prior covariance, shape (K, K), two-sided priors left out."""
        matrix = np.zeros((len(self), len(self)))
        place = {name: k for k, name in enumerate(self.ids)}
        for ids, inverse in self.blocks:
            rows = [place[name] for name in ids]
            matrix[np.ix_(rows, rows)] += inverse
        for k, nuisance in enumerate(self.items):
            if not nuisance.block and not nuisance.piecewise and np.isfinite(nuisance.plus):
                matrix[k, k] += 1.0 / nuisance.plus**2
        return matrix

    def with_prior(self) -> tuple[str, ...]:
        """Return the ids that have a prior, alone or in a block."""
        blocks = {name for ids, _ in self.blocks for name in ids}
        return tuple(n.id for n in self.items if n.id in blocks or min(n.plus, n.minus) < np.inf)

    def without_prior(self, ids: Iterable[str]) -> "Nuisances":
        """Return the same nuisances with no prior on ``ids`` (bounds are kept); a block goes as a whole."""
        gone = set(ids)
        blocks = tuple(block for block in self.blocks if not gone & set(block[0]))
        gone |= {name for block in self.blocks if gone & set(block[0]) for name in block[0]}
        items = (replace(n, plus=np.inf, minus=np.inf, block="") if n.id in gone else n for n in self.items)
        return Nuisances(tuple(items), blocks)

    def prior_value(self, given: Mapping[str, Array]) -> Array:
        """Return the priors' −2 ln L at the given ids' values, shape (P,); a block is given as a whole."""
        place = [k for k, name in enumerate(self.ids) if name in given]
        xi = np.array([given[self.ids[k]] for k in place]).reshape(len(place), -1).T
        total = np.einsum("pi,ij,pj->p", xi, self.prior()[np.ix_(place, place)], xi)
        for column, k in enumerate(place):
            item = self.items[k]
            if item.piecewise and not item.block:
                total = total + (xi[:, column] / np.where(xi[:, column] > 0, item.plus, item.minus)) ** 2
        return np.asarray(total)

    def prior_terms(self, given: Mapping[str, Array]) -> dict[str, Array]:
        """Return what each prior adds to −2 ln L at values of all nuisances, shape (P,) by id.

        What the nuisances of a block add together is shared out as ξ_k (P ξ)_k, and may be negative.
        """
        xi = np.array([given[name] for name in self.ids])
        if not xi.size:
            return {}
        shares = xi * (self.prior() @ xi)
        for k, item in enumerate(self.items):
            if item.piecewise and not item.block:
                shares[k] = (xi[k] / np.where(xi[k] > 0.0, item.plus, item.minus)) ** 2
        return {name: shares[k] for k, name in enumerate(self.ids) if name in self.with_prior()}

    def pulls(self, given: Mapping[str, Array]) -> dict[str, Array]:
        """Return values of nuisances in standard deviations of their priors, by id; free ones left out.

        Examples
        --------
        >>> floor = Nuisances((Nuisance("x", "", plus=1.0, minus=2.0), Nuisance("free", "")))
        >>> floor.pulls({"x": np.array([-1.0]), "free": np.array([3.0])})
        {'x': array([-0.5])}
        """
        widths = self.widths()
        return {
            name: xi / np.where(xi > 0.0, widths[name][1], widths[name][0])
            for name, xi in given.items()
            if name in widths
        }

    def widths(self) -> dict[str, tuple[float, float]]:
        """Return the standard deviations of the priors below and above zero, by id; free ones left out."""
        numbers = {n.id: (n.minus, n.plus) for n in self.items if min(n.plus, n.minus) < np.inf}
        for ids, inverse in self.blocks:
            sigma = np.sqrt(np.diagonal(np.linalg.inv(inverse))).tolist()
            numbers |= {name: (s, s) for name, s in zip(ids, sigma, strict=True)}
        return numbers

    def freed(self, ids: Iterable[str]) -> "Nuisances":
        """Return the same nuisances with no prior on ``ids``; the others of a block keep theirs."""
        gone = set(ids)
        blocks = []
        for names, inverse in self.blocks:
            rows = [k for k, name in enumerate(names) if name not in gone]
            if len(rows) == len(names):
                blocks.append((names, inverse))
            elif rows:
                covariance = np.linalg.inv(inverse)[np.ix_(rows, rows)]
                blocks.append((tuple(names[k] for k in rows), np.linalg.inv(covariance)))
        items = (replace(n, plus=np.inf, minus=np.inf, block="") if n.id in gone else n for n in self.items)
        return Nuisances(tuple(items), tuple(blocks))

    def rest(self, names: Iterable[str]) -> "Nuisances":
        """Return the nuisances without some of them; what is left of a block has its conditional prior."""
        gone = set(names)
        blocks = []
        for ids, inverse in self.blocks:
            rows = [k for k, name in enumerate(ids) if name not in gone]
            if rows:
                blocks.append((tuple(ids[k] for k in rows), inverse[np.ix_(rows, rows)]))
        return Nuisances(tuple(n for n in self.items if n.id not in gone), tuple(blocks))

    def draw(
        self, count: int, random: np.random.Generator, free: Mapping[str, float] | None = None
    ) -> dict[str, Array]:
        """Return values drawn from the priors, shape (count,) by id; what has no prior is at ``free``, or 0.

        Two-sided errors mean two halves of a Gaussian that join at zero; bounds cut the prior off.

        Examples
        --------
        >>> floor = Nuisances((Nuisance("x", "", plus=1.0, minus=2.0, low=-0.5),))
        >>> drawn = floor.draw(10_000, np.random.default_rng(0))["x"]
        >>> float(drawn.min()) >= -0.5, bool(0.6 < (drawn > 0.0).mean() < 0.8)
        (True, True)
        """
        arrays: dict[str, Array] = {}
        for ids, inverse in self.blocks:
            root = np.linalg.inv(np.linalg.cholesky(inverse))
            arrays |= dict(zip(ids, root.T @ random.standard_normal((len(ids), count)), strict=True))
        for item in self.items:
            if item.id in arrays:
                continue
            uniform = random.random(count)
            if not max(item.plus, item.minus) < np.inf:
                arrays[item.id] = np.full(count, np.clip((free or {}).get(item.id, 0.0), item.low, item.high))
                continue
            low, high = (_two_sided(np.array(edge), item) for edge in (item.low, item.high))
            arrays[item.id] = _two_sided_inverse(low + (high - low) * uniform, item)
        return {name: arrays[name] for name in self.ids}

    def union(self, others: "Iterable[Nuisances]") -> "Nuisances":
        """Return these and all others, each id once.

        Raises
        ------
        NuanomalyError
            If one id has two different priors.
        """
        items = {n.id: n for n in self.items}
        blocks = {ids: inverse for ids, inverse in self.blocks}
        for other in others:
            for nuisance in other.items:
                if items.setdefault(nuisance.id, nuisance) != nuisance:
                    raise NuanomalyError(
                        f"nuisance {nuisance.id!r} has two different priors in the releases that are "
                        "combined: use modes that agree"
                    )
            for ids, inverse in other.blocks:
                if not np.array_equal(blocks.setdefault(ids, inverse), inverse):
                    raise NuanomalyError(f"nuisances {', '.join(ids)} have two different prior covariances")
        return Nuisances(tuple(items.values()), tuple(blocks.items()))


def _two_sided(x: Array, item: Nuisance) -> Array:
    """Return the distribution function of two halves of a Gaussian that join at zero."""
    below = item.minus / (item.plus + item.minus)
    left = 2.0 * below * scipy.special.ndtr(np.minimum(x, 0.0) / item.minus)
    return np.asarray(left + (1.0 - below) * (2.0 * scipy.special.ndtr(np.maximum(x, 0.0) / item.plus) - 1.0))


def _two_sided_inverse(u: Array, item: Nuisance) -> Array:
    below = item.minus / (item.plus + item.minus)
    left = item.minus * scipy.special.ndtri(np.minimum(u, below) / (2.0 * below))
    right = item.plus * scipy.special.ndtri(0.5 + 0.5 * (np.maximum(u, below) - below) / (1.0 - below))
    return np.asarray(np.clip(np.where(u < below, left, right), item.low, item.high))
