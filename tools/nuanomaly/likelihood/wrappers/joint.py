"""Several releases as one likelihood: values add up, shared nuisances are profiled once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import scipy
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood.algebra.convex import CACHED, Local, profile
from nuanomaly.likelihood.algebra.ensemble import GaussianForm
from nuanomaly.likelihood.algebra.gaussian_tables import SumTable, Table
from nuanomaly.likelihood.breakdown import Breakdown
from nuanomaly.likelihood.interface import Likelihood, solved
from nuanomaly.likelihood.nuisance import Nuisances
from nuanomaly.likelihood.quadratic import Quadratic, added_up
from nuanomaly.model.probabilities import Array, Model, Parameter


def combine(
    members: Sequence[Likelihood], name: str | None = None, mode: str | None = None
) -> "JointLikelihood":
    """Return the joint likelihood of likelihoods; a joint one among them enters by its members.

    Raises
    ------
    NuanomalyError
        If a nuisance is declared with two different priors.
    """
    members = [part for m in members for part in (m.members if isinstance(m, JointLikelihood) else (m,))]
    if not members:
        raise NuanomalyError("a joint likelihood needs at least one member")
    kinds = {m.statistic for m in members}
    bins = [m.n_bins for m in members]
    first, *rest = (m.nuisances for m in members)
    common = {m.mode for m in members}
    return JointLikelihood(
        release=name or " + ".join(m.release for m in members),
        mode=mode or (common.pop() if len(common) == 1 else None),
        statistic="chi2" if kinds == {"chi2"} else "-2lnL",
        n_bins=sum(b for b in bins if b is not None) if all(b is not None for b in bins) else None,
        nuisances=first.union(rest),
        approximate=_reasons(members),
        overlaps=tuple(dict.fromkeys(o for m in members for o in m.overlaps)),
        private=any(m.private for m in members),
        members=tuple(members),
    )


def _cut(arrays: Mapping[str, Array], cut: slice) -> dict[str, Array]:
    return {name: value[cut] for name, value in arrays.items()}


def _reasons(members: Sequence[Likelihood]) -> str:
    """Return why members are approximate, each reason once with the names it is true of."""
    entries: dict[str, list[str]] = {}
    for member in members:
        if member.approximate:
            entries.setdefault(member.approximate, []).append(member.name)
    return "; ".join(f"{', '.join(dict.fromkeys(names))}: {reason}" for reason, names in entries.items())


@dataclass(frozen=True, eq=False)
class JointLikelihood(Likelihood):
    """A sum of likelihoods over common parameters and nuisances."""

    members: tuple[Likelihood, ...] = field(kw_only=True)

    @property
    def interaction_parameters(self) -> tuple[Parameter, ...]:
        """The members' interaction parameters, each once."""
        entries = {p.name: p for m in self.members for p in m.interaction_parameters}
        return tuple(entries.values())

    def ranges(self, model: Model) -> dict[str, tuple[float, float]]:
        """Return what of each parameter all members know."""
        numbers: dict[str, tuple[float, float]] = {}
        for member in self.members:
            for name, (low, high) in member.ranges(model).items():
                below, above = numbers.get(name, (low, high))
                numbers[name] = max(low, below), min(high, above)
        return numbers

    @property
    def max_L_over_E(self) -> float | None:
        """The largest of the members'."""
        return max((x for m in self.members if (x := m.max_L_over_E) is not None), default=None)

    def _own(self, member: Likelihood, model: Model, points: Mapping[str, Array]) -> dict[str, Array]:
        names = {p.name for p in (*model.parameters, *member.interaction_parameters)}
        return {k: v for k, v in points.items() if k in names}

    def quadratic(self, model: Model, points: Mapping[str, Array]) -> Quadratic | None:
        """Return the sum as a quadratic form; members that have none enter with their profiled value.

        None if such a member shares a nuisance with another.
        """
        total: Quadratic | None = None
        for member in self.members:
            own = self._own(member, model, points)
            form = member.quadratic(model, own)
            if form is None:
                if any(member in cluster and len(cluster) > 1 for cluster in self._clusters):
                    return None
                value = member.value(model, own)
                form = Quadratic((), value, np.zeros((value.size, 0)), np.zeros((value.size, 0, 0)))
            total = form if total is None else total + form
        assert total is not None  # combine() refuses an empty list
        return total

    @cached_property
    def _clusters(self) -> list[list[Likelihood]]:
        """The members, those together that share nuisances directly or through others."""
        clusters: list[list[Likelihood]] = []
        for member in self.members:
            ids = set(member.nuisances.ids)
            tied = [c for c in clusters if any(ids & set(m.nuisances.ids) for m in c)]
            clusters = [c for c in clusters if c not in tied]
            clusters.append([*(m for c in tied for m in c), member])
        return clusters

    @cached_property
    def independent(self) -> tuple[Likelihood, ...]:
        """Members that share no nuisance, and those together that do."""
        return tuple(c[0] if len(c) == 1 else combine(c) for c in self._clusters)

    def value(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the sum with all nuisances profiled, shape (P,)."""
        return self.profiled(model, points)[0]

    def profiled(
        self,
        model: Model,
        points: Mapping[str, Array],
        nuisances: Nuisances | None = None,
        given: Mapping[str, Array] | None = None,
    ) -> tuple[Array, dict[str, Array]]:
        """Return the minimum over the nuisances and where each is: see :class:`Likelihood`.

        Members that share no nuisance are minimised apart.
        """
        chosen, fixed = nuisances or self.nuisances, dict(given or {})
        parts = [self._together(cluster, model, points, chosen, fixed) for cluster in self._clusters]
        total = np.sum([value for value, _ in parts], axis=0)
        return np.asarray(total), {name: xi for _, where in parts for name, xi in where.items()}

    def _together(
        self,
        cluster: Sequence[Likelihood],
        model: Model,
        points: Mapping[str, Array],
        nuisances: Nuisances,
        given: Mapping[str, Array],
    ) -> tuple[Array, dict[str, Array]]:
        """Return minimum and nuisances of members that are tied by what they share."""
        own = [self._own(m, model, points) for m in cluster]
        if len(cluster) == 1:
            return cluster[0].profiled(model, own[0], nuisances, given)
        forms = [m.quadratic(model, p) for m, p in zip(cluster, own, strict=True)]
        known = [form for form in forms if form is not None]
        if len(known) == len(cluster):
            return solved(added_up(known), nuisances, given)
        size = max((v.size for v in points.values()), default=1)
        width = sum(m.n_bins or 1 for m in cluster) * len(self.nuisances)
        step = max(1, CACHED // max(1, width))
        if size > step:
            cuts = [slice(i, i + step) for i in range(0, size, step)]
            parts = [
                self._together(cluster, model, _cut(points, cut), nuisances, _cut(given, cut)) for cut in cuts
            ]
            where = {name: np.concatenate([p[1][name] for p in parts]) for name in parts[0][1]}
            return np.concatenate([p[0] for p in parts]), where
        every = [self._local(m, model, p) for m, p in zip(cluster, own, strict=True)]
        ids = tuple(dict.fromkeys(name for m in cluster for name in m.nuisances.ids))
        places = [[ids.index(name) for name in m.nuisances.ids] for m in cluster]

        def local(xi: Array, rows: NDArray[np.intp]) -> Quadratic:
            quadratics = [f(xi[:, place], rows) for f, place in zip(every, places, strict=True)]
            return added_up(quadratics, ids)

        return profile(local, size, ids, nuisances, given)

    def _local(self, member: Likelihood, model: Model, points: Mapping[str, Array]) -> Local:
        values = member.local(model, points)
        if values is None:
            raise NuanomalyError(
                f"{member.release} shares nuisances, but is known with its own profiled only: "
                "it cannot be combined"
            )
        return values

    def averaging_error(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the sum of the members' stated errors, shape (P,)."""
        errors = [m.averaging_error(model, self._own(m, model, points)) for m in self.members]
        return np.asarray(np.sum(errors, axis=0))

    def observables(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the members' observables side by side, shape (P, n)."""
        parts = [m.observables(model, self._own(m, model, points)) for m in self.members]
        return np.concatenate(parts, axis=1)

    def breakdown(
        self, model: Model, points: Mapping[str, Array], nuisances: Mapping[str, Array]
    ) -> tuple[Breakdown, ...]:
        """Return what each member's statistic is made of at one complete point."""
        breakdowns: list[Breakdown] = []
        for member in self.members:
            own = {name: nuisances[name] for name in member.nuisances.ids}
            breakdowns += member.breakdown(model, self._own(member, model, points), own)
        return tuple(breakdowns)

    @property
    def data(self) -> Array | None:
        """The members' data side by side; None if one of them has none."""
        parts = [m.data for m in self.members]
        known = [part for part in parts if part is not None]
        return np.concatenate(known) if len(known) == len(parts) else None

    @cached_property
    def _places(self) -> list[slice]:
        """Where each member's data are."""
        ends = np.cumsum([0, *(m.n_bins or 0 for m in self.members)])
        return [slice(a, b) for a, b in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]

    def given(self, data: Array) -> "JointLikelihood":
        """Return the same likelihood with other data (n_bins,), the members' side by side."""
        parts = zip(self.members, self._places, strict=True)
        return replace(self, members=tuple(m.given(data[place]) for m, place in parts))

    def toys(
        self,
        model: Model,
        points: Mapping[str, Array],
        count: int,
        random: np.random.Generator,
        nuisances: Mapping[str, Array] | None = None,
    ) -> Array:
        """Return the members' data (count, n_bins) side by side; what they share is the same in all."""
        true = self.nuisances.draw(count, random) if nuisances is None else nuisances
        parts = [m.toys(model, self._own(m, model, points), count, random, true) for m in self.members]
        return np.concatenate(parts, axis=1)

    def tabulate(self, model: Model, points: Mapping[str, Array]) -> Table:
        """Return what turns data (T, n_bins) into the sum, shape (T, P); shared nuisances profiled once."""
        return SumTable(tuple(self._table_of(cluster, model, points) for cluster in self._clusters))

    def means(self, model: Model, points: Mapping[str, Array], nuisances: Mapping[str, Array]) -> Array:
        """Return the members' means side by side, shape (P, n_bins)."""
        parts = [m.means(model, self._own(m, model, points), nuisances) for m in self.members]
        return np.concatenate(parts, axis=1)

    def _table_of(
        self, cluster: Sequence[Likelihood], model: Model, points: Mapping[str, Array]
    ) -> tuple[NDArray[np.intp], Table]:
        """Return which data belong to members that are tied, and their table."""
        where = np.concatenate(
            [np.arange(place.start, place.stop) for m in cluster for place in [self._place(m)]]
        )
        if len(cluster) == 1:
            return where, cluster[0].tabulate(model, self._own(cluster[0], model, points))
        form = self._stacked(cluster, model, points)
        if form is not None:
            return where, form.table()
        return where, Likelihood.tabulate(combine(cluster), model, points)

    def gaussian(self, model: Model, points: Mapping[str, Array]) -> GaussianForm | None:
        """Return all members as one χ² of a fixed covariance, or None if one of them is not."""
        return self._stacked(self.members, model, points)

    def _place(self, member: Likelihood) -> slice:
        return next(p for m, p in zip(self.members, self._places, strict=True) if m is member)

    def _stacked(
        self, members: Sequence[Likelihood], model: Model, points: Mapping[str, Array]
    ) -> GaussianForm | None:
        """Return one form of all members, side by side; None if one of them has none."""
        forms = [m.gaussian(model, self._own(m, model, points)) for m in members]
        gaussian_forms = [form for form in forms if form is not None]
        if len(gaussian_forms) < len(forms):
            return None
        nuisances = members[0].nuisances.union(m.nuisances for m in members[1:])
        mu = np.concatenate([form.mu for form in gaussian_forms], axis=1)
        jacobian = np.zeros((*mu.shape, len(nuisances)))
        start = 0
        for form in gaussian_forms:
            rows = np.arange(start, start + form.data.size)
            columns = [nuisances.ids.index(name) for name in form.nuisances.ids]
            jacobian[:, rows[:, None], columns] = form.jacobian
            start += form.data.size
        inverse = np.asarray(scipy.linalg.block_diag(*(form.inverse for form in gaussian_forms)), float)
        return GaussianForm(
            np.concatenate([f.data for f in gaussian_forms]), inverse, mu, jacobian, nuisances
        )

    def nuisance_effects(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return ∂(observables)/∂ξ for the nuisances of all members, shape (P, n, K)."""
        place = {name: k for k, name in enumerate(self.nuisances.ids)}
        parts = []
        for member in self.members:
            own = member.nuisance_effects(model, self._own(member, model, points))
            wide = np.zeros((*own.shape[:2], len(place)))
            wide[:, :, [place[name] for name in member.nuisances.ids]] = own
            parts.append(wide)
        return np.concatenate(parts, axis=1)
