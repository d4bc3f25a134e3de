"""What differs between two built sites: all numbers of their JSON files, by the size of their change."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, Literal

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError

Leaf = float | str | bool | None
Kind = Literal["number", "text", "appeared", "vanished"]
Order = Literal["relative", "absolute"]

#: The kinds of changes in the order in which they are listed.
KINDS: tuple[Kind, ...] = ("number", "text", "appeared", "vanished")
#: What lies below a site without being part of its pages.
_APART = ("mirror", "ria", "pictures")
#: What identifies an entry of a list, so that a new entry does not shift the others.
_NAMES = ("key", "id", "name")
_PROVENANCE = "provenance.json"
#: What of a page's provenance explains a number that moved; hashes of code and outputs always differ.
_SOURCES = ("files", "releases", "packages")


@dataclass(frozen=True)
class Change:
    """One number or text that is not the same in two sites.

    Attributes
    ----------
    file : str
        The JSON file, relative to the site.
    key : str
        Where in the file: names joined by dots.
    kind : {"number", "text", "appeared", "vanished"}
    old, new : float, str, bool or None
        None where there is nothing.
    """

    file: str
    key: str
    kind: Kind
    old: Leaf
    new: Leaf

    @property
    def absolute(self) -> float:
        """New value less old value in size; infinite if not both are numbers."""
        if self.kind != "number" or not isinstance(self.old, int | float):
            return inf
        return abs(float(self.new or 0) - self.old)

    @property
    def relative(self) -> float:
        """The absolute change in units of the larger of both values, from 0 to 2; else infinite."""
        if self.kind != "number":
            return inf
        return self.absolute / max(abs(float(self.old or 0)), abs(float(self.new or 0)))

    def as_dict(self) -> dict[str, Any]:
        """Return the change for a file; sizes are None if not both values are numbers."""
        sizes = (
            {"absolute": self.absolute, "relative": self.relative}
            if self.kind == "number"
            else dict.fromkeys(("absolute", "relative"))
        )
        shown = {"file": self.file, "key": self.key, "kind": self.kind, "old": self.old, "new": self.new}
        return {**shown, **sizes}


@dataclass(frozen=True)
class Drift:
    """All that differs between two sites.

    Attributes
    ----------
    changes : tuple of Change
        Numbers by the size of their change, largest first; then texts, what appeared and what vanished.
    compared, below : int
        How many values both sites hold, and how many numbers moved by less than the thresholds.
    appeared, vanished : tuple of str
        Files that only one of the sites holds.
    sources : mapping of str to tuple of str
        What else was other for the pages in both sites: their own files, releases, packages.
    """

    changes: tuple[Change, ...]
    compared: int
    below: int
    appeared: tuple[str, ...]
    vanished: tuple[str, ...]
    sources: Mapping[str, tuple[str, ...]]

    @property
    def equal(self) -> bool:
        """Whether both sites say the same."""
        return not (self.changes or self.appeared or self.vanished)

    def as_dict(self) -> dict[str, Any]:
        """Return the drift for a file."""
        return {
            "equal": self.equal,
            "compared": self.compared,
            "below_threshold": self.below,
            "changes": [change.as_dict() for change in self.changes],
            "files_appeared": list(self.appeared),
            "files_vanished": list(self.vanished),
            "sources": {file: list(names) for file, names in self.sources.items()},
        }


def drift(
    old: Path, new: Path, *, absolute: float = 0.0, relative: float = 0.0, order: Order = "relative"
) -> Drift:
    """Compare two built sites number by number.

    Parameters
    ----------
    old, new : pathlib.Path
        Folders as ``report build`` writes them. Every JSON file below counts (results of comparisons,
        benchmarks), save the mirror and the DataLad store.
    absolute, relative : float
        Thresholds: a number that moved by no more than one of them counts as the same.
    order : {"relative", "absolute"}
        By which size of a change numbers are sorted.

    Raises
    ------
    NuanomalyError
        If a folder is no built site, a file cannot be read or a threshold is negative.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     sites = Path(folder) / "old", Path(folder) / "new"
    ...     for site, value in zip(sites, (13.904, 14.033)):
    ...         site.mkdir()
    ...         _ = (site / "result.json").write_text(json.dumps({"results": {"pg.chi2": {"value": value}}}))
    ...     (change,) = drift(*sites).changes
    >>> change.key, round(change.absolute, 3)
    ('results.pg.chi2', 0.129)
    """
    if absolute < 0 or relative < 0:
        raise NuanomalyError("a threshold must be a number of at least 0")
    if order not in ("relative", "absolute"):
        raise UnknownNameError("order", order, ("relative", "absolute"))
    before, after = _files(old), _files(new)
    both = [name for name in before if name in after]
    changes: list[Change] = []
    compared = below = 0
    for name in both:
        if name.endswith(_PROVENANCE):
            continue
        was, now = _leaves(before[name]), _leaves(after[name])
        compared += len(was.keys() & now.keys())
        different = list(_changes(name, was, now))
        counted = [c for c in different if c.absolute > absolute and c.relative > relative]
        below += len(different) - len(counted)
        changes += counted
    pages = [name for name in both if name.endswith(_PROVENANCE)]
    entries = {name: tuple(_sources(_read(before[name]), _read(after[name]))) for name in pages}
    return Drift(
        changes=tuple(
            sorted(changes, key=lambda c: (KINDS.index(c.kind), -getattr(c, order), c.file, c.key))
        ),
        compared=compared,
        below=below,
        appeared=tuple(name for name in after if name not in before and not name.endswith(_PROVENANCE)),
        vanished=tuple(name for name in before if name not in after and not name.endswith(_PROVENANCE)),
        sources={name: sources for name, sources in entries.items() if sources},
    )


def _files(site: Path) -> dict[str, Path]:
    """Return the JSON files of a site by their name relative to it."""
    if not site.is_dir():
        raise NuanomalyError(f"{site}: is no folder; name a built site, as build/site")
    entries = {file.relative_to(site).as_posix(): file for file in sorted(site.rglob("*.json"))}
    entries = {name: file for name, file in entries.items() if name.partition("/")[0] not in _APART}
    if not entries:
        raise NuanomalyError(f"{site}: holds no JSON file; build the site first: nuanomaly report build")
    return entries


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise NuanomalyError(f"{file}: is no JSON ({error}): build this site anew") from None


def _leaves(file: Path) -> dict[str, Leaf]:
    """Return all values of a JSON file by their keys; a hash of inputs is none."""
    document = _read(file)
    if isinstance(document, Mapping):
        document = {key: value for key, value in document.items() if key != "inputs"}
    return dict(_walk(document, ()))


def _walk(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Leaf]]:
    if isinstance(value, Mapping):
        for key, below in value.items():
            # {"value": 1.2, "unit": ...} is the number under the name it is recorded by
            yield from _walk(below, path if key == "value" and path else (*path, str(key)))
    elif isinstance(value, list):
        names = [_name(entry) for entry in value]
        unique = None not in names and len(set(names)) == len(names)
        for k, entry in enumerate(value):
            yield from _walk(entry, (*path, str(names[k] if unique else k)))
    else:
        yield ".".join(path), value


def _name(entry: Any) -> str | None:
    if not isinstance(entry, Mapping):
        return None
    return next((str(entry[key]) for key in _NAMES if isinstance(entry.get(key), str)), None)


def _changes(file: str, old: Mapping[str, Leaf], new: Mapping[str, Leaf]) -> Iterator[Change]:
    for key in dict.fromkeys((*old, *new)):
        if key not in new:
            yield Change(file, key, "vanished", old[key], None)
        elif key not in old:
            yield Change(file, key, "appeared", None, new[key])
        elif old[key] != new[key] or isinstance(old[key], bool) != isinstance(new[key], bool):
            numbers = all(
                isinstance(v, int | float) and not isinstance(v, bool) for v in (old[key], new[key])
            )
            yield Change(file, key, "number" if numbers else "text", old[key], new[key])


def _sources(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a page was made from that was other: files by name, packages by their versions."""
    for section in _SOURCES:
        was, now = (dict(_walk(side.get(section, {}), ())) for side in (old, new))
        for key in dict.fromkeys((*was, *now)):
            if was.get(key) != now.get(key):
                versions = f" {was.get(key, '–')} → {now.get(key, '–')}" if section == "packages" else ""
                yield f"{key}{versions}"
