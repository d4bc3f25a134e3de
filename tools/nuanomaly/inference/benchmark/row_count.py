"""The number of rows of tables, such as selected events.

Config
------
tables : names of the tables
"""

from collections.abc import Mapping
from typing import Any

from nuanomaly.archive.release import Release


def compute(config: Mapping[str, Any], release: Release) -> float:
    """Return the rows of all tables together."""
    return float(sum(len(release.table(name)) for name in config["tables"]))
