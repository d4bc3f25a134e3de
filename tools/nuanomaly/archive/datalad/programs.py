"""git and git-annex as programs, with settings that do not depend on who calls them."""

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from nuanomaly.archive.errors import NuanomalyError

#: The one line that installs git-annex (and datalad) on any system.
REMEDY = 'pip install "nuanomaly[datalad]"'

_WHO = "nuanomaly"
_MAIL = "archive@nuanomaly.invalid"  # the top-level domain that RFC 2606 keeps free: nobody gets mail


class ProgramError(NuanomalyError):
    """git or git-annex is missing, or failed."""

    exit_code = 1


def environment(**more: str) -> dict[str, str]:
    """Return the environment for git and git-annex, also where pip installed them.

    An environment that is not activated has its programs beside its Python, but not on the PATH. What the
    caller has set for git (a repository, an author, a date) does not count.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k == "GIT_SSL_CAINFO"}
    settings = {
        "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)]),
        "LC_ALL": "C.UTF-8",
        **{f"GIT_{role}_NAME": _WHO for role in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{role}_EMAIL": _MAIL for role in ("AUTHOR", "COMMITTER")},
    }
    return {**kept, **settings, **more}


def unconfigured() -> dict[str, str]:
    """Return settings under which git reads no configuration but that of the repository."""
    return {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def require(*programs: str) -> None:
    """Raise if one of the programs is not installed.

    Raises
    ------
    ProgramError
        With the line that installs it.
    """
    path = environment()["PATH"]
    for program in programs:
        if shutil.which(program, path=path) is None:
            how = REMEDY if program == "git-annex" else f"install {program} (https://git-scm.com)"
            raise ProgramError(f"{program} is missing: {how}")


def run(folder: Path, *command: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
    """Run a program in a folder and return what it prints.

    Raises
    ------
    ProgramError
        If it fails, with the last line it said.
    """
    done = subprocess.run(
        command, cwd=folder, input=stdin, env=dict(env or environment()), capture_output=True, check=False
    )
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        reason = said[-1] if said else f"exit {done.returncode}"
        raise ProgramError(f"`{' '.join(command[:3])} …` failed in {folder}: {reason}")
    return done.stdout
