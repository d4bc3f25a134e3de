"""The number of rows of tables, such as selected events."""

from typing import Annotated, TypedDict

from nuanomaly.archive.options import completed
from nuanomaly.archive.release import Release


class Options(TypedDict):
    """Options of the benchmark."""

    tables: Annotated[list[str], {"minItems": 1}, "Names of the tables."]


@completed
def compute(config: Options, release: Release) -> float:
    """Return the rows of all tables together."""
    return float(sum(len(release.table(name)) for name in config["tables"]))
