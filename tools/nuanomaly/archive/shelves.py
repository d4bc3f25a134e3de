"""Where releases lie: folders of a place by name and version, and the places of this machine."""

from collections.abc import Iterable
from pathlib import Path

from nuanomaly.archive import names, paths

#: What `nuanomaly fetch -o` leaves in the folder it wrote into.
_WRITTEN_BY_FETCH = ".nuanomaly"


def folders(root: Path, only: str = "*") -> dict[str, dict[str, Path]]:
    """Return ``{name: {version: folder}}`` of every release below ``root/datasets``, links left out.

    ``root`` is a checkout, a cache, or a folder that `fetch -o` wrote, which has no ``datasets``; ``only`` is
    the name of a data set that is looked for.
    """
    base = root / "datasets"
    if not base.is_dir() and (root / _WRITTEN_BY_FETCH).is_dir():
        base = root
    entries: dict[str, dict[str, Path]] = {}
    if base.is_dir():
        for file in sorted(base.glob(f"{only}/*/release.yaml")):
            version, name = file.parent, file.parent.parent
            if version.is_symlink() or name.is_symlink():
                continue  # it would lead out of the archive; validation says so
            if not names.NAME.fullmatch(name.name) or not names.VERSION.fullmatch(version.name):
                continue  # as well
            entries.setdefault(file.parent.parent.name, {})[file.parent.name] = file.parent
    return entries


def places() -> list[Path]:
    """Return the folders releases are loaded from: the checkout, and what came from elsewhere.

    That is the cache, the folders that `nuanomaly fetch -o` wrote here (the working directory and those in
    it), and installed packages of releases (`nuanomaly-data`).
    """
    root = paths.checkout()
    return [*([root] if root else []), *elsewhere()]


def elsewhere() -> list[Path]:
    """Return the folders of :func:`places` without the checkout."""
    here = Path.cwd()
    written = [file.parent for file in sorted(here.glob(f"*/{_WRITTEN_BY_FETCH}")) if file.is_dir()]
    written += [here] if (here / _WRITTEN_BY_FETCH).is_dir() else []
    return [paths.cache(), *written, *paths.data_packages()]


def gathered(shelf: Iterable[Path], name: str) -> tuple[dict[str, Path], dict[Path, Path]]:
    """Return the versions of a dataset in some places, and the place of each folder.

    A version that is in several is that of the first.
    """
    versions: dict[str, Path] = {}
    origins: dict[Path, Path] = {}
    if not names.NAME.fullmatch(name):
        return versions, origins
    for place in shelf:
        for version, folder in folders(place, name).get(name, {}).items():
            versions.setdefault(version, folder)
            origins[folder] = place
    return versions, origins
