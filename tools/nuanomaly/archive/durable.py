"""Writing that survives a crash: content first, then the name, and both on the disk before anybody is told.

The order is: write the content, fsync the file, rename it to its name, fsync the folder that holds the name.
A machine that loses power in between has the old content or the new one, never a part or an empty file.

What the archive keeps for itself (a cache, a mirror, a release) takes the place of what has its name, links
included, which somebody else may have put there. A name that the user gave means what a link of that name
leads to.
"""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from nuanomaly.archive.errors import NuanomalyError


def sync_folder(folder: Path) -> None:
    """Have the names in a folder written to the disk; where the system cannot, nothing happens."""
    flags = getattr(os, "O_DIRECTORY", None)
    if flags is None:
        return
    with suppress(PermissionError):  # a folder that may be written but not read
        handle = os.open(folder, os.O_RDONLY | flags)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def named(path: Path) -> Path:
    """Return where a file or folder is that the user named: links are followed.

    Raises
    ------
    NuanomalyError
        If they lead back to themselves, or to what is in no folder.
    """
    for above in path.parents:
        if above.is_symlink() and not above.is_dir():
            raise NuanomalyError(f"{above} is a link that leads to no folder: name another, or remove it")
    if not path.is_symlink():
        return path
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise NuanomalyError(f"{path} is a link that leads back to itself: name another file, or remove it")
    if not target.parent.is_dir():
        raise NuanomalyError(
            f"{path} is a link to {target}, whose folder is not there: make it, or remove it"
        )
    return target


def write_output(path: Path, content: bytes) -> None:
    """Write a file that the user named, as :func:`write_atomically`; its folder is made.

    The target of a link is written, in its own folder, and the link stays. A pipe or device is written to.

    Raises
    ------
    NuanomalyError
        If it is a folder, or a link that leads nowhere.
    OSError
        If it cannot be written, with the name of the file; what stood there before stands there still.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    target = named(path)
    if target.is_dir():
        raise NuanomalyError(f"{path} is a folder: name a file")
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        with target.open("wb") as stream:
            stream.write(content)
        return
    _write(target, content, None)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new one, never a part, whatever happens.

    Others may read it, a web server among them.

    Raises
    ------
    OSError
        If it cannot be written, with the name of the file; what stood there before stands there still.
    """
    _write(path, content, 0o644)


def _write(path: Path, content: bytes, mode: int | None) -> None:
    """Write a file atomically; a new one has a mode, or (None) that which the user's umask gives it."""
    old = path.exists() and not path.is_symlink()
    temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        handle = os.open(temporary, flags, 0o666 if mode is None and not old else 0o600)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if old:
            temporary.chmod(path.stat().st_mode & 0o777)
        elif mode is not None:
            temporary.chmod(mode)
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise type(error)(error.errno, error.strerror, str(path)) from None
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
