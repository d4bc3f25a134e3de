"""Long runs beside a comparison, of toys, fits and scans: what is declared, and whether it is stored.

comparisons/NAME/runs.yaml             the declaration
comparisons/NAME/runs/RUN/about.json   the result, its declaration, sha256 of releases and tables, versions
comparisons/NAME/runs/RUN/*.parquet    its tables
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nuanomaly.archive import yamlio
from nuanomaly.archive.anomalies import groups
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load

#: What is declared, and what a stored result is, by their names in a comparison's folder.
DECLARATION, STORED, ABOUT = "runs.yaml", "runs", "about.json"
#: Its tables lie beside it.
_STORED_TABLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\.parquet")


@dataclass(frozen=True)
class Trouble:
    """Why a stored run must not be used.

    Attributes
    ----------
    code : str
        The finding of validation: ``RUN_NOT_STORED``, ``RUN_OUT_OF_DATE`` or ``RUN_DAMAGED``.
    reason : str
        What is wrong, in one sentence.
    """

    code: str
    reason: str


def check_keys(declared: Mapping[str, Any], keys: Sequence[str]) -> None:
    """Refuse a declared run that has a key which its kind does not know.

    Raises
    ------
    UnknownNameError
        With the nearest key.

    Examples
    --------
    >>> check_keys({"kind": "fit", "sede": 1}, ["kind", "seed"])
    Traceback (most recent call last):
    nuanomaly.archive.errors.UnknownNameError: Unknown key 'sede' in a run of kind fit: did you mean 'seed'?
    """
    for key in declared:
        if key not in keys:
            raise UnknownNameError("key", str(key), keys, f"a run of kind {declared.get('kind')}")


def declared_runs(folder: Path) -> dict[str, Mapping[str, Any]]:
    """Return the runs that ``runs.yaml`` in a comparison's folder declares; none without that file.

    Raises
    ------
    NuanomalyError
        If the file is not a mapping of runs.
    """
    file = folder / DECLARATION
    if not file.is_file():
        return {}
    content = yamlio.read(file)
    runs = content.get("runs") if isinstance(content, Mapping) else None
    if not isinstance(runs, Mapping) or not all(isinstance(run, Mapping) for run in runs.values()):
        raise NuanomalyError(f"{file}: write `runs:`, and under it each run by its name")
    return {str(name): run for name, run in runs.items()}


def references(declared: Mapping[str, Any], known: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the releases that a run reads, groups by their members and without modes.

    Examples
    --------
    >>> run = {"datasets": ["gallium", ["danss@2018-r1", "neos@2016-r1:three-flavour"]]}
    >>> list(references(run, {"gallium": ("gallex", "best")}))
    ['gallex', 'best', 'danss@2018-r1', 'neos@2016-r1']
    """
    datasets = declared.get("datasets", ())
    for entry in [datasets] if isinstance(datasets, str) else datasets:
        if isinstance(entry, Mapping):  # one data set of a global fit
            entry = entry.get("release", "")
        name = entry.partition(":")[0] if isinstance(entry, str) else ""
        below = entry if isinstance(entry, list | tuple) else known.get(name, ())
        yield from references({"datasets": below}, known)
        if name and name not in known:
            yield name


def inputs(declared: Mapping[str, Any], home: Path | None = None) -> dict[str, str]:
    """Return what a run reads: releases, with the sha256 of release.yaml, and its model file if it has one.

    Parameters
    ----------
    declared : mapping
        The run as ``runs.yaml`` declares it.
    home : pathlib.Path, optional
        The comparison's folder, from which a model file is named; left out, the releases alone are returned.
    """
    releases = {release.id: release for release in map(load, references(declared, groups()))}
    found = {name: digest(releases[name].folder / "release.yaml") for name in sorted(releases)}
    return found if home is None else found | model_file(declared, home)


def model_file(declared: Mapping[str, Any], home: Path) -> dict[str, str]:
    """Return the file of a model ``FILE.py:NAME`` with its sha256; nothing for a model that has a name.

    A file that is not there has an empty hash, which no stored run has.
    """
    file, own, _ = str(declared.get("model", "")).partition(".py:")
    if not own:
        return {}
    path = home / f"{file}.py"
    return {f"{file}.py": digest(path) if path.is_file() else ""}


def about(folder: Path) -> dict[str, Any]:
    """Return what a stored result says of itself.

    Raises
    ------
    NuanomalyError
        If there is none, or it is not what a run writes: it may be somebody else's.
    """
    try:
        entries: Any = json.loads((folder / ABOUT).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        raise NuanomalyError(f"{folder}: no stored result: there is no readable {ABOUT}") from None
    if not _is_about(entries):
        raise NuanomalyError(f"{folder}: {ABOUT} is not what a run writes: do the run again")
    found: dict[str, Any] = entries
    return found


def _is_about(entries: Any) -> bool:
    """Return whether what a stored result says of itself has the form that everything else relies on."""
    if not isinstance(entries, Mapping):
        return False
    parts = [entries.get(part, {}) for part in ("run", "inputs", "files")]
    if not all(isinstance(part, Mapping) for part in parts):
        return False
    return all(
        _STORED_TABLE.fullmatch(name) and isinstance(file, Mapping) and isinstance(file.get("sha256"), str)
        for name, file in parts[2].items()
    )


def trouble(folder: Path, declared: Mapping[str, Any], now: Mapping[str, str]) -> Trouble | None:
    """Return why a stored result must not be used; None if it is current.

    Parameters
    ----------
    folder : pathlib.Path
        Where it is stored.
    declared : mapping
        Its declaration.
    now : mapping
        The releases it reads as they are, see :func:`inputs`.
    """
    if not (folder / ABOUT).is_file():
        return Trouble("RUN_NOT_STORED", "it is declared, but no result is stored")
    try:
        entries = about(folder)
    except NuanomalyError:
        return Trouble("RUN_DAMAGED", f"its {ABOUT} is not what a run writes")
    before, run = entries.get("inputs", {}), entries.get("run", {})
    keys = dict.fromkeys((*declared, *run))
    other = [key for key in keys if declared.get(key) != run.get(key)]
    if other:
        return Trouble("RUN_OUT_OF_DATE", f"it was computed with another {' and '.join(other)}")
    moved = [name for name in dict.fromkeys((*now, *before)) if now.get(name) != before.get(name)]
    if moved:
        return Trouble("RUN_OUT_OF_DATE", f"it was computed from other data of {' and '.join(moved)}")
    for name, entry in entries.get("files", {}).items():
        if not (folder / name).is_file() or digest(folder / name) != entry["sha256"]:
            return Trouble("RUN_DAMAGED", f"{name} is not the table that was stored")
    return None


def digest(file: Path) -> str:
    """Return a file's sha256."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
