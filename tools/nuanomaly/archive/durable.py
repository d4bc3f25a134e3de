"""Writing that survives a crash: content first, then the name, and both on the disk before anybody is told.

The order is: write the content, fsync the file, rename it to its name, fsync the folder that holds the name.
A machine that loses power in between has the old content or the new one, never a part or an empty file.
"""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


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


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new one, never a part, whatever happens.

    Raises
    ------
    OSError
        If it cannot be written, with the name of the file; what stood there before stands there still.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from None
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise type(error)(error.errno, error.strerror, str(path)) from None
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
