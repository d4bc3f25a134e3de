"""Importing: the tables of a release, rebuilt from the originals by the importer it names."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from math import inf
from pathlib import Path
from typing import Any

from nuanomaly.archive import durable, release, seal, tables
from nuanomaly.archive.errors import IntegrityError, NuanomalyError, UnknownNameError


@dataclass(frozen=True)
class Difference:
    """A table that the originals do not give as it stands in the archive.

    Attributes
    ----------
    release, table, file : str
    message : str
        What differs, and where first.
    """

    release: str
    table: str
    file: str
    message: str

    def __str__(self) -> str:
        return f"{self.release} {self.file}: {self.message}"


#: Below this relative difference numbers differ by rounding: a few hundred times that of one operation.
_LAST_DIGITS = 1e-12
#: The room of importers beside the package: there in a checkout, never in a wheel.
_ROOM = Path(__file__).resolve().parents[2] / "importers"


def importers() -> list[str] | None:
    """Return the names of all importers; None where there are none to name: outside a checkout."""
    if not (_ROOM.parents[1] / "catalog.yaml").is_file():
        return None
    return sorted(f.stem.replace("_", "-") for f in _ROOM.glob("[a-z]*.py"))


def rebuild(folder: Path, originals: Path) -> dict[str, bytes]:
    """Return the content of each imported table of a release, from the originals.

    Parameters
    ----------
    folder : pathlib.Path
        ``datasets/NAME/VERSION``.
    originals : pathlib.Path
        The folder that the paths under ``originals`` in ``release.yaml`` start from.

    Returns
    -------
    dict
        Table name to file content; empty if the release was entered by hand.

    Raises
    ------
    IntegrityError
        If an original is missing or is not the one that ``release.yaml`` names.
    NuanomalyError
        If the importer does not give exactly the declared tables and columns.
    """
    result = release.read(folder)
    if "import" not in result.metadata:
        return {}
    verify_originals(result, originals)
    frames = _frames(result, originals)
    declared = {n: e for n, e in result.metadata["tables"].items() if not e.get("by_hand")}
    if set(frames) != set(declared):
        raise NuanomalyError(
            f"{result.id}: the importer gives the tables {sorted(frames)}, release.yaml declares "
            f"{sorted(declared)}: make them agree (a table that no importer writes says `by_hand: true`)"
        )
    return {name: _content(result, name, frames[name]) for name in declared}


def write(folder: Path, originals: Path) -> list[str]:
    """Write the tables of a release from the originals, seal it, and return the tables that changed.

    Raises
    ------
    IntegrityError
        If an original is not the one that is named, or the release is no draft and would change.
    NuanomalyError
        See :func:`rebuild`.
    """
    contents = rebuild(folder, originals)
    result = release.read(folder)
    files = {name: folder / str(result.declared(name)["file"]) for name in contents}
    changed = [n for n, path in files.items() if not path.is_file() or path.read_bytes() != contents[n]]
    if changed and result.state != "draft":
        raise IntegrityError(
            f"{result.id} is {result.state}, but {', '.join(changed)} would change: "
            "a released folder never changes; put the correction into a new revision"
        )
    for name in changed:
        files[name].parent.mkdir(parents=True, exist_ok=True)
        durable.write_atomically(files[name], contents[name])
    seal.seal(folder)
    return changed


def check(folder: Path, originals: Path) -> list[Difference]:
    """Rebuild the tables of a release from the originals and compare every byte with those that stand.

    Raises
    ------
    IntegrityError, NuanomalyError
        See :func:`rebuild`.
    """
    contents = rebuild(folder, originals)
    result = release.read(folder)
    differences = []
    for name, content in contents.items():
        entry = result.declared(name)
        path = folder / str(entry["file"])
        message = _difference(path, content, entry)
        if message:
            differences.append(Difference(result.id, name, str(entry["file"]), message))
    return differences


def verify_originals(result: release.Release, originals: Path) -> None:
    """Compare size and sha256 of the originals with what ``release.yaml`` says.

    Raises
    ------
    IntegrityError
        Naming every original that is missing or differs.
    """
    wrong = list(_wrong_originals(result, originals))
    if wrong:
        raise IntegrityError(f"{result.id}: " + "; ".join(wrong))


def _wrong_originals(result: release.Release, originals: Path) -> Iterator[str]:
    for entry in result.metadata.get("originals", ()):
        if "file" not in entry:
            continue
        path = originals / entry["file"]
        if not path.is_file():
            yield f"{entry['id']} is missing ({path}): give the folder that holds {entry['file']}"
            continue
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        if entry.get("sha256") not in (None, sha256):
            named = f"release.yaml names {entry['sha256']}: get the right file"
            yield f"{entry['id']} ({path}) has sha256 {sha256}, {named}"


def _frames(result: release.Release, originals: Path) -> Any:
    """Return what the importer makes of the originals, with the arguments that the release names."""
    tables, arguments = _importer(result), result.metadata["import"].get("arguments", {})
    try:
        signature(tables).bind(originals, **arguments)
    except TypeError as error:
        known = ", ".join(list(signature(tables).parameters)[1:])
        name = result.metadata["import"]["importer"]
        raise NuanomalyError(
            f"{result.id}: import.arguments do not fit the importer {name} ({error}); "
            f"it takes {known or 'none'}"
        ) from None
    return tables(originals, **arguments)


def _importer(result: release.Release) -> Any:
    name = str(result.metadata["import"]["importer"])
    known = importers()
    if known is None:
        raise NuanomalyError(f"{result.id}: importers are no part of the installed package: use a checkout")
    if name not in known:
        raise UnknownNameError("importer", name, known, result.id)
    return import_module(f"importers.{name.replace('-', '_')}").tables


def _content(result: release.Release, name: str, frame: Any) -> bytes:
    entry = result.declared(name)
    format = "parquet" if str(entry["file"]).endswith(".parquet") else "csv"
    try:
        return tables.to_bytes(frame, tables.expand_columns(entry["columns"]), format)
    except NuanomalyError as error:
        raise NuanomalyError(f"{result.id} {name}: {error}") from None


def _difference(path: Path, content: bytes, entry: Mapping[str, Any]) -> str:
    """Return what differs between a file and its rebuilt content; empty if nothing does."""
    if not path.is_file():
        return "the file is missing: import with --write"
    present = path.read_bytes()
    if present == content:
        recorded = entry.get("sha256")
        if recorded != hashlib.sha256(content).hexdigest():
            return f"the file agrees, but release.yaml has sha256 {recorded}: seal the release"
        return ""
    if path.suffix == ".csv":
        old, new = present.split(b"\n"), content.split(b"\n")
        for line, (a, b) in enumerate(zip(old, new, strict=False), 1):
            if a != b:
                return (
                    f"line {line} is {_short(a)}, the originals give {_short(b)}{_rounding(present, content)}"
                )
        return f"has {len(old)} lines, the originals give {len(new)}"
    if _same_numbers(present, content):
        return "holds the same numbers, written by another version of pyarrow: use the pinned one"
    return f"differs from what the originals give ({len(present)} bytes, rebuilt {len(content)})"


def _rounding(first: bytes, second: bytes) -> str:
    """Return what to add where two CSV files differ by rounding alone; empty if they differ by more."""
    farthest = _farthest(first, second)
    if farthest > _LAST_DIGITS:
        return ""
    return f" (last digits alone, {farthest:.1e} at most: the arithmetic of another processor or library)"


def _farthest(first: bytes, second: bytes) -> float:
    """Return the largest relative difference of numbers in two CSV files; infinite if other words differ."""
    one, other = (re.split(rb"[,\r\n]", content) for content in (first, second))
    if len(one) != len(other):
        return inf
    differing = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    try:
        numbers = [(float(a), float(b)) for a, b in differing]
    except ValueError:
        return inf
    return max((abs(a - b) / max(abs(a), abs(b)) for a, b in numbers if a != b), default=0.0)


def _same_numbers(first: bytes, second: bytes) -> bool:
    """Return whether two Parquet files hold the same columns and values."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        one, other = (pq.ParquetFile(pa.BufferReader(content)).read() for content in (first, second))
    except pa.ArrowException:
        return False
    return bool(one.replace_schema_metadata().equals(other.replace_schema_metadata()))


def _short(line: bytes) -> str:
    text = line.decode(errors="replace").rstrip("\r")
    return repr(text if len(text) <= 80 else text[:77] + "...")
