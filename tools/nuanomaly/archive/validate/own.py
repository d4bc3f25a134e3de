"""Validation of a folder with a release of one's own, before it enters an archive."""

import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import read
from nuanomaly.archive.validate.checker import validate
from nuanomaly.archive.validate.findings import Report, report


def validate_folder(folder: Path) -> Report:
    """Check a folder with a release as if it lay in an archive by its name and version.

    Parameters
    ----------
    folder : pathlib.Path
        It holds ``release.yaml`` and the tables, and is not changed.

    Returns
    -------
    Report
        Its findings name the files of the folder.

    Raises
    ------
    NuanomalyError
        If there is no readable ``release.yaml`` with a name and a version.

    Examples
    --------
    Elsewhere than in its archive nobody vouches for a release that says it is released:

    >>> from nuanomaly.archive import paths
    >>> [one.code for one in validate_folder(paths.checkout() / "datasets/karmen/2002-r1").errors]
    ['RELEASED_NOT_IN_LEDGER']
    """
    metadata = read(folder).metadata
    try:
        place = Path("datasets", str(metadata["name"]), str(metadata["version"]))
    except KeyError as error:
        raise NuanomalyError(f"{folder / 'release.yaml'} states no {error.args[0]}") from None
    with TemporaryDirectory() as root:
        shutil.copytree(folder, Path(root) / place)
        checked = validate([f"{place.parent.name}@{place.name}"], root=Path(root))
    prefix = f"{place.as_posix()}/"
    findings = [
        replace(one, file=str(folder / one.file.removeprefix(prefix))) if one.file.startswith(prefix) else one
        for one in checked.findings
    ]
    return report(findings, checked.releases, checked.notes)
