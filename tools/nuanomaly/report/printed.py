"""Tables of a page: numbers aligned to the right, with as many significant digits as one asks for."""

import csv as csvfile
import io
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np

from nuanomaly.report.markup import markdown, plain
from nuanomaly.report.mathml import IDENTIFIERS
from nuanomaly.report.words import number

#: What may stand in a cell.
Cell = str | float | int | bool | None

#: A number as a report may have written it: sign, digits, power of ten, error, %, σ.
_PRINTED = re.compile(r"(([−+±]|− ?|± ?)?\d[\d.]*(×10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)?( ?[%σ])?[ /]*)+")


def table(
    caption: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], note: str = "", digits: int = 3
) -> str:
    """Return a table as HTML, a note in small letters below it.

    Examples
    --------
    >>> html = table("Counts.", ["bin", "events"], [["first", 99.0]], digits=2)
    >>> '<th scope="row">first</th><td class="number">99</td>' in html
    True
    >>> html = table("Couplings.", ["coupling", "limit"], [[r"$\\varepsilon_{ee}$", 0.1]])
    >>> '<span class="hidden">εee</span>' in html  # where no formula is read aloud
    True
    """
    cells = [list(row) for row in rows]
    right = [k > 0 and any(_is_number(row[k]) for row in cells) for k in range(len(header))]
    body = "".join(
        f"<tr>{''.join(_cell(c, digits, k == 0, right[k]) for k, c in enumerate(row))}</tr>" for row in cells
    )
    head = "".join(
        f'<th scope="col" class="{"number" if right[k] else "word"}">{_said(h)}{_seen(h)}</th>'
        for k, h in enumerate(header)
    )
    small = f'<p class="note">{inline(note)}</p>' if note else ""
    head, body = f"<thead><tr>{head}</tr></thead>", f"<tbody>{body}</tbody>"
    html = f'<table class="stacked"><caption>{caption}</caption>{head}{body}</table>'
    return f'<div class="table">{html}</div>{small}'


def csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return a table for a file: numbers with all their digits, texts as they were written.

    Examples
    --------
    >>> csv(["bin", "events"], [["first", 0.1 + 0.2]])
    'bin,events\\nfirst,0.30000000000000004\\n'
    """
    stream = io.StringIO()
    writer = csvfile.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return stream.getvalue()


def inline(text: str, *, html: bool = True) -> str:
    """Return Markdown of one paragraph without the paragraph; with ``html`` elements stay what they are."""
    return markdown(text, html=html).removeprefix("<p>").removesuffix("</p>")


def spoken(header: str) -> str:
    """Return a heading without markup: for screen readers, and where a table is a list.

    Examples
    --------
    >>> spoken(r"$\\Delta m^2_{41}$ (eV²)"), spoken(r"$\\sin^2 2\\theta_{\\mu e}$"), spoken("*best* fit")
    ('Δm²41 (eV²)', 'sin²2θμe', 'best fit')
    >>> spoken(r"$\\varepsilon_{\\mu\\mu}$, alone")
    'εμμ, alone'
    """

    def formula(match: re.Match[str]) -> str:
        text = re.sub(r"\\([A-Za-z]+)", lambda name: IDENTIFIERS.get(name[1], name[0]), match[1])
        text = text.replace("^2", "²")
        text = re.sub(r"\\mathrm|\\text|\\bar|[\\\s{}_$]|\^(?=\{)", "", text)
        return text

    return plain(inline(re.sub(r"\$([^$]+)\$", formula, header)))


def _said(header: str) -> str:
    """Return what a heading that is a formula is called, where no formula is read aloud."""
    return f'<span class="hidden">{escape(spoken(header))}</span>' if "$" in header else ""


def _seen(header: str) -> str:
    """Return a heading as it is seen; a formula is said in words beside it."""
    return f'<span aria-hidden="true">{inline(header)}</span>' if "$" in header else inline(header)


def _cell(value: Cell, digits: int, first: bool, right: bool) -> str:
    named = first and value not in (None, "")  # nobody reads an empty heading
    tag, scope = ("th", ' scope="row"') if named else ("td", "")
    kind = ' class="number"' if right else ""
    shown = _written(value, digits)
    if named and isinstance(value, str) and "$" in value:
        shown = f'{_said(value)}<span aria-hidden="true">{shown}</span>'
    return f"<{tag}{scope}{kind}>{shown}</{tag}>"


def _written(value: Cell, digits: int) -> str:
    """Return what stands in a cell: numbers with so many significant digits, texts as Markdown."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return str(value).replace("-", "−")
    if isinstance(value, float | np.floating):
        return number(float(value), digits)
    # a text may be a name or a source out of a release
    return inline("–" if value is None else str(value), html=False)


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return _PRINTED.fullmatch(value) is not None
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
