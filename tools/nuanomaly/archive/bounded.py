"""Work on somebody else's files, in bounded time and memory: it ends, and says where it was.

The work is done in a process of its own, which is ended when its time is up or its memory is. What it was
busy with stands in a file that it writes before each step (:func:`at`), so that there is a place to name.
Time in which other work of the machine kept it from running does not count.
"""

import multiprocessing
import os
import tempfile
import time
import tokenize
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from nuanomaly.archive.errors import NuanomalyError

#: What parsers and checks raise on input that nobody thought of. None of these may end a review.
STUMBLES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
    tokenize.TokenError,
)
#: Bytes of address space that the work may take.
MEMORY = 8 << 30
#: Seconds that the other process may take to begin, on a machine with much else to do.
_TO_BEGIN = 120.0
_BUSY = "NUANOMALY_BUSY_WITH"


class UnfinishedError(NuanomalyError):
    """Work on somebody else's files took too long, or too much memory.

    Attributes
    ----------
    place : str
        What it was busy with; empty if that is not known.
    """

    exit_code = 1

    def __init__(self, message: str, place: str) -> None:
        super().__init__(message)
        self.place = place


def at(place: str) -> None:
    """Say what is looked at next; nothing happens unless somebody set a limit."""
    file = os.environ.get(_BUSY)
    if file:
        Path(file).write_text(place, "utf-8", "backslashreplace")


def call(function: Callable[..., Any], arguments: tuple[Any, ...], seconds: float) -> Any:
    """Return what a function returns, called in a process of its own.

    Parameters
    ----------
    function : callable
        Of a module, so that another process finds it; what it takes and returns can be pickled.
    arguments : tuple
    seconds : float
        So long after it began it is ended; where the system says how long it waited for a processor, that is
        added.

    Raises
    ------
    UnfinishedError
        If it took too long, or died.
    NuanomalyError
        What the function raised.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    with tempfile.TemporaryDirectory() as folder:
        busy = Path(folder) / "busy"
        worker = context.Process(target=_work, args=(theirs, function, arguments, str(busy)), daemon=True)
        worker.start()
        theirs.close()
        try:
            if not _answers(ours, worker.pid, _TO_BEGIN):
                raise UnfinishedError(f"it did not begin within {_TO_BEGIN:.0f} s", "")
            ours.recv()
            if not _answers(ours, worker.pid, seconds):
                raise UnfinishedError(f"it took longer than {seconds:.0f} s", _read(busy))
            kind, value = ours.recv()
        except EOFError:
            raise UnfinishedError("it took more memory than there is, or died", _read(busy)) from None
        finally:
            worker.kill()
            worker.join()
            ours.close()
    if kind == "error":
        raise value
    return value


def _answers(connection: Connection, process: int | None, seconds: float) -> bool:
    """Return whether a process answers before it had so many seconds, running or idle."""
    begun, before = time.monotonic(), _kept_waiting(process)
    while True:
        left = begun + seconds + _kept_waiting(process) - before - time.monotonic()
        if left <= 0.0:
            return connection.poll()
        if connection.poll(left):
            return True


def _kept_waiting(process: int | None) -> float:
    """Return the seconds for which a process could have run and others did; 0 where that is not known."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text("ascii").split()[1]) * 1e-9
    except (OSError, ValueError, IndexError):
        return 0.0


def _work(answer: Connection, function: Callable[..., Any], arguments: tuple[Any, ...], busy: str) -> None:
    """Do the work and send what comes of it."""
    os.environ[_BUSY] = busy
    answer.send("begun")
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except (ImportError, ValueError, OSError):  # a system that knows no such limit
        pass
    try:
        answer.send(("value", function(*arguments)))
    except NuanomalyError as error:
        answer.send(("error", NuanomalyError(str(error))))
    except MemoryError:
        answer.close()


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""
