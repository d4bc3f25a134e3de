"""The same work on a Dask cluster: any number of workers, killed ones, and after a restart."""

import os
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.execute import Where, run
from nuanomaly.inference.feldman_cousins import FeldmanCousins, feldman_cousins

GRID = {"dm2_41": (0.1, 50.0, 9, "log"), "sin2_2theta_ee": (0.01, 1.0, 7, "log")}
# what distributed itself leaves behind is not what is tested here
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


@contextmanager
def cluster(workers: int, processes: bool = True) -> Iterator[Any]:
    import cloudpickle
    import distributed

    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import tests
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
    return feldman_cousins("best:prc", "2nu-ee", GRID, toys=500, seed=8, **settings)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_result_is_the_same_to_the_bit_with_any_number_of_workers(workers: int) -> None:
    with cluster(workers, processes=workers == 2) as found:
        shared = result(where=Where(scheduler=found.scheduler_address))
    assert shared.to_frame().equals(result().to_frame())


def slow(payload: Path, argument: int) -> np.ndarray:
    """A piece that leaves its process's number, and takes long enough to be killed."""
    (payload / f"{argument}-{os.getpid()}").touch()
    time.sleep(0.2)
    return np.full(3, float(argument))


def test_a_killed_worker_is_made_up_for(tmp_path: Path) -> None:
    started, store = tmp_path / "started", tmp_path / "store"
    started.mkdir()
    killed: list[int] = []

    def kill_one(done: int, total: int) -> None:
        if not killed:
            killed.append(int(next(iter(started.iterdir())).name.partition("-")[2]))
            os.kill(killed[0], signal.SIGKILL)

    with cluster(2) as found:
        where = Where(scheduler=found.scheduler_address, store=store)
        arrays = run(slow, started, range(8), "slow", where, kill_one)
    assert [a.tolist() for a in arrays] == [[float(k)] * 3 for k in range(8)]
    assert killed
    assert len(list(store.glob("*.npz"))) == 8


def test_a_lost_scheduler_leaves_what_is_finished(tmp_path: Path) -> None:
    done: list[int] = []

    class Lost(Exception):
        pass

    def lose(count: int, total: int) -> None:
        done.append(count)
        if count == 3:
            raise Lost

    started = tmp_path / "started"
    started.mkdir()
    store = tmp_path / "store"
    with cluster(1) as found, pytest.raises(Lost):
        run(slow, started, range(6), "slow", Where(scheduler=found.scheduler_address, store=store), lose)
    assert len(list(store.glob("*.npz"))) == 3
    before = len(list(started.iterdir()))
    rest = run(slow, started, range(6), "slow", Where(store=store))  # without a cluster
    assert [a[0] for a in rest] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert len(list(started.iterdir())) - before <= 3


def test_an_address_without_a_scheduler_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nuanomaly.inference.execute._CONNECT", 0.3)
    with pytest.raises(NuanomalyError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:9"):
        run(slow, Path(), [1], "slow", Where(scheduler="tcp://127.0.0.1:9"))
