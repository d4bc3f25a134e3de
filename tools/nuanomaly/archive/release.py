"""A release: one version of one dataset, its tables, and everything that is declared about them."""

import hashlib
import os
import stat
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nuanomaly.archive import (
    amendments,
    catalog_content,
    document,
    energies,
    gate,
    limits,
    outside,
    paths,
    shelves,
)
from nuanomaly.archive.errors import IntegrityError, NuanomalyError, UnknownNameError
from nuanomaly.archive.options import Column
from nuanomaly.archive.shelves import folders as folders
from nuanomaly.archive.shelves import places as places

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pint

    from nuanomaly.archive.tables import Column as TableColumn

#: The tables that were compared with their sha256 in this process: path, time stamp, size and sha256.
_COMPARED: set[tuple[str, int, int, str]] = set()


class UnsealedTableWarning(UserWarning):
    """A table of a draft was read that is not the one it was sealed with."""


@dataclass(frozen=True)
class Release:
    """One version of one dataset.

    Attributes
    ----------
    name, version : str
        Such as ``best`` and ``2022-r1``.
    folder : pathlib.Path
        Where ``release.yaml`` and the tables are.
    private : bool
        Whether it is in a folder of one's own, which nobody else has.
    metadata : mapping
        The whole of ``release.yaml``, with what :mod:`.amendments` add to it.
    """

    name: str
    version: str
    folder: Path
    metadata: Mapping[str, Any] = field(repr=False, compare=False)
    private: bool = field(default=False, compare=False)

    @property
    def id(self) -> str:
        """``NAME@VERSION``."""
        return f"{self.name}@{self.version}"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: title, state, tables, modes of the likelihood."""
        modes = (self.metadata.get("likelihood") or {}).get("modes", {})
        heads = {
            "title": self.metadata.get("title", ""),
            "state": self.state,
            "tables": ", ".join(self.tables),
            "likelihood": ", ".join(modes) or "none: its tables can be read, but not fitted",
        }
        rows = "".join(f"<tr><th>{key}</th><td>{escape(str(text))}</td></tr>" for key, text in heads.items())
        return f"<table><caption>{escape(self.id)}</caption><tbody>{rows}</tbody></table>"

    @property
    def state(self) -> str:
        """``draft``, ``announced``, ``released`` or ``retracted``."""
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
            if self.state == "announced":
                raise NuanomalyError(announcement(self)) from None
            raise UnknownNameError("table", table, self.tables, self.id) from None
        return entry

    def table(self, table: str) -> "pd.DataFrame":
        """Return a table as a DataFrame.

        ``frame.attrs["units"]`` and ``frame.attrs["meanings"]`` map each column to its unit and meaning,
        ``frame.attrs["energies"]`` those that hold an energy to its kind (:mod:`nuanomaly.archive.energies`);
        ``frame.attrs["status"]`` and ``["source"]`` say what the numbers are and where they come from.

        Raises
        ------
        UnknownNameError
            If the release has no such table.
        NuanomalyError
            If the release is announced, and has none yet.
        """
        from nuanomaly.archive import tables

        entry, columns, path = self._located(table)
        frame = tables.read(path, columns, self._content(table, path, entry.get("sha256")))
        frame.attrs = {
            "release": self.id,
            "table": table,
            "status": entry["status"],
            "source": entry["source"],
            "units": {c.name: c.unit for c in columns},
            "meanings": {c.name: c.meaning for c in columns},
            "energies": energies.declared(entry["columns"]),
        }
        return frame

    def arrays(self, table: str, only: str | None = None) -> "Mapping[str, np.ndarray[Any, Any]]":
        """Return the columns (or the ``only`` one) of a table as arrays by name, text as objects.

        What is handed out cannot be written to.

        Raises
        ------
        UnknownNameError
            If the release has no such table.
        NuanomalyError
            If the release is announced, and has none yet.

        Examples
        --------
        >>> from nuanomaly.archive.loading import load
        >>> load("karmen@2002-r1").arrays("spectrum")["observed"].sum()
        np.int64(15)
        """
        from nuanomaly.archive import tables

        entry, columns, path = self._located(table)
        return tables.arrays(path, columns, self._content(table, path, entry.get("sha256")), only)

    def _located(self, table: str) -> "tuple[Mapping[str, Any], list[TableColumn], Path]":
        """Return what is declared of a table, its columns one by one, and its file."""
        from nuanomaly.archive import tables

        entry = self.declared(table)
        return entry, tables.expand_columns(entry["columns"]), self.folder / entry["file"]

    def _content(self, table: str, path: Path, sealed: str | None) -> bytes | None:
        """Return the content of a table that is read for the first time, compared with its sha256.

        None if there is nothing to compare it with (a draft), it has been compared already, or is not there.

        Raises
        ------
        IntegrityError
            If it is another content than the release was sealed with, unless the release is a draft.
        """
        from nuanomaly.archive import tables

        try:
            status = path.stat()
        except OSError:
            if path.is_symlink():  # of DataLad, whose content was dropped
                return None
            if self.state == "draft":
                raise self.misdeclared(f"the file {path.name} is not there", path.name) from None
            said = f"{self.id}: table {table!r} is not what was published, {path} is missing"
            raise IntegrityError(f"{said}: {shelves.repair(self.folder, self.id)}") from None
        if sealed is None:
            return None
        if not stat.S_ISREG(status.st_mode):
            said = f"{self.id}: table {table!r} is not what was published, {path} is no plain file"
            raise IntegrityError(f"{said}: {shelves.repair(self.folder, self.id)}")
        key = (str(path), status.st_mtime_ns, status.st_size, sealed)
        if key in _COMPARED:
            return None
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() == sealed:
            _COMPARED.add(key)
        elif tables.is_pointer(content):
            return None
        elif self.state == "draft":
            said = f"{self.id}: {path.name} has changed since the draft was sealed"
            warnings.warn(f"{said}: run `nuanomaly seal {self.id}`", UnsealedTableWarning, stacklevel=3)
        else:
            said = f"{self.id}: table {table!r} is not what was published, {path} was changed"
            raise IntegrityError(f"{said}: {shelves.repair(self.folder, self.id)}")
        return content

    def content(self, table: str) -> bytes:
        """Return the file of a table, compared with its sha256.

        Raises
        ------
        UnknownNameError
            If the release has no such table.
        IntegrityError
            If it is not what was published.
        """
        entry, _, path = self._located(table)
        return self._content(table, path, entry.get("sha256")) or path.read_bytes()

    def misdeclared(self, problem: object, name: str) -> gate.MalformedReleaseError:
        """Return the error of a name in ``release.yaml`` that is wrong, with the line it stands in first."""
        file = self.folder / "release.yaml"
        return gate.MalformedReleaseError(file, str(problem), document.read(file).line_of(name))

    def matrix(self, table: str) -> "np.ndarray[Any, np.dtype[np.float64]]":
        """Return a wholly numeric table as a contiguous float64 array, shape (rows, columns)."""
        import numpy as np

        return np.column_stack([column.astype(float) for column in self.arrays(table).values()])

    def numbers(self, place: Column) -> "np.ndarray[Any, np.dtype[np.float64]]":
        """Return the numbers of a column that a declaration names, ``{table, column}``.

        Raises
        ------
        UnknownNameError
            If there is no such table.
        KeyError
            If the table has no such column.

        Examples
        --------
        >>> from nuanomaly.archive.loading import load
        >>> load("karmen@2002-r1").numbers({"table": "spectrum", "column": "observed"}).sum()
        np.float64(15.0)
        """
        return self.arrays(place["table"], place["column"])[place["column"]].astype(float)

    def quantity(self, table: str, column: str) -> "pint.Quantity[Any]":
        """Return a column as a pint quantity in its declared unit.

        Raises
        ------
        UnknownNameError
            If there is no such table or column.
        """
        from nuanomaly.archive.units import parse

        quantity: pint.Quantity[Any] = parse(self._unit(table, column)) * self._numbers(table, column)
        return quantity

    def in_unit(self, table: str, column: str, unit: str) -> "np.ndarray[Any, np.dtype[np.float64]]":
        """Return a column as numbers in a unit; pint is asked where more than a prefix differs.

        Raises
        ------
        UnknownNameError
            If there is no such table or column.
        pint.DimensionalityError
            If the declared unit cannot be converted.

        Examples
        --------
        >>> from nuanomaly.archive.loading import load
        >>> load("karmen@2002-r1").in_unit("spectrum", "energy_low", "GeV")[0]
        np.float64(0.016)
        """
        import numpy as np

        from nuanomaly.archive.units import power_of_ten

        declared = self._unit(table, column)
        factor = 1.0 if declared == unit else power_of_ten(declared, unit)
        if factor is not None:
            return self._numbers(table, column).astype(float) * factor
        return np.asarray(self.quantity(table, column).to(unit).magnitude, float)

    def _numbers(self, table: str, column: str) -> "np.ndarray[Any, Any]":
        return self.arrays(table, column)[column]

    def _unit(self, table: str, column: str) -> str:
        """Return the declared unit of a column."""
        from nuanomaly.archive import tables

        units = {c.name: c.unit for c in tables.expand_columns(self.declared(table)["columns"])}
        if column not in units:
            raise UnknownNameError("column", column, units, f"{self.id} {table}")
        return units[column]


def announcement(release: Release) -> str:
    """Return what to say to someone who wants the numbers of a release that is only announced."""
    return (
        f"{release.id} is announced: it says where its files are, and the archive has none of them yet; "
        f"`nuanomaly fetch {release.id} --upstream` gets those whose address is known"
    )


def read(folder: Path) -> Release:
    """Return the release in a folder ``…/NAME/VERSION``, after it has passed the gate (:mod:`.gate`).

    Raises
    ------
    MalformedReleaseError
        If release.yaml is not what it must be before anything of it is used, with the line.
    NuanomalyError
        If it is missing, or no YAML.
    """
    file = folder / "release.yaml"
    metadata = _metadata(file, *_stamp(file))
    name, version = str(metadata["name"]), str(metadata["version"])
    later = amendments.of_version(amendments.of_dataset(folder, name), version)
    return Release(name, version, folder, amendments.applied(metadata, later))


def new_releases(root: Path) -> list[Release]:
    """Return the releases of an archive that its ledger does not know and that can be read."""
    ledger = catalog_content.ledger(root / "catalog.yaml")
    readable = []
    for name, versions in folders(root).items():
        for version, folder in versions.items():
            if f"{name}@{version}" not in ledger:
                try:
                    readable.append(read(folder))
                except NuanomalyError:  # validation says why
                    continue
    return readable


def _stamp(file: Path) -> tuple[int, int]:
    try:
        status = os.stat(file)
    except OSError:
        raise NuanomalyError(f"{file}: the file is missing") from None
    above = file.parents[3] if len(file.parents) > 3 else file.parent
    if file.is_symlink() and not file.resolve().is_relative_to(above.resolve()):
        raise gate.MalformedReleaseError(file, "is a link that leads out of the archive: put the file there")
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=512)
def _metadata(file: Path, mtime_ns: int, size: int) -> Mapping[str, Any]:
    """Return a parsed ``release.yaml``; the time stamp and size make a changed file a new entry."""
    if size > limits.LARGEST_METADATA:
        raise gate.MalformedReleaseError(file, f"has {size / 1e6:.1f} MB: no release.yaml is that large")
    metadata = gate.shaped(document.bounded(file), file)
    wrong = [
        k for k, n in (("name", file.parent.parent.name), ("version", file.parent.name)) if metadata[k] != n
    ]
    if wrong and outside.in_archive(file.parent):
        said = f"says it is {metadata['name']}@{metadata['version']}, which is not its place"
        raise gate.MalformedReleaseError(file, said, document.read(file).line(wrong[:1]))
    if f"{metadata['name']}@{metadata['version']}" not in vouched(file.parent):
        gate.described(file.parent)
    return metadata


def vouched(folder: Path) -> Mapping[str, str]:
    """Return the ledger of the archive that a folder is in; that of this program for any other folder."""
    above = folder.parents[2] if len(folder.parents) > 2 else folder
    own = above / "catalog.yaml"
    return catalog_content.ledger(own if own.is_file() else paths.catalog_file())
