"""The review of a contribution: findings, what it does to the physics, benchmarks, reports affected.

Nothing of a contribution of data is ever run: tables and YAML are read, and the archive's own code computes.
Of one that changes anything else only the findings are given, unless it is said to be trusted; of a release
with errors too, as its paths may lead anywhere.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nuanomaly.archive import comparisons, contribution, release
from nuanomaly.archive.contribution import Contribution
from nuanomaly.archive.difference import Difference, difference
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.validate import Finding, validate
from nuanomaly.inference import benchmarks
from nuanomaly.inference.physics_difference import Physics, physics

#: Errors that leave a release readable.
_OF_THE_LEDGER = {
    "RELEASED_NOT_IN_LEDGER",
    "RELEASED_CHANGED",
    "RELEASED_HISTORY_CHANGED",
    "RELEASED_REOPENED",
    "OVERLAP_CONTRADICTS",
}


@dataclass(frozen=True)
class ReleaseReview:
    """One release of a contribution.

    Attributes
    ----------
    release : str
    before : str
        What it takes the place of; empty for the first version of a dataset.
    difference : Difference or None
    physics : Physics or None
        None if it was not computed.
    benchmarks : tuple of mapping
        Rows as of :func:`nuanomaly.inference.benchmarks.benchmarks`.
    problem : str
        Why something is missing.
    """

    release: str
    before: str
    difference: Difference | None
    physics: Physics | None
    benchmarks: tuple[Mapping[str, Any], ...]
    problem: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return everything, for JSON."""
        return {
            "release": self.release,
            "before": self.before,
            "difference": self.difference.as_dict() if self.difference else None,
            "physics": self.physics.as_dict() if self.physics else None,
            "benchmarks": [dict(row) for row in self.benchmarks],
            "problem": self.problem,
        }


@dataclass(frozen=True)
class Review:
    """The review of a contribution.

    Attributes
    ----------
    contribution : Contribution
    findings : tuple of Finding
        Of the contribution itself.
    elsewhere : tuple of Finding
        What was there before, which the contributor need not mend.
    releases : tuple of ReleaseReview
    reports : tuple of str
        The comparisons that pin a dataset of the contribution, in whatever version.
    anomalies : tuple of str
    notes : tuple of str
    computed : bool
        Whether anything but the findings was computed.
    """

    contribution: Contribution
    findings: tuple[Finding, ...]
    elsewhere: tuple[Finding, ...]
    releases: tuple[ReleaseReview, ...]
    reports: tuple[str, ...]
    anomalies: tuple[str, ...]
    notes: tuple[str, ...]
    computed: bool

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that must be mended."""
        return tuple(f for f in self.findings if f.severity == "error")

    @property
    def disagreeing(self) -> tuple[Mapping[str, Any], ...]:
        """The benchmarks that do not hold."""
        return tuple(row for one in self.releases for row in one.benchmarks if not row["ok"])

    @property
    def ok(self) -> bool:
        """Whether it is green: something changes, no error, every benchmark holds, nothing was left out."""
        broken = self.errors or self.disagreeing or any(one.problem for one in self.releases)
        return self.computed and self.contribution.kind != "empty" and not broken

    def as_dict(self) -> dict[str, Any]:
        """Return everything, for JSON."""
        return {
            "ok": self.ok,
            "kind": self.contribution.kind,
            "base": self.contribution.base,
            "computed": self.computed,
            "changes": [vars(c) for c in self.contribution.changes],
            "outside": [c.path for c in self.contribution.other_changes],
            "findings": [f.as_dict() for f in self.findings],
            "elsewhere": [f.as_dict() for f in self.elsewhere],
            "releases": [one.as_dict() for one in self.releases],
            "reports": list(self.reports),
            "anomalies": list(self.anomalies),
            "notes": list(self.notes),
        }


def review(root: Path, base: str | None = None, *, trusted: bool = False, effect: bool = True) -> Review:
    """Return the review of what a working tree changes.

    Parameters
    ----------
    root : pathlib.Path
        The archive.
    base : str, optional
        What it is to be merged into (see :func:`nuanomaly.archive.contribution.of`).
    trusted : bool
        Compute also if something outside the data changes; the code that runs is the one installed.
    effect : bool
        Compute what it does to the physics.

    Raises
    ------
    NoHistoryError
        Outside a git clone, or without the base.
    """
    what = contribution.contribution(root, base)
    report = validate(None, root, history=True, fresh=True)
    own, elsewhere = contribution.split(what, report)
    computed = trusted or not what.other_changes
    broken = {f.release for f in own if f.severity == "error" and f.code not in _OF_THE_LEDGER}
    reviewed = tuple(_release(what, one, effect, one in broken) for one in what.releases if computed)
    affected = dict.fromkeys(c for one in what.releases for c in comparisons.affected(root, one))
    datasets = {one.partition("@")[0] for one in what.releases}
    return Review(
        what,
        tuple(own),
        tuple(elsewhere),
        reviewed,
        tuple(affected),
        tuple(contribution.anomalies_that_name(root, datasets)),
        report.notes,
        computed,
    )


def _release(what: Contribution, wanted: str, effect: bool, broken: bool) -> ReleaseReview:
    """Return the review of one release; what goes wrong in it is part of it."""
    if broken:
        return ReleaseReview(wanted, "", None, None, (), "it has errors (above): mend them first")
    name, _, version = wanted.partition("@")
    with tempfile.TemporaryDirectory() as scratch:
        try:
            new = release.read(what.root / "datasets" / name / version)
            old = contribution.predecessor(what, wanted, Path(scratch))
            found = difference(old, new) if old else None
            declared = comparisons.declared(what.root)
            done = physics(old, new, declared) if effect and new.metadata.get("likelihood") else None
            rows = tuple(benchmarks.of_release(new))
        except (NuanomalyError, KeyError, TypeError, ValueError) as error:
            return ReleaseReview(wanted, "", None, None, (), f"{type(error).__name__}: {error}")
    return ReleaseReview(wanted, old.id if old else "", found, done, rows)
