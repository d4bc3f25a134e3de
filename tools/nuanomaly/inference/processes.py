"""Processes of this machine: started for a block, and gone after it, whatever ends it.

Each is minded by a thread of its own, and shares nothing with the others. Those of the standard library share
queues and one thread: where one is killed while work is handed out or cancelled, that thread ends with a
traceback or waits for ever (Python 3.11.7).
"""

import pickle
import signal
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Event, local
from typing import Any

from nuanomaly.archive.errors import NuanomalyError


class LostError(NuanomalyError):
    """Whoever did the work is gone."""

    exit_code = 1


@contextmanager
def pool(
    count: int, initializer: Callable[..., None] | None = None, initargs: tuple[Any, ...] = ()
) -> Iterator[Executor]:
    """Give so many processes, started when there is work for them; what waits at the end is not begun.

    Parameters
    ----------
    count : int
    initializer : callable, optional
        Called in each process before its first work, with ``initargs``.

    Raises
    ------
    LostError
        If a process was killed; the others are, too.

    Examples
    --------
    >>> with pool(2) as processes:
    ...     processes.submit(abs, -3).result()
    3
    """
    processes = _Processes(count, (initializer, initargs))
    try:
        yield processes
    finally:
        processes.shutdown(cancel_futures=True)


class _Own(local):
    """What a thread has for itself."""

    connection: Connection | None = None


class _Processes(Executor):
    """Threads, each of which has a process do what is asked of it."""

    def __init__(self, count: int, prepared: tuple[Callable[..., None] | None, tuple[Any, ...]]) -> None:
        # spawned, not forked: a fork of a process with threads (a progress bar, a notebook) may hang
        self._context, self._prepared = get_context("spawn"), prepared
        self._threads, self._own = ThreadPoolExecutor(count), _Own()
        self._begun: list[tuple[Any, Connection]] = []
        self._lost = Event()

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Have a function called in a process."""
        return self._threads.submit(self._done, pickle.dumps((function, arguments, named)))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let all processes end when they have done what they do now."""
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        for process, connection in self._begun:
            connection.close()
            process.join()

    def _done(self, work: bytes) -> Any:
        """Return what the process of this thread makes of the work."""
        try:
            if self._lost.is_set():
                raise EOFError
            connection = self._connection()
            connection.send_bytes(work)
            answer = connection.recv_bytes()
        except (EOFError, OSError) as error:
            self._lost.set()
            for process, _ in self._begun:
                process.kill()
            raise LostError("a process ended in the middle of its work (is memory short?)") from error
        value, raised = pickle.loads(answer)
        if raised is not None:
            raise raised
        return value

    def _connection(self) -> Connection:
        """Return the connection to the process of this thread, which is started if there is none."""
        if self._own.connection is None:
            here, there = self._context.Pipe()
            process = self._context.Process(target=_serve, args=(there, *self._prepared))
            process.start()
            there.close()  # so that the end of the process ends the connection
            self._begun.append((process, here))
            self._own.connection = here
        return self._own.connection


def _serve(
    connection: Connection, initializer: Callable[..., None] | None, initargs: tuple[Any, ...]
) -> None:
    """Do what comes until nothing comes any more; Ctrl-C ends it without a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if initializer is not None:
        initializer(*initargs)
    with suppress(EOFError):
        while True:
            connection.send_bytes(_answer(connection.recv_bytes()))


def _answer(work: bytes) -> bytes:
    """Return what the work gives, or what it raises, as bytes."""
    try:
        function, arguments, named = pickle.loads(work)
        return pickle.dumps((function(*arguments, **named), None))
    except BaseException as error:
        error.add_note(traceback.format_exc())
        return _raised(error)


def _raised(error: BaseException) -> bytes:
    """Return an error as bytes; one that cannot be sent in words."""
    try:
        sent = pickle.dumps((None, error))
        pickle.loads(sent)
    except Exception:  # of whatever class: what pickling it calls is its own code
        sent = pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}")))
    return sent
