"""Several releases as one likelihood: values add up, shared nuisances are profiled once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from nuanomaly.archive.anomalies import groups
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import load
from nuanomaly.likelihood.base import Likelihood
from nuanomaly.likelihood.nuisance import Quadratic
from nuanomaly.model.base import Array, Model, Parameter


def group_members(name: str) -> tuple[str, ...]:
    """Return the releases of a declared group, or none if ``name`` is not a group."""
    return groups().get(name, ())


def join(name: str, references: Sequence[str], mode: str | None = None) -> "JointLikelihood":
    """Return the joint likelihood of several releases; ``mode`` goes to each member that has modes."""
    from nuanomaly.likelihood.build import declared_modes, likelihood, split_mode

    members = []
    for reference in references:
        text, own = split_mode(reference)
        modes = [] if group_members(text) else declared_modes(load(text))[1]
        wanted = own or (None if modes == ["default"] else mode)
        members.append(likelihood(text, wanted))
    return combine(members, name, mode)


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
        members=tuple(members),
    )


def _reasons(members: Sequence[Likelihood]) -> str:
    """Return why members are approximate, each reason once with the names it is true of."""
    found: dict[str, list[str]] = {}
    for member in members:
        if member.approximate:
            found.setdefault(member.approximate, []).append(member.name)
    return "; ".join(f"{', '.join(dict.fromkeys(names))}: {reason}" for reason, names in found.items())


@dataclass(frozen=True, eq=False)
class JointLikelihood(Likelihood):
    """A sum of likelihoods over common parameters and nuisances."""

    members: tuple[Likelihood, ...] = field(kw_only=True)

    @property
    def interaction_parameters(self) -> tuple[Parameter, ...]:
        """The members' interaction parameters, each once."""
        found = {p.name: p for m in self.members for p in m.interaction_parameters}
        return tuple(found.values())

    def _own(self, member: Likelihood, model: Model, points: Mapping[str, Array]) -> dict[str, Array]:
        names = {p.name for p in (*model.parameters, *member.interaction_parameters)}
        return {k: v for k, v in points.items() if k in names}

    def _refuse_shared(self, members: Sequence[Likelihood]) -> None:
        """Refuse a nuisance that is shared with a likelihood which is not quadratic in it."""
        for a, b in combinations(self.members, 2):
            shared = set(a.nuisances.ids) & set(b.nuisances.ids)
            if shared and (a in members or b in members):
                raise NuanomalyError(
                    f"{a.release} and {b.release} share {', '.join(sorted(shared))}, but one of them is not "
                    "quadratic in it: they cannot be combined yet"
                )

    def quadratic(self, model: Model, points: Mapping[str, Array]) -> Quadratic:
        """Return the sum as a quadratic form; members that have none enter with their profiled value."""
        total: Quadratic | None = None
        without = []
        for member in self.members:
            own = self._own(member, model, points)
            form = member.quadratic(model, own)
            if form is None:
                without.append(member)
                value = member.value(model, own)
                form = Quadratic((), value, np.zeros((value.size, 0)), np.zeros((value.size, 0, 0)))
            total = form if total is None else total + form
        self._refuse_shared(without)
        assert total is not None  # combine() refuses an empty list
        return total

    def value(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the sum with all nuisances profiled, shape (P,)."""
        form = self.quadratic(model, points)
        return form.profile(self.nuisances)[0] if form.ids else form.constant

    def observables(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the members' observables side by side, shape (P, n)."""
        parts = [m.observables(model, self._own(m, model, points)) for m in self.members]
        return np.concatenate(parts, axis=1)

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
