"""Build a likelihood from what ``release.yaml`` declares, by kind."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from nuanomaly.archive.anomalies import groups
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.release import Release, load
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.nuisance import Nuisance, Nuisances
from nuanomaly.likelihood.parts import Overlap
from nuanomaly.likelihood.penalty import penalties
from nuanomaly.likelihood.pipeline import ResponseLikelihood
from nuanomaly.likelihood.wrappers.joint import JointLikelihood, combine

#: Kinds of tabulated likelihoods; one without a kind is the first.
SURFACES = ("surface", "parameter-surface")


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
    """Return the response, transform or statistic that a configuration names by its ``kind``."""
    kind = str(config.get("kind"))
    if kind not in kinds(part):
        raise UnknownNameError(f"{part} kind", kind, kinds(part), release.id)
    module = import_module(f"nuanomaly.likelihood.{part}.{kind.replace('-', '_')}")
    return module.build(config, release, *arguments)


def nuisances(config: Mapping[str, Any], release: Release) -> Nuisances:
    """Return the nuisances declared under ``nuisances``.

    Each entry has ``id``, ``meaning`` and one of: ``sigma``; ``plus`` and ``minus``; ``block`` with, under
    ``blocks``, the tables of its inverse correlation and the standard deviations; or neither (free).
    """
    items, blocks = [], []
    for entry in config.get("nuisances", ()):
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
        sigma = release.table(block["sigma"]["table"])[block["sigma"]["column"]].to_numpy(float)
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


def split_mode(reference: str) -> tuple[str, str | None]:
    """Return dataset and mode of ``NAME[@VERSION][:MODE]``.

    Examples
    --------
    >>> split_mode("miniboone-nue@2020:combined")
    ('miniboone-nue@2020', 'combined')
    """
    name, _, mode = reference.partition(":")
    return name, mode or None


def likelihood(reference: str | Release, mode: str | None = None) -> Likelihood:
    """Return the likelihood of a release, or of a declared group such as ``gallium``.

    Parameters
    ----------
    reference : str or Release
        ``NAME[@VERSION][:MODE]``, the name of a group, or a loaded release.
    mode : str, optional
        The analysis variant (the default one if left out).

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
    """
    if isinstance(reference, str):
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
    return _build(release, release.folder, mode, _fingerprint(release))


def group_members(name: str) -> tuple[str, ...]:
    """Return the releases of a declared group, or none if ``name`` is not a group."""
    return groups().get(name, ())


def join(name: str, references: Sequence[str], mode: str | None = None) -> JointLikelihood:
    """Return the joint likelihood of several releases; ``mode`` goes to each member that has modes."""
    members = []
    for reference in references:
        text, own = split_mode(reference)
        modes = [] if group_members(text) else declared_modes(load(text))[1]
        chosen = own or (None if modes == ["default"] else mode)
        members.append(likelihood(text, chosen))
    return combine(members, name, mode)


def _fingerprint(release: Release) -> int:
    return (release.folder / "release.yaml").stat().st_mtime_ns


@lru_cache(maxsize=64)
def _build(release: Release, folder: Path, mode: str | None, fingerprint: int) -> Likelihood:
    declared, modes, default = declared_modes(release)
    chosen = mode_name(modes, default, mode, release.id)
    common = {k: v for k, v in declared.items() if k not in ("modes", "default_mode")}
    config: dict[str, Any] = {**common, **declared["modes"][chosen]}
    approximate = str(config.get("approximate", ""))
    overlaps = tuple(
        Overlap(o["with"], o["relation"], o["reason"]) for o in release.metadata.get("overlaps", ())
    )
    named = None if modes == ["default"] else chosen
    if "surface" in config:
        kind = str(config["surface"].get("kind", "surface"))
        if kind not in SURFACES:
            raise UnknownNameError("surface kind", kind, SURFACES, release.id)
        module = import_module(f"nuanomaly.likelihood.{kind.replace('-', '_')}")
        surface: Likelihood = module.build(config["surface"], release, named, approximate)
        return replace(surface, overlaps=overlaps)
    found = nuisances(config, release)
    response = component("response", config["response"], release)
    transform = component("transform", config["transform"], release, response, found)
    measure = component("statistic", config["statistic"], release, transform, found)
    return ResponseLikelihood(
        release=release.id,
        mode=named,
        statistic=measure.kind,
        n_bins=measure.n_bins,
        nuisances=found,
        approximate=approximate,
        overlaps=overlaps,
        response=response,
        transform=transform,
        measure=measure,
        penalties=penalties(config.get("penalties", ())),
    )
