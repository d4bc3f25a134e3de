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
        If there is no ``release.yaml`` that passes the gate (:mod:`nuanomaly.archive.gate`), or a file that
        cannot be copied, such as a named pipe.

    Examples
    --------
    Elsewhere than in its archive nobody vouches for a release that says it is released:

    >>> from nuanomaly.archive import paths
    >>> [one.code for one in validate_folder(paths.checkout() / "datasets/karmen/2002-r1").errors]
    ['RELEASED_NOT_IN_LEDGER']
    """
    release = read(folder)  # the gate: from here on the name and the version are safe as paths
    place = Path("datasets", release.name, release.version)
    with TemporaryDirectory() as root:
        try:
            shutil.copytree(folder, Path(root) / place, symlinks=True)  # a link is a finding, never followed
        except OSError as error:
            reason = error.args[0][0][2] if isinstance(error, shutil.Error) else error
            raise NuanomalyError(f"{folder} cannot be read as a release: {reason}") from None
        checked = validate([f"{place.parent.name}@{place.name}"], root=Path(root))
    prefix = f"{place.as_posix()}/"
    findings = [
        replace(one, file=str(folder / one.file.removeprefix(prefix))) if one.file.startswith(prefix) else one
        for one in checked.findings
    ]
    return report(findings, checked.releases, checked.notes)
