"""The same work on a Dask cluster: any number of workers, killed ones, a killed scheduler, restarts."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nuanomaly.archive.errors import Interrupted, NuanomalyError
from nuanomaly.inference.feldman_cousins import FeldmanCousins, feldman_cousins
from nuanomaly.inference.toys import generator
from nuanomaly.inference.workers import Placement, run

#: Nothing takes this long, in seconds, on however busy a machine.
PATIENCE = 300.0
GRID = {"dm2_41": (0.1, 50.0, 9, "log"), "sin2_2theta_ee": (0.01, 1.0, 7, "log")}
# what distributed itself leaves behind is not what is tested here
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait as long as a busy machine needs to start processes, and send tests' functions by value."""
    import cloudpickle

    monkeypatch.setattr("nuanomaly.inference.workers._CONNECT", PATIENCE)
    monkeypatch.setattr("nuanomaly.inference.workers._FIRST_WORKER", PATIENCE)
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import tests


@contextmanager
def cluster(workers: int, processes: bool = True) -> Iterator[Any]:
    import distributed

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=processes,
            dashboard_address=None,
            silence_logs=50,
        ) as found:
            yield found


def result(**settings: Any) -> FeldmanCousins:
    return feldman_cousins("best:prc", "2nu-ee", grid=GRID, toys=500, seed=8, **settings)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_result_is_the_same_to_the_bit_with_any_number_of_workers(workers: int) -> None:
    with cluster(workers, processes=workers == 2) as found:
        shared = result(placement=Placement(scheduler=found.scheduler_address))
    assert shared.to_frame().equals(result().to_frame())


def slow(payload: Path, argument: int) -> np.ndarray:
    """A piece that leaves its process's number, and takes long enough to be killed."""
    (payload / f"{argument}-{os.getpid()}").touch()
    time.sleep(0.2)
    return generator(argument).standard_normal(3)


def bits(arrays: list[np.ndarray]) -> list[bytes]:
    return [a.tobytes() for a in arrays]


def started(folder: Path) -> set[int]:
    """Return the pieces that were begun, from what they left behind."""
    return {int(f.name.partition("-")[0]) for f in folder.iterdir()}


def test_a_killed_worker_is_made_up_for(tmp_path: Path) -> None:
    begun, store = tmp_path / "begun", tmp_path / "store"
    begun.mkdir()
    killed: list[int] = []

    def kill_one(done: int, total: int) -> None:
        if not killed:
            killed.append(int(next(iter(begun.iterdir())).name.partition("-")[2]))
            os.kill(killed[0], signal.SIGKILL)

    with cluster(2) as found:
        placement = Placement(scheduler=found.scheduler_address, store=store)
        arrays = run(slow, begun, range(8), "slow", placement, kill_one)
    assert bits(arrays) == bits([generator(k).standard_normal(3) for k in range(8)])
    assert killed
    assert len(list(store.glob("*.npz"))) == 8


# --- a scheduler of its own process, which is killed --------------------------------------------------------


def process(stack: ExitStack, module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a module of Dask's, and see to its end."""
    command = [sys.executable, "-m", f"distributed.cli.{module}", "--no-dashboard", *arguments]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    begun: subprocess.Popen[bytes] = subprocess.Popen(command, **silent)  # type: ignore[call-overload]
    stack.callback(lambda: (begun.kill(), begun.wait()))
    return begun


@contextmanager
def real_cluster(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Give the address of a scheduler with one worker, each a process of its own, and the scheduler."""
    folder.mkdir()
    file = folder / "scheduler.json"
    with ExitStack() as stack:
        where = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file)]
        scheduler = process(stack, "dask_scheduler", *where)
        own = ["--scheduler-file", str(file), "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1"]
        process(stack, "dask_worker", *own, "--local-directory", str(folder))
        yield wait_for(lambda: json.loads(file.read_text())["address"]), scheduler


def wait_for(look: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Return what a look gives as soon as it is there."""
    end = time.monotonic() + seconds
    while True:
        try:
            found = look()
            if found:
                return found
        except (OSError, ValueError):
            pass
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


@pytest.mark.parametrize("again", ["on a new scheduler", "without one"])
def test_after_a_killed_scheduler_the_rest_is_done_and_nothing_twice(tmp_path: Path, again: str) -> None:
    begun, store = tmp_path / "begun", tmp_path / "store"
    begun.mkdir()
    with real_cluster(tmp_path / "first") as (address, scheduler):

        def kill(done: int, total: int) -> None:
            if done == 3:
                scheduler.kill()
                scheduler.wait()

        start = time.monotonic()
        with pytest.raises(NuanomalyError) as lost:
            run(slow, begun, range(10), "slow", Placement(scheduler=address, store=store), kill)
        assert time.monotonic() - start < PATIENCE  # it does not wait for a scheduler that never comes back
    assert address in str(lost.value)
    kept = len(list(store.glob("*.npz")))
    assert 3 <= kept < 10
    assert f"{kept} of 10 pieces of work are finished and kept in {store}" in str(lost.value)
    for file in begun.iterdir():
        file.unlink()
    done: list[int] = []
    with ExitStack() as stack:
        new = stack.enter_context(real_cluster(tmp_path / "second"))[0] if again != "without one" else None
        placement = Placement(scheduler=new, store=store)
        rest = run(slow, begun, range(10), "slow", placement, lambda k, n: done.append(k))
    assert bits(rest) == bits([generator(k).standard_normal(3) for k in range(10)])
    assert done == list(range(kept + 1, 11))
    assert len(started(begun)) == 10 - kept


def test_without_a_folder_a_lost_scheduler_says_what_a_folder_would_have_saved(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    begun.mkdir()
    with real_cluster(tmp_path / "first") as (address, scheduler):
        placement = Placement(scheduler=address)
        with pytest.raises(NuanomalyError, match="finished and lost; with a folder to keep them in"):
            run(slow, begun, range(10), "slow", placement, lambda done, total: scheduler.kill())


def test_an_address_without_a_scheduler_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nuanomaly.inference.workers._CONNECT", 0.3)
    with pytest.raises(NuanomalyError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:9"):
        run(slow, Path(), [1], "slow", Placement(scheduler="tcp://127.0.0.1:9"))


def test_a_cluster_without_workers_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nuanomaly.inference.workers._FIRST_WORKER", 0.3)
    with cluster(0) as found, pytest.raises(NuanomalyError, match=r"has had no worker for 0\.3 s: 0 of 1"):
        run(slow, Path(), [1], "slow", Placement(scheduler=found.scheduler_address))


# --- processes of this machine, and Ctrl-C ------------------------------------------------------------------


def test_a_killed_process_is_a_clear_error_and_what_is_finished_is_kept(tmp_path: Path) -> None:
    def kill_one(done: int, total: int) -> None:
        if done == 1:
            os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL)

    settings: dict[str, Any] = {"toys": 200_000, "seed": 8}
    with pytest.raises(NuanomalyError, match="a process ended in the middle of its work"):
        feldman_cousins(
            "best:prc",
            "2nu-ee",
            grid=GRID,
            placement=Placement(workers=2, store=tmp_path),
            progress=kill_one,
            **settings,
        )
    assert list(tmp_path.glob("*.npz"))


def test_an_interruption_keeps_what_is_finished_and_says_so(tmp_path: Path) -> None:
    begun, store = tmp_path / "begun", tmp_path / "store"
    begun.mkdir()

    def interrupt(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="interrupted: 2 of 4 pieces of work are finished and kept in"):
        run(slow, begun, range(4), "slow", Placement(store=store), interrupt)
    assert started(begun) == {0, 1}
    run(slow, begun, range(4), "slow", Placement(store=store))
    assert len(list(begun.iterdir())) == 4  # nothing twice


def test_control_c_ends_the_command_with_one_sentence(tmp_path: Path) -> None:
    grid = ["--grid", "dm2_41=0.1:50:12", "--grid", "sin2_2theta_ee=0.01:1:9"]
    work = ["best:prc", "--model", "2nu-ee", *grid, "--toys", "1000000", "--resume", str(tmp_path)]
    command = [sys.executable, "-m", "nuanomaly", "feldman-cousins", *work]
    pipes: dict[str, Any] = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    # what is started in the background of a shell ignores Ctrl-C, and its children would, too
    heard = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler)}
    with subprocess.Popen(command, **pipes, **heard) as running, ExitStack() as stack:
        stack.callback(running.kill)
        wait_for(lambda: list(tmp_path.glob("*.npz")))
        running.send_signal(signal.SIGINT)
        said = running.communicate(timeout=PATIENCE)[1]
    assert running.returncode == 1
    assert said.startswith("Error: interrupted: ")
    assert "Traceback" not in said
    assert f"kept in {tmp_path}; the same call goes on from there" in said
