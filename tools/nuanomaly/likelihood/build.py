"""Build a likelihood from what ``release.yaml`` declares, by kind."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from nuanomaly.archive import amendments, shared_nuisances
from nuanomaly.archive.anomalies import groups
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.archive.outside import PARTS, OutsideKind, outside
from nuanomaly.archive.references import split_mode, terms
from nuanomaly.archive.release import Release, announcement
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.parts import Overlap
from nuanomaly.likelihood.penalty import penalties
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.read_only import read_only
from nuanomaly.likelihood.wrappers.joint import JointLikelihood, combine
from nuanomaly.model.probabilities import Parameter

#: Kinds of tabulated likelihoods; one without a kind is the first.
SURFACES = ("surface", "parameter-surface", "surface-process")


#: Kinds of responses that may have parameters of an interaction; those that other packages bring may, too.
INTERACTING = ("cevns", "recoil-templates", "templates")


def kinds(part: str) -> list[str]:
    """Return the kinds of ``response``, ``transform`` or ``statistic`` that exist.

    Examples
    --------
    >>> "gaussian" in kinds("statistic")
    True
    """
    spec = find_spec(f"nuanomaly.likelihood.{part}")
    folder = Path(next(iter(spec.submodule_search_locations or [""]))) if spec else Path()
    return sorted(f.stem.replace("_", "-") for f in folder.glob("[a-z]*.py"))


def component(part: str, config: Mapping[str, Any], release: Release, *arguments: Any) -> Any:
    """Return the response, transform or statistic that a configuration names by its ``kind``.

    Raises
    ------
    UnknownNameError
        If it names a column that none of the release's tables has.
    """
    kind = str(config.get("kind"))
    if kind not in kinds(part):
        return _from_outside(part, kind, release).load().build(config, release, *arguments)
    module = import_module(f"nuanomaly.likelihood.{part}.{kind.replace('-', '_')}")
    try:
        return module.build(config, release, *arguments)
    except KeyError as error:
        name = error.args[0] if error.args else None
        columns = [str(c) for table in release.metadata["tables"] for c in release.table(table)]
        if not isinstance(name, str) or name in columns:
            raise
        raise UnknownNameError("column", name, columns, f"the {part} of {release.id}") from None


def _from_outside(part: str, kind: str, release: Release) -> OutsideKind:
    """Return a kind that another package brings.

    Raises
    ------
    UnknownNameError
        If none does.
    NuanomalyError
        If the release is one of the archive: nobody could check it without that package.
    """
    others = outside(part)
    if kind not in others:
        raise UnknownNameError(f"{part} kind", kind, [*kinds(part), *others], release.id)
    if not release.private:
        raise NuanomalyError(
            f"{release.id}: {others[kind].said}: it serves releases of one's own folders alone"
        )
    return others[kind]


def _brought(config: Mapping[str, Any], release: Release) -> list[str]:
    """Return what results say of the parts whose kind another package brings."""
    named = {part: str(config[part].get("kind")) for part in PARTS if part in config}
    return [
        _from_outside(part, kind, release).said for part, kind in named.items() if kind not in kinds(part)
    ]


def nuisances(config: Mapping[str, Any], release: Release) -> Nuisances:
    """Return the nuisances declared under ``nuisances``.

    Each entry has ``id``, ``meaning`` and one of: ``sigma``; ``plus`` and ``minus``; ``block`` with, under
    ``blocks``, the tables of its inverse correlation and the standard deviations; or neither (free). Or it
    has ``id``, ``shared`` and ``sha256``: see :mod:`nuanomaly.archive.shared_nuisances`.
    """
    items, blocks = [], []
    for declared in config.get("nuisances", ()):
        entry = shared_nuisances.resolved(declared, release.id)
        sigma = entry.get("sigma", np.inf)
        items.append(
            Nuisance(
                entry["id"],
                entry.get("meaning", ""),
                float(entry.get("plus", sigma)),
                float(entry.get("minus", sigma)),
                float(entry.get("low", -np.inf)),
                float(entry.get("high", np.inf)),
                entry.get("block", ""),
            )
        )
    for name, block in config.get("nuisance_blocks", {}).items():
        ids = tuple(n.id for n in items if n.block == name)
        inverse = release.matrix(block["inverse_correlation"])
        sigma = release.numbers(block["sigma"])
        if inverse.shape != (len(ids), len(ids)) or sigma.shape != (len(ids),):
            raise NuanomalyError(
                f"{release.id}: nuisance block {name!r} has {len(ids)} ids, its tables do not"
            )
        blocks.append((ids, inverse / np.outer(sigma, sigma)))
    return Nuisances(tuple(items), tuple(blocks))


def declared_modes(release: Release) -> tuple[Mapping[str, Any], list[str], str | None]:
    """Return the likelihood declaration, its modes and the default mode.

    Raises
    ------
    NuanomalyError
        If the release declares no likelihood.
    """
    declared = release.metadata.get("likelihood")
    if release.state == "announced":
        raise NuanomalyError(announcement(release))
    if not declared:
        raise NuanomalyError(f"{release.id} has no likelihood: its tables can be read, but not fitted")
    modes = list(declared["modes"])
    return declared, modes, declared.get("default_mode", modes[0])


def mode_name(modes: Sequence[str], default: str | None, wanted: str | None, release: str) -> str | None:
    """Return the mode to use.

    Raises
    ------
    UnknownNameError
        If ``wanted`` is none of the modes.
    """
    if wanted is None:
        return default
    if wanted not in modes:
        raise UnknownNameError("mode", wanted, modes, release)
    return wanted


def likelihood(reference: str | Release, mode: str | None = None) -> Likelihood:
    """Return the likelihood of a release, of a declared group such as ``gallium``, or of a sum.

    Parameters
    ----------
    reference : str or Release
        ``NAME[@VERSION][:MODE]``, the name of a group, the folder of a release of one's own, a sum of these
        (``lsnd+karmen+reactor-rates:summation``), or a loaded release.
    mode : str, optional
        The analysis variant (the default one if left out); of a sum, for the members that have modes.

    Raises
    ------
    UnknownNameError
        For an unknown dataset, version, mode or kind.
    NuanomalyError
        If the release declares no likelihood.

    Examples
    --------
    >>> likelihood("lsnd").statistic
    'delta'
    >>> likelihood("lsnd+karmen").release
    'lsnd@2001-r1 + karmen@2002-r1'
    """
    if isinstance(reference, str):
        parts = terms(reference)
        if len(parts) > 1:
            return join("", parts, mode)
        text, named = split_mode(reference)
        mode = mode or named
        members = group_members(text)
        if members:
            return join(text, members, mode)
        try:
            release = load(text)
        except UnknownNameError as error:
            if error.kind != "dataset":
                raise
            raise UnknownNameError("dataset", error.name, [*error.known, *groups()]) from None
    else:
        release = reference
    # without a mode it is the default one by its name: one likelihood, not two that are the same
    chosen = mode or (release.metadata.get("likelihood") and declared_modes(release)[2])
    return _build(release, release.folder, chosen or None, _fingerprint(release))


def group_members(name: str) -> tuple[str, ...]:
    """Return the releases of a declared group, or none if ``name`` is not a group."""
    return groups().get(name, ())


def join(name: str, references: Sequence[str], mode: str | None = None) -> JointLikelihood:
    """Return the joint likelihood of several releases; ``mode`` goes to each member that has modes.

    Without a name it is called by its members, with the modes that are named for them.
    """
    members, labels = [], []
    for reference in references:
        text, own = split_mode(reference)
        modes = [] if group_members(text) else declared_modes(load(text))[1]
        chosen = own or (None if modes == ["default"] else mode)
        members.append(likelihood(text, chosen))
        private = members[-1].private and not isinstance(members[-1], JointLikelihood)
        mark = " (private)" if private else ""
        labels.append(members[-1].release + (f":{own}" if own else "") + mark)
    return combine(members, name or " + ".join(labels), mode)


def _fingerprint(release: Release) -> int:
    """Return what changes when the declaration, or a table of one's own, does."""
    files = [release.folder / "release.yaml", release.folder.parent / amendments.FILE]
    if release.private:
        files = [*files, *release.folder.iterdir()]
    return hash(tuple(file.stat().st_mtime_ns for file in files if file.is_file()))


def configuration(release: Release, mode: str | None) -> tuple[str | None, dict[str, Any]]:
    """Return the name of a mode (the default one for None) and all that is declared for it.

    Raises
    ------
    UnknownNameError
        If the release has no such mode.
    NuanomalyError
        If the release declares no likelihood.
    """
    declared, modes, default = declared_modes(release)
    further = release.metadata.get("further_modes", {})
    chosen = mode_name([*modes, *further], default, mode, release.id)
    common = {k: v for k, v in declared.items() if k not in ("modes", "default_mode")}
    return chosen, {**common, **(further[chosen] if chosen in further else declared["modes"][chosen])}


def interactions(release: Release) -> tuple[Parameter, ...]:
    """Return the parameters that an experiment has besides those of a model, in its default mode.

    Nothing is built where the kind of the response has none, as most have.

    Raises
    ------
    NuanomalyError
        If the release declares no likelihood.

    Examples
    --------
    >>> interactions(load("best")), interactions(load("coherent-csi"))[0].name
    ((), 'cevns_strength')
    """
    config = configuration(release, None)[1]
    kind = "" if "surface" in config else str(config["response"]["kind"])
    if not kind or (kind in kinds("response") and kind not in INTERACTING):
        return ()
    return likelihood(release).interaction_parameters


@lru_cache(maxsize=64)
def _build(release: Release, folder: Path, mode: str | None, fingerprint: int) -> Likelihood:
    chosen, config = configuration(release, mode)
    modes = list(release.metadata["likelihood"]["modes"])
    disjoint = {item["with"]: tuple(item["modes"]) for item in release.metadata.get("disjoint", ())}
    overlaps = tuple(
        Overlap(o["with"], o["relation"], o["reason"], disjoint.get(o["with"], ()))
        for o in release.metadata.get("overlaps", ())
        if chosen in o.get("modes", [chosen])
    )
    named = None if chosen == "default" and modes == ["default"] else chosen
    try:
        reasons = [str(config.get("approximate", "")), *_brought(config, release)]
        built = _assembled(release, named, config, "; ".join(filter(None, reasons)))
    except UnknownNameError as error:
        if release.state != "draft":
            raise
        raise release.misdeclared(error, error.name) from None
    return read_only(replace(built, overlaps=overlaps, private=release.private))


def _assembled(
    release: Release, named: str | None, config: Mapping[str, Any], approximate: str
) -> ResponseLikelihood | Likelihood:
    """Return the likelihood of a mode, of its parts."""
    if "surface" in config:
        kind = str(config["surface"].get("kind", "surface"))
        if kind not in SURFACES:
            raise UnknownNameError("surface kind", kind, SURFACES, release.id)
        module = import_module(f"nuanomaly.likelihood.{kind.replace('-', '_')}")
        surface: Likelihood = module.build(config["surface"], release, named, approximate)
        return surface
    result = nuisances(config, release)
    response = component("response", config["response"], release)
    transform = component("transform", config["transform"], release, response, result)
    measure = component("statistic", config["statistic"], release, transform, result)
    return ResponseLikelihood(
        release=release.id,
        mode=named,
        statistic=measure.kind,
        n_bins=measure.n_bins,
        nuisances=result,
        approximate=approximate,
        response=response,
        transform=transform,
        measure=measure,
        penalties=penalties(config.get("penalties", ())),
    )
