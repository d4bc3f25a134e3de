"""Kinds of responses, transforms and statistics that other packages bring: entry points ``nuanomaly.kinds``.

A package names each of its kinds ``PART.KIND`` and points it at a module (or an object)::

    [project.entry-points."nuanomaly.kinds"]
    "statistic.student-t" = "my_package.student_t"

The module holds ``Options``, what may stand in a declaration (:mod:`nuanomaly.archive.options`), and
``build(config, release, …)``, as the archive's own kinds do. Such a kind serves private releases alone, since
nobody can check a released one without that package; every result says which package it came from, and the
archive's own kinds are never replaced.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.option_schemas import schema

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

#: The group of entry points.
GROUP = "nuanomaly.kinds"
#: What can have kinds from outside.
PARTS = ("response", "transform", "statistic")


@dataclass(frozen=True)
class OutsideKind:
    """A kind of another package.

    Attributes
    ----------
    part, name : str
        Such as ``statistic`` and ``student-t``.
    package : str
        Name and version of the package that brings it.
    rivals : tuple of str
        Other packages that bring a kind of this name: none of them is taken.
    """

    part: str
    name: str
    package: str
    _entry: "EntryPoint"
    rivals: tuple[str, ...] = ()

    @property
    def schema(self) -> Mapping[str, Any]:
        """The JSON Schema of its configuration.

        Raises
        ------
        NuanomalyError
            If the package holds no options, or they are no type that has a schema.
        """
        options = self.load().Options
        try:
            return schema(options, self.name)
        except (AttributeError, KeyError, TypeError) as error:
            raise NuanomalyError(
                f"{self.said}: its Options are no options (see nuanomaly.archive.options): "
                f"{type(error).__name__}: {error}"
            ) from error

    @property
    def said(self) -> str:
        """What results say of it."""
        return f"the {self.part} {self.name!r} is a kind of the package {self.package}, not of the archive"

    def load(self) -> Any:
        """Return the module.

        Raises
        ------
        NuanomalyError
            If it cannot be imported, is not what a kind is, or another package brings one of its name.
        """
        if self.rivals:
            raise NuanomalyError(
                f"{self.said}, and {', '.join(self.rivals)} has one of that name, too: uninstall one of them"
            )
        try:
            module = self._entry.load()
        except Exception as error:
            raise NuanomalyError(
                f"{self.said}, and cannot be imported: {type(error).__name__}: {error}"
            ) from error
        missing = [name for name in ("Options", "build") if not hasattr(module, name)]
        if missing:
            raise NuanomalyError(f"{self.said}: {self._entry.value} has no {' and no '.join(missing)}")
        return module


@lru_cache(maxsize=1)
def _installed() -> dict[tuple[str, str], OutsideKind]:
    from importlib.metadata import entry_points

    items: dict[tuple[str, str], OutsideKind] = {}
    for entry in entry_points(group=GROUP):
        part, _, name = entry.name.partition(".")
        package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "of an unknown name"
        known = items.get((part, name))
        if known is None:
            items[part, name] = OutsideKind(part, name, package, entry)
        elif package != known.package:  # which of them is found first is an accident of the installation
            items[part, name] = replace(known, rivals=(*known.rivals, package))
    return items


def outside(part: str) -> dict[str, OutsideKind]:
    """Return the kinds of a part that installed packages bring, by name.

    Examples
    --------
    >>> outside("benchmark")
    {}
    """
    return {name: kind for (own, name), kind in _installed().items() if own == part and part in PARTS}


def in_archive(folder: Path) -> bool:
    """Say whether a release's folder is one of an archive, ``datasets/NAME/VERSION``.

    Examples
    --------
    >>> in_archive(Path("datasets/best/2022-r1")), in_archive(Path("my-question/my-release"))
    (True, False)
    """
    return len(folder.parents) > 1 and folder.resolve().parents[1].name == "datasets"
