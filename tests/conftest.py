"""Settings of all tests."""

import gc
import os

import pytest
from hypothesis import settings

# A deadline per example measures the machine, not the code: two test processes share two cores.
settings.register_profile("archive", deadline=None, print_blob=True)
settings.load_profile("archive")

# No test hangs on what an earlier run has built; those of the store say where it is.
os.environ["NUANOMALY_BUILT"] = "0"

#: What tests read, and scripts that made it, with packages that the archive does not need.
collect_ignore = ["data"]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let no collection of garbage look at the thousands of tests, which live as long as the process."""
    gc.freeze()
