"""Processes of this machine: started for a block, and gone after it, whatever ends it."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

from nuanomaly.archive.errors import NuanomalyError


class LostError(NuanomalyError):
    """Whoever did the work is gone."""

    exit_code = 1


@contextmanager
def pool(
    count: int, initializer: Callable[..., None] | None = None, initargs: tuple[Any, ...] = ()
) -> Iterator[Executor]:
    """Give so many processes; what waits for one when the block ends is not begun.

    Parameters
    ----------
    count : int
    initializer : callable, optional
        Called in each process before its first work, with ``initargs``.

    Raises
    ------
    LostError
        If a process was killed.

    Examples
    --------
    >>> with pool(2) as processes:
    ...     processes.submit(abs, -3).result()
    3
    """
    # spawned, not forked: a fork of a process with threads (a progress bar, a notebook) may hang
    processes = ProcessPoolExecutor(count, get_context("spawn"), initializer, initargs)
    try:
        yield processes
    except BrokenProcessPool:
        raise LostError("a process ended in the middle of its work (is memory short?)") from None
    finally:
        # By the thread that minds the processes, and not here: until Python 3.11.7 at least it ends with a
        # traceback where it finds that a process was killed while futures are being cancelled.
        processes.shutdown(cancel_futures=True)
