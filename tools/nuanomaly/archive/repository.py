"""Git on a folder of somebody else: its objects are read, and nothing that it is configured to run is run.

A folder under git may bring configuration: hooks, filters, a file-system monitor, a helper to fetch what
is missing. Git runs these. So git is given a directory of its own, made here: the references
of the folder are copied into it as text, its objects are named, and no configuration is there, neither the
folder's nor the user's. Nor is its index, which can say of files that they are not to be looked at.
"""

import atexit
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from nuanomaly.archive.errors import NuanomalyError

_REFERENCE = re.compile(r"(ref: refs/[\w./+@-]+|[0-9a-f]{40}|[0-9a-f]{64})\s*")
_PACKED = re.compile(r"(#.*|\^?([0-9a-f]{40}|[0-9a-f]{64})( refs/\S+)?)")
#: More references than any clone of the archive has.
_MOST_REFERENCES = 20_000
#: Bytes of a file of references or configuration; that of the archive has a few kB.
_LARGEST = 16 << 20
#: Seconds that one question may take, and bytes of address space: trees of trees can say more files than fit.
_PATIENCE, _MEMORY = 60, 4 << 30


class NoHistoryError(NuanomalyError):
    """There is no git history here, or only a part of it."""


def git(root: Path, *words: str, given: bytes | None = None) -> bytes:
    """Run git on a folder, without its configuration, and return what it prints.

    Raises
    ------
    NoHistoryError
        If git is not installed or fails, with its first line.
    """
    top, own = _opened(root)
    command = ["git", "-c", "core.quotepath=off", *words]
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(own),
        "LC_ALL": "C",
        "GIT_DIR": str(own),
        "GIT_WORK_TREE": str(top),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_TERMINAL_PROMPT": "0",
    }
    try:
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            check=True,
            cwd=root,
            env=environment,
            timeout=_PATIENCE,
            preexec_fn=_limited,
        )
    except FileNotFoundError:
        raise NoHistoryError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise NoHistoryError(f"git took longer than {_PATIENCE} s") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines() or ["git failed"]
        raise NoHistoryError(said[0].removeprefix("fatal: ")) from None
    return done.stdout


def _limited() -> None:
    """Limit the memory of a process, where the system knows such a limit."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    except (ImportError, ValueError, OSError):
        pass


def _opened(root: Path) -> tuple[Path, Path]:
    """Return the top of the working tree that a folder is in, and a bare directory for git."""
    here = root.resolve()
    for top in (here, *here.parents):
        if (top / ".git").exists():
            places = _places(top / ".git")
            return top, _made(*places, _stamp(*places))
    raise NoHistoryError("not a git repository (or any of the parent directories)")


def _places(path: Path) -> tuple[Path, Path]:
    """Return the directory of a working tree, and that of the repository it belongs to."""
    if path.is_dir():
        return path, path
    text = _text(path)
    if not text.startswith("gitdir: "):
        raise NoHistoryError(f"{path} is no directory of git")
    own = (path.parent / text.removeprefix("gitdir: ").strip()).resolve()
    common = own / "commondir"
    return own, (own / _text(common).strip()).resolve() if common.is_file() else own


def _stamp(own: Path, common: Path) -> tuple[tuple[str, int, int], ...]:
    """Return what changes when a reference does."""
    files = [own / "HEAD", common / "packed-refs", common / "shallow", *_loose(common)]
    stamps = []
    for file in files:
        try:
            status = file.stat()
        except OSError:
            continue
        stamps.append((str(file), status.st_mtime_ns, status.st_size))
    return tuple(stamps)


@lru_cache(maxsize=16)
def _made(own: Path, common: Path, stamp: tuple[tuple[str, int, int], ...]) -> Path:
    """Return a new directory for git, with references and the place of the objects alone."""
    folder = Path(tempfile.mkdtemp(prefix="nuanomaly-git-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "objects" / "info").mkdir(parents=True)
    (folder / "objects" / "info" / "alternates").write_text(f"{common / 'objects'}\n", "utf-8")
    longer = re.search(r"objectformat\s*=\s*sha256", _text(common / "config"), re.IGNORECASE)
    config = "[core]\n\trepositoryformatversion = 1\n\tbare = false\n"
    (folder / "config").write_text(
        config + ("[extensions]\n\tobjectformat = sha256\n" if longer else ""), "utf-8"
    )
    (folder / "refs").mkdir()
    (folder / "HEAD").write_text(_reference(own / "HEAD") or "ref: refs/heads/main", "utf-8")
    packed = [line for line in _text(common / "packed-refs").splitlines() if _PACKED.fullmatch(line)]
    (folder / "packed-refs").write_text("".join(f"{line}\n" for line in packed), "utf-8")
    for file in _loose(common):
        target = folder / file.relative_to(common)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_reference(file), "utf-8")
    if (common / "shallow").is_file():
        (folder / "shallow").write_text(_text(common / "shallow"), "utf-8")
    return folder


def _loose(common: Path) -> list[Path]:
    """Return the files of references that are not packed."""
    paths: Iterator[Path] = (Path(base) / f for base, _, files in os.walk(common / "refs") for f in files)
    listed = [file for _, file in zip(range(_MOST_REFERENCES), paths, strict=False)]
    return [file for file in listed if not file.is_symlink() and _reference(file)]


def _reference(file: Path) -> str:
    """Return what a reference says; empty if it is none."""
    text = _text(file)
    return text if _REFERENCE.fullmatch(text) else ""


def _text(file: Path) -> str:
    """Return a file of git as text; empty without it, or if it is larger than any."""
    try:
        wanted = file.is_file() and file.stat().st_size <= _LARGEST
        return file.read_text("utf-8", "replace") if wanted else ""
    except OSError:
        return ""
