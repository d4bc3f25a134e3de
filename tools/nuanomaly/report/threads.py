"""One thread per process: two processes already fill two cores, and sums keep their order to the last bit."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

#: Read by the linear algebra of a process when it starts.
SINGLE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@contextmanager
def single() -> Iterator[None]:
    """Let the processes that are started meanwhile calculate in one thread."""
    before = {name: os.environ.get(name) for name in SINGLE}
    os.environ.update(SINGLE)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
