"""The manual: pages of ``docs/`` as they are, in the site, and the reference from the docstrings."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from nuanomaly.report import declaration, reference, render
from nuanomaly.report.markup import markdown, plain

#: Folder of the site.
FOLDER = "manual"
#: Pages in the order in which they are listed beside each other; others follow by name.
ORDER = (
    "index",
    "tutorial-student",
    "tutorial-phenomenologist",
    "tutorial-experimentalist",
    "how-to",
    "own-question",
    "models",
    "ten-models",
    "statistics",
    "conventions",
    "units",
    "formats",
    "glossary",
    "threat-model",
    "structure",
)
_EXAMPLE = re.compile(r"^>>> .*?(?=\n[ \t]*\n|\Z)", re.MULTILINE | re.DOTALL)
_LOCAL = re.compile(r'href="([\w./-]+)"')
#: A part of a page, and a section in it; so many sections have an index.
_PART, _SECTION, _MANY = re.compile(r"(?=<h2\b)"), re.compile(r'<h3 id="([^"]*)">(.*?)</h3>', re.DOTALL), 5
_HEADING = re.compile(r"<h([1-6])>(.*?)</h\1>", re.DOTALL)


@dataclass(frozen=True)
class Document:
    """A page of the manual.

    Attributes
    ----------
    name : str
        Of the file, without its suffix.
    title : str
    body : str
        HTML without the first heading.
    text : str
        What a search looks through.
    """

    name: str
    title: str
    body: str
    text: str

    @property
    def address(self) -> str:
        """The page, from the start page."""
        return f"{FOLDER}/{self.name}.html"


def documents() -> list[Document]:
    """Return the pages of ``docs/`` in order, and the reference."""
    folder = declaration.root() / "docs"
    known = {file.stem: file for file in folder.glob("*.md")}
    listed = [*(n for n in ORDER if n in known), *sorted(set(known) - set(ORDER))]
    title, body = reference.body()
    pages_ = [_read(known[name]) for name in listed] or [Document("index", "Manual", _NO_DOCS, "")]
    return [*pages_, Document("reference", title, body, plain(body))]


def _read(file: Path) -> Document:
    source = _EXAMPLE.sub(lambda m: f"```pycon\n{m[0]}\n```", _fenced(file.read_text("utf-8")))
    body = _restored(markdown(source, html=True))
    heading = _HEADING.search(body)
    title = plain(heading[2]) if heading else file.stem
    body = with_indices(with_anchors(_HEADING.sub("", body, count=1)))
    body = re.sub(r'href="([\w-]+)\.md(#[\w-]*)?"', r'href="\1.html\2"', body)
    body = re.sub(r"<table>", f'<div class="table"><table><caption>{html.escape(title)}</caption>', body)
    body = body.replace("</table>", "</table></div>")
    return Document(file.stem, title, body, plain(body))


def files(listed: list[Document]) -> dict[str, Path]:
    """Return the files of ``docs/`` that pages link to and that are no pages, by their place beside these."""
    folder = declaration.root() / "docs"
    links = {link for one in listed for link in _LOCAL.findall(one.body)}
    return {link: folder / link for link in sorted(links) if (folder / link).is_file()}


_NO_DOCS = '<p>This checkout has no <code>docs/</code>; see the <a href="reference.html">reference</a>.</p>'
_MARK = "EXAMPLE-IN-A-BLOCK "


def _fenced(source: str) -> str:
    """Return Markdown whose examples within fenced blocks are not taken for examples of the text."""
    parts = re.split(r"(^```.*?^```)", source, flags=re.MULTILINE | re.DOTALL)
    parts[1::2] = [part.replace(">>> ", _MARK) for part in parts[1::2]]
    return "".join(parts)


def _restored(body: str) -> str:
    return body.replace(_MARK, "&gt;&gt;&gt; ")


def with_anchors(body: str) -> str:
    """Return HTML whose headings have ids made of their words.

    Examples
    --------
    >>> with_anchors("<h2>What may not be added</h2>")
    '<h2 id="what-may-not-be-added">What may not be added</h2>'
    """
    used: set[str] = set()

    def named(match: re.Match[str]) -> str:
        words = re.sub(r"[^\w]+", "-", plain(match[2]).lower()).strip("-") or "section"
        anchor, number = words, 2
        while anchor in used:
            anchor, number = f"{words}-{number}", number + 1
        used.add(anchor)
        return f'<h{match[1]} id="{anchor}">{match[2]}</h{match[1]}>'

    return _HEADING.sub(named, body)


def with_indices(body: str) -> str:
    """Return HTML in which a part of many sections begins with links to them.

    Examples
    --------
    >>> with_indices('<h2 id="a">A</h2>' + '<h3 id="b">B</h3>' * _MANY)[:68]
    '<h2 id="a">A</h2><p class="index"><a href="#b">B</a> <a href="#b">B<'
    """
    first, *parts = _PART.split(body)
    return first + "".join(part if len(_SECTION.findall(part)) < _MANY else _indexed(part) for part in parts)


def _indexed(part: str) -> str:
    heading, rest = part.split("</h2>", 1)
    links = " ".join(f'<a href="#{anchor}">{title}</a>' for anchor, title in _SECTION.findall(part))
    return f'{heading}</h2><p class="index">{links}</p>{rest}'


def pages(listed: list[Document]) -> Iterator[tuple[str, str]]:
    """Yield address and content of each page."""
    for one in listed:
        yield (
            one.address,
            render.page(
                "manual.html.j2",
                up="../",
                title=one.title,
                body=Markup(one.body),
                listed=listed,
                here=one.name,
            ),
        )


def entries(listed: list[Document]) -> list[tuple[str, str, str]]:
    """Return what the search finds: pages, and the public names of the reference."""
    items = [(one.title, one.address, one.text) for one in listed if one.name != "reference"]
    if listed:
        items += [
            (f"nuanomaly.{entry.name}", f"{FOLDER}/reference.html#{entry.name}", entry.summary)
            for entry in reference.entries()
        ]
    return items
