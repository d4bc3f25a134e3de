"""Pages on a narrow screen: cells of tables that become lists carry their heading, drawings get a frame."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape

from nuanomaly.report.markup import plain

_TABLE = re.compile(r'<table class="[^"]*\bstacked\b[^"]*">.*?</table>', re.DOTALL)
_HEADING = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
#: What a heading is called, where it is seen as a formula.
_CALLED = re.compile(r'<span class="hidden">(.*?)</span>', re.DOTALL)
#: The drawing of a figure, before its caption.
_DRAWING = re.compile(r"(<figure\b[^>]*>)(.*?)(?=<figcaption>)", re.DOTALL)
_ROW = re.compile(r"(?<=<tr)(?:\s[^>]*)?>.*?</tr>", re.DOTALL)
_CELL = re.compile(r"<(td|th)\b([^>]*)>(?=([^<]*))")
#: The name of a row that does not say what it is.
_NUMBER = re.compile(r"\s*[−-]?\d[\d.,×⁰¹²³⁴⁵⁶⁷⁸⁹⁻]*\s*")


def labelled(html: str) -> str:
    """Return a page on which every cell of a table that becomes a list says what it is, but a row's name.

    A row whose name is a number says what number that is, too.

    Examples
    --------
    >>> table = '<table class="stacked"><thead><tr><th>bin</th><th>events</th></tr></thead>'
    >>> labelled(table + "<tbody><tr><th>first</th><td>99</td></tr></tbody></table>").partition("<tbody>")[2]
    '<tr><th>first</th><td data-label="events">99</td></tr></tbody></table>'
    >>> labelled(table + "<tbody><tr><th>0.1</th><td>9</td></tr></tbody></table>").partition("<tbody>")[2]
    '<tr><th data-label="bin">0.1</th><td data-label="events">9</td></tr></tbody></table>'
    """
    return _TABLE.sub(lambda match: _table(match[0]), html)


def framed(html: str) -> str:
    """Return a page whose drawings stand in a frame that they are moved in where they are wider than it.

    Examples
    --------
    >>> framed("<figure><svg></svg><figcaption>Rates.</figcaption></figure>").partition("<svg>")[0]
    '<figure><div class="drawing" role="group" aria-label="Drawing" tabindex="0">'
    """
    frame = r'\1<div class="drawing" role="group" aria-label="Drawing" tabindex="0">\2</div>'
    return _DRAWING.sub(frame, html)


def labels(headings: Sequence[str]) -> list[str]:
    """Return headings that say alone what they are: one that comes twice is told by what it stands beside.

    Examples
    --------
    >>> labels(["data", "events", "published", "σ", "published", "yield", "±"])
    ['data', 'events', 'events, published', 'σ', 'σ, published', 'yield', 'yield, ±']
    """
    return list(_labels(headings))


def _labels(headings: Sequence[str]) -> Iterator[str]:
    count, beside = Counter(headings), ""
    for heading in headings:
        if heading == "±" or count[heading] > 1:
            yield f"{beside}, {heading}" if beside else heading
        else:
            beside = heading
            yield heading


def _table(html: str) -> str:
    head, mark, rest = html.partition("</thead>")
    names = labels([plain(called[1] if (called := _CALLED.search(h)) else h) for h in _HEADING.findall(head)])
    return head + mark + _ROW.sub(lambda match: _row(match[0], names), rest)


def _row(html: str, names: Sequence[str]) -> str:
    following = iter(names)

    def cell(match: re.Match[str]) -> str:
        tag, given, text = match.groups()
        name = next(following, "")
        says = tag == "th" and not _NUMBER.fullmatch(text)
        return match[0] if says or not name else f'<{tag} data-label="{escape(name)}"{given}>'

    return _CELL.sub(cell, html)
