"""The gate: nothing of a release that comes from outside is used before it has passed here.

A mirror, a bundle, another program's cache, a pull request and a draft that is being written are all text of
somebody else. Names in it become folders, paths in it become files, numbers in it become sizes of arrays. Two
looks are taken, and everything that reads a release passes them (:func:`nuanomaly.archive.release.read`):

- :func:`shaped`: every name, path, type and size that the program goes by is what it must be. It costs a
  fraction of parsing the file, so it is done for every release.
- :func:`described`: the whole file is what the schema asks for. Done for every release that the ledger does
  not know, as one that it knows was checked when it was released.

:func:`admitted` adds, for a folder that was fetched, that it holds the release that was asked for and no
other file than those that are declared and hashed.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nuanomaly.archive import memory, names
from nuanomaly.archive.errors import IntegrityError, NuanomalyError, has_control
from nuanomaly.archive.limits import LARGEST_FILE, LARGEST_METADATA, LARGEST_RELEASE, MOST_COLUMNS, MOST_FILES

if TYPE_CHECKING:
    from nuanomaly.archive.fetching.listing import ReleaseEntry

STATES = ("draft", "announced", "released", "retracted")
TYPES = ("float64", "int64", "bool", "string")
_TABLE = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")
_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_{}.+-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEXTS = ("title", "sector", "experiment", "summary", "released", "licence")
_LISTS = ("publications", "originals", "known_issues", "overlaps", "benchmarks", "changes")
#: Findings after which the rest of the program would stumble; with others a draft can be worked on.
_BLOCKING = {
    "YAML_NEEDS_QUOTES",
    "YAML_DUPLICATE_KEY",
    "MISSING_KEY",
    "KEY_NOT_ALLOWED_HERE",
    "WRONG_TYPE",
    "WRONG_VALUE",
    "WRONG_FORM",
    "WRONG_NAME",
    "SCHEMA_VIOLATION",
    "UNIT_UNKNOWN",
    "KIND_WITHOUT_SCHEMA",
    "LIKELIHOOD_INCOMPLETE",
    "PATH_UNSAFE",
}
#: What is more to be refused in a release from outside: it would be shown to people, on pages and terminals.
_DANGEROUS = {"TEXT_RUNS_IN_PAGE", "TEXT_CONTROL_CHARACTER"}

Problem = tuple[Sequence[str | int], str]


class MalformedReleaseError(IntegrityError):
    """A release.yaml that is not what it must be before anything of it is used.

    Attributes
    ----------
    line : int or None
        Counted from 1.
    problem : str
    """

    def __init__(self, file: Path, problem: str, line: int | None = None) -> None:
        self.file, self.problem, self.line = file, problem, line
        super().__init__(f"{file}{f', line {line}' if line else ''}: {problem}")


def shaped(metadata: Any, file: Path) -> Mapping[str, Any]:
    """Return a parsed release.yaml whose names, paths, types and sizes are what they must be.

    Parameters
    ----------
    metadata : object
        What the file says.
    file : pathlib.Path
        ``…/NAME/VERSION/release.yaml``; named in the error.

    Raises
    ------
    MalformedReleaseError
        With the line of the first entry that is not.
    """
    if not isinstance(metadata, Mapping):
        raise MalformedReleaseError(file, "is not a mapping: see schemas/release.schema.json")
    for steps, said in _problems(metadata):
        raise MalformedReleaseError(file, said, _line(file, steps))
    return metadata


def shaped_tables(declared: Mapping[str, Any], file: Path) -> None:
    """Check the declarations of tables alone (see :func:`shaped`), of a draft that lacks the rest.

    Raises
    ------
    MalformedReleaseError
        With the line of the first entry that is not what it must be.
    """
    for steps, said in _tables(declared):
        raise MalformedReleaseError(file, said, _line(file, steps))


def described(folder: Path) -> None:
    """Check a release that no ledger vouches for against the schema, units and kinds included.

    An entry of the top level that a draft does not have yet is no fault here; one that is wrong is.

    Raises
    ------
    MalformedReleaseError
        With the line of the first finding after which commands would stumble, and how many there are.
    """
    from nuanomaly.archive.outside import in_archive
    from nuanomaly.archive.paths import own_schemas

    above = folder.parents[2] / "schemas" if len(folder.parents) > 2 else folder
    schemas = above if (above / "release.schema.json").is_file() else None
    if not in_archive(folder):
        _refuse(folder, _BLOCKING | _DANGEROUS, schemas, whole=False)
        return
    # Of a draft in an archive a review says what is dangerous, among all else that it says. One that was
    # looked at and has not changed since is not looked at again: that was a quarter of the time of `list`.
    file = folder / "release.yaml"
    remembered = memory.opened(fresh=file.is_symlink())
    text = hashlib.sha256(file.read_bytes()).hexdigest()
    rules = memory.folder_digest(schemas or own_schemas())
    key = memory.key("gate", folder.parent.name, folder.name, text, rules)
    if not remembered.knows(key):
        _refuse(folder, _BLOCKING, schemas, whole=False)
        remembered.keep(key)
        remembered.save()


def admitted(
    folder: Path, entry: "ReleaseEntry", ledger: Mapping[str, str], listed: "ReleaseEntry | None" = None
) -> None:
    """Check the folder of a release that came from outside, before it is put where releases are loaded from.

    One that has, byte for byte, the files that the catalogue of this program lists is the release that was
    checked when the catalogue was written: nothing of it is read again.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files are; their content has been compared with the hashes of the entry.
    entry : ReleaseEntry
        What was asked for.
    ledger : mapping
        ``{NAME@VERSION: digest}`` of the releases this program knows.
    listed : ReleaseEntry, optional
        What the catalogue of this program lists of the release.

    Raises
    ------
    IntegrityError
        If it is another release, holds other files than it declares, or is not what the ledger says.
    MalformedReleaseError
        If release.yaml is not what it must be.
    """
    from nuanomaly.archive import document, release_digest

    if listed is not None and entry.id in ledger and _same_files(entry, listed):
        return
    file = folder / "release.yaml"
    read = document.read(file)  # parsed once, for its data and for its digest
    if read.duplicates:
        twice = read.duplicates[0]
        raise MalformedReleaseError(file, f"the key {twice.key!r} stands twice: keep one", twice.line)
    data = shaped(read.data, file)
    id = f"{data['name']}@{data['version']}"
    if id != entry.id:
        raise IntegrityError(f"{entry.id} was asked for, and its release.yaml says it is {id}")
    declared = {str(table["file"]) for table in data["tables"].values()}
    files = {file.path: file for file in entry.files}
    others = sorted(declared.symmetric_difference(set(files) - {"release.yaml"}))
    if others:
        raise IntegrityError(
            f"{entry.id}: {others[0]} is listed but not declared, or declared but not listed"
        )
    for sealed in data["tables"].values():
        if sealed.get("sha256") not in (None, files[str(sealed["file"])].sha256):
            raise IntegrityError(
                f"{entry.id}: {sealed['file']} is not the table that release.yaml was sealed with"
            )
    known = ledger.get(entry.id)
    if known is None:
        _refuse(folder, _BLOCKING | _DANGEROUS)
    elif known != release_digest.digest_of(read, [vars(f) for f in entry.files]):
        raise IntegrityError(f"{entry.id} has other files than the ledger of released releases says")


def _same_files(entry: "ReleaseEntry", other: "ReleaseEntry") -> bool:
    return entry.id == other.id and set(entry.files) == set(other.files)


def sized(id: str, sizes: Mapping[str, int]) -> None:
    """Check the sizes of a release's files, before any of them is fetched.

    Raises
    ------
    IntegrityError
        If there are more files, or larger ones, than any release has.
    """
    if len(sizes) > MOST_FILES:
        raise IntegrityError(f"{id} has {len(sizes)} files, more than {MOST_FILES}: it is no release")
    for path, size in sizes.items():
        most = LARGEST_METADATA if path == "release.yaml" else LARGEST_FILE
        if size > most:
            raise IntegrityError(f"{id}: {path} has {size / 1e6:.1f} MB, more than {most / 1e6:.0f} MB")
    if sum(sizes.values()) > LARGEST_RELEASE:
        raise IntegrityError(f"{id} has {sum(sizes.values()) / 1e6:.0f} MB, more than any release may have")


def _problems(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with the shape of a release.yaml."""
    for key in ("name", "version", "state", "tables"):
        if key not in data:
            yield [], f"the key {key!r} is missing: see schemas/release.schema.json"
            return
    if not _matches(names.NAME, data["name"]):
        yield ["name"], f"{data['name']!r} is no name of a dataset: write lower-case words joined by dashes"
    if not _matches(names.VERSION, data["version"]):
        yield ["version"], f'{data["version"]!r} is no version: write LABEL-rN in quotes, such as "2020-r1"'
    if data["state"] not in STATES:
        yield ["state"], f"{data['state']!r} is no state: write one of {', '.join(STATES)}"
    for key in _TEXTS:
        if not isinstance(data.get(key, ""), str):
            yield [key], f"{data[key]!r} is no text: put it into quotes"
    for key in _LISTS:
        yield from _mappings(data, key)
    yield from _originals(data.get("originals") or ())
    yield from _likelihood(data.get("likelihood"))
    if not isinstance(data["tables"], Mapping):
        yield ["tables"], "is no mapping of tables by name"
    else:
        yield from _tables(data["tables"])
    yield from _retracted(data.get("retracted"))


def _mappings(data: Mapping[str, Any], key: str) -> Iterator[Problem]:
    """Yield what is wrong with a list of mappings."""
    entries = data.get(key, ())
    if not isinstance(entries, list | tuple):
        yield [key], f"`{key}` is no list: begin each of its entries with a dash"
        return
    for position, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            yield [key, position], f"an entry of `{key}` is no mapping: write `name: value` lines"


def _originals(entries: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    for position, entry in enumerate(entries):
        steps: list[str | int] = ["originals", position]
        yield from _path(entry.get("file", "original"), [*steps, "file"])
        yield from _path(entry.get("id", "original"), [*steps, "id"])
        urls = entry.get("urls", ())
        if not isinstance(urls, list | tuple) or not all(isinstance(url, str) for url in urls):
            yield [*steps, "urls"], "is no list of addresses"


def _likelihood(declared: Any) -> Iterator[Problem]:
    if declared is None:
        return
    if not isinstance(declared, Mapping):
        yield ["likelihood"], "is no mapping: see schemas/release.schema.json"
        return
    modes = declared.get("modes")
    if not isinstance(modes, Mapping) or not modes or not all(isinstance(m, Mapping) for m in modes.values()):
        yield ["likelihood", "modes"], "is no mapping of modes: write at least `modes: {default: {}}`"


def _retracted(said: Any) -> Iterator[Problem]:
    if said is None:
        return
    if not isinstance(said, Mapping) or not all(isinstance(v, str) for v in said.values()):
        yield ["retracted"], "is no mapping of texts: write `reason:` and `successor:`"
    elif any(has_control(text) for text in said.values()):
        yield ["retracted"], "holds a control character: remove it"


def _tables(tables: Mapping[Any, Any]) -> Iterator[Problem]:
    """Yield what is wrong with the declarations of tables."""
    columns = 0
    for name, entry in tables.items():
        steps = ["tables", str(name)]
        if not _matches(_TABLE, name):
            yield steps, f"{name!r} is no name of a table: write lower-case words joined by dashes"
        elif not isinstance(entry, Mapping):
            yield steps, f"table {name!r} is no mapping: see schemas/release.schema.json"
        else:
            yield from _table(entry, steps)
            columns += sum(_count(c) for c in entry.get("columns") or () if isinstance(c, Mapping))
    if columns > MOST_COLUMNS:
        yield ["tables"], f"all tables have {columns} columns, more than {MOST_COLUMNS}"


def _table(entry: Mapping[str, Any], steps: Sequence[str | int]) -> Iterator[Problem]:
    """Yield what is wrong with the declaration of one table."""
    for key in ("file", "columns"):
        if key not in entry:
            yield steps, f"table {steps[-1]!r} has no key {key!r}"
            return
    yield from _path(entry["file"], [*steps, "file"])
    if not str(entry["file"]).endswith((".csv", ".parquet")):
        yield [*steps, "file"], f"{entry['file']!r} is neither .csv nor .parquet"
    for key in ("kind", "status", "source", "title", "note"):
        if not isinstance(entry.get(key, ""), str):
            yield [*steps, key], f"{entry[key]!r} is no text: put it into quotes"
    sha256 = entry.get("sha256")
    if sha256 is not None and not _matches(_SHA256, sha256):
        yield [*steps, "sha256"], f"{sha256!r} is no sha256: run `nuanomaly seal`"
    for key in ("size", "rows"):
        number = entry.get(key, 0)
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            yield [*steps, key], f"{number!r} is no number of bytes or rows: run `nuanomaly seal`"
    columns = entry["columns"]
    if not isinstance(columns, list) or not columns:
        yield (
            [*steps, "columns"],
            f"table {steps[-1]!r} declares no columns: list them in the order of the file",
        )
        return
    seen = set[str]()
    for position, column in enumerate(columns):
        yield from _column(column, [*steps, "columns", position])
        name = str(column["name"]) if isinstance(column, Mapping) and "name" in column else ""
        if name in seen:
            yield [*steps, "columns", position], f"the column {name!r} is declared twice"
        seen.add(name)


def _column(column: Any, steps: Sequence[str | int]) -> Iterator[Problem]:
    """Yield what is wrong with the declaration of one column."""
    if not isinstance(column, Mapping) or "name" not in column:
        yield steps, "a column has no key 'name': write {name: …, unit: …, meaning: …}"
        return
    if not _matches(_COLUMN, column["name"]):
        yield [*steps, "name"], f"{column['name']!r} is no name of a column: begin with a letter"
    if column.get("type", "float64") not in TYPES:
        yield [*steps, "type"], f"{column['type']!r} is no type: write one of {', '.join(TYPES)}"
    for key in ("unit", "meaning"):
        if not isinstance(column.get(key, ""), str):
            yield [*steps, key], f"{column[key]!r} is no text: put it into quotes"
    count = column.get("count", 1)
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= 10_000:
        yield [*steps, "count"], f"{count!r} is no number of columns from 1 to 10000"


def _count(column: Mapping[str, Any]) -> int:
    count = column.get("count", 1)
    return count if isinstance(count, int) else 1


def _path(path: Any, steps: Sequence[str | int]) -> Iterator[Problem]:
    try:
        names.safe_path(path)
    except NuanomalyError as error:
        yield steps, str(error)


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 100 and pattern.fullmatch(value) is not None


def _line(file: Path, steps: Sequence[str | int]) -> int | None:
    """Return the line of an entry; None if the file cannot be read a second time."""
    from nuanomaly.archive import document

    try:
        return document.read(file).line(steps)
    except NuanomalyError:
        return None


def _refuse(folder: Path, codes: set[str], schemas: Path | None = None, whole: bool = True) -> None:
    """Raise for the first finding of the description that has one of the codes.

    ``schemas`` are those of this program unless others are given; unless the file must be ``whole``, it may
    lack entries of the top level.
    """
    from nuanomaly.archive import document
    from nuanomaly.archive.validate.described import findings

    wrong = [content for content in findings(folder, schemas) if content.code in codes]
    if not whole:
        top = document.read(folder / "release.yaml").line()  # a comment may stand before it
        wrong = [content for content in wrong if (content.code, content.line) != ("MISSING_KEY", top)]
    if wrong:
        more = f" (and {len(wrong) - 1} more: see `nuanomaly validate`)" if len(wrong) > 1 else ""
        first = wrong[0]
        said = f"{first.code}: {first.sentence}. {first.remedy}{more}"
        raise MalformedReleaseError(folder / "release.yaml", said, first.line)
