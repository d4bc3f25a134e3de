"""Processes that calculate beside this one: started when there is something for them, one thread each."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from nuanomaly.inference import processes
from nuanomaly.report import threads

#: What is to be done, of which many can be done at the same time, in any order.
Task = Callable[[], None]


@contextmanager
def pool(count: int) -> Iterator[Executor]:
    """Give so many processes, which end with the block."""
    with threads.single(), processes.pool(count) as started:
        yield started
