"""The findings explained: for the command line, and as a page of the documentation."""

import html
from collections.abc import Sequence

from nuanomaly.archive.errors import UnknownNameError
from nuanomaly.archive.validate.codes import CATALOGUE, GROUPS, Code


def explain(code: str) -> list[Code]:
    """Return one kind of finding, or all of them for ``all``.

    Raises
    ------
    UnknownNameError
        If there is no such code.

    Examples
    --------
    >>> explain("bin_reversed")[0].title
    'A bin ends before it begins'
    """
    if code == "all":
        return list(CATALOGUE.values())
    wanted = code.upper().replace("-", "_")
    if wanted not in CATALOGUE:
        raise UnknownNameError("code", code, CATALOGUE)
    return [CATALOGUE[wanted]]


def as_text(code: Code, brief: bool = False) -> str:
    """Return one kind of finding for people."""
    if brief:
        return f"{code.code} ({code.severity}): {code.title}\n  → {code.remedy}"
    return f"{code.code} ({code.severity})\n{code.title}\n\n{code.explanation}\n→ {code.remedy}"


def as_markdown() -> str:
    """Return the page of all findings as Markdown."""
    lines = ["# Findings of the validation", "", _INTRODUCTION, ""]
    for heading, codes in GROUPS.items():
        lines += [f"## {heading}", ""]
        for code in codes:
            lines += [f"### {code.code}", "", f"*{code.severity}.* **{code.title}.** {code.explanation}", ""]
            lines += [f"Remedy: {code.remedy}", ""]
    return "\n".join(lines)


def texts() -> list[tuple[str, str]]:
    """Return each code with its title, explanation and remedy in one text, for a search.

    Examples
    --------
    >>> "BIN_REVERSED" in dict(texts())
    True
    """
    return [(c.code, f"{c.title}. {c.explanation} {c.remedy}") for c in CATALOGUE.values()]


def as_html(level: int = 2) -> str:
    """Return the body of the page of all findings, without a title.

    Parameters
    ----------
    level : int
        Of the headings of the groups; each code has an anchor of its own name.
    """
    parts = [f"<p>{_code(_INTRODUCTION)}</p>"]
    for heading, codes in GROUPS.items():
        parts.append(f"<h{level}>{html.escape(heading)}</h{level}>")
        parts.append(_list(codes))
    return "\n".join(parts)


def _list(codes: Sequence[Code]) -> str:
    rows = [
        f'<dt id="{c.code}"><code>{c.code}</code> ({c.severity}) {_code(c.title)}</dt>\n'
        f"<dd>{_code(c.explanation)}<br>Remedy: {_code(c.remedy)}</dd>"
        for c in codes
    ]
    return "<dl>\n" + "\n".join(rows) + "\n</dl>"


def _code(text: str) -> str:
    """Return a text as HTML, with what stands between backticks as code."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{p}</code>" if k % 2 else p for k, p in enumerate(parts))


_INTRODUCTION = (
    "What `nuanomaly validate` can find. Errors must be mended before a release is merged, warnings "
    "should be looked at. Codes keep their meaning; `nuanomaly validate --explain CODE` prints one of them."
)
