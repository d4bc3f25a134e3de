"""A release: one version of one dataset, its tables, and everything that is declared about them."""

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nuanomaly.archive import amendments, names, paths, yamlio
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pint


class RetractedReleaseWarning(UserWarning):
    """A retracted release was loaded."""


@dataclass(frozen=True)
class Release:
    """One version of one dataset.

    Attributes
    ----------
    name, version : str
        Such as ``best`` and ``2022-r1``.
    folder : pathlib.Path
        Where ``release.yaml`` and the tables are.
    metadata : mapping
        The whole of ``release.yaml``, with what :mod:`.amendments` add to it.
    """

    name: str
    version: str
    folder: Path
    metadata: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def id(self) -> str:
        """``NAME@VERSION``."""
        return f"{self.name}@{self.version}"

    @property
    def state(self) -> str:
        """``draft``, ``released`` or ``retracted``."""
        return str(self.metadata["state"])

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables."""
        return tuple(self.metadata["tables"])

    def declared(self, table: str) -> Mapping[str, Any]:
        """Return what ``release.yaml`` says of a table."""
        try:
            entry: Mapping[str, Any] = self.metadata["tables"][table]
        except KeyError:
            raise UnknownNameError("table", table, self.tables, self.id) from None
        return entry

    def table(self, table: str) -> "pd.DataFrame":
        """Return a table as a DataFrame.

        ``frame.attrs["units"]`` and ``frame.attrs["meanings"]`` map each column to its unit and meaning;
        ``frame.attrs["status"]`` and ``["source"]`` say what the numbers are and where they come from.

        Raises
        ------
        UnknownNameError
            If the release has no such table.
        """
        from nuanomaly.archive import tables

        entry = self.declared(table)
        columns = tables.expand_columns(entry["columns"])
        frame = tables.read(self.folder / entry["file"], columns)
        frame.attrs = {
            "release": self.id,
            "table": table,
            "status": entry["status"],
            "source": entry["source"],
            "units": {c.name: c.unit for c in columns},
            "meanings": {c.name: c.meaning for c in columns},
        }
        return frame

    def matrix(self, table: str) -> "np.ndarray[Any, np.dtype[np.float64]]":
        """Return a wholly numeric table as a contiguous float64 array, shape (rows, columns)."""
        from nuanomaly.archive import tables

        return tables.as_matrix(self.table(table))

    def quantity(self, table: str, column: str) -> "pint.Quantity[Any]":
        """Return a column as a pint quantity in its declared unit.

        Raises
        ------
        UnknownNameError
            If there is no such table or column.
        """
        from nuanomaly.archive.units import registry

        frame = self.table(table)
        if column not in frame:
            raise UnknownNameError("column", column, map(str, frame.columns), f"{self.id} {table}")
        quantity: pint.Quantity[Any] = registry().Quantity(
            frame[column].to_numpy(), registry().Unit(frame.attrs["units"][column])
        )
        return quantity


def read(folder: Path) -> Release:
    """Return the release in a folder ``…/NAME/VERSION``."""
    file = folder / "release.yaml"
    metadata = _metadata(file, *_stamp(file))
    for key in ("name", "version", "state", "tables"):
        if key not in metadata:
            raise NuanomalyError(f"{file}: the key {key!r} is missing: see schemas/release.schema.json")
    name, version = str(metadata["name"]), str(metadata["version"])
    later = amendments.of_version(amendments.of_dataset(folder, name), version)
    return Release(name, version, folder, amendments.applied(metadata, later))


def folders(root: Path) -> dict[str, dict[str, Path]]:
    """Return ``{name: {version: folder}}`` of every release below ``root/datasets`` (or a cache)."""
    base = root / "datasets"
    found: dict[str, dict[str, Path]] = {}
    if base.is_dir():
        for file in sorted(base.glob("*/*/release.yaml")):
            found.setdefault(file.parent.parent.name, {})[file.parent.name] = file.parent
    return found


def places() -> list[Path]:
    """Return the folders releases are loaded from, in order: the checkout, then the cache."""
    root = paths.checkout()
    return [*([root] if root else []), paths.cache()]


def load(reference: str) -> Release:
    """Return a release by ``NAME`` (newest released version), ``NAME@LABEL`` or ``NAME@VERSION``.

    Looked for in the checkout, then among the releases that were fetched.

    Raises
    ------
    UnknownNameError
        If there is no such dataset or version, with the nearest names.

    Warns
    -----
    RetractedReleaseWarning
        If the release is retracted, with the reason and its successor.

    Examples
    --------
    >>> load("best").id
    'best@2022-r2'
    """
    name, wanted = names.split(reference)
    known: set[str] = set()
    versions: set[str] = set()
    for place in places():
        found = folders(place)
        known |= set(found)
        versions |= set(found.get(name, ()))
        if name not in found or not names.has(name, wanted, found[name]):
            continue
        release = _newest(found[name], name, wanted)
        if release.state == "retracted":
            said = release.metadata.get("retracted", {})
            successor = f"; use {said['successor']}" if said.get("successor") else ""
            message = f"{release.id} is retracted: {said.get('reason', 'no reason given')}{successor}"
            warnings.warn(message, RetractedReleaseWarning, stacklevel=2)
        return release
    raise _absent(name, wanted, known, versions)


def _absent(name: str, wanted: str | None, known: set[str], versions: set[str]) -> NuanomalyError:
    """Return what to say of a release that is not on this machine: it may only have to be fetched."""
    from nuanomaly.archive import catalog_content

    asked = f"{name}@{wanted}" if wanted else name
    listed: dict[str, list[str]] = {}
    if paths.checkout() is None and paths.catalog_file().is_file():
        for item in catalog_content.read()["releases"]:
            listed.setdefault(str(item["name"]), []).append(str(item["version"]))
    if name in listed and names.has(name, wanted, listed[name]):
        return NuanomalyError(f"{asked} is not on this machine yet: get it with `nuanomaly fetch {asked}`")
    if versions | set(listed.get(name, ())):
        every = sorted(versions | set(listed.get(name, ())), key=names.sort_key)
        return UnknownNameError("version", asked, [f"{name}@{v}" for v in every])
    return UnknownNameError("dataset", name, known | set(listed))


def _newest(versions: Mapping[str, Path], name: str, wanted: str | None) -> Release:
    """Return the newest version asked for; of any version, the newest that is released (else the newest)."""
    states = {v: read(folder).state if wanted is None else "" for v, folder in versions.items()}
    return read(versions[names.choose(name, wanted, states)])


def _stamp(file: Path) -> tuple[int, int]:
    try:
        status = os.stat(file)
    except OSError:
        raise NuanomalyError(f"{file}: the file is missing") from None
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=512)
def _metadata(file: Path, mtime_ns: int, size: int) -> Mapping[str, Any]:
    """Return a parsed ``release.yaml``; the time stamp and size make a changed file a new entry."""
    metadata = yamlio.read(file)
    if not isinstance(metadata, dict):
        raise NuanomalyError(f"{file}: is not a mapping: see schemas/release.schema.json")
    return metadata
