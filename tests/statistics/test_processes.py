"""Processes of this machine, which may be killed, and blocks that end early."""

import os
from concurrent.futures import Executor
from pathlib import Path

import pytest

from nuanomaly.archive.errors import UnknownNameError
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


def refuse() -> None:
    """Not begin."""
    os._exit(1)


def test_processes_that_cannot_begin_are_one_error() -> None:
    with pytest.raises(LostError, match="a process ended"), pool(2, refuse) as processes:
        processes.submit(abs, -3).result()


class OwnError(Exception):
    """One that pickle cannot make again."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} and {other}")


def fail(kind: str) -> None:
    """Raise an error."""
    raise OwnError("this", "that") if kind == "own" else UnknownNameError("model", "4nu", ["3nu"])


@pytest.mark.parametrize(
    ("kind", "expected"), [("own", RuntimeError("OwnError: this and that")), ("usual", None)]
)
def test_what_work_raises_arrives_with_its_place(kind: str, expected: Exception | None) -> None:
    with pool(1) as processes:
        raised = processes.submit(fail, kind).exception()
        assert processes.submit(abs, -3).result() == 3  # the process goes on
    wanted = expected or UnknownNameError("model", "4nu", ["3nu"])
    assert (type(raised), str(raised)) == (type(wanted), str(wanted))
    assert expected or vars(wanted).items() < vars(raised).items()
    assert expected or "in fail" in raised.__notes__[0]  # type: ignore[union-attr]
