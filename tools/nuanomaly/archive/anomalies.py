"""The anomalies' own pages: claims in numbers, and the groups of releases they declare."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from nuanomaly.archive import paths, yamlio
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError


class MalformedAnomalyError(NuanomalyError):
    """An anomaly that is not of the form that its schema asks for."""

    exit_code = 1


def anomalies(root: Path | None = None) -> dict[str, Mapping[str, Any]]:
    """Return every ``NAME.yaml`` by name: of ``root``, else the checkout's, else the shipped ones.

    Raises
    ------
    NuanomalyError
        If one cannot be read, is no mapping, or is a link out of the folder.
    """
    files = sorted((root / "anomalies" if root else paths.anomalies()).glob("*.yaml"))
    return {f.stem: _read(f, f.stat().st_mtime_ns) for f in files}


def described() -> dict[str, Mapping[str, Any]]:
    """Return every anomaly by name, each as its schema asks for.

    Raises
    ------
    MalformedAnomalyError
        With the file and the entry that is not.
    """
    from nuanomaly.archive import schemas

    listed = anomalies()
    for name, entries in listed.items():
        problem = next(schemas.validator("anomaly").iter_errors(entries), None)
        if problem is not None:
            place = ".".join(map(str, problem.absolute_path)) or "the file"
            raise MalformedAnomalyError(f"{paths.anomalies() / name}.yaml: {place}: {problem.message[:200]}")
    return listed


def anomaly(name: str) -> Mapping[str, Any]:
    """Return one anomaly.

    Raises
    ------
    UnknownNameError
        If there is none of that name.
    """
    known = anomalies()
    if name not in known:
        raise UnknownNameError("anomaly", name, known)
    return known[name]


def groups() -> dict[str, tuple[str, ...]]:
    """Return the declared groups: ``{"gallium": ("gallex@2010-r1", …)}, versions pinned``."""
    return {
        name: tuple(members)
        for entry in anomalies().values()
        for name, members in (entry.get("groups") or {}).items()
    }


@lru_cache(maxsize=64)
def _read(file: Path, mtime_ns: int) -> Mapping[str, Any]:
    # an installer may link what lies in the package, where the folder has another name
    if file.parent.name == "anomalies" and not file.resolve().is_relative_to(file.parent.resolve()):
        raise NuanomalyError(f"{file}: is a link that leads out of the archive: put the file there")
    entries = yamlio.read(file)
    if not isinstance(entries, Mapping):
        raise MalformedAnomalyError(f"{file}: is no mapping: `nuanomaly validate` says what belongs there")
    groups = entries.get("groups") or {}
    if not isinstance(groups, Mapping) or not all(_is_list(members) for members in groups.values()):
        raise MalformedAnomalyError(f"{file}: groups: is no mapping of names to lists of releases")
    return entries


def _is_list(members: Any) -> bool:
    return isinstance(members, list) and all(isinstance(member, str) for member in members)
