"""Processes that calculate beside this one: started when there is something for them, one thread each."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from nuanomaly.report import threads

#: What is to be done, of which many can be done at the same time, in any order.
Task = Callable[[], None]


@contextmanager
def pool(count: int) -> Iterator[Executor]:
    """Give so many processes, which end with the block."""
    # spawned, not forked: a fork of a process with threads may hang
    with threads.single(), ProcessPoolExecutor(count, mp_context=get_context("spawn")) as processes:
        yield processes
