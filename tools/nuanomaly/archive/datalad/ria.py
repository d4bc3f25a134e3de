"""The static RIA store of the archive: what ``datalad clone "ria+https://…#~NAME@VERSION"`` clones from."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nuanomaly.archive import names, release
from nuanomaly.archive.datalad import dataset, programs
from nuanomaly.archive.durable import named
from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.fetching.download import storing
from nuanomaly.archive.fetching.store import replace_folder

_LAYOUT = "ria-layout-version"


@dataclass(frozen=True)
class Exported:
    """A dataset in the store: its versions, what of its contents is there, what is at others' URLs."""

    name: str
    id: str
    versions: tuple[str, ...]
    stored: int
    linked: int


def export(root: Path, output: Path, wanted: Sequence[str] = (), *, url: str | None = None) -> list[Exported]:
    """Write the RIA store of a checkout into a folder, which any web server can serve as it is.

    Each dataset is a repository with a branch for each version, and one for the newest revision of a label,
    so ``#~best@2022`` is what it is in ``fetch``; its tables are contents of the annex that the store holds,
    the originals with a known URL are contents of the annex that the web holds. The same
    releases give the same bytes (with the same version of git).

    Parameters
    ----------
    root : pathlib.Path
        The checkout.
    output : pathlib.Path
        A new or empty folder, or an earlier store, which is replaced as a whole.
    wanted : sequence of str
        Names of datasets; all of them if left out.
    url : str, optional
        Where the store will be published, ``https://…``. Only then does DataLad get contents from it over
        the web right away: git-annex uses a place that the dataset itself names, and asks the user to verify
        any other (``git annex verifyremote store``). Clones of a folder need no URL.

    Raises
    ------
    ProgramError
        If git is missing.
    IntegrityError
        If a table is not the one its release was sealed with.
    UnknownNameError
        If there is no dataset of a name.
    NuanomalyError
        If the folder holds something else than a store, or the place one is in.
    """
    programs.require("git")
    output = named(output)
    known = release.folders(root)
    for name in wanted:
        if name not in known:
            raise UnknownNameError("dataset", name, known)
    if Path.cwd().is_relative_to(output.resolve()):
        raise NuanomalyError(f"{output} is replaced as a whole, and you are in it: name another folder")
    if output.exists() and not (output / _LAYOUT).is_file() and any(output.iterdir()):
        raise NuanomalyError(f"{output} is neither empty nor a RIA store: name a new folder")
    staged = output.with_name(f".{output.name}.new")
    with storing(output):
        shutil.rmtree(staged, ignore_errors=True)
        (staged / "alias").mkdir(parents=True)
        (staged / _LAYOUT).write_text("1\n", "utf-8")
        made = [_dataset(staged, name, known[name], url) for name in sorted(set(wanted) or known)]
        replace_folder(staged, output)
    return made


def _dataset(store: Path, name: str, folders: dict[str, Path], url: str | None) -> Exported:
    """Write a dataset with all its versions, and its alias."""
    entries = {v: release.read(folders[v]) for v in sorted(folders, key=names.sort_key)}
    versions = [dataset.version(name, v, r.folder, r.metadata) for v, r in entries.items()]
    states = {v: r.state for v, r in entries.items()}
    newest = names.choose(name, None, states)
    labels = sorted({v.rpartition("-r")[0] for v in entries})
    partial = {label: names.choose(name, label, states) for label in labels}
    id = dataset.dataset_id(name)
    place = Path(id[:3]) / id[3:]
    dataset.write(store / place, name, versions, newest, url, partial)
    os.symlink(Path("..") / place, store / "alias" / name)
    stored = {key for v in versions for key in v.stored}
    return Exported(
        name, id, tuple(entries), len(stored), len({k for v in versions for k in v.urls} - stored)
    )


__all__ = ["Exported", "export"]
