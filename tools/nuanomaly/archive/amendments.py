"""What was learned of a dataset after its versions were released: ``datasets/NAME/amendments.yaml``.

Released folders are frozen; later knowledge lies beside them, outside of the ledger's digest. An amendment
adds known issues, benchmarks, meanings of columns and the energy they are in, further modes (a released table
that can be read in place of a likelihood), modes without an overlap, and that no published benchmark is to be
had, to versions that it names. It never changes a number, a mode or a likelihood that is there: that takes a
new revision.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from nuanomaly.archive import document, paths, yamlio
from nuanomaly.archive.errors import NuanomalyError, has_control

FILE = "amendments.yaml"
#: Larger than any file of amendments is: what a source sends above this is none.
LARGEST = 1 << 20


def of_dataset(folder: Path, name: str) -> Mapping[str, Any]:
    """Return the amendments of a dataset, ``{}`` without any.

    They lie beside the release's folder (in a checkout, a cache, a mirror), or in it (a cloned dataset), and
    in the installed package. Where two of these have some, the ones added to last are taken.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of one version.
    name : str
        The name of the dataset.

    Raises
    ------
    NuanomalyError
        If the file is not YAML, or no list of amendments.
    """
    places = [folder.parent / FILE, folder / FILE, paths.amendments(name)]
    known = [_read(file, *stamp) for file, stamp in ((p, _stamp(p)) for p in places) if stamp]
    own = [content for content in known if content.get("name") == name]
    return max(own, key=newest, default={})


def newest(content: Mapping[str, Any]) -> str:
    """Return the date of the newest amendment of a file, ``YYYY-MM-DD``."""
    return max((str(entry["date"]) for entry in content["amendments"]), default="")


def is_damaged(file: Path) -> bool:
    """Return whether a file of amendments is there and cannot be read."""
    stamp = _stamp(file)
    try:
        return stamp is not None and not _read(file, *stamp)
    except NuanomalyError:
        return True


def newest_of(folder: Path, name: str) -> str:
    """Return the date of the newest amendment beside the folder of a version; empty if none can be read."""
    stamp = _stamp(folder.parent / FILE)
    try:
        content = _read(folder.parent / FILE, *stamp) if stamp else {}
        return newest(content) if content.get("name") == name else ""
    except (NuanomalyError, KeyError, TypeError):
        return ""


def of_version(content: Mapping[str, Any], version: str) -> list[Mapping[str, Any]]:
    """Return the amendments of a dataset that are about one version, in the order of the file."""
    return [entry for entry in content.get("amendments", ()) if version in entry["versions"]]


def applied(metadata: Mapping[str, Any], amendments: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the metadata of a release with what amendments add to it.

    Known issues and benchmarks stand behind the release's own, each with the date it was ``amended``; what is
    added to the meaning of a column stands behind it; further modes are under ``further_modes``, modes of
    other releases that share no data under ``disjoint``, why there is no published benchmark under
    ``no_published_benchmark``; the amendments themselves are under ``amendments``.

    Raises
    ------
    NuanomalyError
        If one is about a table or column that the release does not have.

    Examples
    --------
    >>> entry = {"date": "2026-01-02", "known_issues": [{"title": "Units", "text": "They are keV."}]}
    >>> applied({"known_issues": []}, [entry])["known_issues"]
    [{'title': 'Units', 'text': 'They are keV.', 'amended': '2026-01-02'}]
    """
    if not amendments:
        return metadata
    entries = dict(metadata)
    for section in ("known_issues", "benchmarks"):
        added = [
            {**item, "amended": str(entry["date"])} for entry in amendments for item in entry.get(section, ())
        ]
        entries[section] = [*entries.get(section, ()), *added]
    entries["further_modes"] = {
        name: {**mode, "amended": str(entry["date"])}
        for entry in amendments
        for name, mode in entry.get("modes", {}).items()
    }
    entries["disjoint"] = [item for entry in amendments for item in entry.get("disjoint", ())]
    for entry in amendments:
        if "no_published_benchmark" in entry:
            entries["no_published_benchmark"] = entry["no_published_benchmark"]
    for entry in amendments:
        for table, columns in entry.get("columns", {}).items():
            entries["tables"] = _explained(entries["tables"], table, columns)
        for table, kinds in entry.get("energies", {}).items():
            entries["tables"] = _with_energies(entries["tables"], table, kinds)
    entries["amendments"] = [dict(entry) for entry in amendments]
    return entries


def _explained(tables: Mapping[str, Any], table: str, columns: Mapping[str, str]) -> dict[str, Any]:
    """Return the declared tables with more said of some columns of one of them."""
    declared = _columns(tables, table)
    unknown = sorted(set(columns) - {c["name"] for c in declared})
    if unknown:
        raise NuanomalyError(
            f"{FILE}: table {table!r} has no column {unknown[0]!r}: see `nuanomaly validate`"
        )
    explained = [
        {**c, "meaning": f"{c['meaning']}. {columns[c['name']]}"} if c["name"] in columns else c
        for c in declared
    ]
    return {**tables, table: {**tables[table], "columns": explained}}


def _columns(tables: Mapping[str, Any], table: str) -> Sequence[Mapping[str, Any]]:
    if table not in tables:
        raise NuanomalyError(f"{FILE}: there is no table {table!r}: see `nuanomaly validate`")
    declared: Sequence[Mapping[str, Any]] = tables[table].get("columns", ())
    return declared


def _with_energies(tables: Mapping[str, Any], table: str, kinds: Mapping[str, str]) -> dict[str, Any]:
    """Return the declared tables, columns of one of them with the kind of energy they are in."""
    columns = [
        {**column, "energy": kinds[column["name"]]} if column["name"] in kinds else column
        for column in _columns(tables, table)
    ]
    unknown = sorted(set(kinds) - {column["name"] for column in columns})
    if unknown:
        raise NuanomalyError(
            f"{FILE}: table {table!r} has no column {unknown[0]!r}: see `nuanomaly validate`"
        )
    return {**tables, table: {**tables[table], "columns": columns}}


def parse(text: bytes, name: str) -> Mapping[str, Any]:
    """Return the amendments that a source sent, checked against their schema.

    Raises
    ------
    NuanomalyError
        If they are too large, not of the form the schema asks for, of another dataset, or hold a text that
        must not be shown on a page.
    """
    from nuanomaly.archive import schemas
    from nuanomaly.archive.validate.structure import text_problem

    if len(text) > LARGEST:
        raise NuanomalyError(f"the amendments of {name} are larger than {LARGEST >> 20} MiB: they are none")
    try:
        content = yamlio.parse(text.decode("utf-8"), f"the amendments of {name}")
    except UnicodeDecodeError as error:
        raise NuanomalyError(f"the amendments of {name} are no text ({error})") from None
    problem = next(schemas.validator("amendments").iter_errors(content), None)
    if problem is not None:
        place = "/".join(map(str, problem.absolute_path)) or "the file"
        raise NuanomalyError(f"the amendments of {name}: {place}: {problem.message[:120]}")
    if content["name"] != name:
        raise NuanomalyError(f"the amendments of {name} are those of {content['name']!r}")
    for said in texts_in(content):
        unsafe = text_problem(said)
        if unsafe:
            raise NuanomalyError(f"the amendments of {name}: {unsafe[1]}")
    checked: Mapping[str, Any] = content
    return checked


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text among the values of a document, whatever it is nested in."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=256)
def _read(file: Path, mtime_ns: int, size: int) -> Mapping[str, Any]:
    if size > LARGEST:
        raise NuanomalyError(f"{file}: is larger than {LARGEST >> 20} MiB: it is no list of amendments")
    content = document.bounded(file)
    entries = content.get("amendments") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not all(_is_amendment(entry) for entry in entries):
        raise NuanomalyError(f"{file}: is no list of amendments: see schemas/amendments.schema.json")
    if any(map(has_control, texts_in(content))):
        raise NuanomalyError(f"{file}: a text holds a control character: remove it")
    checked: Mapping[str, Any] = content
    return checked


def _is_amendment(entry: Any) -> bool:
    """Return whether an entry has the form that everything else here relies on."""
    if not isinstance(entry, dict) or "date" not in entry:
        return False
    lists = [
        entry.get("versions"),
        *(entry.get(key, []) for key in ("known_issues", "benchmarks", "disjoint")),
    ]
    mappings = [entry.get(key, {}) for key in ("columns", "energies", "modes")]
    return (
        all(isinstance(items, list) for items in lists)
        and all(isinstance(item, dict) for items in lists[1:] for item in items)
        and all(isinstance(items, dict) for items in mappings)
        and all(isinstance(said, dict) for items in mappings for said in items.values())
    )
