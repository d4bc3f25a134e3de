"""Where releases lie: folders of a place by name and version, and the places of this machine."""

from collections.abc import Iterable
from pathlib import Path

from nuanomaly.archive import names, paths
from nuanomaly.archive.errors import IntegrityError

#: What `nuanomaly fetch -o` leaves in the folder it wrote into.
_WRITTEN_BY_FETCH = ".nuanomaly"


def folders(root: Path, only: str = "*") -> dict[str, dict[str, Path]]:
    """Return ``{name: {version: folder}}`` of every release below ``root/datasets``, links left out.

    ``root`` is a checkout, a cache, or a folder that `fetch -o` wrote, which has no ``datasets``; ``only`` is
    the name of a data set that is looked for.
    """
    base = _base(root)
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


def _base(root: Path) -> Path:
    base = root / "datasets"
    return root if not base.is_dir() and (root / _WRITTEN_BY_FETCH).is_dir() else base


def standing(above: Path) -> dict[str, Path]:
    """Return ``{version: path}`` of what stands where versions of a dataset do, damaged or not.

    Nothing but whole releases is put there, as in a cache; what is wrong with one says :func:`check`.
    """
    paths = () if above.is_symlink() else sorted(above.glob("*"))
    return {path.name: path for path in paths if names.VERSION.fullmatch(path.name)}


def check(folder: Path) -> None:
    """Refuse what stands in the place of a release and is no folder with a ``release.yaml``.

    Raises
    ------
    IntegrityError
        With what is wrong.
    """
    if folder.is_symlink():
        raise IntegrityError("it is a link")
    if not folder.is_dir():
        raise IntegrityError("it is no folder")
    if not (folder / "release.yaml").exists():
        raise IntegrityError("release.yaml is missing")


def blocked(above: Path) -> str:
    """Return what stands in the way to the folder of a dataset; empty if nothing does.

    Every folder on the way may be missing, and all but that of the dataset may be links to folders.
    """
    for path in (*reversed(above.parents), above):
        if path.is_symlink() and (path == above or not path.is_dir()):
            return f"{path} is a link{'' if path == above else ' that leads to no folder'}: remove it"
        if path.exists() and not path.is_dir():
            return f"{path} is no folder: remove it"
    return ""


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


def homes(name: str) -> list[Path]:
    """Return the folders in which versions of a dataset would stand that were fetched."""
    return [_base(place) / name for place in elsewhere()] if names.NAME.fullmatch(name) else []


def gathered(
    shelf: Iterable[Path], name: str, fetched: bool = False
) -> tuple[dict[str, Path], dict[Path, Path]]:
    """Return the versions of a dataset in some places, and the place of each folder.

    A version that is in several is that of the first. Where releases were ``fetched``, what is left of one is
    a version too (:func:`standing`), unless another place has it.
    """
    versions: dict[str, Path] = {}
    origins: dict[Path, Path] = {}
    if not names.NAME.fullmatch(name):
        return versions, origins
    looked = [(place, folders(place, name).get(name, {})) for place in shelf]
    if fetched:
        looked += [(place, standing(_base(place) / name)) for place, _ in looked]
    for place, here in looked:
        for version, folder in here.items():
            versions.setdefault(version, folder)
            origins[folder] = place
    return versions, origins


def repair(folder: Path, id: str) -> str:
    """Return what brings a changed release back."""
    if paths.checkout() in folder.parents:
        return f"restore it with `git checkout -- {folder}`; a correction is a new revision"
    if any(package in folder.parents for package in paths.data_packages()):
        return "install the package that it came in again (`pip install --force-reinstall nuanomaly-data`)"
    return f"get it again with `nuanomaly fetch {id}`"
