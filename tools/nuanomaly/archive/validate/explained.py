"""What a release says of a strange number itself: a known issue that names the table and the number."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from nuanomaly.archive.validate.content import Content
from nuanomaly.archive.validate.findings import Finding
from nuanomaly.archive.validate.subject import ReleaseSubject


def noted(subject: ReleaseSubject, found: Iterable[Finding], content: Content) -> Iterator[Finding]:
    """Yield findings of a table, as notes where a known issue explains the number.

    Parameters
    ----------
    subject : ReleaseSubject
    found : iterable of Finding
    content : Content
        The table that they are of.
    """
    for one in found:
        explained = one.row is not None and one.column in content and _explained(subject, one, content)
        yield replace(one, note=True) if explained else one


def _explained(subject: ReleaseSubject, one: Finding, content: Content) -> bool:
    number = re.compile(rf"(?<![0-9.]){re.escape(f'{content[one.column][one.row]:.10g}')}(?![0-9]|\.[0-9])")
    issues = subject.data.get("known_issues") if isinstance(subject.data, dict) else None
    return any(
        isinstance(issue, dict)
        and one.table in (issue.get("tables") or ())
        and number.search(f"{issue.get('title')} {issue.get('text')}") is not None
        for issue in (issues if isinstance(issues, list) else ())
    )
