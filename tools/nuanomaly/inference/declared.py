"""Long runs that are declared as data, so that anybody can do them again: ``toys.yaml`` of a comparison.

runs:
  NAME:
    kind: significance | goodness | compatibility | feldman-cousins | coverage
    datasets: [..]
    model: ..
    mode, fixed, grid: optional, as everywhere
    toys, seed: numbers
    levels, most, every: optional, for feldman-cousins
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nuanomaly.archive import yamlio
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.release import load
from nuanomaly.inference.coverage import coverage
from nuanomaly.inference.datasets import atoms, resolve
from nuanomaly.inference.execute import Where
from nuanomaly.inference.feldman_cousins import FeldmanCousins, feldman_cousins
from nuanomaly.inference.montecarlo import toy_compatibility, toy_goodness, toy_significance
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.stored import digest, read, write
from nuanomaly.inference.toys import ToyTest

_TESTS = {
    "significance": toy_significance,
    "goodness": toy_goodness,
    "compatibility": toy_compatibility,
}
_MAPS = {"feldman-cousins": feldman_cousins, "coverage": coverage}
_KEYS = ("datasets", "model", "mode", "fixed", "grid", "toys", "seed", "allow_overlap")
_MORE = {"feldman-cousins": ("levels", "most", "every"), "coverage": ("at",)}


def declared_runs(folder: Path) -> dict[str, Mapping[str, Any]]:
    """Return the runs that ``toys.yaml`` in a comparison's folder declares; none without that file."""
    file = folder / "toys.yaml"
    if not file.is_file():
        return {}
    found = yamlio.read(file)
    runs = found.get("runs") if isinstance(found, Mapping) else None
    if not isinstance(runs, Mapping):
        raise NuanomalyError(f"{file}: write `runs:`, and under it each run by its name")
    return {str(name): run for name, run in runs.items()}


def compute(
    declared: Mapping[str, Any], where: Where | None = None, progress: Progress | None = None
) -> ToyTest | FeldmanCousins:
    """Return the result of a declared run.

    Raises
    ------
    UnknownNameError
        For an unknown kind or key.
    """
    kinds: Mapping[str, Any] = {**_TESTS, **_MAPS}
    kind = str(declared.get("kind"))
    if kind not in kinds:
        raise UnknownNameError("kind of run", kind, kinds)
    keys = (*_KEYS, *_MORE.get(kind, ()))
    for key in declared:
        if key not in ("kind", *keys):
            raise UnknownNameError("key", str(key), keys, f"a run of kind {kind}")
    settings = {key: declared[key] for key in keys if key in declared}
    settings["grid"] = {name: _axis(spec) for name, spec in settings.get("grid", {}).items()}
    found: ToyTest | FeldmanCousins = kinds[kind](
        settings.pop("datasets"), settings.pop("model"), where=where, progress=progress, **settings
    )
    return found


def _axis(spec: Any) -> Any:
    """Return an axis: a list of low, high, number and spacing is a range, any other one the values."""
    return tuple(spec) if isinstance(spec, list) and len(spec) == 4 and isinstance(spec[3], str) else spec


def record(folder: Path, declared: Mapping[str, Any], found: ToyTest | FeldmanCousins) -> Path:
    """Write a result with its declaration; a test has no table."""
    tables = {"critical": found.to_frame()} if isinstance(found, FeldmanCousins) else {}
    about = {"run": dict(declared), "inputs": inputs(declared), "result": found.as_dict()}
    return write(folder, tables, about)


def inputs(declared: Mapping[str, Any]) -> dict[str, str]:
    """Return the releases a run reads, with the sha256 of release.yaml (which holds the tables')."""
    members = resolve(declared["datasets"], declared.get("mode"))
    releases = sorted({atom.release for member in members for atom in atoms(member)})
    return {name: digest(load(name).folder / "release.yaml") for name in releases}


def is_current(folder: Path, declared: Mapping[str, Any]) -> bool:
    """Say whether a stored result is that of this declaration and of these releases, and unharmed."""
    try:
        _, about = read(folder)
    except NuanomalyError:
        return False
    return bool(about.get("run") == dict(declared) and about.get("inputs") == inputs(declared))
