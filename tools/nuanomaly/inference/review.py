"""The review of a contribution: findings, what it does to the physics, benchmarks, reports affected.

Nothing of a contribution of data is ever run: tables and YAML are read, and the archive's own code computes.
Of one that changes anything else only the findings are given, unless it is said to be trusted; of a release
with errors too, as its paths may lead anywhere.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nuanomaly.archive import bounded, comparisons, contribution, release
from nuanomaly.archive.claims import Claim, claims
from nuanomaly.archive.contribution import Contribution
from nuanomaly.archive.difference import Difference, difference
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.runs import STORED
from nuanomaly.archive.validate import Finding, Report, validate
from nuanomaly.archive.validate.findings import finding, report
from nuanomaly.inference import benchmarks, sanity
from nuanomaly.inference.physics_difference import Physics, physics
from nuanomaly.inference.stored_runs import with_stored_runs

#: Seconds for reading all that lies in the folder, and for computing with one release.
READING, COMPUTING = 60.0, 600.0
#: Errors of the ledger, of proofs and of numbers: what is declared is sound, so the physics is looked at too.
_READABLE = {
    "CELL_ALONE",
    "COPY_DIFFERS",
    "CORRELATION_DIFFERS",
    "GROUP_DIFFERS",
    "RELEASED_NOT_IN_LEDGER",
    "RELEASED_CHANGED",
    "RELEASED_HISTORY_CHANGED",
    "RELEASED_REOPENED",
    "NO_PUBLISHED_BENCHMARK",
    "OVERLAP_CONTRADICTS",
    "RELATION_BROKEN",
    "REVISION_DIFFERS",
    "ROW_MISPLACED",
    "STEP_BROKEN",
    "SUM_DIFFERS",
    "TABLE_NOT_PROVEN",
    "VALUE_ISOLATED",
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
    claims : tuple of Claim
        What changes in the claims of the anomalies: a person must read it.
    trusted : bool
        Whether a person has said that it was read.
    """

    contribution: Contribution
    findings: tuple[Finding, ...]
    elsewhere: tuple[Finding, ...]
    releases: tuple[ReleaseReview, ...]
    reports: tuple[str, ...]
    anomalies: tuple[str, ...]
    notes: tuple[str, ...]
    computed: bool
    claims: tuple[Claim, ...] = ()
    trusted: bool = False

    @property
    def unevaluated(self) -> tuple[str, ...]:
        """What green would say nothing of, in sentences: it stands first in the review."""
        said = []
        if self.contribution.kind != "empty" and not self.computed:
            said.append("Nothing was evaluated: something outside the data changes")
        changed = sorted({c.release for c in self.contribution.changes if c.release and c.how != "removed"})
        if changed:
            told = ", ".join(changed[:5]) + (" and more" if len(changed) > 5 else "")
            said.append(f"Tables were not compared with originals, which are not here ({told})")
        for one in self.releases:
            if one.problem:
                said.append(f"{one.release}: nothing was evaluated")
            elif not one.benchmarks:
                said.append(f"{one.release}: there is no benchmark, so no number was recomputed")
        return tuple(said)

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
        """Whether it is green: something changes, no error, every benchmark holds, nothing was left out.

        A change of a claim is green only once a person has read it.
        """
        broken = self.errors or self.disagreeing or any(one.problem for one in self.releases)
        unread = self.claims and not self.trusted
        return self.computed and self.contribution.kind != "empty" and not broken and not unread

    def as_dict(self) -> dict[str, Any]:
        """Return everything, for JSON."""
        return {
            "ok": self.ok,
            "unevaluated": list(self.unevaluated),
            "claims": [vars(claim) for claim in self.claims],
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


def review(
    root: Path,
    base: str | None = None,
    *,
    trusted: bool = False,
    effect: bool = True,
    limited: bool = False,
) -> Review:
    """Return the review of what a working tree changes. It always comes, whatever lies in the folder.

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
    limited : bool
        Read and compute in processes of their own, which end when they take too long or too much memory.

    Raises
    ------
    NoHistoryError
        Outside a git clone, or without the base.
    """
    what = contribution.contribution(root, base)
    known = contribution.known(what)
    checked = _validated(root, known, limited)
    # what is declared for a run may name a model in a file: toys are only made for whom is trusted
    again = {(root / c.path).parent for c in what.changes if f"/{STORED}/" in c.path} if trusted else set()
    checked = with_stored_runs(checked, root, 0, again)
    own, elsewhere = contribution.split(what, checked)
    caused = _caused(what, elsewhere, limited)
    own, elsewhere = [*own, *caused], [f for f in elsewhere if f not in set(caused)]
    computed = trusted or not what.other_changes
    broken = {f.release for f in own if f.severity == "error" and f.code not in _READABLE}
    reviewed = []
    for one in what.releases if computed else ():
        release_review, doubts = _limited_release(what, one, known, effect, one in broken, limited)
        reviewed.append(release_review)
        own += doubts
    affected = dict.fromkeys(c for one in what.releases for c in comparisons.affected(root, one))
    datasets = {one.partition("@")[0] for one in what.releases}
    named = [*contribution.anomalies_that_name(root, datasets)]
    changed = claims(what)
    named += [claim.anomaly for claim in changed if claim.anomaly not in named]
    shown = comparisons.showing(root, {claim.anomaly for claim in changed})
    return Review(
        what,
        tuple(own),
        tuple(elsewhere),
        tuple(reviewed),
        tuple(dict.fromkeys([*affected, *shown])),
        tuple(dict.fromkeys(named)),
        checked.notes,
        computed,
        changed,
        trusted,
    )


def _validated(root: Path, known: frozenset[str], limited: bool) -> Report:
    """Return the report of the whole archive; a check that does not end is a finding in it."""
    try:
        result: Report = bounded.call(_report, (root, known), READING) if limited else _report(root, known)
    except bounded.UnfinishedError as error:
        return report([finding("CHECK_UNFINISHED", str(error), file=error.place or "datasets")], [])
    except (NuanomalyError, *bounded.STUMBLES) as error:
        message = f"a check stumbled: {type(error).__name__}: {error}"[:300]
        return report([finding("CHECK_STUMBLED", message, file="datasets")], [])
    return result


def _report(root: Path, known: frozenset[str]) -> Report:
    return validate(None, root, history=True, fresh=True, known=known)


def _caused(what: Contribution, elsewhere: Sequence[Finding], limited: bool) -> list[Finding]:
    """Return the errors elsewhere that the base does not have: the contribution breaks something there.

    If the base cannot be looked at in time, it is all of them.
    """
    errors = [f for f in elsewhere if f.severity == "error"]
    if not errors:
        return []
    with tempfile.TemporaryDirectory() as scratch:
        before = contribution.write_base(what, Path(scratch))
        try:
            found = bounded.call(validate, (None, before), READING) if limited else validate(None, before)
        except (NuanomalyError, *bounded.STUMBLES):
            return errors
        there = {(f.code, f.file, f.message) for f in found.findings}
    return [f for f in errors if (f.code, f.file, f.message) not in there]


def _limited_release(
    what: Contribution, wanted: str, known: frozenset[str], effect: bool, broken: bool, limited: bool
) -> tuple[ReleaseReview, list[Finding]]:
    """Return the review of one release and what a physicist would doubt; what does not end is part of it."""
    if not limited or broken:
        return _release(what, wanted, known, effect, broken)
    try:
        done: tuple[ReleaseReview, list[Finding]] = bounded.call(
            _release, (what, wanted, known, effect, broken), COMPUTING
        )
    except bounded.UnfinishedError as error:
        place = f" at {error.place}" if error.place else ""
        return ReleaseReview(wanted, "", None, None, (), f"the computation did not end: {error}{place}"), []
    return done


def _release(
    what: Contribution, wanted: str, known: frozenset[str], effect: bool, broken: bool
) -> tuple[ReleaseReview, list[Finding]]:
    """Return the review of one release; what goes wrong in it is part of it."""
    if broken:
        return ReleaseReview(wanted, "", None, None, (), "it has errors (above): mend them first"), []
    name, _, version = wanted.partition("@")
    with tempfile.TemporaryDirectory() as scratch:
        try:
            new = release.read(what.root / "datasets" / name / version)
            old = contribution.predecessor(what, wanted, Path(scratch))
            result = difference(old, new) if old else None
            declared = comparisons.declared(what.root)
            done = physics(old, new, declared) if effect and new.metadata.get("likelihood") else None
            rows = tuple(benchmarks.of_release(new))
            doubts = sanity.findings(new, what.root, known=known)
        except (NuanomalyError, *bounded.STUMBLES) as error:
            return ReleaseReview(wanted, "", None, None, (), f"{type(error).__name__}: {error}"), []
    return ReleaseReview(wanted, old.id if old else "", result, done, rows), doubts
