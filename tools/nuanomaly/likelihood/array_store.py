"""Arrays that take long to build, kept in the user's cache folder from one process to the next.

What is kept is named by the sha256 of all that it is made of: every argument to its last bit, the source of
all likelihoods and models, the versions of Python, numpy and scipy, the machine, and the number of threads of
linear algebra, with which sums are added up in another order. So what is read is what would be built, to the
bit; a function whose source or whose tables change asks for another name. Content that does not have the hash
it was written with is built again. Nothing has to be there, and where nothing can be written nothing is kept;
``$NUANOMALY_BUILT=0`` keeps nothing. The oldest go where all together are more than 256 MB.
"""

import hashlib
import io
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, ParamSpec

import numpy as np
import scipy
from numpy.typing import NDArray

from nuanomaly.archive import durable, paths

_P = ParamSpec("_P")
#: What a function that is kept returns.
Arrays = tuple[NDArray[Any], ...]
#: All together, in bytes; and seconds that building must take for keeping to be worth it.
_LARGEST, _WORTH = 256_000_000, 0.01
#: What changes the order in which libraries of linear algebra add up.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_CORETYPE")


def stored(build: Callable[_P, Arrays]) -> Callable[_P, Arrays]:
    """Keep what a function returns.

    It must depend on its arguments alone, and read no files: they are arrays, numbers and texts, or mappings,
    sequences and dataclasses of them.

    Examples
    --------
    >>> @stored
    ... def doubled(numbers):
    ...     return (2.0 * numbers,)
    >>> doubled(np.array([1.0, 2.0]))
    (array([2., 4.]),)
    """

    @wraps(build)
    def kept(*arguments: _P.args, **named: _P.kwargs) -> Arrays:
        folder = _folder()
        if folder is None:
            return _laid_out(build(*arguments, **named))
        file = folder / name(build, arguments, named)
        known = read(file)
        if known is not None:
            return known
        begun = time.perf_counter()
        made = _laid_out(build(*arguments, **named))
        if time.perf_counter() - begun > _WORTH:
            write(file, made)
        return made

    return kept


def _folder() -> Path | None:
    if os.environ.get("NUANOMALY_BUILT") == "0":
        return None
    try:
        return paths.cache() / "built"
    except RuntimeError:  # a user without a home
        return None


def _laid_out(arrays: Arrays) -> Arrays:
    """Return arrays that lie in memory as they do when they are read back: sums over them are the same."""
    return tuple(
        a if a.flags.c_contiguous or a.flags.f_contiguous else np.ascontiguousarray(a) for a in arrays
    )


def read(file: Path) -> Arrays | None:
    """Return what was kept, or None if there is nothing, or anything but what was written."""
    try:
        content = file.read_bytes()
        if hashlib.sha256(content[32:]).digest() != content[:32]:
            return None
        os.utime(file)  # what is asked for stays longest
    except OSError:
        return None
    stream = io.BytesIO(content[32:])
    arrays = []
    while stream.tell() < len(content) - 32:
        arrays.append(np.lib.format.read_array(stream, allow_pickle=False))
    return tuple(arrays)


def write(file: Path, arrays: Arrays) -> None:
    """Keep arrays, and drop the oldest files where all are too many; in vain where that is not possible."""
    stream = io.BytesIO()
    for array in arrays:
        np.lib.format.write_array(stream, array, allow_pickle=False)
    content = stream.getvalue()
    if len(content) > _LARGEST // 4:
        return
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        durable.write_atomically(file, hashlib.sha256(content).digest() + content)
        _make_room(file.parent)


def _make_room(folder: Path) -> None:
    kept = sorted(
        (entry.stat().st_mtime_ns, entry.stat().st_size, entry.path) for entry in os.scandir(folder)
    )
    total = sum(size for _, size, _ in kept)
    for _, size, path in kept:
        if total <= _LARGEST:
            break
        with suppress(OSError):  # another process may have dropped it
            os.unlink(path)
        total -= size


def name(build: Callable[..., Any], arguments: object, named: object) -> str:
    """Return the name of what a function makes of arguments, 64 hexadecimal digits.

    Raises
    ------
    TypeError
        For an argument whose content is not known.
    """
    threads = [os.environ.get(variable, "") for variable in _THREADS]
    digest = hashlib.sha256(f"{program()} {threads} {build.__module__}.{build.__qualname__}".encode())
    _feed(digest.update, (arguments, named))
    return digest.hexdigest()


def _feed(update: Callable[[bytes], None], thing: object) -> None:
    """Hash a thing with its type and, of an array, how it lies in memory."""
    update(f"{type(thing).__qualname__} ".encode())
    if isinstance(thing, np.ndarray) and thing.dtype != object:
        update(f"{thing.dtype.str} {thing.shape} {thing.strides} ".encode())
        update(np.ascontiguousarray(thing).tobytes())
    elif isinstance(thing, np.ndarray):
        update(f"{thing.shape} ".encode())
        _feed(update, thing.tolist())
    elif isinstance(thing, Mapping):
        _feed(update, list(thing.items()))
    elif isinstance(thing, list | tuple):
        update(f"{len(thing)} ".encode())
        for part in thing:
            _feed(update, part)
    elif is_dataclass(thing):
        _feed(update, [(field.name, getattr(thing, field.name)) for field in fields(thing)])
    elif isinstance(thing, str | int | float | np.generic | None):
        update(f"{thing!r} ".encode())
    else:
        raise TypeError(
            f"{type(thing).__name__}: its content is not known, so that nothing can be named by it"
        )


@lru_cache(maxsize=1)
def program() -> str:
    """Return the digest of what builds: source, versions, and the machine."""
    package = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for part in ("likelihood", "model"):
        for file in sorted((package / part).rglob("*.py")):
            digest.update(file.relative_to(package).as_posix().encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    simd = np.show_config(mode="dicts")
    said = (sys.version, np.__version__, scipy.__version__, *platform.uname(), os.cpu_count(), simd)
    digest.update(repr(said).encode())
    return digest.hexdigest()
