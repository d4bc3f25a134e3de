"""What releases, anomalies and comparisons say of one another."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nuanomaly.archive import names, shared_nuisances
from nuanomaly.archive.document import Steps
from nuanomaly.archive.errors import NuanomalyError, nearest
from nuanomaly.archive.validate.findings import Finding
from nuanomaly.archive.validate.likelihoods import modes_of, nuisances_of
from nuanomaly.archive.validate.metadata import repeated, unknown
from nuanomaly.archive.validate.subject import Subject

_INVERSE = {"subset": "superset", "superset": "subset", "same": "same", "shares": "shares"}
_PRIOR = ("sigma", "plus", "minus", "low", "high", "block")


@dataclass(frozen=True)
class Archive:
    """All of an archive that is what its schemas ask for.

    Attributes
    ----------
    versions : mapping
        Versions of each dataset, by their folders: also of releases that are broken.
    releases, anomalies, comparisons : sequences of Subject
    """

    versions: Mapping[str, Sequence[str]]
    releases: Sequence[Subject]
    anomalies: Sequence[Subject]
    comparisons: Sequence[Subject]

    def resolve(self, reference: str) -> str:
        """Return ``NAME@VERSION`` of a reference; empty if there is no such release."""
        try:
            name, wanted = names.split(reference)
            return f"{name}@{names.resolve(name, wanted, self.versions.get(name, ()))}"
        except NuanomalyError:
            return ""

    @property
    def known(self) -> list[str]:
        """Every name and every ``NAME@VERSION``."""
        return [*self.versions, *(f"{n}@{v}" for n, versions in self.versions.items() for v in versions)]


def check(archive: Archive) -> Iterator[Finding]:
    """Yield the findings of all links."""
    for subject in archive.releases:
        yield from _release(archive, subject)
    for subject in archive.anomalies:
        yield from _anomaly(archive, subject)
    for subject in archive.comparisons:
        yield from _comparison(archive, subject)
    yield from _groups(archive)
    yield from _contradictions(archive)
    yield from _one_sided(archive)
    yield from _nuisances(archive)
    yield from _citations(archive)


def _link(archive: Archive, subject: Subject, reference: str, steps: Steps) -> Iterator[Finding]:
    """Yield a finding if a reference names no release."""
    if not archive.resolve(reference):
        near = tuple(nearest(reference, archive.known))
        message = f"the archive has no release {reference!r}"
        yield subject.finding("UNKNOWN_RELEASE", message, steps, suggestions=near)


def _release(archive: Archive, subject: Subject) -> Iterator[Finding]:
    for position, entry in enumerate(subject.data.get("overlaps", ())):
        steps: Steps = ["overlaps", position, "with"]
        yield from _link(archive, subject, entry["with"], steps)
        if archive.resolve(entry["with"]) == subject.release:
            yield subject.finding("OVERLAP_CONTRADICTS", "the release overlaps with itself", steps)
    successor = subject.data.get("retracted", {}).get("successor")
    if successor:
        yield from _link(archive, subject, successor, ["retracted", "successor"])


def _anomaly(archive: Archive, subject: Subject) -> Iterator[Finding]:
    data = subject.data
    if data["name"] != subject.path.stem:
        message = f"name is {data['name']!r}, but the file is called {subject.path.name!r}"
        yield subject.finding("NAME_NOT_PATH", message, ["name"])
    lists = {"carry": ["releases", "carry"], "test": ["releases", "test"]}
    listed: list[tuple[Steps, Any]] = [(s, data["releases"][key]) for key, s in lists.items()]
    listed += [(["groups", name], members) for name, members in data.get("groups", {}).items()]
    for steps, references in listed:
        for k, reference in enumerate(references):
            yield from _link(archive, subject, reference, [*steps, k])
    keys = [reference["key"] for reference in data["references"]]
    yield from repeated(subject, ["references"], keys, "key")
    for steps, key in _cited(data):
        yield from unknown(subject, "UNKNOWN_REFERENCE", "reference", key, keys, steps)


def _cited(data: Mapping[str, Any]) -> Iterator[tuple[Steps, str]]:
    """Yield every key of a reference that an anomaly cites, with its place."""
    for k, number in enumerate(data["claim"]["numbers"]):
        yield ["claim", "numbers", k, "source"], number["source"]
    for section in ("explanations", "outside"):
        for k, entry in enumerate(data.get(section, ())):
            for n, key in enumerate(entry.get("references", ())):
                yield [section, k, "references", n], key
    for n, key in enumerate(data["status"].get("references", ())):
        yield ["status", "references", n], key


def _comparison(archive: Archive, subject: Subject) -> Iterator[Finding]:
    data = subject.data
    if data["name"] != subject.path.parent.name:
        message = f"name is {data['name']!r}, but the folder is called {subject.path.parent.name!r}"
        yield subject.finding("NAME_NOT_PATH", message, ["name"])
    modes = {s.release: modes_of(s.data) for s in archive.releases}
    for side, entry in data["datasets"].items():
        steps: Steps = ["datasets", side]
        names = [reference.partition("@")[0] for reference in entry["releases"]]
        for name in entry.get("maps", ()):
            kind = "release of this side called"
            yield from unknown(subject, "UNKNOWN_RELEASE", kind, name, names, [*steps, "maps", name])
        for k, reference in enumerate(entry["releases"]):
            yield from _link(archive, subject, reference, [*steps, "releases", k])
            if "mode" in entry and modes.get(reference, ["default"]) != ["default"]:
                kind = f"mode of {reference} called"
                yield from unknown(
                    subject, "UNKNOWN_MODE", kind, entry["mode"], modes[reference], [*steps, "mode"]
                )
    for group, sides in data.get("tested", {}).items():
        for k, side in enumerate(sides):
            yield from unknown(subject, "UNKNOWN_SIDE", "side", side, data["datasets"], ["tested", group, k])
    for k, reference in enumerate(data.get("also_shown", ())):
        yield from _link(archive, subject, reference, ["also_shown", k])
    known = [a.path.stem for a in archive.anomalies]
    for k, name in enumerate(data["anomalies"]):
        yield from unknown(subject, "UNKNOWN_ANOMALY", "anomaly", name, known, ["anomalies", k])
    yield from repeated(subject, ["expectations"], [e["key"] for e in data["expectations"]], "key")
    yield from _counterpart(subject)


def _counterpart(subject: Subject) -> Iterator[Finding]:
    """Yield a finding if a comparison meets no published number and nothing says why, or the reverse."""
    data = subject.data
    published = any(e["kind"] == "published" for e in data["expectations"])
    published = published or any("recomputed" in entry for entry in data.get("cited", ()))
    if not published and "counterpart" not in data:
        message = (
            "no published number stands beside a result, and `counterpart` does not say what was searched"
        )
        yield subject.finding("NO_COUNTERPART", message, ["expectations"])
    if published and "counterpart" in data:
        message = "`counterpart` says that no published number is met, and one is"
        yield subject.finding("COUNTERPART_SAID_MISSING", message, ["counterpart"])


def _groups(archive: Archive) -> Iterator[Finding]:
    """Yield the findings of names that mean two things."""
    taken = {name: "a release" for name in archive.versions}
    for subject in archive.anomalies:
        for name in subject.data.get("groups", {}):
            if name in taken:
                message = f"{name!r} is already the name of {taken[name]}"
                yield subject.finding("GROUP_NAME_TAKEN", message, ["groups", name])
            taken.setdefault(name, f"a group of anomalies/{subject.path.name}")


def _contradictions(archive: Archive) -> Iterator[Finding]:
    """Yield the findings of two releases that describe their overlap differently."""
    said: dict[tuple[str, str], str] = {}
    for subject in archive.releases:
        for position, entry in enumerate(subject.data.get("overlaps", ())):
            other = archive.resolve(entry["with"])
            inverse = said.get((other, subject.release))
            if inverse and inverse != _INVERSE[entry["relation"]]:
                message = f"it is a {entry['relation']} of {other}, which says {inverse}"
                yield subject.finding("OVERLAP_CONTRADICTS", message, ["overlaps", position, "relation"])
            said[subject.release, other] = entry["relation"]


def _one_sided(archive: Archive) -> Iterator[Finding]:
    """Yield the findings of overlaps that a draft does not declare; a released release cannot any more."""
    said = {
        (subject.release, archive.resolve(entry["with"]))
        for subject in archive.releases
        for entry in subject.data.get("overlaps", ())
    }
    for subject in archive.releases:
        for other, release in said:
            drafted = release == subject.release and subject.data["state"] == "draft"
            # an overlap that names no release may be meant to be this one, and is found already
            if drafted and not {(release, other), (release, "")} & said:
                message = f"{other} overlaps with {release}, which does not say so"
                yield subject.finding("OVERLAP_ONE_SIDED", message, ["overlaps"])


def _nuisances(archive: Archive) -> Iterator[Finding]:
    """Yield the findings of nuisances that have two priors in modes of one name, or two meanings."""
    priors: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {}
    meanings: dict[str, tuple[str, str]] = {}
    known = shared_nuisances.declared(subject.data for subject in archive.anomalies)
    shared = {(n, v): entry for n, versions in known.items() for v, entry in versions.items()}
    for subject in archive.releases:
        for mode, declared in nuisances_of(subject.data).items():
            for written in declared:
                nuisance = shared.get((written["id"], written.get("shared", "")), written)
                if "meaning" not in nuisance:
                    continue  # a shared one that nobody declares, which its likelihood says
                prior = {key: nuisance[key] for key in _PRIOR if key in nuisance}
                where, first = priors.setdefault((nuisance["id"], mode), (subject.release, prior))
                steps: Steps = ["likelihood", "modes", mode]
                if prior != first:
                    message = f"{nuisance['id']!r} has {prior} in mode {mode!r}, in {where} it has {first}"
                    yield subject.finding("NUISANCE_PRIOR_DIFFERS", message, steps)
                where, meaning = meanings.setdefault(nuisance["id"], (subject.release, nuisance["meaning"]))
                if meaning != nuisance["meaning"]:
                    message = f"{nuisance['id']!r} is described otherwise in {where}: {meaning!r}"
                    yield subject.finding("NUISANCE_MEANING_DIFFERS", message, steps)


def _citations(archive: Archive) -> Iterator[Finding]:
    """Yield the findings of citation keys that stand for two papers, and of papers that have two keys."""
    papers: dict[str, dict[str, str]] = {}
    keys: dict[str, str] = {}
    for subject, section, position, entry in _references(archive):
        steps: Steps = [section, position, "key"]
        key = entry["key"]
        ids = {k: entry[k] for k in ("doi", "arxiv") if k in entry}
        known = papers.setdefault(key, {})
        differ = [k for k in ids if k in known and known[k] != ids[k]]
        if differ:
            message = f"{key} has the {differ[0]} {ids[differ[0]]}, elsewhere {known[differ[0]]}"
            yield subject.finding("CITATION_DIFFERS", message, steps)
            continue
        known.update(ids)
        for value in ids.values():
            if keys.setdefault(value, key) != key:
                message = f"{value} is called {key} here, elsewhere {keys[value]}"
                yield subject.finding("CITATION_KEYS_DIFFER", message, steps)


def _references(archive: Archive) -> Iterator[tuple[Subject, str, int, Mapping[str, Any]]]:
    sections: Iterable[tuple[Sequence[Subject], str]] = (
        (archive.releases, "publications"),
        (archive.anomalies, "references"),
        (archive.comparisons, "references"),
    )
    for subjects, section in sections:
        for subject in subjects:
            for position, entry in enumerate(subject.data.get(section, ())):
                yield subject, section, position, entry
