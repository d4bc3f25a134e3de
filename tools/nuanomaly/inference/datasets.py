"""Which data sets are meant, in which mode, and whether they share data."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.archive.references import split_mode, terms
from nuanomaly.likelihood.build import declared_modes, group_members, likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.wrappers.joint import JointLikelihood, combine

#: A release, a release in a mode (``NAME@VERSION:MODE``), a group, or a likelihood.
Dataset = str | Likelihood
Mode = str | Mapping[str, str] | None


class OverlapError(NuanomalyError):
    """Data sets that share data were to be combined."""


@dataclass(frozen=True)
class FoundOverlap:
    """Two releases that share data, and why."""

    first: str
    second: str
    relation: str
    reason: str

    def to_dict(self) -> dict[str, str]:
        """Return the overlap for a result file."""
        return {"first": self.first, "second": self.second, "relation": self.relation, "reason": self.reason}


def atoms(likelihood: Likelihood) -> tuple[Likelihood, ...]:
    """Return the releases a likelihood is made of."""
    return likelihood.members if isinstance(likelihood, JointLikelihood) else (likelihood,)


def label(likelihood: Likelihood) -> str:
    """Return ``NAME@VERSION``, with ``:MODE`` where there is one."""
    return likelihood.release + (f":{likelihood.mode}" if likelihood.mode else "")


def shown(likelihood: Likelihood) -> str:
    """Return what a data set is called in results: its release or group, marked if it is one's own."""
    marked = likelihood.private and not isinstance(likelihood, JointLikelihood)
    return f"{likelihood.release} (private)" if marked else likelihood.release


def labels(members: Sequence[Likelihood]) -> tuple[str, ...]:
    """Return the data sets' releases or groups; with their mode where one stands twice.

    Raises
    ------
    NuanomalyError
        If the same release stands twice in the same mode.
    """
    releases = [m.release for m in members]
    texts = tuple(shown(m) if releases.count(m.release) == 1 else label(m) for m in members)
    for name in texts:
        if texts.count(name) > 1:
            raise NuanomalyError(f"{name} is named twice: name each data set once")
    return texts


def modes(members: Sequence[Likelihood]) -> dict[str, str]:
    """Return the modes in which data sets were taken, by label."""
    return {name: m.mode for name, m in zip(labels(members), members, strict=True) if m.mode}


def resolve(datasets: Dataset | Iterable[Dataset], mode: Mode = None) -> tuple[Likelihood, ...]:
    """Return the likelihood of each data set; a group is one data set.

    Parameters
    ----------
    mode : str or mapping, optional
        For every data set that has a mode of this name; or a mode by data set, as it was named.

    Raises
    ------
    UnknownNameError
        For an unknown data set, or a mode that none of them has.
    """
    wanted: Sequence[Dataset] = [datasets] if isinstance(datasets, str | Likelihood) else list(datasets)
    if not wanted:
        raise NuanomalyError("name at least one data set")
    if isinstance(mode, Mapping):
        for name in mode:
            if name not in wanted:
                raise UnknownNameError("dataset", name, [w for w in wanted if isinstance(w, str)], "modes")
        return tuple(_one(w, mode.get(w) if isinstance(w, str) else None) for w in wanted)
    if mode is None:
        return tuple(_one(w, None) for w in wanted)
    having = [w for w in wanted if isinstance(w, str) and mode in known_modes(w)]
    if not having:
        known = {m for w in wanted if isinstance(w, str) for m in known_modes(w)}
        raise UnknownNameError("mode", mode, known)
    return tuple(_one(w, mode if w in having else None) for w in wanted)


def _one(dataset: Dataset, mode: str | None) -> Likelihood:
    return dataset if isinstance(dataset, Likelihood) else likelihood(dataset, mode)


def known_modes(reference: str) -> set[str]:
    """Return the modes a release, or every member of a group that has any, can be taken in."""
    text, _ = split_mode(reference)
    parts = terms(reference)
    members = parts if len(parts) > 1 else group_members(text)
    if not members:
        return set(declared_modes(load(text))[1])
    texts = [modes for modes in map(known_modes, members) if modes != {"default"}]
    return set.intersection(*texts) if texts else set()


def joint(members: Sequence[Likelihood]) -> Likelihood:
    """Return the joint likelihood, or the only one."""
    return members[0] if len(members) == 1 else combine(members)


def overlaps(datasets: Sequence[Likelihood]) -> tuple[FoundOverlap, ...]:
    """Return which releases of different data sets (or of one group) share data."""
    releases = [atom for dataset in datasets for atom in atoms(dataset)]
    return tuple(content for a, b in combinations(releases, 2) for content in _between(a, b))


def _between(a: Likelihood, b: Likelihood) -> Iterator[FoundOverlap]:
    if a.release == b.release:
        yield FoundOverlap(label(a), label(b), "shares", "the same release twice")
        return
    for one, other in ((a, b), (b, a)):
        for declared in one.overlaps:
            if _names(declared.release, other.release) and other.mode not in declared.disjoint:
                yield FoundOverlap(one.release, other.release, declared.relation, declared.reason)
                return
    if a.name == b.name:  # whatever they declare: one experiment's data, represented or released twice
        yield FoundOverlap(a.release, b.release, "shares", "two versions of one dataset")


def _names(reference: str, release: str) -> bool:
    """Say whether ``NAME``, ``NAME@LABEL`` or ``NAME@VERSION`` names a release, or another revision of it.

    A revision holds the same data in another form.
    """
    name, _, version = release.partition("@")
    wanted, _, label = reference.partition("@")
    return wanted == name and (not label or _upstream(label) == _upstream(version))


def _upstream(version: str) -> str:
    return version.rpartition("-r")[0] or version


def check_overlaps(datasets: Sequence[Likelihood], allow: bool) -> tuple[FoundOverlap, ...]:
    """Return the overlaps if they are allowed, or there are none.

    Raises
    ------
    OverlapError
        If data sets share data and that is not allowed, with the reasons.
    """
    items = overlaps(datasets)
    if items and not allow:
        said = "; ".join(f"{o.first} and {o.second} ({o.reason})" for o in items)
        twice = (
            f"These data sets share data and would be counted twice: {said}. Leave one of each pair out, or "
        )
        raise OverlapError(f"{twice}allow it (allow_overlap=True) and have it recorded in the result").typed(
            f"{twice}allow it with --allow-overlap and have it recorded in the result"
        )
    return items
