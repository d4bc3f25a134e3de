"""Work in pieces: in this process, on several processes, or on a Dask cluster, with the same result.

A piece is a function of a payload, sent to each worker once, and of an argument. What comes out depends on
these alone, so that it does not matter who computes it, in which order, or whether it was read back from a
folder of finished pieces.
"""

import hashlib
import logging
import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from nuanomaly.archive.errors import Interrupted, NuanomalyError
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.processes import LostError, pool
from nuanomaly.model.probabilities import Array

#: payload, argument → array
Piece = Callable[[Any, Any], Array]
#: How long to wait for a scheduler, for its first worker, and for a finished piece to arrive, in seconds.
_CONNECT, _FIRST_WORKER, _ARRIVAL = 10.0, 60.0, 10.0


@dataclass(frozen=True)
class Placement:
    """Where work is done.

    Attributes
    ----------
    workers : int
        Processes on this machine; 1 is this process.
    scheduler : str or None
        Address of a Dask scheduler (``tcp://…``), ``client`` for the client that is running.
    store : Path or None
        Folder of finished pieces: they are read back instead of computed again.
    """

    workers: int = 1
    scheduler: str | None = None
    store: Path | None = None


def run(
    piece: Piece,
    payload: Any,
    arguments: Sequence[Any],
    key: str,
    placement: Placement | None = None,
    progress: Progress | None = None,
) -> list[Array]:
    """Return ``piece(payload, argument)`` for every argument, in order.

    Parameters
    ----------
    key : str
        What the payload is: finished pieces are found again by key and argument.

    Raises
    ------
    NuanomalyError
        If processes, all workers of a cluster or its scheduler are lost; it says what is kept.
    Interrupted
        On Ctrl-C; it says the same.
    """
    chosen = placement or Placement()
    arrays: dict[int, Array] = {}
    names = [_name(key, argument) for argument in arguments]
    if chosen.store is not None:
        for k, name in enumerate(names):
            array = _read(chosen.store, name)
            if array is not None:
                arrays[k] = array
    left = [k for k in range(len(arguments)) if k not in arrays]
    try:
        for k, array in _computed(piece, payload, {k: arguments[k] for k in left}, chosen):
            if chosen.store is not None:
                _write(chosen.store, names[k], array)
            arrays[k] = array
            if progress is not None:
                progress(len(arrays), len(arguments))
    except LostError as error:
        raise LostError(f"{error}: {_kept(len(arrays), len(arguments), chosen.store)}") from None
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted: {_kept(len(arrays), len(arguments), chosen.store)}") from None
    return [arrays[k] for k in range(len(arguments))]


def _kept(finished: int, total: int, store: Path | None) -> str:
    """Say what is finished, and how to go on."""
    done = f"{finished} of {total} pieces of work are finished"
    if store is None:
        return f"{done} and lost; with a folder to keep them in (--resume FOLDER) they would have been kept"
    return f"{done} and kept in {store}; the same call goes on from there, on this cluster, another or none"


def _computed(
    piece: Piece, payload: Any, arguments: dict[int, Any], placement: Placement
) -> Iterator[tuple[int, Array]]:
    if placement.scheduler is not None:
        yield from _on_dask(piece, payload, arguments, placement.scheduler)
    elif placement.workers > 1 and len(arguments) > 1:
        yield from _on_processes(piece, payload, arguments, placement.workers)
    else:
        for k, argument in arguments.items():
            yield k, piece(payload, argument)


def _pickled(payload: Any) -> bytes:
    try:
        return pickle.dumps(payload)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise NuanomalyError(
            f"this cannot be sent to other processes ({error}): define the model in a module, or use one"
            " worker"
        ) from None


def _on_processes(
    piece: Piece, payload: Any, arguments: dict[int, Any], workers: int
) -> Iterator[tuple[int, Array]]:
    sent = (piece, _pickled(payload))
    with pool(workers, _receive, sent) as processes:
        futures = {processes.submit(_work, *sent_key(sent), argument): k for k, argument in arguments.items()}
        for future in as_completed(futures):
            yield futures[future], future.result()


def sent_key(sent: tuple[Piece, bytes]) -> tuple[str]:
    """Return the name under which workers keep what they were sent."""
    return (hashlib.sha256(sent[1]).hexdigest(),)


_RECEIVED: dict[str, tuple[Piece, Any]] = {}


def _receive(piece: Piece, payload: bytes) -> None:
    """Keep what all pieces of this worker need."""
    _RECEIVED[sent_key((piece, payload))[0]] = (piece, pickle.loads(payload))


def _work(name: str, argument: Any) -> Array:
    piece, payload = _RECEIVED[name]
    return piece(payload, argument)


def _on_dask(
    piece: Piece, payload: Any, arguments: dict[int, Any], scheduler: str
) -> Iterator[tuple[int, Array]]:
    try:
        distributed: Any = import_module("dask.distributed")
    except ImportError:
        raise NuanomalyError("a scheduler needs Dask: pip install 'nuanomaly[dask]'") from None
    own = scheduler != "client"
    try:
        client = (
            distributed.Client(scheduler, timeout=_CONNECT, set_as_default=False)
            if own
            else distributed.get_client()
        )
    except (OSError, ValueError) as error:
        raise NuanomalyError(f"no Dask scheduler at {scheduler}: {error}") from None
    address = client.scheduler.address
    try:
        _wait_for_a_worker(client)
        # by value: a model that was defined in a notebook exists nowhere else
        work = import_module("cloudpickle").dumps((piece, payload))
        sent = client.scatter(work, broadcast=True)
        futures = {
            client.submit(_unpack, sent, argument, pure=False, retries=3): k
            for k, argument in arguments.items()
        }
        for future in distributed.as_completed(list(futures), loop=client.loop):
            yield futures[future], _arrived(future, client)
    except distributed.KilledWorker as error:
        died = "a piece of work ended worker after worker (is their memory short?)"
        raise LostError(f"{died}, the last one at {error.last_worker.address}") from None
    except (CancelledError, OSError) as error:
        if isinstance(error, CancelledError) or client.status != "running":
            raise LostError(f"the connection to the Dask scheduler {address} was lost") from None
        raise
    finally:
        if own:
            with _quiet("distributed.client"):
                client.close()


def _wait_for_a_worker(client: Any) -> None:
    try:
        client.wait_for_workers(1, timeout=_FIRST_WORKER)
    except TimeoutError:
        said = f"the Dask scheduler {client.scheduler.address} has had no worker for {_FIRST_WORKER:g} s"
        raise LostError(said) from None


def _arrived(future: Any, client: Any) -> Array:
    """Return what a finished piece gave, unless it cannot come any more."""
    while True:
        try:
            values: Array = future.result(timeout=_ARRIVAL)
        except TimeoutError:
            if future.status == "error" or client.status != "running":
                raise
        else:
            return values


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Leave out what a logger says: a lost connection is reported as an error of its own."""
    logger = logging.getLogger(name)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _unpack(work: bytes, argument: Any) -> Array:
    piece, payload = _unpickled(work)
    values: Array = piece(payload, argument)
    return values


@lru_cache(maxsize=2)
def _unpickled(work: bytes) -> Any:
    return pickle.loads(work)


# --- finished pieces ----------------------------------------------------------------------------------------


def _name(key: str, argument: Any) -> str:
    return hashlib.sha256(f"{key} {argument!r}".encode()).hexdigest()[:32]


def _read(store: Path, name: str) -> Array | None:
    """Return a finished piece; None if there is none, or it was cut off."""
    try:
        with (store / f"{name}.npz").open("rb") as opened, np.load(opened) as file:
            array: Array = file["array"]
            whole = hashlib.sha256(array.tobytes()).hexdigest() == str(file["sha256"])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    return array if whole else None


def _write(store: Path, name: str, array: Array) -> None:
    store.mkdir(parents=True, exist_ok=True)
    temporary = store / f"{name}.partial.npz"
    np.savez(temporary, array=array, sha256=np.array(hashlib.sha256(array.tobytes()).hexdigest()))
    temporary.replace(store / f"{name}.npz")
