"""What became of a page that was to be built, and whether it has to be."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nuanomaly.report import provenance


@dataclass(frozen=True)
class Result:
    """What became of a comparison.

    Attributes
    ----------
    name : str
    state : str
        ``built`` or ``unchanged``.
    ok : bool
        Whether it ran to its end and every expectation is met.
    problems : tuple of str
        Why it is not ok, one sentence each: the number, the expectation and the difference.
    verdict : str
        The answer in one sentence.
    page : pathlib.Path
    seconds : float
    """

    name: str
    state: str
    ok: bool
    problems: tuple[str, ...]
    verdict: str
    page: Path
    seconds: float


def unchanged(folder: Path, inputs: str) -> dict[str, Any] | None:
    """Return the result in a folder if it was made from the same inputs and no file was touched since."""
    try:
        kept = json.loads((folder / "provenance.json").read_text("utf-8"))
        if kept["inputs"] != inputs:
            return None
        for name, digest in kept["outputs"].items():
            if provenance.combined([(folder / name).read_text("utf-8")]) != digest:
                return None
        document: dict[str, Any] = json.loads((folder / "result.json").read_text("utf-8"))
    except (OSError, ValueError, KeyError):
        return None
    # a report that did not run to its end may do so the next time (memory, time)
    return None if document["status"] == "error" else document
