"""``nuanomaly.lock``: the exact releases an analysis was made with, by version and hash of every file."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nuanomaly.archive import document, names
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.fetching import index
from nuanomaly.archive.fetching.download import storing
from nuanomaly.archive.fetching.listing import ReleaseEntry

LOCK_FILE = "nuanomaly.lock"
_HEADER = "# The releases of this analysis (`nuanomaly lock`). Get exactly these: nuanomaly fetch --locked\n"


def find(start: Path | None = None) -> Path:
    """Return the ``nuanomaly.lock`` of a folder or the nearest of its parents.

    Raises
    ------
    NuanomalyError
        If there is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / LOCK_FILE).is_file():
            return folder / LOCK_FILE
    raise NuanomalyError(f"there is no {LOCK_FILE} in {here} or above: write one with `nuanomaly lock NAME…`")


def read(path: Path) -> dict[str, ReleaseEntry]:
    """Return the pinned releases, ``{NAME@VERSION: entry}``.

    Raises
    ------
    NuanomalyError
        If the file is no lock file, or names anything unsafe.
    """
    content = document.bounded(path)
    if not isinstance(content, dict) or content.get("schema") != "1":
        raise NuanomalyError(f"{path} is no lock file of format 1: write it with `nuanomaly lock NAME…`")
    try:
        return {str(key): _pinned(str(key), files) for key, files in content["releases"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise NuanomalyError(f"{path} is damaged ({type(error).__name__}: {error}): write it anew") from None
    except NuanomalyError as error:
        raise NuanomalyError(f"{path}: {error}") from None


def write(path: Path, entries: Iterable[ReleaseEntry]) -> None:
    """Write a lock file; the same releases give the same bytes."""
    from nuanomaly.archive.durable import write_output

    lines = [_HEADER, 'schema: "1"\n', "releases:\n"]
    for entry in sorted(entries, key=lambda e: (e.name, names.sort_key(e.version))):
        lines.append(f"  {entry.id}:\n")
        for file in sorted(entry.files, key=lambda f: f.path):
            lines.append(f'    {file.path}: {{sha256: "{file.sha256}", size: {file.size}}}\n')
    with storing(path):
        write_output(path, "".join(lines).encode())


def _pinned(release_id: str, files: Mapping[str, Mapping[str, Any]]) -> ReleaseEntry:
    name, version = names.split(release_id)
    if version is None or not names.VERSION.fullmatch(version):
        raise NuanomalyError(f"{release_id!r} is no pinned release: write NAME@VERSION")
    listed = tuple(index.file_entry({"path": path, **about}) for path, about in files.items())
    return ReleaseEntry(name, version, "draft", listed)
