"""Which comparisons use which releases, as their declarations say."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nuanomaly.archive import names, yamlio
from nuanomaly.archive.errors import NuanomalyError


def declared(root: Path) -> dict[str, Mapping[str, Any]]:
    """Return every ``comparison.yaml`` of an archive that can be read, by name."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted(root.glob("comparisons/*/comparison.yaml")):
        try:
            data = yamlio.read(path)
        except NuanomalyError:  # validation says so
            continue
        if isinstance(data, dict) and isinstance(data.get("datasets"), dict):
            found[path.parent.name] = data
    return found


def pinned(comparison: Mapping[str, Any], *, shown: bool = False) -> list[str]:
    """Return the releases that a comparison tests; with ``shown``, those beside the test too."""
    tested = [r for side in comparison["datasets"].values() for r in side["releases"]]
    return list(dict.fromkeys([*tested, *(comparison.get("also_shown", ()) if shown else ())]))


def using(root: Path, release: str, *, shown: bool = False) -> list[str]:
    """Return the comparisons that pin a release, ``NAME@VERSION``."""
    return [name for name, data in declared(root).items() if release in pinned(data, shown=shown)]


def affected(root: Path, release: str) -> list[str]:
    """Return the comparisons that pin this version of a dataset or another one.

    Examples
    --------
    >>> affected(Path("nowhere"), "best@2022-r1")
    []
    """
    name, _ = names.split(release)
    return [
        comparison
        for comparison, data in declared(root).items()
        if any(names.split(r)[0] == name for r in pinned(data, shown=True))
    ]
