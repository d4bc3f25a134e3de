"""The review of a contribution as Markdown. What contributors wrote is shown as text, never as markup."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nuanomaly.cli import output
from nuanomaly.cli.versions import as_lines

if TYPE_CHECKING:
    from nuanomaly.archive.validate import Finding
    from nuanomaly.inference.physics_difference import Physics
    from nuanomaly.inference.review import ReleaseReview, Review

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#|!@~$])")
#: How many lines of one kind are listed.
_MOST = 40


def markdown(review: "Review") -> str:
    """Return the review as Markdown."""
    parts = (_head, _claims, _findings, _releases, _affected)
    return "\n".join(line for part in parts for line in part(review))


def plain(text: object) -> str:
    """Return a text so that Markdown shows it as it is, on one line: no markup, link or mention.

    Examples
    --------
    >>> plain("<b>@all</b>")
    '\\\\<b\\\\>\\\\@all\\\\</b\\\\>'
    """
    return _SPECIAL.sub(r"\\\1", output.line(text))


def _head(review: "Review") -> Iterator[str]:
    verdict = "green" if review.ok else "not green"
    yield f"# Review: {verdict}"
    yield ""
    for said in review.unevaluated:
        yield f"- {plain(said)}."
    if review.unevaluated:
        yield ""
    changes = review.contribution.changes
    yield f"{len(changes)} files differ from `{review.contribution.base[:10]}`. Label: **{_label(review)}**."
    for note in review.notes:
        yield f"Note: {plain(note)}."
    if review.contribution.other_changes:
        yield ""
        yield "Changes outside the data, which a person must read before anything of them is run:"
        yield ""
        yield from _some([f"- {c.how}: {plain(c.path)}" for c in review.contribution.other_changes])
    if not review.computed:
        yield ""
        yield "Physics and benchmarks were not computed. Once it is read: `nuanomaly check-pr --trusted`."


def _label(review: "Review") -> str:
    labels = {"data": "data only", "code": "needs a reader", "empty": "nothing changes"}
    return "needs a reader" if review.claims else labels[review.contribution.kind]


def _findings(review: "Review") -> Iterator[str]:
    yield ""
    yield "## Findings"
    yield ""
    yield from _some([_finding(f) for f in review.findings]) if review.findings else ["None."]
    if review.elsewhere:
        yield ""
        yield f"{len(review.elsewhere)} more are elsewhere in the archive, and not part of this review."


def _finding(finding: "Finding") -> str:
    said = f"{plain(finding.sentence)}. → {plain(finding.remedy)}"
    return f"- **{finding.severity}** {finding.code} in {plain(finding.place)}: {said}"


def _releases(review: "Review") -> Iterator[str]:
    for one in review.releases:
        yield ""
        yield f"## {plain(one.release)}"
        yield ""
        if one.problem:
            yield f"Could not be reviewed: {plain(one.problem)}"
            continue
        yield f"In the place of {plain(one.before)}." if one.before else "The first version of its dataset."
        if one.difference:
            yield from ["", "```text", *_fenced(as_lines(one.difference)), "```"]
        yield from _physics(one)
        yield from _benchmarks(one.benchmarks)


def _fenced(lines: Sequence[str]) -> Iterator[str]:
    """Yield lines for a block of text: no line may end it."""
    for line in _some(list(lines)):
        yield output.line(line).replace("```", "ʼʼʼ") if "```" in line else line


def _physics(one: "ReleaseReview") -> Iterator[str]:
    effect = one.physics
    if effect is None:
        return
    yield from ["", "### Physics", ""]
    if one.before:
        yield _changes(one)
    rows = list(_numbers(effect))
    if rows:
        yield from [
            "",
            "| | model | quantity | before | now | change |",
            "|---|---|---|--:|--:|--:|",
            *_some(rows),
        ]
    groups = (("mode", effect.modes), ("comparison", effect.comparisons))
    for kind, numbers in groups:
        for each in numbers:
            for problem in each.problems:
                yield f"- {kind} {plain(each.name)}: {plain(problem)}"


def _changes(one: "ReleaseReview") -> str:
    """Return whether numbers change: those of the tables count, whatever the results that are computed do."""
    if one.physics is not None and one.physics.changes:
        return "Numbers change."
    if one.difference is not None and one.difference.tables:
        return "Numbers in the tables change; no result that was computed here does."
    return "No number changes."


def _claims(review: "Review") -> Iterator[str]:
    """Yield what changes in the claims, before and after: nothing else shows that such a number is right."""
    if not review.claims:
        return
    yield from ["", "## Claims", "", "A person must compare these with their sources.", ""]
    yield from ["| anomaly | entry | before | after |", "|---|---|---|---|"]
    rows = [(c.anomaly, c.entry, c.old, c.new) for c in review.claims]
    yield from _some(["| " + " | ".join(plain("–" if v is None else v) for v in row) + " |" for row in rows])


def _numbers(effect: "Physics") -> Iterator[str]:
    for point in effect.points:
        at = ", ".join(f"{k} = {output.number(v)}" for k, v in point.parameters.items())
        yield _row(point.mode, point.model, f"at {at} ({point.benchmark})", point.value.as_dict())
    for kind, group in (("mode", effect.modes), ("comparison", effect.comparisons)):
        for numbers in group:
            for key, pair in numbers.values.items():
                yield _row(f"{kind} {numbers.name}", numbers.model, key, pair.as_dict())


def _row(where: str, model: str, quantity: str, pair: Mapping[str, Any]) -> str:
    numbers = [output.number(pair[k]) for k in ("old", "new")] + [output.number(pair["difference"], 3)]
    return "| " + " | ".join([plain(where), plain(model), plain(quantity), *numbers]) + " |"


def _benchmarks(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not rows:
        return
    good = sum(bool(row["ok"]) for row in rows)
    yield from ["", "### Benchmarks", "", f"{good} of {len(rows)} agree.", ""]
    yield "| | quantity | kind | expected | recomputed | tolerance | source |"
    yield "|---|---|---|--:|--:|--:|---|"
    for row in rows:
        numbers = [output.number(row[k]) for k in ("expected", "recomputed", "tolerance")]
        said = row.get("reason") or row["source"]
        mark = "✓" if row["ok"] else "✗"
        yield "| " + " | ".join([mark, plain(row["quantity"]), row["kind"], *numbers, plain(said)]) + " |"


def _affected(review: "Review") -> Iterator[str]:
    yield from ["", "## Reports affected", ""]
    if not review.reports and not review.anomalies:
        yield "None."
    for name in review.reports:
        yield f"- comparison {plain(name)}"
    for name in review.anomalies:
        yield f"- anomaly {plain(name)}"


def _some(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _MOST
    return [*lines[:_MOST], f"- … and {more} more"] if more > 0 else list(lines)
