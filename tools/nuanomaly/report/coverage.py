"""What the regions of Wilks' theorem really cover: stored runs of kind ``coverage``, in words and numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.release import Release
from nuanomaly.archive.runs import declared_runs
from nuanomaly.inference.runs import StoredRun, stored_run
from nuanomaly.likelihood.build import configuration
from nuanomaly.report import declaration

#: The comparison whose runs they are.
COMPARISON = "wilks-coverage"
#: Coverage is as stated within so many binomial errors, or this much.
_ERRORS, _SMALL = 2.0, 0.01
#: The first two true points of every run.
NONE, BEST = "no oscillation", "best fit"
_UNITS = {"dm2_41": " eV²"}


@dataclass(frozen=True)
class Point:
    """Coverage at one true point.

    Attributes
    ----------
    name : str
        ``no oscillation``, ``best fit``, or the values.
    values : mapping of str to float
        The true parameters.
    nominal, covered, errors : tuple of float
        By confidence level; the errors are binomial.
    toys : int
    """

    name: str
    values: Mapping[str, float]
    nominal: tuple[float, ...]
    covered: tuple[float, ...]
    errors: tuple[float, ...]
    toys: int

    def word(self, level: int = 1) -> str:
        """Return ``as stated``, ``too little`` or ``too much`` for one of the levels.

        Examples
        --------
        >>> one = Point("best fit", {}, (0.68, 0.9), (0.70, 0.82), (0.01, 0.01), 1500)
        >>> one.word(0), one.word(1)
        ('as stated', 'too little')
        """
        off = self.covered[level] - self.nominal[level]
        if abs(off) <= max(_SMALL, _ERRORS * self.errors[level]):
            return "as stated"
        return "too little" if off < 0.0 else "too much"


def points(run: StoredRun) -> list[Point]:
    """Return the true points of a stored run of kind ``coverage``."""
    frame, result = run.tables["critical"], run.about["result"]
    nominal = tuple(float(x) for x in result["levels"])
    items = []
    for k, row in enumerate(frame.to_dict("records")):
        values = {name: float(row[name]) for name in result["axes"]}
        covered = tuple(float(row[f"wilks_coverage_{100 * cl:g}"]) for cl in nominal)
        toys = int(row["toys"])
        errors = tuple((c * (1.0 - c) / toys) ** 0.5 for c in covered)
        given = ", ".join(f"{v:.3g}{_UNITS.get(n, '')}" for n, v in values.items())
        items.append(Point((NONE, BEST, given)[min(k, 2)], values, nominal, covered, errors, toys))
    return items


def sentence(items: Sequence[Point], level: int = 1) -> str:
    """Return what a reader of a region must know, in one sentence."""
    low, high = (f(items, key=lambda p: p.covered[level]) for f in (min, max))
    stated = 100.0 * items[0].nominal[level]
    if all(p.word(level) == "as stated" for p in items):
        return f"Regions of Wilks' theorem at {stated:g} % cover what they say at all true points tried."
    return (
        f"Regions of Wilks' theorem at {stated:g} % cover {100 * low.covered[level]:.0f} % ({_at(low)}) to "
        f"{100 * high.covered[level]:.0f} % ({_at(high)}) of toys."
    )


def _at(point: Point) -> str:
    return point.name if point.name in (NONE, BEST) else f"at {point.name}"


def of_release(release: Release) -> dict[str, Any]:
    """Return what the page of a release says: ``points``, ``sentence``, and ``of`` which revision they are.

    Without a stored run of any revision ``points`` is empty, and the sentence says why.
    """
    runs = _runs(declaration.root())
    label = release.id.rpartition("-r")[0]
    others = [id for id in runs if id.rpartition("-r")[0] == label]
    of = release.id if release.id in runs else next(iter(others), "")
    if not of:
        return {"points": [], "sentence": why_not(release)}
    items = points(runs[of])
    return {"points": items, "sentence": sentence(items), "toys": items[0].toys, "of": of}


@lru_cache(maxsize=4)
def _runs(root: Path) -> dict[str, StoredRun]:
    """Return the stored runs of single releases, by release."""
    folder = root / "comparisons" / COMPARISON
    entries = {}
    for name, run in declared_runs(folder).items():
        releases = run["datasets"]
        if len(releases) != 1 or run["kind"] != "coverage":
            continue
        try:
            entries[str(releases[0])] = stored_run(folder, name)
        except NuanomalyError:
            continue  # validation reports it
    return entries


def why_not(release: Release) -> str:
    """Return why no coverage is stated of a release with a likelihood."""
    surface = configuration(release, None)[1].get("surface")  # read, not built: a page of each release asks
    if surface is not None and surface.get("kind") != "surface-process":
        own = any("critical" in c["name"] for t in release.metadata["tables"].values() for c in t["columns"])
        instead = " The collaboration's own critical values, from fake experiments, are in its tables."
        said = "not applicable: no toys can be made of a likelihood that does not say how its data fluctuate."
        return said + (instead if own else "")
    return "No coverage is stated of it: no run of toys is stored."
