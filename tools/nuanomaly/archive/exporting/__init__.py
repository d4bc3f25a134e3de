"""Releases in the formats of other archives. Each format is a module with ``files(release)``."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from nuanomaly.archive import paths, schemas
from nuanomaly.archive.durable import write_atomically
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.gate import MalformedReleaseError
from nuanomaly.archive.names import safe_path
from nuanomaly.archive.release import Release

#: Name of the format → its module here.
FORMATS = {
    "hepdata": "hepdata",
    "rocrate": "rocrate",
    "datapackage": "datapackage",
    "croissant": "croissant",
    "json-ld": "jsonld",
}


def files(release: Release, format: str) -> dict[str, bytes]:
    """Return the files of a release in a format, by path.

    Raises
    ------
    UnknownNameError
        If there is no such format.
    NuanomalyError
        If the release is a draft that is not complete or not sealed.
    IntegrityError
        If a table is not what was published.
    """
    if format not in FORMATS:
        raise UnknownNameError("format", format, FORMATS)
    schema = schemas.validator("release", paths.own_schemas()).schema
    needed = schema["required"] if isinstance(schema, dict) else ()
    if missing := [key for key in needed if key not in release.metadata]:
        said = f"the key {missing[0]!r} is missing: an export needs it"
        raise MalformedReleaseError(release.folder / "release.yaml", said)
    for table in release.tables:
        if not {"sha256", "size", "rows"} <= set(release.declared(table)):
            raise NuanomalyError(
                f"{release.id}: table {table!r} is not sealed: `nuanomaly seal {release.id}`"
            )
        release.content(table)  # what is not as it was published is not passed on
    module = import_module(f"nuanomaly.archive.exporting.{FORMATS[format]}")
    make: Callable[[Release], dict[str, bytes]] = module.files
    return make(release)


def write(release: Release, format: str, folder: Path) -> list[Path]:
    """Write a release in a format into a new folder and return the files.

    Raises
    ------
    UnknownNameError
        If there is no such format.
    NuanomalyError
        If the folder holds something already.
    """
    made = files(release, format)
    if folder.exists() and any(folder.iterdir()):
        raise NuanomalyError(f"{folder} is not empty: name a new folder")
    written = []
    for name, content in made.items():
        safe_path(name)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
        written.append(path)
    return written
