"""Which comparisons use which releases, as their declarations say."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from nuanomaly.archive import names, yamlio
from nuanomaly.archive.errors import NuanomalyError


def declared(root: Path) -> dict[str, Mapping[str, Any]]:
    """Return every ``comparison.yaml`` of an archive that can be read, by name."""
    entries: dict[str, Mapping[str, Any]] = {}
    for path in sorted(root.glob("comparisons/*/comparison.yaml")):
        try:
            data = yamlio.read(path)
        except NuanomalyError:  # validation says so
            continue
        if isinstance(data, dict) and isinstance(data.get("datasets"), dict):
            entries[path.parent.name] = data
    return entries


def pinned(comparison: Mapping[str, Any], *, shown: bool = False) -> list[str]:
    """Return the releases that a comparison tests; with ``shown``, those beside the test too."""
    tested = [r for side in comparison["datasets"].values() for r in side["releases"]]
    return list(dict.fromkeys([*tested, *(comparison.get("also_shown", ()) if shown else ())]))


def tested(comparison: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the groups of sides that a comparison tests against each other, by name; none if it does not.

    Where ``tested`` is left out that is every side for itself, unless two sides hold the same dataset or one
    is read in a model of its own: such sides answer a question each.

    Examples
    --------
    >>> sides = {"a": {"releases": ["best@2022-r1"]}, "b": {"releases": ["lsnd@2001-r1"]}}
    >>> tested({"datasets": sides})
    {'a': ('a',), 'b': ('b',)}
    >>> tested({"datasets": sides, "tested": {}})
    {}
    """
    sides = comparison["datasets"]
    if "tested" in comparison:
        return {group: tuple(keys) for group, keys in comparison["tested"].items()}
    named = [name for side in sides.values() for name in {names.split(r)[0] for r in side["releases"]}]
    own = any(
        side.get("model", comparison.get("model")) != comparison.get("model") for side in sides.values()
    )
    alone = len(sides) < 2 or own or len(named) > len(set(named))
    return {} if alone else {key: (key,) for key in sides}


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


def showing(root: Path, anomalies: Collection[str]) -> list[str]:
    """Return the comparisons that show one of some anomalies.

    Examples
    --------
    >>> showing(Path("nowhere"), {"gallium"})
    []
    """
    return [name for name, data in declared(root).items() if set(data.get("anomalies", ())) & set(anomalies)]
