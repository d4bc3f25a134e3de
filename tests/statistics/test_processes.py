"""Processes of this machine, which may be killed, and blocks that end early."""

import os
from concurrent.futures import Executor
from pathlib import Path

import pytest

from nuanomaly.inference.processes import LostError, pool


def begin(folder: Path, number: int) -> None:
    """Leave something behind."""
    (folder / str(number)).touch()


def lose(processes: Executor, waiting: int) -> None:
    """Have a process die of what it does, while so many others wait."""
    lost = processes.submit(os._exit, 1)
    _ = [processes.submit(abs, number) for number in range(waiting)]
    lost.result()


@pytest.mark.parametrize("waiting", [0, 1, 3000])
def test_a_killed_process_is_one_error_however_much_waits_for_it(waiting: int) -> None:
    # a thread of the pool that ends with a traceback would be an error of the test, too
    with pytest.raises(LostError, match="a process ended in the middle of its work"), pool(2) as processes:
        lose(processes, waiting)


def test_what_waits_is_not_begun_when_the_block_ends_early(tmp_path: Path) -> None:
    def fail(processes: Executor) -> None:
        first = processes.submit(divmod, 1, 0)
        _ = [processes.submit(begin, tmp_path, number) for number in range(3000)]
        first.result()

    with pytest.raises(ZeroDivisionError), pool(1) as processes:
        fail(processes)
    assert len(list(tmp_path.iterdir())) < 3000
