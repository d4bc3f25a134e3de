"""What an experiment could expect to exclude, and what it observed: stored runs of kind ``sensitivity``."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import Release
from nuanomaly.archive.runs import declared_runs
from nuanomaly.inference.runs import StoredRun, stored_run
from nuanomaly.model.registry import model
from nuanomaly.report import declaration
from nuanomaly.report.coverage import COMPARISON

#: So many values of the other parameter are shown.
_ROWS = 7


@dataclass(frozen=True)
class Limit:
    """Limits at one value of the other parameter.

    Attributes
    ----------
    at : float
    asimov, median, low, high, observed : float
        Expected without fluctuations; the median of the toys and the ends of the band of 95 % of them;
        observed.
    """

    at: float
    asimov: float
    median: float
    low: float
    high: float
    observed: float

    def word(self) -> str:
        """Return whether the observed limit lies in the band of 95 % of the toys.

        Examples
        --------
        >>> Limit(1.0, 0.1, 0.1, 0.05, 0.2, 0.3).word()
        'weaker than 97.5 % of toys'
        """
        if self.observed > self.high:
            return "weaker than 97.5 % of toys"
        return "stronger than 97.5 % of toys" if self.observed < self.low else "as expected"


def limits(run: StoredRun) -> list[Limit]:
    """Return limits at some values of the other parameter of a stored run, from the first to the last."""
    frame, along = run.tables["limits"], str(run.result["along"])
    rows = np.unique(np.linspace(0, len(frame) - 1, _ROWS).round().astype(int))
    low, high = (next(c for c in map(str, frame) if c.startswith(f"{end}_95")) for end in ("low", "high"))
    return [
        Limit(*(float(frame[c].iloc[k]) for c in (along, "asimov", "median", low, high, "observed")))
        for k in rows
    ]


def of_release(release: Release) -> dict[str, Any]:
    """Return what the page of a release says of expected limits; ``limits`` is empty without a stored run."""
    runs = _runs(declaration.root())
    label = release.id.rpartition("-r")[0]
    of = release.id if release.id in runs else next((i for i in runs if i.rpartition("-r")[0] == label), "")
    if not of:
        return {"limits": []}
    run = runs[of]
    items, along = limits(run), run.result["along"]
    within = sum(item.word() == "as expected" for item in items)
    return {
        "limits": items,
        "amplitude": run.result["amplitude"],
        "along": along,
        "unit": next(one.unit for one in model(run.result["model"]).parameters if one.name == along),
        "cl": run.result["cl"],
        "toys": run.result["toys"],
        "model": run.result["model"],
        "of": of,
        "sentence": f"The observed limit is where 95 % of toys are at {within} of {len(items)} values.",
    }


@lru_cache(maxsize=4)
def _runs(root: Path) -> dict[str, StoredRun]:
    """Return the stored runs of single releases, by release."""
    folder = root / "comparisons" / COMPARISON
    entries = {}
    for name, declared in declared_runs(folder).items():
        if declared["kind"] != "sensitivity":
            continue
        try:
            entries[str(declared["datasets"][0])] = stored_run(folder, name)
        except NuanomalyError:
            continue  # validation reports it
    return entries
