"""What a contribution changes in the claims: the numbers of anomalies/, before and after."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nuanomaly.archive import yamlio
from nuanomaly.archive.contribution import Contribution
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.history import History


@dataclass(frozen=True)
class Claim:
    """An entry of an anomaly that a contribution changes.

    Attributes
    ----------
    anomaly : str
    entry : str
        Such as ``claim.numbers[0].value``.
    old, new : object
        None on the side that has no such entry.
    """

    anomaly: str
    entry: str
    old: Any
    new: Any


def claims(what: Contribution) -> tuple[Claim, ...]:
    """Return every entry of an anomaly that differs from the base; text of a contributor, not checked."""
    files = [c.path for c in what.changes if c.path.startswith("anomalies/") and c.path.endswith(".yaml")]
    before = History(what.root).contents([(what.base, path) for path in files])
    items: list[Claim] = []
    for path, content in zip(files, before, strict=True):
        file = what.root / path
        new = b"" if not file.is_file() or file.is_symlink() else file.read_bytes()
        old_entries, new_entries = (_entries(text or b"", path) for text in (content, new))
        for entry in dict.fromkeys([*old_entries, *new_entries]):
            pair = old_entries.get(entry), new_entries.get(entry)
            if pair[0] != pair[1]:
                items.append(Claim(path.rpartition("/")[2].removesuffix(".yaml"), entry, *pair))
    return tuple(items)


def _entries(content: bytes, path: str) -> dict[str, Any]:
    """Return the scalars of a YAML text by their place; none if it cannot be read, which validation says."""
    try:
        return dict(_flat(yamlio.parse(content.decode("utf-8", "replace"), path), ""))
    except NuanomalyError:
        return {}


def _flat(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(item, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _flat(item, f"{place}[{position}]")
    elif value is not None:
        yield place, value
